"""SQLAlchemy's MetaData from a DatabaseSchema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from backend_agent.artifacts.database import Column, DatabaseSchema, ForeignKey, Index, Table
from backend_agent.engines.engine import Engine

_ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "set_null": "SET NULL"}


def build(schema: DatabaseSchema, engine: Engine) -> sa.MetaData:
    """Return the tables of `schema` with the column types of `engine`.

    A foreign key to a table that comes later in the schema closes a cycle: it is added after both tables exist where
    the product can do so, and written in place where it cannot (SQLite, which does not look at the target yet).
    """
    metadata = sa.MetaData()
    created: set[str] = set()
    for table in schema.tables:
        created.add(table.name)
        _table(metadata, table, engine, created)
    return metadata


def _table(metadata: sa.MetaData, table: Table, engine: Engine, created: set[str]) -> sa.Table:
    built = sa.Table(
        table.name,
        metadata,
        *(_column(column, engine) for column in table.columns),
        sa.PrimaryKeyConstraint(*table.primary_key.columns, name=f"pk_{table.name}"),
        *(_foreign_key(key, created) for key in table.foreign_keys),
        *(sa.UniqueConstraint(*unique.columns, name=unique.name) for unique in table.unique_constraints),
        *(sa.CheckConstraint(check.expression, name=check.name) for check in table.checks),
    )
    for index in table.indexes:
        _index(built, index)
    return built


def _column(column: Column, engine: Engine) -> sa.Column[Any]:
    default = None if column.default is None else server_default(column.default)
    return sa.Column(column.name, engine.column_type(column), nullable=column.nullable, server_default=default)


def server_default(value: str | float | bool) -> sa.ColumnElement[Any] | sa.TextClause | str:  # noqa: FBT001 - a value
    """Return a constant as SQLAlchemy's server default, quoted where it must be."""
    if isinstance(value, bool):
        return sa.true() if value else sa.false()
    return value if isinstance(value, str) else sa.text(repr(value))


def _foreign_key(key: ForeignKey, created: set[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [key.column],
        [f"{key.target_table}.{key.target_column}"],
        name=key.name,
        ondelete=_ON_DELETE[key.on_delete],
        use_alter=key.target_table not in created,
    )


def _index(table: sa.Table, index: Index) -> None:
    where = None if index.where is None else sa.text(index.where)
    sa.Index(
        index.name,
        *(table.c[name] for name in index.columns),
        unique=index.unique,
        postgresql_where=where,
        sqlite_where=where,
    )


def late_foreign_keys(schema: DatabaseSchema, metadata: sa.MetaData) -> list[sa.ForeignKeyConstraint]:
    """Return the foreign keys of a built schema that close a cycle, in order."""
    return [
        constraint
        for table in schema.tables
        for key in table.foreign_keys
        for constraint in metadata.tables[table.name].foreign_key_constraints
        if constraint.name == key.name and constraint.use_alter
    ]
