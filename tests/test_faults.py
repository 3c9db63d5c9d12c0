"""A session database that cannot be used: one line that says what to do, and nothing is lost. Real files."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fakes
import pytest

from backend_agent import checkpoint
from backend_agent.__main__ import main
from backend_agent.agent import BackendAgent
from backend_agent.authors import DRAFT
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.ledger import entries
from backend_agent.session import Session
from backend_agent.settings import Settings

FROZEN = Path(__file__).parent / "frozen"
ONE, TWO = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def session(settings: Settings) -> str:
    """A finished session in a closed database."""
    with BackendAgent(settings, stages=fakes.stages()).start(fakes.TASK) as started:
        started.run()
        return started.id


def locked(path: Path) -> Callable[[], object]:
    holder = sqlite3.connect(path)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    return holder.close


def truncated(path: Path) -> Callable[[], object]:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return lambda: path.write_bytes(whole)


def damaged(path: Path) -> Callable[[], object]:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    return lambda: path.write_bytes(whole)


def newer(path: Path) -> Callable[[], object]:
    return _version(path, 99)


def _version(path: Path, number: int) -> Callable[[], object]:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version={number}")
    connection.close()
    return lambda: _version(path, found)


def no_database(path: Path) -> Callable[[], object]:
    whole = path.read_bytes()
    path.write_text("Dear diary, " * 1000)
    return lambda: path.write_bytes(whole)


def a_folder(path: Path) -> Callable[[], object]:
    whole = path.read_bytes()
    path.unlink()
    path.mkdir()

    def undo() -> None:
        path.rmdir()
        path.write_bytes(whole)

    return undo


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (locked, "try again when it is done"),
        (truncated, "restore it from a backup"),
        (damaged, "restore it from a backup|file is not a database"),
        (newer, "it is of format 99, this release knows up to 3: update"),
        (no_database, "file is not a database"),
        (a_folder, "unable to open database file"),
    ],
)
@pytest.mark.parametrize("command", ["sessions", "history", "resume"])
def test_each_fault_is_one_line_and_nothing_is_lost(
    settings: Settings,
    session: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], Callable[[], object]],
    says: str,
    command: str,
) -> None:
    import re

    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(settings.database))
    monkeypatch.setattr("backend_agent.agent.BackendAgent", functools.partial(BackendAgent, stages=fakes.stages()))
    monkeypatch.setattr(checkpoint, "WAIT", 0.2)
    undo = spoil(settings.database)
    assert main([command] if command == "sessions" else [command, session]) == 2
    shown = capsys.readouterr()
    assert re.search(says, shown.err)
    assert str(settings.database) in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    undo()
    assert main(["show", session, "documentation", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"]


def test_a_full_disk_is_one_line_and_the_session_goes_on_when_there_is_room(settings: Settings) -> None:
    author = fakes.Counting()
    saver = open_saver(settings.database)
    session = Session.start(fakes.TASK, saver, settings, author, fakes.stages(code=big))
    pages = saver.conn.execute("PRAGMA page_count").fetchone()[0]
    saver.conn.execute(f"PRAGMA max_page_count={pages + 40}")
    with pytest.raises(UserError, match=r"database or disk is full.*make room and resume: what was finished is kept"):
        session.run()
    saver.close()
    assert "code" in author.wrote
    saver = open_saver(settings.database)
    again = Session.open(session.id, saver, settings, author, fakes.stages(code=big))
    assert again.status in ("idle", "error")
    again.run()
    assert again.finished
    assert all(author.wrote.count(name) == 1 for name in fakes.STAGES if name != "code")
    saver.close()


def big(given: object) -> object:
    made = fakes.STAGES["code"].draft(given)  # type: ignore[arg-type]
    text = os.urandom(400_000).hex()
    return made.model_copy(update={"files": [made.files[0].model_copy(update={"content": text})]})


def test_a_read_only_database_is_one_line_and_can_still_be_looked_at(settings: Settings, session: str) -> None:
    connection = sqlite3.connect(f"file:{settings.database}?mode=ro", uri=True, check_same_thread=False)
    saver = SessionSaver(connection, str(settings.database))
    opened = Session.open(session, saver, settings, DRAFT, fakes.stages())
    assert opened.artifact("documentation")["pages"]
    assert [e.session for e in entries(saver)] == [session]
    with pytest.raises(UserError, match=r"readonly.*give yourself the right to write it"):
        opened.edit("api", opened.artifact("api"))
    saver.close()


def test_a_session_database_that_is_too_new_is_not_touched(settings: Settings, session: str) -> None:
    newer(settings.database)
    before = settings.database.read_bytes()
    with pytest.raises(UserError, match="update"):
        open_saver(settings.database)
    assert settings.database.read_bytes() == before


@pytest.mark.parametrize("number", [1, 2, 3])
def test_sessions_of_each_format_so_far_are_there_and_go_on(settings: Settings, number: int) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((FROZEN / f"format-{number}.sql").read_text(encoding="utf-8"))
    connection.close()
    author = fakes.Counting()
    agent = BackendAgent(settings, author=author, stages=fakes.stages())
    found = {e.session: (e.project, e.status) for e in agent.sessions()}
    assert found == {ONE: ("Todo", "completed"), TWO: ("Todo", "idle" if number == 1 else "error")}
    with agent.open(ONE) as done, agent.open(TWO) as stopped:
        assert done.finished
        assert [m.wrote for m in done.history() if "api" in m.wrote] == [("database", "api")]
        assert not stopped.finished
        with_author = stopped.run()
        assert {k: v for k, v in with_author.items() if k != "records"} == {
            k: v for k, v in done.state.items() if k != "records"
        }
        made = done.branch(after="architecture")
        made.run()
    assert author.wrote[:4] == ["code", "verification", "quality", "documentation"]


def test_a_paused_session_with_the_real_stages_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((FROZEN / "paused-format-2.sql").read_text(encoding="utf-8"))
    connection.close()
    agent = BackendAgent(settings)
    (entry,) = agent.sessions()
    assert (entry.project, entry.status) == ("Todo", "paused")
    with monkeypatch.context() as patch:
        patch.setenv("BACKEND_AGENT_DATABASE", str(settings.database))
        patch.setattr("backend_agent.kept.graph_version", lambda stages: "of a later release")
        assert main(["resume", entry.session]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    with agent.open(entry.session) as session:
        before = dict(session.state)
        session.run()
        assert session.finished
        assert {name: session.state[name] for name in ("requirements", "domain", "architecture")} == {
            name: before[name] for name in ("requirements", "domain", "architecture")
        }
        assert "app/main.py" in {file.path for file in session.result.files()}


def test_opening_old_databases_at_once_brings_them_up_to_date_once(settings: Settings) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((FROZEN / "format-1.sql").read_text(encoding="utf-8"))
    connection.close()
    source = "import sys\nfrom backend_agent.checkpoint import open_saver\nopen_saver(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-c", source, str(settings.database)]) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]


def test_the_database_holds_no_secret(settings: Settings) -> None:
    def leak(given: object) -> object:
        raise RuntimeError("postgresql://me:hunter2@host")

    given = settings.with_changes(postgres_url="postgresql://me:hunter2@host:5432/x")
    with BackendAgent(given, stages=fakes.stages(code=leak)).start(fakes.TASK) as session:
        with pytest.raises(RuntimeError):
            session.run()
        session.export(settings.database.parent / "out")
    files = [settings.database, *(settings.database.parent / "out").rglob("*.json")]
    assert not any(b"hunter2" in path.read_bytes() for path in files)
