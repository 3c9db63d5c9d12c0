"""Sessions in figures: kills, many at once, how soon one goes on, its history, and what it takes on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TESTS = HERE.parent
BOOKSHOP = TESTS.parent / "examples" / "bookshop.yaml"
PROCESSES, EACH = 4, 5
MOMENTS = 50


def figures() -> None:
    """Print all of them."""
    kills()
    side_by_side()
    one_session()
    growth()


def kills() -> None:
    """Bookshop sessions killed with SIGKILL before and after each write to the database, and at random moments."""
    environ = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, str(TESTS / "kills.py"), str(BOOKSHOP), "all", str(MOMENTS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1200, env=environ)
    found = json.loads(done.stdout)
    tried: list[dict[str, Any]] = found["tried"]
    print(
        f"  killed                 {len(tried)} moments tried (before and after {found['writes']} writes,"
        f" {MOMENTS} random), {sum(each['killed'] == -9 for each in tried)} killed, in {found['seconds']:.0f} s"
    )
    print(
        f"  taken up               {sum(each['ended'] == 0 for each in tried)} ended,"
        f" {sum(each['same'] for each in tried)} with the bytes of an undisturbed run"
    )
    print(
        f"  stage executions       at most {max(each['most'] for each in tried)};"
        f" {sum(bool(each['finished_and_repeated']) for each in tried)} sessions repeated what was finished  (goal 0)"
    )


def side_by_side() -> None:
    """Sessions at once, in several processes on one new database."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "s.db"
        command = [sys.executable, __file__, str(database)]
        started = time.perf_counter()
        processes = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        ended = [process.communicate(timeout=600) for process in processes]
        seconds = time.perf_counter() - started
        from backend_agent import BackendAgent
        from backend_agent.settings import Settings

        entries = BackendAgent(Settings(database=database, verify=False)).sessions()
    completed = sum(entry.status == "completed" for entry in entries)
    failed = [line for _, errors in ended for line in errors.splitlines() if line.startswith("error: ")]
    locked = sum("locked" in line for line in failed)
    print(
        f"  side by side           {PROCESSES * EACH} bookshop sessions in {PROCESSES} processes:"
        f" {completed} completed,"
        f" {locked} lock errors, {len(failed) - locked} others, {seconds:.1f} s"
    )


def develop_some(database: str) -> None:
    """Develop bookshop several times at once, in threads of this process; write errors, one a line."""
    from concurrent.futures import ThreadPoolExecutor

    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    task = BackendTask.from_file(BOOKSHOP)
    agent = BackendAgent(Settings(database=Path(database), verify=False))
    with ThreadPoolExecutor(EACH) as pool:
        for future in [pool.submit(agent.develop, task) for _ in range(EACH)]:
            error = future.exception()
            if error is not None:
                print(f"error: {type(error).__name__}: {error}", file=sys.stderr)


def one_session() -> None:
    """How soon a paused bookshop session runs on, once the package is imported; and a long history."""
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        agent = BackendAgent(Settings(database=Path(folder) / "s.db", verify=False))
        with agent.start(BackendTask.from_file(BOOKSHOP), pause_after=["api"]) as session:
            session.run()
            identifier = session.id
        began, first = time.perf_counter(), []
        with agent.open(identifier) as session:
            session.run(lambda event: first.append(time.perf_counter()) if event["event"] == "stage_started" else None)
            print(f"  resume to first stage  {first[0] - began:.2f} s  (goal 0.3)")
            domain = session.artifact("domain")
            for number in range(200 - len(session.history())):
                session.edit("domain", {**domain, "notes": [f"Edit {number}."]})
        times = []
        for _ in range(3):
            with agent.open(identifier) as session:
                began, worked = time.perf_counter(), time.process_time()
                count = len(session.history())
                times.append((time.perf_counter() - began, time.process_time() - worked))
        seconds, worked = min(times)
        print(f"  history                {count} checkpoints in {seconds:.2f} s, {worked:.2f} s of CPU  (goal 0.2)")


def growth() -> None:
    """The database against the number of distinct artifacts: edits of a finished bookshop session."""
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        agent = BackendAgent(Settings(database=path, verify=False))
        with agent.start(BackendTask.from_file(BOOKSHOP)) as session:
            session.run()
            domain = session.artifact("domain")
            before = size(path)
            print(f"  database               {before:,} bytes after a run", end="")
            done = 0
            for edits in (10, 50, 100):
                for number in range(done, edits):
                    session.edit("domain", {**domain, "notes": [f"Edit {number}."]})
                done = edits
                grown = size(path) - before
                print(f"; {edits} edits: {grown / edits:,.0f} bytes each", end="")
            print(f"  (the domain model is {len(json.dumps(domain)):,} as JSON)")


def size(path: Path) -> int:
    """Return what is kept, in bytes: pages in use, whether in the file or still in the log."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as connection:
        pages, free, width = (
            connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * width)


if __name__ == "__main__":
    develop_some(sys.argv[1])
