"""Checkpoints that go before their session does: those of a run that was taken back, and all but the newest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from backend_agent.checkpoint import SessionSaver
from backend_agent.tables import Cursor

_Key = tuple[str, str, str]
"""Session, namespace, checkpoint."""
_KEYS = "SELECT thread_id, checkpoint_ns, checkpoint_id"
_IN = "WHERE thread_id = ? AND checkpoint_ns = ?"


def forget_runs(saver: SessionSaver, runs: Sequence[str]) -> None:
    """Delete the checkpoints that these runs of a server made. What they paid chat models for stays written down."""
    with saver.cursor(alone=True) as cursor:  # nobody may take up a value again that is being deleted
        _delete(saver, cursor, _made_by(cursor, runs))


def keep_newest(saver: SessionSaver, sessions: Sequence[str]) -> None:
    """Delete all checkpoints of these sessions but the newest of each namespace: their history is gone then."""
    with saver.cursor(alone=True) as cursor:
        for session in sessions:
            query = f"{_KEYS} FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id"
            found: list[_Key] = [tuple(row) for row in cursor.execute(query, (session,)).fetchall()]
            newest = {key[:2]: key for key in found}
            _delete(saver, cursor, [key for key in found if newest[key[:2]] != key])


def sessions_of(saver: SessionSaver, runs: Sequence[str]) -> list[str]:
    """Return the sessions in which these runs of a server made checkpoints."""
    with saver.cursor(transaction=False) as cursor:
        return sorted({session for session, _, _ in _made_by(cursor, runs)})


def _made_by(cursor: Cursor, runs: Sequence[str]) -> list[_Key]:
    rows = cursor.execute(f"{_KEYS}, metadata FROM checkpoints").fetchall()
    return [(row[0], row[1], row[2]) for row in rows if row[3] and json.loads(row[3]).get("run_id") in runs]


def _delete(saver: SessionSaver, cursor: Cursor, keys: Iterable[_Key]) -> None:
    """Delete checkpoints, and the writes and values that no other one holds."""
    places = set()
    for key in keys:
        place, checkpoint = key[:2], key[2]
        places.add(place)
        # What a step wrote belongs to the checkpoint before it: the next run takes that step anew.
        parent = f"SELECT parent_checkpoint_id FROM checkpoints {_IN} AND checkpoint_id = ?"
        cursor.execute(f"DELETE FROM writes {_IN} AND checkpoint_id IN (?, ({parent}))", (*place, checkpoint, *key))
        cursor.execute(f"DELETE FROM checkpoints {_IN} AND checkpoint_id = ?", key)
    for place in sorted(places):
        kept = cursor.execute(f"SELECT type, checkpoint FROM checkpoints {_IN}", place).fetchall()
        used = set().union(*(saver.versions_in(*row) for row in kept))
        there = {tuple(row) for row in cursor.execute(f"SELECT channel, version FROM versions {_IN}", place).fetchall()}
        for version in sorted(there - used):
            cursor.execute(f"DELETE FROM versions {_IN} AND channel = ? AND version = ?", (*place, *version))
    if places:
        saver.sweep(cursor)
