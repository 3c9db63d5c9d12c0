"""The whole verification: side by side, in a private folder, the same from run to run."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import pytest
from verify.sample import generated, sample_files

from backend_agent import progress
from backend_agent import stop as stopping
from backend_agent.artifacts.code import GeneratedFile
from backend_agent.errors import UserError
from backend_agent.verify import contracts, imports, lint, migrations, openapi, tests
from backend_agent.verify.process import LauncherError
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.registry import VERIFIERS
from backend_agent.verify.run import not_verified, verify
from backend_agent.verify.verifier import Outcome, Verifier

QUICK = (lint.VERIFIER, openapi.VERIFIER, contracts.VERIFIER)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, content in sample_files().items():
        target = tmp_path / "sample" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return tmp_path / "sample"


def _tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_runs_give_the_same_bytes(project: Path) -> None:
    wrong = {"tests/test_more.py": "import uuid\n\n\ndef test_wrong() -> None:\n    assert uuid.uuid4() == 3\n"}
    chosen = [imports.VERIFIER, *QUICK, migrations.SQLITE, tests.SQLITE]
    reports = [verify(generated(dict(wrong)), verifiers=chosen).model_dump_json() for _ in range(2)]
    assert reports[0] == reports[1]
    assert "/tmp" not in reports[0]
    assert tempfile.gettempdir() not in reports[0]
    (project / "tests/test_more.py").write_text(wrong["tests/test_more.py"])
    before = _tree(project)
    assert verify(project, verifiers=chosen).model_dump_json() == reports[0]
    assert _tree(project) == before


def test_runs_and_tests_come_in_the_order_of_the_registry(project: Path) -> None:
    told: list[str] = []
    report = verify(project, on_progress=lambda run: told.append(run.verifier), verifiers=[*QUICK, tests.SQLITE])
    assert [run.verifier for run in report.runs] == ["lint", "openapi", "contracts", "tests"]
    assert sorted(told) == ["contracts", "lint", "openapi", "tests"]
    assert [(test.id, test.verdict, test.database, test.requirements) for test in report.tests] == [
        ("tests/test_things.py::TestHealth::test_alive", "pass", "sqlite", []),
        ("tests/test_things.py::test_lists_things", "pass", "sqlite", ["R-001", "R-003"]),
    ]


def test_progress_is_told(project: Path) -> None:
    events: list[dict[str, object]] = []
    with progress.watched_by(events.append):
        verify(project, verifiers=[openapi.VERIFIER])
    assert [event["event"] for event in events] == ["verifier_started", "verifier_finished"]
    assert events[1]["verdict"] == "pass"


def test_the_sandbox_is_described(project: Path) -> None:
    assert "clean environment" in verify(project, verifiers=[openapi.VERIFIER]).sandbox
    bare = verify(project, verifiers=[openapi.VERIFIER], confine=False).sandbox
    assert "does not keep it from: network beyond its own loopback, sight of" in bare


def test_nothing_is_left_in_the_temporary_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    verify(project, verifiers=[openapi.VERIFIER])
    assert not list(place.iterdir())


def _slow(project: ProjectUnderTest) -> Outcome:
    project.workspace("slow").python("-c", "import time; time.sleep(60)")
    return Outcome()


SLOW = Verifier("slow", "Slow", "security", "minor", "ruff", _slow)


def test_a_stop_ends_the_verification_at_once(project: Path) -> None:
    with stopping.on_signals() as stop:
        timer = threading.Timer(1, stop.request)
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            verify(project, verifiers=[SLOW, SLOW, SLOW])
        timer.join()
    assert time.monotonic() - started < 15


def test_ctrl_c_in_the_main_thread_ends_it_at_once(project: Path) -> None:
    import signal

    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        verify(project, verifiers=[SLOW])
    timer.join()
    assert time.monotonic() - started < 15


def test_where_nothing_can_be_run_everything_is_not_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(project: ProjectUnderTest) -> str:
        raise LauncherError("no fork")

    monkeypatch.setattr("backend_agent.verify.run.describe_sandbox", broken)
    report = verify(project)
    assert {run.verdict for run in report.runs} == {"not_run"}
    assert {run.reason for run in report.runs} == {"nothing can be run here: no fork"}


def test_not_verified_lists_every_verifier() -> None:
    report = not_verified("switched off")
    assert [run.verifier for run in report.runs] == [verifier.name for verifier in VERIFIERS]
    assert {(run.verdict, run.reason) for run in report.runs} == {("not_run", "switched off")}


def test_names_are_unique() -> None:
    assert len({verifier.name for verifier in VERIFIERS}) == len(VERIFIERS)


@pytest.mark.parametrize("path", ["../evil.py", "/etc/evil", "a/../../b", "a//b"])
def test_paths_that_leave_the_project_are_refused(path: str) -> None:
    with pytest.raises(UserError):
        verify([GeneratedFile(path=path, content="", description="")])


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no folder"):
        verify(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"there is no app/main\.py"):
        verify(tmp_path)


def test_a_huge_folder_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend_agent.verify.project._MOST_FILES", 5)
    with pytest.raises(UserError, match="holds more than"):
        verify(project)


def test_links_caches_and_databases_are_left_out(project: Path, tmp_path: Path) -> None:
    from backend_agent.verify.project import from_folder

    (tmp_path / "secret").write_text("x")
    (project / "link").symlink_to(tmp_path / "secret")
    (project / "links").symlink_to(tmp_path)
    for name in (".venv/x.py", ".git/config", "app/__pycache__/x.pyc", "app.db", ".env", "build/x.py"):
        path = project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert sorted(from_folder(project)) == sorted(sample_files())
