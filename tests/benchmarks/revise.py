"""What revising one sentence of bookshop costs, as a share of a fresh run.

Stage work is processor time: what the drafts and the checks of the stages that ran took, child processes included. Each
run is a process of its own, which loads word tables, modules and templates when a stage first needs them (cold); then
it does the same once more (warm: they are there).
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))
FRESH_RUNS = 3
VERIFIED = ("Customers can review a book", "Stripe payments (left out)", "a rating from 1 to 5")
"""What is also revised with verification: in other words, left out, and another meaning."""


class Work(NamedTuple):
    """Of one run: seconds of processor time, cold and warm, and the stages that did any."""

    cold: float
    warm: float
    stages: list[str]


def part() -> None:
    """Revising one sentence of bookshop: share of a fresh run's stage work, each run in a process of its own."""
    from revisions import revisions

    found = list(revisions())
    print("  stage work: processor time of the drafts and checks that ran, child processes included")
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "plain.db"
        fresh = [_start("fresh", database) for _ in range(FRESH_RUNS)]
        whole = Work(statistics.median(w.cold for w in fresh), statistics.median(w.warm for w in fresh), [])
        print(f"  fresh run                       {whole.cold:5.2f} s cold, {whole.warm:5.2f} s warm")
        works = [(revision.kind, _start(str(number), database)) for number, revision in enumerate(found)]
        for kind in ("wording", "removal", "meaning", None):
            _tell(kind or "all", [work for k, work in works if kind in (k, None)], whole)
        database = Path(name) / "verified.db"
        whole = _start("fresh", database, "verify")
        print(f"  fresh run, verified             {whole.cold:5.1f} s")
        for start in VERIFIED:
            number = next(i for i, r in enumerate(found) if r.what.startswith(start))
            work = _start(str(number), database, "verify")
            share = work.cold / whole.cold
            print(f"    {share:4.0%}  {len(work.stages):2} stages  {found[number].kind}: {found[number].what[:60]}")


def _tell(kind: str, works: list[Work], whole: Work) -> None:
    cold, warm = [w.cold / whole.cold for w in works], [w.warm / whole.warm for w in works]
    stages = [len(w.stages) for w in works]
    below = sum(share < 0.4 for share in warm)
    print(
        f"  {kind:8} {len(works):2} sentences   cold median {statistics.median(cold):4.0%}, maximum {max(cold):4.0%}   "
        f"warm median {statistics.median(warm):4.0%}, maximum {max(warm):4.0%}   stages {min(stages)} to {max(stages)}"
        f"   below 40 % (goal; warm): {below}"
    )


def _start(what: str, database: Path, *options: str) -> Work:
    command = [sys.executable, __file__, what, str(database), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return Work(**json.loads(done.stdout.splitlines()[-1]))


def one(what: str, database: Path, *, verify: bool) -> Work:
    """Run the bookshop afresh, or branch from the first one and revise it; return what its stages did."""
    from revisions import bookshop, revisions

    from backend_agent.artifacts.task import BackendTask
    from backend_agent.checkpoint import open_saver
    from backend_agent.pipeline import STAGES
    from backend_agent.session import Session
    from backend_agent.settings import Settings

    seconds: dict[str, float] = {}
    stages = [
        replace(
            stage,
            draft=_timed(stage.name, stage.draft, seconds),
            checks=tuple(replace(c, find=_timed(stage.name, c.find, seconds, whole=True)) for c in stage.checks),
        )
        for stage in STAGES
    ]
    given = Settings.from_environment().with_changes(database=database, verify=verify)
    saver = open_saver(database)
    first = database.with_suffix(".txt")
    took = []
    for _ in range(1 if verify else 2):
        seconds.clear()
        if what == "fresh":
            session = Session.start(BackendTask.from_state(bookshop()), saver, given, stages=stages)
            session.run()
            first.write_text(session.id)
        else:
            session = Session.open(first.read_text(), saver, given, stages=stages).branch()
            session.revise(list(revisions())[int(what)].task)
            session.run()
        took.append(sum(seconds.values()))
    saver.close()
    return Work(took[0], took[-1], sorted(seconds))


def _timed(stage: str, work: Callable[..., Any], seconds: dict[str, float], *, whole: bool = False) -> Any:
    """Return a function that does the same and adds to the stage's seconds; `whole`: it yields, run to its end."""

    def timed(given: Any) -> Any:
        with _clock(stage, seconds):
            return list(work(given)) if whole else work(given)

    return timed


@contextmanager
def _clock(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    children, started = _of_children(), time.thread_time()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.thread_time() - started + _of_children() - children


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(one(sys.argv[1], Path(sys.argv[2]), verify="verify" in sys.argv[3:])._asdict()))
