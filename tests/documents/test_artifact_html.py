"""An artifact as HTML: whole, escaped, and nothing from outside."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.documents.artifact_html import artifact_html, artifact_page
from backend_agent.state import Artifacts

DESIGNS = tuple("requirements domain architecture database api security performance testing deployment code".split())
_VOID = ("meta", "br", "hr", "wbr")


class _Reader(HTMLParser):
    """Notes the elements and the text, and sees that each is closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert "script" not in reader.seen
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in reader.attributes)
    return reader


@pytest.mark.parametrize("stage", DESIGNS)
def test_each_artifact_is_a_page_of_its_own(stage: str, artifacts: Callable[..., Artifacts]) -> None:
    reader = read(artifact_page(f"Todo: {stage}", getattr(artifacts("todo"), stage)))
    assert reader.text.count(f"Todo: {stage}") == 2
    assert {"title", "table"} <= set(reader.seen)


def test_what_one_looks_for_is_there(artifacts: Callable[..., Artifacts]) -> None:
    given = artifacts("todo")
    domain = read(artifact_html(given.domain))
    assert "svg" in domain.seen
    assert all(entity.name in domain.text for entity in given.domain.entities)
    api = read(artifact_html(given.api))
    assert all(f"{endpoint.method} {endpoint.path}" in api.text for endpoint in given.api.endpoints)
    tables = read(artifact_html(given.database))
    assert all(f"{table.name}: {len(table.columns)} columns" in tables.text for table in given.database.tables)
    fault = Finding(stage="api", metric="security", severity="major", title="Open", evidence="anyone may", hint="close")
    quality = QualityAssessment(
        metrics=[], overall_score=0.5, confidence_score=0.25, results=[], findings=[fault], recommendations=[]
    )
    assert "Overall 50, confidence 25." in read(artifact_html(quality)).text
    assert "anyone may" in read(artifact_html(quality)).text


def test_text_stays_text() -> None:
    hostile = "</style><script>alert(1)</script>\n<img src=x onerror=alert(2)>" + "x" * 30_000
    statement = Statement(
        id="R-001", text=hostile, category="functional", priority="high", complexity="low", approach=hostile[:60],
        source="requirements",
    )  # fmt: skip
    artifact: Artifact = RequirementsAnalysis(statements=[statement])
    reader = read(artifact_page(hostile[:40], artifact))
    assert "<img src=x onerror=alert(2)>" in reader.text
    assert "characters more" in reader.text
