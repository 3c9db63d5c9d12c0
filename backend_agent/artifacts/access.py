"""Who may do what: the one place where access rules of the domain model are read.

`Endpoint.access` is computed here; code, security and tests read it there, never the rules again.
"""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Access
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, Relation
from backend_agent.artifacts.rules import (
    LifecycleRule,
    Operation,
    OwnershipRule,
    PublicRule,
    RoleRule,
    ToggleRule,
    Transition,
)

OPERATIONS: tuple[Operation, ...] = ("list", "read", "create", "update", "delete")
DEFAULT_ROLE = "user"


def roles(domain: DomainModel) -> list[str]:
    """Return the roles that an account can have, in the order of the actors."""
    return [actor.name for actor in domain.actors] or [DEFAULT_ROLE]


def administrators(domain: DomainModel) -> list[str]:
    """Return the roles that pass ownership checks."""
    return [actor.name for actor in domain.actors if actor.administrator]


def registering(domain: DomainModel) -> list[str]:
    """Return the roles that anyone may register as.

    When no actor registers and there is no administrator to make accounts, nobody could ever log in: then the first
    actor registers.
    """
    found = [actor.name for actor in domain.actors if actor.registers]
    return found or ([] if administrators(domain) else roles(domain)[:1])


def profile_relation(domain: DomainModel, entity: str) -> Relation | None:
    """Return the relation `user` by which `entity` is an actor's profile, if it is one."""
    if not any(actor.profile == entity for actor in domain.actors):
        return None
    ones = [r for r in domain.relations_from(entity) if r.target == ACCOUNT and r.cardinality == "one_to_one"]
    return next((r for r in ones if r.name == "user"), ones[0] if ones else None)


def profile_actors(domain: DomainModel, entity: str) -> list[str]:
    """Return the roles whose accounts make `entity` as their own profile."""
    return [actor.name for actor in domain.actors if actor.profile == entity and actor.registers]


def parent_relation(domain: DomainModel, entity: str) -> Relation | None:
    """Return the owned relation by which `entity` lives under another one's path, if it does.

    A part of an account has a path of its own, and so has one that is owned by its own kind.
    """
    for relation in domain.relations_from(entity):
        if relation.owned and relation.target not in (ACCOUNT, entity):
            return relation
    return None


def ancestors(domain: DomainModel, entity: str) -> Iterator[Relation]:
    """Yield the owned relations from `entity` up to the entity that is no part of another."""
    seen = {entity}
    relation = parent_relation(domain, entity)
    while relation is not None and relation.target not in seen:
        yield relation
        seen.add(relation.target)
        relation = parent_relation(domain, relation.target)


def ownership_rules(domain: DomainModel, entity: str, operation: Operation | None = None) -> list[OwnershipRule]:
    """Return the ownership rules about `entity` (and `operation`), in order."""
    return [
        rule
        for rule in domain.rules_of(entity)
        if isinstance(rule, OwnershipRule) and (operation is None or operation in rule.operations)
    ]


def role_rules(domain: DomainModel, entity: str, operation: Operation) -> list[RoleRule]:
    """Return the role rules about whole rows of `entity` that cover `operation`, in order."""
    return [
        rule
        for rule in domain.rules_of(entity)
        if isinstance(rule, RoleRule) and not rule.fields and operation in rule.operations
    ]


def field_rules(domain: DomainModel, entity: str) -> list[RoleRule]:
    """Return the role rules about some fields of `entity` only, in order."""
    return [rule for rule in domain.rules_of(entity) if isinstance(rule, RoleRule) and rule.fields]


def hidden_fields(domain: DomainModel, entity: str, allowed: Access) -> set[str]:
    """Return the fields of `entity` that some of those whom `allowed` admits may not see."""
    callers = {*allowed.roles, *allowed.owner_roles} or set(roles(domain))
    return {
        name
        for rule in field_rules(domain, entity)
        if allowed.public or callers - set(rule.roles)
        for name in rule.fields
    }


def public_rules(domain: DomainModel, entity: str, operation: Operation) -> list[PublicRule]:
    """Return the rules that open `operation` on `entity` to anyone, in order."""
    return [rule for rule in domain.rules_of(entity) if isinstance(rule, PublicRule) and operation in rule.operations]


def access(domain: DomainModel, entity: str, operation: Operation) -> Access:
    """Return who may perform `operation` on rows of `entity`."""
    return _access(domain, entity, operation, frozenset())


def _access(domain: DomainModel, entity: str, operation: Operation, seen: frozenset[str]) -> Access:
    if public_rules(domain, entity, operation):
        return Access(public=True)
    if entity == ACCOUNT:
        return Access(roles=administrators(domain))
    granted = [role for rule in role_rules(domain, entity, operation) for role in rule.roles]
    owning = ownership_rules(domain, entity, operation)
    if owning:
        path = owning[0].path
        return _owned(domain, operation, path, [rule.actor for rule in owning if rule.path == path], granted)
    if granted:
        return Access(roles=_unique(granted))
    actors = profile_actors(domain, entity)
    relation = profile_relation(domain, entity)
    if actors and relation and operation in ("create", "update", "delete"):
        return _owned(domain, operation, [relation.name], actors, [])
    return _inherited(domain, entity, operation, seen | {entity}) or _default(domain, operation)


