"""Python and TOML source text from artifacts: the pieces of text that templates must not assemble themselves."""

from __future__ import annotations

import json

from backend_agent import names
from backend_agent.artifacts.database import Column, ForeignKey, Index, Table


def pydoc(text: str) -> str:
    """Return `text` safe inside a docstring: one line, no quotes or backslashes that could end it."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")


def comment_safe(text: str) -> str:
    """Return `text` as one line."""
    return " ".join(text.split())


def toml_text(text: str) -> str:
    """Return `text` as a TOML basic string."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def toml_list(values: list[str]) -> str:
    """Return a TOML array of strings."""
    return "[" + ", ".join(toml_text(v) for v in values) + "]"


def json_text(value: object) -> str:
    """Return `value` as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


MIGRATION_TYPES = {"datetime": "sa.DateTime(timezone=True)", "encrypted": "sa.Text()"}
"""What the service's own types are in the database: a migration must not change with the service's code."""


def column_type(column: Column, *, migration: bool = False) -> str:
    """Return the SQLAlchemy type of a column, as source; the service's own types come from its base module."""
    if migration and column.type in MIGRATION_TYPES:
        return MIGRATION_TYPES[column.type]
    match column.type:
        case "string":
            return f"sa.String({column.length})" if column.length else "sa.String()"
        case "decimal":
            return f"sa.Numeric({column.precision or 12}, {2 if column.scale is None else column.scale})"
        case "datetime":
            return "UtcDateTime()"
        case "encrypted":
            return "EncryptedString()"
        case "json":
            return "sa.JSON()"
        case _:
            return f"sa.{column.type.capitalize()}()"


def server_default(value: str | float | bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return the `server_default` argument for a constant."""
    if isinstance(value, bool):
        return "sa.true()" if value else "sa.false()"
    return names.python_literal(str(value))


def late_keys(tables: list[Table]) -> frozenset[str]:
    """Return the names of foreign keys that close a cycle: their target is created after their table."""
    position = {table.name: i for i, table in enumerate(tables)}
    return frozenset(
        key.name for t in tables for key in t.foreign_keys if position[key.target_table] > position[t.name]
    )


def on_delete(key: ForeignKey) -> str:
    """Return the `ondelete` argument of a foreign key."""
    return f"ondelete={names.python_literal(key.on_delete.replace('_', ' ').upper())}"


def column_source(column: Column, key: ForeignKey | None, *, late: bool, migration: bool) -> str:
    """Return one column, as source; `late` tells that its foreign key closes a cycle."""
    quoted = names.python_literal
    parts = [quoted(column.name), column_type(column, migration=migration)]
    if key and not (late and migration):
        target = quoted(f"{key.target_table}.{key.target_column}")
        alter = ", use_alter=True" if late else ""
        parts.append(f"sa.ForeignKey({target}, name={quoted(key.name)}, {on_delete(key)}{alter})")
    parts.append(f"nullable={column.nullable}")
    if column.default is not None:
        parts.append(f"server_default={server_default(column.default)}")
    return f"sa.Column({', '.join(parts)})"


def table_source(table: Table, *, late: frozenset[str] = frozenset(), migration: bool = False) -> list[str]:
    """Return the elements of a table behind its name: columns and constraints, without indexes.

    The migration and the table modules are both made from it, so they cannot disagree. `late` names the foreign keys
    that close a cycle.
    """
    quoted = names.python_literal
    keys = {k.column: k for k in table.foreign_keys}
    lines = []
    for column in table.columns:
        key = keys.get(column.name)
        lines.append(column_source(column, key, late=key is not None and key.name in late, migration=migration))
    primary = ", ".join(map(quoted, table.primary_key.columns))
    lines.append(f"sa.PrimaryKeyConstraint({primary}, name={quoted(f'pk_{table.name}')})")
    lines += [
        f"sa.UniqueConstraint({', '.join(map(quoted, unique.columns))}, name={quoted(unique.name)})"
        for unique in table.unique_constraints
    ]
    checks = [f"sa.CheckConstraint({quoted(c.expression)}, name={quoted(c.name)})" for c in table.checks]
    return [*lines, *checks]


def _index_options(index: Index) -> list[str]:
    condition = f"sa.text({names.python_literal(index.where)})" if index.where else ""
    partial = [f"postgresql_where={condition}", f"sqlite_where={condition}"] if condition else []
    return [*(["unique=True"] if index.unique else []), *partial]


def index_source(table: Table) -> list[str]:
    """Return the indexes of a table as `sa.Index(...)` elements."""
    return [
        f"sa.Index({', '.join([*map(names.python_literal, [i.name, *i.columns]), *_index_options(i)])})"
        for i in table.indexes
    ]


def late_key_source(key: ForeignKey) -> str:
    """Return a foreign key that closes a cycle as a constraint, for products that take it with the table."""
    quoted = names.python_literal
    target = quoted(f"{key.target_table}.{key.target_column}")
    return f"sa.ForeignKeyConstraint([{quoted(key.column)}], [{target}], name={quoted(key.name)}, {on_delete(key)})"


def late_key_arguments(table: Table, key: ForeignKey) -> str:
    """Return the arguments of `op.create_foreign_key`."""
    ends = ", ".join(map(names.python_literal, (key.name, table.name, key.target_table)))
    columns = ", ".join(f"[{names.python_literal(c)}]" for c in (key.column, key.target_column))
    return f"{ends}, {columns}, {on_delete(key)}"


def markdown(text: str) -> str:
    """Return `text` on one line, with what Markdown or HTML would read as markup shown as it is."""
    line = " ".join(text.split()).replace("\\", "\\\\")
    for sign in "|*_`[]<":
        line = line.replace(sign, f"\\{sign}")
    return line


def index_arguments(table: Table, index: Index) -> str:
    """Return the arguments of `op.create_index`."""
    quoted = names.python_literal
    columns = ", ".join(map(quoted, index.columns))
    return ", ".join([quoted(index.name), quoted(table.name), f"[{columns}]", *_index_options(index)])
