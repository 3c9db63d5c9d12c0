"""The chain of schemas that were delivered, one migration from each to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend_agent.artifacts.database import DatabaseSchema, Release, SchemaRevision, Table
from backend_agent.artifacts.findings import Finding
from backend_agent.changes.kinds import ColumnAdded, ColumnRemoved, SchemaChange, TableAdded, TableRemoved
from backend_agent.changes.renames import resolve
from backend_agent.changes.schema import difference, structure
from backend_agent.changes.words import destroys, says, slug

ALIKE = 0.6
"""Share of equal columns from which on a table that is gone may live on in a new one."""


@dataclass(frozen=True)
class Migration:
    """One step of the chain, with the schema on both ends."""

    number: int
    """From 1."""
    id: str
    """Follows from what the step makes, and from the step before it."""
    slug: str
    old: SchemaRevision | None
    """None: the first one makes all tables."""
    new: SchemaRevision
    """Its `renames` are those from `old`."""
    changes: list[SchemaChange] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of its file, without the ending: `0002_add_books_subtitle`."""
        return f"{self.number:04}_{self.slug}"


def carry(new: DatabaseSchema, release: Release) -> DatabaseSchema:
    """Return `new` with the history of what was delivered, and the delivered schema behind it.

    A schema with the very tables that were delivered keeps the history as it is: nothing is added, so nothing that
    depends on it runs again.
    """
    before = release.database
    if new.tables == before.tables:
        return new.model_copy(update={"revisions": before.revisions, "renames": before.renames})
    delivered = SchemaRevision(tables=before.tables, renames=before.renames)
    return new.model_copy(update={"revisions": [*before.revisions, delivered], "renames": release.renames})


def migrations(schema: DatabaseSchema) -> list[Migration]:
    """Return the migrations up to `schema`, oldest first; a version with the same structure needs none."""
    chain = [*schema.revisions, SchemaRevision(tables=schema.tables, renames=schema.renames)]
    first = chain[0]
    made = [Migration(1, revision_id(first.tables), "initial", None, first)]
    for version in chain[1:]:
        last = made[-1]
        changes = difference(last.new, version, version.renames)
        if changes:
            number = last.number + 1
            identifier = revision_id(version.tables, last.id)
            made.append(Migration(number, identifier, slug(changes), last.new, version, changes))
    return made


def revision_id(tables: Sequence[Table], parent: str = "") -> str:
    """Return the id of the migration that leads to `tables`: 12 hexadecimal digits."""
    content = json.dumps([parent, [structure(t) for t in tables]], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def notes(schema: DatabaseSchema) -> list[Finding]:
    """Return what a person must know of the newest migration: what it destroys, fills in, or may have missed."""
    if not schema.revisions:
        return []
    old = schema.revisions[-1]
    changes = difference(old, schema, schema.renames)
    _, idle = resolve(old.tables, schema.tables, schema.renames)
    found = [
        _note("Values are thrown away", says(c), "Back them up before you migrate.", major=True)
        for c in changes
        if destroys(c)
    ]
    for change in changes:
        fill = getattr(change, "fill", None)
        if fill is not None and fill.value:
            found.append(
                _note(
                    "Rows get a value that nobody gave", says(change), "Give the field a default, or correct the rows."
                )
            )
        elif fill is not None:
            hint = "Make it optional first and required in a later revision, when every row has a value."
            found.append(_note("Rows stand in the way of a migration", says(change), hint, major=True))
    record = "If it is the same thing under another name, record the rename; otherwise its values are gone."
    found += [_note("Possible rename", line, record) for line in possible_renames(changes)]
    return [*found, *(_note("A recorded rename does not apply", line, "Correct the names.") for line in idle)]


def possible_renames(changes: Sequence[SchemaChange]) -> list[str]:
    """Return what may be a rename that nobody recorded: `books.stock -> books.copies`."""
    gone = [c for c in changes if isinstance(c, ColumnRemoved)]
    made = [c for c in changes if isinstance(c, ColumnAdded)]
    found = [
        f"{a.table}.{a.column.name} -> {b.table}.{b.column.name}"
        for a in gone
        for b in made
        if a.table == b.table and a.column.type == b.column.type
    ]
    lost = [c.table for c in changes if isinstance(c, TableRemoved)]
    new = [c.table for c in changes if isinstance(c, TableAdded)]
    return found + [f"{a.name} -> {b.name}" for a in lost for b in new if _are_alike(a, b)]


def _are_alike(one: Table, other: Table) -> bool:
    """Return whether two tables share columns that say what they are about."""
    first, second = ({(c.name, c.type) for c in t.columns} for t in (one, other))
    shared = len(first & second)
    return shared > _own(one) and shared >= ALIKE * max(len(first), len(second))


def _own(table: Table) -> int:
    """Return how many columns every table of an entity has: they say nothing about what it is."""
    return sum(c.name in ("id", "version", "created_at", "updated_at") for c in table.columns)


def _note(title: str, evidence: str, hint: str, *, major: bool = False) -> Finding:
    return Finding(
        stage="database",
        metric="maintainability",
        severity="major" if major else "minor",
        title=title,
        evidence=evidence,
        hint=hint,
    )
