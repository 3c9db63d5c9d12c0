"""The command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent import __version__
from backend_agent.__main__ import main
from backend_agent.agent import BackendAgent
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.verification import VerificationReport, VerifierRun

TASK = "project_name: Todo\nrequirements:\n  - A task has a title.\n"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(tmp_path / "data" / "s.db"))
    (tmp_path / "todo.yaml").write_text(TASK)
    use(monkeypatch)


def use(monkeypatch: pytest.MonkeyPatch, **drafts: Any) -> None:
    """Let the command line run small stages."""
    small = functools.partial(BackendAgent, stages=fakes.stages(**drafts))
    monkeypatch.setattr("backend_agent.agent.BackendAgent", small)


def run_of(verdict: Any, **more: Any) -> VerifierRun:
    return VerifierRun(
        verifier="tests", title="Its own tests", metric="testability", weight=3, tool="pytest", verdict=verdict, **more
    )


def test_develop_writes_the_project_and_reports(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["develop", "todo.yaml", "-o", "out/todo"]) == 0
    shown = capsys.readouterr()
    assert (tmp_path / "out/todo/app/main.py").is_file()
    assert "score" in shown.out
    assert "1.00" in shown.out
    assert "cd out/todo && make run" in shown.out
    assert "✓ Database" in shown.err
    assert "Traceback" not in shown.err


def test_without_a_folder_the_projects_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "big.md").write_text("# My Big Shop\n\nUsers can log in.\n")
    assert main(["develop", "big.md", "--quiet"]) == 0
    assert (tmp_path / "my-big-shop/app/main.py").is_file()


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "-q"]) == 0
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "--json"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert report["ok"] is True
    assert report["overall_score"] == 1.0
    assert report["session_id"]
    assert shown.err == ""


def test_options_change_the_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = ["develop", "todo.yaml", "-o", "out", "-q", "--architecture", "hexagonal", "--database", "postgresql"]
    assert main(arguments) == 0
    task = json.loads((tmp_path / "out/.backend-agent/artifacts/task.json").read_text())
    assert task["architecture_type"] == "hexagonal"
    assert task["database_requirements"]["type"] == "postgresql"
    assert task["requirements"][0]["line"] == 3


@pytest.mark.parametrize(("options", "wanted"), [([], True), (["--no-verify"], False)])
def test_no_verify_reaches_the_stage(monkeypatch: pytest.MonkeyPatch, options: list[str], wanted: bool) -> None:
    from backend_agent import settings

    seen: list[bool] = []

    def verification(given: Any) -> VerificationReport:
        seen.append(settings.current().verify)
        return VerificationReport(runs=[])

    use(monkeypatch, verification=verification)
    assert main(["develop", "todo.yaml", "-o", "out", "-q", *options]) == 0
    assert seen == [wanted]


@pytest.mark.parametrize("how", ["critical", "verifier"])
def test_what_must_not_be_overlooked_ends_with_1_but_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, how: str
) -> None:
    def quality(given: Any) -> Any:
        finding = Finding(
            stage="api", metric="security", severity="critical", title="Open to anyone", evidence="GET /orders"
        )
        return fakes.STAGES["quality"].draft(given).model_copy(update={"findings": [finding]})

    def verification(given: Any) -> VerificationReport:
        return VerificationReport(runs=[run_of("fail")])

    use(monkeypatch, **({"quality": quality} if how == "critical" else {"verification": verification}))
    assert main(["develop", "todo.yaml", "-o", "out"]) == 1
    assert (tmp_path / "out/app/main.py").is_file()
    assert ("Open to anyone" if how == "critical" else "Failed (1)") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["develop", "none.yaml"], "none.yaml: there is no such file"),
        (["develop", "todo.yaml", "-a", "hexagon"], "did you mean hexagonal?"),
        (["develop", "todo.yaml", "-a", "serverless"], "serverless is not supported yet"),
        (["develop", "todo.yaml", "-d", "mongodb"], "mongodb is not supported yet"),
        (["develop", "todo.yaml", "-o", "full"], "holds other files"),
        (["develop", "todo.yaml", "-o", "todo.yaml"], "is not a folder"),
        (["develop"], "Missing argument"),
        (["develop", "todo.yaml", "--fast"], "No such option"),
        (["devlop", "todo.yaml"], "No such command"),
        (["resume", "nobody"], "there is no session"),
        (["verify", "nowhere"], "nowhere"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert [p for p in sorted(tmp_path.rglob("*")) if "data" not in p.parts] == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("THRESHOLD", "high"),
        ("MAX_ROUNDS", "-1"),
        ("VERIFY", "maybe"),
        ("POSTGRES_URL", "mysql://x"),
        ("DATABASE", "/dev/null/x"),
    ],
)
def test_a_wrong_setting_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setenv(f"BACKEND_AGENT_{variable}", value)
    assert main(["develop", "todo.yaml", "-o", "out"]) == 2
    assert f"BACKEND_AGENT_{variable}" in capsys.readouterr().err


def test_a_bug_ends_with_3_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    use(monkeypatch, api=lambda given: 1 / 0)
    assert main(["develop", "todo.yaml", "-o", "out", "-q"]) == 3
    line = capsys.readouterr().err.strip()
    assert "ZeroDivisionError" in line
    log = Path(line.rsplit(" ", 1)[1])
    assert "Traceback" in log.read_text()
    log.unlink()
    assert not (tmp_path / "out").exists()


def test_resume_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    use(monkeypatch, code=lambda given: 1 / 0)
    assert main(["develop", "todo.yaml", "-o", "out"]) == 3
    first = capsys.readouterr().err
    Path(first.strip().rsplit(" ", 1)[1]).unlink()
    session = next(line.split()[1] for line in first.splitlines() if line.startswith("session"))
    use(monkeypatch)
    assert main(["resume", session, "-o", "out"]) == 0
    shown = capsys.readouterr()
    assert "Requirements" not in shown.err
    assert (tmp_path / "out/app/main.py").is_file()


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("fail", 1), ("not_run", 0)])
@pytest.mark.parametrize("as_json", [False, True])
def test_verify_reports_and_ends_by_the_verdicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: str, code: int, as_json: bool
) -> None:
    report = VerificationReport(runs=[run_of(verdict, reason="because")])
    monkeypatch.setattr("backend_agent.verify.run.verify", lambda *_, **__: report)
    assert main(["verify", ".", *(["--json"] if as_json else [])]) == code
    shown = capsys.readouterr().out
    assert json.loads(shown) == report.to_state() if as_json else f"Its own tests: {verdict.replace('_', ' ')}" in shown


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"backend-agent {__version__}"
    for arguments in (["--help"], ["develop", "--help"], ["resume", "--help"], ["verify", "-h"]):
        assert main(arguments) == 0
        assert "Usage" in capsys.readouterr().out


def test_writing_again_keeps_what_was_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "-q"]) == 0
    main_file = tmp_path / "out/app/main.py"
    main_file.write_text(main_file.read_text() + "mine = 1\n")
    assert main(["develop", "todo.yaml", "-o", "out"]) == 0
    assert main_file.read_text().endswith("mine = 1\n")
    assert "1 kept as you edited them" in capsys.readouterr().out


def test_conflicts_end_with_4_and_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "-q"]) == 0
    main_file = tmp_path / "out/app/main.py"
    main_file.write_text("# Mine has another title.\n")
    (tmp_path / "todo.yaml").write_text(TASK.replace("title", "colour"))
    assert main(["develop", "todo.yaml", "-o", "out", "--dry-run"]) == 4
    assert "CONFLICT  app/main.py was changed by you and by the generator" in capsys.readouterr().out
    assert main_file.read_text() == "# Mine has another title.\n"
    assert main(["develop", "todo.yaml", "-o", "out"]) == 4
    assert "app/main.py" in capsys.readouterr().out
    assert "<<<<<<<" in main_file.read_text()


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "--dry-run"]) == 0
    assert not (tmp_path / "out").exists()
    assert "nothing was written" in capsys.readouterr().out


def test_a_folder_of_another_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["develop", "todo.yaml", "-o", "out", "-q"]) == 0
    (tmp_path / "todo.yaml").write_text(TASK.replace("Todo", "Other"))
    assert main(["develop", "todo.yaml", "-o", "out"]) == 2
    assert "holds the project" in capsys.readouterr().err


SLOW = """
import functools, sys, threading, pathlib
sys.path.insert(0, {tests!r})
import fakes
from backend_agent import agent, stop
from backend_agent.__main__ import run

def verification(given):
    event = threading.Event()
    with stop.calling(event.set):
        pathlib.Path("waiting").touch()
        event.wait(60)
    return fakes.STAGES["verification"].draft(given)

agent.BackendAgent = functools.partial(agent.BackendAgent, stages=fakes.stages(verification=verification))
sys.argv = ["backend-agent", "develop", "todo.yaml", "-o", "out"]
run()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_at_once_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    source = SLOW.format(tests=str(Path(__file__).parent))
    process = subprocess.Popen(
        [sys.executable, "-c", source], cwd=tmp_path, env=dict(os.environ), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "resume" in err
    assert not (tmp_path / "out").exists()
