"""Three-way merge of one text: by `git merge-file`, or by a small diff3 of our own where git is missing.

Both leave the same markers around what cannot be merged (git's zdiff3 style: with the common ancestor, and with lines
that both sides share moved out of the conflict).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

MINE, BEFORE, NOW = "yours", "generated before", "generated now"
_SECONDS = 60
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_OPENED = re.compile(rf"^<<<<<<< {MINE}\r?$", re.MULTILINE)
_CLOSED = re.compile(rf"^>>>>>>> {NOW}\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Merged:
    """A merged text."""

    text: str
    clean: bool
    """Whether it holds no conflict."""


def merge_text(base: str, mine: str, new: str) -> Merged:
    """Return `mine` with what changed from `base` to `new`; none of them may hold a NUL character."""
    git = shutil.which("git")
    found = _by_git(git, base, mine, new) if git else None
    return found or diff3(base, mine, new)


def has_markers(text: str) -> bool:
    """Return whether a conflict that `merge_text` left still stands in a text."""
    return bool(_OPENED.search(text) and _CLOSED.search(text))


def _by_git(git: str, base: str, mine: str, new: str) -> Merged | None:
    """Return git's merge; None when this git cannot, such as one before 2.35, which knows no zdiff3."""
    with tempfile.TemporaryDirectory(prefix="backend-agent-") as name:
        folder = Path(name).resolve()
        for leaf, text in (("mine", mine), ("base", base), ("new", new)):
            (folder / leaf).write_bytes(text.encode())
        labels = [part for label in (MINE, BEFORE, NOW) for part in ("-L", label)]
        try:
            done = subprocess.run(
                [git, "merge-file", "-p", "--zdiff3", *labels, "mine", "base", "new"],
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    merged = Merged(done.stdout.decode(), clean=done.returncode == 0)
    conflicts = 0 < done.returncode < 128 and has_markers(merged.text)  # that many; 128 and more are failures
    return merged if merged.clean or conflicts else None


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which no setting and no repository of the user has a say."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return {**kept, **own, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


@dataclass(frozen=True)
class _Hunk:
    """Lines `low` to `high` of the base, and the lines that stand for them on one side."""

    low: int
    high: int
    start: int
    end: int


def diff3(base: str, mine: str, new: str) -> Merged:
    """Merge as git does: changes that overlap or touch are a conflict, unless both are the same."""
    before, ours, theirs = _lines(base), _lines(mine), _lines(new)
    hunks_ours, hunks_theirs = _hunks(before, ours), _hunks(before, theirs)
    out: list[str] = []
    clean = True
    done = 0
    for low, high in _regions(hunks_ours, hunks_theirs):
        out += before[done:low]
        old = before[low:high]
        left = ours[_place(hunks_ours, low, end=False) : _place(hunks_ours, high, end=True)]
        right = theirs[_place(hunks_theirs, low, end=False) : _place(hunks_theirs, high, end=True)]
        if right in (left, old):
            out += left
        elif left == old:
            out += right
        else:
            clean = False
            out += _conflict(left, old, right)
        done = high
    return Merged("".join(out + before[done:]), clean)


def _lines(text: str) -> list[str]:
    """Return lines with their ends; only a line feed ends one, as for git."""
    return _LINE.findall(text)


def _hunks(base: list[str], side: list[str]) -> list[_Hunk]:
    matcher = SequenceMatcher(None, base, side, autojunk=False)
    return [_Hunk(*places) for tag, *places in matcher.get_opcodes() if tag != "equal"]


def _regions(ours: list[_Hunk], theirs: list[_Hunk]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the base that either side changed; ranges that overlap or touch are one."""
    low = high = -1
    for hunk in sorted([*ours, *theirs], key=lambda hunk: (hunk.low, hunk.high)):
        if low >= 0 and hunk.low <= high:
            high = max(high, hunk.high)
            continue
        if low >= 0:
            yield low, high
        low, high = hunk.low, hunk.high
    if low >= 0:
        yield low, high


def _place(hunks: list[_Hunk], line: int, *, end: bool) -> int:
    """Return where a line of the base, outside all hunks or at the edge of one, stands on a side.

    `end` says whether what is inserted right before the line counts as before it.
    """
    shift = 0
    for hunk in hunks:
        if hunk.high > line or (hunk.high == line and not end):
            break
        shift = hunk.end - hunk.high
    return line + shift


def _conflict(left: list[str], old: list[str], right: list[str]) -> list[str]:
    """Return both sides between markers, what they begin and end with in common around them."""
    shorter = min(len(left), len(right))
    head = next((n for n in range(shorter) if left[n] != right[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if left[-1 - n] != right[-1 - n]), rest)
    sides = [left[head : len(left) - tail], old, right[head : len(right) - tail]]
    labels = [f"<<<<<<< {MINE}\n", f"||||||| {BEFORE}\n", "=======\n"]
    between: list[str] = []
    for label, side in zip(labels, sides, strict=True):
        between += [label, *(line if line.endswith("\n") else f"{line}\n" for line in side)]
    return [*left[:head], *between, f">>>>>>> {NOW}\n", *left[len(left) - tail :]]
