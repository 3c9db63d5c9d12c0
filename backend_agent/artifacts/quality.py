"""QualityAssessment: six metrics from checks that ran."""

from __future__ import annotations

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.findings import CheckResult, Finding, Metric


class MetricScore(Artifact):
    metric: Metric
    score: float | None
    """Passed weight over the weight that ran, 0 to 1; None when no check of it ran."""
    passed_weight: int
    run_weight: int
    not_run_weight: int


class QualityAssessment(Artifact):
    metrics: list[MetricScore]
    overall_score: float | None
    """Mean of the metrics that have a score, 0 to 1."""
    confidence_score: float
    """`overall_score` times the share of checks that ran, 0 to 1."""
    results: list[CheckResult]
    findings: list[Finding]
    recommendations: list[str]
    weak_stages: list[str] = Field(default_factory=list)
    """Stages to rerun; empty when good enough, or when a rerun cannot help."""
    round: int = 1
