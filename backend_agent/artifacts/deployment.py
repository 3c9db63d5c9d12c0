"""DeploymentConfiguration: how the generated project is built, shipped, watched and restored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure


class Containerization(Artifact):
    base_image: str
    port: int = 8000
    user: str = "app"
    health_path: str = "/healthz"
    ready_path: str = "/readyz"
    services: list[str]
    """Compose services: `app`, `migrate`, `database` ..."""
    database_image: str | None = None


class CloudDeployment(Artifact):
    platform: Literal["docker", "kubernetes"]
    replicas_min: int
    replicas_max: int
    cpu_request: str
    cpu_limit: str
    memory_request: str
    memory_limit: str
    reasons: list[Measure] = Field(default_factory=list)


class Environment(Artifact):
    name: str
    """Such as `staging`."""
    purpose: str
    replicas: int
    log_level: Literal["DEBUG", "INFO", "WARNING"]


class EnvironmentVariable(Artifact):
    name: str
    """Such as `DATABASE_URL`."""
    description: str
    required: bool
    secret: bool = False
    default: str | None = None


class EnvironmentManagement(Artifact):
    environments: list[Environment]
    variables: list[EnvironmentVariable]


class PipelineStep(Artifact):
    name: str
    command: str


class DeploymentConfiguration(Artifact):
    containerization: Containerization
    cloud_deployment: CloudDeployment
    environment_management: EnvironmentManagement
    ci_cd_pipeline: list[PipelineStep]
    monitoring: list[Measure]
    backup_recovery: list[Measure]
