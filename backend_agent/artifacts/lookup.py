"""Finds the parts of a domain model by name without walking through all of it: large models take linear time."""

from __future__ import annotations

import weakref
from collections import Counter
from typing import TYPE_CHECKING

from backend_agent import names

if TYPE_CHECKING:
    from backend_agent.artifacts.domain import DomainModel, Entity, Relation
    from backend_agent.artifacts.rules import Rule


class Lookup:
    """The parts of one domain model by name, each group in the model's order."""

    def __init__(self, domain: DomainModel) -> None:
        self.entities: dict[str, Entity] = {}
        self.relations_from: dict[str, list[Relation]] = {}
        self.relations_to: dict[str, list[Relation]] = {}
        self.rules: dict[str, list[Rule]] = {}
        for entity in domain.entities:
            self.entities.setdefault(entity.name, entity)
        for relation in domain.relations:
            self.relations_from.setdefault(relation.source, []).append(relation)
            self.relations_to.setdefault(relation.target, []).append(relation)
        for rule in domain.rules:
            self.rules.setdefault(rule.entity, []).append(rule)
        self.association_tables = _association_tables(domain)
        """By source and name of the many_to_many relation: the table of its pairs."""


def _association_tables(domain: DomainModel) -> dict[tuple[str, str], str]:
    """Return a table name for each many_to_many relation: by its ends, by its own name where that is taken."""
    relations = [r for r in domain.relations if r.cardinality == "many_to_many"]
    by_ends = Counter(_joined(r.source, names.plural(r.target)) for r in relations)
    taken = {names.table_name(e.name) for e in domain.entities}
    found: dict[tuple[str, str], str] = {}
    for relation in relations:
        own = _joined(relation.source, relation.name)
        usual = _joined(relation.source, names.plural(relation.target))
        wanted = [usual] if by_ends[usual] == 1 else []
        wanted += [own, f"{own[: names.MAX_LENGTH - 6]}_links", f"{own[: names.MAX_LENGTH - 6]}_pairs"]
        table = next((name for name in wanted if name not in taken), f"{own[: names.MAX_LENGTH - 6]}_{len(found)}")
        taken.add(names.TableName(table))
        found[relation.source, relation.name] = table
    return found


def _joined(source: str, ending: str) -> str:
    return f"{names.plural(source)}_{ending}"[: names.MAX_LENGTH]


# By identity, as long as the model lives: models are frozen, so a changed copy is another object.
_LOOKUPS: dict[int, tuple[weakref.ref[DomainModel], Lookup]] = {}


def of(domain: DomainModel) -> Lookup:
    """Return the lookup of a model, made the first time it is asked for."""
    key = id(domain)
    known = _LOOKUPS.get(key)
    if known is not None and known[0]() is domain:
        return known[1]
    made = Lookup(domain)
    _LOOKUPS[key] = (weakref.ref(domain, lambda _: _LOOKUPS.pop(key, None)), made)
    return made
