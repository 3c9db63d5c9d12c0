"""One request to a chat model: sent, listened to, and given up when it takes too long or the run is asked to stop."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from backend_agent.chat.faults import TimedOut
from backend_agent.chat.waiting import Patience

if TYPE_CHECKING:
    import httpx
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

TICK = 0.25
"""Seconds between two signs of life."""
_TRACING = ("LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING")
_headers: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar("backend_agent_headers", default=None)


@dataclass
class Heard:
    """What came back."""

    text: str = ""
    finish: str | None = None
    """Why it ended, in the service's words."""
    refusal: str | None = None
    usage: Mapping[str, Any] | None = None
    """As LangChain says it; None: the service did not tell."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the response; names in lower case."""
    error: BaseException | None = None
    """What the client raised. Not to be raised again: its text may hold anything."""


def note_headers(response: httpx.Response) -> None:
    """Keep a response's headers for the request under way: LangChain drops them."""
    found = _headers.get()
    if found is not None:
        found.update({name.lower(): value for name, value in response.headers.items()})


def speak(
    model: Runnable[Any, Any],
    messages: Sequence[BaseMessage],
    seconds: float,
    patience: Patience,
    tell: Callable[[int], object],
) -> Heard:
    """Send messages, and return what came back; what went wrong is a part of it.

    The request runs in a thread of its own: clients look at their time-outs between two bytes only, and cannot be
    interrupted. One that is given up ends with its connection.

    Args:
        model: a chat model, with what belongs to this request bound to it.
        messages: what to send.
        seconds: time-out for all of it.
        patience: ends it when the run is asked to stop.
        tell: given the number of characters so far, four times a second.
    """
    request = _Request(model, list(messages))
    end = time.monotonic() + seconds
    # Named for whoever looks at a process that hangs; a daemon, so that it never keeps one alive.
    threading.Thread(target=contextvars.copy_context().run, args=(request.run,), daemon=True, name="chat model").start()
    try:
        while not request.done.wait(max(0.0, min(TICK, end - time.monotonic()))):
            patience.check()
            if time.monotonic() >= end:
                return Heard(headers=dict(request.headers), error=TimedOut())
            tell(request.length)
    finally:
        request.unwanted = True
    patience.check()
    return request.heard


class _Request:
    def __init__(self, model: Runnable[Any, Any], messages: list[BaseMessage]) -> None:
        self._model = model
        self._messages = messages
        self.done = threading.Event()
        self.headers: dict[str, str] = {}
        self.heard = Heard(headers=self.headers)
        self.length = 0
        self.unwanted = False

    def run(self) -> None:
        _headers.set(self.headers)
        try:
            with tracing():
                self._listen()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits, who knows what to do
            self.heard.error = error.with_traceback(None)
            if not self.headers and (response := getattr(error, "response", None)) is not None:
                self.headers.update({str(name).lower(): str(value) for name, value in response.headers.items()})
        finally:
            self.done.set()

    def _listen(self) -> None:
        texts: list[str] = []
        with closing(cast("Generator[Any]", self._model.stream(self._messages))) as stream:
            for message in stream:
                if self.unwanted:
                    return
                piece = _text(message)
                texts.append(piece)
                self.length += len(piece)
                self._note(message)
        self.heard.text = "".join(texts)

    def _note(self, message: Any) -> None:
        """Take over what a message or a piece of one says about the answer."""
        told = getattr(message, "response_metadata", None) or {}
        reason = told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason")
        self.heard.finish = str(reason) if reason else self.heard.finish
        refusal = (getattr(message, "additional_kwargs", None) or {}).get("refusal")
        self.heard.refusal = str(refusal) if refusal else self.heard.refusal
        usage = getattr(message, "usage_metadata", None)
        if usage:
            self.heard.usage = usage if self.heard.usage is None else _sum(self.heard.usage, usage)


def tracing() -> AbstractContextManager[Any]:
    """Switch tracing off, unless the user's environment switches it on."""
    if any(os.environ.get(name, "").lower() == "true" for name in _TRACING):
        return nullcontext()
    from langsmith import tracing_context

    return cast("AbstractContextManager[Any]", tracing_context(enabled=False))


def _text(message: Any) -> str:
    """Return a message's text; blocks of reasoning are none."""
    content = message.content
    if isinstance(content, str):
        return content
    parts = [part if isinstance(part, str) else part.get("text", "") for part in content if _is_text(part)]
    return "".join(parts)


def _is_text(part: Any) -> bool:
    return isinstance(part, str) or part.get("type", "text") == "text"


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sum of two usages: streams tell them in pieces."""
    made: dict[str, Any] = {}
    for name in {**one, **other}:
        left, right = one.get(name), other.get(name)
        if isinstance(left, Mapping) or isinstance(right, Mapping):
            made[name] = _sum(left or {}, right or {})
        else:
            made[name] = (left or 0) + (right or 0)
    return made
