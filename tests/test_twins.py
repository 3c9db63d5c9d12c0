"""The Python API of sessions inside a running event loop, and how long things take."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import fakes
import pytest

from backend_agent import BackendAgent
from backend_agent.settings import Settings

pytestmark = pytest.mark.each_database


@pytest.fixture
def agent(settings: Settings) -> BackendAgent:
    return BackendAgent(settings, stages=fakes.stages())


async def test_the_twins_do_the_same_in_a_running_loop(agent: BackendAgent, tmp_path: Path) -> None:
    with agent.start(fakes.TASK, pause_after=["api"]) as session:
        await session.arun()
        assert session.status == "paused"
        made = await session.abranch(after="architecture")
        await session.aedit("domain", {**session.artifact("domain"), "notes": ["Mine."]})
        await asyncio.gather(session.aresume(), made.arun())
        assert session.finished
        assert made.finished
        assert made.artifact("domain") != session.artifact("domain")
        await session.arevise(session.task.model_copy(update={"project_name": "Other"}))
        await session.arun()
        assert len(await session.ahistory()) > 20
        await session.awrite(tmp_path / "out")
        await session.aexport(tmp_path / "kept")
        found = await agent.arecall("mine", session=session.id)
        assert found == agent.recall("mine", session=session.id) != []
        await session.adelete()
        assert await agent.arecall(session=session.id) == []
    with agent.bring_in(tmp_path / "kept"):
        assert await agent.arecall("mine") == found, "what is remembered of a session comes with it"
    assert (tmp_path / "out/app/main.py").read_text() == "# Mine.\n"


def test_the_plain_methods_work_inside_a_loop_too(agent: BackendAgent) -> None:
    async def main() -> str:
        with agent.start(fakes.TASK) as session:
            session.run()
            return session.status

    assert asyncio.run(main()) == "completed"


def test_a_session_that_is_not_closed_closes_its_database(agent: BackendAgent) -> None:
    session = agent.start(fakes.TASK)
    saver = session._saver
    session.run()
    del session
    with pytest.raises(Exception, match="closed"):
        saver.conn.execute("SELECT 1")


def test_two_hundred_checkpoints_are_listed_soon(agent: BackendAgent) -> None:
    with agent.start(fakes.TASK) as session:
        session.run()
        for number in range(200 - len(session.history())):
            session._update({"feedback": {"api": [str(number)]}})
        began = time.perf_counter()
        assert len(session.history()) == 200
        assert time.perf_counter() - began < 2  # here anything may run beside it; `make bench` prints the figure


def test_a_resumed_session_begins_at_once(agent: BackendAgent) -> None:
    with agent.start(fakes.TASK, pause_after=["api"]) as session:
        session.run()
        identifier = session.id
    began, first = time.perf_counter(), []
    with agent.open(identifier) as session:
        session.run(lambda event: first.append(time.perf_counter()) if event["event"] == "stage_started" else None)
    assert first[0] - began < 2
