"""The report: what a person sees first. A typed view of the artifacts; the template only lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.documentation import Trace
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.verification import TestResult
from backend_agent.documents import building, charts, entities
from backend_agent.documents.render import render
from backend_agent.names import title
from backend_agent.state import Artifacts

PRODUCTS = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "rest": "REST"}
RANK = {"critical": 0, "major": 1, "minor": 2}
CALM = "Nothing is open: every requirement is covered, every check ran and passed."
CALM_DESIGN = "Nothing is open in the designs. Nothing was run: there is no code yet."
LETTERS = (("list", "L"), ("read", "R"), ("create", "C"), ("update", "U"), ("delete", "D"))


@dataclass(frozen=True)
class Fact:
    """A figure or a choice at the top of the page."""

    value: str
    label: str
    href: str = ""


@dataclass(frozen=True)
class Bar:
    """A metric's score."""

    name: str
    shown: str
    percent: float
    grade: str
    detail: str


@dataclass(frozen=True)
class Open:
    """Something that is not done, not known or not right."""

    kind: str
    """`failing`, `unplaced`, `in part` (covered in part) or `not run`; also the colour."""
    title: str
    text: str
    hint: str = ""
    cites: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """What a role may do with an entity: for each letter `any`, `own` or `no`."""

    letters: list[tuple[str, str, str]]
    """Letter, scope, and the operation in words."""
    more: list[str]
    """Transitions and switches it may make, with scope."""


@dataclass(frozen=True)
class Row:
    """A requirement with the verdicts of its tests."""

    trace: Trace
    category: str
    verdicts: list[tuple[str, str]]
    """Test and verdict; by test the worst of all databases."""

    @property
    def passed(self) -> int:
        """How many of its tests passed."""
        return sum(v == "pass" for _, v in self.verdicts)

    @property
    def chip(self) -> str:
        """The status in words."""
        return (
            f"{self.trace.status} in part"
            if self.trace.partial and self.trace.status == "proved"
            else self.trace.status
        )


def worst(tests: Sequence[TestResult]) -> dict[str, str]:
    """Return one verdict a test: failed anywhere is failed, skipped only when it ran nowhere."""
    rank = {"fail": 2, "pass": 1, "skip": 0}
    found: dict[str, str] = {}
    for test in tests:
        if test.id not in found or rank[test.verdict] > rank[found[test.id]]:
            found[test.id] = test.verdict
    return found


def _facts(given: Artifacts, traces: Sequence[Trace]) -> list[Fact]:
    facts = []
    if traces:
        proved = sum(t.status == "proved" and not t.partial for t in traces)
        asked = sum(t.status != "superseded" for t in traces)
        facts.append(Fact(f"{proved} / {asked}", "requirements proved", "#requirements"))
    if given.has("verification") and given.verification.tests:
        verdicts = worst(given.verification.tests).values()
        facts.append(Fact(f"{sum(v == 'pass' for v in verdicts)} / {len(verdicts)}", "tests passed", "#verification"))
    if given.has("quality"):
        results = given.quality.results
        ran = sum(r.verdict != "not_run" for r in results)
        facts.append(Fact(f"{ran} / {len(results)}", "checks ran", "#verification"))
    if given.has("domain"):
        facts.append(Fact(str(len(given.domain.entities)), "entities", "#domain"))
    if given.has("api"):
        facts.append(Fact(str(len(given.api.endpoints)), "endpoints", "#api"))
    if given.has("database"):
        facts.append(Fact(str(len(given.database.tables)), "tables", "#data"))
    if given.has("code"):
        facts.append(Fact(str(len(given.code.files)), "files", ""))
    return facts


def _choices(given: Artifacts) -> list[str]:
    task = given.task
    database, style = task.database_requirements.type, task.api_requirements.style
    kind = title(task.architecture_type).capitalize()
    return [kind, PRODUCTS.get(database, database), PRODUCTS.get(style, style), "FastAPI"]


def _bars(given: Artifacts) -> list[Bar]:
    if not given.has("quality"):
        return []
    return [
        Bar(
            name=m.metric,
            shown=charts.shown(m.score),
            percent=round((m.score or 0) * 100, 1),
            grade=charts.grade(m.score),
            detail=f"{m.passed_weight} of {m.run_weight} weight passed"
            + (f", {m.not_run_weight} did not run" if m.not_run_weight else ""),
        )
        for m in given.quality.metrics
    ]


def _finding(finding: Finding) -> Open:
    return Open("failing", f"{finding.severity}: {finding.title}", f"{finding.stage}: {finding.evidence}", finding.hint)


def open_points(given: Artifacts, traces: Sequence[Trace]) -> list[Open]:
    """Return what is open, worst first: failing findings, requirements without code, what did not run."""
    points = []
    if given.has("quality"):
        # what is not covered is listed below, with the requirement's own words
        said = [f for r in given.quality.results if r.check == "domain.unplaced" for f in r.findings]
        findings = sorted((f for f in given.quality.findings if f not in said), key=lambda f: RANK[f.severity])
        points += [_finding(f) for f in findings]
    elif given.has("verification"):
        points += [_finding(f) for run in given.verification.runs for f in run.findings]
        points += [
            Open("failing", f"{t.requirement}: a test of it fails", t.text, cites=[t.requirement])
            for t in traces
            if t.status == "failed"
        ]
    whole = [t for t in traces if t.status == "unplaced"]
    points += [Open("unplaced", t.text, t.note, cites=[t.requirement]) for t in whole]
    points += [Open("in part", t.text, t.note, cites=[t.requirement]) for t in traces if t.partial and t not in whole]
    if given.has("verification"):
        points += [Open("not run", r.title, r.reason) for r in given.verification.runs if r.verdict == "not_run"]
    return points


