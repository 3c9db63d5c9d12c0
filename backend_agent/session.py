"""Sessions: one project over time, a LangGraph thread. Started, run, and taken up again where it stopped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from backend_agent import settings, stop
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import DRAFT, Author
from backend_agent.checkpoint import SessionSaver
from backend_agent.errors import UserError
from backend_agent.pipeline import STAGES, build_graph, graph_version, stages_for
from backend_agent.progress import Watcher
from backend_agent.stage import Stage


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
    """Artifacts that the step before it wrote."""


class Session:
    """A session in a checkpoint database. Made by `start` or `open`.

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
        self._settings = given
        self._version = graph_version(stages_for(task.type, stages))
        graph = build_graph(until=task.type, author=author, stages=stages)
        self._graph: CompiledStateGraph[Any, Any, Any, Any] = graph.copy(update={"checkpointer": saver})
        self._config: RunnableConfig = {"configurable": {"thread_id": session_id}}

    @classmethod
    def start(
        cls,
        task: BackendTask,
        saver: SessionSaver,
        given: settings.Settings,
        author: Author = DRAFT,
        stages: Sequence[Stage[Any]] = STAGES,
    ) -> Self:
        """Return a new session; nothing has run or been kept yet."""
        return cls(str(uuid.uuid4()), task, saver, given, author, stages)

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
        values = found.checkpoint["channel_values"]
        task = values.get("task") or values.get("__start__", {}).get("task")
        session = cls(session_id, BackendTask.from_state(task), saver, given, author, stages)
        if values.get("graph_version", session._version) != session._version:
            raise UserError(f"session {session_id} was made by another release of backend-agent; start a new one")
        return session

    def run(self, on_progress: Watcher | None = None) -> Mapping[str, Any]:
        """Run all that has not run yet and return the state: plain JSON values by stage.

        A stage that finished is not repeated, also when the process was killed in between.
        """
        snapshot = self._graph.get_state(self._config)
        if snapshot.values and not snapshot.next:
            return self.state
        if on_progress is not None:
            on_progress({"event": "session_started", "session": self.id})
        given = None if snapshot.next else {"task": self.task.to_state()}
        with settings.use(self._settings), stop.on_signals():
            # Sync: what a stage wrote is on the disk before the next one begins.
            for event in self._graph.stream(given, self._config, stream_mode="custom", durability="sync"):
                if on_progress is not None:
                    on_progress(event)
        return self.state

    @property
    def state(self) -> Mapping[str, Any]:
        """The artifacts so far, as plain JSON values by stage, and their `records`."""
        values: Mapping[str, Any] = self._graph.get_state(self._config).values
        return values

    @property
    def finished(self) -> bool:
        """Whether nothing is left to run."""
        snapshot = self._graph.get_state(self._config)
        return bool(snapshot.values) and not snapshot.next

    def history(self) -> list[Moment]:
        """Return the session's checkpoints, oldest first."""
        moments: list[Moment] = []
        before: Mapping[str, Any] = {}
        for snapshot in reversed(list(self._graph.get_state_history(self._config))):
            values: Mapping[str, Any] = snapshot.values
            wrote = tuple(k for k in values if k not in ("records", "graph_version") and values[k] != before.get(k))
            identifier = snapshot.config["configurable"]["checkpoint_id"]
            moments.append(Moment(identifier, snapshot.created_at or "", tuple(snapshot.next), wrote))
            before = values
        return moments
