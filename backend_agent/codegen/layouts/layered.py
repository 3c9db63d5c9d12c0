"""Layered: transport over services over repositories over tables; one folder a layer."""

from __future__ import annotations

from backend_agent.codegen.layout import Contract, Layout
from backend_agent.codegen.view import Project


def contracts(_: Project) -> list[Contract]:
    """Layers import downward only, and services know neither the framework nor the database."""
    return [
        Contract(
            "Layers import downward only",
            "layers",
            {
                "layers": [
                    "app.main",
                    "app.api",
                    "app.services",
                    "app.database.work",
                    "app.repositories",
                    "app.database.tables",
                    "app.database.base",
                    "app.models",
                    "app.core",
                ]
            },
        ),
        Contract(
            "Services know neither FastAPI nor SQLAlchemy",
            "forbidden",
            {
                "source_modules": ["app.services", "app.models", "app.core.errors", "app.core.caller"],
                "forbidden_modules": ["fastapi", "starlette", "sqlalchemy"],
                "allow_indirect_imports": True,
            },
        ),
        Contract(
            "Routes know no SQL",
            "forbidden",
            {
                "source_modules": ["app.api.routes", "app.api.schemas"],
                "forbidden_modules": ["sqlalchemy", "app.database", "app.repositories"],
                "allow_indirect_imports": True,
            },
        ),
    ]


LAYOUT = Layout(
    name="layered",
    title="Layered",
    contracts=contracts,
    packages={
        "app": "The service.",
        "app/api": "HTTP: routes, schemas, middleware.",
        "app/api/routes": "Endpoints, one module an entity.",
        "app/api/schemas": "What goes over the wire.",
        "app/core": "What every layer may use.",
        "app/database": "Engine, unit of work and tables.",
        "app/database/tables": "Tables, one module an entity.",
        "app/models": "The domain, as plain dataclasses.",
        "app/repositories": "SQL, one module an entity.",
        "app/services": "Business rules, one module an entity.",
    },
    paths={
        "entity": "app/models/{entities}.py",
        "table": "app/database/tables/{entities}.py",
        "repository": "app/repositories/{entities}.py",
        "service": "app/services/{entities}.py",
        "schemas": "app/api/schemas/{entities}.py",
        "router": "app/api/routes/{entities}.py",
        "operation_service": "app/services/{name}.py",
        "operation_schemas": "app/api/schemas/{name}.py",
        "operation_router": "app/api/routes/{name}.py",
        "settings": "app/core/settings.py",
        "errors": "app/core/errors.py",
        "caller": "app/core/caller.py",
        "access": "app/core/access.py",
        "clock": "app/core/clock.py",
        "pagination": "app/core/pagination.py",
        "tokens": "app/core/tokens.py",
        "passwords": "app/core/passwords.py",
        "encryption": "app/core/encryption.py",
        "observability": "app/core/observability.py",
        "tables_base": "app/database/base.py",
        "database": "app/database/engine.py",
        "keyset": "app/database/keyset.py",
        "integrity": "app/database/integrity.py",
        "schema": "app/database/schema.py",
        "work": "app/database/work.py",
        "user": "app/models/users.py",
        "user_tables": "app/database/tables/users.py",
        "user_repository": "app/repositories/users.py",
        "auth_service": "app/services/auth.py",
        "user_service": "app/services/users.py",
        "user_schemas": "app/api/schemas/users.py",
        "auth_router": "app/api/routes/auth.py",
        "user_router": "app/api/routes/users.py",
        "audit_table": "app/database/tables/audit.py",
        "audit_repository": "app/repositories/audit.py",
        "schema_base": "app/api/schemas/base.py",
        "problems": "app/api/problems.py",
        "middleware": "app/api/middleware.py",
        "rate_limits": "app/api/rate_limits.py",
        "http_cache": "app/api/http_cache.py",
        "health_router": "app/api/routes/health.py",
        "dependencies": "app/api/dependencies.py",
        "routers": "app/api/routers.py",
    },
)
