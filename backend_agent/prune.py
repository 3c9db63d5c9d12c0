"""Checkpoints that go before their session does: those of a run that was taken back, and all but the newest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from backend_agent.checkpoint import SessionSaver

_Key = tuple[str, str, str]
"""Session, namespace, checkpoint."""
_IS_KEY = "WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND checkpoint_id = ?3"
_OF_RUNS = "WHERE json_extract(CAST(metadata AS TEXT), '$.run_id') IN (SELECT value FROM json_each(?))"


def forget_runs(saver: SessionSaver, runs: Sequence[str]) -> None:
    """Delete the checkpoints that these runs of a server made. What they paid chat models for stays written down."""
    with saver.cursor() as cursor:
        query = f"SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints {_OF_RUNS}"
        _delete(saver, cursor, cursor.execute(query, (json.dumps(list(runs)),)).fetchall())


def keep_newest(saver: SessionSaver, sessions: Sequence[str]) -> None:
    """Delete all checkpoints of these sessions but the newest of each namespace: their history is gone then."""
    with saver.cursor() as cursor:
        query = (
            "SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints c"
            " WHERE thread_id IN (SELECT value FROM json_each(?)) AND checkpoint_id < (SELECT max(checkpoint_id)"
            " FROM checkpoints n WHERE n.thread_id = c.thread_id AND n.checkpoint_ns = c.checkpoint_ns)"
        )
        _delete(saver, cursor, cursor.execute(query, (json.dumps(list(sessions)),)).fetchall())


def sessions_of(saver: SessionSaver, runs: Sequence[str]) -> list[str]:
    """Return the sessions in which these runs of a server made checkpoints."""
    with saver.cursor(transaction=False) as cursor:
        query = f"SELECT DISTINCT thread_id FROM checkpoints {_OF_RUNS}"
        return [row[0] for row in cursor.execute(query, (json.dumps(list(runs)),)).fetchall()]


def _delete(saver: SessionSaver, cursor: sqlite3.Cursor, keys: Iterable[_Key]) -> None:
    """Delete checkpoints, and the writes and values that no other one holds."""
    places = set()
    for key in keys:
        places.add(key[:2])
        # What a step wrote belongs to the checkpoint before it: the next run takes that step anew.
        query = "DELETE FROM writes WHERE thread_id = ?1 AND checkpoint_ns = ?2 AND checkpoint_id IN (?3, "
        parent = "SELECT parent_checkpoint_id FROM checkpoints "
        cursor.execute(f"{query}({parent}{_IS_KEY}))", key)
        cursor.execute(f"DELETE FROM checkpoints {_IS_KEY}", key)
    for place in sorted(places):
        query = "SELECT type, checkpoint FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ?"
        used = set().union(*(saver.versions_in(*row) for row in cursor.execute(query, place).fetchall()))
        query = "SELECT channel, version FROM versions WHERE thread_id = ? AND checkpoint_ns = ?"
        unused = set(cursor.execute(query, place).fetchall()) - used
        query = "DELETE FROM versions WHERE thread_id = ? AND checkpoint_ns = ? AND channel = ? AND version = ?"
        cursor.executemany(query, [(*place, *version) for version in sorted(unused)])
    if places:
        saver.sweep(cursor)
