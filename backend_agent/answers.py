"""Answers: which calls to chat models a session made, and what they brought. Kept in the session database."""

from __future__ import annotations

import json
import time

from backend_agent.artifacts.calls import Call, covered
from backend_agent.checkpoint import SessionSaver


class SessionJournal:
    """The journal of one session: a call is written down when it begins and when it ends.

    Args:
        saver: the session database.
        session: the session's id.
    """

    def __init__(self, saver: SessionSaver, session: str) -> None:
        self._saver = saver
        self._session = session

    def recall(self, key: str) -> tuple[str, Call] | None:
        """Return the whole answer that a request got, and the call that brought it; None: it got none."""
        with self._saver.cursor(transaction=False) as cursor:
            query = "SELECT answer, call FROM answers WHERE session = ? AND request = ? AND answer IS NOT NULL"
            row = cursor.execute(query + " ORDER BY number", (self._session, key)).fetchone()
        return (row[0], _call(row[1])) if row else None

    def begin(self, key: str, call: Call) -> int:
        """Write down that a call begins, with the most it may cost; return the entry's number."""
        with self._saver.cursor() as cursor:
            row = (self._session, key, time.time(), time.time(), _text(call))
            query = "INSERT INTO answers (session, request, began, ended, call) VALUES (?, ?, ?, ?, ?) RETURNING number"
            return int(cursor.execute(query, row).fetchone()[0])

    def keep(self, key: str, call: Call, answer: str | None = None, begun: int | None = None) -> None:
        """Write down what became of a call.

        Args:
            key: the request's, a SHA-256.
            call: as it ended.
            answer: if it is whole.
            begun: the entry's number; None: a new one.
        """
        with self._saver.cursor() as cursor:
            number = self.begin(key, call) if begun is None else begun
            query = "UPDATE answers SET call = ?, answer = ?, began = began - ?, ended = ? WHERE number = ?"
            cursor.execute(query, (_text(call), answer, call.waited, time.time(), number))

    def calls(self) -> list[Call]:
        """Return all calls that were paid for, in order; one whose end nobody saw counts as the most it may cost."""
        with self._saver.cursor(transaction=False) as cursor:
            query = "SELECT call FROM answers WHERE session = ? AND paid = 1 ORDER BY number"
            return [_call(row[0]) for row in cursor.execute(query, (self._session,)).fetchall()]

    def seconds(self) -> float:
        """Return the time in which at least one of these calls was under way or waiting."""
        with self._saver.cursor(transaction=False) as cursor:
            query = "SELECT began, ended FROM answers WHERE session = ? AND paid = 1"
            return covered(cursor.execute(query, (self._session,)).fetchall())


def _text(call: Call) -> str:
    return json.dumps(call.to_state(), separators=(",", ":"))


def _call(text: str) -> Call:
    return Call.from_state(json.loads(text))
