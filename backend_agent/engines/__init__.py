"""Database products: one module each behind one protocol, and the registry of those supported."""

from __future__ import annotations

from backend_agent.engines.engine import Engine
from backend_agent.engines.postgresql import POSTGRESQL
from backend_agent.engines.sqlite import SQLITE
from backend_agent.errors import UserError

ENGINES: dict[str, Engine] = {"postgresql": POSTGRESQL, "sqlite": SQLITE}


def engine(name: str) -> Engine:
    """Return the engine called `name`; raises `UserError` for one that is not supported."""
    try:
        return ENGINES[name]
    except KeyError:
        raise UserError(
            f"database type {name[:40]!r} is not supported today; set database_requirements.type to "
            f"{' or '.join(ENGINES)}"
        ) from None


__all__ = ["ENGINES", "Engine", "engine"]
