"""Tasks for workers on this machine and others: handed over through a queue in PostgreSQL (procrastinate).

Workers share the session database and the queue, and nothing else.
"""

from __future__ import annotations

import importlib.util
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from backend_agent import stop
from backend_agent.checkpoint import open_saver
from backend_agent.errors import BackendAgentError, UserError
from backend_agent.ledger import Activity, Ledger
from backend_agent.many import Given
from backend_agent.many.developers import Open, result_of, valid
from backend_agent.progress import Watcher
from backend_agent.result import Result
from backend_agent.settings import Settings

if TYPE_CHECKING:
    from procrastinate import App

QUEUE = "backend_agent"
TASK = "backend_agent.develop"
_POLL = 0.5
"""Seconds between two looks at a task."""
LOCK = 0x6261636B656E64
"""PostgreSQL's number of the lock under which tables are made and tasks of dead workers are given on."""
_TOLD = ("stage_started", "stage_finished", "stage_skipped", "verifier_finished")
_CARRIED = tuple("threshold max_rounds verify verify_seconds model max_tokens max_cost max_seconds max_calls".split())
"""Settings that go with a task; others, such as addresses and folders, are each machine's own."""


class InWorkers:
    """Puts tasks into the queue, and waits for the workers that take them.

    Args:
        settings: how; what concerns a machine is each worker's own.
        open_session: opens a kept session.
        pause_after: stages after which to stop.

    Raises:
        UserError: the extra is missing, or no queue is set or reached.
    """

    def __init__(self, settings: Settings, open_session: Open, pause_after: Sequence[str]) -> None:
        self._open = open_session
        self._job: dict[str, Any] = {"pause_after": list(pause_after), "settings": carried(settings)}
        self._app = queue(settings)
        prepare(settings)
        self._saver = open_saver(settings.database)
        self._app.open()

    def __call__(self, task: Given, begun: Callable[[str], None], watcher: Watcher) -> Result:
        """As `many.Developer`."""
        session = str(uuid.uuid4())
        job: dict[str, Any] = {"task": valid(task).to_state(), "session": session, **self._job}
        number = self._app.configure_task(TASK, queue=QUEUE, allow_unknown=True).defer(**job)
        begun(session)
        stopped = threading.Event()
        told = 0
        with stop.calling(stopped.set):
            while True:
                status = self._app.job_manager.get_job_status(number).value
                activity = Ledger(self._saver, session).activity()
                for entry in activity[told:]:
                    if entry.event in _TOLD:
                        watcher(_event(entry))
                told = len(activity)
                if status == "succeeded":
                    return result_of(self._open, session)
                if status in ("failed", "aborted", "cancelled"):
                    raise _failure(session, activity)
                if stopped.wait(_POLL):
                    self._app.job_manager.cancel_job_by_id(number, abort=True)
                    raise KeyboardInterrupt

    def close(self) -> None:
        """Close the connections."""
        self._app.close()
        self._saver.close()


def queue(settings: Settings) -> App:
    """Return the queue, closed; raises `UserError` when the extra is missing or no queue is set."""
    address = address_of(settings)
    from procrastinate import App, PsycopgConnector

    return App(connector=PsycopgConnector(conninfo=address, min_size=1, max_size=4))


def address_of(settings: Settings) -> str:
    """Return where the queue is; raises `UserError` when the extra is missing, or when none is set."""
    if importlib.util.find_spec("procrastinate") is None or importlib.util.find_spec("psycopg") is None:
        raise UserError('workers need an extra: pip install "backend-agent[workers]"')
    address = settings.queue or getattr(settings.database, "whole", None)
    if address is None:
        raise UserError("workers need a queue: set BACKEND_AGENT_QUEUE=postgresql://user@host/name")
    return str(address)


def prepare(settings: Settings) -> None:
    """Make the queue's tables unless they are there; raises `UserError` when the server cannot be reached."""
    import psycopg
    from procrastinate.schema import SchemaManager

    try:
        with psycopg.connect(address_of(settings), autocommit=True, connect_timeout=10) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # given back with the connection
            row = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
            if row is None or row[0] is None:
                connection.execute(SchemaManager.get_schema())
    except psycopg.Error as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(f"the queue cannot be used ({said}); see BACKEND_AGENT_QUEUE") from None


def carried(settings: Settings) -> dict[str, Any]:
    """Return the settings that go with a task."""
    return {item.name: getattr(settings, item.name) for item in fields(settings) if item.name in _CARRIED}


def applied(settings: Settings, given: dict[str, Any]) -> Settings:
    """Return a worker's settings with those that came with a task."""
    return settings.with_changes(**{name: given.get(name) for name in _CARRIED})


def _event(entry: Activity) -> dict[str, Any]:
    key = "verifier" if entry.event.startswith("verifier") else "stage"
    title = entry.stage.replace("_", " ").capitalize()
    verdict = {"verdict": entry.detail} if key == "verifier" else {"note": entry.detail}
    return {"event": entry.event, key: entry.stage, "title": title, **verdict}


def _failure(session: str, activity: Sequence[Activity]) -> BackendAgentError:
    said = [entry.detail for entry in activity if entry.event == "failed"]
    if said:
        return UserError(said[-1])
    return BackendAgentError(f"no worker could end this; `resume {session}` goes on, and the workers' logs say more")
