"""The saver: every value is stored once, however many checkpoints, writes and branches hold it.

LangGraph's own `SqliteSaver` stores the whole state in every checkpoint row. Here a checkpoint row holds versions only;
`versions` says which value a channel had at which version; `contents` keeps each distinct value once, compressed, by
its hash. Pending writes point there too, so a stage's artifact is kept once and not twice. The same tables and the same
statements serve an SQLite file and a PostgreSQL database (`postgres` says why).
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    get_checkpoint_id,
    get_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import ERROR

from backend_agent import postgres, tables
from backend_agent.beside import BesideTheLoop
from backend_agent.errors import BackendAgentError, UserError
from backend_agent.faults import FAULTS, Fault, unusable
from backend_agent.settings import DatabaseURL, place_of

_GET = """SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata
FROM checkpoints """
WAIT = 30.0
"""Seconds to wait for another process that writes."""
_Pending = list[PendingWrite]
_Dumped = tuple[bytes, str, bytes]
"""A value as it is stored: its hash, its kind and its bytes."""
_NAMES = ("thread_id", "checkpoint_ns", "checkpoint_id")
_OF_THREAD = "WHERE thread_id = ? AND checkpoint_ns = ? "
_PUT_VERSION = (
    "INSERT INTO versions VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO UPDATE SET content = excluded.content"
)
_PUT_CHECKPOINT = (
    "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)"
    " DO UPDATE SET parent_checkpoint_id = excluded.parent_checkpoint_id, type = excluded.type,"
    " checkpoint = excluded.checkpoint, metadata = excluded.metadata"
)
_ADD_WRITE = "INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE_WRITE = (
    "INSERT INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)"
    " DO UPDATE SET task_path = excluded.task_path, channel = excluded.channel, content = excluded.content"
)
KEEP = "INSERT INTO contents VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def open_saver(database: Path | str | DatabaseURL) -> SessionSaver:
    """Open a session database: a file, which is made when there is none, or `postgresql://...`.

    Raises:
        UserError: it cannot be used; says why, and what to do.
    """
    place = place_of(database)
    connection = None
    try:
        connection = _connect(place)
        saver = SessionSaver(connection, place)
        saver.setup()
    except (OSError, *FAULTS) as error:
        if connection is not None:
            connection.close()
        raise unusable(place, error) from None
    return saver


def _connect(place: Path | DatabaseURL) -> sqlite3.Connection | postgres.Connection:
    if isinstance(place, DatabaseURL):
        return postgres.connect(place, WAIT)
    if str(place) != ":memory:":
        place.parent.mkdir(parents=True, exist_ok=True)
    return sqlite3.connect(place, timeout=WAIT, check_same_thread=False)


class SessionSaver(BesideTheLoop):
    """A checkpoint saver with one blob per distinct value, and async methods that work in any event loop.

    Args:
        conn: to SQLite, opened with `check_same_thread=False`, or to PostgreSQL; closed by `close()`.
        place: what it leads to.
    """

    def __init__(self, conn: sqlite3.Connection | postgres.Connection, place: Path | DatabaseURL) -> None:
        # Plain values only: no class is ever imported or constructed because a row says so.
        super().__init__(serde=JsonPlusSerializer(allowed_msgpack_modules=None, allowed_json_modules=None))
        self.lock = threading.RLock()  # nested blocks are one transaction
        self.conn: tables.Connection = conn
        self.place = place
        self.is_setup = False
        self._owners: dict[str, str] = {}

    def setup(self) -> None:
        """Make the tables; raises one of `faults.FAULTS` for a database of another kind."""
        if self.is_setup:
            return
        if isinstance(self.conn, postgres.Connection):
            postgres.prepare(self.conn)
        elif isinstance(self.conn, sqlite3.Connection):
            tables.prepare(self.conn)
        self.is_setup = True

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002 - as LangGraph calls it
        """Return the version behind `current`, as LangGraph's own savers count."""
        number = int(current.split(".")[0]) if current else 0
        return f"{number + 1:032}.{random.random():016}"  # noqa: S311 - tells writers apart, nothing more

    @contextmanager
    def cursor(self, *, transaction: bool = True, alone: bool = False) -> Iterator[tables.Cursor]:
        """Give a cursor. Inside one transaction: all of the block is kept, or nothing; blocks may be nested.

        Args:
            transaction: False: only to read.
            alone: no other process writes anything meanwhile. SQLite never lets another one; PostgreSQL does, since
                what runs side by side writes to sessions of its own.

        Raises:
            UserError: the database is locked, full, read-only or damaged, or cannot be reached.
        """
        with self.lock:
            cursor = self._cursor()
            outermost = transaction and not self.conn.in_transaction
            try:
                self.setup()
                if outermost:
                    cursor.execute("BEGIN EXCLUSIVE" if alone else "BEGIN IMMEDIATE")
                yield cursor
                if outermost:
                    self.conn.commit()
            except (zlib.error, *FAULTS) as error:
                raise unusable(self.place, error) from error
            finally:
                if outermost and self.conn.in_transaction:
                    self.conn.rollback()
                cursor.close()

    def _cursor(self) -> tables.Cursor:
        try:
            return self.conn.cursor()
        except FAULTS as error:
            raise unusable(self.place, error) from None

    def own(self, thread_id: str, owner: str | None) -> None:
        """From now on write to a session only while `owner` holds its lock; None: whoever does."""
        if owner is None:
            self._owners.pop(thread_id, None)
        else:
            self._owners[thread_id] = owner

    def _check_owner(self, cursor: tables.Cursor, thread: str) -> None:
        owner = self._owners.get(thread)
        held = "SELECT 1 FROM locks WHERE session = ? AND owner = ?"
        if owner and not cursor.execute(held, (thread, owner)).fetchone():
            raise UserError(f"session {thread} was taken over by another process; nothing more is written by this one")

    def close(self) -> None:
        """Close the connection; SQLite's write-ahead log is folded into the file."""
        with self.lock:
            self.conn.close()

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, and the values that are new in it."""
        thread, namespace = _place(config)
        kind, body = self.serde.dumps_typed({**checkpoint, "channel_values": {}})
        details = json.dumps(get_checkpoint_metadata(config, metadata), ensure_ascii=False).encode("utf-8", "ignore")
        parent = config["configurable"].get("checkpoint_id")
        values = checkpoint["channel_values"]
        given = {channel: self._dumped(values[channel]) for channel in new_versions if channel in values}
        row = (thread, namespace, checkpoint["id"], parent, kind, zlib.compress(body, 6), details)
        with self.cursor() as cursor:
            self._check_owner(cursor, thread)
            self._keep(cursor, given.values())
            for channel, (content, *_) in given.items():
                cursor.execute(_PUT_VERSION, (thread, namespace, channel, str(new_versions[channel]), content))
            cursor.execute(_PUT_CHECKPOINT, row)
        return _config(thread, namespace, checkpoint["id"])

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a finished node wrote before its whole step is done."""
        thread, namespace = _place(config)
        checkpoint = str(config["configurable"]["checkpoint_id"])
        query = _REPLACE_WRITE if all(channel in WRITES_IDX_MAP for channel, _ in writes) else _ADD_WRITE
        given = [self._dumped(_told(value) if channel == ERROR else value) for channel, value in writes]
        with self.cursor() as cursor:
            self._check_owner(cursor, thread)
            self._keep(cursor, given)
            for position, ((channel, _), (content, *_)) in enumerate(zip(writes, given, strict=True)):
                index = WRITES_IDX_MAP.get(channel, position)
                cursor.execute(query, (thread, namespace, checkpoint, task_id, task_path, index, channel, content))

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that `config` names, or the newest of its thread."""
        place = _place(config)
        wanted = get_checkpoint_id(config)
        with self.cursor(transaction=False) as cursor:
            if wanted:
                cursor.execute(_GET + _OF_THREAD + "AND checkpoint_id = ?", (*place, wanted))
            else:
                cursor.execute(_GET + _OF_THREAD + "ORDER BY checkpoint_id DESC LIMIT 1", place)
            row = cursor.fetchone()
            return self._tuple(cursor, row) if row else None

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the base class's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Yield checkpoints, newest first. Read at once, so that a half-used iterator holds no lock."""
        given = {**(config or {}).get("configurable", {})}
        wanted = [(f"{name} = ?", str(given[name])) for name in _NAMES if given.get(name) is not None]
        if before is not None:
            wanted.append(("checkpoint_id < ?", str(get_checkpoint_id(before))))
        where = "WHERE " + " AND ".join(condition for condition, _ in wanted) if wanted else ""
        query = f"{_GET} {where} ORDER BY checkpoint_id DESC"
        with self.cursor(transaction=False) as cursor:
            rows = cursor.execute(query, [value for _, value in wanted]).fetchall()
            rows = [row for row in rows if _fits(row[-1], filter)][:limit]
            loaded: dict[bytes, Any] = {}
            found = [self._tuple(cursor, row, loaded) for row in rows]
        yield from found

    def delete_thread(self, thread_id: str) -> None:
        """Delete a session, and the values that no other session holds."""
        with self.cursor(alone=True) as cursor:  # nobody may take up a value again that is being deleted
            for table in ("checkpoints", "versions", "writes"):
                cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (str(thread_id),))
            for table in ("sessions", "activity", "answers"):
                cursor.execute(f"DELETE FROM {table} WHERE session = ?", (str(thread_id),))
            self.sweep(cursor)

    @staticmethod
    def sweep(cursor: tables.Cursor) -> None:
        """Delete the values that no checkpoint and no write holds any more."""
        held = "SELECT content FROM versions UNION SELECT content FROM writes"
        cursor.execute(f"DELETE FROM contents WHERE content NOT IN ({held})")

    @staticmethod
    def name_of(kind: str, body: bytes) -> bytes:
        """Return the hash under which a value is stored."""
        told = hashlib.sha256(kind.encode() + b"\0")
        told.update(body)
        return told.digest()

    def _dumped(self, value: Any) -> _Dumped:
        kind, body = self.serde.dumps_typed(value)
        return self.name_of(kind, body), kind, body

    def _keep(self, cursor: tables.Cursor, values: Iterable[_Dumped]) -> None:
        """Store values unless they are there. In order, so that of two writers none waits for one that waits for it."""
        for content, kind, body in sorted(values):
            if not cursor.execute("SELECT 1 FROM contents WHERE content = ?", (content,)).fetchone():
                cursor.execute(KEEP, (content, kind, zlib.compress(body, 6)))

    def _tuple(
        self, cursor: tables.Cursor, row: tuple[Any, ...], loaded: dict[bytes, Any] | None = None
    ) -> CheckpointTuple:
        """Return a row's checkpoint; `loaded` holds values by hash, so that many checkpoints read each only once."""
        loaded = {} if loaded is None else loaded
        thread, namespace, identifier, parent, kind, body, details = row
        checkpoint = cast("Checkpoint", self._load(kind, body))
        versions = {channel: str(version) for channel, version in checkpoint["channel_versions"].items()}
        wanted = sorted(set(versions.values()))
        marks = ", ".join("?" * len(wanted)) or "NULL"
        query = f"SELECT channel, version, content FROM versions {_OF_THREAD} AND version IN ({marks})"
        kept = cursor.execute(query, (thread, namespace, *wanted)).fetchall()
        contents = {channel: content for channel, version, content in kept if versions.get(channel) == version}
        checkpoint["channel_values"] = {
            channel: self._value(cursor, content, loaded) for channel, content in contents.items()
        }
        return CheckpointTuple(
            _config(thread, namespace, identifier),
            checkpoint,
            cast("CheckpointMetadata", json.loads(details) if details is not None else {}),
            _config(thread, namespace, parent) if parent else None,
            self._pending(cursor, (thread, namespace, identifier), loaded),
        )

    def _pending(self, cursor: tables.Cursor, place: tuple[str, str, str], loaded: dict[bytes, Any]) -> _Pending:
        query = "SELECT task_id, channel, content, task_path, idx FROM writes " + _OF_THREAD + "AND checkpoint_id = ?"
        rows = cursor.execute(query, place).fetchall()
        rows.sort(key=lambda r: writes_sort_key(r[3], r[0], r[4]))
        return [(task, channel, self._value(cursor, content, loaded)) for task, channel, content, _, _ in rows]

    def _value(self, cursor: tables.Cursor, content: bytes, loaded: dict[bytes, Any]) -> Any:
        """Return a stored value by its hash, and remember it in `loaded`."""
        if content not in loaded:
            stored = cursor.execute("SELECT type, value FROM contents WHERE content = ?", (content,)).fetchone()
            if stored is None:
                raise Fault("a value is missing: the database disk image is malformed")
            loaded[content] = self._load(*stored)
        return loaded[content]

    def versions_in(self, kind: str, body: bytes) -> set[tuple[str, str]]:
        """Return the channels of a kept checkpoint, and the version that each had."""
        checkpoint = self._load(kind, body)
        return {(channel, str(version)) for channel, version in checkpoint["channel_versions"].items()}

    def _load(self, kind: str, body: bytes) -> Any:
        return self.serde.loads_typed((kind, zlib.decompress(body)))


def _told(error: object) -> str:
    """Return what is kept of an error: only our own messages, since another one may hold a password."""
    return str(error) if isinstance(error, BackendAgentError) else type(error).__name__


def _fits(details: bytes | None, wanted: dict[str, Any] | None) -> bool:
    """Whether a checkpoint's metadata holds the wanted values."""
    if not wanted:
        return True
    found = json.loads(details) if details is not None else {}
    return all(found.get(name) == value for name, value in wanted.items())


def _place(config: RunnableConfig) -> tuple[str, str]:
    given = config["configurable"]
    return str(given["thread_id"]), str(given.get("checkpoint_ns", ""))


def _config(thread: str, namespace: str, checkpoint: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint}}
