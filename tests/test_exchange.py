"""Export and import: plain files, the same session to the byte in another database, and nothing half done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent import BackendAgent, UserError
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.session import Session
from backend_agent.settings import Settings

TABLES = ("checkpoints", "versions", "writes")


@pytest.fixture
def agent(settings: Settings) -> BackendAgent:
    return BackendAgent(settings, stages=fakes.stages())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> BackendAgent:
    """Another database, of either kind; both need not be PostgreSQL."""
    if request.param == "sqlite":
        return BackendAgent(Settings(database=tmp_path / "other.db", verify=False), stages=fakes.stages())
    place = request.getfixturevalue("second_postgres_database")
    return BackendAgent(Settings(database=place, verify=False), stages=fakes.stages())


@pytest.fixture
def session(agent: BackendAgent) -> Iterator[Session]:
    with agent.start(fakes.TASK, pause_after=["api"]) as started:
        started.run()
        started.edit("domain", {**started.artifact("domain"), "notes": ["Müller \u2028 \U0001f600"]})
        started.pause_after = ["code"]
        yield started


def rows(saver: SessionSaver, session: str) -> list[Any]:
    found = [
        saver.conn.execute(
            f"SELECT * FROM {table} WHERE thread_id = ? ORDER BY 1, 2, 3, 4, 5, {6 if table == 'writes' else 1}",
            (session,),
        ).fetchall()
        for table in TABLES
    ]
    names = "SELECT content FROM versions WHERE thread_id = ? UNION SELECT content FROM writes WHERE thread_id = ?"
    query = f"SELECT * FROM contents WHERE content IN ({names}) ORDER BY 1"
    return [*found, saver.conn.execute(query, (session, session)).fetchall()]


@pytest.mark.each_database
def test_an_imported_session_is_the_same_to_the_byte_and_goes_on(
    session: Session, other: BackendAgent, tmp_path: Path
) -> None:
    session.export(tmp_path / "out")
    with other.bring_in(tmp_path / "out") as made:
        assert made.id == session.id
        assert rows(made._saver, session.id) == rows(session._saver, session.id)
        assert (made.status, made.pause_after, made.next) == (session.status, ["code"], session.next)
        assert made.activity() == session.activity()
        assert made.history() == session.history()
        made.run()
        session.run()
        assert made.state == session.state
        made.export(tmp_path / "again")


@pytest.mark.each_database
def test_exporting_what_was_imported_gives_the_same_files(
    session: Session, other: BackendAgent, tmp_path: Path
) -> None:
    session.export(tmp_path / "out")
    with other.bring_in(tmp_path / "out") as made:
        made.export(tmp_path / "again")
    first, second = (
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("out", "again")
    )
    assert first == second


def test_the_files_are_plain(session: Session, tmp_path: Path) -> None:
    session.export(tmp_path / "out")
    told = json.loads((tmp_path / "out/session.json").read_text())
    assert told["sessions"][0]["project"] == "Todo"
    texts = [p.read_text() for p in (tmp_path / "out/values").iterdir()]
    assert sum("base64" in text for text in texts) <= 2
    assert any("Müller" in text for text in texts)


def change(told: dict[str, Any]) -> None:
    told["versions"][0]["content"] = "../../etc/passwd"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: (p / "session.json").unlink(), "session.json: cannot be read"),
        (lambda p: (p / "session.json").write_text("{"), "is no exported session"),
        (lambda p: (p / "session.json").write_text("[]"), "is no exported session"),
        (lambda p: (p / "session.json").write_text('{"format": 9}'), "is no exported session"),
        (lambda p: (p / "session.json").write_text('{"format": 1}'), "is no exported session"),
        (lambda p: next((p / "values").iterdir()).unlink(), "cannot be read"),
        (lambda p: next((p / "values").iterdir()).write_text('{"value": {"a": 1}}'), "was changed since"),
        (lambda p: next((p / "values").iterdir()).write_text('{"kind": "pickle", "base64": "AAAA"}'), "of kind pickle"),
        (lambda p: tamper(p, "content", "../../etc/passwd"), "is no exported session"),
        (lambda p: tamper(p, "channel", None), "cannot be used"),
        (lambda p: (p / "memory.json").write_text("{"), "memory.json: cannot be read"),
        (lambda p: (p / "memory.json").write_text('[{"stage": "api"}]'), "is not what `export` wrote"),
        (
            lambda p: (p / "memory.json").write_text('[{"project": "", "stage": "a.b", "time": "", "artifact": {}}]'),
            "is not what `export` wrote",
        ),
    ],
)
def test_a_spoilt_folder_is_one_line_and_nothing_is_kept(
    session: Session, other: BackendAgent, tmp_path: Path, spoil: Any, says: str
) -> None:
    session.export(tmp_path / "out")
    spoil(tmp_path / "out")
    with pytest.raises(UserError, match=says) as caught:
        other.bring_in(tmp_path / "out")
    assert "\n" not in str(caught.value)
    saver = open_saver(other.settings.database)
    for table in (*TABLES, "contents", "sessions", "activity"):
        assert saver.conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    saver.close()


def tamper(folder: Path, field: str, value: Any) -> None:
    path = folder / "session.json"
    told = json.loads(path.read_text())
    told["versions"][0][field] = value
    path.write_text(json.dumps(told))


def test_a_session_that_is_there_and_a_folder_that_is_full_are_left_alone(
    session: Session, agent: BackendAgent, tmp_path: Path
) -> None:
    session.export(tmp_path / "out")
    with pytest.raises(UserError, match="is in this database already"):
        agent.bring_in(tmp_path / "out")
    with pytest.raises(UserError, match="is not empty"):
        session.export(tmp_path / "out")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        session.export(tmp_path / "file")
    assert not list(tmp_path.glob(".*-*"))
