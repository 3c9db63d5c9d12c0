"""The problem catalogue: every error status that an endpoint can answer with, and when."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import DataModel, Endpoint, EndpointKind, Problem, Property
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.rules import LifecycleRule, UniqueRule

TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def catalogue(domain: DomainModel, endpoints: list[Endpoint]) -> list[Problem]:
    """Return the problems in the order of their statuses."""
    used = sorted({status for e in endpoints for status in e.errors})
    return [Problem(status=status, title=TITLES[status], when=_when(domain, endpoints, status)) for status in used]


def _when(domain: DomainModel, endpoints: list[Endpoint], status: int) -> str:
    kinds = {e.kind for e in endpoints if status in e.errors}
    if status == 401:
        return "no valid access token came with the request; or a login or a refresh was refused"
    if status == 403:
        hidden = [
            f"{rule.entity}.{f}"
            for e in domain.entities
            for rule in access.field_rules(domain, e.name)
            for f in rule.fields
        ]
        return "the caller's role may not do this" + (f", or may not write {', '.join(hidden)}" if hidden else "")
    if status == 404:
        owned = any(e.access.owner_roles for e in endpoints)
        return "no such row" + (", or one that belongs to somebody else" if owned else "")
    if status == 409:
        return "; ".join(_conflicts(domain, kinds))
    return {
        413: "the body is larger than the service accepts",
        422: "the body or a parameter breaks its schema, or names a row that does not exist",
        429: "too many requests; Retry-After says how many seconds to wait",
        503: "the service is starting, stopping or cannot reach its database",
    }[status]


def _conflicts(domain: DomainModel, kinds: set[EndpointKind]) -> list[str]:
    """Return what can be in the way, as far as the domain model has it."""
    found = []
    if "update" in kinds:
        found.append("the row was changed since it was read (version)")
    groups = [
        f"{names.title(rule.entity)} by {' and '.join(names.title(f) for f in rule.fields)}"
        for rule in domain.rules
        if isinstance(rule, UniqueRule)
    ]
    groups += [f"{names.title(e.name)} by {names.title(f.name)}" for e in domain.entities for f in e.fields if f.unique]
    if groups:
        found.append(f"there is one already: {', '.join(groups)}")
    cycles = [rule for rule in domain.rules if isinstance(rule, LifecycleRule)]
    if cycles:
        found.append(f"the state does not allow it: {', '.join(f'{names.title(r.entity)}.{r.field}' for r in cycles)}")
    if "delete" in kinds:
        found.append("other rows refer to it")
    if any(r.is_tree for r in domain.relations):
        found.append("a row would become its own ancestor")
    if any(access.needs_profile(domain, e.name) for e in domain.entities):
        found.append("the caller has no profile yet")
    return found


def problem_models() -> list[DataModel]:
    """Return the data models of error answers (RFC 9457)."""
    return [
        DataModel(
            name="Problem",
            purpose="problem",
            description="What went wrong (RFC 9457).",
            properties=[
                Property(name="type", type="string", description="URI reference that identifies the problem."),
                Property(name="title", type="string"),
                Property(name="status", type="integer"),
                Property(name="detail", type="string"),
                Property(name="instance", type="string", description="Path of the request."),
                Property(
                    name="errors",
                    type="model",
                    model="FieldError",
                    many=True,
                    required=False,
                    nullable=True,
                    description="Faults by field.",
                ),
            ],
        ),
        DataModel(
            name="FieldError",
            purpose="problem",
            description="What is wrong with one field.",
            properties=[Property(name="field", type="string"), Property(name="message", type="string")],
        ),
    ]
