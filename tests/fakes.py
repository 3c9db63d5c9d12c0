"""Small stages for tests of the machinery: the real names and artifact types, next to no content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend_agent.artifacts.api import ApiAuthentication, APISpecification
from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.database import DatabaseSchema, Measure
from backend_agent.artifacts.deployment import (
    CloudDeployment,
    Containerization,
    DeploymentConfiguration,
    EnvironmentManagement,
)
from backend_agent.artifacts.documentation import Documentation, Page
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.performance import PerformancePlan
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.security import (
    Authentication,
    Authorization,
    DataProtection,
    SecurityConfig,
    SecurityHeaders,
)
from backend_agent.artifacts.task import BackendTask
from backend_agent.artifacts.testing import TestingStrategy
from backend_agent.artifacts.verification import VerificationReport
from backend_agent.authors import Written
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

TASK = BackendTask.from_state({"project_name": "Todo", "requirements": ["A task has a title."]})
_MEASURE = Measure(name="none", detail="none")


def _requirements(given: Artifacts) -> RequirementsAnalysis:
    return RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{i:03}", text=s.text, category="functional", priority="high", complexity="low",
                approach="directly", source="requirements",
            )
            for i, s in enumerate(given.task.requirements, start=1)
        ]
    )  # fmt: skip


def _domain(given: Artifacts) -> DomainModel:
    return DomainModel(name="Todo", actors=[], entities=[], notes=[s.text for s in given.requirements.statements])


def _architecture(given: Artifacts) -> ArchitectureDesign:
    return ArchitectureDesign(
        architecture_type="layered", overview=given.domain.name, components=[], communication_patterns=[],
        data_flow=[], service_boundaries=[], scalability_strategy=[], reliability_strategy=[], security_strategy=[],
        observability_strategy=[], fit=[], decisions=[],
    )  # fmt: skip


def _database(given: Artifacts) -> DatabaseSchema:
    return DatabaseSchema(
        database_type="sqlite", schema_overview=" ".join(given.domain.notes), tables=[], relationships=[],
        performance_optimizations=[], security_measures=[], migration_strategy=[], backup_strategy=[],
    )  # fmt: skip


def _api(given: Artifacts) -> APISpecification:
    return APISpecification(
        title=given.domain.name, api_version="v1", base_url="/api/v1", naming="snake_case", pagination="offset",
        authentication=ApiAuthentication(), endpoints=[], data_models=[], error_handling=[], rate_limiting=[],
        security_considerations=[],
    )  # fmt: skip


def _security(given: Artifacts) -> SecurityConfig:
    return SecurityConfig(
        authentication=Authentication(),
        authorization=Authorization(roles=[], default_role="user", administrator_roles=[], public=[], grants=[]),
        data_protection=DataProtection(encryption_in_transit=_MEASURE, secrets=_MEASURE),
        input_validation=[], security_headers=SecurityHeaders(headers=[]), monitoring=[], compliance=[],
    )  # fmt: skip


def _performance(given: Artifacts) -> PerformancePlan:
    return PerformancePlan(
        caching_strategy=[], database_optimization=[], load_balancing=[], asynchronous_processing=[],
        cdn_strategy=[], monitoring=[], performance_targets=[],
    )  # fmt: skip


def _testing(given: Artifacts) -> TestingStrategy:
    return TestingStrategy(
        overview="", unit_testing=[], integration_testing=[], performance_testing=[], security_testing=[],
        e2e_testing=[], automation=[],
    )  # fmt: skip


def _deployment(given: Artifacts) -> DeploymentConfiguration:
    return DeploymentConfiguration(
        containerization=Containerization(base_image="python:3.13-slim", services=["app"]),
        cloud_deployment=CloudDeployment(
            platform="docker", replicas_min=1, replicas_max=1, cpu_request="1", cpu_limit="1", memory_request="1",
            memory_limit="1",
        ),
        environment_management=EnvironmentManagement(environments=[], variables=[]),
        ci_cd_pipeline=[], monitoring=[], backup_recovery=[],
    )  # fmt: skip


def _code(given: Artifacts) -> Implementation:
    text = given.database.schema_overview
    return Implementation(
        target="python-fastapi", layout="layered",
        files=[GeneratedFile(path="app/main.py", content=f"# {text}\n", description="The service.")],
    )  # fmt: skip


def _verification(given: Artifacts) -> VerificationReport:
    return VerificationReport(runs=[])


def _quality(given: Artifacts) -> QualityAssessment:
    return QualityAssessment(
        metrics=[], overall_score=1.0, confidence_score=1.0, results=given.check_results, findings=[],
        recommendations=[],
    )  # fmt: skip


def _documentation(given: Artifacts) -> Documentation:
    return Documentation(pages=[Page(path="docs/api.md", title="API", content="# API\n")], traceability=[])


_DESIGN = tuple("requirements domain architecture database api security performance testing deployment".split())
_ALL = (*_DESIGN, "code", "verification")

STAGES: dict[str, Stage[Any]] = {
    stage.name: stage
    for stage in (
        Stage("requirements", "Requirements", RequirementsAnalysis, ("task",), _requirements),
        Stage("domain", "Domain", DomainModel, ("requirements",), _domain),
        Stage("architecture", "Architecture", ArchitectureDesign, ("requirements", "domain"), _architecture),
        Stage("database", "Database", DatabaseSchema, ("domain", "architecture"), _database),
        Stage("api", "API", APISpecification, ("domain", "architecture"), _api),
        Stage("security", "Security", SecurityConfig, ("requirements", "domain", "api"), _security),
        Stage("performance", "Performance", PerformancePlan, ("requirements", "database", "api"), _performance),
        Stage("testing", "Testing", TestingStrategy, ("domain", "api"), _testing),
        Stage(
            "deployment", "Deployment", DeploymentConfiguration, ("requirements", "architecture", "database", "api"),
            _deployment,
        ),
        Stage("code", "Code", Implementation, ("task", *_DESIGN), _code),
        Stage("verification", "Verification", VerificationReport, ("code",), _verification, settings=("verify",)),
        Stage("quality", "Quality", QualityAssessment, ("task", *_ALL), _quality, judges=True),
        Stage("documentation", "Documentation", Documentation, ("task", *_ALL, "quality"), _documentation),
    )
}  # fmt: skip


def stages(**drafts: Callable[[Artifacts], Any]) -> tuple[Stage[Any], ...]:
    """Return all thirteen, with other drafts for those that are named."""
    return tuple(replace(s, draft=drafts[s.name]) if s.name in drafts else s for s in STAGES.values())


class Counting:
    """A draft author that counts what it writes and hears."""

    name = "counting"

    def __init__(self) -> None:
        self.wrote: list[str] = []
        self.heard: dict[str, int] = {}

    def identity(self, stage: Stage[Any]) -> str:
        return "1"

    def write(self, stage: Stage[Any], given: Artifacts, findings: Any) -> Written:
        self.wrote.append(stage.name)
        if findings:
            self.heard[stage.name] = self.heard.get(stage.name, 0) + len(findings)
        return Written(stage.draft(given))
