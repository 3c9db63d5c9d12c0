"""What all tests share: no network but loopback, the golden domain models, drafted artifacts, the server."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.task import BackendTask
from backend_agent.settings import Settings
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a database of their own and without verification."""
    return Settings(database=tmp_path / "sessions.db", verify=False)


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
