"""What comes first: an account before anything else, and one of the things that need each other."""

from __future__ import annotations

from collections.abc import Sequence

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT, Relation


def broken(relations: Sequence[Relation]) -> tuple[list[Relation], list[str]]:
    """Make one relation of each circle optional: of required relations only, no first row could ever be made.

    Args:
        relations: all relations of a model, in order; the later ones give way.

    Returns:
        The relations, and a note in plain words for each that gave way.
    """
    needs: dict[str, set[str]] = {}
    giving_way: set[int] = set()
    # What a thing is a part of is settled first: a part without its whole makes no sense.
    for i, relation in sorted(enumerate(relations), key=lambda item: not item[1].owned):
        if relation.optional or relation.cardinality == "many_to_many":
            continue
        # An account is made when somebody registers, before anything else can be.
        if relation.source == ACCOUNT or _reaches(relation.target, relation.source, needs):
            giving_way.add(i)
        else:
            needs.setdefault(relation.source, set()).add(relation.target)
    kept = [r.model_copy(update={"optional": True}) if i in giving_way else r for i, r in enumerate(relations)]
    return kept, [_note(relations[i]) for i in sorted(giving_way)]


def _note(relation: Relation) -> str:
    source, target, name = (names.title(part) for part in (relation.source, relation.target, relation.name))
    if source == target:
        return f"Each {source} needs another one: for there to be a first, its {name} is optional."
    if relation.source == ACCOUNT:
        return f"An account is made before anything else: its {name} is optional."
    both = f"{source.capitalize()} and {target} need each other"
    return f"{both}: for there to be a first, a {source}'s {name} is optional."


def _reaches(start: str, goal: str, needs: dict[str, set[str]]) -> bool:
    """Return whether `goal` is `start`, or something that it needs."""
    seen, waiting = set[str](), [start]
    while waiting:
        entity = waiting.pop()
        if entity == goal:
            return True
        if entity not in seen:
            seen.add(entity)
            waiting += needs.get(entity, ())
    return False
