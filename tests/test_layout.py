"""The same word everywhere: module, artifact, state key, node, prompt, test."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from backend_agent import stages as stage_modules
from backend_agent.artifacts.base import Artifact
from backend_agent.chat.given import WRITTEN
from backend_agent.pipeline import RESULTS, STAGES, build_graph
from backend_agent.result import Result
from backend_agent.state import Artifacts, State

ROOT = Path(__file__).parents[1]
NAMES = [stage.name for stage in STAGES]
LONGEST = 400


@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_one_word_for_everything(stage: object) -> None:
    name: str = stage.name  # type: ignore[attr-defined]
    assert importlib.import_module(f"backend_agent.stages.{name}").STAGE is stage
    kind: type[Artifact] = stage.artifact  # type: ignore[attr-defined]
    assert kind.__module__ == f"backend_agent.artifacts.{name}"
    assert name in State.__annotations__
    assert isinstance(getattr(Artifacts, name), property)
    assert isinstance(getattr(Result, name), property)
    assert (ROOT / "prompts" / f"{name}.md").is_file() == (name in WRITTEN)  # the others measure: nobody's opinion
    assert (ROOT / "tests" / "stages" / f"test_{name}.py").is_file() or (ROOT / "tests" / "stages" / name).is_dir()


def test_no_stage_module_without_a_stage() -> None:
    folder = Path(str(stage_modules.__file__)).parent
    found = {p.stem for p in folder.glob("*.py")} | {p.parent.name for p in folder.glob("*/__init__.py")}
    assert found - {"__init__"} == set(NAMES)
    assert (
        not (folder / "__init__.py").read_text().strip().replace('"""', "")
        or len((folder / "__init__.py").read_text().splitlines()) <= 3
    )


def test_nodes_and_state_keys_are_the_stages() -> None:
    assert set(build_graph().nodes) - {"__start__"} == set(NAMES)
    assert set(State.__annotations__) == {
        "task",
        *NAMES,
        "records",
        "graph_version",
        "released",
        "pinned",
        "feedback",
        "reviewed",
        "calls",
    }


def test_task_types_are_those_of_the_task() -> None:
    from typing import get_args

    from backend_agent.artifacts.task import TaskType

    assert set(RESULTS) == set(get_args(TaskType))


def test_no_file_is_longer_than_a_reader_bears() -> None:
    places = ("backend_agent", "tests", "graphs")
    files = [p for place in places for p in (ROOT / place).rglob("*.py") if "templates" not in p.parts]
    long = {str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().splitlines())) > LONGEST}
    assert long == {}


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO:", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    places = ("backend_agent", "graphs", "prompts")
    files = [p for place in places for p in (ROOT / place).rglob("*") if p.suffix in (".py", ".jinja", ".md")]
    lines = [(p, line) for p in files for line in p.read_text().splitlines() if "re.compile(" not in line]
    left = [f"{p.relative_to(ROOT)}: {line}" for p, line in lines if any(mark in line for mark in marks)]
    assert left == []
