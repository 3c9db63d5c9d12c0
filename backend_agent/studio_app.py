"""What the dev server asks before it lists threads: which sessions there are that it has not heard of."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import closing

from langgraph.checkpoint.base import Checkpoint
from langgraph_sdk import get_client
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from backend_agent.artifacts.task import BackendTask
from backend_agent.checkpoint import open_saver
from backend_agent.kept import as_it_ran
from backend_agent.ledger import entries, task_in
from backend_agent.pipeline import STAGES
from backend_agent.settings import Settings

MOST = 200
"""Sessions that are made known, those that changed last first."""


class KnownSessions:
    """Makes sessions of the command line and of notebooks known as threads, whenever threads are listed.

    Args:
        app: what answers the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as the server does."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith("/threads/search"):
            await self._make_known()
        await self._app(scope, receive, send)

    async def _make_known(self) -> None:
        client = get_client()
        for session, graph in await asyncio.to_thread(unheard_of, frozenset(self._known)):
            await client.threads.create(thread_id=session, graph_id=graph, if_exists="do_nothing")
            self._known.add(session)


def unheard_of(known: frozenset[str]) -> list[tuple[str, str]]:
    """Return sessions that are not among `known`, each with the graph that it belongs to."""
    found: list[tuple[str, str]] = []
    with closing(open_saver(Settings.from_environment().database)) as saver:
        for entry in entries(saver)[:MOST]:
            kept = None if entry.session in known else saver.get_tuple({"configurable": {"thread_id": entry.session}})
            if kept is not None and _is_uuid(entry.session):
                graph = _graph_of(kept.checkpoint)
                found += [(entry.session, graph)] if graph else []
    return found


def _graph_of(checkpoint: Checkpoint) -> str | None:
    """Return the graph that a session belongs to; None: another release made it, it cannot be taken up."""
    found = task_in(checkpoint)
    if found is None:
        return None
    try:
        task = BackendTask.from_state(found)
    except ValidationError:
        return None
    kind = as_it_ran(task, checkpoint["channel_values"].get("graph_version"), STAGES).type
    return "backend" if kind == "backend_development" else kind


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


app = Starlette(middleware=[Middleware(KnownSessions)])
