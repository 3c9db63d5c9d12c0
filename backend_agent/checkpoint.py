"""The SQLite saver: every value is stored once, however many checkpoints, writes and branches hold it.

LangGraph's own `SqliteSaver` stores the whole state in every checkpoint row. Here a checkpoint row holds versions only;
`versions` says which value a channel had at which version; `contents` keeps each distinct value once, compressed, by
its hash. Pending writes point there too, so a stage's artifact is kept once and not twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    PendingWrite,
    get_checkpoint_id,
    get_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import ERROR
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.utils import search_where

from backend_agent import tables
from backend_agent.errors import BackendAgentError, UserError

_GET = """SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata
FROM checkpoints """
WAIT = 30.0
"""Seconds to wait for another process that writes."""
_REMEDIES = {
    "locked": "another program keeps it busy: try again when it is done",
    "disk is full": "make room and resume: what was finished is kept",
    "readonly": "give yourself the right to write it, or choose another with BACKEND_AGENT_DATABASE",
    "malformed": "restore it from a backup, or choose another with BACKEND_AGENT_DATABASE",
    "decompress": "it is damaged: restore it from a backup, or choose another with BACKEND_AGENT_DATABASE",
}
_Pending = list[PendingWrite]
_OF_THREAD = "WHERE thread_id = ? AND checkpoint_ns = ? "


def open_saver(path: Path | str) -> SessionSaver:
    """Open (or make) a checkpoint database; raises `UserError` when the file cannot be one."""
    connection = None
    try:
        if str(path) != ":memory:":
            path = Path(path).expanduser()
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(str(path), timeout=WAIT, check_same_thread=False)
        saver = SessionSaver(connection, str(path))
        saver.setup()
    except (OSError, sqlite3.Error) as error:
        if connection is not None:
            connection.close()
        raise unusable(str(path), error) from None
    return saver


def unusable(path: str, error: Exception) -> UserError:
    """Return the one line that says why a session database cannot be used, and what to do."""
    text = str(error)
    said = f"{path or 'the file'}: the session database cannot be used ({text}); "
    for sign, remedy in _REMEDIES.items():
        if sign in text:
            return UserError(said + remedy)
    return UserError(said + "choose another with BACKEND_AGENT_DATABASE")


class SessionSaver(SqliteSaver):
    """A `SqliteSaver` with one blob per distinct value, and async methods that work in any event loop.

    Args:
        conn: opened with `check_same_thread=False`; closed by `close()`.
        path: the file's name, for messages.
    """

    def __init__(self, conn: sqlite3.Connection, path: str = "") -> None:
        # Plain values only: no class is ever imported or constructed because a row says so.
        super().__init__(conn, serde=JsonPlusSerializer(allowed_msgpack_modules=None, allowed_json_modules=None))
        self.lock = threading.RLock()  # type: ignore[assignment]  # nested blocks are one transaction
        self.path = path
        self._owners: dict[str, str] = {}

    def setup(self) -> None:
        """Make the tables; raises `sqlite3.DatabaseError` for a file of another kind."""
        if not self.is_setup:
            tables.prepare(self.conn)
            self.is_setup = True

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:  # noqa: FBT001, FBT002 - as the base class
        """Give a cursor. Inside one transaction: all of the block is kept, or nothing; blocks may be nested.

        Raises:
            UserError: the database is locked, full, read-only or damaged.
        """
        with self.lock:
            cursor = self.conn.cursor()
            outermost = transaction and not self.conn.in_transaction
            try:
                self.setup()
                if outermost:
                    cursor.execute("BEGIN IMMEDIATE")
                yield cursor
                if outermost:
                    self.conn.commit()
            except (sqlite3.Error, zlib.error) as error:
                raise unusable(self.path, error) from error
            finally:
                if outermost and self.conn.in_transaction:
                    self.conn.rollback()
                cursor.close()

    def own(self, thread_id: str, owner: str | None) -> None:
        """From now on write to a session only while `owner` holds its lock; None: whoever does."""
        if owner is None:
            self._owners.pop(thread_id, None)
        else:
            self._owners[thread_id] = owner

    def _check_owner(self, cursor: sqlite3.Cursor, thread: str) -> None:
        owner = self._owners.get(thread)
        held = "SELECT 1 FROM locks WHERE session = ? AND owner = ?"
        if owner and not cursor.execute(held, (thread, owner)).fetchone():
            raise UserError(f"session {thread} was taken over by another process; nothing more is written by this one")

    def close(self) -> None:
        """Close the connection; the write-ahead log is folded into the file."""
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
        with self.cursor() as cursor:
            self._check_owner(cursor, thread)
            for channel, version in new_versions.items():
                if channel in values:
                    content = self._keep(cursor, values[channel])
                    row = (thread, namespace, channel, str(version), content)
                    cursor.execute("INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?)", row)
            cursor.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
                (thread, namespace, checkpoint["id"], parent, kind, zlib.compress(body, 6), details),
            )
        return _config(thread, namespace, checkpoint["id"])

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a finished node wrote before its whole step is done."""
        thread, namespace = _place(config)
        checkpoint = str(config["configurable"]["checkpoint_id"])
        replace = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        query = f"INSERT OR {'REPLACE' if replace else 'IGNORE'} INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        with self.cursor() as cursor:
            self._check_owner(cursor, thread)
            for position, (channel, value) in enumerate(writes):
                index = WRITES_IDX_MAP.get(channel, position)
                content = self._keep(cursor, _told(value) if channel == ERROR else value)
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
        where, values = search_where(config, filter, before)
        query = f"{_GET} {where} ORDER BY checkpoint_id DESC LIMIT ?"
        with self.cursor(transaction=False) as cursor:
            rows = cursor.execute(query, (*values, -1 if limit is None else limit)).fetchall()
            loaded: dict[bytes, Any] = {}
            found = [self._tuple(cursor, row, loaded) for row in rows]
        yield from found

    def delete_thread(self, thread_id: str) -> None:
        """Delete a session, and the values that no other session holds."""
        with self.cursor() as cursor:
            for table in ("checkpoints", "versions", "writes"):
                cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (str(thread_id),))
            for table in ("sessions", "activity", "answers"):
                cursor.execute(f"DELETE FROM {table} WHERE session = ?", (str(thread_id),))
            self.sweep(cursor)

    @staticmethod
    def sweep(cursor: sqlite3.Cursor) -> None:
        """Delete the values that no checkpoint and no write holds any more."""
        held = "SELECT content FROM versions UNION SELECT content FROM writes"
        cursor.execute(f"DELETE FROM contents WHERE content NOT IN ({held})")

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Walk the checkpoints one by one: the parent class's short cut reads columns that are not here."""
        return BaseCheckpointSaver.get_delta_channel_history(self, config=config, channels=channels)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As `get_tuple`, beside the event loop."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the base class's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """As `list`, beside the event loop."""
        found = await asyncio.to_thread(lambda: [*self.list(config, filter=filter, before=before, limit=limit)])
        for item in found:
            yield item

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As `put`, beside the event loop."""
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As `put_writes`, beside the event loop."""
        await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """As `delete_thread`, beside the event loop."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    @staticmethod
    def name_of(kind: str, body: bytes) -> bytes:
        """Return the hash under which a value is stored."""
        told = hashlib.sha256(kind.encode() + b"\0")
        told.update(body)
        return told.digest()

    def _keep(self, cursor: sqlite3.Cursor, value: Any) -> bytes:
        """Store a value unless it is there; return its hash."""
        kind, body = self.serde.dumps_typed(value)
        content = self.name_of(kind, body)
        if not cursor.execute("SELECT 1 FROM contents WHERE content = ?", (content,)).fetchone():
            cursor.execute("INSERT OR IGNORE INTO contents VALUES (?, ?, ?)", (content, kind, zlib.compress(body, 6)))
        return content

    def _tuple(
        self, cursor: sqlite3.Cursor, row: tuple[Any, ...], loaded: dict[bytes, Any] | None = None
    ) -> CheckpointTuple:
        """Return a row's checkpoint; `loaded` holds values by hash, so that many checkpoints read each only once."""
        loaded = {} if loaded is None else loaded
        thread, namespace, identifier, parent, kind, body, details = row
        checkpoint = cast("Checkpoint", self._load(kind, body))
        versions = {channel: str(version) for channel, version in checkpoint["channel_versions"].items()}
        kept = cursor.execute(
            "SELECT channel, version, content FROM versions "
            + _OF_THREAD
            + "AND version IN (SELECT value FROM json_each(?))",
            (thread, namespace, json.dumps(list(set(versions.values())))),
        ).fetchall()
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

    def _pending(self, cursor: sqlite3.Cursor, place: tuple[str, str, str], loaded: dict[bytes, Any]) -> _Pending:
        query = "SELECT task_id, channel, content, task_path, idx FROM writes " + _OF_THREAD + "AND checkpoint_id = ?"
        rows = cursor.execute(query, place).fetchall()
        rows.sort(key=lambda r: writes_sort_key(r[3], r[0], r[4]))
        return [(task, channel, self._value(cursor, content, loaded)) for task, channel, content, _, _ in rows]

    def _value(self, cursor: sqlite3.Cursor, content: bytes, loaded: dict[bytes, Any]) -> Any:
        """Return a stored value by its hash, and remember it in `loaded`."""
        if content not in loaded:
            stored = cursor.execute("SELECT type, value FROM contents WHERE content = ?", (content,)).fetchone()
            if stored is None:
                raise sqlite3.DatabaseError("a value is missing: the database disk image is malformed")
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


def _place(config: RunnableConfig) -> tuple[str, str]:
    given = config["configurable"]
    return str(given["thread_id"]), str(given.get("checkpoint_ns", ""))


def _config(thread: str, namespace: str, checkpoint: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint}}
