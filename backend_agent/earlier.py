"""Earlier decisions: what the same user decided in other projects, offered to whoever writes the architecture.

Drafts do not look at them, so that a task gives the same bytes whatever was made before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    """One decision of another project."""

    project: str
    architecture_type: str
    title: str
    choice: str
    reason: str

    def __str__(self) -> str:
        return f"{self.project} ({self.architecture_type}): {self.title}: {self.choice}. {self.reason}"


Source = Callable[[], Sequence[Pattern]]
"""Looked up when somebody asks, not before: it costs time."""
_source: ContextVar[Source | None] = ContextVar("backend_agent_earlier", default=None)


def patterns() -> Sequence[Pattern]:
    """Return the decisions that are offered to the run this code is part of, the newest project's first."""
    source = _source.get()
    return source() if source is not None else ()


@contextmanager
def offering(source: Source) -> Iterator[None]:
    """Offer decisions to what runs inside the block."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
