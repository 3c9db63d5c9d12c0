"""Columns of the entities' tables."""

from __future__ import annotations

from backend_agent.artifacts import columns
from backend_agent.artifacts.database import Column, ColumnType
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, FieldSpec

ROLE_LENGTH = 48
EMAIL_LENGTH = 254
ENUM_LENGTH = 32
"""Room for values that a later version adds."""

_TYPES: dict[str, ColumnType] = {
    "string": "string",
    "text": "text",
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "email": "string",
    "url": "string",
    "phone": "string",
    "enum": "string",
}


def entity_columns(domain: DomainModel, entity: str, encrypted: set[tuple[str, str]]) -> list[Column]:
    """Return the columns of an entity's table: id, fields, references, version and times."""
    found = [Column(name="id", type="uuid", description="UUID 4, made by the application.")]
    found += [
        field_column(domain, entity, f, (entity, f.name) in encrypted) for f in columns.stored_fields(domain, entity)
    ]
    if entity == ACCOUNT:
        found += _account_columns({c.name for c in found})
    for relation in domain.relations_from(entity):
        if relation.cardinality != "many_to_many":
            found.append(
                Column(
                    name=columns.relation_column(relation),
                    type="uuid",
                    nullable=relation.optional,
                    field=relation.name,
                )
            )
    return [
        *found,
        Column(name="version", type="integer", default=1, description="Raised by every update; optimistic locking."),
        Column(name="created_at", type="datetime", description="UTC."),
        Column(name="updated_at", type="datetime", description="UTC."),
    ]


def indexable(column: Column) -> bool:
    """Whether a column can be part of an index: its values can be compared, and are short enough."""
    if column.type in ("encrypted", "json", "text"):
        return False
    return column.type != "string" or (column.length or 0) <= columns.INDEXABLE_LENGTH


def field_column(domain: DomainModel, entity: str, field: FieldSpec, encrypted: bool) -> Column:  # noqa: FBT001 - a yes or no about this one column
    """Return the column of a stored field."""
    common = {"name": field.name, "nullable": field.optional, "description": field.description, "field": field.name}
    if encrypted:
        return Column(type="encrypted", **common)
    if field.many:
        return Column(type="json", **common)
    kind = _TYPES[field.type]
    return Column(
        type=kind,
        length=_length(field) if kind == "string" else None,
        precision=columns.precision(field) if kind == "decimal" else None,
        scale=field.scale if kind == "decimal" else None,
        default=_default(domain, entity, field),
        **common,
    )


def _length(field: FieldSpec) -> int | None:
    length = columns.max_length(field)
    return max(length or 0, ENUM_LENGTH) if field.type == "enum" else length


def _default(domain: DomainModel, entity: str, field: FieldSpec) -> str | int | float | bool | None:
    rule = columns.lifecycle(domain, entity)
    if rule is not None and rule.field == field.name:
        return rule.initial
    return field.default if field.type in ("enum", "string", "boolean", "integer", "decimal") else None


def _account_columns(taken: set[str]) -> list[Column]:
    """Return what the login needs, save for columns that the task names itself."""
    own = [
        Column(name="email", type="string", length=EMAIL_LENGTH, field="email", description="Lower case."),
        Column(name="password_hash", type="string", length=255, description="Argon2id, with its salt."),
        Column(name="role", type="string", length=ROLE_LENGTH),
        Column(name="is_active", type="boolean", default=True, description="False: cannot log in."),
    ]
    return [c for c in own if c.name not in taken]
