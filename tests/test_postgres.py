"""Sessions on a PostgreSQL server: what is different from a file. What is the same, other tests run on both."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import fakes
import psycopg
import pytest

from backend_agent import checkpoint
from backend_agent.__main__ import main
from backend_agent.agent import BackendAgent
from backend_agent.checkpoint import open_saver
from backend_agent.errors import UserError
from backend_agent.lock import SessionLock
from backend_agent.settings import DatabaseURL, Settings

HERE = Path(__file__).parent
needs_postgres = pytest.mark.needs_postgres


def on(place: DatabaseURL, *statements: str) -> None:
    with psycopg.connect(place.whole, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)  # type: ignore[arg-type]


@pytest.fixture
def agent(postgres_database: DatabaseURL) -> BackendAgent:
    return BackendAgent(Settings(database=postgres_database, verify=False), stages=fakes.stages())


@needs_postgres
def test_the_command_line_takes_the_address_in_three_ways(
    postgres_database: DatabaseURL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("backend_agent.agent.BackendAgent", functools.partial(BackendAgent, stages=fakes.stages()))
    task, url = tmp_path / "todo.json", postgres_database.whole
    task.write_text(json.dumps(fakes.TASK.to_state()))
    begin = ["develop", str(task), "-o", str(tmp_path / "out"), "--no-verify", "--pause-after", "api", "--json"]
    assert main([*begin, "--db", url]) == 0
    session = json.loads(capsys.readouterr().out)["session_id"]
    assert main(["--db", url, "show", session, "api", "--json"]) == 0
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", url)
    assert main(["branch", session, "--after", "architecture"]) == 0
    assert main(["resume", session, "-o", str(tmp_path / "out"), "--no-verify", "-q"]) in (0, 1)
    assert main(["export", session, str(tmp_path / "exported")]) == 0
    assert main(["delete", session]) == 0
    assert main(["import", str(tmp_path / "exported"), "--db", str(tmp_path / "sessions.db")]) == 0
    capsys.readouterr()
    assert main(["sessions", "--json"]) == 0
    assert [entry["status"] for entry in json.loads(capsys.readouterr().out)] == ["idle"]
    assert main(["sessions", "--json", "--db", str(tmp_path / "sessions.db")]) == 0
    assert [entry["session"] for entry in json.loads(capsys.readouterr().out)] == [session]


def faulty(place: DatabaseURL, what: str) -> str:
    """Return an address at which something is wrong; make it so."""
    server, _, name = place.whole.rpartition("/")
    role = f"guest_{name}"
    if what == "rights":
        on(place, f"CREATE ROLE {role} LOGIN", "GRANT USAGE ON SCHEMA public TO PUBLIC")
    if what == "newer":
        on(place, "CREATE TABLE backend_agent (format INTEGER)", "INSERT INTO backend_agent VALUES (99)")
    if what == "other":
        on(place, "CREATE TABLE customers (x INTEGER)")
    host = server.rpartition("@")[2]
    return {
        "down": "postgresql://me:hunter2@127.0.0.1:1/x?password=hunter2",
        "missing": f"{server}/nowhere_{name}",
        "user": f"postgresql://nobody_{name}:hunter2@{host}/{name}",
        "rights": f"postgresql://{role}:hunter2@{host}/{name}",
        "address": "postgresql://me:hunter2/x@127.0.0.1/x",
        "slash": "postgresql://me:1/hunter2@127.0.0.1/x",
        "option": f"{place.whole}?hunter2=1",
    }.get(what, place.whole)


@needs_postgres
@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("down", "refused.*see that the server runs"),
        ("missing", "does not exist.*make it with `createdb`"),
        ("user", 'role "nobody_.*" does not exist.*correct the user'),
        ("rights", "permission denied for schema public.*GRANT CREATE"),
        ("newer", "it is of format 99, this release knows up to 3: update"),
        ("other", "it is a database of another program, with a table 'customers'"),
        ("address", "this is no address of a PostgreSQL database"),
        ("slash", "this is no address of a PostgreSQL database"),
        ("option", "this is no address of a PostgreSQL database"),
    ],
)
def test_each_fault_is_one_line_without_a_password(
    postgres_database: DatabaseURL, capsys: pytest.CaptureFixture[str], what: str, says: str
) -> None:
    import re

    url = faulty(postgres_database, what)
    try:
        assert main(["sessions", "--db", url]) == 2
    finally:
        if what == "rights":
            on(postgres_database, f"DROP ROLE guest_{postgres_database.whole.rpartition('/')[2]}")
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert re.search(says, shown.err)
    assert shown.err.startswith("error: postgresql://")
    assert "hunter2" not in shown.err


def test_a_wrong_password_says_so() -> None:
    # The server of these tests asks for none: these are the server's words, as psycopg gives them.
    from backend_agent.faults import Fault, unusable

    said = 'connection failed: FATAL: password authentication failed for user "me"'
    told = str(unusable(DatabaseURL("postgresql://me:hunter2@db/x"), Fault(said)))
    assert told.startswith("postgresql://me:***@db/x: the session database cannot be used (connection failed")
    assert told.endswith("correct user and password in the address, or set PGPASSWORD")


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match=r'pip install "backend-agent\[postgres\]"'):
        open_saver("postgresql://me@127.0.0.1/x")


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("postgresql://me:hunter2@db/x?password=hunter2", "postgresql://me:***@db/x"),
        ("postgres://me:hun@hunter2:?/#@db/x", "postgres://me:***@db/x"),
        ("postgresql://:hunter2@db/x", "postgresql://:***@db/x"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("postgresql://db:5432/x", "postgresql://db:5432/x"),
        ("postgresql:///x?password=hunter2", "postgresql:///x"),
    ],
)
def test_an_address_is_shown_without_its_password(whole: str, shown: str) -> None:
    made = Settings(database=whole)
    assert str(made.database) == f"{made.database}" == shown
    assert "hunter2" not in repr(made)
    assert isinstance(made.database, DatabaseURL)
    assert made.database.whole == whole
    assert made == Settings.from_environment({"BACKEND_AGENT_DATABASE": whole})


def test_other_addresses_and_files() -> None:
    with pytest.raises(UserError, match=r"cannot be kept in mysql://\.\.\.: write a file, or postgresql"):
        Settings(database="mysql://me:hunter2@db/x")
    assert Settings(database="a/b.db").database == Path("a/b.db")


@needs_postgres
def test_who_waits_too_long_for_a_writer_is_told(
    postgres_database: DatabaseURL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "WAIT", 0.2)
    first, second = open_saver(postgres_database), open_saver(postgres_database)
    with first.cursor(alone=True), pytest.raises(UserError, match=r"lock timeout.*try again when it is done"):
        SessionLock(second, "s").__enter__()
    with SessionLock(second, "s"):
        assert not first.conn.in_transaction
    first.close(), second.close()


@needs_postgres
def test_a_lost_connection_is_one_line_and_nothing_finished_is_lost(
    agent: BackendAgent, postgres_database: DatabaseURL
) -> None:
    def cut(given: object) -> object:
        on(
            postgres_database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()",
        )
        return fakes.STAGES["code"].draft(given)  # type: ignore[arg-type]

    author = fakes.Counting()
    cutting = BackendAgent(agent.settings, author=author, stages=fakes.stages(code=cut))
    with cutting.start(fakes.TASK) as session, pytest.raises(UserError, match="see that the server runs, and resume"):
        session.run()
    found = agent.sessions()
    assert len(found) == 1
    BackendAgent(agent.settings, author=author, stages=fakes.stages()).resume(found[0].session)
    # What was being written when the connection went may have been kept by the next one.
    assert {name for name in fakes.STAGES if author.wrote.count(name) != 1} <= {"code"}


@needs_postgres
def test_text_with_a_nul_is_kept(agent: BackendAgent) -> None:
    with agent.start({**fakes.TASK.to_state()}) as session:
        session._ledger.note("said", detail="a\0b")
        assert session.activity()[-1].detail == "a\N{REPLACEMENT CHARACTER}b"


@needs_postgres
def test_the_server_holds_no_password(postgres_database: DatabaseURL) -> None:
    url = postgres_database.whole.replace("postgres@", "postgres:hunter2@")
    with BackendAgent(Settings(database=url, verify=False), stages=fakes.stages()).start(fakes.TASK) as session:
        session.run()
        assert "hunter2" not in repr(session)
        tables = [row[0] for row in session._saver.conn.execute("SELECT tablename FROM pg_tables").fetchall()]
        for table in [name for name in tables if not name.startswith(("pg_", "sql_"))]:
            rows = session._saver.conn.execute(f"SELECT * FROM {table}").fetchall()
            assert "hunter2" not in repr(rows)


@needs_postgres
def test_many_processes_make_the_tables_once(postgres_database: DatabaseURL) -> None:
    source = "import sys\nfrom backend_agent.checkpoint import open_saver\nopen_saver(sys.argv[1]).close()"
    started = [subprocess.Popen([sys.executable, "-c", source, postgres_database.whole]) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]


@needs_postgres
def test_tables_of_the_queue_may_stand_beside_ours_and_a_schema_may_be_named(postgres_database: DatabaseURL) -> None:
    on(postgres_database, "CREATE TABLE procrastinate_jobs (x INTEGER)", "CREATE SCHEMA mine")
    open_saver(postgres_database).close()
    on(postgres_database, "SELECT format FROM public.backend_agent")
    other = f"{postgres_database.whole}?options=-csearch_path%3Dmine"
    open_saver(other).close()
    on(postgres_database, "SELECT format FROM mine.backend_agent", "DROP SCHEMA mine CASCADE")


@needs_postgres
def test_killed_at_some_writes_and_moments(postgres_database: DatabaseURL) -> None:
    environ: dict[str, str] = {
        **os.environ,
        "KILLS_DATABASE": postgres_database.whole,
        "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    given = [sys.executable, str(HERE / "kills.py"), "fakes", "4", "3"]
    ended = subprocess.run(given, capture_output=True, text=True, timeout=300, env=environ)
    assert ended.returncode == 0, ended.stderr
    tried = json.loads(ended.stdout)["tried"]
    assert len(tried) == 11
    assert sum(each["killed"] == -9 for each in tried) >= 8
    for each in tried:
        assert (each["ended"], each["same"], each["finished_and_repeated"]) == (0, True, [])
