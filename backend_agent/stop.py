"""Stopping: Ctrl-C and SIGTERM reach work that runs in other threads and processes at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any


class Stop:
    """A request to stop, and what is to be called when it comes."""

    def __init__(self) -> None:
        self.requested = False
        self._callbacks: list[Callable[[], object]] = []

    def request(self) -> None:
        """Ask everything to stop."""
        self.requested = True
        for callback in list(self._callbacks):
            callback()

    @contextmanager
    def calling(self, callback: Callable[[], object]) -> Iterator[None]:
        """Have `callback` called when a stop is requested while the block runs, or at once when it was before."""
        self._callbacks.append(callback)
        try:
            if self.requested:
                callback()
            yield
        finally:
            self._callbacks.remove(callback)


_current: ContextVar[Stop | None] = ContextVar("backend_agent_stop", default=None)


@contextmanager
def calling(callback: Callable[[], object]) -> Iterator[None]:
    """Have `callback` called when the run this code is part of is asked to stop; it must return at once."""
    stop = _current.get()
    if stop is None:
        yield
    else:
        with stop.calling(callback):
            yield


@contextmanager
def on_signals() -> Iterator[Stop]:
    """Run the block so that Ctrl-C and SIGTERM stop what it started, and then raise `KeyboardInterrupt` in it.

    Signals are handled in the main thread only; elsewhere the block just runs, and `Stop.request` is the way. What
    stops the run that this one is a part of, stops this one too.
    """
    stop = Stop()
    with calling(stop.request), under(stop):
        yield from _handling(stop)


@contextmanager
def under(stop: Stop) -> Iterator[None]:
    """Make what the block runs a part of what `stop` stops."""
    token = _current.set(stop)
    try:
        yield
    finally:
        _current.reset(token)


def _handling(stop: Stop) -> Iterator[Stop]:
    """Give `stop` while signals request it."""
    old: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as `signal` calls it
        stop.request()
        raise KeyboardInterrupt

    try:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                old[number] = signal.signal(number, handle)
        yield stop
    finally:
        for signal_number, handler in old.items():
            signal.signal(signal_number, handler)
