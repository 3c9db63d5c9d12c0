"""Properties of data models, from fields and relations."""

from __future__ import annotations

from typing import Literal

from backend_agent import names
from backend_agent.artifacts import access, columns
from backend_agent.artifacts.api import Property
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation

Mode = Literal["create", "update", "read"]
VERSION = Property(
    name="version", type="integer", minimum=1, maximum=columns.INT_MAX, description="The row's version that was read."
)


def payload_field(domain: DomainModel, entity: str, field: FieldSpec, mode: Literal["create", "update"]) -> Property:
    """Return a field as a client sends it, with everything that bounds it."""
    limits = columns.bounds(domain, entity, field)
    kind = field.type
    numeric = kind in ("integer", "decimal")
    text = columns.max_length(field) is not None and kind != "enum"
    default = None if mode == "update" or field.many else field.default
    return Property(
        name=field.name,
        type=kind,
        required=mode == "create" and not field.optional and default is None and not field.many,
        nullable=field.optional and not field.many,
        many=field.many,
        max_items=columns.MAX_ITEMS if field.many else None,
        min_length=1 if kind == "url" else field.min_length if text else None,
        max_length=columns.max_length(field) if text else None,
        minimum=_minimum(field, limits) if numeric else None,
        maximum=_maximum(field, limits) if numeric else None,
        exclusive_minimum=limits.exclusive_minimum,
        scale=field.scale if kind == "decimal" else None,
        pattern=columns.pattern(field) if text else None,
        values=field.values,
        default=default,
        description=field.description,
        field=field.name,
    )


def _minimum(field: FieldSpec, limits: columns.Bounds) -> float:
    if limits.minimum is not None:
        return limits.minimum
    return columns.INT_MIN if field.type == "integer" else -columns.largest(field.scale)


def _maximum(field: FieldSpec, limits: columns.Bounds) -> float:
    room = columns.INT_MAX if field.type == "integer" else columns.largest(field.scale)
    return room if limits.maximum is None else min(limits.maximum, room)


def read_field(domain: DomainModel, entity: str, field: FieldSpec) -> Property:
    """Return a field as the service answers it: no bounds, null where others may not see it."""
    hidden = any(field.name in rule.fields for rule in access.field_rules(domain, entity))
    derived = {r.field: r.function for r in columns.derived_rules(domain, entity)}
    return Property(
        name=field.name,
        type=field.type,
        nullable=(field.optional or hidden or derived.get(field.name) == "average") and not field.many,
        many=field.many,
        scale=field.scale if field.type == "decimal" else None,
        values=field.values,
        description=field.description,
        field=field.name,
    )


def reference(relation: Relation, mode: Mode, *, required: bool = True, nullable: bool | None = None) -> Property:
    """Return a relation as ids: one for many_to_one and one_to_one, a list for many_to_many."""
    target = names.title(relation.target)
    if relation.cardinality == "many_to_many":
        return Property(
            name=columns.ids_property(relation),
            type="uuid",
            many=True,
            required=mode == "read" or (mode == "create" and relation.min_items > 0),
            min_items=0 if mode == "read" else relation.min_items,
            max_items=None if mode == "read" else columns.MAX_ITEMS,
            description=f"Ids of {names.title(names.plural(relation.target))}.",
            field=relation.name,
        )
    optional = relation.optional if nullable is None else nullable
    return Property(
        name=columns.relation_column(relation),
        type="uuid",
        required=mode == "read" or (mode == "create" and required and not optional),
        nullable=optional,
        description=f"Id of {names.article(target)}.",
        field=relation.name,
    )


def parts(relation: Relation) -> Property:
    """Return the list of parts that a parent is created with."""
    return Property(
        name=relation.inverse,
        type="model",
        model=f"{relation.source}Part",
        many=True,
        min_items=relation.min_items,
        max_items=columns.MAX_ITEMS,
        description=f"The {names.title(names.plural(relation.source))} it is made with.",
        field=relation.inverse,
    )
