"""Artifacts for a model that has every kind of rule, field and relation, whatever the golden models have."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from designs import asking, design, designed

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages import testing
from backend_agent.state import Artifacts

MODEL = Path(__file__).parent / "models" / "club.yaml"
SAID = [f"Members can do thing number {n}." for n in range(1, 11)]


@cache
def club(architecture_type: str = "layered", pagination: str = "offset", naming: str = "snake_case") -> Artifacts:
    """Return all designs of the club."""
    task = BackendTask.model_validate(
        {
            "project_name": "Club",
            "requirements": SAID,
            "architecture_type": architecture_type,
            "api_requirements": {"pagination": pagination, "naming": naming},
        }
    )
    domain = DomainModel.model_validate(yaml.safe_load(MODEL.read_text(encoding="utf-8")))
    return planned(design(task=task, requirements=_said(), domain=domain))


def _said() -> RequirementsAnalysis:
    return asking(*SAID, category="functional")


@cache
def example(name: str) -> Artifacts:
    """Return all designs of an example."""
    return planned(designed(name))


def planned(state: dict[str, Any]) -> Artifacts:
    """Return designs with their testing strategy."""
    return Artifacts({**state, "testing": testing.STAGE.draft(Artifacts(state))})
