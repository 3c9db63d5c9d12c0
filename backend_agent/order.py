"""Order: what the stages' `reads` say about which stage follows which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from typing import Any

from backend_agent.stage import Stage

Stages = Sequence[Stage[Any]]


def ancestors(stages: Stages, names: Iterable[str]) -> set[str]:
    """Return the names given and those of all stages that they read, directly or not."""
    reads = _reads(stages)
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in reads and name not in found:
            found.add(name)
            open_names.extend(reads[name])
    return found


def successors(stages: Stages) -> dict[str, tuple[str, ...]]:
    """Return the transitive reduction of `reads`: by stage, the stages to which an edge leads."""
    reads = _reads(stages)
    before = {name: ancestors(stages, (name,)) - {name} for name in reads}
    following: dict[str, list[str]] = {name: [] for name in reads}
    for name in reads:
        for source in before[name]:
            if not any(source in before[other] for other in before[name]):
                following[source].append(name)
    return {name: tuple(n for n in reads if n in targets) for name, targets in following.items()}


def needs_deferring(stages: Stages) -> set[str]:
    """Return the stages that must wait for all others: those that work started together can reach at different steps.

    `code` is one: a rerun of `database` and `security` reaches it in two steps from the one and in one from the other.
    Without waiting it would run twice.
    """
    following = successors(stages)
    lengths = {stage.name: _path_lengths(following, stage.name) for stage in stages}
    apart = {stage.name: ancestors(stages, (stage.name,)) for stage in stages}
    deferred: set[str] = set()
    for a, b in combinations_with_replacement(lengths, 2):
        if a != b and (a in apart[b] or b in apart[a]):
            continue
        for target in lengths[a].keys() & lengths[b].keys():
            if len(lengths[a][target] | lengths[b][target]) > 1:
                deferred.add(target)
    return _outermost(deferred, following)


def _outermost(deferred: set[str], following: dict[str, tuple[str, ...]]) -> set[str]:
    """Leave out stages whose only way in is a deferred stage's: they come one by one behind it."""
    ways_in = {name: [source for source, targets in following.items() if name in targets] for name in following}
    return {name for name in deferred if len(ways_in[name]) > 1}


def _path_lengths(following: dict[str, tuple[str, ...]], start: str) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    step, length = {start}, 0
    while step:
        for name in step:
            found.setdefault(name, set()).add(length)
        step, length = {target for name in step for target in following[name]}, length + 1
    return found


def _reads(stages: Stages) -> dict[str, tuple[str, ...]]:
    """Return what each stage reads of the stages that are there."""
    names = {stage.name for stage in stages}
    return {stage.name: tuple(r for r in stage.reads if r in names) for stage in stages}
