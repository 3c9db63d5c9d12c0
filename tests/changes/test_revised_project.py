"""A whole project of a changed task: its own tools accept it, its own migrations run with rows in the tables."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from designs import designed, domain, failing, redesigned
from migrating import both, more, of, without

from backend_agent.artifacts.code import Implementation
from backend_agent.artifacts.database import DatabaseSchema, Release
from backend_agent.artifacts.domain import Entity, FieldSpec, Relation
from backend_agent.codegen import generate
from backend_agent.stages import code, database, testing
from backend_agent.state import Artifacts

SPEC = FieldSpec.model_validate
CHANGE = both(
    without("Task", "due_date"),
    more("Task", SPEC({"name": "deadline", "type": "date", "optional": True})),
    more("Task", SPEC({"name": "effort", "type": "integer", "minimum": 1})),
    of(
        entities=lambda m: [*m.entities, Entity(name="Note", fields=[SPEC({"name": "text", "type": "text"})])],
        relations=lambda m: [
            *m.relations, Relation(name="task", source="Note", target="Task", inverse="notes", owned=True)
        ],
    ),
)  # fmt: skip
RENAMES = {"tasks.due_date": "tasks.deadline"}


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    """The designs and the code of todo after a change."""
    made = redesigned("todo", domain=CHANGE(domain("todo")))
    release = Release(database=designed("todo")["database"], renames=RENAMES)
    made["database"] = database.STAGE.draft(Artifacts({**made, "released": release}, database.STAGE.reads))
    made["testing"] = testing.STAGE.draft(Artifacts(made, testing.STAGE.reads))
    return {**made, "code": generate(Artifacts(made))}


def versions(implementation: Implementation) -> dict[str, str]:
    return {f.path: f.content for f in implementation.files if f.path.startswith("migrations/versions/")}


def write(implementation: Implementation, folder: Path) -> Path:
    for file in implementation.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": f"sqlite:///{folder}/app.db", "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_only_a_migration_is_added_and_the_first_one_stays(state: dict[str, Any]) -> None:
    fresh = redesigned("todo", domain=CHANGE(domain("todo")))
    fresh["testing"] = state["testing"]
    one, other = versions(state["code"]), versions(generate(Artifacts(fresh)))
    assert [path.rpartition("/")[2] for path in one] == [
        "0001_initial.py",
        "0002_rename_due_date_to_deadline_and_more.py",
    ]
    before = designed("todo")
    before["testing"] = testing.STAGE.draft(Artifacts(before, testing.STAGE.reads))
    first = versions(generate(Artifacts(before)))
    assert one["migrations/versions/0001_initial.py"] == first["migrations/versions/0001_initial.py"]
    assert list(other) == ["migrations/versions/0001_initial.py"]
    rest = [
        {f.path: f.content for f in made.files if not f.path.startswith("migrations/versions/")}
        for made in (state["code"], generate(Artifacts(fresh)))
    ]
    assert rest[0] == rest[1]


def test_the_checks_of_the_code_know_later_migrations(state: dict[str, Any]) -> None:
    assert failing(code.STAGE, state) == {}
    later = next(f for f in state["code"].files if "/0002_" in f.path)
    for old, new, evidence in (
        ('sa.Column("effort"', 'sa.Column("force"', "column tasks.effort is in no migration"),
        ('"deadline"', '"ending"', "column tasks.deadline is in no migration"),
        ('op.create_table(\n        "notes"', 'op.create_table(\n        "remarks"', "table notes is in no migration"),
    ):
        assert old in later.content
        changed = later.model_copy(update={"content": later.content.replace(old, new)})
        files = [changed if f is later else f for f in state["code"].files]
        broken = {**state, "code": state["code"].model_copy(update={"files": files})}
        assert evidence in failing(code.STAGE, broken)["migrated"]


def test_a_schema_that_stays_leaves_the_artifact_as_it_was() -> None:
    before: DatabaseSchema = designed("todo")["database"]
    release = Release(database=before)
    again = database.STAGE.draft(Artifacts({**designed("todo"), "released": release}, database.STAGE.reads))
    assert again == before


def test_the_project_accepts_its_migrations_and_keeps_the_rows(state: dict[str, Any], tmp_path: Path) -> None:
    folder = write(state["code"], tmp_path / "project")
    run(folder, "ruff", "check", "--no-cache", ".")
    run(folder, "ruff", "format", "--no-cache", "--check", ".")
    run(folder, "mypy", "--cache-dir", str(tmp_path / "mypy"), "migrations")
    first = versions(state["code"])["migrations/versions/0001_initial.py"].split('revision = "')[1][:12]
    run(folder, "alembic", "upgrade", first)
    connection = sqlite3.connect(folder / "app.db")
    stamp = "2024-01-02 03:04:05.000000"
    columns = [row[1] for row in connection.execute("PRAGMA table_info(tasks)")]
    values = {"id": "0" * 32, "version": 1, "created_at": stamp, "updated_at": stamp, "due_date": "2024-05-06"}
    known = {**dict.fromkeys(columns, "open"), **values}
    known |= {c: "1" * 32 for c in columns if c.endswith("_id")}
    known["priority"] = "low"
    placeholders = ", ".join("?" for _ in columns)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute(f"INSERT INTO tasks VALUES ({placeholders})", [known[c] for c in columns])
    connection.commit()
    run(folder, "alembic", "upgrade", "head")
    run(folder, "alembic", "check")
    assert connection.execute("SELECT deadline, effort FROM tasks").fetchall() == [("2024-05-06", 1)]
    run(folder, "alembic", "downgrade", "base")
    connection.close()
