"""PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from backend_agent.artifacts.database import Column
from backend_agent.artifacts.task import DatabaseType
from backend_agent.engines import rendering


@dataclass(frozen=True)
class PostgreSQL:
    """The engine for PostgreSQL 13 and later, through asyncpg."""

    name: DatabaseType = "postgresql"
    title: str = "PostgreSQL"
    driver: str = "asyncpg"
    requirement: str = "asyncpg"
    schemes: tuple[str, ...] = ("postgresql", "postgres")
    default_url: str = ""
    image: str | None = "postgres:17-alpine"
    port: int | None = 5432

    def dialect(self) -> Dialect:
        """Return SQLAlchemy's dialect, for rendering."""
        return postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves its constructor untyped

    def column_type(self, column: Column) -> TypeEngine[Any]:
        """Return the portable type."""
        return rendering.portable_type(column)

    def async_url(self, url: str) -> str:
        """Return `url` for asyncpg; raises `UserError` for another product's URL."""
        return rendering.with_driver(url, self.schemes, "postgresql+asyncpg", self.title)


POSTGRESQL = PostgreSQL()
