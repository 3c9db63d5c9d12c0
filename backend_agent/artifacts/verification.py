"""VerificationReport: what was really run on the generated project."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.findings import Finding, Metric


class VerifierRun(Artifact):
    verifier: str
    """Its name: `imports`, `lint`, `types`, `openapi`, `migrations`, `boot`, `tests` ..."""
    title: str
    metric: Metric
    weight: int
    tool: str
    version: str = ""
    verdict: Literal["pass", "fail", "not_run"]
    reason: str = ""
    """Why it did not run, with the command that helps."""
    findings: list[Finding] = Field(default_factory=list)
    detail: str = ""
    """Figures such as `143 tests passed`; never times or paths, so that reports are byte-identical."""


class TestResult(Artifact):
    """One test of the generated project that ran."""

    __test__ = False

    id: str
    """`tests/test_orders.py::test_cancel_order`."""
    verdict: Literal["pass", "fail", "skip"]
    database: str
    """`sqlite` or `postgresql`."""
    requirements: list[str]
    """R-ids that it proves."""
    message: str = ""


class VerificationReport(Artifact):
    runs: list[VerifierRun]
    tests: list[TestResult] = Field(default_factory=list)
    sandbox: str = ""
    """How the project was confined while it ran."""
