"""OpenTelemetry: a span for each session's run, stage, verifier and chat-model call, where a program collects spans.

Made from what is told of progress. Without OpenTelemetry (extra `[otel]`), or without a tracer provider, nothing is
done. No prompt, answer, task text or key gets into a span.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from backend_agent.errors import BackendAgentError
from backend_agent.progress import Watcher

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_PREFIX = "backend_agent."
_NAMES = {
    "model": "gen_ai.request.model",
    "tokens_in": "gen_ai.usage.input_tokens",
    "tokens_out": "gen_ai.usage.output_tokens",
}
"""Attributes that have a name in OpenTelemetry's conventions; the others have ours."""
_OF_STAGE = ("stage", "author", "findings")
_OF_CALL = ("purpose", "model", "outcome", "tokens_in", "tokens_out", "cost", "waited", "replayed")
_SUMMED = ("tokens_in", "tokens_out", "cost")


@contextmanager
def session(identifier: str, told: Mapping[str, str], outcome: Callable[[], str]) -> Iterator[None]:
    """Run the block in a span of a session's run.

    Args:
        identifier: the session's id.
        told: further attributes.
        outcome: asked at the end: what state the session is in.
    """
    with _span("session") as span:
        if span is not None:
            _set(span, {"session": identifier, **told})
        yield
        if span is not None:
            _set(span, {"outcome": outcome()})


@contextmanager
def stage(watcher: Watcher) -> Iterator[Watcher]:
    """Run the block, which is one stage's work, in a span; give who is to be told of progress, `watcher` behind it."""
    with _span("stage") as span:
        if span is None:
            yield watcher
            return
        followed = _Followed(span, watcher)
        try:
            yield followed
        finally:
            followed.close()


class _Followed:
    """Makes a stage's span, and those of its calls and verifiers, of what is told; any thread may tell.

    Args:
        span: the stage's.
        watcher: told everything too.
    """

    def __init__(self, span: Span, watcher: Watcher) -> None:
        self._span = span
        self._watcher = watcher
        self._lock = threading.Lock()
        self._open: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
        self._sums: defaultdict[str, float] = defaultdict(int)

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event."""
        with self._lock:
            self._follow(event)
        self._watcher(event)

    def _follow(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind in ("stage_started", "stage_skipped", "stage_finished"):
            self._span.update_name(f"stage {event['stage']}")
            _set(self._span, {"skipped": kind == "stage_skipped"} | _some(event, _OF_STAGE) | dict(self._sums))
            if kind != "stage_started":
                self._end_all()
        elif kind == "verifier_started":
            self._begin(("verifier", event["verifier"]), f"verifier {event['verifier']}")
        elif kind == "verifier_finished":
            found = _some(event, ("verifier", "verdict"))
            self._end(("verifier", event["verifier"]), f"verifier {event['verifier']}", found)
        elif kind == "call_started":
            self._begin(("call", event["purpose"], event["model"]), f"chat {event['model']}")
        elif kind == "call_finished":
            if not event.get("replayed"):
                for name in _SUMMED:
                    self._sums[name] += event.get(name) or 0
            key = ("call", event["purpose"], event["model"])
            self._end(key, f"chat {event['model']}", _some(event, _OF_CALL))

    def _begin(self, key: tuple[str, ...], name: str) -> None:
        span = _child(self._span, name)
        _set(span, {"purpose": key[1]} if key[0] == "call" else {})
        self._open[key].append(span)

    def _end(self, key: tuple[str, ...], name: str, values: Mapping[str, Any]) -> None:
        span = self._open[key].pop(0) if self._open[key] else _child(self._span, name)
        _set(span, values)
        if values.get("verdict") == "fail" or values.get("outcome", "ok") not in ("ok", "salvaged"):
            _failed(span, str(values.get("outcome") or values["verdict"]))
        span.end()

    def _end_all(self) -> None:
        for spans in self._open.values():
            for span in spans:
                _set(span, {"outcome": "unfinished"})
                span.end()
        self._open.clear()

    def close(self) -> None:
        """End what never told its end."""
        with self._lock:
            self._end_all()


@contextmanager
def _span(name: str) -> Iterator[Span | None]:
    """Run the block in a span, which becomes that of an error; None: nobody collects spans."""
    trace = _collecting()
    if trace is None:
        yield None
        return
    with trace.get_tracer("backend_agent").start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span if span.is_recording() else None
        except BaseException as error:
            _error(span, error)
            raise


def _collecting() -> Any:
    """Return OpenTelemetry's `trace`. A program that collects spans has imported it: so nobody else waits for it."""
    return sys.modules.get("opentelemetry.trace")


def _child(parent: Span, name: str) -> Span:
    from opentelemetry import trace

    return trace.get_tracer("backend_agent").start_span(name, trace.set_span_in_context(parent))


def _set(span: Span, values: Mapping[str, Any]) -> None:
    span.set_attributes({_NAMES.get(name, _PREFIX + name): value for name, value in values.items()})


def _some(event: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: event[name] for name in names if event.get(name) is not None}


def _error(span: Span, error: BaseException) -> None:
    """Note what ended a span: only our own messages are written down, another one may hold anything, a password too."""
    from opentelemetry.trace import Status, StatusCode

    if isinstance(error, GeneratorExit | KeyboardInterrupt):
        _set(span, {"outcome": "stopped"})
        return
    if type(error).__name__ == "GraphInterrupt":  # a question to whoever runs the graph, no failure
        _set(span, {"outcome": "asked"})
        return
    message = {"exception.message": str(error)} if isinstance(error, BackendAgentError) else {}
    span.add_event("exception", {"exception.type": type(error).__name__, **message})
    span.set_status(Status(StatusCode.ERROR, type(error).__name__))
    _set(span, {"outcome": "failed"})


def _failed(span: Span, why: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR, why))
