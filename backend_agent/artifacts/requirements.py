"""RequirementsAnalysis: the task as numbered statements."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact, Complexity, Priority

Category = Literal["functional", "data", "security", "performance", "integration", "operations"]


class Statement(Artifact):
    """One requirement, numbered. Everything that is designed later cites these numbers."""

    id: str = Field(pattern=r"^R-[0-9]{3,}$")
    text: str
    category: Category
    priority: Priority
    complexity: Complexity
    approach: str
    """How the service will meet it, in one sentence."""
    challenges: list[str] = Field(default_factory=list)
    source: str
    """The task's field it came from, such as `requirements` or `security_requirements`."""
    line: int | None = None
    """1-based line in the task file, when there is one."""


class TechnologyRecommendation(Artifact):
    concern: str
    choice: str
    reason: str
    cites: list[str] = Field(default_factory=list)


class RequirementsAnalysis(Artifact):
    """Every statement of the task, numbered R-001 ... in the order of the task file."""

    statements: list[Statement]
    """What the task says now, in its order."""
    superseded: list[Statement] = Field(default_factory=list)
    """What an earlier version of the task said and this one does not; no number is ever given to another statement."""
    recommendations: list[TechnologyRecommendation] = Field(default_factory=list)

    def of(self, *categories: Category) -> list[Statement]:
        """Return the statements in the given categories, in order."""
        return [s for s in self.statements if s.category in categories]
