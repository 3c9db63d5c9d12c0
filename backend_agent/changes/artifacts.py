"""What differs between two states of a project: designs by element, files by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from backend_agent.artifacts.api import APISpecification
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.changes.api import api_changes
from backend_agent.changes.api_values import ApiChange
from backend_agent.changes.elements import Element, compare
from backend_agent.changes.schema import difference
from backend_agent.changes.words import destroys, says

STAGES = (
    "task", "requirements", "domain", "architecture", "database", "api", "security", "performance", "testing",
    "deployment", "verification", "quality", "documentation",
)  # fmt: skip
"""What is compared element by element, in the order of the pipeline; `code` is compared file by file."""
OWN = ".backend-agent/"
"""Files that only repeat the artifacts."""


class FileDifference(Artifact):
    """A file that only one of them has, or that has another text."""

    path: str
    kind: Literal["added", "removed", "changed"]
    text: str
    """A unified diff."""


class TableDifference(Artifact):
    """One change of the database."""

    what: str
    destroys: bool
    """Whether values are thrown away."""


class Differences(Artifact):
    """All that differs; empty lists: nothing does."""

    stages: dict[str, list[Element]] = Field(default_factory=dict)
    """By stage, in the order of the pipeline; stages without a difference are left out."""
    tables: list[TableDifference] = Field(default_factory=list)
    """What the database changes by."""
    api: list[ApiChange] = Field(default_factory=list)
    files: list[FileDifference] = Field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.stages or self.files)

    def to_text(self, *, files: bool = True) -> str:
        """Return plain text for a terminal; empty: no difference. `files` adds the diffs of the files."""
        return "\n".join(_lines(self, files=files))


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Differences:
    """Return what differs from one state to another.

    Args:
        old: plain JSON values by stage, as a session keeps them; stages that did not run are missing.
        new: the same.
    """
    stages = {name: compare(_designed(old, name), _designed(new, name)) for name in STAGES}
    tables: list[TableDifference] = []
    if "database" in old and "database" in new:
        after = DatabaseSchema.from_state(new["database"])
        changes = difference(DatabaseSchema.from_state(old["database"]), after, after.renames)
        tables = [TableDifference(what=says(c), destroys=destroys(c)) for c in changes]
    calls: list[ApiChange] = []
    if "api" in old and "api" in new:
        calls = api_changes(APISpecification.from_state(old["api"]), APISpecification.from_state(new["api"]))
    return Differences(
        stages={name: found for name, found in stages.items() if found},
        tables=tables,
        api=calls,
        files=list(_files(_contents(old), _contents(new))),
    )


def _designed(state: Mapping[str, Any], name: str) -> Any:
    """Return an artifact without its history: how it came about is no difference."""
    value = state.get(name)
    if name == "database" and value is not None:
        return {key: part for key, part in value.items() if key not in ("revisions", "renames")}
    return value


def _contents(state: Mapping[str, Any]) -> dict[str, str]:
    files = state.get("code", {}).get("files", [])
    return {f["path"]: f["content"] for f in files if not f["path"].startswith(OWN)}


def _files(old: dict[str, str], new: dict[str, str]) -> Iterator[FileDifference]:
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) == new.get(path):
            continue
        kind: Literal["added", "removed", "changed"]
        kind = "added" if path not in old else "removed" if path not in new else "changed"
        before = "/dev/null" if kind == "added" else f"a/{path}"
        after = "/dev/null" if kind == "removed" else f"b/{path}"
        one, other = old.get(path, "").splitlines(), new.get(path, "").splitlines()
        text = "\n".join(difflib.unified_diff(one, other, before, after, lineterm=""))
        yield FileDifference(path=path, kind=kind, text=text)


_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def _lines(found: Differences, *, files: bool) -> Iterator[str]:
    for stage, elements in found.stages.items():
        yield stage
        for element in elements:
            told = f": {element.old} -> {element.new}" if element.kind == "changed" else ""
            yield f"  {_SIGNS[element.kind]} {element.name}{told}"
    if found.tables:
        yield "tables"
        yield from (f"  {'! ' if t.destroys else ''}{t.what}" for t in found.tables)
    if found.api:
        breaking = sum(c.breaking for c in found.api)
        yield f"API changes: {breaking} breaking, {len(found.api) - breaking} not"
        yield from (f"  {'BREAKING ' if c.breaking else ''}{c.where}: {c.what} ({c.reason})" for c in found.api)
    if found.files:
        yield "files"
        yield from (f"  {_SIGNS[f.kind]} {f.path}" for f in found.files)
    if files:
        for file in found.files:
            yield ""
            yield file.text
