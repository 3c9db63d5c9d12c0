"""The session database's tables: how they are made, and how those of older releases are brought up to date."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Protocol

from backend_agent.faults import Fault

FORMAT = 3
"""Kept in the file's `user_version`; raised when the tables change."""


class Cursor(Protocol):
    """What is used of a cursor, SQLite's or PostgreSQL's. Both take `?` for a value, and give rows as tuples."""

    def execute(self, query: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def close(self) -> None:
        """Free what it holds."""


class Connection(Protocol):
    """What is used of a connection. Each statement is kept by itself, outside of transactions that are begun."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is under way."""

    def cursor(self) -> Cursor:
        """Return a new cursor."""

    def execute(self, query: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement in a new cursor."""

    def commit(self) -> None:
        """Keep what the transaction did."""

    def rollback(self) -> None:
        """Undo what the transaction did."""

    def close(self) -> None:
        """End the connection."""


_CHECKPOINTS = """
CREATE TABLE checkpoints (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    parent_checkpoint_id TEXT,
    type TEXT,
    checkpoint BLOB,
    metadata BLOB,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
) WITHOUT ROWID;
CREATE TABLE versions (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL,
    version TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, channel, version)
) WITHOUT ROWID;
CREATE TABLE writes (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL DEFAULT '',
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    task_path TEXT NOT NULL DEFAULT '',
    idx INTEGER NOT NULL,
    channel TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
) WITHOUT ROWID;
CREATE TABLE contents (
    content BLOB PRIMARY KEY,
    type TEXT NOT NULL,
    value BLOB NOT NULL
);
"""
_SESSIONS = """
CREATE TABLE sessions (
    session TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    status TEXT NOT NULL,
    made TEXT NOT NULL,
    changed TEXT NOT NULL,
    pause_after TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE TABLE activity (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    time TEXT NOT NULL,
    event TEXT NOT NULL,
    stage TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX activity_by_session ON activity (session, number);
CREATE TABLE locks (
    session TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    pid INTEGER NOT NULL,
    birth TEXT NOT NULL,
    host TEXT NOT NULL,
    since TEXT NOT NULL,
    beat REAL NOT NULL
) WITHOUT ROWID;
"""
_ANSWERS = """
CREATE TABLE answers (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    request TEXT NOT NULL,
    began REAL NOT NULL,
    ended REAL NOT NULL,
    call TEXT NOT NULL,
    answer TEXT,
    paid INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX answers_by_request ON answers (session, request);
"""
STEPS = (_CHECKPOINTS, _SESSIONS, _ANSWERS)
"""What each format added to the one before it; the first made the file."""
_TRIES = 100


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or those that an older release did not have: all of them, or none.

    Raises:
        sqlite3.DatabaseError: the file is another program's.
        Fault: it is a newer release's.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        connection.execute("BEGIN IMMEDIATE")  # of several processes that open a new file, one makes the tables
        with connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            refuse_newer(found)
            if found == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise sqlite3.DatabaseError("it is a database of another program")
            for step in STEPS[found:]:
                for statement in step.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")


def refuse_newer(found: int) -> None:
    """Raise a `Fault` when tables are of a format that this release does not know."""
    if found > FORMAT or found < 0:
        raise Fault(f"it is of format {found}, this release knows up to {FORMAT}: update")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite does not wait for other openers here, so this does."""
    for attempt in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.1)
        else:
            return
