"""A model as a client found it so far: what it takes, what it allows, whether it answers at all."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from backend_agent.chat import faults
from backend_agent.chat.limits import Breaker, Limiter
from backend_agent.chat.models import Capability, ChatModel
from backend_agent.chat.tokens import tokens
from backend_agent.errors import UserError
from backend_agent.state import Json

LADDER: tuple[Capability, ...] = ("strict", "schema", "json", "text")
PAUSE = 0.5
"""Seconds before a service that failed is asked again; twice that the next time."""
_OVERHEAD = 32
"""Tokens of a request that stand in no message."""
_NONE = "the service has no such model"
_DOWN = "the service is down"


@dataclass(frozen=True)
class Request:
    """A question."""

    purpose: str
    """What it is for, such as `domain`; see `Call.purpose`."""
    system: str
    """What never changes: services remember it, and take less for it."""
    prompt: str
    schema_name: str = "answer"
    """Letters, digits, `_` and `-`."""
    schema: Json | None = None
    """What the answer has to fit; None: it is text."""
    max_output: int = 4096
    """Tokens, reasoning included. More are asked for when they turn out to be too few."""
    effort: str = "medium"
    """Of reasoning: `low`, `medium` or `high`."""


class Available:
    """A model as it was found so far: shared by all questions of a client.

    Args:
        model: which.
        breaker: of its service.
    """

    def __init__(self, model: ChatModel, breaker: Breaker) -> None:
        self.of = model
        self.model = model.model
        self.limiter = Limiter(self.model.free)
        self.breaker = breaker
        self.gone = False
        self.plain = False
        """Whether its client takes no options."""
        self.refused = ""
        self._rung = LADDER.index(self.model.capability)
        self._ratio = 1.0
        self._looked = False
        self._lock = threading.Lock()

    def rung(self, request: Request) -> Capability:
        """Return how to ask for an answer."""
        return LADDER[self._rung] if request.schema is not None else "text"

    def step_down(self, rung: Capability, *, options: bool) -> bool:
        """Ask less of it from now on; return whether that is possible. Several may find out at once.

        Args:
            rung: the one that failed.
            options: whether its client takes no such options, rather than the service.
        """
        with self._lock:
            lower = LADDER.index(rung) + 1
            if lower < len(LADDER):
                self._rung = max(self._rung, lower)
                return True
            possible = options and not self.plain
            self.plain = self.plain or options
            return possible

    def estimate(self, text: str) -> int:
        """Return the tokens of a prompt: at first rather too many, then as the service counted."""
        return int(tokens(text) * self._ratio) + _OVERHEAD

    def counted(self, text: str, count: int) -> None:
        """Learn from what the service counted."""
        raw = tokens(text)
        if count > 0 and raw > 0:
            self._ratio = min(2.0, max(0.5, 0.5 * self._ratio + 0.55 * count / raw))  # a tenth more than it was

    def trouble(self) -> str:
        """Return why it is not worth asking now; empty: it is. Asks the service once whether it has the model."""
        if self.limiter.blocked() > faults.LONG:
            return "a limit of the service is reached for today"
        with self._lock:
            if self.refused:
                raise UserError(self.refused)
            if self.gone:
                return _NONE
            if not self.breaker.allows():
                return _DOWN
            if not self._looked:
                self._look()
            if self.gone:
                self.breaker.give_back()
                return _NONE
        return _DOWN if self.breaker.down else ""

    def _look(self) -> None:
        begun = time.monotonic()
        for last in (False, True):
            fault = None
            try:
                self.gone = self.of.listed() is False
            except Exception as error:  # noqa: BLE001 - each client has its own
                fault = faults.of_error(error, {})
            if fault is None or not fault.down:
                self._looked = fault is None
                if fault is not None and fault.do == "stop":
                    raise UserError(self.refuse())
                return
            if last or time.monotonic() - begun > 1:  # one that says nothing is not waited for twice
                break
            time.sleep(PAUSE)
        self.breaker.failed()

    def refuse(self) -> str:
        """Note that the key was refused, and return the line that says so."""
        self.refused = f"{self.model.name}: the service refused the key in {self.of.variable}: put a valid one there"
        return self.refused
