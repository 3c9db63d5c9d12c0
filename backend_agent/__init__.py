"""Backend Agent: a task in plain sentences becomes a running, tested backend project."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend_agent.agent import BackendAgent
    from backend_agent.artifacts.task import BackendTask
    from backend_agent.embedding.answer import Answer
    from backend_agent.embedding.conversing import build_agent_graph
    from backend_agent.errors import AuthorError, BackendAgentError, ToolUnavailable, UserError
    from backend_agent.many import Outcome
    from backend_agent.pipeline import build_graph
    from backend_agent.result import Result
    from backend_agent.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "AuthorError",
    "BackendAgent",
    "BackendAgentError",
    "BackendTask",
    "Outcome",
    "Result",
    "Settings",
    "ToolUnavailable",
    "UserError",
    "build_agent_graph",
    "build_graph",
]

_HOMES = {
    "Answer": "embedding.answer",
    "AuthorError": "errors",
    "BackendAgent": "agent",
    "BackendAgentError": "errors",
    "BackendTask": "artifacts.task",
    "Outcome": "many",
    "Result": "result",
    "Settings": "settings",
    "ToolUnavailable": "errors",
    "UserError": "errors",
    "build_agent_graph": "embedding.conversing",
    "build_graph": "pipeline",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: LangGraph alone takes a second."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
