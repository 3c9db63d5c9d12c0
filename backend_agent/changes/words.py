"""A schema change in words, for reports and for the names of migrations."""

from __future__ import annotations

from backend_agent.artifacts.database import CheckConstraint, Column, ForeignKey
from backend_agent.changes.kinds import (
    ColumnAdded,
    ColumnChanged,
    ColumnRemoved,
    ColumnRenamed,
    ColumnReplaced,
    Constraint,
    ConstraintAdded,
    ConstraintRemoved,
    Fill,
    IndexAdded,
    IndexRemoved,
    KeyChanged,
    SchemaChange,
    TableAdded,
    TableRemoved,
    TableRenamed,
)


def says(change: SchemaChange) -> str:  # noqa: PLR0911 - one line a kind
    """Return one line about a change: `books.subtitle added: string (120), optional`."""
    match change:
        case TableAdded(table=table):
            return f"table {table.name} added"
        case TableRemoved(table=table):
            return f"table {table.name} removed, with its rows"
        case TableRenamed(old=old, table=name):
            return f"table {old} renamed to {name}"
        case ColumnAdded(table=name, column=column, fill=fill):
            return f"{name}.{column.name} added: {_column(column)}{_filled(fill)}"
        case ColumnRemoved(table=name, column=column):
            return f"{name}.{column.name} removed, with its values"
        case ColumnRenamed(table=name, old=old, column=renamed):
            return f"{name}.{old} renamed to {renamed}"
        case ColumnChanged(table=name, old=was, new=now, fill=fill):
            return f"{name}.{now.name} changed: {_column(was)} -> {_column(now)}{_filled(fill)}"
        case ColumnReplaced(table=name, old=was, new=now, fill=fill):
            return f"{name}.{now.name} converted: {_column(was)} -> {_column(now)}{_filled(fill)}"
        case KeyChanged(table=name, old=before, new=after):
            return f"{name}: primary key ({', '.join(before)}) -> ({', '.join(after)})"
        case ConstraintAdded(table=name, constraint=constraint):
            return f"{name}: {_constraint(constraint)} added"
        case ConstraintRemoved(table=name, constraint=constraint):
            return f"{name}: {_constraint(constraint)} removed"
        case IndexAdded(table=name, index=index):
            return f"{name}: index {index.name} ({', '.join(index.columns)}) added"
        case IndexRemoved(table=name, index=index):
            return f"{name}: index {index.name} ({', '.join(index.columns)}) removed"


def destroys(change: SchemaChange) -> bool:
    """Return whether a change throws values away."""
    if isinstance(change, ColumnReplaced):
        return (change.old.type, change.new.type) == ("datetime", "date")
    if isinstance(change, ColumnChanged):
        return change.old.type == "decimal" and (change.new.scale or 0) < (change.old.scale or 0)
    return isinstance(change, TableRemoved | ColumnRemoved)


def slug(changes: list[SchemaChange]) -> str:
    """Return the name of a migration: `add_books_subtitle`, `add_publishers_and_more`."""
    telling = [c for c in changes if not isinstance(c, ConstraintRemoved | IndexRemoved)] or changes
    first = _short(telling[0])
    own = [c for c in telling if isinstance(c, ConstraintAdded | IndexAdded | KeyChanged) is False]
    return f"{first[:40].rstrip('_')}{'_and_more' if len(own) > 1 else ''}"


def _short(change: SchemaChange) -> str:
    match change:
        case TableAdded(table=table):
            return f"add_{table.name}"
        case TableRemoved(table=table):
            return f"remove_{table.name}"
        case TableRenamed(table=name) | ColumnRenamed(table=name):
            return f"rename_{change.old}_to_{name if isinstance(change, TableRenamed) else change.column}"
        case ColumnAdded(table=name, column=column):
            return f"add_{name}_{column.name}"
        case ColumnRemoved(table=name, column=column):
            return f"remove_{name}_{column.name}"
        case ColumnChanged(table=name, new=column) | ColumnReplaced(table=name, new=column):
            return f"change_{name}_{column.name}"
        case _:
            return f"constrain_{change.table}"


def _column(column: Column) -> str:
    size = f"({column.length})" if column.length else ""
    if column.type == "decimal":
        size = f"({column.precision}, {column.scale})"
    optional = ", optional" if column.nullable else ""
    default = "" if column.default is None else f", default {column.default}"
    return f"{column.type}{size}{optional}{default}"


def _filled(fill: Fill | None) -> str:
    if fill is None:
        return ""
    return f"; rows get {fill.value} ({fill.reason})" if fill.value else f"; rows by hand ({fill.reason})"


def _constraint(constraint: Constraint) -> str:
    if isinstance(constraint, ForeignKey):
        target = f"{constraint.target_table}.{constraint.target_column}"
        return f"reference {constraint.column} -> {target} (on delete {constraint.on_delete})"
    if isinstance(constraint, CheckConstraint):
        return f"check {constraint.name} ({constraint.expression})"
    return f"unique ({', '.join(constraint.columns)})"
