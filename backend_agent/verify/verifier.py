"""A verifier: one real tool, run on the generated project."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata

from backend_agent.artifacts.findings import WEIGHTS, Finding, Metric, Severity
from backend_agent.artifacts.verification import TestResult, VerifierRun
from backend_agent.errors import BackendAgentError, ToolUnavailable
from backend_agent.verify.process import Completed
from backend_agent.verify.project import ProjectUnderTest

INSTALL = "pip install 'backend-agent[verify]'"
_MOST_FINDINGS = 20


class CannotRun(BackendAgentError):
    """A verifier cannot run here; the message says why, and what helps."""


def _always(project: ProjectUnderTest) -> bool:  # noqa: ARG001 - the signature of `Verifier.applies`
    return True


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the project."""

    evidence: str
    hint: str = ""
    severity: Severity | None = None
    """When it differs from the verifier's."""
    title: str = ""
    """When it differs from the verifier's."""


@dataclass(frozen=True)
class Outcome:
    """What came of one verifier: passed when it ran and found no fault."""

    faults: list[Fault] = field(default_factory=list)
    detail: str = ""
    """Figures; never times, paths or ports."""
    not_run: str = ""
    """Why it did not run, with what helps."""
    tests: list[TestResult] = field(default_factory=list)


@dataclass(frozen=True)
class Verifier:
    """One verifier. Its weight in its metric is that of its severity."""

    name: str
    title: str
    """What holds when it passes: `Every module imports`."""
    metric: Metric
    severity: Severity
    tool: str
    """The distribution whose version is reported; or `python`."""
    examine: Callable[[ProjectUnderTest], Outcome]
    stage: str = "code"
    """The stage that owns what it finds."""
    applies: Callable[[ProjectUnderTest], bool] = _always
    """Whether it has anything to look at; if not, it does not show in the report at all."""
    effort: int = 1
    """Seconds that it takes, roughly: long ones start first."""

    def run(self, project: ProjectUnderTest) -> tuple[VerifierRun, list[TestResult]]:
        """Run it; a missing tool is a result, and so is a tool (or this verifier) that breaks down."""
        version = ""
        try:
            version = tool_version(self.tool)
            outcome = self.examine(project)
        except (CannotRun, ToolUnavailable) as missing:
            outcome = Outcome(not_run=str(missing))
        except Exception as problem:  # noqa: BLE001 - nothing a project does may end the verification of the rest
            outcome = Outcome(not_run=f"the verifier broke down: {type(problem).__name__}: {problem}"[:300])
        return self._report(version, outcome), outcome.tests

    def skipped(self, reason: str) -> VerifierRun:
        """Return the result of not running it."""
        return self._report("", Outcome(not_run=reason))

    def _report(self, version: str, outcome: Outcome) -> VerifierRun:
        findings = [
            Finding(
                stage=self.stage,
                metric=self.metric,
                severity=fault.severity or self.severity,
                title=fault.title or f"Not so: {self.title[0].lower()}{self.title[1:]}",
                evidence=fault.evidence,
                hint=fault.hint,
            )
            for fault in _bounded(outcome.faults)
        ]
        return VerifierRun(
            verifier=self.name,
            title=self.title,
            metric=self.metric,
            weight=WEIGHTS[self.severity],
            tool=self.tool,
            version=version,
            verdict="not_run" if outcome.not_run else "fail" if findings else "pass",
            reason=outcome.not_run,
            findings=[] if outcome.not_run else findings,
            detail=outcome.detail,
        )


def tool_version(tool: str) -> str:
    """Return the installed version; raises `ToolUnavailable`."""
    if tool == "python":
        return platform.python_version()
    try:
        return metadata.version(tool)
    except metadata.PackageNotFoundError as missing:
        raise ToolUnavailable(tool, INSTALL) from missing


def stopped(completed: Completed, what: str) -> Fault:
    """Return the fault of a command that had to be stopped."""
    reasons = {
        "time": "did not end in its time",
        "memory": "took more memory than it may",
        "processes": "started more processes than it may",
        "output": "printed without end",
        "cancelled": "was stopped from outside",
    }
    return Fault(f"{what} {reasons[completed.stopped]} and was killed")


def _bounded(faults: Iterable[Fault]) -> list[Fault]:
    """Keep each fault once, and so many that a person still reads them."""
    different = list(dict.fromkeys(faults))
    if len(different) <= _MOST_FINDINGS:
        return different
    rest = len(different) - _MOST_FINDINGS
    return [*different[:_MOST_FINDINGS], Fault(f"and {rest} more of the same kind", title="More faults")]
