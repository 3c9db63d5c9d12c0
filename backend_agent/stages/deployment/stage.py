"""The stage: the draft, put together."""

from __future__ import annotations

import re

from backend_agent.artifacts import slices
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.deployment import (
    CloudDeployment,
    Containerization,
    DeploymentConfiguration,
    Environment,
    EnvironmentManagement,
    EnvironmentVariable,
    PipelineStep,
)
from backend_agent.patterns.figures import SENTENCES, SOURCES, figures, task_seen
from backend_agent.patterns.sizing import Sizing
from backend_agent.stage import Stage
from backend_agent.stages.deployment.checks import CHECKS
from backend_agent.stages.deployment.facts import STEPS, encrypts, planned_size
from backend_agent.state import Artifacts

BASE_IMAGE = "python:3.11-slim"
POSTGRES_IMAGE = "postgres:16-alpine"
PLATFORMS = {
    "docker": "One image, and a compose file that brings the database, migrates it and starts the service.",
    "kubernetes": "One image, manifests for the service with its probes and limits, and a job that migrates first.",
}
MAX_BODY_BYTES = 1_048_576
PURPOSES = {
    "development": "One person's machine; verbose logs, secrets may be made up at start.",
    "test": "Automatic tests; nothing outlives a run.",
    "staging": "The last look before production, with production's settings and other data.",
    "production": "Where users are.",
}


def draft(given: Artifacts) -> DeploymentConfiguration:
    """Return the deployment that the generated files describe."""
    size = planned_size(given)
    return DeploymentConfiguration(
        containerization=_containers(given),
        cloud_deployment=_cloud(given, size),
        environment_management=EnvironmentManagement(
            environments=[_environment(name, size) for name in given.task.deployment_requirements.environments],
            variables=_variables(given),
        ),
        ci_cd_pipeline=[PipelineStep(name=name, command=command) for name, command in STEPS],
        monitoring=_monitoring(given),
        backup_recovery=_backup(given),
    )


def _containers(given: Artifacts) -> Containerization:
    postgres = given.database.database_type == "postgresql"
    return Containerization(
        base_image=BASE_IMAGE,
        services=["app", "migrate", *(["database"] if postgres else [])],
        database_image=POSTGRES_IMAGE if postgres else None,
    )


def _cloud(given: Artifacts, size: Sizing) -> CloudDeployment:
    wanted = figures(given.task, given.requirements)
    platform = given.task.deployment_requirements.platform
    load = (
        f"{wanted.requests_per_second:.0f} requests a second" if wanted.requests_per_second else "no figure in the task"
    )
    asked = [x for x in given.requirements.statements if x.source == "deployment_requirements"]
    names = given.task.deployment_requirements.environments
    reasons = [
        Measure(
            name="Platform",
            detail=PLATFORMS[platform],
            reason="Asked for by the task." if asked else "The simplest that runs anywhere.",
            cites=[x.id for x in asked if re.search(rf"\b{platform}", x.text, re.IGNORECASE)],
        ),
        Measure(
            name="Environments",
            detail=f"{', '.join(names)}: each with settings, secrets and data of its own.",
            reason="Asked for by the task." if asked else "",
            cites=[x.id for x in asked if re.search(r"\benvironments?\b", x.text, re.IGNORECASE)],
        ),
        Measure(
            name="Replicas",
            detail=f"{size.replicas} in normal times, up to {size.replicas_max}.",
            reason=f"{load[0].upper()}{load[1:]}; one replica on one core is planned for 400 requests a second."
            if given.database.database_type != "sqlite"
            else "SQLite is one file on one machine: a second process could not write at the same time.",
            cites=wanted.cites,
        ),
        Measure(
            name="Memory",
            detail="256Mi asked for, 512Mi at most.",
            reason="The service idles near 120 MiB; each password check takes 64 MiB while it runs.",
        ),
    ]
    return CloudDeployment(
        platform=platform,
        replicas_min=size.replicas,
        replicas_max=size.replicas_max,
        cpu_request="250m" if wanted.requests_per_second < 100 else "500m",
        cpu_limit="1",
        memory_request="256Mi",
        memory_limit="512Mi",
        reasons=reasons,
    )


def _environment(name: str, size: Sizing) -> Environment:
    key = name.lower()
    live = key.startswith("prod")
    local = key.startswith(("dev", "test", "local"))
    purpose = PURPOSES.get(key, "An environment of its own, with its own secrets and data.")
    if live:
        purpose = PURPOSES["production"]
    return Environment(
        name=name,
        purpose=purpose,
        replicas=size.replicas if live else 1 if local else min(size.replicas, 2),
        log_level="DEBUG" if local else "INFO",
    )


