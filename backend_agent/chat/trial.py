"""What a stage's own checks, and the stages that follow, make of an artifact: a chat model's must not be worse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import CheckResult
from backend_agent.stage import Stage
from backend_agent.stages import api, architecture, code, database, deployment, performance, security, testing
from backend_agent.state import Artifacts

FOLLOWING: tuple[Stage[Any], ...] = (
    architecture.STAGE,
    database.STAGE,
    api.STAGE,
    security.STAGE,
    performance.STAGE,
    testing.STAGE,
    deployment.STAGE,
    code.STAGE,
)
"""What is made from a domain model without anybody's opinion, in order."""
_SHOWN = 8
"""Faults that one repair names."""


class Unusable(Exception):
    """The checks or the stages that follow cannot work with an artifact at all."""


def judged(stage: Stage[Any], given: Artifacts, artifact: Artifact) -> list[CheckResult]:
    """Return the results of a stage's own checks on `artifact`; raises `Unusable`."""
    state = {name: getattr(given, name) for name in stage.reads if given.has(name)}
    try:
        return stage.check(Artifacts({**state, stage.name: artifact}, (*stage.reads, stage.name)))
    except Exception as error:  # noqa: BLE001 - checks are written for what drafts bring; whatever fails here is refused
        raise Unusable(f"the checks cannot read it ({type(error).__name__})") from None


def followed(given: Artifacts, domain: DomainModel) -> list[CheckResult]:
    """Return the results of the checks of all that is made from a domain model; raises `Unusable`."""
    state: dict[str, Any] = {"task": given.task, "requirements": given.requirements, "domain": domain}
    results: list[CheckResult] = []
    for stage in FOLLOWING:
        try:
            state[stage.name] = stage.draft(Artifacts(state, stage.reads))
            results += stage.check(Artifacts(state, (*stage.reads, stage.name)))
        except Exception as error:  # noqa: BLE001 - as above: a model from which nothing can be made is no model
            raise Unusable(f"no {stage.name} can be made from it ({type(error).__name__})") from None
    return results


def worse(now: Sequence[CheckResult], then: Sequence[CheckResult]) -> list[str]:
    """Return, as words for a repair, what makes an artifact worse than the draft; empty: nothing does.

    A critical finding that the draft has not is never accepted; else the failing weights are compared.

    Args:
        now: results for the artifact.
        then: results for the draft.
    """
    failing = {result.check for result in then if result.verdict == "fail"}
    new = [result for result in now if result.verdict == "fail" and result.check not in failing]
    critical = [result for result in new if any(f.severity == "critical" for f in result.findings)]
    if not critical and _weight(now) <= _weight(then):
        return []
    findings = [finding for result in critical or new or now for finding in result.findings]
    return [f"{f.title}: {f.evidence}. {f.hint}".strip() for f in findings[:_SHOWN]]


def failing(results: Sequence[CheckResult]) -> bool:
    """Whether any check fails."""
    return _weight(results) > 0


def _weight(results: Sequence[CheckResult]) -> int:
    return sum(result.weight for result in results if result.verdict == "fail")
