"""Progress: what is going on, told to whoever watches. Telling it to nobody costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Watcher = Callable[[dict[str, Any]], None]
"""Takes one event: a dictionary with `event` (`session_started`, `stage_started`, `stage_finished`, `stage_skipped`,
`verifier_started`, `verifier_finished`; `call_started`, `call_tokens`, `call_waiting`, `call_finished`) and
what belongs to it (`stage`, `title`, `verifier`, `verdict`; `purpose`, `tokens`, `seconds` ...)."""


_watcher: ContextVar[Watcher | None] = ContextVar("backend_agent_progress", default=None)


def tell(event: str, **data: Any) -> None:
    """Tell the watcher, if there is one, that `event` happened."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher({"event": event, **data})


@contextmanager
def watched_by(watcher: Watcher | None) -> Iterator[None]:
    """Send what is told inside to `watcher`; threads started inside need a copy of the context."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
