"""Which executor develops many tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, get_args

from backend_agent.errors import UserError
from backend_agent.many import Developer, Given
from backend_agent.many.developers import InProcess, InThread
from backend_agent.pipeline import STAGES
from backend_agent.session import Session
from backend_agent.settings import Settings

Executor = Literal["threads", "processes", "workers"]


class Agent(Protocol):
    """What an executor has to know of an agent."""

    settings: Settings
    model: Any
    author: Any
    stages: Sequence[Any]

    def open(self, session_id: str) -> Session:
        """Return a kept session."""
        ...


def developer(agent: Agent, executor: str, start: Callable[[Given], Session], pauses: Sequence[str]) -> Developer:
    """Return who develops; raises `UserError` when that cannot be done with this agent."""
    if executor not in get_args(Executor):
        raise UserError(f"there is no executor {executor[:40]!r}; write one of: {', '.join(get_args(Executor))}")
    if executor == "threads":
        return InThread(start)
    if agent.author is not None or tuple(agent.stages) != STAGES or not isinstance(agent.model, str | None):
        raise UserError(
            f"executor={executor!r} takes no author, stages or chat model objects: name the chat model,"
            ' such as "groq:openai/gpt-oss-120b", or write executor="threads"'
        )
    settings = agent.settings.with_changes(model=agent.model)
    if executor == "processes":
        return InProcess(settings, agent.open, pauses)
    from backend_agent.many.workers import InWorkers

    return InWorkers(settings, agent.open, pauses)