def _rows(given: Artifacts, traces: Sequence[Trace]) -> list[Row]:
    categories = {s.id: s.category for s in given.requirements.statements} if given.has("requirements") else {}
    verdicts = worst(given.verification.tests) if given.has("verification") else {}
    return [
        Row(t, categories.get(t.requirement, ""), [(name, verdicts.get(name, "")) for name in t.tests]) for t in traces
    ]


def _scope(endpoint: Endpoint, role: str) -> str:
    access = endpoint.access
    if access.public or role in access.roles or not (access.roles or access.owner_roles):
        return "any"
    return "own" if role in access.owner_roles else "no"


def matrix(given: Artifacts) -> list[tuple[str, list[Cell]]]:
    """Return, by entity, what each role may do; roles as in `SecurityConfig.authorization.roles`."""
    if not (given.has("security") and given.has("api")):
        return []
    roles, api = given.security.authorization.roles, given.api
    rows = []
    names = [e.name for e in given.domain.entities] if given.has("domain") else []
    for name in names:
        endpoints = api.endpoints_of(name)
        if name == ACCOUNT:
            endpoints = [e for e in endpoints if e.path.startswith("/users")]
        if endpoints:
            rows.append((name, [_cell(endpoints, role) for role in roles]))
    return rows


def _cell(endpoints: Sequence[Endpoint], role: str) -> Cell:
    letters = []
    for kind, letter in LETTERS:
        found = [e for e in endpoints if e.kind == kind]
        if found:
            scopes = [_scope(e, role) for e in found]
            best = next((s for s in ("any", "own") if s in scopes), "no")
            letters.append((letter, best, f"{kind}: {best}"))
        else:
            letters.append((letter, "absent", f"{kind}: no such endpoint"))
    more = []
    for endpoint in endpoints:
        if endpoint.kind in ("transition", "toggle_on", "operation"):
            scope = _scope(endpoint, role)
            if scope != "no":
                whole = endpoint.operation_id if endpoint.kind == "operation" else endpoint.operation_id.split("_")[0]
                name = endpoint.transition or whole
                more.append(f"{title(name)}{' (own)' if scope == 'own' else ''}")
    return Cell(letters, more)


def by_tag(endpoints: Sequence[Endpoint]) -> dict[str, list[Endpoint]]:
    """Return the endpoints by tag, in order."""
    found: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        found.setdefault(endpoint.tag, []).append(endpoint)
    return found


def _tests(given: Artifacts) -> dict[str, list[tuple[str, str, list[str]]]]:
    """Return, by file: test, verdict, R-ids."""
    if not given.has("verification"):
        return {}
    verdicts = worst(given.verification.tests)
    cites = {t.id: t.requirements for t in given.verification.tests}
    found: dict[str, list[tuple[str, str, list[str]]]] = {}
    for name, verdict in verdicts.items():
        file, _, test = name.partition("::")
        found.setdefault(file, []).append((test or file, verdict, cites[name]))
    return found


def report(given: Artifacts, traces: Sequence[Trace]) -> str:
    """Return `report.html`: one file, no script, nothing from outside."""
    quality = given.quality if given.has("quality") else None
    results = quality.results if quality else []
    verification = given.verification if given.has("verification") else None
    order = {"fail": 0, "not_run": 1, "pass": 2}
    design = [r for r in results if not r.check.startswith("verify.")]
    return render(
        "report.html",
        name=given.task.project_name,
        description=given.task.description,
        overview=given.architecture.overview if given.has("architecture") else "",
        choices=_choices(given),
        facts=_facts(given, traces),
        quality=quality,
        ring=charts.ring(quality.overall_score, "overall") if quality else Markup(""),
        radar=charts.radar(quality.metrics) if quality and quality.metrics else Markup(""),
        bars=_bars(given),
        points=open_points(given, traces),
        calm=CALM if verification else CALM_DESIGN,
        rows=_rows(given, traces),
        entity_diagram=entities.diagram(given.domain) if given.has("domain") else Markup(""),
        domain=given.domain if given.has("domain") else None,
        architecture=given.architecture if given.has("architecture") else None,
        architecture_diagram=building.diagram(given.architecture) if given.has("architecture") else Markup(""),
        database=given.database if given.has("database") else None,
        api=given.api if given.has("api") else None,
        by_tag=by_tag(given.api.endpoints) if given.has("api") else {},
        security=given.security if given.has("security") else None,
        matrix=matrix(given),
        performance=given.performance if given.has("performance") else None,
        runs=sorted(verification.runs, key=lambda r: order[r.verdict]) if verification else [],
        sandbox=verification.sandbox if verification else "",
        design_passed=sum(r.verdict == "pass" for r in design),
        design_failed=[r for r in design if r.verdict == "fail"],
        design_count=len(design),
        tests=_tests(given),
    )
