"""The statements of one migration, in the order in which they can be run on every product."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from backend_agent import names
from backend_agent.artifacts.database import Column, ForeignKey, Index, Table, UniqueConstraint
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
from backend_agent.codegen.migrations.guards import Guard
from backend_agent.codegen.sources import (
    column_source,
    column_type,
    index_arguments,
    late_key_arguments,
    late_key_source,
    late_keys,
    on_delete,
    server_default,
    table_source,
)
from backend_agent.engines.ddl import quoted

q = names.python_literal
_PARTS = re.compile(r".{1,80}(?:\s|$)|.{80}", re.DOTALL)


def lines(
    changes: Sequence[SchemaChange], old: Sequence[Table], new: Sequence[Table], guards: Sequence[Guard]
) -> list[str]:
    """Return the body of `upgrade` or `downgrade`, as source.

    First renames, then the questions; constraints go, tables and columns come, rows get their values, constraints
    come, and what is no more goes last.

    Args:
        changes: what is done.
        old: the tables before, under their new names.
        new: the tables after.
        guards: what is asked first.
    """
    before, after = {t.name: t for t in old}, {t.name: t for t in new}
    found = [*_renames(changes), *(_refusal(g) for g in guards)]
    stay = [name for name in before if name in after]
    for name in stay:
        found += _drops([c for c in changes if getattr(c, "table", None) == name])
    found += _new_tables(changes, before)
    for name in stay:
        found += _changed_table([c for c in changes if getattr(c, "table", None) == name], after[name])
    return [*found, *_late(changes, before), *_gone_tables(changes)]


def statement(sql: str) -> str:
    """Return SQL as the argument of `op.execute` or `sa.text`: a colon is no parameter there."""
    return whole(sql.replace(":", "\\:"))


def whole(text: str) -> str:
    """Return a string literal; a long one in parts, which Python joins, so that no line gets too long."""
    return " ".join(map(q, _PARTS.findall(text))) or q(text)


def _refusal(guard: Guard) -> str:
    given = f", {q(guard.given)}" if guard.given else ""
    query = statement(guard.query)
    if guard.sqlite_query:
        query = f"{statement(guard.sqlite_query)} if sqlite() else {query}"
    return f"refuse({query}, {whole(guard.message)}{given})"


def _renames(changes: Sequence[SchemaChange]) -> list[str]:
    found = []
    for change in changes:
        if isinstance(change, TableRenamed):
            key = (q(f"pk_{change.old}"), q(f"pk_{change.table}"))
            found.append(f"op.rename_table({q(change.old)}, {q(change.table)})")
            found.append(f"rename_key({q(change.table)}, {', '.join(key)})")
        elif isinstance(change, ColumnRenamed):
            sql = f'ALTER TABLE "{change.table}" RENAME COLUMN "{change.old}" TO "{change.column}"'
            found.append(f"op.execute({statement(sql)})")
    return found


def _drops(changes: Sequence[SchemaChange]) -> list[str]:
    found = [
        f"op.drop_index({q(c.index.name)}, table_name={q(c.table)})" for c in changes if isinstance(c, IndexRemoved)
    ]
    batch = [
        f"batch.drop_constraint({q(c.constraint.name)}, type_={q(_kind(c.constraint))})"
        for c in changes
        if isinstance(c, ConstraintRemoved)
    ]
    return [*found, *(_batch(changes[0], batch) if batch else [])]


def _kind(constraint: Constraint) -> str:
    if isinstance(constraint, ForeignKey):
        return "foreignkey"
    return "unique" if isinstance(constraint, UniqueConstraint) else "check"


def _batch(change: SchemaChange, inner: Iterable[str]) -> list[str]:
    table = getattr(change, "table", "")
    return [f"with op.batch_alter_table({q(table)}) as batch:", *(f"    {line}" for line in inner)]


def _made(changes: Sequence[SchemaChange]) -> list[Table]:
    return [c.table for c in changes if isinstance(c, TableAdded)]


def _new_tables(changes: Sequence[SchemaChange], before: Mapping[str, Table]) -> list[str]:
    found = []
    made = _made(changes)
    late = _cycle_keys(made, before)
    for table in made:
        elements = table_source(table, late=late, migration=True)
        keys = ", ".join(late_key_source(k) for k in table.foreign_keys if k.name in late)
        closing = [f"*([{keys}] if sqlite() else []),"] if keys else []
        found += ["op.create_table(", f"    {q(table.name)},", *(f"    {e}," for e in elements)]
        found += [*(f"    {c}" for c in closing), ")"]
        found += [f"op.create_index({index_arguments(table, i)})" for i in table.indexes]
    return found


def _cycle_keys(made: Sequence[Table], before: Mapping[str, Table]) -> frozenset[str]:
    """Return the names of foreign keys of new tables whose target is made after them."""
    inner = {t.name for t in made}
    only = [
        t.model_copy(update={"foreign_keys": [k for k in t.foreign_keys if k.target_table in inner - set(before)]})
        for t in made
    ]
    return late_keys(only)


def _late(changes: Sequence[SchemaChange], before: Mapping[str, Table]) -> list[str]:
    made = _made(changes)
    late = _cycle_keys(made, before)
    keys = [(t, k) for t in made for k in t.foreign_keys if k.name in late]
    if not keys:
        return []
    return ["if not sqlite():", *(f"    op.create_foreign_key({late_key_arguments(t, k)})" for t, k in keys)]


def _gone_tables(changes: Sequence[SchemaChange]) -> list[str]:
    gone = [c.table for c in changes if isinstance(c, TableRemoved)]
    made_in = list(reversed(gone))
    inner = {t.name for t in gone}
    only = [
        t.model_copy(update={"foreign_keys": [k for k in t.foreign_keys if k.target_table in inner]}) for t in made_in
    ]
    late = late_keys(only)
    keys = [(t, k) for t in only for k in t.foreign_keys if k.name in late]
    found = ["if not sqlite():"] if keys else []
    found += [f'    op.drop_constraint({q(k.name)}, {q(t.name)}, type_="foreignkey")' for t, k in keys]
    return [*found, *(f"op.drop_table({q(t.name)})" for t in gone)]


def _changed_table(changes: Sequence[SchemaChange], new: Table) -> list[str]:
    """Return what is done to a table that stays: columns come, rows get values, constraints come, columns go."""
    coming, filling, closing, moved = [], [], [], []
    for change in changes:
        if isinstance(change, ColumnAdded):
            coming.append(_added(change))
            if change.fill is not None:
                filling += _fill(new.name, change.column, change.fill)
                closing.append(_required(change.column))
        elif isinstance(change, ColumnChanged):
            coming += _altered(change)
            if change.fill is not None:
                filling += _fill(new.name, change.new, change.fill)
                closing.append(_required(change.new))
        elif isinstance(change, ColumnReplaced):
            moved += _replaced(change)
        elif isinstance(change, ColumnRemoved):
            closing.append(f"batch.drop_column({q(change.column.name)})")
        elif isinstance(change, KeyChanged):
            key = f"pk_{new.name}"
            closing.append(f'batch.drop_constraint({q(key)}, type_="primary")')
            closing.append(f"batch.create_primary_key({q(key)}, {_list(change.new)})")
        elif isinstance(change, ConstraintAdded):
            closing.append(_constraint(change.constraint))
    found = _batch(changes[0], coming) if coming else []
    found += [*filling, *moved]
    found += _batch(changes[0], closing) if closing else []
    return [*found, *(_indexed(new, c.index) for c in changes if isinstance(c, IndexAdded))]


def _indexed(table: Table, index: Index) -> str:
    return f"op.create_index({index_arguments(table, index)})"


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(q, values))}]"


def _added(change: ColumnAdded) -> str:
    column = change.column.model_copy(update={"nullable": True}) if change.fill else change.column
    return f"batch.add_column({column_source(column, None, late=False, migration=True)})"


def _existing(column: Column) -> str:
    return f"existing_type={column_type(column, migration=True)}"


def _required(column: Column) -> str:
    return f"batch.alter_column({q(column.name)}, {_existing(column)}, nullable=False)"


def _altered(change: ColumnChanged) -> list[str]:
    old, new, name = change.old, change.new, q(change.new.name)
    retyped = column_type(old, migration=True) != column_type(new, migration=True)
    recast = retyped and old.type != new.type
    arguments = [f"type_={column_type(new, migration=True)}"] if retyped else []
    if recast:
        arguments.append(f"postgresql_using={q(_cast(new))}")
    if new.nullable != old.nullable and change.fill is None:
        arguments.append(f"nullable={new.nullable}")
    found = []
    if recast and old.default is not None:  # a default of the old type cannot be cast
        found.append(f"batch.alter_column({name}, {_existing(old)}, server_default=None)")
    if arguments:
        found.append(f"batch.alter_column({name}, {_existing(old)}, {', '.join(arguments)})")
    if new.default != old.default or (recast and new.default is not None):
        default = "None" if new.default is None else server_default(new.default)
        found.append(f"batch.alter_column({name}, {_existing(new)}, server_default={default})")
    return found


def _cast(column: Column) -> str:
    return f"CAST({quoted(column.name)} AS {_sql_type(column)})"


def _sql_type(column: Column) -> str:
    match column.type:
        case "string":
            return f"VARCHAR({column.length})" if column.length else "VARCHAR"
        case "decimal":
            return f"NUMERIC({column.precision or 12}, {2 if column.scale is None else column.scale})"
        case _:
            return column.type.upper()


def _fill(table: str, column: Column, fill: Fill) -> list[str]:
    if not fill.value:
        return [f"fill_in({q(table)}, {q(column.name)}, {q(fill.target)})"] if fill.target else []
    name = quoted(column.name)
    sql = f"UPDATE {quoted(table)} SET {name} = {fill.value} WHERE {name} IS NULL"
    said = textwrap.wrap(f"rows that have none get {fill.value}: {fill.reason}", 110)
    return [*(f"# {line}" for line in said), f"op.execute({statement(sql)})"]


def _replaced(change: ColumnReplaced) -> list[str]:
    """Return how a column with converted values takes the place of the old one."""
    new = change.new
    spare = f"{new.name[:54]}__new"  # no field is called so: names have single underscores
    empty = new.model_copy(update={"name": spare, "nullable": True})
    added = f"batch.add_column({column_source(empty, None, late=False, migration=True)})"
    found = _batch(change, [added])
    if change.value:
        sql = f"UPDATE {quoted(change.table)} SET {spare} = "
        plain = statement(sql + change.value)
        if change.sqlite_value:
            found.append(f"op.execute({statement(sql + change.sqlite_value)} if sqlite() else {plain})")
        else:
            found.append(f"op.execute({plain})")
    found += _batch(change, [f"batch.drop_column({q(new.name)})"])
    rename = f'ALTER TABLE "{change.table}" RENAME COLUMN "{spare}" TO "{new.name}"'
    found.append(f"op.execute({statement(rename)})")
    if change.fill is not None:
        found += _fill(change.table, new, change.fill)
    return [*found, *(_batch(change, [_required(new)]) if not new.nullable else [])]


def _constraint(constraint: Constraint) -> str:
    name = q(constraint.name)
    if isinstance(constraint, ForeignKey):
        ends = f"{q(constraint.target_table)}, {_list([constraint.column])}, {_list([constraint.target_column])}"
        return f"batch.create_foreign_key({name}, {ends}, {on_delete(constraint)})"
    if isinstance(constraint, UniqueConstraint):
        return f"batch.create_unique_constraint({name}, {_list(constraint.columns)})"
    return f"batch.create_check_constraint({name}, {whole(constraint.expression)})"
