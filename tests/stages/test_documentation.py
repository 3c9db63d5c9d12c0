"""The documentation stage: nothing is called proved that was not, nothing is hidden, nothing comes from outside."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from designs import CASES, STAGES, designed, domain, failing, numbered, redesigned, task

from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.documentation import Documentation, Trace
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.verification import TestResult, VerificationReport, VerifierRun
from backend_agent.documents.report import open_points, worst
from backend_agent.documents.trace import traces
from backend_agent.stages import quality, testing
from backend_agent.stages.documentation import STAGE
from backend_agent.state import Artifacts

HOSTILE = '<script>alert("x")</script> **bold** | `tick` [link](http://evil.example) {{ 7 * 7 }} %%{init}%%'
VOID = frozenset({"meta", "br", "wbr", "path", "rect", "line", "circle", "polygon", "link", "img", "hr", "input"})


def _run(name: str, verdict: str, **more: Any) -> VerifierRun:
    given: dict[str, Any] = {"title": f"{name} is fine", "metric": "testability", "weight": 3, "tool": "tool", **more}
    return VerifierRun(verifier=name, verdict=verdict, **given)


def verified(state: dict[str, Any], failed: str = "") -> dict[str, Any]:
    """Return a state with a strategy, code, and a verification in which each planned test passed but `failed`."""
    made = testing.STAGE.draft(Artifacts(state))
    planned = [*made.unit_testing, *made.integration_testing, *made.security_testing, *made.e2e_testing]
    tests = [
        TestResult(
            id=f"{p.file}::{p.id}",
            verdict="fail" if p.id == failed else "pass",
            database="sqlite",
            requirements=p.cites,
        )
        for p in planned
    ]
    runs = [
        _run("tests.sqlite", "fail" if failed else "pass", detail=f"{len(tests)} tests"),
        _run("migrations.postgresql", "not_run", reason="no server: set BACKEND_AGENT_POSTGRES_URL"),
    ]
    file = GeneratedFile(path="app/main.py", content="", description="", cites=["R-001"])
    return {
        **state,
        "testing": made,
        "code": Implementation(target="python-fastapi", layout="layered", files=[file]),
        "verification": VerificationReport(runs=runs, tests=tests),
    }


def judged(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state with the quality assessment of everything in it."""
    records = {s.name: {"checks": [r.to_state() for r in s.check(Artifacts(state))]} for s in STAGES}
    state = {**state, "records": records}
    return {**state, "quality": quality.STAGE.draft(Artifacts(state))}


@cache
def documented(case: str) -> dict[str, Any]:
    """Return all artifacts of an example, documentation too."""
    state = judged(verified(designed(case)))
    return {**state, "documentation": STAGE.draft(Artifacts(state))}


def page(documentation: Documentation, path: str) -> str:
    """Return a page's text."""
    return next(p.content for p in documentation.pages if p.path == path)


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, documented(case)) == {}


@pytest.mark.parametrize("case", CASES)
def test_pages_are_the_same_every_time(case: str) -> None:
    state = documented(case)
    assert STAGE.draft(Artifacts(state)) == state["documentation"]


def test_all_pages_are_there() -> None:
    paths = [p.path for p in documented("bookshop")["documentation"].pages]
    names = ("api", "architecture", "database", "deployment", "security", "testing", "traceability")
    assert paths == [*(f"docs/{name}.md" for name in names), "report.html"]


def test_a_smaller_graph_gives_fewer_pages() -> None:
    full = designed("bookshop")
    state = {name: full[name] for name in ("task", "requirements", "domain", "architecture", "api")}
    documentation = STAGE.draft(Artifacts(state))
    assert [p.path for p in documentation.pages] == [
        "docs/api.md",
        "docs/architecture.md",
        "docs/traceability.md",
        "report.html",
    ]
    assert failing(STAGE, {**state, "documentation": documentation}) == {}
    assert STAGE.draft(Artifacts({"task": task("todo")})).traceability == []


