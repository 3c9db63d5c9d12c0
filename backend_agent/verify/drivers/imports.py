"""Import modules and write what failed as JSON, by module. Usage: RESULT FILE_WITH_NAMES."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import traceback
from pathlib import Path

COMMON = ("fastapi", "pydantic", "sqlalchemy.ext.asyncio", "alembic")
MOST_ALONE = 200
"""So many modules are imported in a process of their own each, so that none leans on another having been imported
before. More than that share one process: otherwise the work would grow with the square of the project."""


def why_not(module: str) -> str:
    """Import `module`; return what went wrong and where, or nothing."""
    try:
        importlib.import_module(module)
    except BaseException as problem:  # noqa: BLE001 - a module may raise anything, SystemExit too
        frames = traceback.extract_tb(problem.__traceback__)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(Path.cwd())]
        place = f" ({ours[-1].filename}, line {ours[-1].lineno})" if ours else ""
        return f"{type(problem).__name__}: {problem}{place}"[:1000]
    return ""


def in_child(modules: list[str]) -> dict[str, str]:
    """Import `modules` in a child process; return what failed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            json.dump({module: why for module in modules if (why := why_not(module))}, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not said:
        return dict.fromkeys(modules, f"the interpreter ended with code {status}")
    failed: dict[str, str] = json.loads(said)
    return failed


def main() -> None:
    """Read what every service imports once, here, so that the children only import the project's own modules."""
    result, names = sys.argv[1:]
    modules = Path(names).read_text().split()
    for name in COMMON:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    failed: dict[str, str] = {}
    for group in [[module] for module in modules] if len(modules) <= MOST_ALONE else [modules]:
        failed |= in_child(group)
    Path(result).write_text(json.dumps(failed))


if __name__ == "__main__":
    main()
