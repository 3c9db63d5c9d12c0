"""The commands about kept sessions, as a user gives them; each call opens the database anew."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent.__main__ import main
from backend_agent.agent import BackendAgent
from backend_agent.edits import as_yaml, load

TASK = "project_name: Todo\nrequirements:\n  - A task has a title.\n"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(tmp_path / "data" / "s.db"))
    (tmp_path / "todo.yaml").write_text(TASK)
    monkeypatch.setattr("backend_agent.agent.BackendAgent", functools.partial(BackendAgent, stages=fakes.stages()))


class Shell:
    """Runs commands and gives what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert main(list(arguments)) == code
        shown = self._capsys.readouterr()
        return shown.err if code == 2 else shown.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def paused(shell: Shell) -> str:
    """A session that is paused behind the API."""
    report = shell.json("develop", "todo.yaml", "-o", "out", "--pause-after", "api")
    assert report["paused"] is True
    assert set(report["due"]) == {"security", "performance", "testing", "deployment"}
    assert not Path("out").exists()
    return str(report["session_id"])


def test_develop_says_what_to_look_at_and_how_to_go_on(shell: Shell) -> None:
    shown = shell("develop", "todo.yaml", "-o", "out", "--pause-after", "architecture, api")
    session = shown.split("show ")[1].split()[0]
    assert "Todo is paused before database, api" in shown
    assert f"backend-agent show {session} architecture" in shown
    assert "is paused before security" in shell("resume", session, "-o", "out")
    assert shell.json("sessions")[0]["status"] == "paused"


def test_show_edit_resume(shell: Shell, paused: str) -> None:
    assert shell.json("show", paused, "task")["project_name"] == "Todo"
    text = shell("show", paused, "domain")
    Path("domain.yaml").write_text(text.replace("A task has a title.", "Mine."))
    assert "kept" in shell("edit", paused, "domain", "--file", "domain.yaml")
    assert shell.json("show", paused, "domain")["notes"] == ["Mine."]
    assert main(["resume", paused, "-q", "-o", "out"]) in (0, 4)
    assert shell.json("show", paused, "database")["schema_overview"] == "Mine."
    assert shell.json("sessions")[0]["status"] == "completed"
    shell("edit", paused, "domain", "--release")
    assert shell.json("sessions")[0]["status"] == "idle"


def test_edit_with_an_editor(shell: Shell, paused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Path("editor.py")
    script.write_text(
        "import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace('Todo', 'Mine'))\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    shell("edit", paused, "api")
    assert shell.json("show", paused, "api")["title"] == "Mine"
    assert "nothing was changed" in shell("edit", paused, "api", code=2)
    script.write_text("import pathlib, sys\npathlib.Path(sys.argv[1]).write_text('title: 5\\n')\n")
    line = shell("edit", paused, "api", code=2)
    assert "api.title: input should be a valid string" in line
    assert Path(line.rsplit(" ", 1)[1].strip()).read_text() == "title: 5\n"
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert "cannot be started" in shell("edit", paused, "api", code=2)


def test_show_without_a_browser_says_where_the_page_is(
    shell: Shell, paused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    line = shell("show", paused, "api", "--open", code=2)
    assert "no browser could be started" in line
    assert "<h1" in Path(line.rsplit(" ", 1)[1].strip()).read_text()


def test_history_and_log(shell: Shell, paused: str) -> None:
    steps = shell.json("history", paused)
    assert ["architecture"] in [step["wrote"] for step in steps]
    assert "architecture" in shell("history", paused)
    assert [entry["event"] for entry in shell.json("history", paused, "--log")][-1] == "paused"
    assert "stage_finished api" in shell("history", paused, "--log")


def test_branch_delete_and_the_list(shell: Shell, paused: str) -> None:
    Path("db.json").write_text(json.dumps({**shell.json("show", paused, "database"), "schema_overview": "Mine."}))
    made = shell(
        "branch", paused, "--after", "architecture", "--edit", "database=db.json", "--set",
        "architecture_type=hexagonal",
    ).strip()  # fmt: skip
    assert shell.json("show", made, "task")["architecture_type"] == "hexagonal"
    assert shell.json("show", made, "database")["schema_overview"] == "Mine."
    assert {entry["session"] for entry in shell.json("sessions")} == {made, paused}
    shell("delete", paused)
    assert made in shell("sessions")
    assert "there is no session" in shell("show", paused, "api", code=2)


def test_feedback(shell: Shell, paused: str) -> None:
    assert main(["resume", paused, "-q", "-o", "out", "--feedback", "api: use cursor pagination"]) == 0
    assert shell.json("show", paused, "task")["api_requirements"]["pagination"] == "cursor"


def test_feedback_that_no_draft_follows_is_said_plainly(shell: Shell, paused: str) -> None:
    shown = shell("resume", paused, "-o", "out", "--feedback", "api: be nice")
    assert "Feedback kept for a chat model; no draft can follow it (1)\n    api: be nice" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "ID", "apis"], "has no 'apis' yet; it has: task, requirements"),
        (["show", "ID", "code"], "has no 'code' yet"),
        (["edit", "ID", "api", "--file", "none.yaml"], "none.yaml: cannot be read"),
        (["edit", "ID", "api", "--file", "list.yaml"], "list.yaml: holds no fields"),
        (["edit", "ID", "api", "--file", "broken.yaml"], "broken.yaml:3: is not valid YAML"),
        (["edit", "ID", "api", "--file", "todo.yaml"], "api.title: field required"),
        (["edit", "ID", "quality", "--file", "todo.yaml"], "is what was measured"),
        (["branch", "ID", "--edit", "database"], "--edit 'database': write name=value"),
        (["branch", "ID", "--after", "code"], "has no code yet"),
        (["resume", "ID", "--feedback", "nice"], "write `stage: sentence`"),
        (["develop", "todo.yaml", "-o", "x", "--pause-after", "apis"], "there is no stage 'apis'"),
        (["delete", "nobody"], "there is no session"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(shell: Shell, paused: str, arguments: list[str], says: str) -> None:
    Path("list.yaml").write_text("- a\n")
    Path("broken.yaml").write_text("a: 1\nb: [\n")
    shown = shell(*(paused if a == "ID" else a for a in arguments), code=2)
    assert says in shown
    assert shown.count("\n") == 1


def test_what_is_shown_as_yaml_reads_back_to_the_same(tmp_path: Path) -> None:
    value = {
        "a": "two\nlines\n", "b": "yes", "c": "2024-01-01", "d": ["", " x ", "a: b", "# no", "é\u2028\x85"], "e": 1.5,
        "f": None, "g": {"h": [True, "true", "null", "1e3", "=", "<<"]}, "trail": "a  \nb", "tab": "\tx\n y",
    }  # fmt: skip
    path = tmp_path / "v.yaml"
    path.write_text(as_yaml(value), encoding="utf-8")
    assert load(path) == value
