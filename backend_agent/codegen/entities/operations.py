"""Endpoints of an entity, as methods of its service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from backend_agent.artifacts.access import parent_relation
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.columns import relation_column
from backend_agent.artifacts.domain import ACCOUNT, Relation
from backend_agent.codegen.entities.access import AccessPlan
from backend_agent.codegen.entities.sql import relation_of
from backend_agent.codegen.view import EntityView

_KEYS = re.compile(r"{(\w+)}")
_WITH_KEY = ("read", "update", "delete", "transition", "toggle_on", "toggle_off")


@dataclass(frozen=True)
class Parent:
    """The row under which an endpoint's rows live: `/orders/{order_id}/items`."""

    entity: EntityView
    key: str
    """Path parameter: `order_id`."""
    column: str
    """Foreign key column of the child."""
    path: tuple[str, ...]
    """How the parent's rows belong to an account, when the endpoint's own path leads through it."""

    @property
    def owned(self) -> bool:
        return bool(self.path)


class Operation:
    """One endpoint of an entity."""

    def __init__(self, entity: EntityView, endpoint: Endpoint) -> None:
        self.entity = entity
        self.endpoint = endpoint
        self.kind = endpoint.kind
        self.name = endpoint.operation_id
        self.access = AccessPlan(endpoint.access)
        self._keys = _KEYS.findall(endpoint.path)

    @property
    def writes(self) -> bool:
        return self.kind not in ("list", "read")

    @property
    def key(self) -> str:
        """Path parameter of the row itself (of what is switched on or off, for a toggle); empty for whole lists."""
        return self._keys[-1] if self.kind in _WITH_KEY and self._keys else ""

    @cached_property
    def parent(self) -> Parent | None:
        """The row that the path goes through first."""
        owner = parent_relation(self.entity.project.given.domain, self.entity.name)
        if self.endpoint.parent is None or owner is None:
            return None
        leads = self.access.path[1:] if self.access.path[:1] == (owner.name,) else ()
        return Parent(self.entity.project.entity(owner.target), self._keys[0], relation_column(owner), leads)

    @cached_property
    def own_path(self) -> tuple[str, ...]:
        """How the entity's own rows are matched with the account; empty when the parent's are, or nobody's."""
        return () if self.parent and self.parent.owned else self.access.path

    @cached_property
    def scoped(self) -> bool:
        """Whether the method works out whose rows count."""
        return self.access.owned and not self.sets_owner

    @cached_property
    def owner_relation(self) -> Relation | None:
        """For a creation by an owner: the relation that the server sets to the caller."""
        if self.kind != "create" or not self.access.owned or len(self.access.path) != 1:
            return None
        return relation_of(self.entity, self.access.path[0])

    @property
    def sets_owner(self) -> bool:
        """Whether the new row is the caller's because the server makes it so."""
        return self.owner_relation is not None

    @cached_property
    def profile(self) -> EntityView | None:
        """The profile that the caller needs for a creation; None when the account itself owns the row."""
        relation = self.owner_relation
        return None if relation is None or relation.target == ACCOUNT else self.entity.project.entity(relation.target)

    @property
    def on_behalf(self) -> bool:
        """Whether some roles create rows for others."""
        return self.sets_owner and bool(self.access.any_row)
