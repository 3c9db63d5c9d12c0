"""What many tasks cost: bookshop and todo in turn, two at a time, by executor. `python many.py [TASKS] [on|off]`.

Seconds depend on what else the machine does; processor time does not. Each executor gets a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backend_agent import BackendAgent, BackendTask, Settings

EXAMPLES = Path(__file__).parents[2] / "examples"


def measure(executor: str, number: int, *, verify: bool) -> str:
    tasks = [BackendTask.from_file(EXAMPLES / f"{('bookshop', 'todo')[i % 2]}.yaml") for i in range(number)]
    with tempfile.TemporaryDirectory() as folder:
        agent = BackendAgent(Settings(database=Path(folder) / "sessions.db", verify=verify))
        started = time.perf_counter()
        found = list(agent.develop_many(tasks, executor=executor, max_concurrency=2))  # type: ignore[arg-type]
        seconds = time.perf_counter() - started
    failed = [str(outcome.error) for outcome in found if not outcome.ok]
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(each.ru_utime + each.ru_stime for each in spent)
    memory = spent[0].ru_maxrss // 1024
    return (
        f"{executor:<10} {number} tasks, verification {'on' if verify else 'off'}: {seconds:.1f} s, "
        f"{processor:.1f} s of processor time, {memory} MB here; failed: {failed}"
    )


def main(number: int, verify: str) -> None:
    for executor in ("threads", "processes"):
        source = f"import many; print(many.measure({executor!r}, {number}, verify={verify == 'on'}))"
        subprocess.run([sys.executable, "-c", source], check=True, cwd=Path(__file__).parent)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2] if len(sys.argv) > 2 else "off")
