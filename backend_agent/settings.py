"""Settings: what the surroundings decide; from the environment (`BACKEND_AGENT_*`) or given by the caller."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from backend_agent.errors import UserError

PREFIX = "BACKEND_AGENT_"


def data_folder() -> Path:
    """Return the folder where this user's programs keep data (XDG, macOS and Windows conventions)."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "backend-agent"


class DatabaseURL:
    """Address of a PostgreSQL database. Shown without what may be secret: password and options.

    Args:
        whole: `postgresql://user:password@host:5432/name?option=value`.
    """

    def __init__(self, whole: str) -> None:
        self.whole = whole

    def __str__(self) -> str:
        shown = re.sub(r"(?<=://)([^:@/?#]*):.*@", r"\1:***@", self.whole, flags=re.DOTALL)
        return shown.split("?")[0]

    def __repr__(self) -> str:
        return f"DatabaseURL({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseURL) and other.whole == self.whole

    def __hash__(self) -> int:
        return hash(self.whole)


def place_of(database: Path | str | DatabaseURL) -> Path | DatabaseURL:
    """Return where sessions are kept; raises `UserError` for an address that is none of PostgreSQL."""
    if not isinstance(database, str):
        return database
    if database.startswith(("postgresql://", "postgres://")):
        return DatabaseURL(database)
    scheme, is_address, _ = database.partition("://")
    if is_address:
        raise UserError(f"sessions cannot be kept in {scheme[:30]}://...: write a file, or postgresql://user@host/name")
    return Path(database).expanduser()


@dataclass(frozen=True)
class Settings:
    """How sessions run. Each field is also an environment variable: `threshold` is `BACKEND_AGENT_THRESHOLD`."""

    database: Path | str | DatabaseURL = field(default_factory=lambda: data_folder() / "sessions.db")
    """Where sessions are kept: an SQLite file, or `postgresql://user@host/name`; text becomes one of the two."""
    threshold: float = 0.7
    """Overall score (0 to 1) below which weak stages run again."""
    max_rounds: int = 2
    """How often quality may send work back."""
    verify: bool = True
    """Whether the generated project is really run."""
    postgres_url: str | None = field(default=None, repr=False)
    """Server on which verification may make and drop databases of its own: `postgresql://user@host:5432/postgres`.
    Not shown by `repr`: it may hold a password."""
    prompts: Path | None = None
    """Folder whose prompt files stand in for the built-in ones of the same name."""
    verify_seconds: int = 300
    """Time limit for one verifier."""
    model: str | None = None
    """Chat model that writes where language counts, such as `groq:openai/gpt-oss-120b`; None: the drafts."""
    max_tokens: int | None = None
    """Budget of one session: tokens to and from chat models together; None: no limit. Likewise the next three."""
    max_cost: float | None = None
    """US dollars."""
    max_seconds: int | None = None
    """Seconds spent in calls and in waiting for them, those side by side counted once."""
    max_calls: int | None = None
    """Requests, whatever comes of them."""
    allow_unconfined: bool = False
    """Whether code of a chat model may be run where the system cannot confine it."""
    queue: str | None = field(default=None, repr=False)
    """PostgreSQL database that hands tasks to workers, `postgresql://user@host/name`; None: the one with the sessions.
    Not shown by `repr`: it may hold a password."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "database", place_of(self.database))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings that the environment gives; raises `UserError` naming the variable."""
        given: dict[str, object] = {}
        for item in fields(cls):
            variable = PREFIX + item.name.upper()
            text = environ.get(variable, "").strip()
            if text:
                given[item.name] = _READERS[item.name](variable, text)
        return cls(**given)  # type: ignore[arg-type]  # each reader returns its field's type

    def with_changes(self, **changes: object) -> Settings:
        """Return a copy in which the given fields differ; None means: leave as it is."""
        return replace(self, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]  # as above


def _path(variable: str, text: str) -> Path:  # noqa: ARG001 - all readers are called alike
    return Path(text).expanduser()


def _share(variable: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UserError(f"{variable} is {text!r}: write a number from 0 to 1")
    return value


def _count(variable: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise UserError(f"{variable} is {text!r}: write a whole number")
    return int(text)


def _tokens(variable: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UserError(f"{variable} is {text!r}: write a whole number")
    return int(text)


def _amount(variable: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1_000_000:
        raise UserError(f"{variable} is {text!r}: write an amount in US dollars, such as 0.50")
    return value


def _text(variable: str, text: str) -> str:  # noqa: ARG001 - all readers are called alike
    return text


def _switch(variable: str, text: str) -> bool:
    if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
        raise UserError(f"{variable} is {text!r}: write on or off")
    return text.lower() in ("1", "true", "yes", "on")


def _postgres(variable: str, text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise UserError(f"{variable} is no PostgreSQL address: write postgresql://user@host:5432/postgres")
    return text


_READERS = {
    "database": _text,
    "threshold": _share,
    "max_rounds": _count,
    "verify": _switch,
    "postgres_url": _postgres,
    "prompts": _path,
    "verify_seconds": _count,
    "model": _text,
    "max_tokens": _tokens,
    "max_cost": _amount,
    "max_seconds": _count,
    "max_calls": _count,
    "allow_unconfined": _switch,
    "queue": _postgres,
}

_current: ContextVar[Settings | None] = ContextVar("backend_agent_settings", default=None)


def current() -> Settings:
    """Return the settings of the run this code is part of; outside of one, those of the environment."""
    return _current.get() or Settings.from_environment()


@contextmanager
def use(settings: Settings) -> Iterator[None]:
    """Make `settings` the current ones, for this thread or task and those started from it."""
    token = _current.set(settings)
    try:
        yield
    finally:
        _current.reset(token)
