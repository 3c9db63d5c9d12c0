"""Questions that a migration asks before it changes anything: do rows stand in the way?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend_agent.artifacts.database import CheckConstraint, Column, Table, UniqueConstraint
from backend_agent.changes.kinds import (
    ColumnAdded,
    ColumnChanged,
    ColumnReplaced,
    ConstraintAdded,
    Fill,
    IndexAdded,
    SchemaChange,
)
from backend_agent.changes.renames import columns_in
from backend_agent.engines.ddl import quoted


@dataclass(frozen=True)
class Guard:
    """A query for the number of rows that stand in the way, and what is wrong with them."""

    query: str
    message: str
    sqlite_query: str = ""
    """The query for SQLite, where it is another one."""
    given: str = ""
    """Name of the value that may be given on the command line instead: `books.publisher_id`."""


def guards(changes: Sequence[SchemaChange], old: Sequence[Table], new: Sequence[Table]) -> list[Guard]:
    """Return the guards of a migration.

    Args:
        changes: what is done.
        old: the tables before, under their new names.
        new: the tables after.
    """
    before, after = {t.name: t for t in old}, {t.name: t for t in new}
    moved = {(c.table, c.new.name) for c in changes if isinstance(c, ColumnReplaced)}
    moved |= {(c.table, c.new.name) for c in changes if isinstance(c, ColumnChanged) and c.old.type != c.new.type}
    found = [
        g for c in changes if isinstance(c, ColumnAdded | ColumnChanged | ColumnReplaced) for g in _column(c, before)
    ]
    for change in changes:
        if isinstance(change, ConstraintAdded | IndexAdded):
            table = before[change.table]
            every = [c.name for c in (*table.columns, *after[change.table].columns)]
            steady = {c.name for c in table.columns} - {name for owner, name in moved if owner == table.name}
            found += _constraint(change, table, steady, every, before)
    return found


def _column(change: ColumnAdded | ColumnChanged | ColumnReplaced, before: dict[str, Table]) -> Iterator[Guard]:
    table = quoted(change.table)
    if isinstance(change, ColumnAdded):
        if change.fill is not None and not change.fill.value:
            yield _by_hand(change.table, change.column, change.fill, "", before)
        return
    name = quoted(change.new.name)
    if change.fill is not None and not change.fill.value:
        yield _by_hand(change.table, change.new, change.fill, f" WHERE {name} IS NULL", before)
    label = f"{change.table}.{change.new.name}"
    if isinstance(change, ColumnReplaced):
        if change.loses:
            message = f"values of {label} cannot be turned into {change.new.type} without loss"
            own = f"SELECT count(*) FROM {table} WHERE {change.sqlite_loses}" if change.sqlite_loses else ""
            yield Guard(f"SELECT count(*) FROM {table} WHERE {change.loses}", message, own)
        elif not change.value:
            kinds = f"{change.old.type} to {change.new.type}"
            yield _guard(table, f"{name} IS NOT NULL", f"values of {label} cannot be turned from {kinds}")
    elif change.new.length and (change.old.length is None or change.new.length < change.old.length):
        text = name if change.old.type in ("string", "text") else f"CAST({name} AS VARCHAR)"
        message = f"values of {label} have more than {change.new.length} characters"
        yield _guard(table, f"length({text}) > {change.new.length}", message)
    elif change.new.type == "decimal" and _digits(change.new) < _digits(change.old):
        limit = 10 ** _digits(change.new)
        yield _guard(table, f"abs({name}) >= {limit}", f"values of {label} are {limit} or more")


def _by_hand(table: str, column: Column, fill: Fill, where: str, before: dict[str, Table]) -> Guard:
    """Return the guard of a column that rows have no value for, and none can be made up."""
    query = f"SELECT count(*) FROM {quoted(table)}{where}"
    message = f"rows of {table} have no {column.name}, and {fill.reason}: make it optional first, or fill it in here"
    return Guard(query, message, given=f"{table}.{column.name}" if fill.target in before else "")


def _digits(column: Column) -> int:
    """Return how many digits may stand before the point."""
    return (column.precision or 10) - (column.scale or 0)


def _constraint(
    change: ConstraintAdded | IndexAdded, table: Table, steady: set[str], every: list[str], before: dict[str, Table]
) -> Iterator[Guard]:
    """Yield what a new constraint asks of rows, when all that it is about is there already."""
    name = quoted(table.name)
    if isinstance(change, IndexAdded):
        if change.index.unique and set(change.index.columns) <= steady:
            yield _twice(table.name, change.index.columns, change.index.where)
        return
    rule = change.constraint
    if isinstance(rule, CheckConstraint):
        if set(columns_in(rule.expression, every)) <= steady:
            yield _guard(name, f"NOT ({rule.expression})", f"rows of {table.name} break {rule.name}: {rule.expression}")
    elif isinstance(rule, UniqueConstraint):
        if set(rule.columns) <= steady:
            yield _twice(table.name, rule.columns, None)
    elif rule.column in steady:
        column, target = quoted(rule.column), quoted(rule.target_table)
        lost = f"{column} IS NOT NULL"
        if rule.target_table in before:
            lost += f" AND {column} NOT IN (SELECT {quoted(rule.target_column)} FROM {target})"
        yield _guard(name, lost, f"rows of {table.name} refer by {rule.column} to nothing in {rule.target_table}")


def _guard(table: str, condition: str, message: str) -> Guard:
    return Guard(f"SELECT count(*) FROM {table} WHERE {condition}", message)


def _twice(table: str, columns: Sequence[str], where: str | None) -> Guard:
    names = ", ".join(map(quoted, columns))
    conditions = " AND ".join([*(f"{quoted(c)} IS NOT NULL" for c in columns), *([where] if where else [])])
    groups = f"SELECT 1 AS one FROM {quoted(table)} WHERE {conditions} GROUP BY {names} HAVING count(*) > 1"
    message = f"values of {table} ({', '.join(columns)}) stand there more than once and must differ"
    return Guard(f"SELECT count(*) FROM ({groups}) AS doubled", message)
