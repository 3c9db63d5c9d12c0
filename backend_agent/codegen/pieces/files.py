"""Pieces around the service's own code: migrations, tools, deployment, documents."""

from __future__ import annotations

from backend_agent.codegen import citations, infrastructure
from backend_agent.codegen.custom.pieces import contracts_of
from backend_agent.codegen.piece import Piece

HERE = "infrastructure/"

MIGRATIONS = (
    Piece("alembic_ini", f"{HERE}alembic.ini.jinja", "Settings of Alembic.", path="alembic.ini"),
    Piece(
        "migrations_env",
        f"{HERE}migrations_env.py.jinja",
        "Runs the migrations.",
        path="migrations/env.py",
        context=infrastructure.migration_context,
    ),
    Piece(
        "migrations_template",
        f"{HERE}script.py.mako.jinja",
        "Template of further migrations.",
        path="migrations/script.py.mako",
    ),
    Piece(
        "initial_revision",
        f"{HERE}initial_revision.py.jinja",
        "Creates all tables.",
        path="migrations/versions/0001_initial.py",
        context=infrastructure.migration_context,
        cites=citations.tables,
    ),
)

FILES = (
    Piece(
        "pyproject",
        f"{HERE}pyproject.toml.jinja",
        "The project and its tools.",
        path="pyproject.toml",
        context=lambda project, _: {
            "contracts": contracts_of(project),
            "summary_line": infrastructure.summary_line(project),
        },
    ),
    Piece("lock", "requirements.lock", "Every package that the service needs, pinned.", path="requirements.lock"),
    Piece("dev_lock", "requirements-dev.lock", "And those for tests and checks.", path="requirements-dev.lock"),
    Piece(
        "makefile",
        f"{HERE}Makefile.jinja",
        "Everyday commands.",
        path="Makefile",
        context=lambda project, _: {"secrets": (*(["ENCRYPTION_KEY"] if project.encrypted else []), "JWT_SECRET")},
    ),
    Piece("gitignore", f"{HERE}gitignore.jinja", "What Git leaves alone.", path=".gitignore"),
    Piece(
        "readme",
        f"{HERE}README.md.jinja",
        "Where to start.",
        path="README.md",
        context=infrastructure.readme_context,
    ),
    Piece(
        "openapi",
        f"{HERE}openapi.json.jinja",
        "The API as designed.",
        path="openapi.json",
        context=lambda project, _: {"document": project.given.api.to_openapi()},
        cites=citations.api,
    ),
    Piece("env_example", f"{HERE}env.example.jinja", "Variables of the service.", path=".env.example"),
    Piece("dockerignore", f"{HERE}dockerignore.jinja", "What goes into the image.", path=".dockerignore"),
    *(
        Piece(
            name,
            f"{HERE}{template}.jinja",
            description,
            path=path,
            context=infrastructure.deployment_context,
            cites=citations.deployment,
        )
        for name, template, path, description in (
            ("dockerfile", "Dockerfile", "Dockerfile", "The image: built in stages, run without privileges."),
            ("compose", "compose.yaml", "compose.yaml", "Service, migrations and database on one machine."),
            ("ci", "ci.yml", ".github/workflows/ci.yml", "Checks and tests on every change."),
            ("kubernetes_config", "kubernetes/config.yaml", "deploy/kubernetes/config.yaml", "Plain settings."),
            ("kubernetes_service", "kubernetes/service.yaml", "deploy/kubernetes/service.yaml", "The service."),
            ("kubernetes_migrate", "kubernetes/migrate.yaml", "deploy/kubernetes/migrate.yaml", "The migrations."),
        )
    ),
)  # fmt: skip

PIECES: tuple[Piece, ...] = (*MIGRATIONS, *FILES)
