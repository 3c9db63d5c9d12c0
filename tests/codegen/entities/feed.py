"""The feed: a domain with what the golden tasks lack, designed by the real drafts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import designs
import yaml

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.task import BackendTask
from backend_agent.codegen.entities.calls import Calls, calls_of
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.codegen.view import Project
from backend_agent.state import Artifacts

HERE = Path(__file__).parent


@cache
def domain() -> DomainModel:
    """Return the domain model."""
    return DomainModel.model_validate(yaml.safe_load((HERE / "feed.yaml").read_text(encoding="utf-8")))


def task(**api: str) -> BackendTask:
    """Return a task for the domain; `api` are its API requirements."""
    return BackendTask.model_validate(
        {"project_name": "Feed", "description": "A feed.", "requirements": ["A feed."], "api_requirements": api}
    )


def designed(changed: DomainModel | None = None, **api: str) -> dict[str, Any]:
    """Return all designs of the feed, or of a changed domain."""
    asked = task(**api)
    return designs.design(task=asked, requirements=designs.numbered(asked), domain=changed or domain())


def project(changed: DomainModel | None = None, layout: str = "layered", **api: str) -> Project:
    """Return the project as templates see it."""
    return Project(Artifacts(designed(changed, **api)), LAYOUTS[layout])


@cache
def calls() -> Calls:
    """Return the calls of the feed."""
    return calls_of(project())


def plan(entity: str) -> EntityPlan:
    """Return the plan of one entity of the feed."""
    return calls().plans[entity]
