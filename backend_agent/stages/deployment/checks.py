"""Checks of the deployment: it suits load, database and task."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.stage import Check
from backend_agent.stages.deployment.facts import STEPS, encrypts, planned_size
from backend_agent.state import Artifacts

SECRET_WORDS = ("SECRET", "KEY", "PASSWORD", "TOKEN", "DATABASE_URL")


def _secrets_marked(given: Artifacts) -> Iterator[str]:
    for variable in given.deployment.environment_management.variables:
        sensitive = any(word in variable.name for word in SECRET_WORDS)
        if sensitive and not variable.secret:
            yield f"{variable.name} is not marked secret"
        if variable.secret and variable.default and variable.name != "DATABASE_URL":
            yield f"{variable.name} has a default that everyone knows"


def _variables_complete(given: Artifacts) -> Iterator[str]:
    names = [v.name for v in given.deployment.environment_management.variables]
    needed = ["ENVIRONMENT", "DATABASE_URL", "JWT_SECRET", "CORS_ORIGINS", "LOG_LEVEL"]
    if encrypts(given):
        needed.append("ENCRYPTION_KEY")
    for name in needed:
        if name not in names:
            yield f"{name} is missing"
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"{name} is there twice"
    if "ENCRYPTION_KEY" in names and not encrypts(given):
        yield "ENCRYPTION_KEY is asked for and no column is encrypted"


def _replicas(given: Artifacts) -> Iterator[str]:
    cloud, size = given.deployment.cloud_deployment, planned_size(given)
    if not 1 <= cloud.replicas_min <= cloud.replicas_max:
        yield f"{cloud.replicas_min} to {cloud.replicas_max} replicas"
    if given.database.database_type == "sqlite" and cloud.replicas_max != 1:
        yield f"{cloud.replicas_max} replicas would write to one SQLite file"
    if cloud.replicas_min < size.replicas:
        yield f"{cloud.replicas_min} replicas for a load that needs {size.replicas}"
    if given.database.database_type != "sqlite" and cloud.replicas_max > size.replicas_max:
        yield f"{cloud.replicas_max} replicas; pools are sized for {size.replicas_max}"


def _environments(given: Artifacts) -> Iterator[str]:
    asked = given.task.deployment_requirements.environments
    found = given.deployment.environment_management.environments
    if [e.name for e in found] != asked:
        yield f"the task names {', '.join(asked)}; designed: {', '.join(e.name for e in found)}"
    for environment in found:
        if environment.replicas < 1:
            yield f"{environment.name} has {environment.replicas} replicas"
        if environment.name.lower().startswith("prod") and environment.log_level == "DEBUG":
            yield f"{environment.name} logs at DEBUG, with what requests hold"


def _amount(text: str) -> float:
    units = {"m": 0.001, "Mi": 1.0, "Gi": 1024.0}
    for suffix, factor in units.items():
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)


def _resources(given: Artifacts) -> Iterator[str]:
    cloud = given.deployment.cloud_deployment
    for name, request, limit in (
        ("cpu", cloud.cpu_request, cloud.cpu_limit),
        ("memory", cloud.memory_request, cloud.memory_limit),
    ):
        if not 0 < _amount(request) <= _amount(limit):
            yield f"{name}: {request} asked for, {limit} at most"
    if _amount(cloud.memory_limit) < 256:
        yield f"memory limit {cloud.memory_limit}: two password checks at once take 128 MiB"


def _containers_sane(given: Artifacts) -> Iterator[str]:
    containers = given.deployment.containerization
    if containers.user in ("root", "0", ""):
        yield f"the container runs as {containers.user or 'root'}"
    for image in (containers.base_image, containers.database_image):
        if image and (":" not in image or image.endswith(":latest")):
            yield f"image {image} is not pinned to a version"
    postgres = given.database.database_type == "postgresql"
    if postgres != ("database" in containers.services):
        yield f"services {', '.join(containers.services)} for {given.database.database_type}"
    for service in ("app", "migrate"):
        if service not in containers.services:
            yield f"no service {service}"


def _platform(given: Artifacts) -> Iterator[str]:
    asked, found = given.task.deployment_requirements.platform, given.deployment.cloud_deployment.platform
    if asked != found:
        yield f"the task asks for {asked}, designed: {found}"


def _pipeline(given: Artifacts) -> Iterator[str]:
    commands = [s.command for s in given.deployment.ci_cd_pipeline]
    for name, command in STEPS:
        if command not in commands:
            yield f"the pipeline does not run `{command}` ({name.lower()})"


def _restorable(given: Artifacts) -> Iterator[str]:
    text = " ".join(f"{m.name} {m.detail}" for m in given.deployment.backup_recovery).lower()
    if not any(word in text for word in ("pg_dump", ".backup", "snapshot")):
        yield "no backup is made"
    if "restore" not in text:
        yield "nothing says how a backup is restored"
    if encrypts(given) and "encryption_key" not in text:
        yield "the key of encrypted columns is not backed up"


CHECKS = (
    Check("secrets_marked", "Secrets are marked and have no default", "security", "critical", _secrets_marked),
    Check(
        "variables_complete",
        "Every setting of the service is a variable",
        "maintainability",
        "major",
        _variables_complete,
    ),
    Check("replicas", "Replicas suit load and database", "scalability", "major", _replicas),
    Check("environments", "The environments are those of the task", "maintainability", "minor", _environments),
    Check("resources", "Resources are sane", "performance", "major", _resources),
    Check("containers", "Containers are pinned and unprivileged", "security", "major", _containers_sane),
    Check("platform", "The platform is the one asked for", "architecture", "major", _platform),
    Check("pipeline", "The pipeline lints, types and tests", "testability", "major", _pipeline),
    Check("restorable", "Backups are made and can be restored", "architecture", "major", _restorable),
)
