"""A rule's code is taken out of a generated project: its tests fail, and no others do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from codegen.project_tests.club import club, example
from codegen.project_tests.mutants import BANK, CLINIC, CLUB, Mutant

from backend_agent.codegen import generate
from backend_agent.state import Artifacts

FAILED = re.compile(r"^(?:FAILED|ERROR) tests/test_(\w+)\.py::(\w+)", re.MULTILINE)


def write(given: Artifacts, folder: Path) -> None:
    for file in generate(given).files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")


def failing_tests(project: Path, *files: str) -> tuple[set[str], str]:
    """Run a project's own tests; return those that fail, and the output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=600)
    return {f"{file}::{name}" for file, name in FAILED.findall(done.stdout)}, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mutants"), [("club", CLUB), ("clinic", CLINIC), ("bank", BANK)], ids=["club", "clinic", "bank"]
)
def test_each_mutant_is_killed_by_its_tests_and_no_others(
    name: str, mutants: tuple[Mutant, ...], tmp_path: Path
) -> None:
    write(club() if name == "club" else _layered(name), tmp_path)
    for mutant in mutants:
        mutant.plant(tmp_path)
    expected = set().union(*(m.killed_by for m in mutants))
    files = sorted({f"tests/test_{test.partition('::')[0]}.py" for test in expected})
    failed, output = failing_tests(tmp_path, *files)
    assert failed == expected, output[-4000:]


def _layered(name: str) -> Artifacts:
    given = example(name)
    layered = given.architecture.model_copy(update={"architecture_type": "layered"})
    return Artifacts({**given._state, "architecture": layered})


@pytest.mark.slow
@pytest.mark.parametrize(("pagination", "naming"), [("offset", "snake_case"), ("cursor", "camelCase")])
def test_the_club_passes_its_own_tests(pagination: str, naming: str, tmp_path: Path) -> None:
    """Every kind of rule, field and relation that the examples do not have."""
    write(club(pagination=pagination, naming=naming), tmp_path)
    failed, output = failing_tests(tmp_path)
    assert failed == set(), output[-4000:]
    assert re.search(r"\b\d{3} passed\b", output)
    lint = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "tests"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert lint.returncode == 0, lint.stdout


def test_every_mutant_has_its_place() -> None:
    """Each planted fault is named once and says who notices it."""
    for mutants in (CLUB, CLINIC, BANK):
        names = [m.name for m in mutants]
        assert len(names) == len(set(names))
        assert all(m.killed_by for m in mutants)
