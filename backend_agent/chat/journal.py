"""The journal: which calls a session made, and the whole answers that it need not pay for twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from backend_agent.artifacts.calls import Call, covered


class Journal(Protocol):
    """Keeps calls. Thread-safe."""

    def recall(self, key: str) -> tuple[str, Call] | None:
        """Return the whole answer that a request got, and the call that brought it; None: it got none."""
        ...

    def begin(self, key: str, call: Call) -> int:
        """Write down that a call begins, with the most it may cost, in case nobody comes to tell its end.

        Returns:
            The entry's number, for `keep`.
        """
        ...

    def keep(self, key: str, call: Call, answer: str | None = None, begun: int | None = None) -> None:
        """Write down what became of a call.

        Args:
            key: the request's, a SHA-256.
            call: as it ended.
            answer: if it is whole.
            begun: the entry's number; None: a new one.
        """
        ...

    def calls(self) -> list[Call]:
        """Return all calls that were paid for, in order."""
        ...

    def seconds(self) -> float:
        """Return the time in which at least one call was under way or waiting."""
        ...


class MemoryJournal:
    """A journal that lasts as long as this object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[tuple[str, Call, str | None, float, float]] = []

    def recall(self, key: str) -> tuple[str, Call] | None:
        """Return a request's answer and the call that brought it."""
        with self._lock:
            return next(((a, call) for k, call, a, _, _ in self._entries if k == key and a is not None), None)

    def begin(self, key: str, call: Call) -> int:
        """Write down that a call begins."""
        with self._lock:
            self._entries.append((key, call, None, time.time(), time.time()))
            return len(self._entries) - 1

    def keep(self, key: str, call: Call, answer: str | None = None, begun: int | None = None) -> None:
        """Write down what became of a call."""
        number = self.begin(key, call) if begun is None else begun
        with self._lock:
            self._entries[number] = (key, call, answer, self._entries[number][3], time.time())

    def calls(self) -> list[Call]:
        """Return all calls, in order."""
        with self._lock:
            return [call for _, call, _, _, _ in self._entries]

    def seconds(self) -> float:
        """Return the time in which calls were under way."""
        with self._lock:
            return covered([(begun, ended) for *_, begun, ended in self._entries])


_current: ContextVar[Journal | None] = ContextVar("backend_agent_journal", default=None)


def current() -> Journal | None:
    """Return the journal of the session this code is part of; None: outside of one."""
    return _current.get()


@contextmanager
def use(journal: Journal) -> Iterator[None]:
    """Make `journal` the current one, for this thread or task and those started from it."""
    token = _current.set(journal)
    try:
        yield
    finally:
        _current.reset(token)
