"""Sessions that move: copied within a database, from a checkpoint on back."""

from __future__ import annotations

from typing import Any

from backend_agent.checkpoint import SessionSaver

_CHAIN = """
WITH RECURSIVE chain (checkpoint_id) AS (
    SELECT checkpoint_id FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = '' AND checkpoint_id = ?
    UNION
    SELECT c.parent_checkpoint_id FROM checkpoints c JOIN chain USING (checkpoint_id)
    WHERE c.thread_id = ? AND c.checkpoint_ns = '' AND c.parent_checkpoint_id IS NOT NULL
)
"""
_IN_CHAIN = " WHERE thread_id = ? AND checkpoint_ns = '' AND checkpoint_id IN (SELECT checkpoint_id FROM chain)"


def copy(saver: SessionSaver, source: str, checkpoint: str, target: str) -> None:
    """Copy a checkpoint and all that led to it into a new session. What ran after it is not part of it."""
    with saver.cursor() as cursor:
        rows = cursor.execute(
            _CHAIN
            + "SELECT checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata FROM checkpoints"
            + _IN_CHAIN,
            (source, checkpoint, source, source),
        ).fetchall()
        used: set[tuple[str, Any]] = set()
        for identifier, parent, kind, body, details in rows:
            used |= saver.versions_in(kind, body)
            row = (target, "", identifier, parent, kind, body, details)
            cursor.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for channel, version in sorted(used):
            cursor.execute(
                "INSERT INTO versions SELECT ?, checkpoint_ns, channel, version, content FROM versions"
                " WHERE thread_id = ? AND checkpoint_ns = '' AND channel = ? AND version = ?",
                (target, source, channel, version),
            )
        # The writes of the last one belong to the step behind it, which the copy has yet to take.
        cursor.execute(
            _CHAIN
            + "INSERT INTO writes SELECT ?, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, content"
            + " FROM writes"
            + _IN_CHAIN
            + " AND checkpoint_id <> ?",
            (source, checkpoint, source, target, source, checkpoint),
        )
        # What a chat model answered is not asked for again; it was the other session's budget that paid.
        cursor.execute(
            "INSERT INTO answers (session, request, began, ended, call, answer, paid)"
            " SELECT ?, request, began, ended, call, answer, 0 FROM answers"
            " WHERE session = ? AND answer IS NOT NULL ORDER BY number",
            (target, source),
        )
