"""Rate limits and security considerations that follow from the task."""

from __future__ import annotations

import math

from backend_agent.artifacts import access, mentions, needs, queries
from backend_agent.artifacts.api import DataModel, Endpoint, RateLimit
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operation_access import beyond
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.rules import FilterRule, RoleRule, SearchRule, SortRule
from backend_agent.state import Artifacts

_ANONYMOUS = 120
_ACCOUNT = 600
_LOGIN = 10
_MINUTE = 60
_HEADROOM = 10
"""How many times the average of a busy account may be used at once."""


def rate_limits(given: Artifacts) -> list[RateLimit]:
    """Return how often the API may be called: an account's share of the wanted throughput, with headroom."""
    wanted = given.task.performance_requirements
    account = _ACCOUNT
    if wanted.throughput_rps and wanted.concurrent_users:
        share = wanted.throughput_rps * _MINUTE / wanted.concurrent_users
        account = max(_ACCOUNT, math.ceil(share * _HEADROOM))
    return [
        RateLimit(scope="anonymous", requests=_ANONYMOUS, seconds=_MINUTE),
        RateLimit(scope="account", requests=account, seconds=_MINUTE),
        RateLimit(scope="login", requests=_LOGIN, seconds=_MINUTE),
    ]


def considerations(given: Artifacts, endpoints: list[Endpoint], models: list[DataModel]) -> list[Measure]:
    """Return what the API does against misuse."""
    domain, requirements = given.domain, given.requirements
    found = [*_ownership(domain, endpoints), *_roles(given, endpoints), *_public(domain, endpoints)]
    fields = [f"{e.name}.{f.name}" for e in domain.entities for f in e.fields if f.server_set]
    own = [f"{e.name}.{r.name}" for e in domain.entities for r in [access.creator_relation(domain, e.name)] if r]
    if fields or own:
        found.append(
            Measure(
                name="Clients cannot set what the service sets",
                detail=f"{_words([*fields, *own])} are in no request; unknown properties are refused (422)",
                reason="nobody makes a row for somebody else or moves a state by hand",
                cites=_cites([f.cites for e in domain.entities for f in e.fields if f.server_set]),
            )
        )
    found += [
        Measure(
            name=f"{rule.entity}: {_words(rule.fields)} for {_words(rule.roles)} only",
            detail=_restriction(domain, rule),
            reason="the rest of the row is for more people than these fields are",
            cites=_cites([rule.cites, *(r.cites for r in _untold(domain, rule))]),
        )
        for entity in domain.entities
        for rule in access.field_rules(domain, entity.name)
    ]
    found += [
        Measure(
            name=f"What {operation.name} may do beyond the rules",
            detail=_words(beyond(domain, operation)),
            reason="the operation itself says so; its code sets these fields only, and keeps to their bounds",
            cites=_cites([operation.cites]),
        )
        for operation in written(domain)
        if beyond(domain, operation)
    ]
    bounded = [e.operation_id for e in endpoints if e.kind == "list"]
    requests = [m.name for m in models if m.purpose in ("create", "update", "part", "auth")]
    found += [
        Measure(
            name="Everything is bounded",
            detail=f"{len(bounded)} lists by limit, {len(requests)} request models by length and range, bodies by size",
            reason="one request cannot ask for more than the service can give",
        ),
        Measure(
            name="Logins are hard to guess",
            detail=f"{_LOGIN} tries a minute from one address, and failed ones are counted by e-mail; unknown address "
            "and wrong password get the same answer",
            reason="neither passwords nor the list of accounts can be tried out",
            cites=_cites([mentions.authentication(requirements), needs.lockout(requirements).cites]),
        ),
        Measure(
            name="Tokens are short-lived",
            detail="every refresh gives a new refresh token; one that is used twice ends the whole login",
            reason="a stolen token is of use for minutes, and the theft shows",
            cites=mentions.authentication(requirements),
        ),
        Measure(
            name="Rate limits",
            detail="by address without a token, by account with one; 429 with Retry-After",
            reason="one caller cannot take the service from the others",
            cites=mentions.rate_limiting(requirements),
        ),
    ]
    return found


def _restriction(domain: DomainModel, rule: RoleRule) -> str:
    """Return what keeps a restricted field from others, in words."""
    said = "null for others, and a request of theirs that writes it is refused (403)"
    asked: list[str] = list(dict.fromkeys(r.kind for r in _untold(domain, rule)))
    return f"{said}; no {_words(asked)} of lists uses it, as what a list finds tells its value" if asked else said


def _untold(domain: DomainModel, rule: RoleRule) -> list[FilterRule | SearchRule | SortRule]:
    """Return the rules by which a list would tell a restricted field to those who may not see it."""
    found: list[FilterRule | SearchRule | SortRule] = []
    for other in domain.rules:
        if isinstance(other, FilterRule | SearchRule | SortRule):
            paths = set(rule.fields) if other.entity == rule.entity else set()
            for relation in domain.relations_from(other.entity):
                if relation.target == rule.entity:
                    paths |= {f"{relation.name}.{name}" for name in rule.fields}
            if paths & set(other.fields) & queries.closed_paths(domain, other.entity):
                found.append(other)
    return found


def _ownership(domain: DomainModel, endpoints: list[Endpoint]) -> list[Measure]:
    owned = [e for e in endpoints if e.access.owner_roles]
    entities = list(dict.fromkeys(e.entity for e in owned if e.entity))
    found = []
    for entity in entities:
        mine = [e for e in owned if e.entity == entity]
        path = ".".join(mine[0].access.owner_path)
        owners = list(dict.fromkeys(role for e in mine for role in e.access.owner_roles))
        found.append(
            Measure(
                name=f"{entity} rows by owner",
                detail=f"{_words([e.operation_id for e in mine])}: {_words(owners)} by {path}; others get 404",
                reason="an id alone opens nothing (OWASP API1 broken object level authorization)",
                cites=_cites(
                    [rule.cites for rule in access.ownership_rules(domain, entity)] or [e.cites for e in mine]
                ),
            )
        )
    return found


def _roles(given: Artifacts, endpoints: list[Endpoint]) -> list[Measure]:
    restricted = [e for e in endpoints if e.access.roles and not e.access.owner_roles]
    groups: dict[tuple[str, ...], list[Endpoint]] = {}
    for endpoint in restricted:
        groups.setdefault(tuple(endpoint.access.roles), []).append(endpoint)
    return [
        Measure(
            name=f"Only {_words(list(roles))}",
            detail=_words([e.operation_id for e in group], 12),
            reason="the role is in the token, and each of these operations asks for it (OWASP API5)",
            cites=_cites([mentions.role_based(given.requirements), *(e.cites for e in group)]),
        )
        for roles, group in groups.items()
    ]


def _public(domain: DomainModel, endpoints: list[Endpoint]) -> list[Measure]:
    opened = [e for e in endpoints if e.access.public and e.kind in ("list", "read")]
    if not opened:
        return []
    entities = list(dict.fromkeys(e.entity for e in opened if e.entity))
    rules = [r for name in entities for kind in ("list", "read") for r in access.public_rules(domain, name, kind)]
    return [
        Measure(
            name="Open to anyone",
            detail=_words([e.operation_id for e in opened], 12),
            reason="reading only; everything else needs a token",
            cites=_cites([r.cites for r in rules]),
        )
    ]


def _words(items: list[str], most: int = 8) -> str:
    shown = [*items[:most], f"{len(items) - most} more"] if len(items) > most else items
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def _cites(groups: list[list[str]]) -> list[str]:
    return sorted({cite for group in groups for cite in group})
