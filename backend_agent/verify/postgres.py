"""PostgreSQL for verification: a database of its own on the given server, dropped afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from backend_agent.verify import surroundings
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import CannotRun, tool_version

SET_URL = "set BACKEND_AGENT_POSTGRES_URL=postgresql://user@host:5432/postgres"
_CONNECT_SECONDS = 10.0


def applies(project: ProjectUnderTest) -> bool:
    """Whether the project is made for PostgreSQL at all."""
    return any(requirement.name == "asyncpg" for requirement in surroundings.declared(project))


@contextmanager
def database(project: ProjectUnderTest) -> Iterator[str]:
    """Make a database; give the URL by which the project reaches it from inside; drop it at the end.

    Raises `CannotRun` when no server is given or it does not let itself be used.
    """
    if project.postgres_url is None:
        raise CannotRun(f"no PostgreSQL server is given: {SET_URL}")
    tool_version("asyncpg")
    name = f"backend_agent_verify_{secrets.token_hex(6)}"
    _execute(project.postgres_url, f'CREATE DATABASE "{name}"')
    try:
        yield _inside(project.postgres_url, name)
    finally:
        _execute(project.postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    import asyncpg  # type: ignore[import-untyped]  # it ships no types

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    try:
        asyncio.run(run())
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        reason = f"the PostgreSQL server cannot be used ({type(problem).__name__})"
        raise CannotRun(f"{reason}: {SET_URL}") from problem


def _inside(url: str, name: str) -> str:
    """Return the URL as the project sees it: the door stands at 127.0.0.1 with the server's port."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    at = f"{user}@" if user else ""
    return urlunsplit(("postgresql+asyncpg", f"{at}127.0.0.1:{parts.port or 5432}", f"/{name}", parts.query, ""))
