"""The budget of a session: reserved before each call, settled after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from backend_agent.artifacts.calls import Call
from backend_agent.settings import Settings

_TICK = 0.25


class Spent(Exception):
    """The budget does not allow the call. The message says which one."""


@dataclass(frozen=True)
class Reservation:
    """What a call may use at most."""

    tokens: int
    cost: float


class Budget:
    """What may be spent, and what was. Thread-safe. None: no limit.

    Args:
        max_tokens: to and from chat models together.
        max_cost: US dollars.
        max_seconds: in which at least one call is under way or waiting.
        max_calls: requests, whatever comes of them.
        earlier: calls of earlier runs; they count.
        seconds: what those took.
        clock: seconds.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        max_seconds: float | None = None,
        max_calls: int | None = None,
        *,
        earlier: Sequence[Call] = (),
        seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_tokens, self.max_cost = max_tokens, max_cost
        self.max_seconds, self.max_calls = max_seconds, max_calls
        self.tokens = sum(call.tokens_in + call.tokens_out for call in earlier)
        """Spent so far; likewise the next two."""
        self.cost = sum(call.cost or 0.0 for call in earlier)
        self.calls = len(earlier)
        self._unknown = any(call.cost is None for call in earlier)
        self._open: list[Reservation] = []
        self._clock = clock
        self._seconds = seconds
        self._busy = 0
        self._since = 0.0
        self._changed = threading.Condition()

    @classmethod
    def of(cls, settings: Settings, earlier: Sequence[Call] = (), seconds: float = 0.0) -> Budget:
        """Return the budget that the settings give, less what earlier runs spent."""
        given = (settings.max_tokens, settings.max_cost, settings.max_seconds, settings.max_calls)
        return cls(*given, earlier=earlier, seconds=seconds)

    def reserve(self, tokens: int, cost: float | None, check: Callable[[], object] = lambda: None) -> Reservation:
        """Set aside what a call may use at most. Where calls under way leave too little, wait for what they return.

        Args:
            tokens: prompt and answer.
            cost: US dollars; None: unknown.
            check: called while waiting; raises when the run is asked to stop.

        Raises:
            Spent: it does not fit, whatever the calls under way return.
        """
        wanted = Reservation(tokens, cost or 0.0)
        with self._changed:
            while True:
                self._refuse(wanted, unknown=cost is None)
                held = Reservation(sum(r.tokens for r in self._open), sum(r.cost for r in self._open))
                fits = _fits(self.tokens + held.tokens + tokens, self.max_tokens)
                fits = fits and _fits(self.cost + held.cost + wanted.cost, self.max_cost)
                if fits and _fits(self.calls + len(self._open) + 1, self.max_calls):
                    self._open.append(wanted)
                    return wanted
                self._changed.wait(_TICK)
                check()

    def settle(self, reservation: Reservation, call: Call | None) -> None:
        """Give back what a call did not use; None: it was never made."""
        with self._changed:
            self._open.remove(reservation)
            if call is not None:
                self.tokens += call.tokens_in + call.tokens_out
                self.cost += call.cost or 0.0
                self.calls += 1
            self._changed.notify_all()

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Count the time of the block; of blocks side by side only once."""
        with self._changed:
            if self._busy == 0:
                self._since = self._clock()
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                if self._busy == 0:
                    self._seconds += self._clock() - self._since

    @property
    def seconds(self) -> float:
        """Spent so far."""
        with self._changed:
            return self._elapsed()

    def seconds_left(self) -> float:
        """Return how long calls may go on; infinite when there is no limit."""
        return float("inf") if self.max_seconds is None else self.max_seconds - self.seconds

    def _elapsed(self) -> float:
        return self._seconds + (self._clock() - self._since if self._busy else 0.0)

    def _refuse(self, wanted: Reservation, *, unknown: bool) -> None:
        """Raise `Spent` for what does not fit even when all calls under way turn out to have used nothing."""
        if not _fits(self.calls + 1, self.max_calls):
            raise Spent(f"budget: {self.max_calls} calls are spent")
        if not _fits(self.tokens + wanted.tokens, self.max_tokens):
            raise Spent(f"budget: too little is left of {self.max_tokens:,} tokens")
        if self.max_cost is not None and (unknown or self._unknown):
            raise Spent("budget: what the model costs is unknown")
        if not _fits(self.cost + wanted.cost, self.max_cost):
            raise Spent(f"budget: too little is left of ${self.max_cost:g}")
        if self.max_seconds is not None and self._elapsed() >= self.max_seconds:
            raise Spent(f"budget: {self.max_seconds:g} seconds are spent")


def _fits(used: float, limit: float | None) -> bool:
    return limit is None or used <= limit + 1e-9
