"""What is in a project's folder, read without following a link and without mistaking `Readme` for `README`."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from backend_agent.codegen.merge import Foreign

_MOST_BYTES = 16 << 20
"""No file that is generated comes near it."""


class Folder:
    """A folder on disk, read once: what is asked for again is answered from memory.

    Args:
        root: the project's folder, itself no link.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listings: dict[str, dict[str, os.DirEntry[str]]] = {}
        self._found: dict[str, bytes | Foreign | None] = {}

    def get(self, path: str, /) -> bytes | Foreign | None:
        """Return what stands at a path; None for nothing."""
        if path not in self._found:
            try:
                self._found[path] = self._look(path)
            except OSError as error:
                self._found[path] = Foreign(f"cannot be read ({error.strerror})", beside=False)
        return self._found[path]

    def _look(self, path: str) -> bytes | Foreign | None:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            place, last = "/".join(parts[: depth + 1]), depth == len(parts) - 1
            entries = self._entries("/".join(parts[:depth]))
            entry = entries.get(part)
            if entry is None:
                twin = next((name for name in entries if _folded(name) == _folded(part)), None)
                return Foreign(f"differs from your {twin} in case only", beside=last) if twin else None
            if entry.is_symlink():
                return Foreign("is a link" if last else f"lies behind the link {place}", beside=last)
            if last:
                return _read(entry)
            if not entry.is_dir(follow_symlinks=False):
                return Foreign(f"lies below {place}, which is no folder", beside=False, under=place)
        return None

    def _entries(self, folder: str) -> dict[str, os.DirEntry[str]]:
        if folder not in self._listings:
            with os.scandir(self._root / folder) as entries:
                self._listings[folder] = {entry.name: entry for entry in entries}
        return self._listings[folder]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _read(entry: os.DirEntry[str]) -> bytes | Foreign:
    if entry.is_dir(follow_symlinks=False):
        return Foreign("is a folder")
    if not entry.is_file(follow_symlinks=False):
        return Foreign("is no plain file")
    if entry.stat(follow_symlinks=False).st_size > _MOST_BYTES:
        return Foreign(f"is larger than {_MOST_BYTES >> 20} MB")
    handle = os.open(entry.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        return file.read()
