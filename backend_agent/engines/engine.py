"""What a database product has to say about itself."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from backend_agent.artifacts.database import Column
from backend_agent.artifacts.task import DatabaseType


class Engine(Protocol):
    """A database product: how its tables are written, reached and run. Implementations have no state."""

    @property
    def name(self) -> DatabaseType:
        """The database type of a task, also SQLAlchemy's dialect name."""
        ...

    @property
    def title(self) -> str:
        """The product's name for people."""
        ...

    @property
    def driver(self) -> str:
        """SQLAlchemy's asynchronous driver: `asyncpg`."""
        ...

    @property
    def requirement(self) -> str:
        """The driver's distribution on the package index."""
        ...

    @property
    def schemes(self) -> tuple[str, ...]:
        """URL schemes that users write for it."""
        ...

    @property
    def default_url(self) -> str:
        """URL for development, `DATABASE_URL` unset; empty when there is no sensible one."""
        ...

    @property
    def image(self) -> str | None:
        """Container image of its compose service; None: it needs no server."""
        ...

    @property
    def port(self) -> int | None:
        """The server's port; None: it needs no server."""
        ...

    def dialect(self) -> Dialect:
        """Return SQLAlchemy's dialect, for rendering; nothing connects."""
        ...

    def column_type(self, column: Column) -> TypeEngine[Any]:
        """Return the SQLAlchemy type of a column."""
        ...

    def async_url(self, url: str) -> str:
        """Return `url` with the asynchronous driver in its scheme; raises `UserError` for another product's URL."""
        ...
