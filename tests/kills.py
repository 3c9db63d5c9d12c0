"""Kills sessions: at each write to the database, before it and after it, and at random moments. Run as a program.

    python tests/kills.py fakes|TASK WRITES MOMENTS

`WRITES` is `all`, or how many of the writes are tried, evenly spread; `MOMENTS` is how many random moments are. Each
attempt is a process of its own, killed with SIGKILL; another process takes the session up. They are forked from a
parent that has loaded everything and has no threads, two at a time, each with a time limit. Prints one JSON object.
Sessions are kept in a file each, or all at the address in KILLS_DATABASE.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import fakes

from backend_agent.artifacts.task import BackendTask
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.pipeline import STAGES
from backend_agent.session import Session
from backend_agent.settings import Settings
from backend_agent.state import Artifacts

KEPT = "-"
"""In the log: a checkpoint was kept, so the stages before it are finished for good."""
LIMIT = 60.0
"""Seconds after which a process counts as hanging: it is killed, and reported as `HANGS`."""
HANGS = -99
SIDE_BY_SIDE = 2


class Logging(fakes.Counting):
    """Notes in a file what it writes."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def write(self, stage: Any, given: Any, findings: Any) -> Any:
        note(self._log, stage.name)
        return super().write(stage, given, findings)


class Killing(SessionSaver):
    """Kills its process at the n-th write, before or after it is kept."""

    at, after, count, log = 0, False, 0, Path()

    def _counted(self, write: Callable[[], Any]) -> Any:
        self.count = number = self.count + 1  # others count on while this one writes
        if number == self.at and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        kept = write()
        if number == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

    def put(self, *arguments: Any) -> Any:
        def keep() -> Any:
            kept = super(Killing, self).put(*arguments)
            note(self.log, KEPT)
            return kept

        return self._counted(keep)

    def put_writes(self, *arguments: Any, **more: Any) -> Any:
        return self._counted(lambda: super(Killing, self).put_writes(*arguments, **more))


def note(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(line + "\n")


def run(folder: Path, task: BackendTask, stages: Any, at: int = 0, *, after: bool = False) -> int:
    """Start the session, or take it up; return the number of writes."""
    settings = Settings(database=os.environ.get("KILLS_DATABASE") or folder / "s.db", verify=False)
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, str(folder)))
    saver = open_saver(settings.database)
    saver.__class__ = Killing
    saver.at, saver.after, saver.log = at, after, folder / "log"  # type: ignore[attr-defined]
    author = Logging(folder / "log")
    if saver.get_tuple({"configurable": {"thread_id": identifier}}):
        session = Session.open(identifier, saver, settings, author, stages)
    else:
        session = Session(identifier, task, saver, settings, author, stages)
    session.run()
    files = {file.path: file.content for file in session.result.files()}
    (folder / "files").write_text(json.dumps(files, sort_keys=True))
    count: int = saver.count  # type: ignore[attr-defined]
    saver.close()
    return count


def fork(work: Callable[[], Any]) -> int:
    """Do the work in a process of its own, with what this one has loaded; return its id."""
    assert threading.active_count() == 1, "a fork would copy the locks of other threads, and nobody to open them"
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(child: int, limit: float = LIMIT) -> int:
    """Return a child's exit code, its signal below zero; one that does not end is killed, and `HANGS`."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return HANGS


def killed_after(seconds: float, work: Callable[[], Any]) -> int:
    """Kill the work's process after that time; return its exit code."""
    child = fork(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)  # one that ended before is there until it is waited for
    return ended(child)


def attempt(task: BackendTask, stages: Any, wanted: str, kill: Callable[[Path], int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "log"
        killed = kill(folder)
        before = log.read_text().split() if log.exists() else []
        begun = time.monotonic()
        code = ended(fork(lambda: run(folder, task, stages)))
        wrote = log.read_text().split() if log.exists() else []
        counts = {stage.name: wrote.count(stage.name) for stage in stages}
        last = len(before) - before[::-1].index(KEPT) if KEPT in before else 0
        repeated = [name for name, count in counts.items() if count > 1]
        return {
            "killed": killed,
            "ended": code,
            "seconds": time.monotonic() - begun,
            "same": (folder / "files").exists() and (folder / "files").read_text() == wanted,
            "most": max(counts.values()),
            "repeated": repeated,
            "finished_and_repeated": [name for name in repeated if name not in before[last:]],
            "all": min(counts.values()) > 0,
        }


def side_by_side(attempts: list[Callable[[], dict[str, Any]]]) -> list[dict[str, Any]]:
    """Make the attempts, a share of them in each of some processes that know no threads either."""
    with tempfile.TemporaryDirectory() as name:

        def share(number: int) -> None:
            found = [make() for make in attempts[number::SIDE_BY_SIDE]]
            Path(name, str(number)).write_text(json.dumps(found))

        workers = [fork(partial(share, number)) for number in range(SIDE_BY_SIDE)]
        codes = [ended(worker, 2 * LIMIT * len(attempts)) for worker in workers]
        assert codes == [0] * SIDE_BY_SIDE, codes
        return [each for n in range(SIDE_BY_SIDE) for each in json.loads(Path(name, str(n)).read_text())]


def warm(task: BackendTask, stages: Any) -> None:
    """Load what stages load when they first run, such as lexicons, without a graph and so without threads."""
    state: dict[str, Any] = {"task": task, "records": {}}
    for stage in stages:
        if stage.name != "verification":
            names = (*stage.reads, stage.name)
            state[stage.name] = stage.draft(Artifacts(state, names))
        if stage.name == "code":
            return


def main() -> None:
    kind, writes, moments = sys.argv[1], sys.argv[2], int(sys.argv[3])
    real = kind != "fakes"
    task, stages = (BackendTask.from_file(Path(kind)), STAGES) if real else (fakes.TASK, fakes.stages())
    started = time.monotonic()
    warm(task, stages)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.monotonic()
        code = ended(fork(lambda: (folder / "count").write_text(str(run(folder, task, stages)))))
        lasted = time.monotonic() - begun
        assert code == 0, code
        wanted, count = (folder / "files").read_text(), int((folder / "count").read_text())
    tries = count if writes == "all" else min(count, int(writes))
    at = sorted({1 + round(i * (count - 1) / max(1, tries - 1)) for i in range(tries)})
    kills: list[Callable[[Path], int]] = [
        lambda folder, at=at, after=after: ended(fork(lambda: run(folder, task, stages, at, after=after)))  # type: ignore[misc]
        for at in at
        for after in (False, True)
    ]
    chosen = random.Random(7)
    for _ in range(moments):
        moment = chosen.uniform(0, lasted)
        kills.append(lambda folder, m=moment: killed_after(m, lambda: run(folder, task, stages)))  # type: ignore[misc]
    tried = side_by_side([partial(attempt, task, stages, wanted, kill) for kill in kills])
    print(json.dumps({"writes": count, "run": lasted, "seconds": time.monotonic() - started, "tried": tried}))


if __name__ == "__main__":
    main()
