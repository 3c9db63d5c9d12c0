"""A small project that passes every verifier, and ways to break it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.artifacts.verification import TestResult, VerifierRun
from backend_agent.verify.process import Limits, Runner
from backend_agent.verify.project import ProjectUnderTest, from_generated
from backend_agent.verify.verifier import Verifier

LIMITS = Limits(seconds=60)
PACKAGES = ("aiosqlite", "alembic", "asyncpg", "fastapi", "sqlalchemy", "uvicorn")

PYPROJECT = f"""\
[project]
name = "sample"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{", ".join(f'"{name}>=0.1"' for name in PACKAGES)}]

[project.optional-dependencies]
dev = ["httpx>=0.28", "pytest>=8"]

[tool.ruff]
line-length = 120

[tool.ruff.lint]
select = ["E", "F", "I", "B", "UP"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]

[tool.importlinter]
root_package = "app"

[[tool.importlinter.contracts]]
name = "Main knows tables, tables know nothing"
type = "layers"
layers = ["app.main", "app.tables"]
"""

MAIN = '''\
"""The service."""

from __future__ import annotations

from fastapi import FastAPI

from app.tables import metadata

app = FastAPI(title="Sample")


@app.get("/healthz", operation_id="healthz")
async def healthz() -> dict[str, str]:
    """Say that the process is alive."""
    return {"status": "ok"}


@app.get("/readyz", operation_id="readyz")
async def readyz() -> dict[str, str]:
    """Say that requests can be served."""
    return {"status": "ok"}


@app.get("/things", operation_id="list_things")
async def list_things() -> list[str]:
    """Name the tables."""
    return sorted(metadata.tables)
'''

TABLES = '''\
"""The tables."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
things = Table("things", metadata, Column("id", Integer, primary_key=True), Column("name", String(40), nullable=False))
'''

ALEMBIC_INI = """\
[alembic]
script_location = migrations
path_separator = os
"""

ENV = '''\
"""Where Alembic finds the database and the tables."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.tables import metadata


def run(connection: Connection) -> None:
    """Migrate over an open connection."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Open the connection."""
    engine = create_async_engine(os.environ["DATABASE_URL"], poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
'''

INITIAL = '''\
"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "things",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("things")
'''

TESTS = '''\
"""Tests of the service."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from app.main import app


def test_lists_things(record_property: Callable[[str, Any], None]) -> None:
    record_property("requirement", "R-001")
    record_property("requirement", "R-003")
    assert TestClient(app).get("/things").json() == ["things"]


class TestHealth:
    def test_alive(self) -> None:
        assert TestClient(app).get("/healthz").status_code == 200
'''


@cache
def sample_files() -> dict[str, str]:
    """Return the project that passes, by path."""
    files = {
        "pyproject.toml": PYPROJECT,
        "requirements.lock": "".join(f"{name}=={metadata.version(name)}\n" for name in PACKAGES),
        "alembic.ini": ALEMBIC_INI,
        "app/__init__.py": '"""A sample."""\n',
        "app/main.py": MAIN,
        "app/tables.py": TABLES,
        "migrations/env.py": ENV,
        "migrations/versions/0001_initial.py": INITIAL,
        "tests/test_things.py": TESTS,
        "README.md": "# Sample\n",
    }
    files["openapi.json"] = _document(files)
    return files


def _document(files: dict[str, str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("app/__init__.py", "app/main.py", "app/tables.py"):
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[name])
        code = "import json; from app.main import app; print(json.dumps(app.openapi()))"
        printed = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return json.dumps(json.loads(printed.stdout), indent=2) + "\n"


def generated(changes: dict[str, str | None] | None = None) -> list[GeneratedFile]:
    """Return the project with some files changed, added, or (None) taken away."""
    merged = {**sample_files(), **(changes or {})}
    return [
        GeneratedFile(path=path, content=content, description="")
        for path, content in sorted(merged.items())
        if content is not None
    ]


@contextmanager
def under_test(
    changes: dict[str, str | None] | None = None,
    *,
    limits: Limits = LIMITS,
    postgres_url: str | None = None,
) -> Iterator[ProjectUnderTest]:
    """Lay the project out for verifiers."""
    with tempfile.TemporaryDirectory(prefix="backend-agent-test-") as folder:
        Path(folder).chmod(0o711)
        runner = Runner()
        try:
            yield ProjectUnderTest(from_generated(generated(changes)), Path(folder), runner, limits, postgres_url)
        finally:
            runner.stop()


def verified(
    verifier: Verifier,
    changes: dict[str, str | None] | None = None,
    *,
    limits: Limits = LIMITS,
    postgres_url: str | None = None,
) -> VerifierRun:
    """Run one verifier on the project with these changes."""
    with under_test(changes, limits=limits, postgres_url=postgres_url) as project:
        return verifier.run(project)[0]


def seen_tests(verifier: Verifier, changes: dict[str, str | None] | None = None) -> Sequence[TestResult]:
    """Return the tests that one verifier saw."""
    with under_test(changes) as project:
        return verifier.run(project)[1]


def evidence(run: VerifierRun) -> str:
    """Return all that a run found, as text."""
    return "\n".join(f"{finding.evidence} {finding.hint}" for finding in run.findings)
