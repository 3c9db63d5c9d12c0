"""Checks that the API offers nothing that the domain model does not ask for, and admits nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend_agent.artifacts import access
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.api import Access, Endpoint
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.operation_access import level, operation_access
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.rules import LifecycleRule, ToggleRule
from backend_agent.stage import Check
from backend_agent.stages.api.models import is_listed
from backend_agent.state import Artifacts

Key = tuple[str, str | None, str | None]
"""Kind of an endpoint, its entity, and which transition or operation it is."""
_WIDTH = {"none": 0, "own": 1, "any": 2}


def _key(endpoint: Endpoint) -> Key:
    if endpoint.kind == "operation":
        return endpoint.kind, None, endpoint.operation_id
    if endpoint.kind == "health":
        return endpoint.kind, None, endpoint.path
    return endpoint.kind, endpoint.entity, endpoint.transition if endpoint.kind == "transition" else None


def _asked(domain: DomainModel) -> Counter[Key]:
    """Return the endpoints that follow from the domain model, each with how many there are."""
    found: Counter[Key] = Counter((kind, ACCOUNT, None) for kind in ("login", "refresh", "logout", "me"))
    found.update(("health", None, path) for path in ("/healthz", "/readyz"))
    if access.registering(domain):
        found["register", ACCOUNT, None] += 1
    if access.administrators(domain):
        found.update((kind, ACCOUNT, None) for kind in ("list", "create", "read", "update"))
    for entity in domain.entities:
        if is_listed(domain, entity.name):
            found.update((kind, entity.name, None) for kind in access.OPERATIONS)
    for rule in domain.rules:
        if isinstance(rule, LifecycleRule):
            found.update(("transition", rule.entity, t.name) for t in rule.transitions)
        elif isinstance(rule, ToggleRule):
            found.update((kind, rule.entity, None) for kind in ("toggle_on", "toggle_off"))
    found.update(("operation", None, operation.name) for operation in written(domain))
    return found


def _nothing_is_hidden(given: Artifacts) -> Iterator[str]:
    """Endpoints that no element of the domain model asks for."""
    left = _asked(given.domain)
    for endpoint in given.api.endpoints:
        key = _key(endpoint)
        if not left[key]:
            yield f"nothing in the domain model asks for {endpoint.operation_id} ({endpoint.method} {endpoint.path})"
        left[key] -= 1


def _said(domain: DomainModel, endpoint: Endpoint) -> Access | None:
    """Return the access that the domain model gives an endpoint; None where it says nothing of it."""
    entity = endpoint.entity or ""
    if endpoint.kind == "operation":
        return next((operation_access(domain, o) for o in written(domain) if o.name == endpoint.operation_id), None)
    if endpoint.kind in access.OPERATIONS and any(e.name == entity for e in domain.entities):
        return access.access(domain, entity, endpoint.kind)
    for rule in domain.rules_of(entity):
        if isinstance(rule, LifecycleRule) and endpoint.kind == "transition":
            found = next((t for t in rule.transitions if t.name == endpoint.transition), None)
            return access.transition_access(domain, rule, found) if found else None
        if isinstance(rule, ToggleRule) and endpoint.kind in ("toggle_on", "toggle_off"):
            return access.toggle_access(domain, rule)
    return None


def _nobody_more_is_admitted(given: Artifacts) -> Iterator[str]:
    """Callers that an endpoint admits and the domain model does not."""
    domain = given.domain
    for endpoint in given.api.endpoints:
        said, allowed = _said(domain, endpoint), endpoint.access
        if said is None:
            continue
        if allowed.public and not said.public:
            yield f"{endpoint.operation_id} is open to anyone, and the domain model does not say so"
            continue
        if said.public:
            continue
        for role in access.roles(domain):
            has, may = level(allowed, role), level(said, role)
            if _WIDTH[has] > _WIDTH[may]:
                yield f"{role} may {endpoint.operation_id} ({has} rows), and the domain model says {may}"
            elif has == "own" and may == "own" and allowed.owner_path != said.owner_path:
                wanted = ".".join(said.owner_path)
                yield f"{endpoint.operation_id} looks for the owner along {'.'.join(allowed.owner_path)}, not {wanted}"


def _operations_tell_no_more(given: Artifacts) -> Iterator[str]:
    """Custom operations that answer or take something else than the domain model says."""
    domain, api = given.domain, given.api
    models = {m.name: m for m in api.data_models}
    for operation in written(domain):
        endpoint = next((e for e in api.endpoints if e.kind == "operation" and e.operation_id == operation.name), None)
        if endpoint is None:
            continue
        taken = [*(f"{r.name}_id" for r in operation.rows[1:]), *(i.name for i in operation.inputs)]
        for name, wanted in ((endpoint.request, taken), (endpoint.response, shape.answer_names(domain, operation))):
            model = models.get(name or "")
            if sorted(p.name for p in model.properties) != sorted(wanted) if model else wanted:
                yield f"{operation.name}: {name or 'what it is called with'} must hold {', '.join(wanted) or 'nothing'}"


ASKED_CHECKS: tuple[Check, ...] = (
    Check(
        name="nothing_is_hidden",
        title="Every endpoint is asked for by the domain model",
        metric="security",
        severity="critical",
        find=_nothing_is_hidden,
        hint="Remove the endpoint, or say in the domain model what it is for.",
    ),
    Check(
        name="nobody_more_is_admitted",
        title="No endpoint admits more callers than the domain model",
        metric="security",
        severity="critical",
        find=_nobody_more_is_admitted,
        hint="Make the endpoint's access follow the domain model.",
    ),
    Check(
        name="operations_tell_no_more",
        title="Custom operations take and answer what the domain model says",
        metric="security",
        severity="critical",
        find=_operations_tell_no_more,
        hint="Draft the data models of the operation again.",
    ),
)
