"""The journal in the session database: a finished call is never paid for twice, whatever became of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fakes
import pytest
from asking_author import agent
from fake_groq import FakeGroq, Received, fault, say, serving

from backend_agent.agent import BackendAgent
from backend_agent.answers import SessionJournal
from backend_agent.artifacts.calls import Call
from backend_agent.chat.client import Client
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.settings import DatabaseURL, Settings

HERE = Path(__file__).parent
CALL = Call(purpose="domain", model="groq:x", outcome="ok", tokens_in=10, tokens_out=5, cost=0.25, waited=2.0)


@pytest.fixture
def saver(database: Path | DatabaseURL) -> Iterator[SessionSaver]:
    opened = open_saver(database)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving(lambda received: say("answer to " + received.prompt.split("\n")[1])) as running:
        yield running


@pytest.fixture
def client(server: FakeGroq) -> Iterator[Client]:
    made = Client(["groq:openai/gpt-oss-120b"])
    yield made
    made.close()


def asked(server: FakeGroq) -> Counter[str]:
    return Counter(received.prompt.split("\n")[1][-1] for received in server.seen)


@pytest.mark.each_database
def test_what_is_kept_is_recalled_by_its_session(saver: SessionSaver) -> None:
    mine, other = SessionJournal(saver, "1"), SessionJournal(saver, "2")
    begun = mine.begin("k", CALL.model_copy(update={"outcome": "unfinished"}))
    assert mine.recall("k") is None
    assert [call.outcome for call in mine.calls()] == ["unfinished"]
    mine.keep("k", CALL, "whole", begun)
    mine.keep("f", CALL.model_copy(update={"outcome": "empty", "cost": None}))
    assert mine.recall("k") == ("whole", CALL)
    assert mine.recall("f") is None
    assert other.recall("k") is None
    assert [call.cost for call in mine.calls()] == [0.25, None]
    assert mine.seconds() >= 2.0, "waiting counts"
    assert (other.calls(), other.seconds()) == ([], 0.0)


@pytest.mark.each_database
def test_many_threads_may_write(saver: SessionSaver) -> None:
    journal = SessionJournal(saver, "1")

    def write(number: int) -> None:
        journal.keep(str(number), CALL, f"answer {number}", journal.begin(str(number), CALL))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert len(journal.calls()) == 40
    assert all(journal.recall(str(n)) == (f"answer {n}", CALL) for n in range(40))


def test_a_session_keeps_its_calls_and_deletes_them(server: FakeGroq, client: Client, tmp_path: Path) -> None:
    with agent(tmp_path / "s.db", client).start(fakes.TASK) as session:
        state = session.run()
        saver = session._saver
        kept = SessionJournal(saver, session.id).calls()
        assert [call.to_state() for call in kept] == state["calls"]["domain"]
        assert state["domain"]["notes"] == [f"answer to Question {n}" for n in range(5)]
        session.delete()
        assert saver.conn.execute("SELECT count(*) FROM answers").fetchone() == (0,)


def test_a_branch_asks_for_nothing_that_was_answered_and_has_its_own_budget(
    server: FakeGroq, client: Client, tmp_path: Path
) -> None:
    with agent(tmp_path / "s.db", client, max_calls=5).start(fakes.TASK) as session:
        session.run()
        other = session.branch(after="requirements")
        state = other.run()
        assert [call["replayed"] for call in state["calls"]["domain"]] == [True] * 5
        assert SessionJournal(session._saver, other.id).calls() == []
        assert state["domain"] == session.state["domain"]
    assert len(server.seen) == 5


def killed(server: FakeGroq, database: Path | DatabaseURL, at: int, by: int = signal.SIGKILL) -> str:
    """Start a session in another process that is killed in the middle of its n-th call; return the session's id."""
    whole = server.script

    def script(received: Received) -> Any:
        if len(server.seen) == at:
            os.kill(process.pid, by)
            return fault("hang")
        return whole

    server.script = script
    path = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, str(HERE / "asking_author.py"), str(database)], env={**os.environ, "PYTHONPATH": path}
    )
    assert process.wait(60) == -by
    server.script = whole
    (entry,) = BackendAgent(Settings(database=database)).sessions()
    return entry.session


@pytest.mark.parametrize("at", [1, 3, 5])
def test_killed_in_the_middle_of_a_stage_no_finished_call_is_paid_for_twice(
    server: FakeGroq, client: Client, tmp_path: Path, at: int
) -> None:
    session_id = killed(server, tmp_path / "s.db", at)
    with agent(tmp_path / "s.db", client).open(session_id) as session:
        state = session.run()
        kept = SessionJournal(session._saver, session_id).calls()
    assert state["domain"]["notes"] == [f"answer to Question {n}" for n in range(5)]
    expected = Counter(str(n) for n in range(5))
    expected[str(at - 1)] += 1  # the one that was under way
    assert asked(server) == expected
    assert [call["replayed"] for call in state["calls"]["domain"]] == [n < at - 1 for n in range(5)]
    assert [call.outcome for call in kept].count("unfinished") == 1


def test_ctrl_c_ends_a_call_that_hangs_and_nothing_is_taken_for_finished(
    server: FakeGroq, client: Client, tmp_path: Path
) -> None:
    session_id = killed(server, tmp_path / "s.db", 3, by=signal.SIGINT)
    with agent(tmp_path / "s.db", client).open(session_id) as session:
        assert "domain" not in session.state
        assert session.activity()[-1].event == "stopped"
        state = session.run()
    assert state["domain"]["notes"] == [f"answer to Question {n}" for n in range(5)]
    assert asked(server) == {"0": 1, "1": 1, "2": 2, "3": 1, "4": 1}


@pytest.mark.each_database
def test_what_was_spent_before_a_kill_counts(server: FakeGroq, client: Client, database: Path | DatabaseURL) -> None:
    session_id = killed(server, database, 3)
    with agent(database, client, max_calls=5).open(session_id) as session:
        state = session.run()
    notes = state["domain"]["notes"]
    assert notes[:4] == [f"answer to Question {n}" for n in range(4)]
    assert notes[4] == "budget: 5 calls are spent"
    assert len(server.seen) == 5


def test_neither_key_nor_prompt_is_kept(server: FakeGroq, client: Client, tmp_path: Path) -> None:
    server.script = [fault("server_error"), fault("rate_limited", headers={"retry-after": "0"}), server.script]
    with agent(tmp_path / "s.db", client).start(fakes.TASK) as session:
        session.run()
        session.export(tmp_path / "out")
    for path in [*tmp_path.glob("s.db*"), *(tmp_path / "out").rglob("*.json")]:
        for secret in (server.key, "SECRET-OF-THE-ERROR-TEXT", "You design."):
            assert secret.encode() not in path.read_bytes()


def test_a_refused_key_ends_the_run_with_one_line_and_it_can_be_resumed(
    server: FakeGroq, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, server.key = server.key, "another"
    with agent(tmp_path / "s.db", client).start(fakes.TASK) as session:
        with pytest.raises(UserError, match="GROQ_API_KEY"):
            session.run()
        server.key = right
        again = Client(["groq:openai/gpt-oss-120b"])
        with agent(tmp_path / "s.db", again).open(session.id) as resumed:
            resumed.run()
            assert resumed.finished
        again.close()
