"""Review: a human gate behind stages, as a node of its own, for graphs that run inside other graphs.

A gate asks through LangGraph's `interrupt`, so the question reaches whoever runs the outermost graph, and the answer
comes back with `Command(resume=...)`. One gate stands behind all stages of a step and asks of one stage after another:
there is never more than one question open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from langgraph.types import interrupt

from backend_agent import edits, feedback
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import digest
from backend_agent.errors import UserError
from backend_agent.node import Node
from backend_agent.stage import Stage
from backend_agent.state import Json, State

Stages = Sequence[Stage[Any]]
HOW = "approve; or write a sentence on what to do differently; or give {'artifact': {...}} with the edited artifact"
"""What may be answered."""
_YES = ("approve", "approved", "ok", "okay", "yes", "y", "go on", "looks good", "lgtm")


@dataclass(frozen=True)
class Gate:
    """A gate, and the stages that it asks about, in order."""

    name: str
    title: str
    stages: tuple[Stage[Any], ...]


def gates(stages: Stages, names: Sequence[str]) -> dict[str, Gate]:
    """Return by name the gates behind the stages called `names`; raises `UserError` when there is no such stage."""
    known = {stage.name: stage for stage in stages}
    for name in names:
        if name not in known:
            raise UserError(f"review_after: there is no stage {name[:60]!r}; write one of: {', '.join(known)}")
    levels = _levels(stages)
    found: dict[int, list[Stage[Any]]] = {}
    for stage in stages:
        if stage.name in names and stage.name not in edits.MEASURED:
            found.setdefault(levels[stage.name], []).append(stage)
        elif stage.name in names:
            raise UserError(f"review_after: {stage.name} is what was measured; review a design that it judges")
    made = [
        Gate(f"review_{'_'.join(s.name for s in at)}", f"Review: {', '.join(s.title for s in at)}", tuple(at))
        for at in found.values()
    ]
    return {gate.name: gate for gate in made}


def with_gates(stages: Stages, found: dict[str, Gate]) -> list[Stage[Any]]:
    """Return stages for `order`: the gates stand among them, and everything behind a gate reads it."""
    levels = _levels(stages)
    line = list(stages)
    for gate in found.values():
        level = levels[gate.stages[0].name]
        before = tuple(stage.name for stage in stages if levels[stage.name] <= level)
        line = [replace(s, reads=(*s.reads, gate.name)) if levels.get(s.name, 0) > level else s for s in line]
        place = max(i for i, stage in enumerate(line) if stage.name in before) + 1
        line.insert(place, replace(gate.stages[0], name=gate.name, reads=before))
    return line


def node_of_gate(gate: Gate) -> Node:
    """Return the node that asks. It is passed without a question when what it asks about was approved before."""

    def node(state: State) -> Json:
        written: Json = {}
        for stage in gate.stages:
            if not approved(stage.name, state):
                answer = _asked(stage, state)
                for key, value in answer.items():
                    both = isinstance(written.get(key), dict) and key in ("pinned", "feedback", "reviewed")
                    written[key] = {**written[key], **value} if both else value
                if "reviewed" not in answer:  # the work begins anew: what else is to be asked is asked then
                    break
        return written

    return node


def approved(name: str, state: State) -> bool:
    """Whether a stage's artifact is the one that was approved, or was edited by hand."""
    value = state[name]  # type: ignore[literal-required]  # a key a stage
    pinned: bool = state.get("pinned", {}).get(name, False)
    kept: str | None = state.get("reviewed", {}).get(name)
    return pinned or kept == digest(value)


def _asked(stage: Stage[Any], state: State) -> Json:
    """Ask until the answer can be used; return what it changes."""
    value = state[stage.name]  # type: ignore[literal-required]  # a key a stage
    question = {
        "review": stage.name,
        "title": stage.title,
        "question": f"{stage.title}: {HOW}",
        "artifact": value,
        "kept_for_a_chat_model": state.get("feedback", {}).get(stage.name, []),
    }
    fault = ""
    while True:
        answer = interrupt({**question, "fault": fault} if fault else question)
        try:
            return _taken(stage, value, answer, state)
        except UserError as error:
            fault = str(error)


def _taken(stage: Stage[Any], value: Json, answer: object, state: State) -> Json:
    if isinstance(answer, dict) and isinstance(answer.get("artifact"), dict):
        edited = edits.valid(stage, answer["artifact"])
        return {stage.name: edited, "pinned": {stage.name: True}, "reviewed": {stage.name: digest(edited)}}
    if isinstance(answer, dict):
        answer = answer.get("feedback") or answer.get("approve")
    text = " ".join(answer.split()) if isinstance(answer, str) else ""
    if answer is True or text.rstrip(".!").lower() in _YES:
        return {"reviewed": {stage.name: digest(value)}}
    if not text:
        raise UserError(f"the answer cannot be read: {HOW}")
    task = feedback.heard(stage.name, text, BackendTask.from_state(state["task"]))
    if task is not None:
        return {"task": task.to_state()}
    return {"feedback": {stage.name: [*state.get("feedback", {}).get(stage.name, []), text[:4000]]}}


def _levels(stages: Stages) -> dict[str, int]:
    """Return by stage how many stages lie before it on the longest way."""
    found: dict[str, int] = {}
    for stage in stages:
        found[stage.name] = 1 + max((found[name] for name in stage.reads if name in found), default=-1)
    return found
