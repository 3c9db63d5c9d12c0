"""The ledger: what state each session is in, and what happened to it. In the session database, so it survives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from langgraph.checkpoint.base import Checkpoint

from backend_agent.checkpoint import SessionSaver
from backend_agent.state import State

Status = Literal["idle", "thinking", "working", "paused", "completed", "error"]
"""idle: something is left to run and nobody runs it; thinking: it is being designed; working: it is being written, run
and judged; paused: stopped where it was asked to; completed: nothing is left to run; error: the last run failed."""
STATUSES: tuple[Status, ...] = get_args(Status)
_RUNNING = ("thinking", "working")
_START, _TO = "__start__", "branch:to:"
"""LangGraph's channels: what a graph was given, and one for each node."""
_DOING = ("code", "verification", "quality", "documentation")
"""Stages that make something; the others design."""


@dataclass(frozen=True)
class Activity:
    """One entry of a session's log."""

    time: str
    """ISO 8601, UTC."""
    event: str
    """Such as `started`, `stage_finished`, `paused`, `edited`, `failed`."""
    stage: str
    detail: str


@dataclass(frozen=True)
class Entry:
    """A session in the list of all."""

    session: str
    project: str
    status: Status
    made: str
    """ISO 8601, UTC."""
    changed: str
    """The same: when it was last run, edited or paused."""


def now() -> str:
    """Return the time as ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger:
    """What is written down about one session.

    Args:
        saver: the session database.
        session: the session's id.
    """

    def __init__(self, saver: SessionSaver, session: str) -> None:
        self._saver = saver
        self._session = session

    def enter(self, project: str, status: Status = "idle") -> None:
        """Make the session's entry unless it has one."""
        with self._saver.cursor() as cursor:
            row = (self._session, project, status, now(), now())
            query = "INSERT INTO sessions (session, project, status, made, changed) VALUES (?, ?, ?, ?, ?)"
            cursor.execute(query + " ON CONFLICT DO NOTHING", row)

    def note(self, event: str, stage: str = "", detail: str = "", status: Status | None = None) -> None:
        """Add a line to the log, and say what state the session is in from now on (None: as before)."""
        detail = " ".join(detail.split())[:300]
        with self._saver.cursor() as cursor:
            query = "INSERT INTO activity (session, time, event, stage, detail) VALUES (?, ?, ?, ?, ?)"
            cursor.execute(query, (self._session, now(), event, stage, detail))
            change = "UPDATE sessions SET changed = ?, status = coalesce(?, status) WHERE session = ?"
            cursor.execute(change, (now(), status, self._session))

    def follow(self, event: dict[str, object]) -> None:
        """Note what a running stage or verifier tells."""
        kind, stage = str(event["event"]), str(event.get("stage") or event.get("verifier") or "")
        if kind == "stage_started":
            self.note(kind, stage, status="working" if stage in _DOING else "thinking")
        elif kind in ("stage_finished", "stage_skipped"):
            found = event.get("findings")
            self.note(
                kind, stage, " ".join(filter(None, (f"{found} findings" if found else "", str(event.get("note", "")))))
            )
        elif kind == "verifier_finished":
            self.note(kind, stage, str(event.get("verdict", "")))

    @property
    def status(self) -> Status:
        """What state the session is in. One whose process died is idle: it can be taken up again."""
        with self._saver.cursor(transaction=False) as cursor:
            query = "SELECT status, owner FROM sessions LEFT JOIN locks USING (session) WHERE session = ?"
            row = cursor.execute(query, (self._session,)).fetchone()
        return "idle" if row is None else _seen(row[0], locked=row[1] is not None)

    @property
    def made(self) -> str:
        """When the session was made: ISO 8601, UTC; empty when it has no entry."""
        with self._saver.cursor(transaction=False) as cursor:
            row = cursor.execute("SELECT made FROM sessions WHERE session = ?", (self._session,)).fetchone()
        return str(row[0]) if row else ""

    def activity(self) -> list[Activity]:
        """Return the log, oldest first."""
        with self._saver.cursor(transaction=False) as cursor:
            query = "SELECT time, event, stage, detail FROM activity WHERE session = ? ORDER BY number"
            return [Activity(*row) for row in cursor.execute(query, (self._session,)).fetchall()]

    @property
    def pause_after(self) -> list[str]:
        """The stages after which the session is to pause."""
        with self._saver.cursor(transaction=False) as cursor:
            row = cursor.execute("SELECT pause_after FROM sessions WHERE session = ?", (self._session,)).fetchone()
        return list(json.loads(row[0])) if row else []

    @pause_after.setter
    def pause_after(self, stages: Sequence[str]) -> None:
        with self._saver.cursor() as cursor:
            query = "UPDATE sessions SET pause_after = ? WHERE session = ?"
            cursor.execute(query, (json.dumps(list(stages)), self._session))


def entries(saver: SessionSaver) -> list[Entry]:
    """Return all sessions, the one that changed last first; also those that an older release made."""
    with saver.cursor(transaction=False) as cursor:
        query = (
            "SELECT DISTINCT thread_id FROM checkpoints"
            " WHERE checkpoint_ns = '' AND thread_id NOT IN (SELECT session FROM sessions)"
        )
        unknown = [row[0] for row in cursor.execute(query).fetchall()]
    for session in unknown:
        adopt(saver, session)
    with saver.cursor(transaction=False) as cursor:
        query = "SELECT session, project, status, made, changed, owner FROM sessions LEFT JOIN locks USING (session)"
        begun = " WHERE EXISTS (SELECT 1 FROM checkpoints WHERE thread_id = session)"  # others never came to run
        rows = cursor.execute(query + begun + " ORDER BY changed DESC, session").fetchall()
    return [
        Entry(s, project, _seen(status, locked=owner is not None), made, changed)
        for s, project, status, made, changed, owner in rows
    ]


def adopt(saver: SessionSaver, session: str) -> None:
    """Make the entry of a session that has checkpoints only, as older releases made them; others keep theirs.

    A thread of another graph, such as a parent of this one in the same database, is no session and gets none.
    """
    with saver.cursor(transaction=False) as cursor:
        if cursor.execute("SELECT 1 FROM sessions WHERE session = ?", (session,)).fetchone():
            return
    found = saver.get_tuple({"configurable": {"thread_id": session}})
    task = task_in(found.checkpoint) if found is not None else None
    if found is not None and task is not None:
        status: Status = "completed" if "documentation" in found.checkpoint["channel_values"] else "idle"
        Ledger(saver, session).enter(str(task["project_name"]), status)


def task_in(checkpoint: Checkpoint) -> Mapping[str, Any] | None:
    """Return the task of a session's checkpoint, plain values not yet validated; None: another graph made it."""
    values = checkpoint["channel_values"]
    begun = values.get(_START)
    task = values.get("task") or (begun.get("task") if isinstance(begun, Mapping) else None)
    nodes = {name.removeprefix(_TO) for name in checkpoint["channel_versions"] if name.startswith(_TO)}
    if not isinstance(task, Mapping) or "project_name" not in task or not nodes <= State.__annotations__.keys():
        return None
    return task


def _seen(status: str, *, locked: bool) -> Status:
    return "idle" if status in _RUNNING and not locked else cast("Status", status)
