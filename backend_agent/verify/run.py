"""Verification: all verifiers on one project, side by side, in a private folder."""

from __future__ import annotations

import contextvars
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from backend_agent import progress, stop
from backend_agent.artifacts.code import GeneratedFile
from backend_agent.artifacts.verification import TestResult, VerificationReport, VerifierRun
from backend_agent.verify import project as projects
from backend_agent.verify.process import Cancelled, LauncherError, Limits, Runner
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.registry import VERIFIERS
from backend_agent.verify.verifier import Verifier

SECONDS = 300.0
_LEAST_WORKERS = 2
_MOST_WORKERS = 4

_CUT_OFF = {
    "network": "network beyond its own loopback",
    "processes": "sight of other processes",
    "sockets": "sockets of system services",
    "files": "files outside its own folder and the interpreter",
    "root": "powers of root but reading",
}
"""By the launcher's word: what a command has none of."""

Result = tuple[VerifierRun, list[TestResult]]


def verify(
    source: Path | str | Iterable[GeneratedFile],
    postgres_url: str | None = None,
    on_progress: Callable[[VerifierRun], None] | None = None,
    *,
    seconds: float = SECONDS,
    confine: bool = True,
    verifiers: Sequence[Verifier] = VERIFIERS,
) -> VerificationReport:
    """Run a generated project through all verifiers. Nothing is written where the project lies.

    Args:
        source: the folder of a project on disk, or its files.
        postgres_url: a server where databases may be made and dropped; without it those verifiers do not run.
        on_progress: told of each verifier when it is done, in the order in which they get done.
        seconds: time limit of one command.
        confine: whether to use namespaces and landlock where the kernel has them.
        verifiers: which ones.

    Raises `UserError` when the source is no project. Ctrl-C ends all that was started before it goes on its way.
    """
    files = projects.from_folder(Path(source)) if isinstance(source, Path | str) else projects.from_generated(source)
    runner = Runner(confine)
    with _private_folder() as root, _stopping(runner):
        project = ProjectUnderTest(files, root, runner, Limits(seconds=seconds), postgres_url)
        try:
            sandbox = describe_sandbox(project)
        except LauncherError as problem:
            return not_verified(f"nothing can be run here: {problem}", verifiers)
        chosen = [verifier for verifier in verifiers if verifier.applies(project)]
        results = _side_by_side(chosen, project, on_progress)
    return VerificationReport(
        runs=[results[verifier.name][0] for verifier in chosen],
        tests=[test for verifier in chosen for test in results[verifier.name][1]],
        sandbox=sandbox,
    )


def not_verified(reason: str, verifiers: Sequence[Verifier] = VERIFIERS) -> VerificationReport:
    """Return the report of a verification that did not take place."""
    return VerificationReport(runs=[verifier.skipped(reason) for verifier in verifiers], sandbox="nothing was run")


def describe_sandbox(project: ProjectUnderTest) -> str:
    """Say how commands are confined here, by trying it."""
    done = project.workspace("sandbox").python("-c", "pass")
    limits = project.limits
    held = [f"no {words}" for name, words in _CUT_OFF.items() if name in done.confined]
    open_to = [words for name, words in _CUT_OFF.items() if name not in (*done.confined, "root")]
    parts = ["own process group, clean environment, private copy", *held]
    parts.append(f"at most {limits.memory_mb} MB, {limits.processes} processes, {limits.seconds:.0f} s a command")
    if project.postgres_url:
        way = "one forwarded port" if "network" in done.confined else "the host's network"
        parts.append(f"PostgreSQL runs reach their server by {way}")
    if open_to:
        parts.append(f"this system does not keep it from: {', '.join(open_to)}")
    return "; ".join(parts)


def _side_by_side(
    chosen: Sequence[Verifier], project: ProjectUnderTest, on_progress: Callable[[VerifierRun], None] | None
) -> dict[str, Result]:
    workers = min(max(os.cpu_count() or 1, _LEAST_WORKERS), _MOST_WORKERS)
    results: dict[str, Result] = {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="verify")
    try:
        waiting: dict[Future[Result], Verifier] = {}
        for verifier in sorted(chosen, key=lambda v: -v.effort):
            waiting[pool.submit(contextvars.copy_context().run, _one, verifier, project)] = verifier
        for future in as_completed(waiting):
            run = future.result()[0]
            results[run.verifier] = future.result()
            progress.tell("verifier_finished", verifier=run.verifier, title=run.title, verdict=run.verdict)
            if on_progress is not None:
                on_progress(run)
    except BaseException:
        project.runner.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return results


def _one(verifier: Verifier, project: ProjectUnderTest) -> Result:
    progress.tell("verifier_started", verifier=verifier.name, title=verifier.title)
    return verifier.run(project)


@contextmanager
def _private_folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="backend-agent-"))
    # Another account may run the tools below it; nobody can list it or guess its name.
    root.chmod(0o711)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _stopping(runner: Runner) -> Iterator[None]:
    try:
        with stop.calling(runner.stop):
            yield
    except Cancelled as cancelled:
        raise KeyboardInterrupt from cancelled
    finally:
        runner.stop()
