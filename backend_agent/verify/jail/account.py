"""Another account for what root runs: bounds on processes do not hold for root."""

# Paths are strings here: pathlib would be half of what this process imports.
# ruff: noqa: PTH118

from __future__ import annotations

import ctypes
import os

from . import kernel

_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint32 * 6)]
    """Effective, permitted, inheritable for capabilities 0-31; the same for 32-63."""


def spare(number: int) -> int | None:
    """Return an account that nobody else has, told from others by `number`; None when this is not root or has none."""
    if os.getuid() != 0:
        return None
    # The smaller numbers are for containers that have few accounts.
    return next((user for user in (1_500_000_000 + number, 60_000 + number % 5000) if _exists(user)), None)


def become(user: int, folders: list[str]) -> None:
    """Become `user` for good, and own `folders`; of root's powers only reading is kept.

    Reading is needed because the interpreter may lie below root's home.
    """
    for folder in folders:
        for place, names, files in os.walk(folder):
            for path in (place, *(os.path.join(place, name) for name in names + files)):
                os.chown(path, user, user, follow_symlinks=False)
    kernel.prctl(_PR_SET_KEEPCAPS, 1)
    _change(user)
    _keep_reading()


def _change(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _exists(user: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            _change(user)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _keep_reading() -> None:
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), _Sets()
    kernel.capget(header, sets)
    held = sets.words[1]
    kept = next((c for c in (_DAC_READ_SEARCH, _DAC_OVERRIDE) if held >> c & 1), None)
    sets.words = (ctypes.c_uint32 * 6)(*([1 << kept if kept is not None else 0] * 3 + [0] * 3))
    kernel.capset(header, sets)
    if kept is not None:
        kernel.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, kept)
