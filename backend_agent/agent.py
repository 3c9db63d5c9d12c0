"""BackendAgent: a task in, a result out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from backend_agent import exchange, task_file
from backend_agent.artifacts.task import BackendTask, TaskType
from backend_agent.authors import DRAFT, Author
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.ledger import Entry, entries
from backend_agent.pipeline import STAGES
from backend_agent.progress import Watcher
from backend_agent.result import Result
from backend_agent.session import Session
from backend_agent.settings import Settings
from backend_agent.stage import Stage

ANSWER = {
    "api_specifications": "api",
    "database_design": "database",
    "security_implementation": "security",
    "performance_optimizations": "performance",
    "deployment_configuration": "deployment",
    "testing_strategy": "testing",
    "implementation_code": "code",
    "documentation": "documentation",
}
"""Keys of `process_task`'s answer, and the artifact that each holds."""

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import StructuredTool

    from backend_agent.embedding.answer import Part
    from backend_agent.many import Many, Outcome
    from backend_agent.many.choice import Executor
    from backend_agent.memory import Memory


class BackendAgent:
    """Develops backends. One instance may develop many tasks, also from several threads.

    Args:
        settings: how; None: as the environment says (`BACKEND_AGENT_*`).
        model: the chat model that writes where language counts: `groq:openai/gpt-oss-120b`, another `provider:model`
            whose package is installed, or any LangChain chat model; `draft`: none. None: as the settings say.
        author: who writes the artifacts, instead of a chat model or the drafts.
        stages: what runs; all thirteen, unless told otherwise.
        debug: given each prompt and each answer of a chat model as text; None: nobody sees them.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        model: str | BaseChatModel | None = None,
        author: Author | None = None,
        stages: Sequence[Stage[Any]] = STAGES,
        debug: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self.model = model if model is not None else self.settings.model
        self.author = author
        self.stages = stages
        self._debug = debug

    def develop(
        self,
        task: BackendTask | Mapping[str, Any],
        on_progress: Watcher | None = None,
        *,
        pause_after: Sequence[str] = (),
    ) -> Result:
        """Run all stages that the task's type needs, and return what they brought. Works inside an event loop too.

        Args:
            task: what the service should do; a dictionary is validated first.
            on_progress: called with each event, such as `{"event": "stage_started", "stage": "api", ...}`.
            pause_after: stages after which to stop; the result then names in `due` what has yet to run.

        Raises:
            UserError: the task is not valid, asks for what is not supported, or the chat model cannot be asked.
        """
        with self.start(task, pause_after=pause_after) as session:
            return Result(session.id, session.run(on_progress), session.next)

    def develop_many(
        self,
        tasks: Iterable[BackendTask | Mapping[str, Any]],
        on_progress: Watcher | None = None,
        *,
        max_concurrency: int | None = None,
        executor: Executor = "threads",
        pause_after: Sequence[str] = (),
    ) -> Iterator[Outcome]:
        """Develop many tasks side by side, and give what became of each as soon as it is known.

        A task that fails is an outcome with an `error`; the others go on. Ctrl-C, and leaving the loop, stop what is
        under way; sessions that were begun can be resumed.

        Args:
            tasks: what the services should do.
            on_progress: called with each event, one at a time; it holds `task`, the task's place, and `session` too.
            max_concurrency: how many at a time; None: as many as there are cores.
            executor: `threads` are quickest up to some twenty tasks, and with verification, which is processes anyway.
                `processes` use all cores, and take no author, stages or chat model objects. `workers` leave the work to
                `backend-agent worker` processes, on this machine or on others.
            pause_after: stages after which each session stops.

        Raises:
            UserError: the executor cannot be had, or not with this agent.
        """
        from backend_agent.many import each

        return each(self._many(tasks, on_progress, max_concurrency, executor, pause_after))

    def adevelop_many(
        self,
        tasks: Iterable[BackendTask | Mapping[str, Any]],
        on_progress: Watcher | None = None,
        *,
        max_concurrency: int | None = None,
        executor: Executor = "threads",
        pause_after: Sequence[str] = (),
    ) -> AsyncIterator[Outcome]:
        """As `develop_many`, for `async for`."""
        from backend_agent.many import aeach

        return aeach(self._many(tasks, on_progress, max_concurrency, executor, pause_after))

    def _many(
        self, tasks: Iterable[Any], on_progress: Watcher | None, most: int | None, executor: str, pauses: Sequence[str]
    ) -> Many:
        from backend_agent.many import Many, choice

        start = partial(self.start, pause_after=pauses)
        developer = choice.developer(self, executor, start, pauses)
        return Many(tasks, developer, most, on_progress)

    def resume(
        self, session_id: str, on_progress: Watcher | None = None, *, feedback: str | Sequence[str] = ()
    ) -> Result:
        """Take a session up where it stopped, also in another process; no finished stage is repeated.

        Args:
            session_id: which.
            on_progress: called with each event.
            feedback: as `Session.resume`.

        Raises:
            UserError: there is no such session, another release made it, another process runs it, or a chat model
                began it and none is named.
        """
        with self.open(session_id) as session:
            self._same_author(session)
            return Result(session.id, session.resume(on_progress, feedback=feedback), session.next)

    def start(
        self, task: BackendTask | Mapping[str, Any], *, pause_after: Sequence[str] = (), session_id: str | None = None
    ) -> Session:
        """Return a new session, to be run, paused, edited and branched; close it, or use it in a `with` block.

        Args:
            task: what the service should do.
            pause_after: stages after which to stop.
            session_id: an id of your own, a UUID; a session that has begun under it is taken up. None: a new one.

        Raises:
            UserError: as `develop`.
        """
        task = task if isinstance(task, BackendTask) else task_file.from_dict(task)
        task_file.refuse_unsupported(task)
        author, closing = self._author()
        _prepared(author)
        with self._database() as saver:
            where = (saver, self.settings, author, self.stages)
            if session_id is not None and Session.known(session_id, saver):
                return Session.open(session_id, *where).owning(*closing)
            return Session.start(task, *where, pause_after, session_id).owning(*closing)

    def open(self, session_id: str) -> Session:
        """Return a session that was started before; close it, or use it in a `with` block.

        Raises:
            UserError: there is no such session, or it was made by another release.
        """
        author, closing = self._author()
        with self._database() as saver:
            return Session.open(session_id, saver, self.settings, author, self.stages).owning(*closing)

    def sessions(self) -> list[Entry]:
        """Return all sessions, the one that changed last first."""
        with closing(open_saver(self.settings.database)) as saver:
            return entries(saver)

    def bring_in(self, folder: Path | str) -> Session:
        """Add a session that was exported into `folder` to the database, and return it opened.

        Raises:
            UserError: the folder is no exported session, or the session is there already.
        """
        from backend_agent import memory

        remembered = exchange.remembered_in(Path(folder))
        author, closing = self._author()
        with self._database() as saver:
            session = exchange.bring_in(saver, Path(folder))
            if remembered:
                memory.relearn(saver.place, session, remembered)
            return Session.open(session, saver, self.settings, author, self.stages).owning(*closing)

    def recall(self, text: str = "", *, session: str | None = None, stage: str | None = None) -> list[Memory]:
        """Return artifacts of finished runs, newest first: those that hold all words of `text`; empty: all.

        Args:
            text: such as `orders`; any case.
            session: only that session's.
            stage: only that artifact type, such as `api`. Files (`code`, `documentation`) stay in their session.
        """
        from backend_agent import memory

        with closing(open_saver(self.settings.database)) as saver:
            place = saver.place
        return memory.recall(place, text, session=session, stage=stage)

    async def arecall(self, text: str = "", *, session: str | None = None, stage: str | None = None) -> list[Memory]:
        """As `recall`, beside the event loop."""
        return await asyncio.to_thread(self.recall, text, session=session, stage=stage)

    def as_tool(
        self,
        name: str = "develop_backend",
        *,
        output: Path | str | None = None,
        parts: Collection[Part] | None = None,
        review_after: Sequence[str] = (),
    ) -> StructuredTool:
        """Return this agent as a LangChain tool: for `create_agent`, `ToolNode`, or any chat model that calls tools.

        Its arguments are the task's fields; its content is a short summary, its artifact an `Answer` as plain values.
        Inside a graph it runs as a part of it: kept by that graph's saver, its progress in that graph's stream. A
        mistake in the arguments is a tool error of one line.

        Args:
            name: the tool's.
            output: the folder in which each project is written, in a folder named after it; None: nothing is written.
            parts: the long parts of the artifact: `openapi`, `trace`, `files`; None: `openapi`.
            review_after: stages behind which whoever runs the graph is asked, through an interrupt.
        """
        from backend_agent.embedding.tool import tool_of

        folder = Path(output) if output is not None else None
        return tool_of(
            self.authoring,
            self.stages,
            self.settings,
            name=name,
            output=folder,
            parts=parts,
            review_after=review_after,
        )

    @contextmanager
    def _database(self) -> Iterator[SessionSaver]:
        """Give an open database that is closed again only when the block fails."""
        saver = open_saver(self.settings.database)
        try:
            yield saver
        except BaseException:
            saver.close()
            raise

    @contextmanager
    def authoring(self) -> Iterator[Author]:
        """Give an author for as long as the block lasts: to embed `build_graph(author=...)` elsewhere.

        Raises:
            UserError: the chat model cannot be asked: no such provider, package or key.
        """
        author, closing = self._author()
        try:
            _prepared(author)
            yield author
        finally:
            for close in closing:
                close()

    def _same_author(self, session: Session) -> None:
        """Refuse to have drafts go on where a chat model began, unless that is what is asked for."""
        if session.finished or self.author is not None or self.model is not None or not session.state.get("calls"):
            return
        names = [str(record.get("author")) for record in session.state.get("records", {}).values()]
        model = next((name for name in names if name not in ("draft", "edited")), None)
        if model is not None:
            raise UserError(
                f"session {session.id} was begun with {model}: add --model {model}, or --model draft to go on without"
            )

    def _author(self) -> tuple[Author, list[Callable[[], None]]]:
        """Return the author of one session, and what closes it."""
        if self.author is not None or self.model in (None, DRAFT.name):
            return self.author or DRAFT, []
        assert self.model is not None
        from backend_agent.chat.author import ChatAuthor

        author = ChatAuthor(self.model, debug=self._debug)
        return author, [author.close]

    async def process_task(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Develop a task given as a plain dictionary; return plain JSON values.

        The keys are `session_id`, `architecture_type`, those of `ANSWER` and `confidence_score`. What the task's type
        does not bring is None.

        Raises:
            UserError: as `develop`.
        """
        result = await asyncio.to_thread(self.develop, task)
        return {
            "session_id": result.session_id,
            "architecture_type": result.task.architecture_type,
            **{key: result.plain(name) for key, name in ANSWER.items()},
            "confidence_score": result.quality.confidence_score,
        }

    async def can_handle_task(self, task: object) -> bool:
        """Return whether the task's `type` is one that this agent knows."""
        return isinstance(task, Mapping) and task.get("type") in get_args(TaskType)


def _prepared(author: Author) -> None:
    """Have an author that asks somebody find out whether it can; raises `UserError` when it cannot."""
    prepare: Callable[[], None] | None = getattr(author, "prepare", None)
    if prepare is not None:
        prepare()
