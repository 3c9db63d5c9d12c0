"""SchemaChange: one step from a schema to the next."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint

Constraint = ForeignKey | UniqueConstraint | CheckConstraint


class Fill(Artifact):
    """What rows that are there already get in a column that must not be empty."""

    value: str = ""
    """A portable SQL expression over the row; empty: no value is sound, the rows must be dealt with by hand."""
    reason: str
    target: str = ""
    """The table of which whoever migrates may name a row for all of them; empty: there is none."""


class TableAdded(Artifact):
    """A table that was not there."""

    kind: Literal["table_added"] = "table_added"
    table: Table


class TableRemoved(Artifact):
    """A table that goes, with its rows."""

    kind: Literal["table_removed"] = "table_removed"
    table: Table


class TableRenamed(Artifact):
    """A table that keeps its rows under another name."""

    kind: Literal["table_renamed"] = "table_renamed"
    old: str
    table: str
    """Its name from now on."""


class ColumnAdded(Artifact):
    """A column that was not there."""

    kind: Literal["column_added"] = "column_added"
    table: str
    column: Column
    fill: Fill | None = None
    """None: rows may do without a value, or the column's default gives them one."""


class ColumnRemoved(Artifact):
    """A column that goes, with its values."""

    kind: Literal["column_removed"] = "column_removed"
    table: str
    column: Column


class ColumnRenamed(Artifact):
    """A column that keeps its values under another name."""

    kind: Literal["column_renamed"] = "column_renamed"
    table: str
    old: str
    column: str
    """Its name from now on."""


class ColumnChanged(Artifact):
    """Another type, length, default, or whether it may be empty; the values are kept."""

    kind: Literal["column_changed"] = "column_changed"
    table: str
    old: Column
    new: Column
    fill: Fill | None = None
    """For rows without a value, when there must be one from now on."""


class ColumnReplaced(Artifact):
    """Another type that the values must be converted to one by one."""

    kind: Literal["column_replaced"] = "column_replaced"
    table: str
    old: Column
    new: Column
    value: str = ""
    """A SQL expression that converts; empty: there is none, so no row may hold a value."""
    sqlite_value: str = ""
    """The same for SQLite, where it is another one."""
    loses: str = ""
    """A SQL condition: rows whose value would lose something."""
    sqlite_loses: str = ""
    """The same for SQLite, where it is another one."""
    fill: Fill | None = None
    """As for a changed column."""


class KeyChanged(Artifact):
    """Another primary key."""

    kind: Literal["key_changed"] = "key_changed"
    table: str
    old: list[str]
    new: list[str]


class ConstraintAdded(Artifact):
    """A constraint that was not there, or was another."""

    kind: Literal["constraint_added"] = "constraint_added"
    table: str
    constraint: Constraint


class ConstraintRemoved(Artifact):
    """A constraint that goes."""

    kind: Literal["constraint_removed"] = "constraint_removed"
    table: str
    constraint: Constraint


class IndexAdded(Artifact):
    """An index that was not there, or was another."""

    kind: Literal["index_added"] = "index_added"
    table: str
    index: Index


class IndexRemoved(Artifact):
    """An index that goes."""

    kind: Literal["index_removed"] = "index_removed"
    table: str
    index: Index


SchemaChange = (
    TableAdded
    | TableRemoved
    | TableRenamed
    | ColumnAdded
    | ColumnRemoved
    | ColumnRenamed
    | ColumnChanged
    | ColumnReplaced
    | KeyChanged
    | ConstraintAdded
    | ConstraintRemoved
    | IndexAdded
    | IndexRemoved
)


class Renamed(Artifact):
    """Names from one schema to the next, where they differ."""

    tables: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    """By the table's old name: old column -> new column."""

    def table(self, name: str) -> str:
        """Return the table's new name."""
        return self.tables.get(name, name)

    def column(self, table: str, name: str) -> str:
        """Return the new name of a column of the table with the old name `table`."""
        return self.columns.get(table, {}).get(name, name)
