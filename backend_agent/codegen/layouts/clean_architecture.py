"""Clean architecture: entities, use cases, interface adapters, frameworks; imports point inward."""

from __future__ import annotations

from backend_agent.codegen.layout import Contract, Layout
from backend_agent.codegen.view import Project


def contracts(_: Project) -> list[Contract]:
    """The four circles, and no framework inside the inner two."""
    return [
        Contract(
            "Imports point inward only",
            "layers",
            {"layers": ["app.main", "app.frameworks", "app.interface_adapters", "app.use_cases", "app.entities"]},
        ),
        Contract(
            "The inner circles know no framework",
            "forbidden",
            {
                "source_modules": ["app.entities", "app.use_cases"],
                "forbidden_modules": ["fastapi", "starlette", "sqlalchemy", "jwt", "pwdlib"],
            },
        ),
    ]


LAYOUT = Layout(
    name="clean_architecture",
    title="Clean architecture",
    ports=True,
    contracts=contracts,
    packages={
        "app": "The service.",
        "app/entities": "Entities and errors: the innermost circle.",
        "app/frameworks": "Drivers: the web framework, the database, cryptography.",
        "app/frameworks/database": "Engine and unit of work.",
        "app/frameworks/security": "Tokens and password hashes.",
        "app/frameworks/web": "Middleware, health and the list of endpoints.",
        "app/interface_adapters": "Between the use cases and the frameworks.",
        "app/interface_adapters/controllers": "Endpoints, one module an entity.",
        "app/interface_adapters/gateways": "Implements the ports with SQL, one module an entity.",
        "app/interface_adapters/gateways/tables": "Tables, one module an entity.",
        "app/interface_adapters/presenters": "What goes over the wire.",
        "app/use_cases": "What the service does: one module an entity.",
        "app/use_cases/ports": "What the use cases need of the world, as protocols.",
    },
    paths={
        "entity": "app/entities/{entities}.py",
        "repository_port": "app/use_cases/ports/{entities}.py",
        "table": "app/interface_adapters/gateways/tables/{entities}.py",
        "repository": "app/interface_adapters/gateways/{entities}.py",
        "service": "app/use_cases/{entities}.py",
        "schemas": "app/interface_adapters/presenters/{entities}.py",
        "router": "app/interface_adapters/controllers/{entities}.py",
        "operation_service": "app/use_cases/{name}.py",
        "operation_schemas": "app/interface_adapters/presenters/{name}.py",
        "operation_router": "app/interface_adapters/controllers/{name}.py",
        "settings": "app/settings.py",
        "errors": "app/entities/errors.py",
        "caller": "app/entities/caller.py",
        "access": "app/entities/access.py",
        "clock": "app/entities/clock.py",
        "pagination": "app/entities/pagination.py",
        "security_ports": "app/use_cases/ports/security.py",
        "work_port": "app/use_cases/ports/work.py",
        "user_port": "app/use_cases/ports/users.py",
        "audit_port": "app/use_cases/ports/audit.py",
        "tokens": "app/frameworks/security/tokens.py",
        "passwords": "app/frameworks/security/passwords.py",
        "encryption": "app/interface_adapters/gateways/encryption.py",
        "observability": "app/observability.py",
        "tables_base": "app/interface_adapters/gateways/tables/base.py",
        "database": "app/frameworks/database/engine.py",
        "keyset": "app/interface_adapters/gateways/keyset.py",
        "integrity": "app/frameworks/database/integrity.py",
        "schema": "app/frameworks/database/schema.py",
        "work": "app/frameworks/database/work.py",
        "user": "app/entities/users.py",
        "user_tables": "app/interface_adapters/gateways/tables/users.py",
        "user_repository": "app/interface_adapters/gateways/users.py",
        "auth_service": "app/use_cases/auth.py",
        "user_service": "app/use_cases/users.py",
        "user_schemas": "app/interface_adapters/presenters/users.py",
        "auth_router": "app/interface_adapters/controllers/auth.py",
        "user_router": "app/interface_adapters/controllers/users.py",
        "audit_table": "app/interface_adapters/gateways/tables/audit.py",
        "audit_repository": "app/interface_adapters/gateways/audit.py",
        "schema_base": "app/interface_adapters/presenters/base.py",
        "problems": "app/interface_adapters/problems.py",
        "middleware": "app/frameworks/web/middleware.py",
        "rate_limits": "app/interface_adapters/rate_limits.py",
        "http_cache": "app/frameworks/web/http_cache.py",
        "health_router": "app/frameworks/web/health.py",
        "dependencies": "app/interface_adapters/dependencies.py",
        "routers": "app/frameworks/web/routers.py",
    },
)
