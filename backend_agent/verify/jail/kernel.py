"""The few system calls of Linux that Python 3.11 does not wrap, by ctypes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REC = 0x4000
_MS_PRIVATE = 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags: int) -> None:
    """Move this process into new namespaces; raises `OSError`."""
    _checked(_libc.unshare(flags))


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by number; raises `OSError`."""
    return _checked(_libc.syscall(number, *arguments))


def prctl(option: int, value: int, more: int = 0) -> None:
    """Set one property of this process, where there is Linux to have it; raises `OSError`."""
    if sys.platform != "linux":
        return
    _checked(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(more), ctypes.c_ulong(0), ctypes.c_ulong(0)))


def capget(header: ctypes.Structure, sets: ctypes.Structure) -> None:
    """Read this process's capabilities into `sets`; raises `OSError`."""
    _checked(_libc.capget(ctypes.byref(header), ctypes.byref(sets)))


def capset(header: ctypes.Structure, sets: ctypes.Structure) -> None:
    """Set this process's capabilities from `sets`; raises `OSError`."""
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(sets)))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none gets away."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_new_privileges() -> None:
    """Make set-uid programs powerless from here on."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def keep_mounts_private() -> None:
    """Keep what is mounted from here on inside this mount namespace; raises `OSError`."""
    _checked(_libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))


def lay_over(folder: str, size: str, *, read_only: bool) -> None:
    """Lay an empty file system in memory over `folder` in this mount namespace; raises `OSError`."""
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC | (_MS_RDONLY if read_only else 0))
    _checked(_libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, f"size={size}".encode()))
