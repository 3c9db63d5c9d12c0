"""Recorded renames: which of them apply between two schemas, and a schema under its new names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backend_agent.artifacts.database import CheckConstraint, ForeignKey, Index, Table, UniqueConstraint
from backend_agent.changes.kinds import Renamed
from backend_agent.engines.ddl import quoted

_PART = re.compile(r"'(?:[^']|'')*'|\"[^\"]+\"|[A-Za-z_]\w*")


def resolve(old: Sequence[Table], new: Sequence[Table], renames: Mapping[str, str]) -> tuple[Renamed, list[str]]:
    """Return the recorded renames that apply between two schemas, and those that do not.

    A rename applies when the old name was there and is there no more, and the new one is there and was not before.

    Args:
        old: the tables as they were.
        new: the tables as they are to be.
        renames: `books.stock` -> `books.copies` or `copies`; `books` -> `volumes`.
    """
    before, after = {t.name: t for t in old}, {t.name: t for t in new}
    tables: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}
    idle: list[str] = []
    for name, wanted in sorted(renames.items()):
        if "." in name:
            continue
        fits = name in before and name not in after and wanted in after and wanted not in before
        if fits and wanted not in tables.values():
            tables[name] = wanted
        else:
            idle.append(f"{name} -> {wanted}")
    for name, wanted in sorted(renames.items()):
        table, dot, column = name.partition(".")
        if not dot:
            continue
        target = wanted.rpartition(".")[2]
        was = {c.name for c in before[table].columns} if table in before else set()
        now = {c.name for c in after[tables.get(table, table)].columns} if tables.get(table, table) in after else set()
        fits = column in was and column not in now and target in now and target not in was
        if fits and target not in columns.get(table, {}).values():
            columns.setdefault(table, {})[column] = target
        else:
            idle.append(f"{name} -> {wanted}")
    return Renamed(tables=tables, columns=columns), idle


def inverse(renamed: Renamed) -> dict[str, str]:
    """Return the renames of the way back, as they are recorded."""
    back = {new: old for old, new in renamed.tables.items()}
    for table, columns in renamed.columns.items():
        back |= {f"{renamed.table(table)}.{new}": f"{table}.{old}" for old, new in columns.items()}
    return back


def under_new_names(tables: Sequence[Table], renamed: Renamed) -> list[Table]:
    """Return the tables with what is renamed under its new name; names of constraints and indexes stay."""
    return [_table(table, renamed) for table in tables]


def _table(table: Table, renamed: Renamed) -> Table:
    here = renamed.columns.get(table.name, {})

    def mapped(names: Sequence[str]) -> list[str]:
        return [here.get(name, name) for name in names]

    def key(k: ForeignKey) -> ForeignKey:
        target = renamed.column(k.target_table, k.target_column)
        moved = {"column": here.get(k.column, k.column), "target_table": renamed.table(k.target_table)}
        return k.model_copy(update={**moved, "target_column": target})

    def unique(u: UniqueConstraint) -> UniqueConstraint:
        return u.model_copy(update={"columns": mapped(u.columns)})

    def check(c: CheckConstraint) -> CheckConstraint:
        return c.model_copy(update={"expression": with_names(c.expression, here)})

    def index(i: Index) -> Index:
        where = None if i.where is None else with_names(i.where, here)
        return i.model_copy(update={"columns": mapped(i.columns), "where": where})

    return table.model_copy(
        update={
            "name": renamed.table(table.name),
            "columns": [c.model_copy(update={"name": here.get(c.name, c.name)}) for c in table.columns],
            "primary_key": table.primary_key.model_copy(update={"columns": mapped(table.primary_key.columns)}),
            "foreign_keys": [key(k) for k in table.foreign_keys],
            "unique_constraints": [unique(u) for u in table.unique_constraints],
            "checks": [check(c) for c in table.checks],
            "indexes": [index(i) for i in table.indexes],
        }
    )


def columns_in(expression: str, known: Sequence[str]) -> list[str]:
    """Return the columns that a portable SQL expression names, in the order of `known`."""
    named = {part.strip('"') for part in _PART.findall(expression) if not part.startswith("'")}
    return [name for name in known if name in named]


def with_names(expression: str, renamed: Mapping[str, str]) -> str:
    """Return a portable SQL expression with columns under other names; text in quotes is no column."""

    def other(found: re.Match[str]) -> str:
        part = found.group()
        name = part.strip('"')
        return part if part.startswith("'") or name not in renamed else quoted(renamed[name])

    return _PART.sub(other, expression)
