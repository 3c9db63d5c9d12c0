"""The project under test: its files, and private folders in which tools may do with copies as they like."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.errors import UserError
from backend_agent.names import module_path
from backend_agent.verify.process import Completed, Limits, Runner

T = TypeVar("T")

_LEFT_OUT = frozenset(
    ".git .hg .venv venv node_modules __pycache__ .mypy_cache .ruff_cache .pytest_cache .import_linter_cache"
    " .tox .nox .idea .vscode .env .env.local".split()
)
"""Version control, environments, caches, and the settings of one's own machine."""
_LEFT_OUT_ON_TOP = frozenset("env build dist htmlcov out".split())
_LEFT_OUT_SUFFIXES = (".pyc", ".db", ".sqlite", ".sqlite3", ".db-wal", ".db-shm", ".log")
_MOST_FILES = 20_000
_MOST_BYTES = 100 << 20


@dataclass(frozen=True)
class Workspace:
    """A copy of the project for one verifier."""

    project: Path
    home: Path
    """The tool's home and place for temporary files."""
    _runner: Runner
    _limits: Limits

    @property
    def folders(self) -> tuple[str, ...]:
        """Paths that must not show in evidence."""
        return tuple(str(path) for path in (self.project, self.home))

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of a command: nothing of the user's but where programs are."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def python(
        self,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
        door: tuple[str, int] | None = None,
    ) -> Completed:
        """Run this Python with `arguments` in the project's folder and `variables` in its environment.

        See `Runner.run` for `door`.
        """
        return self._runner.run(
            [sys.executable, *arguments],
            self.project,
            self.environment(variables or {}),
            self._limits,
            writable=[self.project, self.home],
            door=door,
        )

    def driver(
        self, name: str, *arguments: str, variables: Mapping[str, str], door: tuple[str, int] | None = None
    ) -> Completed:
        """Run a program of `backend_agent/verify/drivers` with the project on the import path."""
        path = Path(__file__).parent / "drivers" / f"{name}.py"
        on_path = {**variables, "PYTHONPATH": str(self.project)}
        return self.python("-P", str(path), *arguments, variables=on_path, door=door)

    @property
    def result(self) -> Path:
        """Where a driver leaves what it found, as JSON."""
        return self.home / "result.json"


@dataclass(frozen=True)
class ProjectUnderTest:
    """What verifiers are given."""

    files: dict[str, bytes]
    """By POSIX path inside the project, in order of the paths."""
    root: Path
    """A private folder that goes when verification ends."""
    runner: Runner
    limits: Limits = field(default_factory=Limits)
    postgres_url: str | None = None
    _shared: dict[str, Any] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterable[int] = field(default_factory=itertools.count)

    def text(self, path: str) -> str | None:
        """Return a file's text; None when there is no such file."""
        content = self.files.get(path)
        return None if content is None else content.decode("utf-8", "replace")

    def modules(self, package: str = "app") -> list[str]:
        """Return the dotted names of the modules below `package`, in order."""
        names = []
        for path in self.files:
            if path.startswith(f"{package}/") and path.endswith(".py"):
                parts = path.removesuffix(".py").split("/")
                names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        return sorted(names)

    def workspace(self, name: str) -> Workspace:
        """Return a fresh copy of the project."""
        with self._lock:
            number = next(iter(self._numbers))
        place = self.root / f"{number}-{name}"
        project, home = place / "project", place / "home"
        home.mkdir(parents=True)
        for path, content in self.files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        project.mkdir(exist_ok=True)
        return Workspace(project, home, self.runner, self.limits)

    def shared(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time: for work that several verifiers need."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._shared:
                self._shared[key] = make()
            return cast("T", self._shared[key])

    @property
    def door(self) -> tuple[str, int] | None:
        """Host and port of the PostgreSQL server."""
        if self.postgres_url is None:
            return None
        address = urlsplit(self.postgres_url)
        return address.hostname or "127.0.0.1", address.port or 5432


def from_generated(files: Iterable[GeneratedFile]) -> dict[str, bytes]:
    """Return generated files as `ProjectUnderTest.files`; raises `UserError` for a path that leaves the project."""
    return dict(sorted((str(module_path(file.path)), file.content.encode()) for file in files))


def from_folder(folder: Path) -> dict[str, bytes]:
    """Read a project from disk: without links, version control, environments, caches and databases.

    Raises `UserError` when it is no folder, holds no project, or is too large.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give the folder of a generated project")
    files: dict[str, bytes] = {}
    size = 0
    for place, names, leaves in os.walk(folder):
        left_out = _LEFT_OUT | _LEFT_OUT_ON_TOP if Path(place) == folder else _LEFT_OUT
        names[:] = sorted(n for n in names if n not in left_out and not (Path(place) / n).is_symlink())
        for leaf in leaves:
            path = Path(place) / leaf
            if leaf in _LEFT_OUT or leaf.endswith(_LEFT_OUT_SUFFIXES) or path.is_symlink() or not path.is_file():
                continue
            content = path.read_bytes()
            size += len(content)
            files[path.relative_to(folder).as_posix()] = content
            if len(files) > _MOST_FILES or size > _MOST_BYTES:
                raise UserError(f"{folder} holds more than a generated project would: verify the project's own folder")
    if "app/main.py" not in files:
        raise UserError(f"{folder} holds no generated project: there is no app/main.py in it")
    return dict(sorted(files.items()))
