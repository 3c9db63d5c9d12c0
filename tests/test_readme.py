"""The README says what is there, and all of it."""

from __future__ import annotations

import dataclasses
import re
import typing
from itertools import pairwise
from pathlib import Path

import typer

from backend_agent.artifacts import task
from backend_agent.commands import app
from backend_agent.pipeline import RESULTS, STAGES, successors
from backend_agent.settings import PREFIX, Settings
from backend_agent.task_file import from_dict

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_there() -> None:
    command: typing.Any = typer.main.get_command(app)
    for name, sub in command.commands.items():
        assert f"backend-agent {name} " in TEXT
        for parameter in sub.params:
            long = [o for o in parameter.opts if o.startswith("--") and o not in {"--help", "--output"}]
            assert all(option in TEXT for option in long)


def test_every_setting_is_there_and_no_other() -> None:
    known = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
    assert set(re.findall(r"BACKEND_AGENT_[A-Z_]+", TEXT)) == known


def test_every_field_and_task_type_is_there() -> None:
    for name in task.BackendTask.model_fields:
        assert f"`{name}`" in TEXT
    for kind in RESULTS:
        assert f"`{kind}`" in TEXT


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "bench", "lint", "studio"} <= targets
    for name in set(re.findall(r"(?:^|`)make ([a-z]+)", TEXT, re.MULTILINE)) - {"run"}:
        assert name in targets


def test_the_diagram_is_the_graph() -> None:
    drawn = TEXT.split("```mermaid")[1].split("```")[0]
    edges: set[tuple[str, str]] = set()
    for line in drawn.splitlines():
        groups = [[name.strip() for name in part.split("&")] for part in line.split("-->")]
        for left, right in pairwise(groups):
            edges |= {(a, b) for a in left for b in right}
    assert edges == {(a, b) for a, targets in successors(STAGES).items() for b in targets}


def test_its_task_is_a_task() -> None:
    import yaml

    written = TEXT.split("```yaml")[1].split("```")[0]
    assert from_dict(yaml.safe_load(written)).requirements
