"""The worker: takes tasks from the queue, develops them, and takes over those whose worker died."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job, Status

from backend_agent import stop
from backend_agent.checkpoint import open_saver
from backend_agent.errors import BackendAgentError
from backend_agent.ledger import Ledger
from backend_agent.lock import STALE, SessionBusy
from backend_agent.many.workers import LOCK, QUEUE, TASK, address_of, applied, prepare, queue
from backend_agent.session import Session
from backend_agent.settings import Settings

if TYPE_CHECKING:
    from procrastinate import App

BEAT = 10.0
"""Seconds between two signs of life of a worker."""
_SILENT = 3
"""Signs of life that may be missing until a worker counts as dead."""
_MOST = 5
"""How often a task is taken up, before it counts as one that kills workers."""


class Stopped(Exception):
    """The task's session was asked to stop."""


class Start(Protocol):
    """Makes the session of a task, or takes it up when it has begun."""

    def __call__(
        self, settings: Settings, task: Mapping[str, Any], /, *, pause_after: Sequence[str], session_id: str
    ) -> Session:
        """Return the session, to be closed."""
        ...


def serve(
    settings: Settings, start: Start, say: Callable[[str], None] = print, *, drain: bool = False, beat: float = BEAT
) -> None:
    """Take tasks until SIGTERM or Ctrl-C; what is under way then goes back into the queue.

    Args:
        settings: this machine's.
        start: makes sessions.
        say: takes a line for each task that ended.
        drain: leave as soon as the queue is empty.
        beat: seconds between two signs of life; a worker without three of them is dead.

    Raises:
        UserError: the extra is missing, or the queue cannot be used.
    """
    prepare(settings)
    # It logs the whole task with each failure; what there is to know is said below.
    logging.getLogger("procrastinate").addHandler(logging.NullHandler())
    asyncio.run(_serve(settings, start, say, drain=drain, beat=beat))


async def _serve(settings: Settings, start: Start, say: Callable[[str], None], *, drain: bool, beat: float) -> None:
    app = queue(settings)

    @app.task(name=TASK, queue=QUEUE, retry=_Again())
    async def develop(**job: Any) -> None:
        asked = stop.Stop()
        running = asyncio.ensure_future(asyncio.to_thread(_run, settings, start, job, asked, say))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            asked.request()
            with contextlib.suppress(Exception):
                await running
            raise

    async with app.open_async():
        janitor = asyncio.create_task(_care(app, settings, beat))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                wait=not drain,
                concurrency=1,
                fetch_job_polling_interval=min(5.0, beat),
                shutdown_graceful_timeout=0.1,
                update_heartbeat_interval=beat,
                stalled_worker_timeout=_SILENT * beat,
            )
        finally:
            janitor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await janitor


def _run(
    settings: Settings, start: Start, job: Mapping[str, Any], asked: stop.Stop, say: Callable[[str], None]
) -> None:
    """Develop a task; a session that another worker began is gone on with."""

    def watch(_: dict[str, Any]) -> None:
        if asked.requested:
            raise KeyboardInterrupt

    session = str(uuid.UUID(job["session"]))
    here = applied(settings, job["settings"])
    with stop.under(asked):
        try:
            with _told(here, session):
                opened = start(here, job["task"], pause_after=job["pause_after"], session_id=session)
            with opened:
                opened.run(watch)
                say(f"{session}  {opened.status}")
        except KeyboardInterrupt:
            say(f"{session}  stopped")
            raise Stopped from None
        except Exception as error:
            expected = isinstance(error, BackendAgentError)
            say(f"{session}  {error if expected else traceback.format_exc()}")
            raise


@contextlib.contextmanager
def _told(settings: Settings, session: str) -> Iterator[None]:
    """Write down why a session could not begin, for whoever waits for it."""
    try:
        yield
    except BackendAgentError as error:
        with contextlib.closing(open_saver(settings.database)) as saver:
            Ledger(saver, session).note("failed", detail=str(error))
        raise


class _Again(BaseRetryStrategy):
    """A task goes back into the queue when its worker is stopped, and while its session is held by another one."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, SessionBusy) and job.attempts < 20:
            return RetryDecision(retry_in={"seconds": int(STALE // 4)})
        if isinstance(exception, asyncio.CancelledError):  # asked for by SIGTERM; an abort is not asked about
            return RetryDecision(retry_in={"seconds": 0})
        return None


async def _care(app: App, settings: Settings, beat: float) -> None:
    """Give tasks of dead workers back to the queue, as long as this worker lives."""
    while True:
        with contextlib.suppress(psycopg.Error):
            await take_over(app, settings, _SILENT * beat)
        await asyncio.sleep(beat)


async def take_over(app: App, settings: Settings, silent: float) -> int:
    """Give tasks of workers that were silent for that many seconds back to the queue; return how many.

    One worker at a time does this: a task that is given back twice would run twice.
    """
    async with await psycopg.AsyncConnection.connect(address_of(settings), autocommit=True) as connection:
        row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))).fetchone()
        if row is None or not row[0]:
            return 0
        found = list(await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=silent))
        for job in found:
            if job.attempts + 1 >= _MOST:
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            else:
                await app.job_manager.retry_job(job)
    return len(found)
