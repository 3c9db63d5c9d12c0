"""Python types of fields, columns and properties, as source text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend_agent import names
from backend_agent.codegen.view import EntityView

PYTHON_TYPES = {
    "uuid": "UUID",
    "string": "str",
    "text": "str",
    "email": "str",
    "url": "str",
    "phone": "str",
    "encrypted": "str",
    "integer": "int",
    "decimal": "Decimal",
    "boolean": "bool",
    "date": "dt.date",
    "time": "dt.time",
    "datetime": "dt.datetime",
}


@dataclass(frozen=True)
class Attribute:
    """A name with its type."""

    name: str
    annotation: str
    default: str | None = None
    """Source of the default value."""


@dataclass(frozen=True)
class Alias:
    """The values of an enumeration, as a `Literal` with a name: `OrderStatus`."""

    name: str
    values: tuple[str, ...]

    @property
    def source(self) -> str:
        """The type's source."""
        return literal_type(self.values)


def literal_type(values: Sequence[str]) -> str:
    """Return `Literal[...]` of strings."""
    return f"Literal[{', '.join(map(names.python_literal, values))}]"


def annotated(kind: str, *, many: bool = False, nullable: bool = False) -> str:
    """Return the annotation of a value: `list[str] | None`."""
    shown = f"list[{kind}]" if many else kind
    return f"{shown} | None" if nullable else shown


def alias_name(entity: EntityView, field: str) -> str:
    """Return the name of an enumeration: `OrderStatus`; another one when something else is called so."""
    name = f"{entity.name}{names.pascal(field)}"
    everything = entity.project.all_entities
    taken = {e.name for e in everything} | {f"{entity.name}{ending}" for ending in names.CLASS_ENDINGS}
    taken |= names.RESERVED_CLASSES
    # `Order.item_status` beside `OrderItem.status`: the longer entity keeps the plain name.
    longer = [e for e in everything if len(e.name) > len(entity.name)]
    taken |= {f"{e.name}{names.pascal(f.name)}" for e in longer for f in e.fields if f.type == "enum"}
    return f"{name}Value" if name in taken else name
