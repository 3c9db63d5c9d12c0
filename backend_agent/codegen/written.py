"""What writing a project did, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backend_agent.codegen.merge import MergePlan


@dataclass(frozen=True)
class Conflict:
    """A file about which the user must decide."""

    path: str
    note: str
    """Words that follow the path: what stands where, and why."""


@dataclass(frozen=True)
class WriteReport:
    """What became of each file, by path; the record in `.backend-agent` is not listed."""

    folder: Path
    dry_run: bool = False
    """Whether this only would have been."""
    unchanged: list[str] = field(default_factory=list)
    """As generated before and now."""
    updated: list[str] = field(default_factory=list)
    """Untouched by the user, written anew."""
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited by the user; the generator had no news for them."""
    merged: list[str] = field(default_factory=list)
    """Edited by the user and changed by the generator, in different places: they have both."""
    deleted: list[str] = field(default_factory=list)
    """Generated no more, and untouched by the user."""
    kept_deleted: list[str] = field(default_factory=list)
    """Deleted by the user; they stay so."""
    outdated_deletions: list[str] = field(default_factory=list)
    """Those of `kept_deleted` that would be others now than what was deleted."""
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any file is another than before."""
        return bool(self.updated or self.added or self.merged or self.deleted or self.conflicts)

    def to_state(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**asdict(self), "folder": str(self.folder)}

    def lines(self) -> list[str]:
        """Return a line for each file that is or would be another, or that the user should know of; then the counts."""
        found = [
            f"{kind:<10}{path}"
            for kind, paths in (
                ("added", self.added),
                ("updated", self.updated),
                ("merged", self.merged),
                ("deleted", self.deleted),
            )
            for path in paths
        ]
        found += [
            f"{'absent':<10}{path} was deleted by you; it would be another now" for path in self.outdated_deletions
        ]
        found += [f"{'CONFLICT':<10}{conflict.path} {conflict.note}" for conflict in self.conflicts]
        return [*found, self.summary()]

    def summary(self) -> str:
        """Return the counts as one line."""
        counts: tuple[tuple[str, Sequence[object]], ...] = (
            ("added", self.added),
            ("updated", self.updated),
            ("merged with your edits", self.merged),
            ("kept as you edited them", self.kept),
            ("deleted", self.deleted),
            ("left deleted", self.kept_deleted),
            ("in conflict", self.conflicts),
            ("unchanged", self.unchanged),
        )
        said = ", ".join(f"{len(what)} {label}" for label, what in counts if what) or "no files"
        return f"nothing was written; it would be: {said}" if self.dry_run else said


def report(folder: Path, plan: MergePlan, earlier: Iterable[Conflict] = (), *, dry_run: bool = False) -> WriteReport:
    """Return the report of a plan, with conflicts of an earlier one that nobody was told of."""
    conflicts = {
        outcome.path: Conflict(outcome.path, outcome.note) for outcome in plan.outcomes if outcome.kind == "conflict"
    }
    known = {conflict.path: conflict for conflict in earlier}
    return WriteReport(
        folder=folder,
        dry_run=dry_run,
        unchanged=plan.paths("unchanged"),
        updated=plan.paths("updated"),
        added=plan.paths("added"),
        kept=plan.paths("kept"),
        merged=plan.paths("merged"),
        deleted=plan.paths("deleted"),
        kept_deleted=plan.paths("kept_deleted"),
        outdated_deletions=[o.path for o in plan.outcomes if o.kind == "kept_deleted" and o.note],
        conflicts=sorted({**known, **conflicts}.values(), key=lambda conflict: conflict.path),
    )
