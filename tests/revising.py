"""What a revised session must have in common with a fresh one, and how to compare the two."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.session import Session
from backend_agent.stages import documentation
from backend_agent.state import Artifacts

MIGRATIONS = "migrations/versions/"
HISTORY = ("revisions", "renames")
"""Of the schema: what a fresh run has not."""
NUMBER = re.compile(r"\bR-[0-9]{3,}\b")
SAME = (
    "requirements domain architecture database api security performance testing deployment verification quality".split()
)


def differences(revised: Session, fresh: Session) -> list[str]:
    """Return what differs besides the history: names of artifacts and paths of files; empty when the result is equal.

    Statements keep their numbers when a task is revised. They are given those of the fresh run before anything is
    compared, so sentences must stand in one order in both.
    """
    mine, theirs = _without_history(revised.state, _renumber(revised, fresh)), _without_history(fresh.state, str)
    written = documentation.draft(Artifacts(revised.state)).to_state()
    found = [] if revised.state["documentation"] == written else ["documentation is not that of its artifacts"]
    found += [name for name in SAME if mine[name] != theirs[name]]
    ours, clean = _files(mine), _files(theirs)
    return found + sorted(path for path in ours.keys() | clean.keys() if ours.get(path) != clean.get(path))


def _renumber(revised: Session, fresh: Session) -> Callable[[str], str]:
    old, new = (RequirementsAnalysis.from_state(s.state["requirements"]).statements for s in (revised, fresh))
    assert [s.text for s in old] == [s.text for s in new]
    numbers = {a.id: b.id for a, b in zip(old, new, strict=True)}
    return lambda text: NUMBER.sub(lambda match: numbers.get(match.group(), "superseded"), text)


def _without_history(state: Mapping[str, Any], renumber: Callable[[str], str]) -> dict[str, Any]:
    """Return a state as one that has no past; the pages are written anew, they tell of it."""
    values = {name: json.loads(json.dumps(value)) for name, value in state.items() if name != "released"}
    values["requirements"]["superseded"] = []
    values = {name: json.loads(renumber(json.dumps(value))) for name, value in values.items()}
    values["database"] = {k: v for k, v in values["database"].items() if k not in HISTORY}
    values["code"]["files"] = [f for f in values["code"]["files"] if not f["path"].startswith(MIGRATIONS)]
    given = Artifacts({name: value for name, value in values.items() if name != "documentation"})
    values["documentation"] = documentation.draft(given).to_state()
    return values


def _files(values: Mapping[str, Any]) -> dict[str, str]:
    pages = {page["path"]: page["content"] for page in values["documentation"]["pages"]}
    return {**{file["path"]: file["content"] for file in values["code"]["files"]}, **pages}
