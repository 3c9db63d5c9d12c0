"""Confine this process as far as the kernel allows, run one command below it, watch it, and leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import account, kernel, landlock, namespaces, network, watch

_POLL_SECONDS = 0.1
_COULD_NOT_START = 127


@dataclass
class Job:
    """What to run, and within which bounds. Comes as JSON on the command line."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    readable: list[str]
    writable: list[str]
    writable_folders: list[str]
    """Those of `writable` that are the command's own."""
    seconds: float
    memory: int
    """Bytes: of address space a process, and of resident memory for all together."""
    processes: int
    file_size: int
    door: tuple[str, int] | None = None
    """Host and port of the one server outside that 127.0.0.1 at the same port leads to."""
    confine: bool = True


@dataclass
class Outcome:
    """How it ended. Goes as JSON to the descriptor given on the command line."""

    exit_code: int | None = None
    stopped: str = ""
    """`time`, `memory`, `processes` or `cancelled`, when it did not end by itself."""
    confined: list[str] = field(default_factory=list)


def main(description: str, report: int) -> NoReturn:
    """Run the job described by JSON and write its outcome to the descriptor `report`."""
    values: dict[str, Any] = json.loads(description)
    door = values.pop("door", None)
    job = Job(door=(door[0], door[1]) if door else None, **values)
    os.set_inheritable(report, False)
    kernel.die_with_parent()
    kernel.adopt_orphans()
    watched = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    outcome = Outcome()
    user = account.spare(os.getpid())
    own_processes = 0
    if job.door and job.confine:
        own_processes, channel = network.start_door(job.door)
    cut_off = namespaces.enter() if job.confine else []
    if job.door and job.confine:
        if "network" in cut_off:
            network.open_door(channel, job.door[1])
        else:
            channel.close()
    if "sockets" in cut_off:
        job.writable.append(namespaces.SHARED_MEMORY)
    outcome.confined = list(cut_off)
    if job.confine and landlock.version():
        outcome.confined.append("files")
    if user is not None:
        outcome.confined.append("root")
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
        _run(job, cut_off, user)
    _supervise(job, child, own_processes, outcome, watched)
    if outcome.stopped:
        os.kill(child, signal.SIGKILL)
    watch.kill_all(os.getpid())
    os.write(report, json.dumps(vars(outcome)).encode())
    if sys.platform != "linux":
        # Without /proc nothing is known of grandchildren but that they are in this process's group.
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _run(job: Job, cut_off: list[str], user: int | None) -> NoReturn:
    """Be the first process inside: set the limits, start the command, wait for it, take the rest along."""
    try:
        others = 0 if cut_off else watch.tasks_of(os.getuid())
        if user is not None:
            account.become(user, job.writable_folders)
            others = 0
        kernel.die_with_parent()
        _limit(job, others)
        if job.confine and landlock.version():
            landlock.restrict(job.readable, job.writable)
        else:
            kernel.forbid_new_privileges()
        command = os.fork()
        if command == 0:
            os.chdir(job.cwd)
            os.execve(  # noqa: S606 - there is no shell on purpose
                job.argv[0], job.argv, job.env
            )
    except OSError as error:
        print(f"could not start: {error}", file=sys.stderr, flush=True)
        os._exit(_COULD_NOT_START)
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _limit(job: Job, others: int) -> None:
    """Set the limits; `others` is how many tasks the account already has outside."""
    with contextlib.suppress(OSError, ValueError):  # macOS knows this limit and refuses it
        resource.setrlimit(resource.RLIMIT_AS, (job.memory, job.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job.file_size, job.file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = _lowered(resource.RLIMIT_NOFILE, 1024)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    # The kernel counts threads as well; how many processes there are is watched from outside.
    tasks = _lowered(resource.RLIMIT_NPROC, others + job.processes * 4)
    resource.setrlimit(resource.RLIMIT_NPROC, (tasks, tasks))


def _lowered(limit: int, wanted: int) -> int:
    hard = resource.getrlimit(limit)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _told_to_stop(watched: set[signal.Signals]) -> bool:
    """Wait a moment, or until a child ends; return whether somebody wants this to stop."""
    if sys.platform == "linux":
        received = signal.sigtimedwait(watched, _POLL_SECONDS)
        return received is not None and received.si_signo != signal.SIGCHLD
    time.sleep(_POLL_SECONDS)
    return bool(signal.sigpending() - {signal.SIGCHLD})


def _supervise(job: Job, child: int, door: int, outcome: Outcome, watched: set[signal.Signals]) -> None:
    deadline = time.monotonic() + job.seconds
    while True:
        if _told_to_stop(watched):
            outcome.stopped = "cancelled"
            return
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            outcome.exit_code = os.waitstatus_to_exitcode(status)
            return
        below = [p for p in watch.descendants(os.getpid(), at_most=job.processes + 2) if p != door]
        if len(below) > job.processes:
            outcome.stopped = "processes"
        elif watch.memory(below) > job.memory:
            outcome.stopped = "memory"
        elif time.monotonic() > deadline:
            outcome.stopped = "time"
        if outcome.stopped:
            return
