"""Finding: what a check or a verifier has to say. A bad project is data, not an exception."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact

Metric = Literal["architecture", "security", "performance", "maintainability", "scalability", "testability"]
METRICS: tuple[Metric, ...] = (
    "architecture",
    "security",
    "performance",
    "maintainability",
    "scalability",
    "testability",
)
Severity = Literal["critical", "major", "minor"]
"""critical: the service must not run so (data loss, open to anyone, does not start); major: a promise of a design or a
requirement is broken; minor: it works, and a reviewer would object."""
WEIGHTS: dict[Severity, int] = {"critical": 5, "major": 3, "minor": 1}


class Finding(Artifact):
    stage: str
    """The stage that owns it: a rerun of that stage may mend it."""
    metric: Metric
    severity: Severity
    title: str
    evidence: str
    """What was seen, and where (file, line, element)."""
    hint: str = ""
    """What to do."""


class CheckResult(Artifact):
    """One check or verifier that ran, or did not."""

    check: str
    """Its name: `database.foreign_keys_indexed`, `verify.tests`."""
    metric: Metric
    weight: int
    verdict: Literal["pass", "fail", "not_run"]
    reason: str = ""
    """Why it did not run, with the command that helps."""
    findings: list[Finding] = Field(default_factory=list)
