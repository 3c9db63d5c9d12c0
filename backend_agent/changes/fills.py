"""What rows that are there already get in a column that must not be empty: a value that no constraint refuses."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from backend_agent.artifacts.database import CheckConstraint, Column, Table
from backend_agent.changes.kinds import Fill
from backend_agent.changes.renames import columns_in
from backend_agent.engines.ddl import quoted

UUID_LENGTH = 36
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w'.])-?\d+(?:\.\d+)?")


def fill_for(table: Table, column: Column) -> Fill:
    """Return the value for rows of `table` that have none in `column`.

    The column's default, if it has one; else what is neutral for its type and allowed by the table's constraints; a
    value by hand where none is: who owns a row, and what must be secret, is not made up.
    """
    if column.default is not None:
        return Fill(value=literal(column.default), reason="the column's default")
    target = next((k.target_table for k in table.foreign_keys if k.column == column.name), "")
    if target or column.type == "uuid":
        return Fill(reason="which row they belong to cannot be made up", target=target)
    if column.type == "encrypted":
        return Fill(reason="encrypted values are made by the service")
    checks = [c for c in table.checks if columns_in(c.expression, [column.name])]
    names = [c.name for c in table.columns]
    if any(columns_in(c.expression, names) != [column.name] for c in checks):
        return Fill(reason="it depends on the row's other values")
    if any(u.columns == [column.name] for u in table.unique_constraints):
        return _different(table, column, checks)
    return _same(table, column, checks)


def literal(value: str | float | bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return a constant as portable SQL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _different(table: Table, column: Column, checks: list[CheckConstraint]) -> Fill:
    """Return a value for a column whose values all differ."""
    if column.type in ("string", "text") and (column.length or UUID_LENGTH) >= UUID_LENGTH and not checks:
        return Fill(value=f"CAST(id AS VARCHAR({UUID_LENGTH}))", reason="the row's id, for all values must differ")
    if column.type in ("integer", "decimal") and all(_holds(c, column, 1) and _holds(c, column, 10**6) for c in checks):
        count = f"(SELECT count(*) FROM {quoted(table.name)} AS other WHERE other.id <= {quoted(table.name)}.id)"
        return Fill(value=count, reason="a running number, for all values must differ")
    return Fill(reason="all values must differ, and none follows from the row")


def _same(table: Table, column: Column, checks: list[CheckConstraint]) -> Fill:
    """Return a value for a column whose values may be alike."""
    stamped = any(c.name == "created_at" for c in table.columns)
    match column.type:
        case "boolean":
            return Fill(value="false", reason="no, until somebody says otherwise")
        case "datetime" | "date" if stamped and not checks:
            made = "created_at" if column.type == "datetime" else "date(created_at)"
            return Fill(value=made, reason="when the row was made")
        case "time" if not checks:
            return Fill(value="'00:00:00'", reason="midnight")
        case "json" if not checks:
            return Fill(value="'[]'", reason="an empty list")
        case "string" | "text" | "integer" | "decimal":
            for value, reason in _candidates(column, checks):
                if all(_holds(c, column, value) for c in checks):
                    return Fill(value=literal(value), reason=reason)
    return Fill(reason="no value follows from its type")


def _candidates(column: Column, checks: list[CheckConstraint]) -> Iterator[tuple[str | float, str]]:
    """Yield values worth a try, the most neutral first: nothing at all, then what the constraints name."""
    said = " ".join(c.expression for c in checks)
    numbers = sorted({float(n) for n in _NUMBER.findall(_TEXT.sub("", said))}, key=lambda n: (abs(n), n))
    if column.type in ("integer", "decimal"):
        yield 0, "nothing so far"
        for number in numbers:
            for near in (number, number + 1, number - 1):
                yield (int(near) if near.is_integer() else near), "the smallest value that is allowed"
        return
    for value in _TEXT.findall(said):
        yield value.replace("''", "'"), "the first of its values"
    yield "", "nothing so far"
    for number in numbers:
        if 0 < number <= (column.length or number):
            yield "-" * int(number), "dashes, as many as it takes"


def _holds(check: CheckConstraint, column: Column, value: str | float) -> bool:
    """Return whether a constraint on this one column allows a value; what cannot be tried counts as refused."""
    connection = sqlite3.connect(":memory:")
    try:
        statement = f"SELECT ({check.expression}) FROM (SELECT ? AS {quoted(column.name)})"
        found = connection.execute(statement, (value,)).fetchone()
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return bool(found[0])
