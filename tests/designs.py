"""The designs of the golden tasks, made by the real drafts; and what mutants of them fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import Category, RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.stage import Stage
from backend_agent.stages import api, architecture, database, deployment, performance, security
from backend_agent.state import Artifacts

ROOT = Path(__file__).parent.parent
CASES = ("todo", "bookshop", "clinic", "bank")
STAGES: tuple[Stage[Any], ...] = (
    architecture.STAGE,
    database.STAGE,
    api.STAGE,
    security.STAGE,
    performance.STAGE,
    deployment.STAGE,
)


def numbered(task: BackendTask) -> RequirementsAnalysis:
    """Return a task's statements, one for each item of its lists and one for each figure, in order."""
    figures = task.performance_requirements
    texts: list[tuple[str, Category, str]] = [(s.text, "functional", "requirements") for s in task.requirements]
    texts += [(s.text, "security", "security_requirements") for s in task.security_requirements]
    for text, value in (
        ("95 % of requests are answered within {:g} ms", figures.p95_latency_ms),
        ("The service takes {:g} requests per second", figures.throughput_rps),
        ("{:g} concurrent users", figures.concurrent_users),
    ):
        if value is not None:
            texts.append((text.format(value), "performance", "performance_requirements"))
    texts += [(s.text, "integration", "integration_requirements") for s in task.integration_requirements]
    return RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{number:03}",
                text=text,
                category=category,
                priority="medium",
                complexity="low",
                approach="",
                source=source,
            )
            for number, (text, category, source) in enumerate(texts, 1)
        ]
    )


def asking(*texts: str, category: Category = "security") -> RequirementsAnalysis:
    """Return statements with the given texts."""
    return RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{n:03}", text=t, category=category, priority="low", complexity="low", approach="", source="x"
            )
            for n, t in enumerate(texts, 1)
        ]
    )


@cache
def task(case: str) -> BackendTask:
    """Return the task of an example."""
    text = (ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")
    return BackendTask.model_validate(yaml.safe_load(text))


@cache
def domain(case: str) -> DomainModel:
    """Return the golden domain model of an example."""
    text = (ROOT / "tests" / "golden" / "models" / f"{case}.yaml").read_text(encoding="utf-8")
    return DomainModel.model_validate(yaml.safe_load(text))


def design(**given: Any) -> dict[str, Any]:
    """Return all designs that follow from a task, its requirements and its domain model."""
    state = dict(given)
    for stage in STAGES:
        state[stage.name] = stage.draft(Artifacts(state))
    return state


@cache
def _designed(case: str) -> dict[str, Any]:
    return design(task=task(case), requirements=numbered(task(case)), domain=domain(case))


def designed(case: str, **changes: Any) -> dict[str, Any]:
    """Return the designs of an example; `changes` replace artifacts after the fact."""
    return {**_designed(case), **changes}


def redesigned(case: str, **changes: Any) -> dict[str, Any]:
    """Return the designs of an example whose task, requirements or domain are others."""
    base = {"task": task(case), "requirements": numbered(task(case)), "domain": domain(case), **changes}
    return design(**base)


def failing(stage: Stage[Any], state: dict[str, Any]) -> dict[str, list[str]]:
    """Return, by name, the evidence of each check of a stage that fails."""
    results = stage.check(Artifacts(state, (*stage.reads, stage.name)))
    return {r.check.partition(".")[2]: [f.evidence for f in r.findings] for r in results if r.verdict == "fail"}


def plain(state: dict[str, Any]) -> dict[str, Any]:
    """Return artifacts as a graph's state holds them: plain JSON values."""
    return {name: artifact.to_state() for name, artifact in state.items()}
