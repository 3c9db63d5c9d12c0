"""SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from backend_agent.artifacts.database import Column
from backend_agent.artifacts.task import DatabaseType
from backend_agent.engines import rendering


@dataclass(frozen=True)
class SQLite:
    """The engine for SQLite 3.35 and later, through aiosqlite: one file, no server."""

    name: DatabaseType = "sqlite"
    title: str = "SQLite"
    driver: str = "aiosqlite"
    requirement: str = "aiosqlite"
    schemes: tuple[str, ...] = ("sqlite",)
    default_url: str = "sqlite+aiosqlite:///./app.db"
    image: str | None = None
    port: int | None = None

    def dialect(self) -> Dialect:
        """Return SQLAlchemy's dialect, for rendering."""
        return sqlite.dialect()

    def column_type(self, column: Column) -> TypeEngine[Any]:
        """Return the portable type."""
        return rendering.portable_type(column)

    def async_url(self, url: str) -> str:
        """Return `url` for aiosqlite; raises `UserError` for another product's URL."""
        return rendering.with_driver(url, self.schemes, "sqlite+aiosqlite", self.title)


SQLITE = SQLite()
