"""Grants: what each role may do, read from the endpoints' access and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from backend_agent.artifacts import access
from backend_agent.artifacts.api import APISpecification
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.security import Authorization, RoleGrant
from backend_agent.stages.security import wants
from backend_agent.state import Artifacts


def cited(cites: Iterable[str]) -> list[str]:
    """Return R-ids once each, in order of their numbers."""
    return sorted(set(cites), key=lambda c: (len(c), c))


def public(api: APISpecification) -> list[str]:
    """Return the operations that need no account."""
    return [e.operation_id for e in api.endpoints if e.access.public]


def any_row(api: APISpecification, role: str) -> list[str]:
    """Return the operations that a role may call for every row."""
    return [
        e.operation_id
        for e in api.endpoints
        if not e.access.public and (role in e.access.roles or not (e.access.roles or e.access.owner_roles))
    ]


def own_rows(api: APISpecification, role: str) -> list[str]:
    """Return the operations that a role may call for its own rows only."""
    return [
        e.operation_id
        for e in api.endpoints
        if not e.access.public and role in e.access.owner_roles and role not in e.access.roles
    ]


def _role_cites(domain: DomainModel, role: str) -> list[str]:
    found = [c for a in domain.actors if a.name == role for c in a.cites]
    for rule in domain.rules:
        if (rule.kind == "role" and role in rule.roles) or (
            rule.kind in ("ownership", "toggle") and rule.actor == role
        ):
            found += rule.cites
        elif rule.kind == "lifecycle":
            found += [c for t in rule.transitions if role in t.roles for c in t.cites]
    found += [c for operation in domain.operations if role in operation.roles for c in operation.cites]
    return cited(found)


def authorization(given: Artifacts) -> Authorization:
    """Return roles, what is public, and the grants."""
    domain, api = given.domain, given.api
    roles = access.roles(domain)
    administrators = access.administrators(domain)
    registering = access.registering(domain)
    plain = [r for r in roles if r not in administrators]
    return Authorization(
        roles=roles,
        default_role=(registering or plain or roles)[0],
        administrator_roles=administrators,
        public=public(api),
        grants=[
            RoleGrant(role=r, any_row=any_row(api, r), own_rows=own_rows(api, r), cites=_role_cites(domain, r))
            for r in roles
        ],
        cites=cited(
            [
                *wants.asking(given.requirements, wants.ROLES),
                *(c for r in domain.rules if r.kind in ("role", "ownership", "public") for c in r.cites),
            ]
        ),
    )
