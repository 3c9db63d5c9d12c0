"""Limits of a service: calls wait here until it would take them, instead of being refused there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from backend_agent.chat.faults import LONG, duration
from backend_agent.chat.models import Free
from backend_agent.chat.waiting import Patience

MINUTE = 60.0
DOWN = 300.0
"""Seconds in which a service that never answered is not asked again; one that did is given a tenth."""
_MARGIN = 0.05


class TooLong(Exception):
    """A limit would have to be waited for longer than anybody waits."""


class Limiter:
    """Admission to one model, in the order of arrival. Thread-safe.

    What a call may use at most, prompt and answer, is counted before it, as the service does. Limits are not known
    until the service tells them: those of paid plans are a hundred times those of the free one.

    Args:
        free: the limits by which the free plan is recognized.
        clock: seconds.
    """

    def __init__(self, free: Free | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: deque[object] = deque()
        self._begun: deque[float] = deque()
        self._blocked = 0.0
        self._level = 0.0
        self._at = clock()
        self._under_way = 0
        self.tokens: int | None = None
        """Tokens per minute; None: unknown."""
        self.requests: int | None = None
        """Requests per minute; None: unknown."""

    def admit(self, tokens: int, patience: Patience, tell: Callable[[float], object], most: float = LONG) -> float:
        """Wait until a call of `tokens` may begin; return the seconds that took. Each is followed by a `release`.

        Args:
            tokens: the most it may use.
            patience: ends the waiting when the run is asked to stop.
            tell: given the seconds left, from time to time.
            most: seconds after which nobody waits.

        Raises:
            TooLong: it would take longer than `most`.
        """
        begun = self._clock()
        ticket = object()
        with self._lock:
            self._queue.append(ticket)
        try:
            while (left := self._take(ticket, tokens)) > 0:
                if left > most - (self._clock() - begun):
                    raise TooLong
                patience.sleep(min(left, 1.0), lambda _, left=left: tell(left))  # type: ignore[misc]  # a default argument
        finally:
            with self._lock:
                self._queue.remove(ticket)
        return self._clock() - begun

    def release(self, tokens: int, headers: Mapping[str, str]) -> None:
        """End a call: take over what the service says of its limits; names of headers in lower case."""
        limit, left = (_number(headers.get(f"x-ratelimit-{name}-tokens")) for name in ("limit", "remaining"))
        with self._lock:
            self._under_way -= tokens
            self._refill()
            if limit:
                if self.tokens is None:
                    self._level = float(limit - self._under_way)
                self.tokens = limit
                self.requests = self._free.requests if self._free and limit <= self._free.tokens else None
            if left is not None and self.tokens:
                # While others are under way the service may not have counted them yet: only the lower figure is sure.
                self._level = float(left) if not self._under_way else min(self._level, float(left))

    def block(self, seconds: float) -> None:
        """Let nobody begin for so long: the service said so."""
        with self._lock:
            self._blocked = max(self._blocked, self._clock() + seconds)

    def blocked(self) -> float:
        """Return the seconds for which nobody may begin."""
        return max(0.0, self._blocked - self._clock())

    def _take(self, ticket: object, tokens: int) -> float:
        """Count a call in and return 0, or return the seconds after which to try again."""
        with self._lock:
            now = self._clock()
            self._refill()
            wait = self._blocked - now
            if self.requests and len(self._begun) >= self.requests:
                wait = max(wait, self._begun[0] + MINUTE - now)
            if self.tokens and tokens > self._level:
                missing = min(tokens, self.tokens) - self._level  # what never fits must not wait for ever
                wait = max(wait, missing / self.tokens * MINUTE)
            if self._queue[0] is not ticket:
                wait = max(wait, _MARGIN)
            if wait > 0:
                return wait + _MARGIN
            self._level -= tokens
            self._under_way += tokens
            self._begun.append(now)
            return 0.0

    def _refill(self) -> None:
        now = self._clock()
        if self.tokens:
            self._level = min(float(self.tokens), self._level + (now - self._at) * self.tokens / MINUTE)
        self._at = now
        while self._begun and self._begun[0] <= now - MINUTE:
            self._begun.popleft()


class Breaker:
    """Tells when a service is down, so that nobody waits for it again and again. Thread-safe.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._open = False
        self._trying = False
        self.worked = False
        """Whether it ever answered."""

    def allows(self) -> bool:
        """Return whether to ask. After a while one caller may, and what becomes of that decides."""
        with self._lock:
            if not self._open:
                return True
            if self._trying or self._clock() < self._until:
                return False
            self._trying = True
            return True

    @property
    def down(self) -> bool:
        """Whether nobody may ask."""
        return self._open and not self._trying

    def succeeded(self) -> None:
        """The service answered, whatever it said."""
        with self._lock:
            self._open = self._trying = False
            self.worked = True

    def give_back(self) -> None:
        """The one who was allowed to try did not come to it; says nothing when it did."""
        with self._lock:
            self._trying = False

    def failed(self) -> None:
        """The service did not answer, also when it was asked again."""
        with self._lock:
            self._open, self._trying = True, False
            self._until = self._clock() + (DOWN / 10 if self.worked else DOWN)


def _number(text: str | None) -> int | None:
    seconds = duration(text or "")
    return None if seconds is None else int(seconds)
