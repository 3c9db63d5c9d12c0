"""What becomes of each file when a project is written again: a three-way merge, planned before anything is touched.

Three texts meet: what was generated the last time (base), what is generated now (new), and what is there (disk).
Nothing that a user wrote is lost: what cannot be merged stands between markers, or beside the file as `<path>.new`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal, Protocol

from backend_agent.codegen.merge_text import has_markers, merge_text

Kind = Literal["unchanged", "updated", "added", "kept", "merged", "conflict", "deleted", "kept_deleted"]
"""`kept`: edited by the user, no news from the generator. `kept_deleted`: deleted by the user, and stays so."""

REVISIONS = "migrations/versions/"
"""A revision may have been applied to a database: files here are added, never changed and never deleted."""


@dataclass(frozen=True)
class Foreign:
    """What stands at a path and is neither read nor replaced: a link, a folder, a device."""

    reason: str
    """Words that follow the path: `is a link`."""
    beside: bool = True
    """Whether another file can be put beside it."""
    under: str = ""
    """The file that stands where the path needs a folder."""


class Disk(Protocol):
    """What is in the project's folder."""

    def get(self, path: str, /) -> bytes | Foreign | None:
        """Return what stands at a path; None for nothing."""


@dataclass(frozen=True)
class Outcome:
    """What becomes of one file."""

    path: str
    kind: Kind
    content: bytes | None = None
    """What is to be written; None for nothing."""
    place: str = ""
    """Where the content goes when not to `path`."""
    note: str = ""
    """Words for the user, to follow the path."""


@dataclass(frozen=True)
class MergePlan:
    """What becomes of all files, by path."""

    outcomes: tuple[Outcome, ...]

    @property
    def results(self) -> dict[str, bytes | None]:
        """What to write where, and what to delete (None): deletions first, for a file may make way for a folder."""
        gone: dict[str, bytes | None] = {o.path: None for o in self.outcomes if o.kind == "deleted"}
        return gone | {o.place or o.path: o.content for o in self.outcomes if o.content is not None}

    def paths(self, *kinds: Kind) -> list[str]:
        """Return the paths with one of these outcomes."""
        return [o.path for o in self.outcomes if o.kind in kinds]


@dataclass(frozen=True)
class After:
    """A disk as it is once a plan's results are on it."""

    results: Mapping[str, bytes | None]
    disk: Disk

    def get(self, path: str, /) -> bytes | Foreign | None:
        """Return what will stand at a path."""
        return self.results[path] if path in self.results else self.disk.get(path)


def plan(base: Mapping[str, str], new: Mapping[str, str], disk: Disk) -> MergePlan:
    """Return what becomes of every file that was or is generated; files of the user's own are not in it."""
    dropped = [_dropped(path, base[path], disk.get(path)) for path in sorted(base) if path not in new]
    gone = {outcome.path for outcome in dropped if outcome and outcome.kind == "deleted"}
    wanted = [_wanted(path, base.get(path), new, disk, gone) for path in sorted(new)]
    return MergePlan(_by_path([o for o in dropped if o] + wanted))


def _by_path(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(sorted(outcomes, key=lambda outcome: outcome.path))


def _dropped(path: str, was: str, there: bytes | Foreign | None) -> Outcome | None:
    """Return what becomes of a file that is generated no more; None when it is gone already."""
    if there is None or (isinstance(there, Foreign) and there.under):
        return None
    if isinstance(there, bytes) and path.startswith(REVISIONS):
        note = "is generated no more, but may have been applied to a database: it stays"
        return Outcome(path, "conflict", note=note)
    if isinstance(there, bytes) and _same(there, was):
        return Outcome(path, "deleted")
    note = there.reason if isinstance(there, Foreign) else "was edited by you"
    return Outcome(path, "conflict", note=f"{note}, and is generated no more: it stays as yours")


def _wanted(path: str, was: str | None, new: Mapping[str, str], disk: Disk, gone: set[str]) -> Outcome:
    text = new[path]
    there = disk.get(path)
    if there is None or (isinstance(there, Foreign) and there.under in gone):
        if was is None:
            return Outcome(path, "added", text.encode())
        note = "" if was == text else "was deleted by you and would be another now: it stays deleted"
        return Outcome(path, "kept_deleted", note=note)
    if isinstance(there, bytes) and _same(there, text):
        return Outcome(path, "unchanged")
    mine = None if isinstance(there, Foreign) else _Text.read(there, was or "", text)
    if mine is not None and has_markers(mine.text):
        why = "still has the markers of an earlier merge"
        return Outcome(path, "conflict", note=why) if was == text else _beside(path, why, new, disk)
    if was == text:
        return Outcome(path, "kept")
    if mine is None:
        reason = there.reason if isinstance(there, Foreign) else "is no UTF-8 text"
        return _beside(path, reason, new, disk, possible=not isinstance(there, Foreign) or there.beside)
    if was is None:
        return _beside(path, "is a file of yours where one is generated now", new, disk)
    return _merged(path, was, mine, text)


def _merged(path: str, was: str, mine: _Text, text: str) -> Outcome:
    """Return what becomes of a text that is generated otherwise than before."""
    if path.startswith(REVISIONS):
        note = "is generated otherwise now, but may have been applied to a database: it stays; add a revision"
        return Outcome(path, "conflict", note=note)
    if mine.text == was:
        return Outcome(path, "updated", mine.like_it(text))
    merged = merge_text(was, mine.text, text)
    if merged.text == mine.text:
        return Outcome(path, "kept")
    if merged.clean:
        return Outcome(path, "merged", mine.like_it(merged.text))
    note = "was changed by you and by the generator in one place: choose between the markers"
    return Outcome(path, "conflict", mine.like_it(merged.text), note=note)


def _beside(path: str, why: str, new: Mapping[str, str], disk: Disk, *, possible: bool = True) -> Outcome:
    """Return a conflict that leaves the user's file alone; what is generated goes beside it under a free name."""
    if not possible:
        return Outcome(path, "conflict", note=f"{why}: nothing was written there")
    content = new[path].encode()
    places = (f"{path}.new" if number == 1 else f"{path}.new-{number}" for number in count(1))
    place = next(p for p in places if p not in new and disk.get(p) in (None, content))
    return Outcome(path, "conflict", content, place, f"{why}: it stays, what is generated is in {place}")


def _same(there: bytes, text: str) -> bool:
    """Return whether a file holds a generated text, be it with other line ends."""
    if there == text.encode():
        return True
    read = _Text.read(there, text)
    return read is not None and read.text == text


@dataclass(frozen=True)
class _Text:
    """A user's file as text with the generator's line ends."""

    text: str
    crlf: bool

    @staticmethod
    def read(there: bytes, *generated: str) -> _Text | None:
        """Return it; None when it is no text. A file with CR LF on all lines is read as if it had LF."""
        try:
            text = there.decode()
        except UnicodeDecodeError:
            return None
        if "\0" in text:
            return None
        ends = text.count("\r\n")
        crlf = 0 < ends == text.count("\n") and not any("\r\n" in other for other in generated)
        return _Text(text.replace("\r\n", "\n") if crlf else text, crlf)

    def like_it(self, text: str) -> bytes:
        """Return a text with the line ends of this one."""
        return (text.replace("\n", "\r\n") if self.crlf else text).encode()
