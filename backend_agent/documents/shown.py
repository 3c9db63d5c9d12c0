"""What notebooks show: fragments of HTML with their own style, escaped, with nothing from outside.

An artifact shows itself by `html`; a result, differences and the tree of sessions have views of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.quality import MetricScore
from backend_agent.changes import Differences
from backend_agent.documents import charts, svg
from backend_agent.documents.artifact_html import artifact_html
from backend_agent.documents.render import TEMPLATES
from backend_agent.documents.svg import element

MOST_DIFFS = 60
"""Files whose lines are shown; the others are named."""
MOST_LINES = 400
"""Lines shown of one file's diff."""
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_Place = Callable[[str], tuple[float, float]]
_ROW, _LANE, _LEFT = 26.0, 20.0, 16.0


@dataclass(frozen=True)
class Step:
    """One step of a tree of sessions."""

    key: str
    """Its checkpoint's id."""
    parent: str | None
    says: str
    """What it wrote."""
    score: float | None = None
    heads: tuple[str, ...] = ()
    """Sessions that stand here, in words."""


def html(artifact: Artifact) -> str:
    """Return an artifact, or differences, as a fragment."""
    return differences_html(artifact) if isinstance(artifact, Differences) else artifact_html(artifact)


def framed(*parts: str | Markup) -> str:
    """Return the parts in one frame, with the style that they need."""
    return str(element("div", element("style", _style()), *parts, class_="backend-agent"))


@cache
def _style() -> Markup:
    names = ("artifact.css.jinja", "shown.css.jinja")
    return Markup("").join(Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in names)  # noqa: S704 - files of this package


def result_html(
    name: str, facts: Sequence[str], metrics: Sequence[MetricScore], rows: Sequence[Sequence[str]], files: Sequence[str]
) -> str:
    """Return what a run brought: scores, stages, files.

    Args:
        name: the project's.
        facts: short ones, such as `score 98`.
        metrics: with their scores; empty: the run has not come that far.
        rows: by stage: title, what it brought, who wrote it, its findings.
        files: paths.
    """
    parts = [element("h3", name), element("p", " · ".join(facts))]
    if metrics:
        parts.append(plot(metrics))
    parts.append(_table(("stage", "brought", "author", "findings"), rows))
    if files:
        parts.append(_folded(f"{len(files)} files", element("pre", "\n".join(files))))
    return framed(*parts)


def table_html(heads: Sequence[str], rows: Sequence[Sequence[str]], lead: str) -> str:
    """Return a table with a sentence above it; without rows, the sentence."""
    return framed(element("p", lead), *([_table(heads, rows)] if rows else []))


def plot(metrics: Sequence[MetricScore]) -> Markup:
    """Return the score by metric as bars."""
    label, full, height = 130.0, 320.0, 24.0
    parts = []
    for number, metric in enumerate(metrics):
        y = number * height
        parts.append(svg.text(0, y + 16, metric.metric, "label"))
        parts.append(element("rect", x=label, y=y + 5, width=full, height=12, rx=6, class_="track"))
        width = full * (metric.score or 0)
        parts.append(element("rect", x=label, y=y + 5, width=width, height=12, rx=6, class_="amount"))
        parts.append(svg.text(label + full + 12, y + 16, charts.shown(metric.score), "label"))
    return svg.drawing(label + full + 50, height * len(metrics), parts, "Score by metric", "plot")


def differences_html(found: Differences) -> str:
    """Return what differs between two sessions."""
    if not found:
        return framed(element("p", "Nothing differs."))
    parts: list[Markup] = []
    for stage, elements in found.stages.items():
        rows = [(_SIGNS[e.kind], element("code", e.name), e.old, e.new) for e in elements]
        parts.append(_folded(f"{stage} ({len(elements)})", _table(("", "element", "was", "is"), rows)))
    if found.tables:
        lines = [element("li", t.what, class_="fail" if t.destroys else "soft") for t in found.tables]
        parts.append(_folded(f"tables ({len(lines)})", element("ul", *lines)))
    if found.api:
        breaking = sum(change.breaking for change in found.api)
        rows = [("breaking" if c.breaking else "", element("code", c.where), c.what, c.reason) for c in found.api]
        parts.append(_folded(f"API changes ({breaking} breaking)", _table(("", "where", "what", "why"), rows)))
    if found.files:
        files = [_file(f.kind, f.path, f.text if i < MOST_DIFFS else "") for i, f in enumerate(found.files)]
        parts.append(_folded(f"files ({len(files)})", Markup("").join(files)))
    return framed(*parts)


def _file(kind: str, path: str, text: str) -> Markup:
    lines = text.splitlines()
    shown = [element("span", line + "\n", class_=_colour(line)) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(element("span", f"… and {len(lines) - MOST_LINES} lines more", class_="soft"))
    inside = element("pre", *shown, class_="diff") if shown else element("p", "Not shown: there are too many.")
    return _folded(f"{_SIGNS[kind]} {path}", inside)


def _colour(line: str) -> str:
    if line.startswith(("+++", "---", "@@")):
        return "soft"
    return {"+": "pass", "-": "fail"}.get(line[:1], "same")


def tree_html(steps: Sequence[Step], title: str) -> str:
    """Return sessions with their branches as a tree, oldest step first.

    Args:
        steps: each behind its parent.
        title: said of the picture.
    """
    lanes = _lanes(steps)
    rows = {step.key: number for number, step in enumerate(steps)}
    left = _LEFT + _LANE * (max(lanes.values(), default=0) + 1)

    def place(key: str) -> tuple[float, float]:
        return _LEFT + _LANE * lanes[key], _ROW * (rows[key] + 0.5)

    parts = list(_edges(steps, place, rows))
    for step in steps:
        x, y = place(step.key)
        parts.append(element("circle", cx=x, cy=y, r=5, class_=f"dot lane{lanes[step.key] % 4}"))
        score = "" if step.score is None else f"   score {charts.shown(step.score)}"
        words = svg.clipped(step.says, 90) + score
        parts.append(element("text", words, *_heads(step), x=left, y=y + 4))
    return framed(svg.drawing(left + 760, _ROW * len(steps), parts, title, "tree"))


def _heads(step: Step) -> Iterator[Markup]:
    for head in step.heads:
        yield element("tspan", f"  ◂ {head}", class_="head")


def _edges(steps: Sequence[Step], place: _Place, rows: Mapping[str, int]) -> Iterator[Markup]:
    for step in steps:
        if step.parent is not None and step.parent in rows:
            (x1, y1), (x2, y2) = place(step.parent), place(step.key)
            bend = min(y1 + _ROW, y2)
            middle = f"C{svg.number(x1)} {svg.number(bend)} {svg.number(x2)} {svg.number(y1)}"
            path = f"M{svg.number(x1)} {svg.number(y1)} {middle} {svg.number(x2)} {svg.number(bend)} V{svg.number(y2)}"
            yield element("path", d=path, class_="line")


def _lanes(steps: Sequence[Step]) -> dict[str, int]:
    """Return each step's lane: the first child stays in its parent's, every other one opens the next."""
    lanes: dict[str, int] = {}
    went_on: set[str] = set()
    used = 0
    for step in steps:
        if step.parent in lanes and step.parent not in went_on:
            lanes[step.key] = lanes[step.parent]
            went_on.add(step.parent)
        else:
            lanes[step.key] = used
            used += 1
    return lanes


def _table(heads: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> Markup:
    top = element("tr", *(element("th", head) for head in heads))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("div", element("table", top, *body), class_="scroll")


def _folded(summary: str, inside: Markup) -> Markup:
    return element("details", element("summary", summary), inside)