def _status(state: dict[str, Any]) -> dict[str, Trace]:
    return {t.requirement: t for t in traces(Artifacts(state))}


def test_without_tests_nothing_is_proved() -> None:
    assert {t.status for t in traces(Artifacts(designed("bookshop")))} == {"designed", "unplaced"}


def test_proved_means_a_test_ran_and_passed() -> None:
    found = _status(verified(designed("bookshop")))
    assert found["R-002"].status == "proved"
    assert found["R-002"].tables == ["books"]
    assert "POST /books" in found["R-002"].endpoints
    assert found["R-001"].files == ["app/main.py"]


def test_one_failing_test_is_enough() -> None:
    state = designed("bookshop")
    made = testing.STAGE.draft(Artifacts(state))
    broken = next(t for t in made.integration_testing if "R-008" in t.cites)
    found = _status(verified(state, failed=broken.id))
    assert all(found[cite].status == "failed" for cite in broken.cites)


def test_skipped_tests_prove_nothing() -> None:
    state = verified(designed("todo"))
    skipped = [t.model_copy(update={"verdict": "skip"}) for t in state["verification"].tests]
    report = state["verification"].model_copy(update={"tests": skipped})
    found = _status({**state, "verification": report})
    assert found["R-002"].status == "designed"
    assert "skipped" in found["R-002"].note


def test_what_is_not_covered_is_said() -> None:
    found = _status(verified(designed("bookshop")))
    assert found["R-011"].status == "unplaced"
    assert found["R-007"].partial
    assert "check out their cart" in found["R-007"].note
    integrations = [s.id for s in numbered(task("bookshop")).statements if s.category == "integration"]
    assert {found[i].status for i in integrations} == {"unplaced"}


def test_open_points_come_worst_first() -> None:
    state = judged(verified(designed("bookshop"), failed="test_cancel_order"))
    finding = Finding(stage="code", metric="security", severity="critical", title="Open door", evidence="app/x.py")
    broken = state["quality"].model_copy(update={"findings": [*state["quality"].findings, finding]})
    state = {**state, "quality": broken}
    kinds = [p.kind for p in open_points(Artifacts(state), traces(Artifacts(state)))]
    assert kinds == sorted(kinds, key=["failing", "unplaced", "in part", "not run"].index)
    points = open_points(Artifacts(state), traces(Artifacts(state)))
    assert points[0].title == "critical: Open door"
    assert any("BACKEND_AGENT_POSTGRES_URL" in p.text for p in points)


def test_a_test_that_failed_on_one_database_failed() -> None:
    def result(verdict: str, database: str) -> TestResult:
        return TestResult.model_validate({"id": "t", "verdict": verdict, "database": database, "requirements": []})

    assert worst([result("pass", "sqlite"), result("fail", "postgresql")]) == {"t": "fail"}
    assert worst([result("skip", "postgresql"), result("pass", "sqlite")]) == {"t": "pass"}


