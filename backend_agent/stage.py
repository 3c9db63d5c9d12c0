"""The one idea: a stage reads earlier artifacts and writes exactly one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.findings import WEIGHTS, CheckResult, Finding, Metric, Severity
from backend_agent.state import Artifacts

A = TypeVar("A", bound=Artifact)


@dataclass(frozen=True)
class Check:
    """A pure function over artifacts that looks for one kind of fault in a stage's artifact.

    `find` is given what the stage reads and its own artifact; it yields the evidence of each fault, nothing when all
    is well.
    """

    name: str
    title: str
    metric: Metric
    severity: Severity
    find: Callable[[Artifacts], Iterable[str]]
    hint: str = ""

    def run(self, stage: str, given: Artifacts) -> CheckResult:
        """Return the result; findings carry the stage as their owner."""
        findings = [
            Finding(
                stage=stage, metric=self.metric, severity=self.severity, title=self.title, evidence=e, hint=self.hint
            )
            for e in self.find(given)
        ]
        return CheckResult(
            check=f"{stage}.{self.name}",
            metric=self.metric,
            weight=WEIGHTS[self.severity],
            verdict="fail" if findings else "pass",
            findings=findings,
        )


@dataclass(frozen=True)
class Stage(Generic[A]):
    """One step of the pipeline; one node of the graph.

    `name` is also the artifact's module, its state key, the graph's node and the prompt's file. `draft` is the
    deterministic author: it always yields a complete, valid artifact.
    """

    name: str
    title: str
    artifact: type[A]
    reads: tuple[str, ...]
    draft: Callable[[Artifacts], A]
    checks: tuple[Check, ...] = ()
    slices: Mapping[str, Callable[[Any], Artifact]] = field(default_factory=dict)
    """By what it reads: a pure function to the part of it that the draft and the checks are shown. They see no more, so
    what changes outside of it cannot make the stage run again. What is not named is shown whole."""
    judges: bool = False
    """Whether it is given the results of the checks on what it reads."""
    settings: tuple[str, ...] = ()
    """Fields of `Settings` that its artifact depends on; part of the stage's fingerprint."""
    version: int = 1
    """Raised when the draft changes what it writes, so that kept sessions write the artifact again."""

    def check(self, given: Artifacts) -> list[CheckResult]:
        """Run the stage's checks on artifacts that include its own."""
        return [check.run(self.name, given) for check in self.checks]
