"""`make bench`: prints figures. Nothing here asserts on times; the goals stand beside them for the reader."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
BOOKSHOP = ROOT / "examples" / "bookshop.yaml"
ADJECTIVES = """amber brass cedar denim ember frost glass hazel ivory jade khaki linen maple navy olive pearl quartz
    ruby sable teal"""
NOUNS = """anchor basket candle drum engine funnel goblet hammer inkwell jacket kettle ladder mirror needle oven pillow
    quilt ribbon saddle trumpet"""


def startup() -> None:
    """How long `--help` takes."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "backend_agent", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    print(f"  backend-agent --help   {min(times):.2f} s  (median {statistics.median(times):.2f}; goal 0.3)")


def bookshop() -> None:
    """Design and generation of bookshop, without verification, after import; and what its session takes on disk."""
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    task = BackendTask.from_file(BOOKSHOP)
    with tempfile.TemporaryDirectory() as name:
        times = []
        for number in range(4):
            path = Path(name) / f"{number}.db"
            started = time.perf_counter()
            result = BackendAgent(Settings(database=path, verify=False)).develop(task)
            times.append(time.perf_counter() - started)
        wanted = ("task", "requirements", "domain", "architecture", "database", "api", "security", "performance",
                  "testing", "deployment", "code", "verification", "quality", "documentation")  # fmt: skip
        artifacts = sum(len(json.dumps(result.plain(n), separators=(",", ":"))) for n in wanted)
        size = path.stat().st_size
        print(f"  design and code        {times[0]:.2f} s cold, {min(times[1:]):.2f} s warm  (goal 1.5)")
        print(f"  files                  {len(result.files())}, {sum(len(f.content) for f in result.files()):,} bytes")
        print(
            f"  checkpoint database    {size:,} bytes, {size / artifacts:.2f} x its {artifacts:,} of artifacts  (1.5)"
        )


def scale() -> None:
    """Time and memory against the number of entities, each in a process of its own."""
    for count in (10, 100, 400):
        command = [sys.executable, __file__, "--scale", str(count)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        seconds, designed, written, files = done.stdout.split()
        goal = "  (goal 30 s, 500 MB)" if count == 400 else ""
        memory = f"{float(designed):5.0f} MB, {float(written):5.0f} MB once written"
        figures = f"{float(seconds):6.2f} s   {memory}   {files} files"
        print(f"  {count:>3} entities           {figures}{goal}")


def scale_one(count: int) -> None:
    """Develop a task with that many entities and print seconds, megabytes and files."""
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    names = [f"{a} {n}" for a in ADJECTIVES.split() for n in NOUNS.split()][:count]
    sentences = [f"A {n} has a title, a unique code of 8 digits, a price and a due date." for n in names]
    sentences += [f"A {n} belongs to a {names[i // 2]}." for i, n in enumerate(names) if i]
    task = BackendTask.from_state({"project_name": "Scale", "requirements": sentences[:2000]})
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        result = BackendAgent(Settings(database=Path(folder) / "s.db", verify=False)).develop(task)
        seconds = time.perf_counter() - started
        found = sum(entity.kind == "record" for entity in result.domain.entities)
        if found != count:
            raise SystemExit(f"{found} entities were found instead of {count}")
        designed = peak()
        result.write(Path(folder) / "scale")
    print(seconds, designed, peak(), len(result.code.files))


def peak() -> float:
    """Return the most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def verification() -> None:
    """Full verification of bookshop on SQLite."""
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings
    from backend_agent.verify.run import verify

    with tempfile.TemporaryDirectory() as name:
        result = BackendAgent(Settings(database=Path(name) / "s.db", verify=False)).develop(
            BackendTask.from_file(BOOKSHOP)
        )
        started = time.perf_counter()
        report = verify(result.code.files)
        seconds = time.perf_counter() - started
    verdicts = {v: sum(run.verdict == v for run in report.runs) for v in ("pass", "fail", "not_run")}
    print(f"  bookshop on SQLite     {seconds:.1f} s  (goal 60)   {verdicts}, {len(report.tests)} tests")


def sessions() -> None:
    """Sessions: killed and taken up, side by side, resumed, their history, their size."""
    from sessions import figures

    figures()


def service() -> None:
    """Requests per second against the usual idiom."""
    url = os.environ.get("BACKEND_AGENT_POSTGRES_URL")
    if not url:
        print("  not run: set BACKEND_AGENT_POSTGRES_URL=postgresql://user@host:5432/postgres")
        return
    from service import compare

    with tempfile.TemporaryDirectory() as name:
        compare(url, Path(name))


def revising() -> None:
    """Revising one sentence of bookshop: the stage work of it as a share of a fresh run's."""
    from revise import part

    part()


def chat() -> None:
    """Runs with a chat model: latency, tokens, a second round, and with the model down."""
    from chat import chat as figures

    figures()


PARTS: dict[str, Callable[[], None]] = {
    "startup": startup,
    "bookshop": bookshop,
    "scale": scale,
    "verification": verification,
    "sessions": sessions,
    "service": service,
    "revise": revising,
    "chat": chat,
}


def main(arguments: list[str]) -> None:
    """Run the parts that are named, or all."""
    if arguments[:1] == ["--scale"]:
        scale_one(int(arguments[1]))
        return
    for name in arguments or PARTS:
        print(f"{name}: {' '.join((PARTS[name].__doc__ or '').split())}", flush=True)
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
