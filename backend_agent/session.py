"""Sessions: one project over time, a LangGraph thread. Run, paused, edited, branched, and taken up where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langgraph.types import StateSnapshot

from backend_agent import earlier, jupyter, settings, stop, task_file, tracing
from backend_agent import edits as edited
from backend_agent import feedback as said
from backend_agent.answers import SessionJournal
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import DatabaseSchema, Release
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import DRAFT, Author
from backend_agent.chat import journal
from backend_agent.checkpoint import SessionSaver
from backend_agent.errors import BackendAgentError
from backend_agent.exchange import export
from backend_agent.kept import KeptSession, is_due, is_finished, was_edited
from backend_agent.ledger import Status
from backend_agent.lock import SessionLock
from backend_agent.moments import Moment
from backend_agent.pipeline import STAGES
from backend_agent.portable import copy
from backend_agent.progress import Watcher
from backend_agent.stage import Stage

if TYPE_CHECKING:
    from backend_agent.changes import Differences


class Session(KeptSession):
    """A session that runs, pauses, is edited and branched. Made by `start`, `open` or `branch`."""

    @classmethod
    def start(
        cls,
        task: BackendTask,
        saver: SessionSaver,
        given: settings.Settings,
        author: Author = DRAFT,
        stages: Sequence[Stage[Any]] = STAGES,
        pause_after: Sequence[str] = (),
        session_id: str | None = None,
    ) -> Self:
        """Return a new session; nothing has run yet."""
        session = cls(session_id or str(uuid.uuid4()), task, saver, given, author, stages)
        names = session._known(pause_after)
        session._ledger.enter(task.project_name)
        if names:
            session._ledger.pause_after = names
        return session

    def run(self, on_progress: Watcher | None = None) -> Mapping[str, Any]:
        """Run all that has not run yet, up to a pause, and return the state: plain JSON values by stage.

        A stage that finished is not repeated, also when the process was killed in between. In a notebook, bars show
        what is going on unless `on_progress` is given.

        Raises:
            UserError: another process runs this session.
        """
        if self.finished:
            return self.state
        with SessionLock(self._saver, self.id):
            snapshot = self._snapshot()
            if is_finished(snapshot):
                return self.state
            with jupyter.watching(on_progress) as watcher:
                if watcher is not None:
                    begun = snapshot.values if is_due(snapshot) and not was_edited(snapshot) else {}
                    left = [name for name in self._stages if name not in begun]
                    watcher({"event": "session_started", "session": self.id, "stages": len(left)})
                calls = journal.use(SessionJournal(self._saver, self.id))
                offer = earlier.offering(self._patterns)
                span = tracing.session(self.id, {"type": self.task.type}, lambda: self.status)
                with span, self._noted(snapshot), settings.use(self._settings), calls, offer, stop.on_signals():
                    self._stream(snapshot, watcher)
        return self.state

    def resume(self, on_progress: Watcher | None = None, *, feedback: str | Sequence[str] = ()) -> Mapping[str, Any]:
        """Go on as `run` does, after telling stages what to do differently.

        Args:
            on_progress: called with each event.
            feedback: sentences such as `api: use cursor pagination`. What a field of the task can say changes the task;
                the rest is kept for a chat model, no draft can follow it: `unheard` lists it.
        """
        for text in [feedback] if isinstance(feedback, str) else feedback:
            self.tell(text)
        return self.run(on_progress)

    def tell(self, text: str) -> bool:
        """Take feedback on a stage, `stage: sentence`. Return whether a field of the task says it."""
        stage, sentence = said.split(text, tuple(self._stages))
        with SessionLock(self._saver, self.id):
            changed = said.heard(stage, sentence, self.task)
            if changed is not None:
                self._keep_task(changed, {})
                self._ledger.note("feedback", stage, sentence, status="idle")
                return True
            before = self.state.get("feedback", {}).get(stage, [])
            self._update({"feedback": {stage: [*before, sentence]}})
            self._ledger.note("feedback_kept", stage, sentence, status="idle")
        return False

    def edit(self, stage: str, artifact: Artifact | Mapping[str, Any]) -> None:
        """Replace a stage's artifact and pin it: reruns keep it, findings on it are reported; what reads it reruns.

        Raises:
            UserError: it is not valid; the message names the field.
        """
        value = edited.valid(self._stage(stage), artifact)
        with SessionLock(self._saver, self.id):
            delivered = self._delivered({})
            if stage == "database" and delivered:
                from backend_agent.changes import carry

                value = carry(DatabaseSchema.from_state(value), Release.from_state(delivered["released"])).to_state()
            self._update({stage: value, "pinned": {stage: True}, **delivered})
            self._ledger.note("edited", stage, status="idle")

    def release(self, stage: str) -> None:
        """Undo the pinning: the next run writes the stage's artifact again."""
        self._stage(stage)
        with SessionLock(self._saver, self.id):
            self._update({"pinned": {stage: False}})
            self._ledger.note("released", stage, status="idle")

    def branch(
        self,
        *,
        after: str | None = None,
        checkpoint: str | None = None,
        edits: Mapping[str, Artifact | Mapping[str, Any]] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return a new session that begins where this one was; this one is not changed.

        Args:
            after: the stage after which it leaves this one; None: at `checkpoint`, or at the newest.
            checkpoint: a checkpoint's id, from `history`.
            edits: by stage, an artifact to replace; as `edit`.
            changes: fields of the task that differ there, such as `{"architecture_type": "hexagonal"}`.
        """
        wanted = {name: edited.valid(self._stage(name), value) for name, value in (edits or {}).items()}
        moment = self._moment(after, checkpoint)
        identifier = str(uuid.uuid4())
        before = self._snapshot(moment.checkpoint).values
        task = edited.changed(BackendTask.from_state(before.get("task") or self.task.to_state()), changes or {})
        with self._saver.cursor():  # the new session is there as a whole, or not at all
            copy(self._saver, self.id, moment.checkpoint, identifier)
            made = type(self)(identifier, task, self._saver, self._settings, self._author, self._all)
            made._begin_as_branch(f"from {self.id} at {moment.checkpoint}", after or "")  # noqa: SLF001 - of this class
            if wanted or changes:
                pinned = dict.fromkeys(wanted, True)
                made._update({**wanted, "task": task.to_state(), "pinned": pinned})  # noqa: SLF001 - the same
        return made

    def revise(self, task: BackendTask | Mapping[str, Any], renames: Mapping[str, str] | None = None) -> None:
        """Take a changed task; the next run repeats only what depends on the change.

        Statements keep their numbers, and the schema that was delivered is kept as the base of a migration.

        Args:
            task: the whole task as it is now.
            renames: what is called otherwise in the database, such as `{"books.stock": "books.copies"}`; never guessed.
        """
        task = task if isinstance(task, BackendTask) else task_file.from_dict(task)
        with SessionLock(self._saver, self.id):
            self._keep_task(task, renames or {})
            self._ledger.note("revised", status="idle")

    def delete(self) -> None:
        """Delete the session, with its history; raises `UserError` while a process runs it."""
        with SessionLock(self._saver, self.id):
            self._saver.delete_thread(self.id)
        from backend_agent import memory

        memory.forget(self._saver.place, self.id, self.stages)

    def diff(self, other: KeptSession) -> Differences:
        """Return what differs in another session: designs by element, tables, API (breaking or not), files."""
        from backend_agent.changes import differences

        return differences(dict(self.state), dict(other.state))

    def export(self, folder: Path | str) -> None:
        """Write the session with its history into a new folder of plain JSON files, for `BackendAgent.bring_in`."""
        from backend_agent import memory

        export(self._saver, self.id, Path(folder), memory.told(self._saver.place, self.id))

    def write(self, folder: Path | str) -> Any:
        """Write the project's files; as `Result.write`."""
        return self.result.write(folder)

    @property
    def pause_after(self) -> list[str]:
        """Stages after which the next runs stop, each once. May be set."""
        return self._ledger.pause_after

    @pause_after.setter
    def pause_after(self, stages: Sequence[str]) -> None:
        self._ledger.pause_after = self._known(stages)

    async def arun(self, on_progress: Watcher | None = None) -> Mapping[str, Any]:
        """As `run`, beside the event loop."""
        return await asyncio.to_thread(self.run, on_progress)

    async def aresume(
        self, on_progress: Watcher | None = None, *, feedback: str | Sequence[str] = ()
    ) -> Mapping[str, Any]:
        """As `resume`, beside the event loop."""
        return await asyncio.to_thread(self.resume, on_progress, feedback=feedback)

    async def aedit(self, stage: str, artifact: Artifact | Mapping[str, Any]) -> None:
        """As `edit`, beside the event loop."""
        await asyncio.to_thread(self.edit, stage, artifact)

    async def ahistory(self) -> list[Moment]:
        """As `history`, beside the event loop."""
        return await asyncio.to_thread(self.history)

    async def abranch(self, **how: Any) -> Self:
        """As `branch`, beside the event loop."""
        return await asyncio.to_thread(self.branch, **how)

    async def adiff(self, other: KeptSession) -> Differences:
        """As `diff`, beside the event loop."""
        return await asyncio.to_thread(self.diff, other)

    async def arevise(self, task: BackendTask | Mapping[str, Any], renames: Mapping[str, str] | None = None) -> None:
        """As `revise`, beside the event loop."""
        await asyncio.to_thread(self.revise, task, renames)

    async def awrite(self, folder: Path | str) -> Any:
        """As `write`, beside the event loop."""
        return await asyncio.to_thread(self.write, folder)

    async def aexport(self, folder: Path | str) -> None:
        """As `export`, beside the event loop."""
        await asyncio.to_thread(self.export, folder)

    async def adelete(self) -> None:
        """As `delete`, beside the event loop."""
        await asyncio.to_thread(self.delete)

    def _begin_as_branch(self, origin: str, after: str) -> None:
        self._ledger.enter(self.task.project_name)
        self._ledger.note("branched", after, origin)

    def _stream(self, snapshot: StateSnapshot, on_progress: Watcher | None) -> None:
        """Run what is due; a session that was edited begins anew, where stages without a change do no work."""
        task = snapshot.values.get("task", self.task.to_state())
        given = None if is_due(snapshot) and not was_edited(snapshot) else {"task": task}
        pauses = self._ledger.pause_after
        seen: set[str] = set()
        # Sync: what a stage wrote is on the disk before the next one begins.
        events = self._graph.stream(
            given, self._config, stream_mode="custom", durability="sync", interrupt_after=pauses or None
        )
        for event in events:
            if event["event"] in ("stage_finished", "stage_skipped"):
                seen.add(event["stage"])
            self._ledger.follow(event)
            if on_progress is not None:
                on_progress(event)
        if pauses:
            self._ledger.pause_after = [name for name in pauses if name not in seen]

    @contextlib.contextmanager
    def _noted(self, snapshot: StateSnapshot) -> Iterator[None]:
        """Write down that the session runs, and how that ended."""
        self._ledger.enter(self.task.project_name)
        self._ledger.note("resumed" if snapshot.values else "started", status="thinking")
        try:
            yield
        except KeyboardInterrupt:
            self._note_end("stopped", "", "idle")
            raise
        except BaseException as error:
            # Only our own messages are written down: another one may hold anything, a password too.
            message = str(error) if isinstance(error, BackendAgentError) else type(error).__name__
            self._note_end("failed", message, "error")
            raise
        due = self._snapshot().next
        self._ledger.note(
            "paused" if due else "completed", detail=" ".join(due), status="paused" if due else "completed"
        )
        if not due:
            self._remember()

    def _patterns(self) -> list[earlier.Pattern]:
        """Return the user's decisions in projects that were done before this session was made."""
        from backend_agent import memory

        return memory.patterns(self._saver.place, self.id, self._ledger.made)

    def _remember(self) -> None:
        """Put the artifacts where `BackendAgent.recall` finds them. The run is done, whatever comes of it."""
        from backend_agent import memory  # the store's import takes half a second, which nobody waits for before

        state = self.state
        kept = {name: state[name] for name in self._stages if name in state}
        try:
            memory.remember(self._saver.place, self.id, self.task.project_name, kept)
        except BackendAgentError as error:
            self._note_end("not_remembered", str(error), "completed")

    def _note_end(self, event: str, detail: str, status: Status) -> None:
        """Write an end down; when the database is what failed, that is what the caller must hear of."""
        with contextlib.suppress(BackendAgentError):
            self._ledger.note(event, detail=detail, status=status)

    def _update(self, values: Mapping[str, Any]) -> None:
        """Add a checkpoint that holds `values`; the next run then begins anew."""
        task = {} if self.state.get("task") else {"task": self.task.to_state()}
        self._graph.update_state(self._config, {**task, **values}, as_node=self._first)

    def _keep_task(self, task: BackendTask, renames: Mapping[str, str]) -> None:
        edited.same_kind(self.task, task)
        self._update({"task": task.to_state(), **self._delivered(renames)})
        self.task = task

    def _delivered(self, renames: Mapping[str, str]) -> dict[str, Any]:
        """Return what a finished run delivered, as the base of the migration to what comes next.

        Before a run is finished, what was delivered is what it was: the schema on the way to the next is nobody's yet.
        """
        snapshot = self._snapshot()
        if "database" in snapshot.values and is_finished(snapshot):
            schema = DatabaseSchema.from_state(snapshot.values["database"])
        elif "released" in snapshot.values:
            schema = Release.from_state(snapshot.values["released"]).database
        else:
            return {}
        return {"released": Release(database=schema, renames=dict(renames)).to_state()}
