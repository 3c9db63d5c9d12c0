"""Verification on PostgreSQL: a database of its own, reached through one door, gone afterwards."""

from __future__ import annotations

import asyncio

import pytest
from verify.sample import INITIAL, TESTS, evidence, under_test, verified

from backend_agent.verify import migrations, postgres, tests

pytestmark = pytest.mark.needs_postgres

TYPE_LEFT = INITIAL.replace(
    'def upgrade() -> None:\n    """Make them."""\n',
    'def upgrade() -> None:\n    """Make them."""\n    if op.get_bind().dialect.name == "postgresql":\n'
    "        op.execute(\"CREATE TYPE mood AS ENUM ('good')\")\n",
)
ASKS = (
    TESTS
    + """

def test_is_on_postgresql() -> None:
    import asyncio
    import os

    import asyncpg

    async def ask() -> str:
        connection = await asyncpg.connect(os.environ["TEST_DATABASE_URL"].replace("+asyncpg", ""))
        try:
            return str(await connection.fetchval("SELECT repeat(version(), 10000)"))
        finally:
            await connection.close()

    assert asyncio.run(ask()).startswith("PostgreSQL")
"""
)
REACHES_OUT = """
import socket

import pytest


@pytest.mark.parametrize("port", [3306, 6379, 5672])
def test_reaches_out(port: int) -> None:
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
"""


def _databases(url: str) -> list[str]:
    import asyncpg

    async def ask() -> list[str]:
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'backend_agent_verify_%'")
        finally:
            await connection.close()
        return [row[0] for row in rows]

    return asyncio.run(ask())


def test_the_sample_migrates(postgres_url: str) -> None:
    run = verified(migrations.POSTGRESQL, postgres_url=postgres_url)
    assert (run.verdict, evidence(run), run.reason) == ("pass", "", "")


def test_a_type_that_stays_is_found(postgres_url: str) -> None:
    run = verified(migrations.POSTGRESQL, {"migrations/versions/0001_initial.py": TYPE_LEFT}, postgres_url=postgres_url)
    assert "downgrade leaves type mood" in evidence(run)
    assert "upgrade again fails" in evidence(run)


def test_tests_reach_the_server_and_nothing_else(postgres_url: str) -> None:
    changes: dict[str, str | None] = {"tests/test_things.py": ASKS, "tests/test_out.py": REACHES_OUT}
    run = verified(tests.POSTGRESQL, changes, postgres_url=postgres_url)
    assert (run.verdict, evidence(run), run.reason) == ("pass", "", "")
    assert run.detail == "6 passed"


def test_the_database_is_dropped_whatever_happens(postgres_url: str) -> None:
    with under_test(postgres_url=postgres_url) as project:
        with pytest.raises(RuntimeError), postgres.database(project) as url:  # noqa: PT012
            name = url.rpartition("/")[2]
            assert name in _databases(postgres_url)
            raise RuntimeError
        assert name not in _databases(postgres_url)


def test_a_server_that_is_not_there_is_not_run() -> None:
    run = verified(migrations.POSTGRESQL, postgres_url="postgresql://nobody:secret@127.0.0.1:1/postgres")
    assert run.verdict == "not_run"
    assert "cannot be used" in run.reason
    assert "secret" not in run.reason


def test_no_server_is_not_run() -> None:
    run = verified(migrations.POSTGRESQL)
    assert run.verdict == "not_run"
    assert "set BACKEND_AGENT_POSTGRES_URL=" in run.reason
