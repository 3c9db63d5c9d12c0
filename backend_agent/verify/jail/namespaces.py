"""Namespaces: a network, process numbers, mounts and message queues of one's own."""

# Paths are strings here: pathlib would be half of what this process imports.
# ruff: noqa: PTH123

from __future__ import annotations

import os

from . import kernel, network

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a fresh one is laid over it
_OWN = kernel.CLONE_NEWPID | kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWNET


def enter() -> list[str]:
    """Enter new namespaces, all or none; return what they cut off.

    Tried in a child first: some systems allow the namespaces and then refuse what must be done inside, and from there
    is no way back.
    """
    if not _works():
        return []
    _enter()
    return ["network", "processes", "sockets"]


def _works() -> bool:
    child = os.fork()
    if child == 0:
        try:
            _enter()
            inner = os.fork()
            if inner == 0:
                os._exit(0)
            os._exit(os.waitpid(inner, 0)[1] != 0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _enter() -> None:
    user, group = os.getuid(), os.getgid()
    # Root leaves root later, and then needs an account that a new user namespace would not have.
    kernel.unshare(_OWN if user == 0 else _OWN | kernel.CLONE_NEWUSER)
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    network.raise_loopback()
    kernel.keep_mounts_private()
    kernel.lay_over("/run", "4k", read_only=True)
    kernel.lay_over(SHARED_MEMORY, "64m", read_only=False)
