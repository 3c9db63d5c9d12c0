"""Paths and operation ids of the API."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.domain import DomainModel, Relation


def collection(domain: DomainModel, entity: str) -> str:
    """Return the path of an entity's list: `/books`, `/orders/{order_id}/items`."""
    parent = access.parent_relation(domain, entity)
    if parent is None:
        return f"/{names.kebab(names.plural(entity))}"
    return f"{item_alone(parent.target)}/{_segment(domain, parent)}"


def _segment(domain: DomainModel, parent: Relation) -> str:
    """Return the segment of a parent's parts: the inverse, or the plural when two kinds of part share one."""
    twins = [r for r in domain.relations_to(parent.target) if r.owned and r.inverse == parent.inverse]
    return names.kebab(parent.inverse) if len(twins) == 1 else names.kebab(names.plural(parent.source))


def item_alone(entity: str) -> str:
    """Return the path of one row without its parent: `/order-items/{order_item_id}`."""
    return f"/{names.kebab(names.plural(entity))}/{{{key(entity)}}}"


def item(domain: DomainModel, entity: str) -> str:
    """Return the path of one row, below its parent if it has one."""
    return f"{collection(domain, entity)}/{{{key(entity)}}}"


def key(entity: str) -> str:
    """Return the path parameter of one row: `order_item_id`."""
    return f"{names.snake(entity)}_id"


class OperationIds:
    """Gives out operation ids, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str, *others: str) -> str:
        """Return the first of the given ids that is free; a numbered one when none is."""
        candidates = [wanted, *others]
        number = 2
        while candidates[0] in self._taken:
            candidates.pop(0)
            if not candidates:
                candidates.append(f"{wanted}_{number}")
                number += 1
        self._taken.add(candidates[0])
        return candidates[0]