class _Balance(HTMLParser):
    """Reads a page and keeps what is still open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(str(values["id"]))
        if tag == "a" and values.get("href"):
            self.links.add(str(values["href"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.mark.parametrize("case", CASES)
def test_the_report_is_well_formed_and_its_links_lead_somewhere(case: str) -> None:
    parser = _Balance()
    parser.feed(page(documented(case)["documentation"], "report.html"))
    assert parser.open == []
    assert {link.removeprefix("#") for link in parser.links} <= parser.ids


@pytest.mark.parametrize("case", CASES)
def test_the_report_needs_nothing_from_outside(case: str) -> None:
    text = page(documented(case)["documentation"], "report.html")
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


def test_the_report_shows_scores_access_and_verdicts() -> None:
    state = documented("bookshop")
    text = page(state["documentation"], "report.html")
    assert all(m.metric in text for m in state["quality"].metrics)
    assert "customer (own)" in text
    assert "BACKEND_AGENT_POSTGRES_URL" in text
    assert text.count("<svg") > 8
    for entity in domain("bookshop").entities:
        assert f">{entity.name}</text>" in text


def test_hostile_text_stays_text() -> None:
    model = domain("todo")
    model = model.model_copy(update={"name": HOSTILE, "notes": [HOSTILE]})
    given = task("todo").model_copy(update={"project_name": HOSTILE, "description": HOSTILE})
    requirements = numbered(given)
    statements = [s.model_copy(update={"text": HOSTILE}) for s in requirements.statements]
    requirements = requirements.model_copy(update={"statements": statements})
    state = redesigned("todo", task=given, requirements=requirements, domain=model)
    documentation = STAGE.draft(Artifacts(state))
    report = page(documentation, "report.html")
    assert "<script>" not in report
    assert html.escape(HOSTILE, quote=False).split(" ", maxsplit=1)[0] in report.replace("&#34;", '"')
    assert "49" not in page(documentation, "docs/traceability.md").split("R-001")[1][:200]
    for found in documentation.pages:
        if found.path.endswith(".md"):
            assert not re.search(r"(?<!\\)<script", found.content)
            assert not re.search(r"(?<!\\)\]\(http", found.content)
    assert failing(STAGE, {**state, "documentation": documentation}) == {}


def _pages(state: dict[str, Any], path: str, change: Callable[[str], str]) -> Documentation:
    documentation: Documentation = state["documentation"]
    pages = [p.model_copy(update={"content": change(p.content)}) if p.path == path else p for p in documentation.pages]
    return documentation.model_copy(update={"pages": pages})


def _traces(state: dict[str, Any], change: Callable[[Trace], Trace | None]) -> Documentation:
    documentation: Documentation = state["documentation"]
    changed = [c for c in map(change, documentation.traceability) if c]
    return documentation.model_copy(update={"traceability": changed})


def _with(trace: Trace, key: str, **changes: Any) -> Trace:
    return trace.model_copy(update=changes) if trace.requirement == key else trace


MUTANTS: list[tuple[str, Callable[[dict[str, Any]], Documentation]]] = [
    ("every_requirement", lambda s: _traces(s, lambda t: None if t.requirement == "R-002" else t)),
    ("every_requirement", lambda s: _traces(s, lambda t: _with(t, "R-002", requirement="R-999"))),
    ("proved_by_tests", lambda s: _traces(s, lambda t: _with(t, "R-011", status="proved"))),
    ("unplaced_listed", lambda s: _traces(s, lambda t: _with(t, "R-007", partial=False))),
    ("unplaced_listed", lambda s: _traces(s, lambda t: _with(t, "R-011", note=""))),
    ("unplaced_listed", lambda s: _pages(s, "report.html", lambda c: c.replace("R-011", ""))),
    ("pages_there", lambda s: s["documentation"].model_copy(update={"pages": s["documentation"].pages[1:]})),
    ("offline", lambda s: _pages(s, "report.html", lambda c: c + '<script src="https://cdn.example/x.js"></script>')),
    ("offline", lambda s: _pages(s, "report.html", lambda c: c + '<a href="https://x.example">x</a>')),
    ("complete", lambda s: _pages(s, "docs/api.md", lambda c: c.replace("GET /books", ""))),
    ("complete", lambda s: _pages(s, "docs/database.md", lambda c: c.replace("### books", "###"))),
    ("fences_close", lambda s: _pages(s, "docs/api.md", lambda c: c + "```mermaid\n")),
]


@pytest.mark.parametrize(("name", "mutate"), MUTANTS)
def test_a_check_catches_its_mutant(name: str, mutate: Callable[[dict[str, Any]], Documentation]) -> None:
    state = documented("bookshop")
    assert name in failing(STAGE, {**state, "documentation": mutate(state)})


def test_a_failing_test_that_is_hidden_is_caught() -> None:
    state = documented("bookshop")
    tests = [t.model_copy(update={"verdict": "fail"}) for t in state["verification"].tests]
    report = state["verification"].model_copy(update={"tests": tests})
    assert "proved_by_tests" in failing(STAGE, {**state, "verification": report})


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in STAGE.checks} == {name for name, _ in MUTANTS}
