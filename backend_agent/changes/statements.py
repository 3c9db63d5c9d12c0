"""Statements keep their numbers when a task changes: what is designed for R-007 must not end up under another text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement

ALIKE = 0.9
"""Similarity from which on a statement anywhere in the task counts as an edited old one."""
ALIKE_IN_PLACE = 0.7
"""The same for one that stands where the old one stood: beside the same unchanged neighbour, or at the same end."""
Pairs = dict[int, int]
"""By position among the new statements: position among the old ones."""


def keep_numbers(old: RequirementsAnalysis, new: RequirementsAnalysis) -> RequirementsAnalysis:
    """Return `new` with the numbers that its statements had in `old`.

    An edited statement keeps its number, one that comes back gets its number back, a new one gets a number above all
    that were ever used, and one that is gone stays as superseded. The order is that of `new`.
    """
    pairs = match(old.statements, new.statements)
    returned = _returned(old.superseded, [s for i, s in enumerate(new.statements) if i not in pairs])
    numbers: dict[str, str] = {}
    following = max((int(s.id.removeprefix("R-")) for s in (*old.statements, *old.superseded)), default=0)
    for i, statement in enumerate(new.statements):
        if i in pairs:
            numbers[statement.id] = old.statements[pairs[i]].id
        elif statement.id in returned:
            numbers[statement.id] = returned[statement.id]
        else:
            following += 1
            numbers[statement.id] = f"R-{following:03}"
    used = set(numbers.values())
    gone = [s for s in (*old.superseded, *old.statements) if s.id not in used]
    return new.model_copy(
        update={
            "statements": [s.model_copy(update={"id": numbers[s.id]}) for s in new.statements],
            "superseded": sorted(gone, key=lambda s: int(s.id.removeprefix("R-"))),
            "recommendations": [
                r.model_copy(update={"cites": [numbers.get(cite, cite) for cite in r.cites]})
                for r in new.recommendations
            ],
        }
    )


def match(old: Sequence[Statement], new: Sequence[Statement]) -> Pairs:
    """Return which new statement is which old one: the same text first, then what was edited."""
    pairs: Pairs = {}
    for same in (_as_written, _in_words):
        _pair_equal(pairs, [same(s) for s in old], [same(s) for s in new])
    _pair_alike(pairs, old, new)
    return pairs


def similarity(one: str, other: str) -> float:
    """Return how alike two statements are, 0 to 1: by their letters, or by their words in any order."""
    first, second = _words(one), _words(other)
    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second)) / 100


def _as_written(statement: Statement) -> tuple[str, str]:
    return statement.text, statement.source


def _in_words(statement: Statement) -> tuple[str, str]:
    return _words(statement.text), ""


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _pair_equal(pairs: Pairs, old: Sequence[object], new: Sequence[object]) -> None:
    """Pair what is equal, the first with the first where something stands there twice."""
    waiting: dict[object, list[int]] = {}
    taken = set(pairs.values())
    for j, key in enumerate(old):
        if j not in taken:
            waiting.setdefault(key, []).append(j)
    for i, key in enumerate(new):
        if i not in pairs and waiting.get(key):
            pairs[i] = waiting[key].pop(0)


def _pair_alike(pairs: Pairs, old: Sequence[Statement], new: Sequence[Statement]) -> None:
    """Pair what was edited, the most alike first; what stands in its old place may differ more."""
    places_new = _places(len(new), {i: n for n, i in enumerate(sorted(pairs))})
    order = {pairs[i]: n for n, i in enumerate(sorted(pairs))}
    places_old = _places(len(old), order)
    found: list[tuple[float, bool, int, int, int]] = []
    for i, statement in enumerate(new):
        for j, former in enumerate(old):
            if i in pairs or j in order:
                continue
            beside = any(a == b for a, b in zip(places_new[i], places_old[j], strict=True))
            in_place = beside and statement.source == former.source
            score = similarity(former.text, statement.text)
            if score >= (ALIKE_IN_PLACE if in_place else ALIKE):
                found.append((-score, not in_place, abs(i - j), i, j))
    taken: set[int] = set()
    for _, _, _, i, j in sorted(found):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)


def _places(count: int, known: dict[int, int]) -> list[tuple[int, int]]:
    """Return of each position the paired neighbours that it stands between, as numbers of their pairs."""
    before, after = -1, [-1] * count
    for i in reversed(range(count)):
        after[i] = known[i] if i in known else after[i + 1] if i + 1 < count else -1
    found = []
    for i in range(count):
        found.append((before, after[i]))
        before = known.get(i, before)
    return found


def _returned(superseded: Sequence[Statement], unpaired: Sequence[Statement]) -> dict[str, str]:
    """Return, by the new statement's number, the former number of one that is back in the same words."""
    former = {_words(s.text): s.id for s in reversed(superseded)}
    found: dict[str, str] = {}
    for statement in unpaired:
        number = former.pop(_words(statement.text), None)
        if number is not None:
            found[statement.id] = number
    return found
