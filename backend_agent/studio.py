"""For LangGraph's dev server and Studio: the session database that the command line and notebooks use, as its own.

`langgraph.json` names `make_checkpointer`. A thread of the server is a session, and a session is a thread: one lock and
one ledger for both. What the server writes into a session that another process runs is refused.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.errors import InvalidUpdateError
from langgraph.graph.state import CompiledStateGraph

from backend_agent import prune
from backend_agent.answers import SessionJournal
from backend_agent.beside import BesideTheLoop
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.context import RunContext
from backend_agent.errors import BackendAgentError, UserError
from backend_agent.ledger import Ledger, adopt
from backend_agent.lock import SessionLock
from backend_agent.pipeline import STAGES
from backend_agent.settings import Settings

Graph = CompiledStateGraph[Any, Any, Any, Any]


@asynccontextmanager
async def make_checkpointer() -> AsyncIterator[ServedSaver]:
    """Open the session database for a server, and close it behind it. Never in the way of its event loop."""
    saver = await asyncio.to_thread(lambda: open_saver(Settings.from_environment().database))
    try:
        yield ServedSaver(saver)
    finally:
        await asyncio.to_thread(saver.close)


class Told(UserError, InvalidUpdateError):
    """A user's mistake, as an error whose words the server passes on; of others it tells nothing."""


class ServedSaver(BesideTheLoop):
    """The session database as a server uses it: asynchronous, with a lock for each run.

    Args:
        inner: the session database.
    """

    def __init__(self, inner: SessionSaver) -> None:
        super().__init__(serde=inner.serde)
        self._inner = inner

    @asynccontextmanager
    async def holding(self, session: str, graph: Graph) -> AsyncIterator[None]:
        """Hold a session's lock while a server runs it, and write down in its ledger how that ended.

        Args:
            session: the server's thread.
            graph: what runs.

        Raises:
            Told: another process runs this session.
        """
        lock = SessionLock(self._inner, session)
        try:
            await asyncio.to_thread(lock.__enter__)
        except UserError as error:
            raise Told(str(error)) from None
        try:
            await asyncio.to_thread(self._note, session, "started", "", "thinking")
            try:
                yield
            except BaseException as error:
                # Only our own messages are written down: another one may hold anything, a password too.
                told = str(error) if isinstance(error, BackendAgentError) else type(error).__name__
                await asyncio.to_thread(self._note, session, "failed", told, "error")
                if isinstance(error, UserError):
                    raise Told(told) from None
                raise
            state = await graph.aget_state({"configurable": {"thread_id": session}})
            event, status = ("paused", "paused") if state.next else ("completed", "completed")
            await asyncio.to_thread(self._note, session, event, " ".join(state.next), status)
            if not state.next:
                await asyncio.to_thread(self._remember, session, graph, state.values)
        finally:
            await asyncio.to_thread(lock.__exit__, None, None, None)

    def journal(self, session: str) -> SessionJournal:
        """Return where the calls of a session are kept, those that earlier runs paid for too."""
        return SessionJournal(self._inner, session)

    def _remember(self, session: str, graph: Graph, values: Mapping[str, Any]) -> None:
        """Put the artifacts where `BackendAgent.recall` finds them. The run is done, whatever comes of it."""
        from backend_agent import memory  # the store's import takes half a second, which nobody waits for before

        project = str(values.get("task", {}).get("project_name", ""))
        try:
            kept = {name: values[name] for name in graph.nodes if name in values}
            memory.remember(self._inner.place, session, project, kept)
        except BackendAgentError as error:
            self._note(session, "not_remembered", str(error), "completed")

    def _forget(self, session: str) -> None:
        from backend_agent import memory  # as above

        memory.forget(self._inner.place, session, [stage.name for stage in STAGES])

    def _note(self, session: str, event: str, detail: str, status: Any) -> None:
        adopt(self._inner, session)
        Ledger(self._inner, session).note(event, detail=detail, status=status)

    def _refuse_if_busy(self, session: str) -> None:
        """Answer 409 while a process other than this one holds the session."""
        from starlette.exceptions import HTTPException  # there is a server: nobody else calls this

        with self._inner.cursor(transaction=False) as cursor:
            query = "SELECT pid, host FROM locks WHERE session = ?"
            row = cursor.execute(query, (session,)).fetchone()
        if row is not None and (int(row[0]), str(row[1])) != (os.getpid(), socket.gethostname()):
            try:
                with SessionLock(self._inner, session):  # refuses when the holder lives, takes over when it does not
                    pass
            except UserError as error:
                raise HTTPException(409, str(error)) from None

    def get_next_version(self, current: str | None, channel: None) -> str:
        """As the session database's: a session has versions of one kind, whoever runs it."""
        return self._inner.get_next_version(current, channel)

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As the session database's."""
        return self._inner.get_tuple(config)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the base class's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """As the session database's."""
        return self._inner.list(config, filter=filter, before=before, limit=limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, without the run's context, which the server mixes into what is kept beside it."""
        self._refuse_if_busy(str(config["configurable"]["thread_id"]))
        kept: Any = _without_context(metadata)
        return self._inner.put(_plain(config), checkpoint, kept, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a finished node wrote, without the run's context."""
        self._refuse_if_busy(str(config["configurable"]["thread_id"]))
        self._inner.put_writes(_plain(config), writes, task_id, task_path)

    async def aget(self, config: RunnableConfig) -> Checkpoint | None:
        """Return the checkpoint alone."""
        found = await self.aget_tuple(config)
        return found.checkpoint if found else None

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a session, unless a process runs it."""
        await asyncio.to_thread(self._refuse_if_busy, thread_id)
        await self._inner.adelete_thread(thread_id)
        await asyncio.to_thread(self._forget, thread_id)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints of runs that were taken back, unless another process runs their session now."""
        runs = [str(run) for run in run_ids]
        sessions = await asyncio.to_thread(prune.sessions_of, self._inner, runs)
        for session in sessions:
            await asyncio.to_thread(self._refuse_if_busy, session)
        await asyncio.to_thread(prune.forget_runs, self._inner, runs)
        for session in sessions:
            await asyncio.to_thread(self._note, session, "taken_back", "", "idle")

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete sessions, or (`keep_latest`) only their history, unless another process runs one of them."""
        sessions = [str(thread) for thread in thread_ids]
        for session in sessions:
            await asyncio.to_thread(self._refuse_if_busy, session)
        if strategy == "keep_latest":
            await asyncio.to_thread(prune.keep_newest, self._inner, sessions)
            return
        for session in sessions:
            await self.adelete_thread(session)


def _without_context(values: Any) -> dict[str, Any]:
    return {key: value for key, value in dict(values).items() if key not in RunContext.model_fields}


def _plain(config: RunnableConfig) -> RunnableConfig:
    """Return a configuration without the run's context: where the checkpoint belongs, and whose run it is."""
    return {
        "configurable": _without_context(config["configurable"]),
        "metadata": _without_context(config.get("metadata") or {}),
    }
