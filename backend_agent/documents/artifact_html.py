"""An artifact as HTML: a picture where it has one, the tables that one looks for first, and then all that is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup
from pydantic import BaseModel

from backend_agent.artifacts.api import APISpecification
from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import DatabaseSchema, Table
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.documents import building, charts, entities
from backend_agent.documents.describe import column_type, who
from backend_agent.documents.render import TEMPLATES, render
from backend_agent.documents.svg import element
from backend_agent.names import title

_LONGEST = 20_000
"""Characters of one text that are shown; the rest is counted."""
_INLINE = 200
"""Characters of a text of several lines from which on it is folded."""
_View = tuple[Markup, tuple[str, ...]]
"""What is shown first, and the fields that it says all of."""


def artifact_html(artifact: Artifact) -> str:
    """Return an artifact as an HTML fragment with its own style, to be shown in a page or a notebook.

    All text is escaped; there is no script, and nothing is loaded from anywhere.
    """
    first, said = _first(artifact)
    values = {name: getattr(artifact, name) for name in type(artifact).model_fields if name not in said}
    inside = element("style", _style()) + first + _fields(values, heads=True)
    return str(element("div", inside, class_="backend-agent"))


def artifact_page(heading: str, artifact: Artifact) -> str:
    """Return the same as a page of its own.

    Args:
        heading: what stands above it, such as the project's name and the stage.
        artifact: what is shown.
    """
    return render("artifact.html", title=heading, fragment=Markup(artifact_html(artifact)))  # noqa: S704 - as made above


@cache
def _style() -> Markup:
    return Markup((TEMPLATES / "artifact.css.jinja").read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def _first(artifact: Artifact) -> _View:
    for kind, view in _VIEWS:
        if isinstance(artifact, kind):
            return view(artifact)
    return Markup(""), ()


def _domain(domain: DomainModel) -> _View:
    return element("div", entities.diagram(domain), class_="picture"), ()


def _architecture(design: ArchitectureDesign) -> _View:
    return element("p", design.overview) + element("div", building.diagram(design), class_="picture"), ("overview",)


def _database(schema: DatabaseSchema) -> _View:
    return Markup("").join(
        [element("p", schema.schema_overview), element("h3", "Tables"), *(_table(t) for t in schema.tables)]
    ), ("schema_overview", "tables", "revisions")


def _table(table: Table) -> Markup:
    targets = {key.column: f"{key.target_table}.{key.target_column}" for key in table.foreign_keys}
    rows = [
        (_code(c.name), column_type(c), "optional" if c.nullable else "", _code(targets.get(c.name, "")), c.description)
        for c in table.columns
    ]
    lines = [f"index {i.name} ({', '.join(i.columns)}): {i.reason}" for i in table.indexes]
    lines += [f"check {c.name}: {c.expression}" for c in table.checks]
    lines += [f"unique {u.name} ({', '.join(u.columns)})" for u in table.unique_constraints]
    inside = _rows(("column", "type", "", "refers to", ""), rows) + _bullets(lines)
    return _folded(f"{table.name}: {len(table.columns)} columns", inside)


def _api(api: APISpecification) -> _View:
    rows = [
        (_code(f"{e.method} {e.path}"), e.summary, ", ".join(who(e.access)), ", ".join(e.cites)) for e in api.endpoints
    ]
    lead = element("p", f"Below {api.base_url}, {api.naming} on the wire, pages by {api.pagination}.")
    table = _rows(("endpoint", "what it does", "who may call", "requirements"), rows)
    rest = _folded("Endpoints in full", _value(api.endpoints))
    return lead + element("h3", f"Endpoints ({len(api.endpoints)})") + table + rest, ("endpoints",)


def _quality(quality: QualityAssessment) -> _View:
    rows = [(m.metric, _bar(m.score), charts.shown(m.score)) for m in quality.metrics]
    overall = charts.shown(quality.overall_score)
    lead = f"Overall {overall}, confidence {charts.shown(quality.confidence_score)}."
    failed = [(f.severity, f.stage, f.title, f.evidence, f.hint) for f in quality.findings]
    heads = ("severity", "stage", "finding", "evidence", "hint")
    found = _rows(heads, failed) if failed else element("p", "No finding.", class_="soft")
    said = ("metrics", "overall_score", "confidence_score", "findings")
    return element("p", lead) + _rows(("metric", "", "score"), rows) + element("h3", "Findings") + found, said


_VIEWS: tuple[tuple[type[Artifact], Callable[[Any], _View]], ...] = (
    (DomainModel, _domain),
    (ArchitectureDesign, _architecture),
    (DatabaseSchema, _database),
    (APISpecification, _api),
    (QualityAssessment, _quality),
)


def _bar(score: float | None) -> Markup:
    width = (score or 0) * 160
    track = element("rect", class_="track", width=160, height=10, rx=5)
    return element("svg", track, element("rect", class_="amount", width=width, height=10, rx=5), width=160, height=10)


def _fields(values: Mapping[str, Any], *, heads: bool = False) -> Markup:
    """Show named values: those of one line as a table, the others below it, each under its name."""
    plain = [(title(name).capitalize(), _value(v)) for name, v in values.items() if not _large(v) and v not in _EMPTY]
    large = [(title(name).capitalize(), v) for name, v in values.items() if _large(v)]
    shown = _rows((), plain) if plain else Markup("")
    for name, value in large:
        count = f" ({len(value)})" if isinstance(value, Sequence | Mapping) and not isinstance(value, str) else ""
        shown += element("h3", name + count) + _value(value) if heads else _folded(name + count, _value(value))
    return shown


_EMPTY: tuple[Any, ...] = (None, "", [], {}, ())


def _large(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > _INLINE and "\n" in value
    if isinstance(value, Mapping | BaseModel):
        return bool(value)
    return isinstance(value, Sequence) and any(
        isinstance(item, Mapping | BaseModel | Sequence) and not isinstance(item, str) for item in value
    )


def _value(value: Any) -> Markup:
    if isinstance(value, BaseModel):
        return _fields({name: getattr(value, name) for name in type(value).model_fields})
    if isinstance(value, Mapping):
        return _fields({str(name): inside for name, inside in value.items()})
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        if value and all(isinstance(item, BaseModel) for item in value):
            return _records(value)
        if any(_large(item) for item in value):
            return element("ul", *(element("li", _value(item)) for item in value))
        return _bullets([_said(item) for item in value]) if len(value) > 3 else _text(", ".join(map(_said, value)))
    return _text(_said(value))


def _records(items: Sequence[BaseModel]) -> Markup:
    """Show records as a table with the columns that say anything; what is large is folded into its cell."""
    names = list(dict.fromkeys(n for i in items for n in type(i).model_fields if getattr(i, n) not in _EMPTY))
    rows = []
    for item in items:
        cells: list[Markup] = []
        for name in names:
            value = getattr(item, name, None)
            if value in _EMPTY:
                cells.append(Markup(""))
            elif _large(value):
                count = str(len(value)) if isinstance(value, Sequence) and not isinstance(value, str) else "show"
                cells.append(_folded(count, _value(value)))
            else:
                cells.append(_value(value))
        rows.append(cells)
    return _rows([title(name) for name in names], rows)


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> Markup:
    """Return a table; without heads, the first cell of each row names it."""
    top = element("tr", *(element("th", head) for head in heads)) if heads else Markup("")
    body = [
        element("tr", *(element("td" if heads or number else "th", cell) for number, cell in enumerate(row)))
        for row in rows
    ]
    return element("div", element("table", top, *body), class_="scroll")


def _folded(summary: str, inside: Markup) -> Markup:
    return element("details", element("summary", summary), inside)


def _bullets(lines: Sequence[str]) -> Markup:
    return element("ul", *(element("li", line) for line in lines)) if lines else Markup("")


def _text(value: str) -> Markup:
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}\n… and {len(value) - _LONGEST} characters more"
    return element("pre", shown) if "\n" in value else element("span", shown)


def _code(value: str) -> Markup:
    return element("code", value) if value else Markup("")


def _said(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value)
