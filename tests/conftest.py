"""What all tests share: no network but loopback, the golden domain models, drafted artifacts, the server."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.task import BackendTask
from backend_agent.settings import DatabaseURL, Settings
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "tests" / "golden" / "models"
EXAMPLES = ROOT / "examples"


class NetworkBlocked(Exception):
    """A test tried to reach another machine."""


def _is_near(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", "None"):
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Let nothing out: neither names are looked up nor connections opened beyond loopback."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not _is_near(address[0]):
            raise NetworkBlocked(f"{address[0]}: tests reach no host but loopback")

    def near_connect(self: socket.socket, address: Any) -> None:
        check(address)
        connect(self, address)

    def near_connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return connect_ex(self, address)

    def near_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        check((host,))
        return getaddrinfo(host, *rest, **named)

    patch.setattr(socket.socket, "connect", near_connect)
    patch.setattr(socket.socket, "connect_ex", near_connect_ex)
    patch.setattr(socket, "getaddrinfo", near_getaddrinfo)
    patch.setenv("LANGSMITH_TRACING", "false")
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep sessions out of the user's home."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("BACKEND_AGENT_DATABASE", raising=False)
    yield
    patch.undo()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked `each_database`, and keeps sessions, on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("each_database") and "database" in metafunc.fixturenames:
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)]
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path | DatabaseURL:
    """A place for sessions that is the test's own."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return tmp_path / "deep" / "sessions.db"
    made: DatabaseURL = request.getfixturevalue("postgres_database")
    return made


@pytest.fixture
def settings(database: Path | DatabaseURL) -> Settings:
    """Settings with a database of their own and without verification."""
    return Settings(database=database, verify=False)


@pytest.fixture(scope="session")
def model() -> Callable[[str], DomainModel]:
    """Return the golden domain model of a task: `model("bookshop")`."""
    kept: dict[str, DomainModel] = {}

    def load(name: str) -> DomainModel:
        if name not in kept:
            text = (MODELS / f"{name}.yaml").read_text(encoding="utf-8")
            kept[name] = DomainModel.model_validate(yaml.safe_load(text))
        return kept[name]

    return load


@pytest.fixture(scope="session")
def artifacts() -> Callable[..., Artifacts]:
    """Return the drafts of an example's stages up to `code`: `artifacts("bookshop", architecture_type="layered")`.

    Drafted once a session for each set of changes; plain values, so that a test can change a copy.
    """
    kept: dict[tuple[Any, ...], Artifacts] = {}

    def draft(name: str, *, until: str = "code", **changes: Any) -> Artifacts:
        key = (name, until, *sorted(changes.items()))
        if key not in kept:
            kept[key] = Artifacts(drafted(EXAMPLES / f"{name}.yaml", until, changes))
        return kept[key]

    return draft


def drafted(path: Path, until: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Run the drafts in order, without a graph, and return the artifacts and the results of their checks."""
    from backend_agent.pipeline import stages_for

    task = BackendTask.from_file(path)
    state: dict[str, Any] = {"task": BackendTask.from_state({**task.to_state(), **changes}), "records": {}}
    for stage in stages_for(until):
        state[stage.name] = stage.draft(Artifacts(state, (*stage.reads, stage.name)))
        checks = stage.check(Artifacts(state, (*stage.reads, stage.name)))
        state["records"][stage.name] = {"checks": [check.to_state() for check in checks]}
    return state


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return the server's address, or skip."""
    url = os.environ.get("BACKEND_AGENT_POSTGRES_URL")
    if not url:
        pytest.skip("no PostgreSQL: set BACKEND_AGENT_POSTGRES_URL=postgresql://user@host:5432/postgres")
    return url


@pytest.fixture(scope="session")
def _postgres_databases(postgres_url: str) -> Iterator[list[DatabaseURL]]:
    """Two databases of this process: to make one for each test takes longer than most tests."""
    import psycopg

    names = [f"sessions_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with psycopg.connect(postgres_url, autocommit=True) as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # no test stops the server
        yield [DatabaseURL(f"{postgres_url.rpartition('/')[0]}/{name}") for name in names]
        for name in names:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_database(_postgres_databases: list[DatabaseURL]) -> Iterator[DatabaseURL]:
    """An empty database on the server, this test's own."""
    with _emptied(_postgres_databases[0]) as found:
        yield found


@pytest.fixture
def second_postgres_database(_postgres_databases: list[DatabaseURL]) -> Iterator[DatabaseURL]:
    """The same, for what moves from one to another."""
    with _emptied(_postgres_databases[1]) as found:
        yield found


@contextmanager
def _emptied(place: DatabaseURL) -> Iterator[DatabaseURL]:
    """Empty a database in the end; fails when a connection to it was left open."""
    import psycopg

    yield place
    with psycopg.connect(place.whole, autocommit=True) as server:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        left = "connections were left open"
        for _ in range(50):  # the server has yet to see that a killed process is gone
            left = server.execute(f"SELECT coalesce(string_agg(query, '; '), '') {others}").fetchone()[0]  # type: ignore[index]
            if not left:
                break
            time.sleep(0.1)
        server.execute(f"SELECT pg_terminate_backend(pid) {others}")
        server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert not left
