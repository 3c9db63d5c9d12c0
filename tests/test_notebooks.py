"""The notebooks run from top to bottom in a kernel of their own, and are kept with the outputs that come out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def outputs(path: Path) -> list[list[Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_gives_the_outputs_it_is_kept_with(path: Path, tmp_path: Path) -> None:
    # A process of its own: what a kernel's client leaves behind is none of this one's.
    run = [sys.executable, str(ROOT / "tests" / "notebook_runs.py"), str(tmp_path), path.stem]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    assert outputs(tmp_path / path.name) == outputs(path), "`make notebooks` saves them as they are now"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_keeps_nothing_of_the_machine_it_ran_on(path: Path) -> None:
    kept = outputs(path)
    assert any(kept)
    assert not [output for cell in kept for output in cell if output["output_type"] == "error"]
    text = json.dumps(kept)
    assert not re.search(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|20\d\d-\d\d-\d\dT|/tmp/|/home/|/root/|0x[0-9a-f]{8}", text
    )


def test_each_has_a_number_of_its_own() -> None:
    numbers = [path.name[:3] for path in NOTEBOOKS]
    assert all(re.fullmatch(r"\d\d-", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
