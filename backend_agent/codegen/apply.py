"""A planned change of a folder, made completely or not at all.

New contents and copies of the old ones are put aside first, in `.backend-agent/pending/`. Then a journal,
`.backend-agent/pending.json`, says what is about to happen, and each file is moved into its place. A step that fails is
undone with all before it; after a crash the journal is there, and the next write finishes what it says.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend_agent.codegen.disk import Folder
from backend_agent.codegen.merge import Disk
from backend_agent.codegen.record import FOLDER, FORMAT, own_path
from backend_agent.codegen.written import Conflict
from backend_agent.errors import UserError

PENDING = f"{FOLDER}/pending.json"
_ASIDE = f"{FOLDER}/pending"


@dataclass(frozen=True)
class Text:
    """A generated text and how it is kept."""

    content: str
    executable: bool = False


@dataclass(frozen=True)
class Journal:
    """What a write was about when it was stopped."""

    texts: Mapping[str, Text]
    """All that was generated, by path."""
    results: Mapping[str, str | None]
    """SHA-256 of what was to stand at a path; None for nothing."""
    conflicts: tuple[Conflict, ...]

    def to_bytes(self) -> bytes:
        """Return it as it is kept."""
        value = {
            "format": FORMAT,
            "texts": {path: [text.content, text.executable] for path, text in self.texts.items()},
            "results": dict(self.results),
            "conflicts": [[conflict.path, conflict.note] for conflict in self.conflicts],
        }
        return json.dumps(value, ensure_ascii=False).encode()

    @staticmethod
    def read(content: bytes, where: object) -> Journal:
        """Return the journal that was kept; raises `UserError` when it is damaged."""
        try:
            value = json.loads(content)
            return Journal(
                {
                    own_path(path): Text(str(text), bool(executable))
                    for path, (text, executable) in value["texts"].items()
                },
                {str(path): None if digest is None else str(digest) for path, digest in value["results"].items()},
                tuple(Conflict(str(path), str(note)) for path, note in value["conflicts"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UserError) as error:
            raise UserError(f"{where} is damaged, a write was stopped here: choose another folder") from error


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other processes from writing into the same project; where the system has no such locks, do nothing.

    Raises:
        UserError: another process does it now.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(root / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UserError(f"another process writes into {root} now: try again when it has ended") from error
    finally:
        os.close(handle)


def apply(
    root: Path, seen: Disk, results: Mapping[str, bytes | None], last: Mapping[str, bytes | None], journal: Journal
) -> None:
    """Bring `results`, then `last`, into the folder: each path gets its content, or nothing for None.

    Args:
        root: the project's folder.
        seen: what the results were planned from: a file that changed since then stops it all.
        results: files of the project.
        last: what is only true once those are in place.
        journal: what the next write has to know should this one be stopped.

    Raises:
        UserError: a file cannot be written; nothing was changed.
    """
    steps = [
        (path, content, there if isinstance(there := seen.get(path), bytes) else None)
        for path, content in [*results.items(), *last.items()]
        if content != seen.get(path)
    ]
    executable = {path for path, text in journal.texts.items() if text.executable}
    aside, pending = root / _ASIDE, root / PENDING
    if not steps and not pending.exists():
        _clear(aside)
        return
    undo: list[Callable[[], object]] = []
    try:
        try:
            _clear(aside)
            aside.mkdir()
            for number, (path, content, before) in enumerate(steps):
                _put_aside(root / path, aside / str(number), content, before, executable=path in executable)
            _announce(pending, aside, journal, undo)
            for number, (path, content, before) in enumerate(steps):
                _still(root, path, before)
                _step(root, path, aside / str(number), content, undo)
            _prune(root, [path for path, content, _ in steps if content is None])
            _remove(pending)
        except BaseException:
            for back in reversed(undo):  # should one fail, the journal stays
                back()
            _clear(aside)
            raise
    except OSError as error:
        raise UserError(f"cannot write {root}: {error.strerror}; {_state(pending)}") from error
    _clear(aside)


def _still(root: Path, path: str, before: bytes | None) -> None:
    """Raise `UserError` unless at a path stands what the change was planned from."""
    if Folder(root).get(path) != before:
        raise UserError(f"{path} was changed while {root} was being written: nothing was done, try again")


def _announce(pending: Path, aside: Path, journal: Journal, undo: list[Callable[[], object]]) -> None:
    """Write the journal; it takes the place of that of a stopped write, which is being finished."""
    if pending.exists():
        shutil.copyfile(pending, aside / "journal.old")
        undo.append(partial(_replace, aside / "journal.old", pending))
    else:
        undo.append(partial(_remove_if_there, pending))
    _store(aside / "journal", journal.to_bytes())
    _replace(aside / "journal", pending)


def _state(pending: Path) -> str:
    return "the next write into it goes on from there" if pending.exists() else "nothing was changed"


def _put_aside(place: Path, aside: Path, content: bytes | None, before: bytes | None, *, executable: bool) -> None:
    """Keep a copy of what stands at a place, and the new content with the mode it is to have."""
    mode = 0o755 if executable else 0o644
    if before is not None:
        shutil.copy2(place, aside.with_suffix(".old"), follow_symlinks=False)
        mode = stat.S_IMODE(place.lstat().st_mode) | (0o111 if executable else 0)
    if content is not None:
        _store(aside.with_suffix(".new"), content)
        aside.with_suffix(".new").chmod(mode)


def _step(root: Path, path: str, aside: Path, content: bytes | None, undo: list[Callable[[], object]]) -> None:
    """Move one new file into its place, or delete one; leave with `undo` how to go back."""
    place, old = root / path, aside.with_suffix(".old")
    for folder in reversed(place.relative_to(root).parents[:-1]):
        if not (root / folder).is_dir():
            (root / folder).mkdir()
            undo.append(partial(_remove_folder, root / folder))
    if old.exists():
        undo.append(partial(_restore, old, place))
    else:
        undo.append(partial(_remove_if_there, place))
    if content is None:
        _remove(place)
    else:
        _replace(aside.with_suffix(".new"), place)


def _restore(old: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    _replace(old, place)


def _prune(root: Path, deleted: list[str]) -> None:
    """Remove the folders that deletions left empty."""
    for path in deleted:
        for folder in Path(path).parents[:-1]:
            _remove_folder(root / folder)


def _remove_folder(folder: Path) -> None:
    with suppress(OSError):  # it is not empty: what stands in it is the user's
        folder.rmdir()


def _store(place: Path, content: bytes) -> None:
    with place.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(source: Path, place: Path) -> None:
    source.replace(place)


def _remove(place: Path) -> None:
    place.unlink()


def _remove_if_there(place: Path) -> None:
    if place.exists():
        _remove(place)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
