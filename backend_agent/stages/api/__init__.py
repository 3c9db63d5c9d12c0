"""The API stage: endpoints, data models and who may call what."""

from __future__ import annotations

from typing import Literal

from backend_agent.artifacts import mentions, needs, slices
from backend_agent.artifacts.api import (
    Access,
    ApiAuthentication,
    APISpecification,
    DataModel,
    Endpoint,
    Property,
)
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.rules import ToggleRule
from backend_agent.errors import UserError
from backend_agent.stage import Stage
from backend_agent.stages.api import account, endpoints, models, operations, problems, prose
from backend_agent.stages.api.checks import CHECKS
from backend_agent.state import Artifacts


def draft(given: Artifacts) -> APISpecification:
    """Return the specification; raises `UserError` for an API style that is not supported."""
    wanted = given.task.api_requirements
    if wanted.style != "rest":
        raise UserError(f"api style {wanted.style!r} is not supported today; set api_requirements.style to rest")
    domain = given.domain
    cites = account_cites(given)
    found = _endpoints(domain, endpoints.Style(wanted.naming, wanted.pagination), cites)
    data_models = _models(domain, wanted.pagination, cites)
    return APISpecification(
        title=domain.name,
        api_version=wanted.version,
        base_url=f"{wanted.base_path}/{wanted.version}",
        naming=wanted.naming,
        pagination=wanted.pagination,
        authentication=ApiAuthentication(
            description="A JWT access token from /auth/login, short-lived; /auth/refresh gives the next one."
        ),
        endpoints=found,
        data_models=data_models,
        error_handling=problems.catalogue(domain, found),
        rate_limiting=prose.rate_limits(given),
        security_considerations=prose.considerations(given, found, data_models),
    )


def account_cites(given: Artifacts) -> list[str]:
    """Return the R-ids from which accounts follow: what mentions logging in, the account, the actors."""
    domain = given.domain
    cites = [*mentions.authentication(given.requirements), *domain.entity(ACCOUNT).cites]
    if not cites:
        cites = [c for actor in domain.actors for c in actor.cites]
    return sorted(set(cites))


def _endpoints(domain: DomainModel, style: endpoints.Style, cites: list[str]) -> list[Endpoint]:
    found = [
        *account.auth_endpoints(domain, cites),
        *account.administration_endpoints(domain, style.pagination, cites),
    ]
    for taken in found:
        style.ids.take(taken.operation_id)
    for entity in domain.entities:
        if models.is_listed(domain, entity.name):
            found += endpoints.entity_endpoints(domain, entity.name, style)
    for rule in domain.rules:
        if isinstance(rule, ToggleRule):
            found += endpoints.toggle_endpoints(domain, rule, style)
    found += [operations.endpoint(domain, operation) for operation in written(domain)]
    return [*found, *_health()]


def _health() -> list[Endpoint]:
    return [
        Endpoint(
            operation_id=name,
            kind="health",
            method="GET",
            path=f"/{name}",
            summary=summary,
            tag="health",
            access=Access(public=True),
            response="Health",
            errors=errors,
        )
        for name, summary, errors in (
            ("healthz", "Whether the process is alive", []),
            ("readyz", "Whether it can serve requests: the database answers", [503]),
        )
    ]


def _models(domain: DomainModel, pagination: Literal["offset", "cursor"], cites: list[str]) -> list[DataModel]:
    found = account.data_models(domain, pagination, cites)
    for entity in domain.entities:
        if models.is_listed(domain, entity.name):
            found += models.entity_models(domain, entity.name, pagination)
    for operation in written(domain):
        found += operations.data_models(domain, operation)
    health = DataModel(
        name="Health",
        purpose="read",
        description="The answer of a health endpoint.",
        properties=[Property(name="status", type="string")],
    )
    return [*found, health, *problems.problem_models()]


STAGE = Stage(
    name="api",
    title="API",
    artifact=APISpecification,
    reads=("task", "requirements", "domain", "architecture"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": slices.task_fields,
        "requirements": slices.wording(mentions=mentions.MENTIONS, sentences=needs.SENTENCES),
        "domain": slices.elements,
        "architecture": slices.structure,
    },
)
