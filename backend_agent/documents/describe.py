"""Describing: access, types and bounds in words."""

from __future__ import annotations

from backend_agent.artifacts.api import Access, Property
from backend_agent.artifacts.database import Column
from backend_agent.names import camel, title


def wire(name: str, naming: str) -> str:
    """Return a property's name as it is on the wire."""
    return camel(name) if naming == "camelCase" else name


def column_type(column: Column) -> str:
    """Return a column's type with its size: `string(200)`, `decimal(12, 2)`."""
    if column.length:
        return f"{column.type}({column.length})"
    if column.precision:
        return f"{column.type}({column.precision}, {column.scale or 0})"
    return column.type


def property_type(prop: Property) -> str:
    """Return a property's type: `string`, `OrderItemPart[]`."""
    kind = prop.model if prop.type == "model" and prop.model else prop.type
    return f"{kind}[]" if prop.many else kind


def bounds(prop: Property) -> str:
    """Return what a value must obey, in words."""
    parts = []
    if prop.values:
        parts.append("one of " + ", ".join(prop.values))
    if prop.min_length is not None or prop.max_length is not None:
        parts.append(f"{prop.min_length or 0} to {prop.max_length or 'any number of'} characters")
    if prop.minimum is not None:
        parts.append(f"{'above' if prop.exclusive_minimum else 'at least'} {prop.minimum:g}")
    if prop.maximum is not None:
        parts.append(f"at most {prop.maximum:.15g}")
    if prop.min_items:
        parts.append(f"{prop.min_items} or more")
    if prop.default is not None:
        parts.append(f"default {prop.default}")
    return ", ".join(parts)


def who(access: Access) -> list[str]:
    """Return who may call, in words: `anyone`; `administrator`; `customer (own)`."""
    if access.public:
        return ["anyone"]
    named = [title(r) for r in access.roles] + [f"{title(r)} (own)" for r in access.owner_roles]
    return named or ["any account"]
