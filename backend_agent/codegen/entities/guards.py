"""What a method makes sure of before it touches a part: the whole is there, is the caller's, may be changed."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts.access import ancestors, parent_relation
from backend_agent.artifacts.columns import lifecycle, relation_column
from backend_agent.artifacts.rules import LifecycleRule
from backend_agent.codegen.entities.operations import Operation
from backend_agent.codegen.view import EntityView


@dataclass(frozen=True)
class Step:
    """One row that is looked up on the way to a part."""

    entity: EntityView
    method: str
    """Of its repository: `require`, `get` or `lock`."""
    key: str
    """Source of the row's id."""
    path: tuple[str, ...]
    """How it must belong to the caller."""
    frozen: LifecycleRule | None
    """The lifecycle whose frozen states forbid the change."""

    kept: bool
    """Whether the row itself is looked at, not only that it is there."""

    @property
    def variable(self) -> str:
        return self.entity.variable


def steps(operation: Operation) -> list[Step]:
    """Return the rows above an operation's own, nearest first, as far up as they matter."""
    parent = operation.parent
    if parent is None:
        return []
    entity = operation.entity
    domain = entity.project.given.domain
    changes = operation.kind in ("create", "update", "delete")
    above = [entity.project.entity(r.target) for r in ancestors(domain, entity.name)]
    frozen = [_frozen(e) if changes else None for e in above]
    while len(above) > 1 and frozen[-1] is None:
        above.pop()
        frozen.pop()
    found = []
    key, path = parent.key, parent.path
    for index, (row, rule) in enumerate(zip(above, frozen, strict=True)):
        method = "lock" if rule else "get" if index < len(above) - 1 else "require"
        if index == 0 and method == "require" and keeps_some(operation):
            method = "lock"
        found.append(Step(row, method, key, path, rule, bool(rule) or index < len(above) - 1))
        up = parent_relation(domain, row.name)
        key, path = (f"{names.variable(row.name)}.{relation_column(up)}" if up else ""), ()
    return found


def keeps_some(operation: Operation) -> int:
    """Return how many parts the whole must keep when one is deleted; 0: it may lose all."""
    if operation.kind != "delete" or operation.parent is None:
        return 0
    relation = parent_relation(operation.entity.project.given.domain, operation.entity.name)
    return relation.min_items if relation else 0


def _frozen(entity: EntityView) -> LifecycleRule | None:
    rule = lifecycle(entity.project.given.domain, entity.name)
    return rule if rule and rule.frozen_states else None
