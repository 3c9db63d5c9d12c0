"""Pieces that exist once an entity: entity, table, repository, service, schemas, router; and what these share.

A rule kind brings its code as a folder `templates/python-fastapi/rules/<kind>/` of partials, each called like the place
where it is included for entities with such a rule:

- `service_constants`, `service_methods`, `service_functions`: at the top, in the class, at the end of the service;
- `service_before_create`, `service_creation`: before the unit of work is opened, and in it, before the row is made;
- `service_before_update`, `service_changes`: the same for a change; `service_deletion`: in it, before a row is deleted;
- `repository_constants`, `repository_methods`, `port_methods`, `router_routes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend_agent.codegen.entities.calls import calls_of
from backend_agent.codegen.entities.elements import article
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.repositories import RepositoryPlan
from backend_agent.codegen.entities.routes import RouterPlan
from backend_agent.codegen.entities.schemas import SchemasPlan
from backend_agent.codegen.entities.services import ServicePlan
from backend_agent.codegen.piece import Piece
from backend_agent.codegen.sources import index_source
from backend_agent.codegen.view import EntityView, Project


def _plan(project: Project, entity: EntityView | None) -> EntityPlan:
    if entity is None:
        raise ValueError("entity pieces exist once an entity")
    return calls_of(project).plans[entity.name]


def _entity(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    plan = _plan(project, entity)
    return {"plan": plan, "article": article, "part_drafts": [p.payload for p in plan.parts if p.drafted]}


def _table(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    return {"plan": _plan(project, entity), "index_source": index_source}


def _repository(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    plan = _plan(project, entity)
    kinds = sorted({r.kind for r in plan.entity.rules})
    return {"plan": plan, "repository": RepositoryPlan(calls_of(project), plan), "rules": kinds}


def _service(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    plan = _plan(project, entity)
    return {"plan": plan, "service": ServicePlan(calls_of(project), plan), "article": article}


def _schemas(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    plan = _plan(project, entity)
    return {"plan": plan, "schemas": SchemasPlan(plan)}


def _router(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    plan = _plan(project, entity)
    service = ServicePlan(calls_of(project), plan)
    return {"plan": plan, "router": RouterPlan(plan, service.methods), "rules": service.rules}


def _entity_symbols(project: Project, entity: EntityView | None) -> Iterable[str]:
    return _plan(project, entity).more_symbols


def _table_symbols(project: Project, entity: EntityView | None) -> Iterable[str]:
    plan = _plan(project, entity)
    return [plan.symbol, *(link.symbol for link in plan.links)]


def _schema_symbols(project: Project, entity: EntityView | None) -> Iterable[str]:
    return [m.name for m in _plan(project, entity).entity.models]


def _has_endpoints(project: Project, entity: EntityView | None) -> bool:
    return bool(_plan(project, entity).operations)


def _has_models(project: Project, entity: EntityView | None) -> bool:
    return bool(_plan(project, entity).entity.models)


def _by_cursor(project: Project, _: EntityView | None) -> bool:
    return project.cursor


PIECES: tuple[Piece, ...] = (
    Piece(
        "entity",
        "entities/entity.py.jinja",
        "The {title} as the services see it, its payloads and its query.",
        scope="entity",
        symbols=("{Entity}",),
        more_symbols=_entity_symbols,
        context=_entity,
    ),
    Piece(
        "table",
        "entities/table.py.jinja",
        "The table of the {title}.",
        scope="entity",
        more_symbols=_table_symbols,
        context=_table,
    ),
    Piece(
        "repository",
        "entities/repository.py.jinja",
        "SQL about the {title}.",
        scope="entity",
        symbols=("{Sql}{Entity}Repository",),
        context=_repository,
    ),
    Piece(
        "repository_port",
        "entities/repository_port.py.jinja",
        "What the services need of the place where the {title} is kept.",
        scope="entity",
        symbols=("{Entity}Repository",),
        context=_repository,
    ),
    Piece(
        "service",
        "entities/service.py.jinja",
        "What can be done with the {title}, and the rules about it.",
        scope="entity",
        symbols=("{Entity}Service",),
        context=_service,
        when=_has_endpoints,
    ),
    Piece(
        "schemas",
        "entities/schemas.py.jinja",
        "What goes over the wire about the {title}.",
        scope="entity",
        more_symbols=_schema_symbols,
        context=_schemas,
        when=_has_models,
    ),
    Piece(
        "router",
        "entities/router.py.jinja",
        "The endpoints of the {title}.",
        scope="entity",
        context=_router,
        when=_has_endpoints,
    ),
    Piece(
        "access",
        "entities/access.py.jinja",
        "Refusals by role, and whose rows count.",
        symbols=("require_role", "owner_scope", "unless_role"),
    ),
    Piece("integrity", "entities/integrity.py.jinja", "Broken constraints as refusals.", symbols=("service_error",)),
    Piece(
        "schema_base",
        "entities/schema_base.py.jinja",
        "What all data on the wire has in common.",
        symbols=(
            "ResponseSchema",
            "RequestSchema",
            "values_of",
            "changes_of",
            "NO_NUL",
            "LOWER_CASE",
            "AS_TEXT",
            "ABSENT",
        ),
    ),
    Piece(
        "keyset",
        "entities/keyset.py.jinja",
        "Pages that start behind a row.",
        symbols=("Keyset",),
        when=_by_cursor,
    ),
)
