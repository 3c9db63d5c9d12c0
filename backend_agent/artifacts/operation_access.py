"""Who may call a custom operation, and on which rows: never wider than what the domain model says.

A caller must be able to read every row that takes part, save one that the operation says may be `anyones`. What is
changed needs more: whoever may update the row, or whom the operation names (`roles`, `owner`), as with a transition.
"""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import Access
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operation_shape import Loaded, created, loaded
from backend_agent.artifacts.operations import CustomOperation

NOBODY = Access(roles=[""])
"""Access of no role at all."""


def grants(operation: CustomOperation) -> bool:
    """Whether the operation itself says who may call it."""
    return bool(operation.roles or operation.owner)


def operation_access(domain: DomainModel, operation: CustomOperation) -> Access:
    """Return who may call the operation: whom it names, on rows that they may read; nobody: as the first row says.

    Without rows it is its roles, or administrators.
    """
    first = operation.rows[0] if operation.rows else None
    if first is None:
        return Access(roles=list(operation.roles) or access.administrators(domain))
    if grants(operation):
        reading = _as_rules_say(domain, first.entity, changes=False)
        return both(domain, reading, _granted(domain, operation, first.entity))
    return _as_rules_say(domain, first.entity, changes=bool(first.sets))


def _granted(domain: DomainModel, operation: CustomOperation, entity: str) -> Access:
    path = access.owner_path(domain, entity) if operation.owner else []
    owners = [a for a in access.owner_actors(domain, entity) if a not in operation.roles] if path else []
    if owners:
        return Access(roles=list(operation.roles), owner_roles=owners, owner_path=path)
    return Access(roles=list(operation.roles)) if operation.roles else NOBODY


def _as_rules_say(domain: DomainModel, entity: str, *, changes: bool) -> Access:
    reading = access.access(domain, entity, "read")
    reading = Access() if reading.public else reading
    return both(domain, reading, access.access(domain, entity, "update")) if changes else reading


def row_access(domain: DomainModel, operation: CustomOperation, found: Loaded) -> Access:
    """Return which of these rows a caller may use, beside being allowed to call at all."""
    if not found.path and found.row is operation.rows[0]:
        return operation_access(domain, operation)
    if found.is_part or (found.row.anyones and (grants(operation) or not found.sets)):
        return Access()
    if found.sets and not grants(operation):
        return _as_rules_say(domain, found.entity, changes=True)
    return _as_rules_say(domain, found.entity, changes=False)


def both(domain: DomainModel, one: Access, other: Access) -> Access:
    """Return what two accesses both allow; never more, less where two ways of owning differ."""
    any_row, own = [], []
    path = one.owner_path or other.owner_path
    same = not one.owner_path or not other.owner_path or one.owner_path == other.owner_path
    for role in access.roles(domain):
        levels = {level(one, role), level(other, role)}
        if levels == {"any"}:
            any_row.append(role)
        elif "none" not in levels and (same or levels != {"own"}):
            own.append(role)
    if own:
        return Access(roles=any_row, owner_roles=own, owner_path=list(path))
    if any_row == access.roles(domain):
        return Access()
    return Access(roles=any_row) if any_row else NOBODY


def level(allowed: Access, role: str) -> str:
    """Return how far an access goes for a role that is logged in: `any` row, its `own` rows, or `none`."""
    if allowed.public or not (allowed.roles or allowed.owner_roles) or role in allowed.roles:
        return "any"
    return "own" if role in allowed.owner_roles else "none"


def callers(domain: DomainModel, operation: CustomOperation) -> list[str]:
    """Return the roles that may call the operation with some rows at least."""
    found = [
        operation_access(domain, operation),
        *(row_access(domain, operation, r) for r in loaded(domain, operation)),
    ]
    return [role for role in access.roles(domain) if all(level(a, role) != "none" for a in found)]


def hidden_from_callers(domain: DomainModel, operation: CustomOperation, entity: str) -> set[str]:
    """Return the fields of an entity that some caller may not see: the operation is not given them."""
    return access.hidden_fields(domain, entity, Access(roles=callers(domain, operation) or [""]))


def beyond(domain: DomainModel, operation: CustomOperation) -> list[str]:
    """Return, in plain words, what the operation lets callers do that the rules about the entities do not."""
    return list(dict.fromkeys(_beyond(domain, operation)))


def _beyond(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    who = callers(domain, operation)
    for found in loaded(domain, operation):
        updating = access.access(domain, found.entity, "update")
        wider = [r for r in who if level(updating, r) == "none"]
        if found.sets and wider:
            yield f"{', '.join(wider)} may set {', '.join(found.sets)} of {found.entity}"
        if found.row.anyones and not found.path:
            yield f"{found.row.name} may be {names.article(names.title(found.entity))} that the caller may not read"
    for new in created(domain, operation):
        making = access.access(domain, new.entity, "create")
        wider = [r for r in who if level(making, r) == "none"]
        if wider and not new.inside:
            yield f"{', '.join(wider)} may make {names.article(names.title(new.entity))}"
