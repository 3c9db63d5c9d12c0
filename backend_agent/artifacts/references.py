"""What happens to rows when the row they refer to is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.database import OnDelete
from backend_agent.artifacts.domain import DomainModel, Relation


def on_delete(domain: DomainModel, relation: Relation) -> OnDelete:
    """Return what deleting the target does to the source (for many_to_many: to the pair)."""
    if relation.cardinality == "many_to_many":
        return "restrict" if relation.min_items else "cascade"
    if relation.owned or domain.entity(relation.source).kind == "link":
        return "cascade"
    return "set_null" if relation.optional else "restrict"


def blockers(domain: DomainModel, entity: str) -> list[Relation]:
    """Return the relations whose rows forbid to delete a row of `entity`, itself or a part that would go with it."""
    return list(_blockers(domain, entity, {entity}))


def _blockers(domain: DomainModel, entity: str, seen: set[str]) -> Iterator[Relation]:
    for relation in domain.relations_to(entity):
        effect = on_delete(domain, relation)
        if effect == "restrict":
            yield relation
        elif effect == "cascade" and relation.cardinality != "many_to_many" and relation.source not in seen:
            seen.add(relation.source)
            yield from _blockers(domain, relation.source, seen)
