"""The generated service of the feed does what its rules say: run, not read."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from codegen.entities import feed

from backend_agent.artifacts.code import Implementation
from backend_agent.codegen import generate
from backend_agent.codegen.render import environment
from backend_agent.stages import testing
from backend_agent.state import Artifacts

HERE = Path(__file__).parent
SERVER = "postgresql://postgres@127.0.0.1:5432"


@cache
def generated(naming: str, pagination: str) -> Implementation:
    state = feed.designed(naming=naming, pagination=pagination)
    state["testing"] = testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))
    return generate(Artifacts(state))


def put(implementation: Implementation, folder: Path) -> Path:
    for file in implementation.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
    return folder


def run(folder: Path, *command: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "ENVIRONMENT": "test", **environ},
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/feed.db"
        return
    try:
        server = psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    name = f"feed_{uuid.uuid4().hex[:12]}"
    with server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"postgresql+asyncpg://postgres@127.0.0.1:5432/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(("naming", "pagination"), [("snake_case", "offset"), ("camelCase", "cursor")])
def test_every_rule_holds_over_http(naming: str, pagination: str, database: str, tmp_path: Path) -> None:
    folder = put(generated(naming, pagination), tmp_path / "project")
    run(folder, "-m", "alembic", "upgrade", "head", DATABASE_URL=database)
    run(folder, str(HERE / "drive_feed.py"), str(folder), database, "camel" if naming == "camelCase" else "snake")


def test_it_passes_its_own_rules(tmp_path: Path) -> None:
    folder = put(generated("camelCase", "cursor"), tmp_path)
    run(folder, "-m", "ruff", "check", "app")
    run(folder, "-m", "ruff", "format", "--check", "app")
    run(folder, "-m", "mypy", "--strict", "app")


def test_nothing_is_there_that_nobody_calls() -> None:
    files = {f.path: f.content for f in generated("snake_case", "offset").files}
    likes = files["app/repositories/likes.py"]
    assert "def put" in likes
    assert "def get" not in likes
    assert "def find" not in likes
    assert "app/database/keyset.py" not in files
    assert "require_role" not in files["app/services/options.py"]


@pytest.mark.parametrize("name", sorted(n for n in environment().list_templates() if n.startswith("rules/")))
def test_partials_are_included_somewhere(name: str) -> None:
    hook = name.rsplit("/", 1)[1]
    sources = [Path(str(p)).read_text() for p in (HERE.parents[2] / "backend_agent/codegen/templates").rglob("*.jinja")]
    assert any(f'"/{hook}"' in source or f'"{name}"' in source for source in sources)


@pytest.mark.parametrize(
    ("naming", "pagination"),
    [pytest.param("snake_case", "offset", marks=pytest.mark.slow), ("camelCase", "cursor")],
)
def test_its_own_tests_pass(naming: str, pagination: str, database: str, tmp_path: Path) -> None:
    folder = put(generated(naming, pagination), tmp_path / "project")
    where = {"TEST_DATABASE_URL": database} if database.startswith("postgresql") else {}
    run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", **where)
