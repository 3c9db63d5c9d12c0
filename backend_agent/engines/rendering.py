"""What the engines share: column types, and the driver in a URL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from backend_agent.artifacts.database import Column
from backend_agent.errors import UserError


def portable_type(column: Column) -> TypeEngine[Any]:
    """Return the SQLAlchemy type of a column, the same for every product.

    Encrypted values are text (base 64), longer than what they hide: no length.
    """
    match column.type:
        case "string":
            return sa.String(column.length)
        case "decimal":
            return sa.Numeric(column.precision, column.scale)
        case "datetime":
            return sa.DateTime(timezone=True)
        case "uuid":
            return sa.Uuid()
        case _:
            return _PLAIN[column.type]()


_PLAIN: dict[str, type[TypeEngine[Any]]] = {
    "text": sa.Text,
    "encrypted": sa.Text,
    "integer": sa.Integer,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "time": sa.Time,
    "json": sa.JSON,
}


def with_driver(url: str, schemes: tuple[str, ...], scheme: str, title: str) -> str:
    """Return `url` with `scheme` in place of one of `schemes`; raises `UserError` for any other."""
    given, separator, rest = url.partition("://")
    if not separator or given not in (*schemes, scheme):
        raise UserError(f"the database URL is none of {title}: it must start with {' or '.join(schemes)}://")
    return f"{scheme}://{rest}"
