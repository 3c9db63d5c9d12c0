"""References in payloads: which rows they must lead to, and whose."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent.artifacts.api import DataModel
from backend_agent.artifacts.columns import ids_property, relation_column
from backend_agent.artifacts.domain import Relation
from backend_agent.codegen.entities.access import AccessPlan, role_member
from backend_agent.codegen.entities.operations import Operation
from backend_agent.codegen.view import EntityView


@dataclass(frozen=True)
class Reference:
    """A property of a payload that names rows of another entity."""

    name: str
    """`category_id`, `author_ids`."""
    relation: Relation
    target: EntityView
    path: tuple[str, ...]
    """How a row of the target must belong to the caller; empty: any row will do."""

    @property
    def many(self) -> bool:
        return self.relation.cardinality == "many_to_many"

    @property
    def scoped(self) -> bool:
        return bool(self.path)


def payload_name(relation: Relation) -> str:
    """Return the property by which payloads name the target: `category_id`, `author_ids`."""
    return ids_property(relation) if relation.cardinality == "many_to_many" else relation_column(relation)


def read_access(entity: EntityView) -> AccessPlan | None:
    """Return who may read one row of an entity (or the list of them); None when nobody can."""
    for kind in ("read", "list"):
        for endpoint in entity.endpoints:
            if endpoint.kind == kind:
                return AccessPlan(endpoint.access)
    return None


def references(entity: EntityView, models: list[DataModel], operations: list[Operation]) -> list[Reference]:
    """Return the references in the given payload models of an entity, in the order of its relations."""
    names = {p.name for model in models for p in model.properties}
    owner_path = next((o.access.path for o in operations if o.kind == "create" and o.access.path), ())
    return [
        Reference(payload_name(r), r, entity.project.entity(r.target), _target_path(entity, r, owner_path))
        for r in entity.relations
        if payload_name(r) in names
    ]


def _target_path(entity: EntityView, relation: Relation, owner_path: tuple[str, ...]) -> tuple[str, ...]:
    """Return how the target must belong to the caller: as it must for reading it, or as the owner path says."""
    if owner_path:
        first = next(r for r in entity.relations if r.name == owner_path[0])
        if first.name == relation.name:
            return owner_path[1:]
        if first.target == relation.target:
            return ()
    access = read_access(entity.project.entity(relation.target))
    return access.path if access and access.owned else ()


def scope_source(operation: Operation, found: list[Reference]) -> str:
    """Return the source of the account whose rows a payload may refer to."""
    access = operation.access
    if operation.scoped:
        return "owner_id"
    if access.owned:
        any_row = ", ".join(map(role_member, access.any_row))
        return f"unless_role(caller, {any_row})" if any_row else "caller.account_id"
    if access.by_role:
        return "None"
    readers = [read_access(r.target) for r in found if r.scoped]
    roles = next((a.any_row for a in readers if a and a.any_row), ())
    return f"unless_role(caller, {', '.join(map(role_member, roles))})" if roles else "caller.account_id"