def _variables(given: Artifacts) -> list[EnvironmentVariable]:
    """The generated settings: one variable each."""
    front = given.task.frontend_context
    rates = {r.scope: r for r in given.api.rate_limiting}
    variables = [
        EnvironmentVariable(
            name="ENVIRONMENT", description="development, test, or the name of a deployed environment.", required=False,
            default="development",
        ),
        EnvironmentVariable(
            name="DATABASE_URL", description="postgresql://user:password@host/name or sqlite+aiosqlite:///./app.db.",
            required=False, secret=True, default="sqlite+aiosqlite:///./app.db",
        ),
        EnvironmentVariable(
            name="JWT_SECRET", description="Signs tokens; at least 32 bytes. Required outside development and test.",
            required=True, secret=True,
        ),
    ]  # fmt: skip
    if encrypts(given):
        variables.append(
            EnvironmentVariable(
                name="ENCRYPTION_KEY",
                description="Encrypts personal fields. Required outside development and test; losing it loses "
                "the data.",
                required=True,
                secret=True,
            )
        )
    variables.append(
        EnvironmentVariable(
            name="CORS_ORIGINS",
            description="Origins that may call from a browser, separated by commas.",
            required=False,
            default=front.origin if front and front.origin else "",
        )
    )
    pool = planned_size(given).pool
    for name, value, text in (
        ("DATABASE_POOL_SIZE", pool.size, "Connections that a process keeps (PostgreSQL)."),
        ("DATABASE_POOL_OVERFLOW", pool.overflow, "Further connections at need (PostgreSQL)."),
        ("DATABASE_POOL_RECYCLE_SECONDS", pool.recycle_seconds, "Age at which a connection is replaced (PostgreSQL)."),
        ("MAX_BODY_BYTES", MAX_BODY_BYTES, "Largest request body."),
    ):
        variables.append(EnvironmentVariable(name=name, description=text, required=False, default=str(value)))
    variables.append(
        EnvironmentVariable(name="LOG_LEVEL", description="DEBUG, INFO or WARNING.", required=False, default="INFO")
    )
    for scope, rate in rates.items():
        variables.append(
            EnvironmentVariable(
                name=f"RATE_LIMIT_{scope.upper()}",
                description=f"Requests in {rate.seconds} s ({scope}); 0 turns the limit off.",
                required=False,
                default=str(rate.requests),
            )
        )
    return variables


def _monitoring(given: Artifacts) -> list[Measure]:
    wanted = figures(given.task, given.requirements)
    measures = [
        Measure(
            name="Liveness and readiness",
            detail="/healthz for restarting, /readyz for traffic; readiness asks the database.",
            reason="A database that is away must not make all replicas restart.",
        ),
        Measure(
            name="Metrics",
            detail="/metrics in the Prometheus format, from every replica.",
            reason="Rate, errors and time by route.",
            cites=wanted.cites,
        ),
        Measure(
            name="Logs",
            detail="One JSON object a line on standard output, with request id.",
            reason="The platform collects them; the container keeps nothing.",
        ),
    ]
    if wanted.latency:
        measures.append(
            Measure(
                name="Latency alert",
                detail=f"95th percentile over five minutes above {wanted.latency.value:g} ms.",
                reason="The task's own figure.",
                cites=wanted.latency.cites,
            )
        )
    return measures


def _backup(given: Artifacts) -> list[Measure]:
    tables = len(given.database.tables)
    if given.database.database_type == "sqlite":
        measures = [
            Measure(
                name="Copy of the file",
                detail="sqlite3 app.db \".backup 'backup.db'\" while the service runs; daily, kept 14 days, on "
                "another machine.",
                reason=f"All {tables} tables are in one file, and a plain copy can catch it in the middle of a write.",
            )
        ]
    else:
        measures = [
            Measure(
                name="Daily dump",
                detail="pg_dump --format=custom, kept 14 days, on another machine.",
                reason=f"{tables} tables; the dump restores into any newer server.",
            )
        ]
    measures.append(
        Measure(
            name="Rehearsed restore",
            detail="Restore the newest copy into an empty database and run the migrations against it, once a month.",
            reason="A backup that was never restored is a hope.",
        )
    )
    if encrypts(given):
        measures.append(
            Measure(
                name="The key apart from the data",
                detail="ENCRYPTION_KEY is backed up on its own, never beside the database.",
                reason="Together they protect nothing; without the key the encrypted fields are lost.",
            )
        )
    return measures


STAGE = Stage(
    name="deployment",
    title="Deployment",
    artifact=DeploymentConfiguration,
    reads=("task", "requirements", "architecture", "database", "api"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": task_seen,
        "requirements": slices.wording(sentences=SENTENCES, sources=(*SOURCES, "deployment_requirements")),
        "architecture": slices.structure,
    },
)
