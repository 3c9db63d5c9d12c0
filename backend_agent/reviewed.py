"""The compiled graph: as LangGraph's, and it pauses where the run's context says so."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from backend_agent.context import RunContext
from backend_agent.errors import UserError


class ReviewedGraph(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph that reads review points from its context, and holds the session that a server runs."""

    def stream(self, input: Any, config: RunnableConfig | None = None, **how: Any) -> Iterator[Any]:  # noqa: A002 - as the base class
        """As the base class; `interrupt_after` may also stand in the context."""
        how = self._paused(how)
        with _closed_behind(how.get("context")):
            yield from super().stream(input, config, **how)

    async def astream(self, input: Any, config: RunnableConfig | None = None, **how: Any) -> AsyncIterator[Any]:  # noqa: A002 - as the base class
        """As `stream`. A checkpointer that can hold a session for a run, and keep its calls, does so (`studio.py`)."""
        thread = (config or {}).get("configurable", {}).get("thread_id")
        hold = getattr(self.checkpointer, "holding", None)
        held = hold(str(thread), self) if hold and thread else contextlib.nullcontext()
        async with held:
            how = self._paused(how)
            journal = getattr(self.checkpointer, "journal", None)
            if journal and thread and isinstance(given := how.get("context"), RunContext):
                given.keep_calls(journal(str(thread)))
            with _closed_behind(how.get("context")):
                async with contextlib.aclosing(super().astream(input, config, **how)) as parts:  # type: ignore[type-var]  # it is an async generator
                    async for part in parts:
                        yield part

    def _paused(self, how: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a run, with the context's review points."""
        context = how.get("context")
        if not isinstance(context, Mapping | RunContext):
            return how
        # Each run has its own, which holds its author and its journal.
        given = RunContext(**(context.model_dump() if isinstance(context, RunContext) else context))
        unknown = next((name for name in given.pause_after if name not in self.nodes), None)
        if unknown is not None:
            stages = ", ".join(name for name in self.nodes if not name.startswith("__"))
            raise UserError(f"context.pause_after: there is no stage {unknown[:60]!r}; write some of: {stages}")
        return {**how, "context": given, "interrupt_after": how.get("interrupt_after") or given.pause_after or None}


@contextlib.contextmanager
def _closed_behind(context: object) -> Iterator[None]:
    """Close what a run's context opened, when the block is done."""
    try:
        yield
    finally:
        if isinstance(context, RunContext):
            context.close()
