"""The task: what the user asks for."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from backend_agent.artifacts.base import Artifact

ArchitectureType = Literal[
    "monolithic", "microservices", "serverless", "event_driven", "layered", "hexagonal", "clean_architecture"
]
DatabaseType = Literal["postgresql", "mysql", "mongodb", "redis", "elasticsearch", "sqlite", "cassandra"]
ApiStyle = Literal["rest", "graphql", "grpc", "websocket", "event_streaming"]
TaskType = Literal[
    "backend_development",
    "api_design",
    "database_design",
    "authentication_system",
    "microservices_design",
    "performance_optimization",
    "security_implementation",
    "backend_architecture",
]


class TaskStatement(Artifact):
    """One sentence of the user's, with the place it came from. A plain string is accepted."""

    text: str = Field(min_length=1, max_length=4000)
    line: int | None = Field(default=None, ge=1)
    """1-based line in the task file, when there is one."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @field_validator("text")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is blank; write a sentence or remove it")
        return " ".join(value.split())


class DatabaseRequirements(Artifact):
    type: DatabaseType = "sqlite"
    cache: Literal["redis", "memory"] | None = None


class ApiRequirements(Artifact):
    style: ApiStyle = "rest"
    version: str = Field(default="v1", pattern=r"^v[0-9]{1,3}$")
    naming: Literal["snake_case", "camelCase"] = "snake_case"
    pagination: Literal["offset", "cursor"] = "offset"
    base_path: str = Field(default="/api", pattern=r"^(/[a-z0-9][a-z0-9-]*)*$", max_length=60)
    """Path before the version, such as `/api`; may be empty."""
    idempotency: bool = False


class PerformanceRequirements(Artifact):
    p95_latency_ms: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    throughput_rps: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    concurrent_users: int | None = Field(default=None, gt=0)
    read_write_ratio: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    cache: Literal["redis", "memory"] | None = None


class TechnologyStack(Artifact):
    language: Literal["python"] = "python"
    framework: Literal["fastapi"] = "fastapi"


class DeploymentRequirements(Artifact):
    platform: Literal["docker", "kubernetes"] = "docker"
    environments: list[str] = Field(default_factory=lambda: ["development", "production"], min_length=1, max_length=8)


class FrontendContext(Artifact):
    framework: str = Field(default="", max_length=60)
    origin: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")
    pages: list[str] = Field(default_factory=list, max_length=200)


class BackendTask(Artifact):
    """What a service should do. Only a name and some text are required."""

    project_name: str = Field(min_length=1, max_length=80)
    """What the project is called; its folder and package are named after it."""
    type: TaskType = "backend_development"
    """Which result is wanted; decides which stages run."""
    description: str = Field(default="", max_length=20_000)
    """Some sentences about the whole."""
    requirements: list[TaskStatement] = Field(default_factory=list, max_length=2000)
    """What the service should do, a sentence each."""
    architecture_type: ArchitectureType = "layered"
    """How the code is laid out."""
    database_requirements: DatabaseRequirements = DatabaseRequirements()
    """Where it keeps its data."""
    api_requirements: ApiRequirements = ApiRequirements()
    """What its API looks like."""
    security_requirements: list[TaskStatement] = Field(default_factory=list, max_length=200)
    """Who may do what, and what is to be protected; a sentence each."""
    performance_requirements: PerformanceRequirements = PerformanceRequirements()
    """How much it has to carry, and how fast."""
    integration_requirements: list[TaskStatement] = Field(default_factory=list, max_length=200)
    """What it has to work with; a sentence each."""
    technology_stack: TechnologyStack = TechnologyStack()
    """Language and framework."""
    deployment_requirements: DeploymentRequirements = DeploymentRequirements()
    """Where it is to run."""
    existing_systems: list[str] = Field(default_factory=list, max_length=200)
    """Names of what is there already."""
    frontend_context: FrontendContext | None = None
    """Who calls it from a browser."""

    @classmethod
    def from_file(cls, path: str | Path) -> BackendTask:
        """Return the task in a YAML, JSON, Markdown or text file; raises `UserError` with file, line and remedy."""
        from backend_agent import task_file

        return task_file.load(path)

    @field_validator("project_name")
    @classmethod
    def _names_a_project(cls, value: str) -> str:
        odd = next((c for c in value if not (c.isalnum() or c in " -_.,&'()+:")), None)
        if odd is not None or ".." in value:
            raise ValueError(f"holds {odd or '..'!r}; write letters, digits, spaces and - _ . , & ' ( ) + :")
        if not re.search("[A-Za-z]", unicodedata.normalize("NFKD", value)):
            raise ValueError("has no Latin letter; folders and packages are named after it, so write it with some")
        return value

    @model_validator(mode="after")
    def _has_text(self) -> BackendTask:
        if not self.requirements and not self.description.strip():
            raise ValueError("says nothing yet: write at least one sentence under requirements or description")
        return self
