"""Which requirements an infrastructure file serves: those that the design behind it cites."""

from __future__ import annotations

from collections.abc import Iterable

from backend_agent.artifacts.database import Measure
from backend_agent.codegen.view import EntityView, Project, by_number


def _measures(*groups: Iterable[Measure]) -> list[str]:
    return [r for group in groups for measure in group for r in measure.cites]


def authentication(project: Project, _: EntityView | None) -> list[str]:
    """Logging in: tokens, passwords, lockout."""
    design = project.given.security.authentication
    actors = [r for actor in project.given.domain.actors if actor.registers for r in actor.cites]
    return by_number([*design.cites, *design.lockout.cites, *actors])


def authorization(project: Project, _: EntityView | None) -> list[str]:
    """Roles, and what they may do."""
    design = project.given.security.authorization
    return by_number([*design.cites, *(r for grant in design.grants for r in grant.cites)])


def accounts(project: Project, entity: EntityView | None) -> list[str]:
    """The account entity and how one gets in."""
    actors = [r for actor in project.given.domain.actors for r in actor.cites]
    return by_number([*project.account.cites, *actors, *authentication(project, entity)])


def encryption(project: Project, _: EntityView | None) -> list[str]:
    """What is encrypted at rest."""
    design = project.given.security.data_protection
    fields = [r for field in design.encryption_at_rest for r in field.cites]
    return by_number([*fields, *design.encryption_in_transit.cites, *design.secrets.cites])


def audit(project: Project, _: EntityView | None) -> list[str]:
    """The audit log."""
    table = next((t for t in project.given.database.tables if t.name == "audit_log"), None)
    return by_number([*project.given.security.data_protection.cites, *(table.cites if table else [])])


def headers(project: Project, _: EntityView | None) -> list[str]:
    """Security headers, CORS and what else surrounds a request."""
    design = project.given.security
    return by_number([*design.security_headers.cites, *_measures(design.input_validation)])


def rate_limits(project: Project, _: EntityView | None) -> list[str]:
    """Rate limits and reading the token."""
    api, security = project.given.api, project.given.security
    measures = _measures(api.security_considerations, security.input_validation)
    return by_number([*measures, *security.authentication.cites])


def performance(project: Project, _: EntityView | None) -> list[str]:
    """Caches, pools and the way of reading."""
    plan = project.given.performance
    kept = [r for entry in plan.caching_strategy for r in entry.cites]
    wanted = [r for target in plan.performance_targets for r in target.cites]
    measures = _measures(plan.database_optimization, plan.cdn_strategy, plan.asynchronous_processing)
    return by_number([*kept, *wanted, *measures])


def observability(project: Project, _: EntityView | None) -> list[str]:
    """Logs and measurements."""
    given = project.given
    return by_number(_measures(given.security.monitoring, given.performance.monitoring, given.deployment.monitoring))


def settings(project: Project, _: EntityView | None) -> list[str]:
    """What the surroundings decide."""
    given = project.given
    secrets = given.security.data_protection.secrets
    return by_number([*secrets.cites, *given.security.security_headers.cites])


def tables(project: Project, _: EntityView | None) -> list[str]:
    """Every table."""
    return by_number(r for table in project.given.database.tables for r in table.cites)


def api(project: Project, _: EntityView | None) -> list[str]:
    """Every endpoint."""
    return by_number(r for endpoint in project.given.api.endpoints for r in endpoint.cites)


def deployment(project: Project, _: EntityView | None) -> list[str]:
    """How the service is built, shipped and watched."""
    design = project.given.deployment
    return by_number(
        _measures(
            design.cloud_deployment.reasons,
            design.monitoring,
            design.backup_recovery,
            project.given.performance.load_balancing,
        )
    )
