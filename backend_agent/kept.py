"""A session as it is kept: what it is about, what state it is in, what was made and when. Reading only."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot
from pydantic import ValidationError

from backend_agent import settings
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import DRAFT, Author
from backend_agent.checkpoint import SessionSaver
from backend_agent.errors import UserError
from backend_agent.ledger import Activity, Ledger, Status, adopt, task_in
from backend_agent.moments import Moment, moments
from backend_agent.pipeline import RESULTS, STAGES, build_graph, graph_version, stages_for
from backend_agent.result import Result
from backend_agent.stage import Stage

if TYPE_CHECKING:
    from backend_agent.tree import Tree


class KeptSession:
    """A session in a checkpoint database, to be looked at. `close` it, or use it in a `with` block.

    Args:
        session_id: a UUID; also LangGraph's thread id.
        task: what it is about.
        saver: where it is kept.
        given: the settings that it runs with.
        author: who writes the artifacts.
        stages: the stages to build the graph from.
    """

    def __init__(
        self,
        session_id: str,
        task: BackendTask,
        saver: SessionSaver,
        given: settings.Settings,
        author: Author = DRAFT,
        stages: Sequence[Stage[Any]] = STAGES,
    ) -> None:
        self.id = session_id
        self.task = task
        self._saver = saver
        self._settings = given
        self._author = author
        self._all = stages
        self._stages = {stage.name: stage for stage in stages_for(task.type, stages)}
        self._version = graph_version(tuple(self._stages.values()))
        self._first = next(iter(self._stages))
        self._ledger = Ledger(saver, session_id)
        graph = build_graph(until=task.type, author=author, stages=stages)
        self._graph: CompiledStateGraph[Any, Any, Any, Any] = graph.copy(update={"checkpointer": saver})
        self._config: RunnableConfig = {"configurable": {"thread_id": session_id}}

    @classmethod
    def open(
        cls,
        session_id: str,
        saver: SessionSaver,
        given: settings.Settings,
        author: Author = DRAFT,
        stages: Sequence[Stage[Any]] = STAGES,
    ) -> Self:
        """Return a session that was started before; raises `UserError` when there is none that can be used."""
        found = saver.get_tuple({"configurable": {"thread_id": session_id}})
        if found is None:
            raise UserError(f"there is no session {session_id[:60]!r} in {given.database}")
        task = task_in(found.checkpoint)
        if task is None:
            raise UserError(f"{session_id[:60]!r} is a thread of another graph, not a session: go on with it there")
        values = found.checkpoint["channel_values"]
        try:
            read = as_it_ran(BackendTask.from_state(task), values.get("graph_version"), stages)
        except ValidationError:
            raise UserError(f"session {session_id[:60]} holds a task that this release cannot read") from None
        session = cls(session_id, read, saver, given, author, stages)
        if values.get("graph_version", session._version) != session._version:
            raise UserError(f"session {session_id} was made by another release of backend-agent; start a new one")
        adopt(saver, session_id)
        return session

    @staticmethod
    def known(session_id: str, saver: SessionSaver) -> bool:
        """Whether a session with that id has begun to run."""
        return saver.get_tuple({"configurable": {"thread_id": session_id}}) is not None

    def owning(self, *closing: Callable[[], None]) -> Self:
        """Have the database closed with this session, and what else is given, first. Return the session."""
        self._closing = weakref.finalize(self, _close, [*closing, self._saver.close])
        return self

    def close(self) -> None:
        """Close the database, if this session is the one that opened it."""
        if hasattr(self, "_closing"):
            self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def history(self) -> list[Moment]:
        """Return the session's checkpoints, oldest first."""
        return moments(self._graph, self._config)

    def tree(self) -> Tree:
        """Return the session's checkpoints with those of all sessions that it branched from or that left it."""
        from backend_agent.tree import tree

        def history(session: str) -> list[Moment]:
            return moments(self._graph, {"configurable": {"thread_id": session}})

        return tree(self._saver, self.id, history)

    def __repr__(self) -> str:
        return f"<Session {self.task.project_name}, {self.status}: {self.id}>"

    def _repr_html_(self) -> str:
        return self.tree()._repr_html_()

    def activity(self) -> list[Activity]:
        """Return what happened to the session, oldest first."""
        return self._ledger.activity()

    def artifact(self, stage: str) -> dict[str, Any]:
        """Return a stage's artifact as plain JSON values; raises `UserError` when it has not run."""
        value: dict[str, Any] | None = self.state.get(self._stage(stage).name)
        if value is None:
            raise UserError(f"session {self.id} has no {stage} yet; `resume` it first")
        return value

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that this session's task needs, in order."""
        return tuple(self._stages)

    @property
    def status(self) -> Status:
        """Whether it runs, waits, has ended or failed."""
        return self._ledger.status

    @property
    def pinned(self) -> list[str]:
        """Stages whose artifacts were edited, and are kept."""
        return [name for name, pinned in self.state.get("pinned", {}).items() if pinned]

    @property
    def unheard(self) -> dict[str, list[str]]:
        """By stage, feedback that no field of the task can say: kept for a chat model."""
        return dict(self.state.get("feedback", {}))

    @property
    def result(self) -> Result:
        """The artifacts so far, typed."""
        return Result(self.id, {"task": self.task.to_state(), **self.state})

    @property
    def state(self) -> Mapping[str, Any]:
        """The artifacts so far, as plain JSON values by stage, and their `records`."""
        values: Mapping[str, Any] = self._snapshot().values
        return values

    @property
    def next(self) -> tuple[str, ...]:
        """The stages that are due."""
        snapshot = self._snapshot()
        return (self._first,) if was_edited(snapshot) else tuple(snapshot.next)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to run."""
        return is_finished(self._snapshot())

    def _snapshot(self, checkpoint: str | None = None) -> StateSnapshot:
        place: RunnableConfig = {"configurable": {"thread_id": self.id}}
        if checkpoint is not None:
            place["configurable"]["checkpoint_id"] = checkpoint
        return self._graph.get_state(place)

    def _moment(self, after: str | None, checkpoint: str | None) -> Moment:
        found = self.history()
        if not found:
            raise UserError(f"session {self.id} has not run yet: there is nothing to branch from")
        if after is not None:
            self._stage(after)
            found = [moment for moment in found if after in moment.wrote]
            if not found:
                raise UserError(
                    f"session {self.id} has no {after} yet; `resume` it first, or branch after another stage"
                )
        if checkpoint is not None:
            found = [moment for moment in found if moment.checkpoint == checkpoint]
            if not found:
                raise UserError(f"session {self.id} has no checkpoint {checkpoint[:60]!r}; `history` lists them")
        return found[-1]

    def _stage(self, name: str) -> Stage[Any]:
        self._known([name])
        return self._stages[name]

    def _known(self, names: Sequence[str]) -> list[str]:
        for name in names:
            if name not in self._stages:
                raise UserError(f"there is no stage {name[:60]!r}; write one of: {', '.join(self._stages)}")
        return list(dict.fromkeys(names))


def _close(closing: Sequence[Callable[[], None]]) -> None:
    for close in closing:
        close()


def as_it_ran(task: BackendTask, version: str | None, stages: Sequence[Stage[Any]]) -> BackendTask:
    """Return the task with the type of the graph that ran: a server may run any task in any of them."""
    if version in (None, graph_version(stages_for(task.type, stages))):
        return task
    ran = [kind for kind in RESULTS if graph_version(stages_for(kind, stages)) == version]
    return task.model_copy(update={"type": ran[0]}) if ran else task


def was_edited(snapshot: StateSnapshot) -> bool:
    """Whether a checkpoint was made by the user: the next run then begins anew."""
    return (snapshot.metadata or {}).get("source") == "update"


def is_finished(snapshot: StateSnapshot) -> bool:
    """Whether nothing is left to run."""
    return bool(snapshot.values) and not is_due(snapshot) and not was_edited(snapshot)


def is_due(snapshot: StateSnapshot) -> bool:
    """Whether a step is open. `next` does not tell: it leaves out stages that wrote while the step is not kept."""
    return bool(snapshot.tasks)
