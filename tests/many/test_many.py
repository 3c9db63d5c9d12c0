"""Many tasks side by side: failures are values, progress says which task, and a stop leaves sessions to be resumed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent import BackendAgent, Settings, UserError

TODO = {"project_name": "Todo", "type": "api_design", "requirements": ["A task has a title of at most 90 characters."]}
HERE = Path(__file__).parent


def named(number: int) -> dict[str, Any]:
    return {**fakes.TASK.to_state(), "project_name": f"Todo {number}"}


def test_threads_give_each_result_and_tell_which_task_goes_on(settings: Settings) -> None:
    agent = BackendAgent(settings, stages=fakes.stages())
    events: list[dict[str, Any]] = []
    found = list(agent.develop_many(map(named, range(5)), events.append, executor="threads", max_concurrency=3))
    assert sorted(outcome.index for outcome in found) == list(range(5))
    for outcome in found:
        assert outcome.ok
        assert outcome.result is not None
        assert outcome.result.task.project_name == f"Todo {outcome.index}"
        mine = [event for event in events if event["task"] == outcome.index]
        assert {event["session"] for event in mine} == {outcome.session_id}
        assert [event["stage"] for event in mine if event["event"] == "stage_finished"][-1] == "documentation"
    assert [entry.status for entry in agent.sessions()] == ["completed"] * 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("develop")]


def test_a_failure_is_a_value_and_the_others_go_on(settings: Settings) -> None:
    def api(given: Any) -> Any:
        if given.domain.notes == ["Fails."]:
            raise ZeroDivisionError
        return fakes.STAGES["api"].draft(given)

    agent = BackendAgent(settings, stages=fakes.stages(api=api))
    tasks = [named(0), {"project_name": "", "requirements": []}, {**named(2), "requirements": ["Fails."]}, named(3)]
    found = sorted(agent.develop_many(tasks, executor="threads", max_concurrency=2), key=lambda each: each.index)
    assert [outcome.ok for outcome in found] == [True, False, False, True]
    assert isinstance(found[1].error, UserError)
    assert found[1].session_id is None
    assert isinstance(found[2].error, ZeroDivisionError)
    assert found[2].session_id is not None
    assert agent.open(found[2].session_id).status == "error"


def test_no_more_than_so_many_at_a_time(settings: Settings) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def architecture(given: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return fakes.STAGES["architecture"].draft(given)

    agent = BackendAgent(settings, stages=fakes.stages(architecture=architecture))
    assert len(list(agent.develop_many(map(named, range(6)), executor="threads", max_concurrency=2))) == 6
    assert most <= 2


def test_leaving_the_loop_stops_the_rest_and_keeps_what_was_begun(settings: Settings) -> None:
    agent = BackendAgent(settings, stages=fakes.stages())
    outcomes = agent.develop_many(map(named, range(8)), executor="threads", max_concurrency=2)
    first = next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert first.ok
    kept = agent.sessions()
    assert 1 <= len(kept) < 8
    for entry in kept:
        assert entry.status in ("completed", "idle")
        assert agent.resume(entry.session).documentation
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("develop")]


async def test_the_async_twin_gives_the_same_and_can_be_cancelled(settings: Settings) -> None:
    agent = BackendAgent(settings, stages=fakes.stages())
    found = [o async for o in agent.adevelop_many(map(named, range(3)), executor="threads")]
    assert sorted(outcome.index for outcome in found) == [0, 1, 2]
    assert all(outcome.ok for outcome in found)

    waiting = threading.Event()

    def code(given: Any) -> Any:
        waiting.wait(20)
        return fakes.STAGES["code"].draft(given)

    slow = BackendAgent(settings, stages=fakes.stages(code=code))

    async def all_of_them() -> None:
        async for _ in slow.adevelop_many([named(9)], executor="threads"):
            pass

    running = asyncio.ensure_future(all_of_them())
    while not any(e.project == "Todo 9" and e.status == "working" for e in slow.sessions()):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.sleep(0)
    waiting.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    (entry,) = [entry for entry in agent.sessions() if entry.project == "Todo 9"]
    assert entry.status == "idle"
    assert agent.resume(entry.session).documentation


def test_what_cannot_be_is_said_at_once(settings: Settings) -> None:
    agent = BackendAgent(settings, stages=fakes.stages())
    with pytest.raises(UserError, match='write executor="threads"'):
        agent.develop_many([], executor="processes")
    with pytest.raises(UserError, match="write one of: threads, processes, workers"):
        agent.develop_many([], executor="ray")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="max_concurrency is 0"):
        agent.develop_many([], max_concurrency=0, executor="threads")
    assert list(agent.develop_many([], executor="threads")) == []


def test_processes_give_the_same_bytes_and_one_that_is_killed_is_a_failure(settings: Settings) -> None:
    agent = BackendAgent(settings)
    pids: set[int] = set()

    def kill(event: dict[str, Any]) -> None:
        if event["task"] == 1 and event.get("stage") == "architecture" and not pids:
            with agent.open(event["session"]) as session, session._saver.cursor() as cursor:
                pids.add(cursor.execute("SELECT pid FROM locks WHERE session = ?", (session.id,)).fetchone()[0])
            os.kill(next(iter(pids)), signal.SIGKILL)

    tasks = [TODO, {**TODO, "project_name": "Killed"}, {**TODO, "type": "nonsense"}, {**TODO, "project_name": "Last"}]
    found = sorted(agent.develop_many(tasks, kill, executor="processes", max_concurrency=2), key=lambda o: o.index)
    assert [outcome.ok for outcome in found] == [True, False, False, True]
    assert found[0].result is not None
    assert found[0].result.api.to_openapi() == agent.develop(TODO).api.to_openapi()
    assert f"`resume {found[1].session_id}` goes on" in str(found[1].error)
    assert isinstance(found[2].error, UserError)
    assert found[1].session_id is not None
    assert agent.resume(found[1].session_id).documentation


STOPPED = """
import pathlib, sys
from backend_agent import BackendAgent, BackendTask
from backend_agent.settings import Settings
if __name__ == "__main__":
    agent = BackendAgent(Settings(database=pathlib.Path(sys.argv[1]), verify=False))
    task = BackendTask.from_file(sys.argv[3])
    tell = lambda event: print(event["event"], flush=True)
    for outcome in agent.develop_many([task] * 4, tell, executor=sys.argv[2], max_concurrency=2):
        print("outcome", outcome.ok, flush=True)
"""


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_ctrl_c_stops_all_and_leaves_sessions_to_be_resumed(settings: Settings, executor: str) -> None:
    given = [str(settings.database), executor, str(HERE.parents[1] / "examples" / "todo.yaml")]
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("stage_finished"):
            process.send_signal(signal.SIGINT)
            break
    _, said = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130, 1)
    assert said.rstrip().endswith("KeyboardInterrupt"), said
    agent = BackendAgent(settings)
    kept = agent.sessions()
    assert kept
    assert {entry.status for entry in kept} == {"idle"}
    assert agent.resume(kept[0].session).documentation
