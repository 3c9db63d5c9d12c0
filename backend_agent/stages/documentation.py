"""documentation: the pages, the report, and what became of each requirement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_agent.artifacts.documentation import Documentation, Page
from backend_agent.documents.pages import KINDS, pages
from backend_agent.documents.trace import traces
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts

READS = (
    "task",
    "requirements",
    "domain",
    "architecture",
    "database",
    "api",
    "security",
    "performance",
    "testing",
    "deployment",
    "code",
    "verification",
    "quality",
)
_OUTSIDE = re.compile(
    r"<(?:script|link|iframe|object|embed|img)\b|\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//|url\(|@import", re.IGNORECASE
)
_FENCE = re.compile(r"^(`{3,})\w*$")


def draft(given: Artifacts) -> Documentation:
    """Return the pages of the artifacts that there are; a smaller graph gives fewer pages."""
    # everything is read many times over: validated once, here
    held = Artifacts({name: getattr(given, name) for name in READS if given.has(name)})
    found = traces(held) if held.has("requirements") else []
    return Documentation(pages=pages(held, found), traceability=found)


def _page(given: Artifacts, path: str) -> Page | None:
    return next((p for p in given.documentation.pages if p.path == path), None)


def _every_requirement(given: Artifacts) -> Iterator[str]:
    known = given.requirements if given.has("requirements") else None
    asked = [s.id for s in (*known.statements, *known.superseded)] if known else []
    traced = [t.requirement for t in given.documentation.traceability]
    for key in asked:
        if traced.count(key) != 1:
            yield f"{key} is traced {traced.count(key)} times"
    for key in traced:
        if key not in asked:
            yield f"{key} is no requirement"


def _proved_by_tests(given: Artifacts) -> Iterator[str]:
    """Proved needs a test that ran and passed, and none that failed."""
    tests = given.verification.tests if given.has("verification") else []
    for trace in given.documentation.traceability:
        verdicts = {t.verdict for t in tests if trace.requirement in t.requirements}
        if trace.status == "proved" and ("pass" not in verdicts or "fail" in verdicts):
            yield f"{trace.requirement} is called proved; its tests: {', '.join(sorted(verdicts)) or 'none ran'}"
        if trace.status in ("proved", "designed") and "fail" in verdicts:
            yield f"{trace.requirement}: a test of it fails, and it is called {trace.status}"


def _unplaced_listed(given: Artifacts) -> Iterator[str]:
    report = _page(given, "report.html")
    held = {t.requirement: t for t in given.documentation.traceability}
    for item in given.domain.unplaced if given.has("domain") else []:
        trace = held.get(item.requirement)
        if trace and trace.status != "unplaced" and not trace.partial:
            yield f"{item.requirement} is not covered ({item.reason}), and it is called {trace.status}"
        if report and item.requirement not in report.content:
            yield f"{item.requirement} is not covered, and the report does not say so"
    for trace in given.documentation.traceability:
        if (trace.status == "unplaced" or trace.partial) and not trace.note:
            yield f"{trace.requirement} is not covered, and no reason is given"


def _pages_there(given: Artifacts) -> Iterator[str]:
    paths = [p.path for p in given.documentation.pages]
    for kind in KINDS:
        if given.has(kind.needs) and f"docs/{kind.name}.md" not in paths:
            yield f"docs/{kind.name}.md is missing"
    for path in ("report.html", *(("docs/traceability.md",) if given.has("requirements") else ())):
        if path not in paths:
            yield f"{path} is missing"


def _offline(given: Artifacts) -> Iterator[str]:
    report = _page(given, "report.html")
    found = _OUTSIDE.search(report.content) if report else None
    if found:
        yield f"report.html takes something from outside: {found.group()}"


def _complete(given: Artifacts) -> Iterator[str]:
    if given.has("api") and (page := _page(given, "docs/api.md")):
        for endpoint in given.api.endpoints:
            if f"{endpoint.method} {endpoint.path}" not in page.content:
                yield f"docs/api.md lacks {endpoint.method} {endpoint.path}"
    if given.has("database") and (page := _page(given, "docs/database.md")):
        for table in given.database.tables:
            if f"### {table.name}" not in page.content:
                yield f"docs/database.md lacks {table.name}"


def _fences_close(given: Artifacts) -> Iterator[str]:
    """A block that is not closed swallows the rest of its page."""
    for page in given.documentation.pages:
        if not page.path.endswith(".md"):
            continue
        opened = ""
        for line in page.content.splitlines():
            if opened:
                opened = "" if line == opened else opened
            elif match := _FENCE.match(line):
                opened = match.group(1)
        if opened:
            yield f"{page.path} has a block that is not closed"


CHECKS = (
    Check("every_requirement", "Every requirement is traced once", "maintainability", "major", _every_requirement),
    Check("proved_by_tests", "Proved requirements have tests that passed", "testability", "critical", _proved_by_tests),
    Check("unplaced_listed", "What is not covered is said", "architecture", "major", _unplaced_listed),
    Check("pages_there", "Every design has its page", "maintainability", "minor", _pages_there),
    Check("offline", "The report needs nothing from outside", "security", "major", _offline),
    Check("complete", "Every endpoint and table is documented", "maintainability", "major", _complete),
    Check("fences_close", "Blocks in the pages are closed", "maintainability", "minor", _fences_close),
)

STAGE = Stage(
    name="documentation",
    title="Documentation",
    artifact=Documentation,
    reads=READS,
    draft=draft,
    checks=CHECKS,
)
