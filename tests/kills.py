"""Kills sessions: at each write to the database, before it and after it, and at random moments. Run as a program.

Each attempt is a process of its own, killed with SIGKILL; another process takes the session up. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fakes

from backend_agent.artifacts.task import BackendTask
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.pipeline import STAGES
from backend_agent.session import Session
from backend_agent.settings import Settings

ID = "00000000-0000-4000-8000-000000000001"


class Logging(fakes.Counting):
    """Notes in a file what it writes, and when it is done with it."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def write(self, stage: Any, given: Any, findings: Any) -> Any:
        with self._log.open("a") as file:
            file.write(stage.name + "\n")
        return super().write(stage, given, findings)


class Killing(SessionSaver):
    """Kills its process at the n-th write, before or after it is kept."""

    at, after, count = 0, False, 0

    def _counted(self, write: Callable[[], Any]) -> Any:
        self.count = number = self.count + 1  # others count on while this one writes
        if number == self.at and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        kept = write()
        if number == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

    def put(self, *arguments: Any) -> Any:
        return self._counted(lambda: super(Killing, self).put(*arguments))

    def put_writes(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: super(Killing, self).put_writes(*arguments, **more))


def run(folder: Path, task: BackendTask, stages: Any, at: int = 0, *, after: bool = False) -> int:
    """Start the session, or take it up; return the number of writes."""
    settings = Settings(database=folder / "s.db", verify=False)
    saver = open_saver(settings.database)
    saver.__class__ = Killing
    saver.at, saver.after = at, after  # type: ignore[attr-defined]
    author = Logging(folder / "log")
    if saver.get_tuple({"configurable": {"thread_id": ID}}):
        session = Session.open(ID, saver, settings, author, stages)
    else:
        session = Session(ID, task, saver, settings, author, stages)
    session.run()
    files = {file.path: file.content for file in session.result.files()}
    (folder / "files").write_text(json.dumps(files, sort_keys=True))
    count: int = saver.count  # type: ignore[attr-defined]
    saver.close()
    return count


def in_child(work: Callable[[], Any], kill_after: float | None = None) -> int:
    """Do the work in a process of its own; return its signal or exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a child must not go on as its parent
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def attempt(task: BackendTask, stages: Any, wanted: str, kill: Callable[[Path], int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        killed = kill(folder)
        before = (folder / "log").read_text().split() if (folder / "log").exists() else []
        ended = in_child(lambda: run(folder, task, stages))
        wrote = (folder / "log").read_text().split()
        counts = [wrote.count(stage.name) for stage in stages]
        return {
            "killed": killed,
            "ended": ended,
            "same": (folder / "files").exists() and (folder / "files").read_text() == wanted,
            "most": max(counts),
            "repeated": len(wrote) - len(set(wrote)),
            "before": len(before),
            "all": min(counts) > 0,
        }


def main() -> None:
    kind, randoms = sys.argv[1], int(sys.argv[2])
    if kind == "fakes":
        task, stages = fakes.TASK, fakes.stages()
    else:
        task, stages = BackendTask.from_file(Path(kind)), STAGES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.monotonic()
        code = in_child(lambda: (folder / "count").write_text(str(run(folder, task, stages))))
        lasted = time.monotonic() - begun
        assert code == 0
        wanted, writes = (folder / "files").read_text(), int((folder / "count").read_text())
    tried = [
        attempt(
            task, stages, wanted,
            lambda f, at=at, after=after: in_child(lambda: run(f, task, stages, at, after=after)),  # type: ignore[misc]
        )
        for at in range(1, writes + 1)
        for after in (False, True)
    ]  # fmt: skip
    chosen = random.Random(7)
    for _ in range(randoms):
        moment = chosen.uniform(0, lasted)
        tried.append(
            attempt(task, stages, wanted, lambda f, m=moment: in_child(lambda: run(f, task, stages), kill_after=m))  # type: ignore[misc]
        )
    print(json.dumps({"writes": writes, "seconds": lasted, "tried": tried}))


if __name__ == "__main__":
    main()
