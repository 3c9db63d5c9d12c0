"""From artifacts to every file of the project, in memory."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from backend_agent import names
from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.codegen.custom.pieces import packages_of, pieces_of
from backend_agent.codegen.imports import Planned, Symbols, module_of, plan
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.codegen.migrations import further
from backend_agent.codegen.pieces import PIECES
from backend_agent.codegen.pieces.tests import operation_pieces
from backend_agent.codegen.render import TARGET, render, tidy
from backend_agent.codegen.sources import table_source
from backend_agent.codegen.view import Project
from backend_agent.errors import UserError
from backend_agent.state import Artifacts


def generate(given: Artifacts) -> Implementation:
    """Return every file of the generated project, ordered by path; the same artifacts give the same bytes.

    The record of its making (`record.record_files`) is added when it is written: it would keep every artifact twice.

    Raises:
        UserError: the architecture type has no layout.
        ToolUnavailable: ruff is not installed.
    """
    kind = given.architecture.architecture_type
    if kind not in LAYOUTS:
        raise UserError(f"architecture_type {kind} is not supported today; use one of {', '.join(LAYOUTS)}")
    project = Project(given, LAYOUTS[kind])
    planned = plan(project, (*PIECES, *pieces_of(project), *operation_pieces(project)))
    symbols = Symbols(project, planned)
    texts = {file.path: _render(project, symbols, file) for file in planned}
    packages = _packages(project, texts)
    revisions = further(given.database)
    contents = tidy({**texts, **packages, **{file.path: file.content for file in revisions}})
    described = {f.path: f for f in planned}
    files = [
        GeneratedFile(
            path=names.module_path(path),
            content=contents[path],
            description=described[path].piece.describe(described[path].entity) if path in described else "A package.",
            cites=list(described[path].piece.cites(project, described[path].entity)) if path in described else [],
        )
        for path in (*texts, *packages)
    ]
    files += [
        GeneratedFile(
            path=names.module_path(f.path), content=contents[f.path], description=f.description, cites=f.cites
        )
        for f in revisions
    ]
    return Implementation(target=TARGET, layout=kind, files=sorted(files, key=lambda f: f.path))


def _render(project: Project, symbols: Symbols, file: Planned) -> str:
    here = module_of(file.path)
    context = {
        "project": project,
        "given": project.given,
        "entity": file.entity,
        "concrete": project.concrete,
        "use": lambda *wanted: symbols.use(here, wanted),
        "module": symbols.module,
        "table_source": partial(table_source, late=project.late_keys),
        **file.piece.context(project, file.entity),
    }
    try:
        return render(file.piece.template, context)
    except Exception as error:
        error.add_note(f"while rendering {file.piece.template} to {file.path}")
        raise


def _packages(project: Project, texts: dict[str, str]) -> dict[str, str]:
    """Return an `__init__.py` for every folder with Python modules under `app`."""
    folders = {
        parent
        for path in texts
        if path.startswith("app/") and path.endswith(".py")
        for parent in PurePosixPath(path).parents
        if str(parent) != "."
    }
    docs = packages_of(project)
    found = {}
    for folder in sorted(map(str, folders)):
        doc = docs.get(folder, "")
        found[f"{folder}/__init__.py"] = f'"""{doc}"""\n' if doc else ""
    return {path: text for path, text in found.items() if path not in texts}
