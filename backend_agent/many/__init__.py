"""Many tasks at once: results as they finish, failures as values, and a stop that leaves sessions to be resumed."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from backend_agent import stop
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError
from backend_agent.progress import Watcher
from backend_agent.result import Result

Given = BackendTask | Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one of many tasks: a result, or why there is none."""

    index: int
    """The task's place among those that were given, from 0."""
    task: Given
    """As it was given."""
    session_id: str | None = None
    """To be resumed, looked at or branched; None: it was refused before it began."""
    result: Result | None = None
    error: Exception | None = None
    """A `UserError` when the task is wrong; another kind is a bug, or what a watcher raised."""

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None


class Developer(Protocol):
    """Develops one task at a time for each thread that calls it."""

    def __call__(self, task: Given, begun: Callable[[str], None], watcher: Watcher) -> Result:
        """Return the result; `begun` is told the session's id as soon as there is one."""
        ...

    def close(self) -> None:
        """Let go of what it works with; called when no task is under way."""
        ...


class Many:
    """Tasks that are developed side by side, each in a thread; begun by the first `next`, to be closed.

    Args:
        tasks: what to develop.
        developer: how.
        most: how many at a time.
        on_progress: called with each event, one at a time; `task` in it is the task's place, `session` its session.
    """

    def __init__(self, tasks: Iterable[Given], developer: Developer, most: int | None, on_progress: Watcher | None):
        self._tasks = list(tasks)
        self._developer = developer
        self._threads = min(bounded(most), max(1, len(self._tasks)))
        self._on_progress = on_progress
        self._stop = stop.Stop()
        self._found: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        self._telling = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._left = len(self._tasks)

    def next(self) -> Outcome | None:
        """Return the next outcome, when there is one; None: all are known, or this was closed.

        Raises:
            KeyboardInterrupt: stopped by Ctrl-C or SIGTERM.
        """
        if not self._left:
            return None
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="develop")
            for index, task in enumerate(self._tasks):
                self._pool.submit(contextvars.copy_context().run, self._develop, index, task)
        with stop.on_signals():
            found = self._found.get()
        if isinstance(found, BaseException):
            raise found
        self._left -= 1
        return found

    def close(self) -> None:
        """Stop what is under way, and wait for it; sessions that were begun can be resumed."""
        self._stop.request()
        self._left = 0
        self._found.put(None)  # whoever waits in `next` waits for nothing more
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._developer.close()

    def _develop(self, index: int, task: Given) -> None:
        session: list[str] = []

        def watcher(event: dict[str, Any]) -> None:
            if self._stop.requested:
                raise KeyboardInterrupt
            if self._on_progress is not None:
                with self._telling:
                    self._on_progress({**event, "task": index, "session": session[-1] if session else ""})

        result, error = None, None
        try:
            if self._stop.requested:
                return
            with stop.under(self._stop):
                result = self._developer(task, session.append, watcher)
        except Exception as caught:  # noqa: BLE001 - a failure is a value: it must not end the other tasks
            error = caught
        except BaseException as caught:  # noqa: BLE001 - told where the outcomes are waited for
            if not self._stop.requested:
                self._found.put(caught)
            return
        self._found.put(Outcome(index, task, session[-1] if session else None, result, error))


def each(many: Many) -> Iterator[Outcome]:
    """Give the outcomes as they come; leaving early stops the rest."""
    with contextlib.closing(many):
        while (found := many.next()) is not None:
            yield found


async def aeach(many: Many) -> AsyncIterator[Outcome]:
    """As `each`, beside the event loop."""
    try:
        while (found := await asyncio.to_thread(many.next)) is not None:
            yield found
    finally:
        await asyncio.shield(asyncio.to_thread(many.close))


def bounded(most: int | None) -> int:
    """Return how many tasks to develop at a time: as many as there are cores, unless told otherwise."""
    if most is not None and most < 1:
        raise UserError(f"max_concurrency is {most}: write a number from 1")
    return most or os.cpu_count() or 1
