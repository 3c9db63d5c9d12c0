"""The Markdown pages: one for each design that there is, and the traceability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from backend_agent.artifacts.documentation import Page, Trace
from backend_agent.documents.render import render
from backend_agent.documents.report import by_tag, report, worst
from backend_agent.state import Artifacts


@dataclass(frozen=True)
class PageKind:
    """A page: the artifact that it needs, and the view that its template is given."""

    name: str
    title: str
    needs: str
    view: Callable[[Artifacts], dict[str, Any]]


def _api(given: Artifacts) -> dict[str, Any]:
    rules = given.domain.rules if given.has("domain") else []
    return {
        "api": given.api,
        "by_tag": by_tag(given.api.endpoints),
        "lifecycles": [r for r in rules if r.kind == "lifecycle"],
    }


def _testing(given: Artifacts) -> dict[str, Any]:
    testing = given.testing
    return {
        "testing": testing,
        "kinds": [
            ("Unit tests", testing.unit_testing),
            ("Integration tests", testing.integration_testing),
            ("Security tests", testing.security_testing),
            ("Performance tests", testing.performance_testing),
            ("End to end tests", testing.e2e_testing),
        ],
        "verdicts": worst(given.verification.tests) if given.has("verification") else {},
        "runs": given.verification.runs if given.has("verification") else [],
    }


def _deployment(given: Artifacts) -> dict[str, Any]:
    performance = given.performance if given.has("performance") else None
    return {"deployment": given.deployment, "performance": performance}


KINDS: tuple[PageKind, ...] = (
    PageKind("api", "API", "api", _api),
    PageKind("architecture", "Architecture", "architecture", lambda given: {"design": given.architecture}),
    PageKind("database", "Database", "database", lambda given: {"schema": given.database}),
    PageKind("deployment", "Deployment", "deployment", _deployment),
    PageKind("security", "Security", "security", lambda given: {"security": given.security}),
    PageKind("testing", "Testing", "testing", _testing),
)


def pages(given: Artifacts, traces: Sequence[Trace]) -> list[Page]:
    """Return the pages for which there is an artifact, the traceability, and the report."""
    name = given.task.project_name
    found = [
        Page(path=f"docs/{k.name}.md", title=k.title, content=render(f"{k.name}.md", name=name, **k.view(given)))
        for k in KINDS
        if given.has(k.needs)
    ]
    if traces:
        content = render(
            "traceability.md",
            name=name,
            traces=traces,
            superseded=any(t.status == "superseded" for t in traces),
            unplaced=[t for t in traces if t.status == "unplaced" or t.partial],
            verdicts=worst(given.verification.tests) if given.has("verification") else {},
        )
        found.append(Page(path="docs/traceability.md", title="Traceability", content=content))
    return [*found, Page(path="report.html", title="Report", content=report(given, traces))]
