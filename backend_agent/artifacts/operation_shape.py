"""What a custom operation is given and what it may bring: names, worked out once from the domain model.

Everything that must agree about an operation (its types, its request, its answer, the code that loads and keeps rows)
is derived from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts.columns import lifecycle, relation_column, stored_fields
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.artifacts.operations import Creation, CustomOperation, RowParameter

NOW = "now"
"""The parameter that every operation has: the moment of the call, in UTC."""


@dataclass(frozen=True)
class Loaded:
    """Rows of one entity that an operation is given: a row parameter, its parts, or what one of these refers to."""

    row: RowParameter
    path: tuple[str, ...]
    """From the row parameter: `()`, `("items",)`, `("book",)` or `("items", "book")`."""
    entity: str
    relation: Relation | None
    """The last step; None for the row parameter itself."""
    many: bool
    """Whether there may be several."""
    sets: tuple[str, ...]
    """Fields of these rows that the operation may change."""

    @property
    def name(self) -> str:
        """The outcome's attribute for their changes: `source`, `cart_items_book`."""
        return "_".join((self.row.name, *self.path))

    @property
    def changes(self) -> str:
        """The class of their changes: `SourceChanges`."""
        return f"{names.pascal(self.name)}Changes"

    @property
    def is_part(self) -> bool:
        """Whether they are parts of the row."""
        return self.many and len(self.path) == 1


def loaded(domain: DomainModel, operation: CustomOperation) -> list[Loaded]:
    """Return all rows that an operation is given, each behind what leads to it; raises `KeyError` for unknown names."""
    return [found for row in operation.rows for found in _loaded(domain, row)]


def _loaded(domain: DomainModel, row: RowParameter) -> Iterator[Loaded]:
    domain.entity(row.entity)
    yield Loaded(row, (), row.entity, None, many=False, sets=_sets(row, ()))
    parts: dict[str, str] = {}
    for name in row.parts:
        owned = [r for r in domain.relations_to(row.entity) if r.inverse == name and domain.owner_of(r.source) == r]
        relation = _named(owned, row, name)
        parts[name] = relation.source
        yield Loaded(row, (name,), relation.source, relation, many=True, sets=_sets(row, (name,)))
    for text in row.refers:
        path = tuple(text.split("."))
        start = row.entity if len(path) == 1 else parts[path[0]]
        ones = [r for r in domain.relations_from(start) if r.cardinality != "many_to_many" and r.name == path[-1]]
        relation = _named(ones, row, text)
        yield Loaded(row, path, relation.target, relation, many=len(path) > 1, sets=_sets(row, path))


def _named(found: list[Relation], row: RowParameter, name: str) -> Relation:
    if not found:
        raise KeyError(f"{row.entity} has no {name}")
    return found[0]


def _sets(row: RowParameter, path: tuple[str, ...]) -> tuple[str, ...]:
    split = [tuple(s.split(".")) for s in row.sets]
    return tuple(s[-1] for s in split if s[:-1] == path)


def row_class(entity: str) -> str:
    """Return the class of a row that is given: `AccountRow`."""
    return f"{entity}Row"


def new_class(entity: str) -> str:
    """Return the class of a new row: `NewTransfer`."""
    return f"New{entity}"


def outcome_class(operation: CustomOperation) -> str:
    """Return the class of what the operation returns: `TransferMoneyOutcome`."""
    return f"{names.pascal(operation.name)}Outcome"


def settable(domain: DomainModel, entity: str) -> list[FieldSpec]:
    """Return the fields that an operation may set: stored ones, save the lifecycle's state."""
    rule = lifecycle(domain, entity)
    return [f for f in stored_fields(domain, entity) if rule is None or f.name != rule.field]


@dataclass(frozen=True)
class Created:
    """Rows that an operation may add."""

    creation: Creation
    inside: Relation | None
    """The owned relation to a row that is created too; None: it stands in the outcome itself."""
    fields: tuple[FieldSpec, ...]
    relations: tuple[Relation, ...]
    parts: tuple[Relation, ...]
    """Owned relations of rows that are given inside this one."""

    @property
    def entity(self) -> str:
        return self.creation.entity

    @property
    def name(self) -> str:
        """The attribute that holds it: of the outcome (`transfer`, `entries`), or of the row around it (`items`)."""
        if self.inside:
            return self.inside.inverse
        return names.plural(self.entity) if self.creation.many else names.snake(self.entity)

    @property
    def many(self) -> bool:
        """Whether the attribute is a tuple."""
        return self.creation.many or self.inside is not None

    @property
    def answer(self) -> str:
        """The property of the answer that holds the new id, or ids: `transfer_id`."""
        return f"{names.snake(self.entity)}_id{'s' if self.creation.many else ''}"

    @property
    def columns(self) -> list[str]:
        """The columns that it sets."""
        return [*(f.name for f in self.fields), *(relation_column(r) for r in self.relations)]


def created(domain: DomainModel, operation: CustomOperation) -> list[Created]:
    """Return what an operation may add, wholes before their parts; raises `KeyError` for unknown names."""
    inside = {c.entity: _inside(domain, operation, c) for c in operation.creates}
    found = []
    for creation in operation.creates:
        fields = {f.name: f for f in domain.entity(creation.entity).fields}
        relations = {r.name: r for r in domain.relations_from(creation.entity)}
        found.append(
            Created(
                creation,
                inside[creation.entity],
                tuple(fields[n] for n in creation.fields if n in fields),
                tuple(relations[n] for n in creation.fields if n not in fields),
                tuple(r for r in inside.values() if r and r.target == creation.entity),
            )
        )
    return sorted(found, key=lambda c: len(_wholes(inside, c.entity)))


def _inside(domain: DomainModel, operation: CustomOperation, creation: Creation) -> Relation | None:
    made = {c.entity for c in operation.creates} - {creation.entity}
    owner = domain.owner_of(creation.entity)
    return owner if owner and owner.target in made and owner.name not in creation.fields else None


def _wholes(inside: dict[str, Relation | None], entity: str) -> list[str]:
    """Return the created rows around a created one, nearest first."""
    found: list[str] = []
    relation = inside.get(entity)
    while relation is not None and relation.target not in (entity, *found):
        found.append(relation.target)
        relation = inside.get(relation.target)
    return found


def parameters(operation: CustomOperation) -> list[str]:
    """Return the names of the function's parameters, in order."""
    return [*(r.name for r in operation.rows), *(i.name for i in operation.inputs), NOW]


def outcome_names(domain: DomainModel, operation: CustomOperation) -> list[str]:
    """Return the attributes of the outcome, in order: changes, new rows, results."""
    changed = [found.name for found in loaded(domain, operation) if found.sets]
    added = [c.name for c in created(domain, operation) if not c.inside]
    return [*changed, *added, *(r.name for r in operation.result)]


def shown(operation: CustomOperation) -> list[RowParameter]:
    """Return the row parameters that stand in the answer, as they are afterwards: those that were changed."""
    return [r for r in operation.rows if not r.anyones and any("." not in name for name in r.sets)]


def answer_names(domain: DomainModel, operation: CustomOperation) -> list[str]:
    """Return the properties of the answer, in order: changed rows, ids of new ones, results."""
    made = [c.answer for c in created(domain, operation) if not c.inside]
    return [*(r.name for r in shown(operation)), *made, *(r.name for r in operation.result)]
