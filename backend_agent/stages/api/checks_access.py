"""Checks of who may call what. They read the rules on their own, not as the module did that computed the access."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import access, openapi
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule, PublicRule, RoleRule
from backend_agent.stage import Check
from backend_agent.state import Artifacts

_OPEN = ("register", "login", "refresh", "logout", "health")
_BETWEEN = re.compile(r", | or ")
_SECRET = ("password", "hash", "secret", "token")


def _nothing_public_by_accident(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    opened = {
        (rule.entity, operation)
        for rule in domain.rules
        if isinstance(rule, PublicRule)
        for operation in rule.operations
    }
    for endpoint in api.endpoints:
        if not endpoint.access.public or endpoint.kind in _OPEN:
            continue
        wholes = [step.target for step in access.ancestors(domain, endpoint.entity or "")]
        if endpoint.kind not in ("list", "read"):
            yield f"anyone may {endpoint.operation_id}"
        elif (endpoint.entity, endpoint.kind) not in opened and not any((w, "read") in opened for w in wholes):
            yield f"anyone may {endpoint.operation_id}, and no rule says so"


def _rules_of(domain: DomainModel, endpoint: Endpoint) -> Iterator[OwnershipRule | RoleRule]:
    for rule in domain.rules_of(endpoint.entity or ""):
        if isinstance(rule, OwnershipRule | RoleRule):
            whole_rows = isinstance(rule, OwnershipRule) or not rule.fields
            if whole_rows and endpoint.kind in rule.operations:
                yield rule


def _owners_are_admitted(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    for endpoint in api.endpoints:
        if endpoint.access.public:
            continue
        for rule in _rules_of(domain, endpoint):
            if not isinstance(rule, OwnershipRule):
                continue
            allowed = endpoint.access
            if rule.actor not in (*allowed.owner_roles, *allowed.roles):
                yield f"{endpoint.operation_id} shuts out its owner {rule.actor}"
            elif rule.actor in allowed.owner_roles and allowed.owner_path != rule.path:
                taken, wanted = ".".join(allowed.owner_path), ".".join(rule.path)
                yield f"{endpoint.operation_id} looks for the owner along {taken}, not {wanted}"


def _only_named_roles_are_admitted(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    administrators = {a.name for a in domain.actors if a.administrator}
    for endpoint in api.endpoints:
        rules = list(_rules_of(domain, endpoint))
        if not rules or endpoint.access.public:
            continue
        named = {role for rule in rules if isinstance(rule, RoleRule) for role in rule.roles}
        owners = {rule.actor for rule in rules if isinstance(rule, OwnershipRule)}
        allowed = endpoint.access
        if not allowed.roles and not allowed.owner_roles:
            yield f"any account may {endpoint.operation_id}"
        for role in allowed.roles:
            if role not in named | (administrators if owners else set()):
                yield f"{role} may {endpoint.operation_id} for any row, and no rule says so"
        for role in allowed.owner_roles:
            if role not in owners:
                yield f"{role} may {endpoint.operation_id} for own rows, and no rule says so"
        for role in sorted(named - set(allowed.roles)):
            yield f"{endpoint.operation_id} shuts out {role}"


def _transitions_are_guarded(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    rules = {r.entity: r for r in domain.rules if isinstance(r, LifecycleRule)}
    for endpoint in api.endpoints:
        rule = rules.get(endpoint.entity or "")
        if endpoint.kind != "transition" or rule is None:
            continue
        transition = next((t for t in rule.transitions if t.name == endpoint.transition), None)
        if transition is None:
            yield f"{endpoint.operation_id} is no transition of {rule.entity}"
            continue
        if not transition.roles and not transition.owner:
            continue
        extra = [role for role in endpoint.access.roles if role not in transition.roles]
        missing = [role for role in transition.roles if role not in endpoint.access.roles]
        yield from (f"{role} may {endpoint.operation_id}, and no rule says so" for role in extra)
        yield from (f"{endpoint.operation_id} shuts out {role}" for role in missing)
        if endpoint.access.owner_roles and not transition.owner:
            yield f"owners may {endpoint.operation_id}, and no rule says so"


def _accounts_are_for_administrators(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    administrators = {a.name for a in domain.actors if a.administrator}
    for endpoint in api.endpoints_of(ACCOUNT):
        if endpoint.kind in ("list", "read", "create", "update", "delete"):
            allowed = set(endpoint.access.roles)
            if not allowed or not allowed <= administrators or endpoint.access.public:
                yield f"{endpoint.operation_id} is not for administrators only"


def _access_is_consistent(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    known = {a.name for a in domain.actors} or {"user"}
    for endpoint in api.endpoints:
        allowed = endpoint.access
        if allowed.public and (allowed.roles or allowed.owner_roles):
            yield f"{endpoint.operation_id} is public and for some roles"
        if bool(allowed.owner_roles) != bool(allowed.owner_path):
            yield f"{endpoint.operation_id} has owners without a path to them, or a path without owners"
        unknown = [role for role in (*allowed.roles, *allowed.owner_roles) if role not in known]
        if unknown:
            yield f"{endpoint.operation_id} admits {', '.join(unknown)}, which is no role"


def _answers_hold_no_secret(given: Artifacts) -> Iterator[str]:
    api = given.api
    for model in api.data_models:
        if model.purpose == "read":
            for prop in model.properties:
                if any(word in prop.name for word in _SECRET) and prop.field is None:
                    yield f"{model.name}.{prop.name} looks like a secret"


def _lists_do_not_tell(given: Artifacts) -> Iterator[str]:
    """Parameters by which a caller could guess a field that the caller may not see."""
    domain, api = given.domain, given.api
    for endpoint in api.endpoints:
        if endpoint.kind != "list" or endpoint.entity is None:
            continue
        entity = endpoint.entity
        closed = access.hidden_fields(domain, entity, endpoint.access)
        far = {
            f"{relation.name} {name}"
            for relation in domain.relations_from(entity)
            for name in access.hidden_fields(domain, relation.target, endpoint.access)
        }
        for parameter in endpoint.parameters:
            if parameter.purpose == "filter":
                found = sorted(closed & {parameter.field})
            elif parameter.purpose == "sort":
                orders = {value.removeprefix("-") for value in parameter.values}
                found = sorted(name for name in closed if openapi.wire_name(api, name) in orders)
            elif parameter.purpose == "search":
                said = _BETWEEN.split(parameter.description.removeprefix("Words to find in ").rstrip("."))
                found = sorted(name for name in closed | far if names.title(name) in said)
            else:
                continue
            if found:
                yield f"{endpoint.operation_id}: {parameter.name} tells {', '.join(found)} to those who may not see it"


ACCESS_CHECKS: tuple[Check, ...] = (
    Check(
        name="nothing_public_by_accident",
        title="Without logging in one can only read what a rule opens",
        metric="security",
        severity="critical",
        find=_nothing_public_by_accident,
        hint="Take `public` away, or have the task say that anyone may.",
    ),
    Check(
        name="owners_are_admitted",
        title="Owners reach their own rows, along the path of the rule",
        metric="security",
        severity="critical",
        find=_owners_are_admitted,
        hint="Put the owner and the path into the endpoint's access.",
    ),
    Check(
        name="only_named_roles_are_admitted",
        title="Roles may do what rules say, and no more",
        metric="security",
        severity="critical",
        find=_only_named_roles_are_admitted,
        hint="Make the endpoint's access follow the rules.",
    ),
    Check(
        name="transitions_are_guarded",
        title="Transitions are made by those whom the lifecycle names",
        metric="security",
        severity="critical",
        find=_transitions_are_guarded,
        hint="Make the endpoint's access follow the transition.",
    ),
    Check(
        name="accounts_are_for_administrators",
        title="Only administrators manage accounts",
        metric="security",
        severity="critical",
        find=_accounts_are_for_administrators,
        hint="Give the endpoint the administrator roles only.",
    ),
    Check(
        name="access_is_consistent",
        title="Access names known roles, and owners have a path",
        metric="security",
        severity="major",
        find=_access_is_consistent,
        hint="Either public, or roles of the model; owners with their path.",
    ),
    Check(
        name="answers_hold_no_secret",
        title="No answer about a row holds a secret",
        metric="security",
        severity="critical",
        find=_answers_hold_no_secret,
        hint="Leave the property out.",
    ),
    Check(
        name="lists_do_not_tell",
        title="No list can be searched, narrowed or ordered by what some of its callers may not see",
        metric="security",
        severity="critical",
        find=_lists_do_not_tell,
        hint="Take the field out of search, filters and order.",
    ),
)
