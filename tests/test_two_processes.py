"""Every command of the README's table about sessions, as a user gives them.

Whatever changes a session is a process of its own; another one, that of the tests, looks at what came of it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend_agent.__main__ import main

STAGES = tuple(
    "requirements domain architecture database api security performance testing deployment code verification quality"
    " documentation".split()
)
DESIGNS = STAGES[: STAGES.index("api") + 1]
TASK = """project_name: Todo
requirements:
  - Users can register and log in.
  - A task has a title of at most 200 characters and a completed flag.
  - Users can create, view, update and delete their own tasks.
"""


class Shell:
    """Runs `backend-agent`: called, in a process of its own; `look` and `json` in this one."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str, **environ: str) -> str:
        command = [sys.executable, "-W", "error", "-m", "backend_agent", *arguments]
        ended = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def look(self, *arguments: str, code: int = 0) -> str:
        assert main(list(arguments)) == code
        shown = self._capsys.readouterr()
        return shown.err if code else shown.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.look(*arguments, "--json"))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    (tmp_path / "todo.yaml").write_text(TASK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(tmp_path / "s.db"))
    monkeypatch.setenv("BACKEND_AGENT_VERIFY", "off")
    return Shell(tmp_path, capsys)


def test_each_command_goes_on_where_another_process_stopped(shell: Shell) -> None:
    said = shell("develop", "todo.yaml", "-o", "todo", "--pause-after", "architecture,api")
    session = re.findall(r"backend-agent resume (\S+)", said)[0]
    assert f"look at it  backend-agent show {session} architecture" in said
    assert json.loads(shell("resume", session, "-o", "todo", "--json"))["paused"] is True

    for stage in ("task", *DESIGNS):
        assert shell.look("show", session, stage)
    assert f"has no '{STAGES[5]}' yet; it has: task, requirements" in shell.look("show", session, STAGES[5], code=2)

    page = page_of(shell, session, "domain")
    assert "<svg" in page
    assert "Task" in page

    api = shell.json("show", session, "api")
    (shell.folder / "api.json").write_text(json.dumps({**api, "title": "Our tasks"}))
    assert "kept" in shell("edit", session, "api", "--file", "api.json")
    done = json.loads(shell("resume", session, "-o", "todo", "--feedback", "architecture: use hexagonal", "--json"))
    assert done["session_id"] == session
    assert done["unheard"] in ([], ["architecture: use hexagonal"])
    assert json.loads((shell.folder / "todo" / "openapi.json").read_text())["info"]["title"] == "Our tasks"
    for stage in STAGES:
        assert shell.look("show", session, stage)

    steps = shell.json("history", session)
    assert any(step["edited"] and step["wrote"] == ["api"] for step in steps)
    assert "paused" in shell.look("history", session, "--log")

    (shell.folder / "db.yaml").write_text(shell.look("show", session, "database"))
    other = shell(
        "branch", session, "--after", "architecture", "--edit", "database=db.yaml", "--set",
        "architecture_type=monolithic",
    ).strip()  # fmt: skip
    assert json.loads(shell("resume", other, "-o", "other", "--json"))["ok"] is True
    assert "architecture_type" in shell.look("diff", session, other)
    assert shell.json("diff", session, session)["files"] == []

    (shell.folder / "new.yaml").write_text(TASK.replace("a completed flag", "a note and a completed flag"))
    revised = json.loads(shell("revise", session, "new.yaml", "-o", "todo", "--json"))
    assert revised["written"]["conflicts"] == []
    assert len(list((shell.folder / "todo" / "migrations" / "versions").glob("0002_*.py"))) == 1

    listed = shell.json("sessions")
    assert [(entry["session"], entry["status"]) for entry in listed] == [(session, "completed"), (other, "completed")]
    shell("export", session, "exported")
    before = shell.json("history", session)
    assert shell("delete", session) == ""
    assert "there is no session" in shell.look("show", session, "api", code=2)
    assert shell("import", "exported").strip() == session
    assert shell.json("history", session) == before
    assert json.loads(shell("resume", session, "-o", "todo", "--json"))["written"]["conflicts"] == []


def page_of(shell: Shell, session: str, stage: str) -> str:
    """Open an artifact with a browser that notes where it was sent; return the page."""
    browser = shell.folder / "browser"
    browser.write_text(f'#!{sys.executable}\nimport sys\nopen("{shell.folder}/opened", "w").write(sys.argv[1])\n')
    browser.chmod(0o755)
    path = Path(shell("show", session, stage, "--open", BROWSER=f"{browser} %s", TMPDIR=str(shell.folder)).strip())
    assert (shell.folder / "opened").read_text() == path.as_uri()
    assert path.parent.stat().st_mode & 0o077 == 0
    return path.read_text()
