"""The pipeline: stages in order, the graph that runs them, and the way back from quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import BaseModel, ConfigDict, Field, create_model

from backend_agent import settings, syntax
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.task import BackendTask, TaskType
from backend_agent.authors import DRAFT, Author, digest
from backend_agent.context import RunContext, in_context
from backend_agent.errors import UserError
from backend_agent.gate import Gate, approved, gates, node_of_gate, with_gates
from backend_agent.node import Known, reruns
from backend_agent.order import ancestors, needs_deferring, successors
from backend_agent.reviewed import ReviewedGraph
from backend_agent.stage import Stage
from backend_agent.stages import (
    api,
    architecture,
    code,
    database,
    deployment,
    documentation,
    domain,
    performance,
    quality,
    requirements,
    security,
    testing,
    verification,
)
from backend_agent.state import State

STAGES: tuple[Stage[Any], ...] = (
    requirements.STAGE,
    domain.STAGE,
    architecture.STAGE,
    database.STAGE,
    api.STAGE,
    security.STAGE,
    performance.STAGE,
    testing.STAGE,
    deployment.STAGE,
    code.STAGE,
    verification.STAGE,
    quality.STAGE,
    documentation.STAGE,
)

RESULTS: dict[str, tuple[str, ...]] = {
    "backend_development": ("verification",),
    "api_design": ("api",),
    "database_design": ("database",),
    "authentication_system": ("database", "security"),
    "microservices_design": ("api", "deployment"),
    "performance_optimization": ("performance",),
    "security_implementation": ("security",),
    "backend_architecture": ("architecture",),
}
"""By task type: the artifacts it is about. What they read runs too, and so do quality and documentation."""

RECURSION_LIMIT = 100
"""Supersteps of one run: 11 for the whole line, and again for each rerun."""


class TaskInput(BaseModel):
    """What the graph takes."""

    model_config = ConfigDict(title="Task")

    task: BackendTask = Field(title="Task", description="What the service should do.")


def stages_for(until: str | None = None, stages: Sequence[Stage[Any]] = STAGES) -> tuple[Stage[Any], ...]:
    """Return the stages of a smaller graph, in order.

    Args:
        until: a task type, or the name of the last stage that is wanted; None: all.
        stages: to choose from.
    """
    names = {stage.name for stage in stages}
    if until is None or until == "backend_development":
        return tuple(stages)
    if until in RESULTS:
        wanted = ancestors(stages, RESULTS[until]) | {"quality", "documentation"}
    elif until in names:
        wanted = ancestors(stages, (until,))
    else:
        raise UserError(f"until: {until!r} is neither a task type nor a stage; stages are: {', '.join(sorted(names))}")
    return tuple(stage for stage in stages if stage.name in wanted)


def graph_version(stages: Sequence[Stage[Any]] = STAGES) -> str:
    """Return a hash of the stages' names and reads: sessions of another graph cannot be resumed in this one."""
    return digest([[stage.name, list(stage.reads)] for stage in stages])[:16]


def build_graph(
    name: str = "backend_developer",
    *,
    until: str | None = None,
    author: Author = DRAFT,
    stages: Sequence[Stage[Any]] = STAGES,
    review_after: Sequence[str] = (),
    whole: bool = False,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return the compiled graph, without a checkpointer: one node a stage; `{"task": {...}}` goes in.

    `context=` of a run may hold what `RunContext` has: budget, review points, verification, an output folder.

    Args:
        name: the graph's name, as a parent graph or a server shows it.
        until: a task type or a stage's name, for a smaller graph.
        author: who writes the artifacts.
        stages: the stages to build from.
        review_after: stages behind which somebody is asked, through an interrupt: approve, feedback, or an edit.
        whole: take and give the whole state, records too, for a caller that hands it back in: then only what depends
            on a change runs again.
    """
    with syntax.LOCK:
        return _build(name, stages_for(until, stages), until, author, review_after, whole=whole)


def _build(
    name: str,
    chosen: Sequence[Stage[Any]],
    until: str | None,
    author: Author,
    review_after: Sequence[str],
    *,
    whole: bool,
) -> CompiledStateGraph[Any, Any, Any, Any]:
    asking = gates(chosen, review_after)
    line = with_gates(chosen, asking)
    graph = StateGraph(State, RunContext, input_schema=_input(until), output_schema=_output(name, chosen))
    if whole:
        graph = StateGraph(State, RunContext)
    version = graph_version(chosen)
    following = successors(line)
    ends = successors(chosen)  # files are written behind the last stage, whatever gate is behind it
    reached = {target for targets in following.values() for target in targets}
    deferred = needs_deferring(line)
    known = Known()
    for gate in asking.values():
        onward = following[gate.name] or (END,)
        graph.add_node(gate.name, node_of_gate(gate), defer=gate.name in deferred, metadata={"title": gate.title})
        way = _way_from(gate, chosen[0].name, onward)
        graph.add_conditional_edges(gate.name, way, {n: n for n in (chosen[0].name, *onward)})
    for stage in chosen:
        first = stage.name not in reached
        graph.add_node(
            stage.name,
            in_context(stage, author, known, version if first else None, last=not ends[stage.name]),
            defer=stage.name in deferred,
            metadata={"title": stage.title},
        )
        if first:
            graph.add_edge(START, stage.name)
        onward = following[stage.name] or (END,)
        if stage.artifact is QualityAssessment:
            back = [other.name for other in chosen if other.name in ancestors(chosen, (stage.name,)) - {stage.name}]
            graph.add_conditional_edges(stage.name, _way_on(chosen, onward), {n: n for n in (*back, *onward)})
        else:
            for target in onward:
                graph.add_edge(stage.name, target)
    compiled = ReviewedGraph(**vars(graph.compile(name=name)))
    return compiled.with_config(recursion_limit=RECURSION_LIMIT)


def _input(until: str | None) -> type[BaseModel]:
    """Return what the graph takes; one for a task type offers that type."""
    if until not in RESULTS:
        return TaskInput
    kind = Field(default=until, description=BackendTask.model_fields["type"].description)
    own = create_model("BackendTask", __base__=BackendTask, type=(TaskType, kind))
    given = TaskInput.model_fields["task"]
    return create_model("TaskInput", __base__=TaskInput, task=(own, given))


def _way_on(chosen: Sequence[Stage[Any]], onward: Sequence[str]) -> Callable[[State], list[str]]:
    """Return the router behind quality: the weak stages that a rerun may mend, or what comes next."""

    def way_on(state: State) -> list[str]:
        assessment = QualityAssessment.from_state(state["quality"])
        limit = settings.current().max_rounds
        weak = [s.name for s in chosen if s.name in assessment.weak_stages and reruns(s.name, state, limit)]
        # A weak stage behind another one is reached through it.
        first = [n for n in weak if not (ancestors(chosen, (n,)) - {n}) & set(weak)]
        return first or list(onward)

    return way_on


def _way_from(gate: Gate, first: str, onward: Sequence[str]) -> Callable[[State], list[str]]:
    """Return the router behind a gate: on when all is approved; else all over, where what is unchanged does no work."""

    def way_from(state: State) -> list[str]:
        return list(onward) if all(approved(stage.name, state) for stage in gate.stages) else [first]

    return way_from


def _output(name: str, stages: Sequence[Stage[Any]]) -> type[BaseModel]:
    """Return what the graph gives: the artifacts, without the records, so that a parent graph counts nothing twice."""
    fields: dict[str, Any] = {s.name: (s.artifact | None, Field(default=None, description=s.title)) for s in stages}
    return create_model(f"{name}_result", task=(BackendTask, ...), **fields)
