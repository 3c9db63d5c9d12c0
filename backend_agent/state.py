"""The graph's state: plain JSON values; and the typed view that stages read it through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from typing_extensions import TypedDict  # Pydantic needs this one below Python 3.12

from backend_agent.artifacts.api import APISpecification
from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.code import Implementation
from backend_agent.artifacts.database import DatabaseSchema, Release
from backend_agent.artifacts.deployment import DeploymentConfiguration
from backend_agent.artifacts.documentation import Documentation
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import CheckResult
from backend_agent.artifacts.performance import PerformancePlan
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.security import SecurityConfig
from backend_agent.artifacts.task import BackendTask
from backend_agent.artifacts.testing import TestingStrategy
from backend_agent.artifacts.verification import VerificationReport

Json = dict[str, Any]
A = TypeVar("A", bound=Artifact)


def merge(old: Json, new: Json) -> Json:
    """Reducer: keys of `new` replace those of `old`. Idempotent, so nesting in a parent graph is safe."""
    return {**old, **new}


class State(TypedDict, total=False):
    """One key a stage, named like the stage; validated through the artifact on every read and write."""

    task: Json
    requirements: Json
    domain: Json
    architecture: Json
    database: Json
    api: Json
    security: Json
    performance: Json
    testing: Json
    deployment: Json
    code: Json
    verification: Json
    quality: Json
    documentation: Json
    pinned: Annotated[Json, merge]
    """By stage: whether its artifact was edited by hand; then reruns keep it."""
    feedback: Annotated[Json, merge]
    """By stage: what the user said of it that no task field can say; a list of sentences, for the stage's author."""
    reviewed: Annotated[Json, merge]
    """By stage: the digest of the artifact that somebody approved at a gate."""
    records: Annotated[Json, merge]
    """By stage: provenance, and the results of its checks."""
    calls: Annotated[Json, merge]
    """By stage: the ledger of calls to a chat model, each a `Call`. Missing when there was none."""
    graph_version: str
    released: Json
    """What was delivered before the task was revised: a `Release`. Missing in a session that never was."""


class Artifacts:
    """The artifacts in a state, typed and validated. What is not there raises `KeyError`.

    Args:
        state: state values, plain JSON.
        names: the only keys that may be read; None: all. A stage is given what it says that it reads.
    """

    def __init__(self, state: Mapping[str, Any], names: tuple[str, ...] | None = None) -> None:
        self._state = state
        self._names = names
        self._typed: dict[str, Artifact] = {}

    def has(self, name: str) -> bool:
        """Whether the artifact is there (and may be read)."""
        return name in self._state and (self._names is None or name in self._names)

    def _get(self, name: str, kind: type[A]) -> A:
        if not self.has(name):
            raise KeyError(f"{name} is not among what this stage reads")
        if name not in self._typed:
            value = self._state[name]
            self._typed[name] = value if isinstance(value, kind) else kind.from_state(value)
        typed = self._typed[name]
        if not isinstance(typed, kind):
            raise TypeError(f"{name} is a {type(typed).__name__}, not a {kind.__name__}")
        return typed

    @property
    def task(self) -> BackendTask:
        return self._get("task", BackendTask)

    @property
    def released(self) -> Release:
        return self._get("released", Release)

    @property
    def requirements(self) -> RequirementsAnalysis:
        return self._get("requirements", RequirementsAnalysis)

    @property
    def domain(self) -> DomainModel:
        return self._get("domain", DomainModel)

    @property
    def architecture(self) -> ArchitectureDesign:
        return self._get("architecture", ArchitectureDesign)

    @property
    def database(self) -> DatabaseSchema:
        return self._get("database", DatabaseSchema)

    @property
    def api(self) -> APISpecification:
        return self._get("api", APISpecification)

    @property
    def security(self) -> SecurityConfig:
        return self._get("security", SecurityConfig)

    @property
    def performance(self) -> PerformancePlan:
        return self._get("performance", PerformancePlan)

    @property
    def testing(self) -> TestingStrategy:
        return self._get("testing", TestingStrategy)

    @property
    def deployment(self) -> DeploymentConfiguration:
        return self._get("deployment", DeploymentConfiguration)

    @property
    def code(self) -> Implementation:
        return self._get("code", Implementation)

    @property
    def verification(self) -> VerificationReport:
        return self._get("verification", VerificationReport)

    @property
    def quality(self) -> QualityAssessment:
        return self._get("quality", QualityAssessment)

    @property
    def documentation(self) -> Documentation:
        return self._get("documentation", Documentation)

    @property
    def check_results(self) -> list[CheckResult]:
        """The results of all stages' checks, in the order of the stages' names in the records."""
        records: Json = self._state.get("records", {})
        return [CheckResult.from_state(r) for name in sorted(records) for r in records[name].get("checks", [])]
