"""Generated projects hold their own rules: style, import contracts, types, migrations; and look hand-written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from designs import CASES, designed, domain, plain, redesigned

from backend_agent.artifacts.code import Implementation
from backend_agent.artifacts.domain import Relation
from backend_agent.codegen import LAYOUTS, generate, record_files, write
from backend_agent.codegen.record import FOLDER, RECORDED
from backend_agent.stages import testing
from backend_agent.state import Artifacts


def drawn(state: dict[str, Any], layout: str) -> Implementation:
    """Generate from designs, laid out otherwise."""
    changed = state["architecture"].model_copy(update={"architecture_type": layout})
    state = {**state, "architecture": changed}
    state["testing"] = testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))
    return generate(Artifacts(state))


@cache
def generated(case: str, layout: str) -> Implementation:
    return drawn(designed(case), layout)


def run(folder: Path, *command: str, **environ: str) -> None:
    """Run a tool of the virtual environment in a project; its complaints fail the test."""
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [sys.executable, "-P", *command] if command[0] == "-m" else [str(tool), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(params=list(LAYOUTS))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project on disk: clinic, which has encryption and an audit log."""
    return write(generated("clinic", request.param).files, tmp_path / "project").folder


def test_style_and_import_contracts(folder: Path) -> None:
    run(folder, "ruff", "check", "--no-cache", ".")
    run(folder, "ruff", "format", "--no-cache", "--check", ".")
    run(folder, "lint-imports", "--no-cache")


def test_a_wrong_import_breaks_the_contract(folder: Path) -> None:
    service = next(p for p in folder.glob("app/**/*.py") if "class PatientService" in p.read_text())
    service.write_text(service.read_text() + "\nimport sqlalchemy\n")
    with pytest.raises(AssertionError, match="BROKEN"):
        run(folder, "lint-imports", "--no-cache")


@pytest.mark.slow
def test_types(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(folder, "-m", "mypy", "--cache-dir", str(tmp_path_factory.getbasetemp() / "mypy"))


@pytest.mark.parametrize("case", CASES)
def test_layouts_differ_in_places_only(case: str) -> None:
    documents = {layout: generated(case, layout).file("openapi.json").content for layout in LAYOUTS}
    migrations = {layout: generated(case, layout).file("migrations/versions/0001_initial.py") for layout in LAYOUTS}
    assert len(set(documents.values())) == 1
    assert len({m.content for m in migrations.values()}) == 1


def test_the_manifest_has_the_hash_of_every_other_file() -> None:
    files = generated("todo", "layered").files
    *kept, last = record_files(plain(designed("todo")), files)
    assert last.path == f"{FOLDER}/manifest.json"
    expected = {f.path: hashlib.sha256(f.content.encode()).hexdigest() for f in [*files, *kept]}
    assert json.loads(last.content)["files"] == expected


@pytest.mark.parametrize("case", CASES)
def test_the_artifacts_can_be_had_back(case: str) -> None:
    state = designed(case)
    kept = {f.path: f.content for f in record_files(plain(state), [])}
    for name in set(RECORDED) & set(state):
        assert type(state[name]).from_state(json.loads(kept[f"{FOLDER}/artifacts/{name}.json"])) == state[name]


@pytest.mark.parametrize("case", CASES)
def test_files_for_machines_parse(case: str) -> None:
    for file in generated(case, "layered").files:
        if file.path.endswith((".yaml", ".yml")):
            assert list(yaml.safe_load_all(file.content)), file.path
        elif file.path.endswith(".json"):
            json.loads(file.content)
        elif file.path.endswith(".toml"):
            tomllib.loads(file.content)


@pytest.mark.parametrize("case", CASES)
def test_locks_are_pinned_and_complete(case: str) -> None:
    code = generated(case, "layered")
    locked = code.file("requirements.lock").content.split()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in locked)
    names = {line.partition("==")[0] for line in locked}
    project = tomllib.loads(code.file("pyproject.toml").content)["project"]
    assert {re.split(r"[\[<>=]", d)[0] for d in project["dependencies"]} <= names
    assert ("cryptography" in names) == (case in ("clinic", "bank"))


@pytest.mark.parametrize("case", CASES)
def test_text_reads_as_written_by_hand(case: str) -> None:
    for file in generated(case, "monolithic").files:
        if not file.content:
            continue
        assert "{{" not in file.content.replace("${{", ""), file.path
        assert "{%" not in file.content, file.path
        assert not re.search(r"[ \t]+$", file.content, re.MULTILINE), file.path
        assert "\n\n\n\n" not in file.content, file.path
        assert file.content.endswith("\n"), file.path


def in_a_circle() -> Implementation:
    """Two entities that refer to each other: their foreign keys cannot both be made with their tables."""
    todo = domain("todo")
    more = [
        Relation(name="favourite", source="Label", target="Task", inverse="fans", optional=True),
        Relation(name="main_label", source="Task", target="Label", inverse="main_tasks", optional=True),
    ]
    changed = todo.model_copy(update={"relations": [*todo.relations, *more]})
    return drawn(redesigned("todo", domain=changed), "layered")


def migrate(folder: Path, url: str) -> None:
    for command in (["upgrade", "head"], ["check"], ["downgrade", "base"], ["upgrade", "head"], ["check"]):
        run(folder, "-m", "alembic", *command, DATABASE_URL=url, PYTHONPATH=str(folder))


def test_migrations_of_circles_on_sqlite(tmp_path: Path) -> None:
    folder = write(in_a_circle().files, tmp_path / "project").folder
    assert (
        "use_alter=True"
        in (folder / "app/database/tables/tasks.py").read_text()
        + (folder / "app/database/tables/labels.py").read_text()
    )
    migrate(folder, f"sqlite:///{tmp_path}/app.db")


@pytest.fixture
def own_database(postgres_url: str) -> Iterator[str]:
    name = f"codegen_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield postgres_url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.mark.needs_postgres
def test_migrations_of_circles_on_postgresql(tmp_path: Path, own_database: str) -> None:
    migrate(write(in_a_circle().files, tmp_path / "project").folder, own_database)
