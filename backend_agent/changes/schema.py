"""The way from one database schema to the next, in an order in which it can be gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from backend_agent.artifacts.database import CheckConstraint, Column, Index, Table
from backend_agent.changes.fills import fill_for
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
from backend_agent.changes.renames import columns_in, resolve, under_new_names
from backend_agent.engines.ddl import quoted

_TEXTS = frozenset({"string", "text"})
_IN_PLACE = frozenset({("integer", "decimal"), *((k, t) for k in ("integer", "decimal") for t in _TEXTS)})
"""Types whose values a product casts by itself, without loss."""
_SPELLED = "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END"
_NO_NUMBER = "{0} !~ '^-?[0-9]+$'"
_NO_DECIMAL = "{0} !~ '^-?[0-9]+([.][0-9]+)?$'"
_CONVERSIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("date", "datetime"): ("CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC'", "datetime({0})", ""),
    ("datetime", "date"): ("CAST({0} AT TIME ZONE 'UTC' AS DATE)", "date({0})", ""),
    ("boolean", "string"): (_SPELLED, "", ""),
    ("boolean", "text"): (_SPELLED, "", ""),
    ("boolean", "integer"): ("CASE WHEN {0} THEN 1 WHEN NOT {0} THEN 0 END", "", ""),
    ("integer", "boolean"): ("{0} <> 0", "", ""),
    ("decimal", "integer"): ("round({0})", "", "{0} <> round({0})"),
    **{(t, "integer"): ("CAST({0} AS INTEGER)", "", _NO_NUMBER, "{0} GLOB '*[^0-9]*'") for t in _TEXTS},
    **{(t, "decimal"): ("CAST({0} AS NUMERIC)", "", _NO_DECIMAL, "{0} GLOB '*[^0-9.]*'") for t in _TEXTS},
}
"""How values of one type become another, in SQL and in SQLite; and which would not survive, in SQL and in SQLite."""


class HasTables(Protocol):
    """A schema: that of today, or a former one."""

    @property
    def tables(self) -> list[Table]:
        """The tables, in creation order."""
        ...


def difference(old: HasTables, new: HasTables, renames: Mapping[str, str] | None = None) -> list[SchemaChange]:
    """Return the changes from `old` to `new`; none when both make the same database.

    Descriptions and reasons do not count. Renames are only those recorded: anything else that has another name is
    removed and added.

    Args:
        old: the schema as it is.
        new: the schema as it is to be.
        renames: `books.stock` -> `books.copies`, `books` -> `volumes`; those that do not apply are left out.
    """
    renamed, _ = resolve(old.tables, new.tables, renames or {})
    changes: list[SchemaChange] = [TableRenamed(old=a, table=b) for a, b in renamed.tables.items()]
    for table, columns in renamed.columns.items():
        changes += [ColumnRenamed(table=renamed.table(table), old=a, column=b) for a, b in columns.items()]
    before = {t.name: t for t in under_new_names(old.tables, renamed)}
    after = {t.name: t for t in new.tables}
    inner = [c for t in new.tables if t.name in before for c in _of_table(before[t.name], t)]
    first = (ConstraintRemoved, IndexRemoved)
    changes += [c for c in inner if isinstance(c, first)]
    changes += [TableAdded(table=t) for t in new.tables if t.name not in before]
    changes += [c for c in inner if not isinstance(c, first)]
    changes += [TableRemoved(table=t) for t in reversed(list(before.values())) if t.name not in after]
    return changes


def constraints(table: Table) -> list[Constraint]:
    """Return the constraints of a table besides its primary key."""
    return [*table.foreign_keys, *table.unique_constraints, *table.checks]


def touches(constraint: Constraint, table: Table, names: set[str]) -> bool:
    """Return whether a constraint of `table` is about one of the columns."""
    if isinstance(constraint, CheckConstraint):
        return bool(names & set(columns_in(constraint.expression, [c.name for c in table.columns])))
    columns = getattr(constraint, "columns", None) or [getattr(constraint, "column", "")]
    return bool(names & set(columns))


def structure(table: Table) -> object:
    """Return what the database knows of a table, as plain JSON; what is only said about it is left out."""
    return {
        "name": table.name,
        "columns": [
            [c.name, c.type, c.length, c.precision, c.scale, c.nullable, c.default] for c in table.columns
        ],
        "key": table.primary_key.columns,
        "foreign keys": [[k.name, k.column, k.target_table, k.target_column, k.on_delete] for k in table.foreign_keys],
        "unique": [[u.name, u.columns] for u in table.unique_constraints],
        "checks": [[c.name, c.expression] for c in table.checks],
        "indexes": [[i.name, i.columns, i.unique, i.where] for i in table.indexes],
    }  # fmt: skip


def _of_table(old: Table, new: Table) -> Iterator[SchemaChange]:
    before, after = {c.name: c for c in old.columns}, {c.name: c for c in new.columns}
    pairs = [(before[n], after[n]) for n in before if n in after and _shape(before[n]) != _shape(after[n])]
    changed = [_changed(new, was, now) for was, now in pairs]
    replaced = {c.new.name for c in changed if isinstance(c, ColumnReplaced)}
    gone, made = _differing(old, new, replaced)
    yield from (ConstraintRemoved(table=new.name, constraint=c) for c in gone)
    kept = {i.name: _index(i) for i in new.indexes}
    moved = {i.name for i in old.indexes if kept.get(i.name) != _index(i) or replaced & set(i.columns)}
    yield from (IndexRemoved(table=new.name, index=i) for i in old.indexes if i.name in moved)
    for column in new.columns:
        if column.name not in before:
            needs = not column.nullable and column.default is None
            yield ColumnAdded(table=new.name, column=column, fill=fill_for(new, column) if needs else None)
    yield from changed
    if old.primary_key.columns != new.primary_key.columns:
        yield KeyChanged(table=new.name, old=old.primary_key.columns, new=new.primary_key.columns)
    yield from (ColumnRemoved(table=new.name, column=c) for c in old.columns if c.name not in after)
    yield from (ConstraintAdded(table=new.name, constraint=c) for c in made)
    had = {i.name for i in old.indexes} - moved
    yield from (IndexAdded(table=new.name, index=i) for i in new.indexes if i.name not in had)


def _differing(old: Table, new: Table, replaced: set[str]) -> tuple[list[Constraint], list[Constraint]]:
    """Return the constraints that go and those that come; one on a replaced column does both."""
    before, after = {c.name: c for c in constraints(old)}, {c.name: c for c in constraints(new)}
    stay = {n for n, c in before.items() if after.get(n) == c and not touches(c, old, replaced)}
    return [c for n, c in before.items() if n not in stay], [c for n, c in after.items() if n not in stay]


def _shape(column: Column) -> Sequence[object]:
    return column.type, column.length, column.precision, column.scale, column.nullable, column.default


def _index(index: Index) -> Index:
    return index.model_copy(update={"reason": ""})


def _changed(table: Table, old: Column, new: Column) -> ColumnChanged | ColumnReplaced:
    fill: Fill | None = fill_for(table, new) if old.nullable and not new.nullable else None
    same = old.type == new.type or {old.type, new.type} <= _TEXTS or (old.type, new.type) in _IN_PLACE
    if same:
        return ColumnChanged(table=table.name, old=old, new=new, fill=fill)
    names = ("value", "sqlite_value", "loses", "sqlite_loses")
    how = {n: part.format(quoted(new.name)) for n, part in zip(names, _CONVERSIONS.get((old.type, new.type), ()))}  # noqa: B905 - the last may be missing
    return ColumnReplaced(table=table.name, old=old, new=new, fill=fill, **how)
