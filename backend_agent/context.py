"""What a caller of the graph may decide for one run: LangGraph's runtime context, and what the nodes make of it.

LangGraph keeps no context: whoever takes a run up again gives it again. Nothing secret belongs here; a chat model's key
stands in the environment.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, Self

from langgraph.runtime import Runtime
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from backend_agent import settings
from backend_agent.authors import Author
from backend_agent.chat.journal import Journal
from backend_agent.chat.journal import use as use_journal
from backend_agent.errors import UserError
from backend_agent.node import Known, Node, node_of
from backend_agent.result import Result
from backend_agent.settings import Settings
from backend_agent.stage import Stage
from backend_agent.state import Json, State

_MODEL = re.compile(r"[a-z0-9_-]{2,40}:[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}")
_LIMITS = ("max_tokens", "max_cost", "max_seconds", "max_calls")


class RunContext(BaseModel):
    """How one run goes. What is left out is as the server's environment says (`BACKEND_AGENT_*`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Run", use_attribute_docstrings=True)

    model: str | None = Field(default=None, title="Chat model")
    """Who writes where language counts, such as `groq:openai/gpt-oss-120b`. Empty: the drafts. Its key stands in the
    environment, never here."""
    max_tokens: int | None = Field(default=None, title="Budget: tokens", ge=0)
    """Tokens to and from chat models together, at most. Empty: no limit."""
    max_cost: float | None = Field(default=None, title="Budget: US dollars", ge=0)
    """What chat models may cost, at most. Empty: no limit."""
    max_seconds: int | None = Field(default=None, title="Budget: seconds", ge=0)
    """Seconds spent in calls to chat models, at most. Empty: no limit."""
    max_calls: int | None = Field(default=None, title="Budget: calls", ge=0)
    """Requests to chat models, at most. Empty: no limit."""
    pause_after: list[str] = Field(default_factory=list, title="Review points")
    """Stages after which to pause, such as `architecture` or `api`: look, edit the state, go on."""
    verify: bool | None = Field(default=None, title="Verify")
    """Whether the generated project is really run."""
    output_folder: str | None = Field(default=None, title="Output folder")
    """Absolute path of a folder on the server, where the files are written when the run is done. New, empty, or
    generated before: then what was edited there is kept. Empty: nothing is written."""

    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _author: Author | None = PrivateAttr(default=None)
    _journal: Journal | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Refuse in words that say what to write."""
        try:
            read = handler(value)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in ("context", *fault["loc"]))
            unknown = fault["type"] == "extra_forbidden"
            told = f"is unknown; write some of: {', '.join(cls.model_fields)}" if unknown else fault["msg"].lower()
            raise UserError(f"{place}: {told}") from None
        if read.model and not _MODEL.fullmatch(read.model):
            raise UserError("context.model: write provider:name, such as groq:openai/gpt-oss-120b, and no key")
        if read.output_folder and not Path(read.output_folder).expanduser().is_absolute():
            raise UserError(
                f"context.output_folder: {read.output_folder[:80]!r} is no absolute path; write it from / on"
            )
        return read

    def applied(self, given: Settings) -> Settings:
        """Return the settings with what this context says otherwise."""
        limits = {name: getattr(self, name) for name in _LIMITS}
        return given.with_changes(model=self.model or None, verify=self.verify, **limits)

    def author(self, otherwise: Author) -> Author:
        """Return who writes: one author for all stages of a run, which share its budget; raises `UserError`."""
        if not self.model:
            return otherwise
        with self._lock:
            if self._author is None:
                self._author = author_of(self.model)
            return self._author

    def keep_calls(self, journal: Journal) -> None:
        """From now on keep the calls of this run there, and count those that are there already."""
        self._journal = journal

    @contextmanager
    def told(self) -> Iterator[None]:
        """For the block, have the settings and the journal as this run says."""
        calls = use_journal(self._journal) if self._journal is not None else nullcontext()
        with calls, settings.use(self.applied(settings.current())):
            yield

    def close(self) -> None:
        """Close the author's connections, behind a run."""
        with self._lock:
            author, self._author = self._author, None
        close = getattr(author, "close", None)
        if close is not None:
            close()


class ContextNode(Protocol):
    """A node of the graph that is told of the run's context."""

    def __call__(self, state: State, *, runtime: Runtime[RunContext]) -> Json:
        """Return what the stage wrote; nothing when nothing changed."""
        ...


def author_of(model: str) -> Author:
    """Return an author that asks a chat model; raises `UserError` when it cannot be asked.

    Each run has its own: runs end, and close their connections, while others go on.
    """
    from backend_agent.chat.author import ChatAuthor

    author = ChatAuthor(model)
    author.prepare()
    return author


def in_context(stage: Stage[Any], author: Author, known: Known, version: str | None, *, last: bool) -> ContextNode:
    """Return the stage's node, which follows the context of the run it is part of.

    Args:
        stage: what runs.
        author: who writes, unless the context says otherwise.
        known: shared by the nodes of one graph.
        version: as for `node_of`.
        last: whether the run is done with this stage, and files are written then.
    """
    plain = node_of(stage, author, known, version)

    def node(state: State, *, runtime: Runtime[RunContext]) -> Json:
        given = runtime.context
        if not isinstance(given, RunContext):  # a parent graph's own context is none of ours
            return plain(state)
        runs: Node = node_of(stage, given.author(author), known, version) if given.model else plain
        with given.told():
            written = runs(state)
        if last and given.output_folder:
            Result("", {**state, **written}).write(Path(given.output_folder).expanduser())
        return written

    return node
