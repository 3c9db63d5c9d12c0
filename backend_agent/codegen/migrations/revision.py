"""The files of the migrations behind the first one."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import pairwise

from backend_agent.artifacts.database import DatabaseSchema, Table
from backend_agent.changes.history import Migration, migrations
from backend_agent.changes.kinds import SchemaChange
from backend_agent.changes.renames import inverse, resolve, under_new_names
from backend_agent.changes.schema import difference
from backend_agent.changes.words import destroys, says
from backend_agent.codegen.migrations.guards import guards
from backend_agent.codegen.migrations.steps import lines
from backend_agent.codegen.render import render
from backend_agent.codegen.sources import pydoc

TEMPLATE = "infrastructure/further_revision.py.jinja"
HELPERS = ("refuse", "fill_in", "rename_key", "sqlite")


@dataclass(frozen=True)
class Further:
    """One migration behind the first one."""

    path: str
    content: str
    description: str
    cites: list[str]


def further(schema: DatabaseSchema) -> list[Further]:
    """Return the migrations from each delivered schema to the next, up to `schema`; none for a new project."""
    chain = migrations(schema)
    return [_file(step, before) for before, step in pairwise(chain)]


def _file(step: Migration, before: Migration) -> Further:
    old, new = before.new.tables, step.new.tables
    renamed, _ = resolve(old, new, step.new.renames)
    back = inverse(renamed)
    down = difference(step.new, before.new, back)
    content = render(
        TEMPLATE,
        {
            "title": f"{step.slug.replace('_', ' ').capitalize()}.",
            "changes": [textwrap.wrap(pydoc(says(c)), 110) for c in step.changes],
            "destroyed": [says(c) for c in step.changes if destroys(c)],
            "revision": step.id,
            "down_revision": before.id,
            "upgrade": _body(step.changes, old, new, step.new.renames),
            "downgrade": _body(down, new, old, back),
            "uses": lambda text: [name for name in HELPERS if f"{name}(" in text],
        },
    )
    path = f"migrations/versions/{step.name}.py"
    return Further(path, content, "Migrates the tables, with their rows.", _cites(old, new))


def _body(changes: list[SchemaChange], old: list[Table], new: list[Table], renames: dict[str, str]) -> list[str]:
    renamed, _ = resolve(old, new, renames)
    known = under_new_names(old, renamed)
    return lines(changes, known, new, guards(changes, known, new))


def _cites(old: list[Table], new: list[Table]) -> list[str]:
    """Return the requirements that the tables did not serve before."""
    before = {r for t in old for r in t.cites}
    return sorted({r for t in new for r in t.cites} - before, key=lambda r: (len(r), r))
