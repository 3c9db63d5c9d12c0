"""Waiting that ends at once when the run is asked to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend_agent import stop

SHOWN = 1.0
"""Seconds between two signs of life while somebody waits."""


class Patience:
    """Sleeps, and gives up when the run is asked to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def check(self) -> None:
        """Raise `KeyboardInterrupt` when the run is asked to stop: what was begun must not be taken for finished."""
        if self.stopped.is_set():
            raise KeyboardInterrupt

    def sleep(self, seconds: float, tell: Callable[[float], object]) -> None:
        """Wait; `tell` is given the seconds left, at once and then every second."""
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            tell(left)
            self.stopped.wait(min(left, SHOWN))
            self.check()


@contextmanager
def patience() -> Iterator[Patience]:
    """Give a `Patience` that ends with the run that this code is part of."""
    made = Patience()
    with stop.calling(made.stopped.set):
        yield made
