"""DDL text, by SQLAlchemy's own compiler."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS
from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, ExecutableDDLElement

from backend_agent import engines
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.engines import metadata

_RESERVED = frozenset(RESERVED_WORDS) | frozenset(SQLiteIdentifierPreparer.reserved_words)


def quoted(name: str) -> str:
    """Return a column's name for use in a portable SQL expression: in double quotes where a product reserves it."""
    return f'"{name}"' if name in _RESERVED else name


def create_all(schema: DatabaseSchema, dialect: str) -> str:
    """Return the statements that create `schema`, each ended by a semicolon; raises `UserError`.

    Args:
        schema: the tables, in creation order.
        dialect: a name in `ENGINES`; it need not be the schema's own database type.
    """
    engine = engines.engine(dialect)
    built = metadata.build(schema, engine)
    compiler = engine.dialect()
    elements: list[ExecutableDDLElement] = []
    for table in schema.tables:
        elements.append(CreateTable(built.tables[table.name]))
        indexes = {str(index.name): index for index in built.tables[table.name].indexes}
        elements += [CreateIndex(indexes[index.name]) for index in table.indexes]
    if compiler.supports_alter:
        elements += [AddConstraint(key) for key in metadata.late_foreign_keys(schema, built)]
    return "\n".join(_text(element, compiler) for element in elements)


def _text(element: ExecutableDDLElement, dialect: Dialect) -> str:
    text = str(element.compile(dialect=dialect)).strip()
    return "\n".join(line.rstrip().replace("\t", "    ") for line in text.splitlines()) + ";\n"
