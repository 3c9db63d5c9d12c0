"""The same task gives the same bytes: in two runs, two processes, two folders, two databases."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def develop(folder: Path, task: Path, hash_seed: str) -> dict[str, str]:
    """Develop in a process of its own; return each file's hash."""
    folder.mkdir()
    own = {"PYTHONHASHSEED": hash_seed, "BACKEND_AGENT_DATABASE": str(folder / "s.db"), "TZ": f"UTC+{hash_seed}"}
    environ = {**os.environ, **own}
    done = subprocess.run(
        [sys.executable, "-m", "backend_agent", "develop", str(task), "-o", "out", "--no-verify", "--quiet"],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    out = folder / "out"
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() + oct(p.stat().st_mode)
        for p in sorted(out.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("name", ["todo", "bookshop"])
def test_two_runs_in_two_folders_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    first = develop(tmp_path / "one", EXAMPLES / f"{name}.yaml", "1")
    second = develop(tmp_path / "two folders deeper", EXAMPLES / f"{name}.yaml", "2")
    assert first
    assert first == second


def test_no_path_of_this_machine_is_in_the_files(tmp_path: Path) -> None:
    develop(tmp_path / "one", EXAMPLES / "todo.yaml", "3")
    strange = [str(tmp_path), str(Path.home()), sys.prefix]
    for path in (tmp_path / "one" / "out").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not any(word in text for word in strange if len(word) > 5), path
