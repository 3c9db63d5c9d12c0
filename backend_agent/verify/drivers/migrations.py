"""Migrate up, compare, down, up again, and write what each step left behind. Usage: RESULT; DATABASE_URL is set."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

BOOKKEEPING = "alembic_version"
IN_POSTGRESQL = """
    SELECT 'table ' || tablename || ' ' || coalesce((
               SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', '
                                 ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass
                                   AND attnum > 0 AND NOT attisdropped), '')
    FROM pg_tables WHERE schemaname = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'type ' || typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
              WHERE nspname = 'public' AND typtype IN ('e', 'd')
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c
              JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = 'public'
    UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
    UNION ALL SELECT 'function ' || proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
              WHERE nspname = 'public'
"""


async def _in_postgresql(url: str) -> list[str]:
    import asyncpg  # type: ignore[import-untyped]  # it ships no types

    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [row[0] for row in await connection.fetch(IN_POSTGRESQL)]
    finally:
        await connection.close()


def _in_sqlite(url: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(url.split(":///", 1)[1])) as connection:
        rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return [f"{kind} {name} {sql}" for kind, name, sql in rows]


def in_database() -> list[str]:
    """Return what is in the database, without Alembic's own table."""
    url = os.environ["DATABASE_URL"]
    found = _in_sqlite(url) if url.startswith("sqlite") else asyncio.run(_in_postgresql(url))
    return sorted(" ".join(line.split()) for line in found if BOOKKEEPING not in line)


def main() -> None:
    """Go through the steps until one fails."""
    config = Config("alembic.ini")
    seen: dict[str, Any] = {}
    steps: dict[str, Callable[[], object]] = {
        "upgrade": lambda: command.upgrade(config, "head"),
        "check": lambda: command.check(config),
        "downgrade": lambda: command.downgrade(config, "base"),
        "upgrade again": lambda: command.upgrade(config, "head"),
    }
    for step, make in steps.items():
        try:
            make()
        except (Exception, SystemExit) as problem:  # noqa: BLE001 - whatever a migration raises is what is looked for
            traceback.print_exc()
            seen[step] = {"error": f"{type(problem).__name__}: {problem}"}
            if step != "check":
                break
        else:
            seen[step] = {"left": in_database()}
    Path(sys.argv[1]).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
