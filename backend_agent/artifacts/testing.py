"""TestingStrategy: which tests the generated project gets, and what each proves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure

PlannedKind = Literal["unit", "integration", "performance", "security", "e2e"]


class PlannedTest(Artifact):
    """One test of the generated project."""

    __test__ = False

    id: str
    """The test function's name: `test_owner_only_read_order`."""
    file: str
    """Path in the generated project: `tests/test_orders.py`."""
    kind: PlannedKind
    proves: str
    """One sentence."""
    cites: list[str] = Field(default_factory=list)


class TestingStrategy(Artifact):
    __test__ = False

    overview: str
    unit_testing: list[PlannedTest]
    integration_testing: list[PlannedTest]
    performance_testing: list[PlannedTest]
    security_testing: list[PlannedTest]
    e2e_testing: list[PlannedTest]
    automation: list[Measure]
