"""Memory: what finished runs designed, found again by words, session and type."""

from __future__ import annotations

import functools
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fakes
import pytest

from backend_agent import BackendAgent, memory
from backend_agent.checkpoint import open_saver
from backend_agent.settings import DatabaseURL, Settings

pytestmark = pytest.mark.each_database


@pytest.fixture
def agent(settings: Settings) -> BackendAgent:
    return BackendAgent(settings, stages=fakes.stages())


def test_what_a_finished_run_designed_is_found(agent: BackendAgent) -> None:
    assert agent.recall() == []
    one = agent.develop(fakes.TASK).session_id
    two = agent.develop({**fakes.TASK.to_state(), "project_name": "Shop", "requirements": ["An ORDER has Größe."]})
    assert {m.stage for m in agent.recall(session=one)} == set(fakes.STAGES) - {"code", "documentation"}
    found = agent.recall("order größe", stage="requirements")
    assert [(m.session, m.project, m.stage) for m in found] == [(two.session_id, "Shop", "requirements")]
    assert found[0].artifact == two.plain("requirements")
    assert {m.session for m in agent.recall("shop")} == {two.session_id}
    assert agent.recall("nowhere") == []


def test_versions_are_kept_by_time_and_the_same_once(agent: BackendAgent) -> None:
    with agent.start(fakes.TASK) as session:
        session.run()
        session.edit("database", {**session.artifact("database"), "security_measures": []})
        session.run()
        assert len(agent.recall(stage="database")) == 1
        session.revise({**fakes.TASK.to_state(), "requirements": ["A task has a colour."]})
        session.release("database")
        session.run()
        versions = agent.recall(stage="database")
        assert [m.artifact["schema_overview"] for m in versions] == ["A task has a colour.", "A task has a title."]
        assert versions[0].time > versions[1].time
        session.delete()
    assert agent.recall() == []


def test_a_paused_run_is_not_remembered_yet(agent: BackendAgent) -> None:
    agent.develop(fakes.TASK, pause_after=["api"])
    assert agent.recall() == []


def keep(place: Path | DatabaseURL, number: int) -> None:
    memory.remember(place, f"s{number}", "Shop", {"api": {"n": number}})


def test_threads_that_make_the_store_at_once_do_not_collide(database: Path | DatabaseURL) -> None:
    open_saver(database).close()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(functools.partial(keep, database), range(8)))
    assert len(memory.recall(database)) == 8


def test_processes_that_make_the_store_at_once_do_not_collide(tmp_path: Path) -> None:
    database = tmp_path / "s.db"
    open_saver(database).close()
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=keep, args=(database, number)) for number in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * 4
    assert len(memory.recall(database)) == 4
