"""The pipeline for each task type, as a graph that takes and gives its whole state. Built when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from backend_agent.authors import Author
from backend_agent.gate import gates
from backend_agent.pipeline import RESULTS, build_graph, stages_for
from backend_agent.stage import Stage

Graph = CompiledStateGraph[Any, Any, Any, Any]


def by_type(author: Author, stages: Sequence[Stage[Any]], review_after: Sequence[str]) -> Callable[[str], Graph]:
    """Return the function that gives a task type's graph.

    Args:
        author: who writes the artifacts.
        stages: the stages to build from.
        review_after: stages behind which somebody is asked; a graph that has no such stage does not ask.

    Raises:
        UserError: there is no such stage at all.
    """
    gates(stages, review_after)

    @lru_cache(maxsize=len(RESULTS))
    def choose(kind: str) -> Graph:
        named = {stage.name for stage in stages_for(kind, stages)}
        asking = [name for name in review_after if name in named]
        return build_graph(until=kind, author=author, stages=stages, review_after=asking, whole=True)

    return choose
