"""What draft and checks both derive: the size of the deployment, its steps, and whether columns are encrypted."""

from __future__ import annotations

from backend_agent.patterns.figures import figures
from backend_agent.patterns.sizing import Sizing, sizing
from backend_agent.state import Artifacts

STEPS = (
    ("Install", "make install"),
    ("Lint", "make lint"),
    ("Types", "make types"),
    ("Tests", "make test"),
)
"""Steps of the pipeline: targets of the generated Makefile."""


def planned_size(given: Artifacts) -> Sizing:
    """Return replicas and pools for the task's figures."""
    wanted = figures(given.task, given.requirements)
    return sizing(wanted, given.database.database_type, given.task.deployment_requirements.platform)


def encrypts(given: Artifacts) -> bool:
    """Whether a column is kept encrypted."""
    return any(c.type == "encrypted" for t in given.database.tables for c in t.columns)
