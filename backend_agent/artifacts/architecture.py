"""ArchitectureDesign: components, boundaries, flows and decisions that follow from the task."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.task import ArchitectureType


class Component(Artifact):
    name: str
    responsibility: str
    entities: list[str] = Field(default_factory=list)
    depends_on: list[str] = Field(default_factory=list)
    """Names of other components."""
    cites: list[str] = Field(default_factory=list)


class CommunicationPattern(Artifact):
    name: str
    source: str
    target: str
    style: Literal["in_process_call", "http", "sql", "message"]
    reason: str


class DataFlow(Artifact):
    name: str
    steps: list[str]
    """From the caller to the database and back."""
    cites: list[str] = Field(default_factory=list)


class ServiceBoundary(Artifact):
    """Entities that change together: one feature package of a modular monolith, one candidate service."""

    name: str
    """snake_case and plural, such as `orders`."""
    entities: list[str]
    reason: str
    cites: list[str] = Field(default_factory=list)


class Fit(Artifact):
    """How well an architecture type suits the task."""

    architecture_type: ArchitectureType
    score: int = Field(ge=0, le=100)
    reasons: list[str]


class Decision(Artifact):
    title: str
    choice: str
    reason: str
    alternatives: list[str] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)


class ArchitectureDesign(Artifact):
    architecture_type: ArchitectureType
    overview: str
    components: list[Component]
    communication_patterns: list[CommunicationPattern]
    data_flow: list[DataFlow]
    service_boundaries: list[ServiceBoundary]
    scalability_strategy: list[Measure]
    reliability_strategy: list[Measure]
    security_strategy: list[Measure]
    observability_strategy: list[Measure]
    fit: list[Fit]
    """All architecture types, best first."""
    decisions: list[Decision]
