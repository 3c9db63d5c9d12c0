"""Modular monolith: one package a feature, with all of the feature in it; parts live in the package of their whole."""

from __future__ import annotations

from backend_agent.codegen.layout import Contract, Layout
from backend_agent.codegen.view import Project


def contracts(project: Project) -> list[Contract]:
    """Inside a feature imports go downward; what is shared knows no feature."""
    features = [f"app.features.{e.package.replace('/', '.')}" for e in project.entities]
    return [
        Contract(
            "Inside a feature imports go downward only",
            "layers",
            {
                "layers": ["router", "schemas", "service", "repository", "table", "model"],
                "containers": [*sorted(features), "app.features.users"],
            },
        ),
        Contract(
            "What is shared knows no feature",
            "forbidden",
            {
                "source_modules": ["app.shared"],
                "forbidden_modules": ["app.features", "app.work", "app.dependencies", "app.routers", "app.main"],
            },
        ),
        Contract(
            "Services know neither FastAPI nor SQLAlchemy",
            "forbidden",
            {
                "source_modules": ["app.features.**.service", "app.features.**.model"],
                "forbidden_modules": ["fastapi", "starlette", "sqlalchemy"],
                "allow_indirect_imports": True,
            },
        ),
    ]


LAYOUT = Layout(
    name="monolithic",
    title="Modular monolith",
    contracts=contracts,
    packages={
        "app": "The service.",
        "app/features": "One package a feature.",
        "app/features/users": "Who logs in, and how.",
        "app/shared": "What every feature may use.",
    },
    paths={
        "entity": "app/features/{package}/model.py",
        "table": "app/features/{package}/table.py",
        "repository": "app/features/{package}/repository.py",
        "service": "app/features/{package}/service.py",
        "schemas": "app/features/{package}/schemas.py",
        "router": "app/features/{package}/router.py",
        "operation_service": "app/features/{name}/service.py",
        "operation_schemas": "app/features/{name}/schemas.py",
        "operation_router": "app/features/{name}/router.py",
        "settings": "app/shared/settings.py",
        "errors": "app/shared/errors.py",
        "caller": "app/shared/caller.py",
        "access": "app/shared/access.py",
        "clock": "app/shared/clock.py",
        "pagination": "app/shared/pagination.py",
        "tokens": "app/shared/tokens.py",
        "passwords": "app/shared/passwords.py",
        "encryption": "app/shared/encryption.py",
        "observability": "app/shared/observability.py",
        "tables_base": "app/shared/tables.py",
        "database": "app/shared/database.py",
        "keyset": "app/shared/keyset.py",
        "integrity": "app/shared/integrity.py",
        "schema": "app/schema.py",
        "work": "app/work.py",
        "user": "app/features/users/model.py",
        "user_tables": "app/features/users/table.py",
        "user_repository": "app/features/users/repository.py",
        "auth_service": "app/features/users/service.py",
        "user_service": "app/features/users/administration.py",
        "user_schemas": "app/features/users/schemas.py",
        "auth_router": "app/features/users/router.py",
        "user_router": "app/features/users/administration_router.py",
        "audit_table": "app/features/audit/table.py",
        "audit_repository": "app/features/audit/repository.py",
        "schema_base": "app/shared/schemas.py",
        "problems": "app/shared/problems.py",
        "middleware": "app/shared/middleware.py",
        "rate_limits": "app/shared/rate_limits.py",
        "http_cache": "app/shared/http_cache.py",
        "health_router": "app/shared/health.py",
        "dependencies": "app/dependencies.py",
        "routers": "app/routers.py",
    },
)