def _owned(domain: DomainModel, operation: Operation, path: list[str], actors: list[str], granted: list[str]) -> Access:
    """Return access of owners, of the roles with a rule, and of administrators save for making rows."""
    any_row = granted if operation == "create" else [*granted, *administrators(domain)]
    owners = [actor for actor in _unique(actors) if actor not in any_row]
    if not owners:
        return Access(roles=_unique(any_row))
    return Access(roles=_unique(any_row), owner_roles=owners, owner_path=list(path))


def _inherited(domain: DomainModel, entity: str, operation: Operation, seen: frozenset[str]) -> Access | None:
    """Return what a part takes from its parent; None when it is no part."""
    for relation in domain.relations_from(entity):
        if relation.owned and relation.target == ACCOUNT:
            return _owned(domain, operation, [relation.name], roles(domain), [])
    parent = parent_relation(domain, entity)
    if parent is None or parent.target in seen:
        return None
    above = _access(domain, parent.target, "read" if operation in ("list", "read") else "update", seen)
    if not above.owner_roles:
        return above
    return above.model_copy(update={"owner_path": [parent.name, *above.owner_path]})


def _default(domain: DomainModel, operation: Operation) -> Access:
    return Access() if operation in ("list", "read") else Access(roles=administrators(domain))


def owner_path(domain: DomainModel, entity: str) -> list[str]:
    """Return the relations from `entity` to its owner (account or profile); empty when rows have no owner."""
    rules = ownership_rules(domain, entity)
    if rules:
        return list(rules[0].path)
    relation = profile_relation(domain, entity)
    if relation and profile_actors(domain, entity):
        return [relation.name]
    for owned in domain.relations_from(entity):
        if owned.owned and owned.target == ACCOUNT:
            return [owned.name]
    steps: list[str] = []
    for step in ancestors(domain, entity):
        steps.append(step.name)
        rules = ownership_rules(domain, step.target)
        if rules:
            return [*steps, *rules[0].path]
    return []


def owner_actors(domain: DomainModel, entity: str) -> list[str]:
    """Return the roles that own rows of `entity`, also through its parents."""
    found = [rule.actor for rule in ownership_rules(domain, entity)]
    for step in ancestors(domain, entity):
        if not found:
            found = [rule.actor for rule in ownership_rules(domain, step.target)]
    return _unique(found or profile_actors(domain, entity))


def follow(domain: DomainModel, entity: str, path: list[str]) -> list[Relation]:
    """Return the relations that `path` names, from `entity` on; shorter when a name is unknown."""
    steps: list[Relation] = []
    at = entity
    for name in path:
        relation = next((r for r in domain.relations_from(at) if r.name == name), None)
        if relation is None:
            break
        steps.append(relation)
        at = relation.target
    return steps


def account_path(domain: DomainModel, entity: str, path: list[str]) -> list[str]:
    """Return `path` completed to the account: one that ends at a profile goes on through the profile's `user`."""
    steps = follow(domain, entity, path)
    if not steps or steps[-1].target == ACCOUNT:
        return list(path)
    relation = profile_relation(domain, steps[-1].target)
    return [*path, relation.name] if relation else list(path)


def creator_relation(domain: DomainModel, entity: str) -> Relation | None:
    """Return the relation that the server sets to the caller when an owner creates a row; None: no such one.

    It is the only step of the owner's path: to the account, or to the own profile.
    """
    allowed = access(domain, entity, "create")
    if not allowed.owner_roles or len(allowed.owner_path) != 1:
        return None
    relation = next((r for r in domain.relations_from(entity) if r.name == allowed.owner_path[0]), None)
    return None if relation is None or relation.cardinality == "many_to_many" else relation


def needs_profile(domain: DomainModel, entity: str) -> str | None:
    """Return the profile entity that an owner must have before a row of `entity` can be created; None: none."""
    relation = creator_relation(domain, entity)
    if relation is None or relation.target == ACCOUNT:
        return None
    return relation.target


def transition_access(domain: DomainModel, rule: LifecycleRule, transition: Transition) -> Access:
    """Return who may make a transition: its roles for any row, the owner for the own; neither: as update."""
    path = owner_path(domain, rule.entity) if transition.owner else []
    owners = [a for a in owner_actors(domain, rule.entity) if a not in transition.roles] if path else []
    if owners:
        return Access(roles=_unique(transition.roles), owner_roles=owners, owner_path=path)
    if transition.roles:
        return Access(roles=_unique(transition.roles))
    return access(domain, rule.entity, "update")


def toggle_access(domain: DomainModel, rule: ToggleRule) -> Access:
    """Return who may switch a link on and off: the acting role, on anything it can see."""
    return Access(roles=[rule.actor] if rule.actor in roles(domain) else [])


def may_be_refused(domain: DomainModel, allowed: Access) -> bool:
    """Whether some logged-in account is refused outright (403)."""
    named = {*allowed.roles, *allowed.owner_roles}
    return not allowed.public and bool(named) and not set(roles(domain)) <= named


def _unique(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))
