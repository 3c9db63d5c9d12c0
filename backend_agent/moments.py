"""A session's history: its checkpoints, and what each step brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

_NOT_WRITTEN = ("records", "graph_version", "released", "pinned", "feedback", "calls")
"""State that belongs to no stage."""


@dataclass(frozen=True)
class Moment:
    """One checkpoint of a session."""

    checkpoint: str
    """Its id."""
    time: str
    """When it was made: ISO 8601, UTC."""
    next: tuple[str, ...]
    """Stages due next; empty at the end."""
    wrote: tuple[str, ...]
    """Artifacts that the step before it wrote, or that were edited."""
    edited: bool = False
    """Whether the user made it: an edit, feedback, another task."""
    score: float | None = None
    """The overall score there, once the project was judged."""
    parent: str | None = None
    """The checkpoint before it; None at the beginning."""


def moments(graph: CompiledStateGraph[Any, Any, Any, Any], config: RunnableConfig) -> list[Moment]:
    """Return a thread's checkpoints, oldest first."""
    found: list[Moment] = []
    before: Mapping[str, Any] = {}
    for snapshot in reversed(list(graph.get_state_history(config))):
        values: Mapping[str, Any] = snapshot.values
        # The saver gives the same object for the same value: equal ones are seldom compared.
        wrote = tuple(
            name
            for name, value in values.items()
            if name not in _NOT_WRITTEN and value is not before.get(name) and value != before.get(name)
        )
        found.append(
            Moment(
                checkpoint=snapshot.config["configurable"]["checkpoint_id"],
                time=snapshot.created_at or "",
                next=tuple(snapshot.next),
                wrote=wrote,
                edited=(snapshot.metadata or {}).get("source") == "update",
                score=values.get("quality", {}).get("overall_score"),
                parent=((snapshot.parent_config or {}).get("configurable") or {}).get("checkpoint_id"),
            )
        )
        before = values
    return found
