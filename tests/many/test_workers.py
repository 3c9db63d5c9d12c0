"""Two workers that share nothing but the databases; one is killed on the way, and what it was at is gone on with."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from procrastinate.jobs import Job

from backend_agent import BackendAgent, Settings, UserError
from backend_agent.__main__ import main
from backend_agent.lock import SessionBusy
from backend_agent.many import serve
from backend_agent.many.developers import environment
from backend_agent.many.workers import QUEUE, TASK, address_of, prepare, queue

pytestmark = pytest.mark.needs_postgres

TODO = {"project_name": "Todo", "type": "api_design", "requirements": ["A task has a title of at most 90 characters."]}
WORKER = """
import sys, time
from backend_agent import BackendAgent, Settings
from backend_agent.many.serve import serve
from backend_agent.stages import architecture
from dataclasses import replace
from backend_agent.pipeline import STAGES

def slow(given):
    time.sleep(float(sys.argv[1]))
    return architecture.STAGE.draft(given)

stages = tuple(replace(s, draft=slow) if s.name == "architecture" else s for s in STAGES)
start = lambda settings, task, **how: BackendAgent(settings, stages=stages).start(task, **how)
serve(Settings.from_environment(), start, beat=0.3)
"""


@pytest.fixture
def shared(settings: Settings, postgres_url: str) -> Iterator[Settings]:
    """Settings with sessions and queue in a database of its own, dropped when the test is done."""
    name = f"backend_agent_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield replace(settings, database=postgres_url.rsplit("/", 1)[0] + f"/{name}")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def workers(shared: Settings, *seconds: float) -> Iterator[list[subprocess.Popen[str]]]:
    environ = environment(shared, os.environ)
    started = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(each)], env=environ, stderr=subprocess.PIPE, text=True)
        for each in seconds
    ]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        said = [process.communicate(timeout=30)[1] for process in started]
    assert all("Traceback" not in text for text in said), said


def wait_for(true: Callable[[], Any]) -> Any:
    until = time.monotonic() + 60
    while not (found := true()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def held(agent: BackendAgent, pids: set[int]) -> list[tuple[int, str]]:
    """Return sessions that these processes are at, with a stage finished and one under way."""
    found = []
    for entry in agent.sessions():
        with agent.open(entry.session) as session:
            events = [(each.event, each.stage) for each in session.activity()]
            with session._saver.cursor(transaction=False) as cursor:
                row = cursor.execute("SELECT pid FROM locks WHERE session = ?", (entry.session,)).fetchone()
            if row and row[0] in pids and ("stage_started", "architecture") in events:
                found.append((row[0], entry.session))
    return found


def test_a_worker_is_killed_and_another_goes_on_without_repeating(shared: Settings) -> None:
    agent = BackendAgent(shared)
    events: list[dict[str, Any]] = []
    tasks = [{**TODO, "project_name": f"Todo {number}"} for number in range(4)]
    with workers(shared, 1.5, 1.5) as started:
        killed: list[str] = []

        def kill(event: dict[str, Any]) -> None:
            events.append(event)
            if not killed and event["event"] == "stage_started" and event["stage"] == "architecture":
                pid, session = wait_for(lambda: held(agent, {process.pid for process in started}))[0]
                os.kill(pid, signal.SIGKILL)
                killed.append(session)

        found = list(agent.develop_many(tasks, kill, executor="workers", max_concurrency=4))
    assert -signal.SIGKILL in [process.returncode for process in started]
    assert all(outcome.ok for outcome in found), [outcome.error for outcome in found]
    assert {event["task"] for event in events} == {0, 1, 2, 3}
    for outcome in found:
        assert outcome.result is not None
        assert outcome.result.task.project_name == f"Todo {outcome.index}"
        with agent.open(outcome.session_id or "") as session:
            log = session.activity()
        begun = Counter(each.stage for each in log if each.event == "stage_started")
        ended = Counter(each.stage for each in log if each.event == "stage_finished")
        assert set(ended.values()) == {1}
        again = {stage for stage, times in begun.items() if times > 1}
        assert again == ({"architecture"} if outcome.session_id in killed else set())
        assert ("lock_taken_over" in [each.event for each in log]) == (outcome.session_id in killed)


def test_a_worker_that_is_stopped_gives_its_task_back(shared: Settings) -> None:
    agent = BackendAgent(shared)
    with workers(shared, 1.0) as first:
        outcomes = agent.develop_many([TODO], lambda _: first[0].terminate(), executor="workers")

        def replaced() -> Iterator[Any]:
            with workers(shared, 0.0):
                yield from outcomes

        (outcome,) = list(replaced())
    assert outcome.ok
    assert first[0].returncode in (0, -signal.SIGTERM)


def test_failures_are_values_with_the_workers_words(shared: Settings) -> None:
    agent = BackendAgent(shared, model="groq:no-such-model-here")
    with workers(shared, 0.0):
        tasks = [{"project_name": "", "requirements": ["x"]}, TODO]
        wrong, refused = sorted(agent.develop_many(tasks, executor="workers"), key=lambda each: each.index)
    assert isinstance(wrong.error, UserError)
    assert wrong.session_id is None
    assert isinstance(refused.error, UserError)
    assert "GROQ_API_KEY" in str(refused.error)


def test_the_command_takes_tasks_until_it_is_stopped_or_the_queue_is_empty(shared: Settings) -> None:
    environ = environment(shared, os.environ)
    command = [sys.executable, "-W", "error", "-m", "backend_agent", "worker", "--no-verify"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    (outcome,) = BackendAgent(shared).develop_many([TODO], executor="workers")
    assert outcome.ok
    process.terminate()
    said, errors = process.communicate(timeout=30)
    assert (process.returncode, said, errors) == (0, f"{outcome.session_id}  completed\n", "")
    ended = subprocess.run([*command, "--drain"], env=environ, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


async def test_a_task_that_nobody_waits_for_any_more_is_taken_out_of_the_queue(shared: Settings) -> None:
    async def wait() -> None:
        async for _ in BackendAgent(shared).adevelop_many([TODO], executor="workers"):
            pass

    running = asyncio.ensure_future(wait())
    while not states(shared):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert states(shared) == ["cancelled"]


@pytest.mark.parametrize(("attempts", "state"), [(0, "todo"), (4, "failed")])
async def test_a_task_that_ends_worker_after_worker_is_given_up(shared: Settings, attempts: int, state: str) -> None:
    prepare(shared)
    app = queue(shared)
    async with app.open_async():
        await app.configure_task(TASK, queue=QUEUE, allow_unknown=True).defer_async(task=TODO)
        dead = await app.job_manager.register_worker()
        assert await app.job_manager.fetch_job([QUEUE], dead)
        assert await serve.take_over(app, shared, 30) == 0
        with psycopg.connect(address_of(shared)) as connection:
            connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
            connection.execute("UPDATE procrastinate_jobs SET attempts = %s", (attempts,))
        assert await serve.take_over(app, shared, 30) == 1
        assert await serve.take_over(app, shared, 30) == 0
    assert states(shared) == [state]


def states(shared: Settings) -> list[str]:
    """Return what states the tasks in the queue are in."""
    with psycopg.connect(address_of(shared)) as connection:
        if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,):
            return []
        return [row[0] for row in connection.execute("SELECT status FROM procrastinate_jobs").fetchall()]


def test_a_session_that_another_worker_is_at_is_tried_again_later() -> None:
    job = Job(id=1, queue=QUEUE, lock=None, queueing_lock=None, task_name=TASK, attempts=1)
    again = serve._Again()
    assert again.get_retry_decision(exception=SessionBusy("is being run"), job=job)
    assert again.get_retry_decision(exception=asyncio.CancelledError(), job=job)
    assert again.get_retry_decision(exception=UserError("is wrong"), job=job) is None


def test_what_is_missing_is_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BACKEND_AGENT_QUEUE", raising=False)
    assert main(["worker"]) == 2
    assert "set BACKEND_AGENT_QUEUE=postgresql://user@host/name" in capsys.readouterr().err
    with pytest.raises(UserError, match="the queue cannot be used"):
        BackendAgent(replace(settings, queue="postgresql://nobody@127.0.0.1:1/x")).develop_many([], executor="workers")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["worker"]) == 2
    assert capsys.readouterr().err.endswith('pip install "backend-agent[workers]"\n')
