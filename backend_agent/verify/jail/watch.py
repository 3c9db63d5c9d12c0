"""What the descendants of a process use together, and an end to all of them. Without /proc it sees nothing."""

# Paths are strings here: pathlib would be half of what this process imports.
# ruff: noqa: PTH116, PTH123, PTH208

from __future__ import annotations

import os
import signal
import time

_KILL_ROUNDS = 200
_PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(root: int, at_most: int) -> list[int]:
    """Return the process ids below `root`, parents before children; stop looking when there are more than `at_most`.

    Without that bound, processes that fork faster than they are counted would keep this busy for ever.
    """
    found: list[int] = []
    waiting = [root]
    while waiting and len(found) <= at_most:
        parent = waiting.pop()
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as file:
                children = [int(pid) for pid in file.read().split()]
        except OSError:
            continue
        found += children
        waiting += children
    return found


def memory(pids: list[int]) -> int:
    """Return the bytes of resident memory of these processes together."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError):
            continue
    return total


def tasks_of(user: int) -> int:
    """Return how many threads of all processes belong to `user`."""
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return count


def kill_all(root: int) -> None:
    """Kill everything below `root`, again and again until nothing is left that could still fork."""
    for _ in range(_KILL_ROUNDS):
        for pid in descendants(root, at_most=1000):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                time.sleep(0.01)
                break
