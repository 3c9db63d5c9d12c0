"""Killed at every write and at random moments, sessions end as if nothing had happened; many run side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent import BackendAgent
from backend_agent.settings import Settings

HERE = Path(__file__).parent
BOOKSHOP = str(HERE.parent / "examples" / "bookshop.yaml")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=550, env=environ)


def killed(*arguments: str) -> dict[str, Any]:
    """Kill sessions and take them up; check that each ended as if nothing had happened. Return what was tried."""
    ended = python(str(HERE / "kills.py"), *arguments)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    for each in found["tried"]:
        assert each["ended"] == 0, "it failed, or hung"
        assert each["same"], "other bytes than an undisturbed run"
        assert each["all"]
        assert each["most"] <= 2, "a stage ran a third time"
        assert each["finished_and_repeated"] == [], "more was repeated than was in flight"
    return found


def test_killed_at_each_write_and_at_random_moments() -> None:
    found = killed("fakes", "all", "10")
    assert found["writes"] > 20
    assert sum(each["killed"] == -9 for each in found["tried"]) >= 2 * found["writes"]


def test_bookshop_killed_at_some_writes_and_moments() -> None:
    found = killed(BOOKSHOP, "3", "6")
    assert len(found["tried"]) == 12
    assert sum(each["killed"] == -9 for each in found["tried"]) >= 6


@pytest.mark.slow
def test_bookshop_killed_at_each_write_and_at_fifty_moments() -> None:
    found = killed(BOOKSHOP, "all", "50")
    assert len(found["tried"]) == 2 * found["writes"] + 50


SIDE_BY_SIDE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import fakes
from backend_agent import BackendAgent
from backend_agent.settings import Settings
agent = BackendAgent(Settings(database=sys.argv[1], verify=False), stages=fakes.stages())
with ThreadPoolExecutor(5) as pool:
    for result in pool.map(lambda _: agent.develop(fakes.TASK), range(5)):
        assert result.documentation
        print(result.session_id)
"""


@pytest.mark.each_database
def test_twenty_sessions_in_four_processes_on_one_new_database(settings: Settings) -> None:
    environ = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SIDE_BY_SIDE, str(settings.database)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ,
        )
        for _ in range(4)
    ]  # fmt: skip
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ended
    entries = BackendAgent(settings, stages=fakes.stages()).sessions()
    assert {e.session for e in entries} == {line for out, _ in ended for line in out.split()}
    assert [e.status for e in entries] == ["completed"] * 20


def test_two_processes_that_take_up_the_same_session_one_runs_and_one_is_told(settings: Settings) -> None:
    with BackendAgent(settings, stages=fakes.stages()).start(fakes.TASK, pause_after=["architecture"]) as session:
        session.run()
        source = (
            "import sys, time, fakes\nfrom backend_agent import BackendAgent, UserError\n"
            "from backend_agent.settings import Settings\n"
            "def code(given):\n    time.sleep(3)\n    return fakes.STAGES['code'].draft(given)\n"
            "s = Settings(database=sys.argv[1], verify=False)\n"
            "try:\n    BackendAgent(s, stages=fakes.stages(code=code)).resume(sys.argv[2])\n    print('ran')\n"
            "except UserError as error:\n    print(error)\n"
        )
        environ = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        given = [sys.executable, "-c", source, str(settings.database), session.id]
        started = [subprocess.Popen(given, stdout=subprocess.PIPE, text=True, env=environ) for _ in range(2)]
        said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
        assert said[0] == "ran"
        holder = {str(process.pid) for process in started}
        assert any(f"is being run by process {pid} on" in said[1] for pid in holder)
        assert session.status == "completed"
