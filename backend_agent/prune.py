"""Checkpoints that go before their session does: those of a run that was taken back, and all but the newest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from backend_agent.checkpoint import SessionSaver
from backend_agent.tables import Cursor

_Key = tuple[str, str, str]
"""Session, namespace, checkpoint."""
_IS_KEY = "WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?"


def forget_runs(saver: SessionSaver, runs: Sequence[str]) -> None:
    """Delete the checkpoints that these runs of a server made. What they paid chat models for stays written down."""
    with saver.cursor(alone=True) as cursor:
        _delete(saver, cursor, _of_runs(cursor, runs))


def keep_newest(saver: SessionSaver, sessions: Sequence[str]) -> None:
    """Delete all checkpoints of these sessions but the newest of each namespace: their history is gone then."""
    query = "SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id"
    with saver.cursor(alone=True) as cursor:
        for session in sessions:
            found: list[_Key] = [(row[0], row[1], row[2]) for row in cursor.execute(query, (session,)).fetchall()]
            newest = {key[1]: key for key in found}
            _delete(saver, cursor, [key for key in found if newest[key[1]] != key])


def sessions_of(saver: SessionSaver, runs: Sequence[str]) -> list[str]:
    """Return the sessions in which these runs of a server made checkpoints."""
    with saver.cursor(transaction=False) as cursor:
        return list(dict.fromkeys(key[0] for key in _of_runs(cursor, runs)))


def _of_runs(cursor: Cursor, runs: Sequence[str]) -> list[_Key]:
    rows = cursor.execute("SELECT thread_id, checkpoint_ns, checkpoint_id, metadata FROM checkpoints").fetchall()
    wanted = set(runs)
    return [(row[0], row[1], row[2]) for row in rows if row[3] and json.loads(row[3]).get("run_id") in wanted]


def _delete(saver: SessionSaver, cursor: Cursor, keys: Iterable[_Key]) -> None:
    """Delete checkpoints, and the writes and values that no other one holds."""
    places = set()
    for key in keys:
        places.add(key[:2])
        parents = cursor.execute(f"SELECT parent_checkpoint_id FROM checkpoints {_IS_KEY}", key).fetchall()
        # What a step wrote belongs to the checkpoint before it: the next run takes that step anew.
        for checkpoint in [key[2], *(row[0] for row in parents if row[0])]:
            cursor.execute(f"DELETE FROM writes {_IS_KEY}", (*key[:2], checkpoint))
        cursor.execute(f"DELETE FROM checkpoints {_IS_KEY}", key)
    for place in sorted(places):
        query = "SELECT type, checkpoint FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ?"
        used = set().union(*(saver.versions_in(*row) for row in cursor.execute(query, place).fetchall()))
        query = "SELECT channel, version FROM versions WHERE thread_id = ? AND checkpoint_ns = ?"
        unused = {(row[0], row[1]) for row in cursor.execute(query, place).fetchall()} - used
        query = "DELETE FROM versions WHERE thread_id = ? AND checkpoint_ns = ? AND channel = ? AND version = ?"
        for version in sorted(unused):
            cursor.execute(query, (*place, *version))
    if places:
        saver.sweep(cursor)
