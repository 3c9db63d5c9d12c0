"""Who wrote what, and what chat models were asked for it: the ledger of a run, in rows, in words and as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup, escape

from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.findings import Finding
from backend_agent.documents import shown

STANDS_IN = "draft stands in: "
"""How the note of an artifact begins that a chat model was to write."""
_HEADS = ("Stage", "Written by", "Calls", "Tokens in", "Cached", "Tokens out", "Reasoning", "Cost", "Waited", "Note")


@dataclass(frozen=True)
class Row:
    """One stage, or the sum of all."""

    stage: str
    author: str
    """`draft` or the chat model's name."""
    note: str
    """Why the draft stands in, and the like."""
    calls: int
    replayed: int
    """Of those, the ones that an earlier run had paid for."""
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_reasoning: int
    cost: float | None
    """US dollars; None: a price is unknown."""
    waited: float
    """Seconds of waiting for rate limits."""
    outcomes: dict[str, int]

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**asdict(self), "cost": "unknown" if self.cost is None else self.cost}

    @property
    def price(self) -> str:
        """The cost in words."""
        return "unknown" if self.cost is None else f"${self.cost:.4f}"


class Ledger(list[Row]):
    """The rows of a run; a notebook shows them as a table, with their sum."""

    def __init__(self, found: Iterable[Row], whole: Row) -> None:
        super().__init__(found)
        self._whole = whole

    def __repr__(self) -> str:
        return f"<Ledger: {summary(self._whole)}>"

    def _repr_html_(self) -> str:
        if not self:
            return shown.table_html((), (), "No chat model was asked.")
        return shown.table_html(_HEADS, [_cells(row) for row in (*self, self._whole)], summary(self._whole))


def rows(state: Mapping[str, Any]) -> Ledger:
    """Return a row for each stage that a chat model was asked for, or was to be asked: in the records' order."""
    records: Mapping[str, Any] = state.get("records", {})
    calls: Mapping[str, Any] = state.get("calls", {})
    found = []
    for stage, record in records.items():
        made = [Call.from_state(call) for call in calls.get(stage, [])]
        note = str(record.get("note", ""))
        if made or note.startswith(STANDS_IN) or record.get("author") not in ("draft", "edited"):
            found.append(_row(stage, str(record.get("author", "")), note, made))
    return Ledger(found, total(state))


def total(state: Mapping[str, Any]) -> Row:
    """Return the sum of all stages."""
    calls = [Call.from_state(call) for made in state.get("calls", {}).values() for call in made]
    return _row("all", "", "", calls)


def _row(stage: str, author: str, note: str, calls: Sequence[Call]) -> Row:
    costs = [call.cost for call in calls]
    return Row(
        stage=stage,
        author=author,
        note=note,
        calls=len(calls),
        replayed=sum(call.replayed for call in calls),
        tokens_in=sum(call.tokens_in for call in calls),
        tokens_cached=sum(call.tokens_cached for call in calls),
        tokens_out=sum(call.tokens_out for call in calls),
        tokens_reasoning=sum(call.tokens_reasoning for call in calls),
        cost=None if None in costs else sum(cost or 0.0 for cost in costs),
        waited=sum(call.waited for call in calls),
        outcomes=dict(sorted(Counter(call.outcome for call in calls).items())),
    )


def refused(state: Mapping[str, Any]) -> list[Finding]:
    """Return what chat models proposed and was not taken over, by stage."""
    records: Mapping[str, Any] = state.get("records", {})
    return [Finding.from_state(item) for record in records.values() for item in record.get("refused", [])]


def summary(row: Row) -> str:
    """Return a row's figures in one line."""
    words = [f"{row.calls} call{'s' if row.calls != 1 else ''}"]
    if row.replayed:
        words.append(f"{row.replayed} of them paid by an earlier run")
    words.append(f"{row.tokens_in:,} tokens in ({row.tokens_cached:,} cached)")
    words.append(f"{row.tokens_out:,} out ({row.tokens_reasoning:,} reasoning)")
    words.append(f"cost {row.price}")
    if row.waited >= 0.5:
        words.append(f"{row.waited:.0f} s of waiting")
    return ", ".join(words)


def outcomes(row: Row) -> str:
    """Return how a row's calls ended: `4 ok, 1 rate limited`."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in row.outcomes.items())


def section(state: Mapping[str, Any]) -> str:
    """Return the ledger as a section of `report.html`; empty when no chat model was asked."""
    found = rows(state)
    if not found:
        return ""
    lines = [_line(row) for row in found] + [_line(total(state))]
    parts = [
        Markup('<section class="card" id="chat-model">\n<h2>Chat model</h2>\n<div class="scroll"><table>\n<thead><tr>'),
        Markup("").join(Markup("<th>{}</th>").format(head) for head in _HEADS),
        Markup("</tr></thead>\n<tbody>\n"),
        *lines,
        Markup("</tbody>\n</table></div>\n"),
    ]
    proposals = refused(state)
    if proposals:
        parts.append(Markup("<h3>Not taken over</h3>\n<ul>\n"))
        parts += [Markup("<li>{}: {}</li>\n").format(item.stage, item.evidence) for item in proposals]
        parts.append(Markup("</ul>\n"))
    parts.append(Markup("</section>\n"))
    return str(Markup("").join(parts))


def _line(row: Row) -> Markup:
    cells = Markup("").join(Markup("<td>{}</td>").format(escape(cell)) for cell in _cells(row))
    return Markup("<tr>{}</tr>\n").format(cells)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.stage, row.author, outcomes(row) or "0", f"{row.tokens_in:,}", f"{row.tokens_cached:,}",
        f"{row.tokens_out:,}", f"{row.tokens_reasoning:,}", row.price, f"{row.waited:.0f} s", row.note,
    )  # fmt: skip
