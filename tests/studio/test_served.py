"""Runs of a server in a session: calls to chat models are kept and paid once, what was made is remembered or pruned."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_groq import FakeGroq, Received, fault, say, serving

from backend_agent import BackendAgent, Settings
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.pipeline import build_graph
from backend_agent.settings import DatabaseURL
from backend_agent.studio import ServedSaver

MODEL = "groq:openai/gpt-oss-120b"
TASK = {
    "project_name": "Todo",
    "type": "backend_architecture",
    "requirements": ["A task has a title.", "Users can create tasks."],
}
pytestmark = pytest.mark.each_database
THREAD = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def saver(database: Path | DatabaseURL) -> Iterator[SessionSaver]:
    opened = open_saver(database)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


def agent(saver: SessionSaver) -> BackendAgent:
    return BackendAgent(Settings(database=saver.place, verify=False))


async def run(saver: SessionSaver, task: Any = TASK, run_id: str = "", **context: Any) -> Any:
    """Run a thread as the server does; a task of None goes on."""
    graph = build_graph(until="backend_architecture").copy(update={"checkpointer": ServedSaver(saver)})
    given = None if task is None else {"task": task}
    config: Any = {"configurable": {"thread_id": THREAD}, "metadata": {"run_id": run_id} if run_id else {}}
    await graph.ainvoke(given, config, context={"model": MODEL, **context}, durability="sync")
    return (await graph.aget_state(config)).values


async def test_a_failed_run_that_is_resumed_pays_for_no_answer_twice(saver: SessionSaver, server: FakeGroq) -> None:
    server.script = [say("no JSON"), fault("unauthorized")]  # it is asked again, with what is wrong
    with pytest.raises(UserError, match="GROQ_API_KEY"):
        await run(saver)
    assert len(server.seen) == 2
    first = server.seen[0].prompt
    server.script = say("no answer at all")
    values = await run(saver, None)
    assert values["documentation"]
    assert [received.prompt for received in server.seen].count(first) == 1
    calls = values["calls"]["requirements"]
    assert [call["replayed"] for call in calls][:2] == [True, False]


async def test_the_budget_of_the_context_is_the_sessions(saver: SessionSaver, server: FakeGroq) -> None:
    server.script = say("no JSON")
    first = await run(saver, max_calls=1, pause_after=["requirements"])
    assert len(server.seen) == 1
    assert first["records"]["requirements"]["note"] == "draft stands in: budget: 1 calls are spent"
    again = await run(saver, None, max_calls=2)
    assert len(server.seen) == 2, "what the run before spent counts"
    assert again["records"]["domain"]["note"] == "draft stands in: budget: 2 calls are spent"
    assert len(ServedSaver(saver).journal(THREAD).calls()) == 2


async def test_runs_side_by_side_have_their_own_connections(saver: SessionSaver, server: FakeGroq) -> None:
    def slow(received: Received) -> Any:
        return say("no JSON", latency=0.3 if "Other" in received.prompt else 0)

    server.script = slow
    graph = build_graph(until="backend_architecture").copy(update={"checkpointer": ServedSaver(saver)})

    async def one(name: str) -> Any:
        config: Any = {"configurable": {"thread_id": name}}
        given = {"task": {**TASK, "requirements": [f"A {name} has a title."]}}
        await graph.ainvoke(given, config, context={"model": MODEL, "max_calls": 4})
        return (await graph.aget_state(config)).values

    quick, other = await asyncio.gather(one("quick"), one("Other"))
    for values in (quick, other):
        made = [call["outcome"] for calls in values["calls"].values() for call in calls]
        assert made == ["invalid"] * 4


KILLED = """
import asyncio, sys
import test_served
from backend_agent.checkpoint import open_saver
asyncio.run(test_served.run(open_saver(sys.argv[1])))
"""


async def test_a_killed_run_that_is_resumed_pays_for_no_answer_twice(
    saver: SessionSaver, server: FakeGroq, tmp_path: Path
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def play(received: Received) -> Any:
        if len(server.seen) == 2:  # one answer is in, the repair is under way
            started[0].kill()
            return say("too late", latency=0.2)
        return say("no JSON")

    server.script = play
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    environ = {**os.environ, "PYTHONPATH": path}
    place = saver.place.whole if isinstance(saver.place, DatabaseURL) else str(saver.place)
    command = [sys.executable, "-c", KILLED, place]
    started.append(await asyncio.to_thread(subprocess.Popen, command, env=environ, cwd=tmp_path))
    assert await asyncio.to_thread(started[0].wait, 60) == -9
    server.script = say("no JSON")
    first, second = (received.prompt for received in server.seen)
    values = await run(saver, None)
    assert values["documentation"]
    asked = Counter(received.prompt for received in server.seen)
    assert (asked[first], asked[second]) == (1, 2)


async def test_what_a_finished_run_made_is_remembered(saver: SessionSaver) -> None:
    await run(saver, model=None, pause_after=["domain"])
    assert agent(saver).recall() == []
    await run(saver, None, model=None)
    found = {memory.stage: memory for memory in agent(saver).recall(session=THREAD)}
    assert {"requirements", "domain", "architecture", "quality"} == set(found)
    assert found["domain"].project == "Todo"
    await ServedSaver(saver).adelete_thread(THREAD)
    assert agent(saver).recall() == []


@pytest.fixture
async def twice(saver: SessionSaver) -> ServedSaver:
    """Give a session that two runs of a server made: the first up to a pause, the second to the end."""
    await run(saver, run_id="one", model=None, pause_after=["domain"])
    await run(saver, None, run_id="two", model=None)
    return ServedSaver(saver)


async def test_a_run_that_is_taken_back_leaves_nothing(saver: SessionSaver, twice: ServedSaver) -> None:
    await twice.adelete_for_runs(["two"])
    with agent(saver).open(THREAD) as session:
        assert session.next == ("architecture",)
        assert "architecture" not in session.state
        session.run()
        assert session.finished
    await twice.adelete_for_runs(["no such run"])
    await twice.adelete_for_runs(["one"])
    with saver.cursor(transaction=False) as cursor:
        assert cursor.execute("SELECT count(*) FROM writes WHERE thread_id = ?", (THREAD,)).fetchone()[0] > 0


async def test_pruned_to_the_newest_a_session_can_be_used(saver: SessionSaver, twice: ServedSaver) -> None:
    with agent(saver).open(THREAD) as session:
        before = dict(session.state)
        await twice.aprune([THREAD])
        assert dict(session.state) == before
        assert len(session.history()) == 1
        session.tell("architecture: explain it to a newcomer")
        session.run()
        assert session.finished
    await twice.aprune([THREAD], strategy="delete")
    with saver.cursor(transaction=False) as cursor:
        assert cursor.execute("SELECT count(*) FROM contents").fetchone()[0] == 0
