"""Hexagonal: the domain and its use in the middle, ports around it, adapters for the database and for HTTP."""

from __future__ import annotations

from backend_agent.codegen.layout import Contract, Layout
from backend_agent.codegen.view import Project


def contracts(_: Project) -> list[Contract]:
    """The inside knows nothing of the outside, and the adapters nothing of each other."""
    return [
        Contract(
            "Imports go inward only",
            "layers",
            {"layers": ["app.main", "app.adapters", "app.application", "app.ports", "app.domain"]},
        ),
        Contract(
            "Adapters know nothing of each other",
            "independence",
            {"modules": ["app.adapters.database", "app.adapters.http", "app.adapters.security"]},
        ),
        Contract(
            "The inside knows neither FastAPI nor SQLAlchemy",
            "forbidden",
            {
                "source_modules": ["app.domain", "app.ports", "app.application"],
                "forbidden_modules": ["fastapi", "starlette", "sqlalchemy", "jwt", "pwdlib"],
            },
        ),
    ]


LAYOUT = Layout(
    name="hexagonal",
    title="Hexagonal",
    ports=True,
    contracts=contracts,
    packages={
        "app": "The service.",
        "app/adapters": "What connects the inside to the world.",
        "app/adapters/database": "Implements the ports with SQLAlchemy.",
        "app/adapters/database/repositories": "SQL, one module an entity.",
        "app/adapters/database/tables": "Tables, one module an entity.",
        "app/adapters/http": "Drives the application over HTTP.",
        "app/adapters/http/routes": "Endpoints, one module an entity.",
        "app/adapters/http/schemas": "What goes over the wire.",
        "app/adapters/security": "Tokens and password hashes.",
        "app/application": "What the service does: one module an entity.",
        "app/domain": "Entities and errors.",
        "app/ports": "What the application needs of the world, as protocols.",
    },
    paths={
        "entity": "app/domain/{entities}.py",
        "repository_port": "app/ports/{entities}.py",
        "table": "app/adapters/database/tables/{entities}.py",
        "repository": "app/adapters/database/repositories/{entities}.py",
        "service": "app/application/{entities}.py",
        "schemas": "app/adapters/http/schemas/{entities}.py",
        "router": "app/adapters/http/routes/{entities}.py",
        "operation_service": "app/application/{name}.py",
        "operation_schemas": "app/adapters/http/schemas/{name}.py",
        "operation_router": "app/adapters/http/routes/{name}.py",
        "settings": "app/settings.py",
        "errors": "app/domain/errors.py",
        "caller": "app/domain/caller.py",
        "access": "app/domain/access.py",
        "clock": "app/domain/clock.py",
        "pagination": "app/domain/pagination.py",
        "security_ports": "app/ports/security.py",
        "work_port": "app/ports/work.py",
        "user_port": "app/ports/users.py",
        "audit_port": "app/ports/audit.py",
        "tokens": "app/adapters/security/tokens.py",
        "passwords": "app/adapters/security/passwords.py",
        "encryption": "app/adapters/database/encryption.py",
        "observability": "app/observability.py",
        "tables_base": "app/adapters/database/base.py",
        "database": "app/adapters/database/engine.py",
        "keyset": "app/adapters/database/keyset.py",
        "integrity": "app/adapters/database/integrity.py",
        "schema": "app/adapters/database/schema.py",
        "work": "app/adapters/database/work.py",
        "user": "app/domain/users.py",
        "user_tables": "app/adapters/database/tables/users.py",
        "user_repository": "app/adapters/database/repositories/users.py",
        "auth_service": "app/application/auth.py",
        "user_service": "app/application/users.py",
        "user_schemas": "app/adapters/http/schemas/users.py",
        "auth_router": "app/adapters/http/routes/auth.py",
        "user_router": "app/adapters/http/routes/users.py",
        "audit_table": "app/adapters/database/tables/audit.py",
        "audit_repository": "app/adapters/database/repositories/audit.py",
        "schema_base": "app/adapters/http/schemas/base.py",
        "problems": "app/adapters/http/problems.py",
        "middleware": "app/adapters/http/middleware.py",
        "rate_limits": "app/adapters/http/rate_limits.py",
        "http_cache": "app/adapters/http/http_cache.py",
        "health_router": "app/adapters/http/routes/health.py",
        "dependencies": "app/adapters/http/dependencies.py",
        "routers": "app/adapters/http/routers.py",
    },
)
