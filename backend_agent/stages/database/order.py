"""The order in which tables can be created."""

from __future__ import annotations

from backend_agent.artifacts.database import Table


def creation_order(tables: list[Table]) -> list[Table]:
    """Return the tables with what they refer to in front; the given order where nothing decides.

    A cycle is broken at a table whose missing references are all optional; its foreign keys that point further down
    are added after both tables exist.
    """
    placed: dict[str, Table] = {}
    rest = list(tables)
    while rest:
        table = _next(rest, placed)
        placed[table.name] = table
        rest.remove(table)
    return list(placed.values())


def _next(rest: list[Table], placed: dict[str, Table]) -> Table:
    breakable: Table | None = None
    for table in rest:
        missing = [k for k in table.foreign_keys if k.target_table != table.name and k.target_table not in placed]
        if not missing:
            return table
        if breakable is None and all(table.column(k.column).nullable for k in missing):
            breakable = table
    return breakable or rest[0]
