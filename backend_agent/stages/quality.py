"""The quality stage: six metrics from the checks and verifiers that ran, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from backend_agent import settings
from backend_agent.artifacts.findings import METRICS, WEIGHTS, CheckResult, Finding, Metric, Severity
from backend_agent.artifacts.quality import MetricScore, QualityAssessment
from backend_agent.artifacts.verification import VerifierRun
from backend_agent.documents.trace import traces
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

_DIGITS = 4
_ORDER: dict[Severity, int] = {"critical": 0, "major": 1, "minor": 2}


def draft(given: Artifacts) -> QualityAssessment:
    """Judge by what ran: the checks of all stages, the verifiers, and what the project's tests prove."""
    results = [*given.check_results, *_coverage(given)]
    if given.has("verification"):
        results += [_as_check(run) for run in given.verification.runs]
        results += _proofs(given)
    metrics = [score(metric, results) for metric in METRICS]
    overall = overall_score(metrics)
    previous = given.quality if given.has("quality") else None
    # After a round that sent nothing back, another task or another setting has begun a new count.
    number = previous.round + 1 if previous and previous.weak_stages else 1
    chosen = settings.current()
    weak: list[str] = []
    if number <= chosen.max_rounds:
        weak = weak_stages(results, overall, chosen.threshold, previous.results if previous else [])
    return QualityAssessment(
        metrics=metrics,
        overall_score=overall,
        confidence_score=confidence(overall, results),
        results=results,
        findings=sorted(_findings(results), key=_rank),
        recommendations=recommendations(results),
        weak_stages=weak,
        round=number,
    )


def score(metric: Metric, results: Sequence[CheckResult]) -> MetricScore:
    """Return the passed weight over the weight that ran."""
    weights = dict.fromkeys(("pass", "fail", "not_run"), 0)
    for result in results:
        if result.metric == metric:
            weights[result.verdict] += result.weight
    ran = weights["pass"] + weights["fail"]
    return MetricScore(
        metric=metric,
        score=round(weights["pass"] / ran, _DIGITS) if ran else None,
        passed_weight=weights["pass"],
        run_weight=ran,
        not_run_weight=weights["not_run"],
    )


def overall_score(metrics: Sequence[MetricScore]) -> float | None:
    """Return the mean of the metrics that have a score; None when none has."""
    scores = [metric.score for metric in metrics if metric.score is not None]
    return round(sum(scores) / len(scores), _DIGITS) if scores else None


def confidence(overall: float | None, results: Sequence[CheckResult]) -> float:
    """Return the overall score times the share, by weight, of checks that ran."""
    total = sum(result.weight for result in results)
    ran = sum(result.weight for result in results if result.verdict != "not_run")
    return round(overall * ran / total, _DIGITS) if overall is not None and total else 0.0


def weak_stages(
    results: Sequence[CheckResult], overall: float | None, threshold: float, before: Sequence[CheckResult]
) -> list[str]:
    """Return the stages to run again: those that own failing findings, and did not fail the very same checks before.

    Good enough means: not below the threshold, and nothing critical.
    """
    critical = any(finding.severity == "critical" for finding in _findings(results))
    if not critical and (overall is None or overall >= threshold):
        return []
    now, then = _failing(results), _failing(before)
    return sorted(stage for stage, checks in now.items() if checks != then.get(stage))


def recommendations(results: Sequence[CheckResult]) -> list[str]:
    """Return what to do, the most important first: mend what failed, then run what did not run."""
    failed: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(_findings(results), key=_rank):
        failed.setdefault((finding.stage, finding.title), []).append(finding)
    mend = []
    for (stage, title), findings in failed.items():
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        hint = f" - {first.hint}" if first.hint else ""
        mend.append(f"{first.severity.capitalize()}, {stage}: {title}: {first.evidence}{more}{hint}")
    missing: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.verdict == "not_run":
            missing.setdefault(result.reason or "no reason given", []).append(result)
    heaviest = sorted(missing.items(), key=lambda item: (-sum(result.weight for result in item[1]), item[0]))
    return mend + [f"Not run, {', '.join(result.check for result in group)}: {reason}" for reason, group in heaviest]


def _as_check(run: VerifierRun) -> CheckResult:
    return CheckResult(
        check=f"verify.{run.verifier}",
        metric=run.metric,
        weight=run.weight,
        verdict=run.verdict,
        reason=run.reason,
        findings=run.findings,
    )


def _coverage(given: Artifacts) -> list[CheckResult]:
    """Whether each requirement is covered: one result a requirement, so that what was left out costs what it is worth.

    A smaller graph answers for what it could place: without security, performance and deployment, only for what the
    domain model is about.
    """
    if not (given.has("requirements") and given.has("domain")):
        return []
    whole = all(given.has(name) for name in ("security", "performance", "deployment"))
    judged = given.requirements.statements if whole else given.requirements.of("functional", "data")
    wanted = {statement.id for statement in judged}
    results = []
    for trace in traces(given):
        if trace.requirement not in wanted:
            continue
        covered = trace.status != "unplaced" and not trace.partial
        finding = Finding(
            stage="domain",
            metric="architecture",
            severity="minor",
            title="A requirement is not covered" if trace.status == "unplaced" else "A requirement is covered in part",
            evidence=f"{trace.requirement}: {trace.text} ({trace.note})",
            hint="Say it in terms of what is kept and who may do what, or write it by hand.",
        )
        results.append(
            CheckResult(
                check=f"requirements.{trace.requirement}",
                metric="architecture",
                weight=WEIGHTS["minor"],
                verdict="pass" if covered else "fail",
                findings=[] if covered else [finding],
            )
        )
    return results


def _proofs(given: Artifacts) -> list[CheckResult]:
    """Whether each requirement that a test was planned for has one that ran, and none that failed."""
    if not given.has("testing"):
        return []
    plan = given.testing
    groups = (plan.unit_testing, plan.integration_testing, plan.security_testing, plan.e2e_testing)
    planned = sorted({cite for group in groups for test in group for cite in test.cites})
    if not planned:
        return []
    verdicts: dict[str, set[str]] = {}
    for test in given.verification.tests:
        for requirement in test.requirements:
            verdicts.setdefault(requirement, set()).add(test.verdict)
    check, weight = "verify.requirements", WEIGHTS["major"]
    metric: Metric = "testability"
    if not given.verification.tests:
        reason = "no test of the project ran"
        return [CheckResult(check=check, metric=metric, weight=weight, verdict="not_run", reason=reason)]
    unproved = [r for r in planned if "pass" not in verdicts.get(r, set()) or "fail" in verdicts[r]]
    findings = [
        Finding(
            stage="testing",
            metric=metric,
            severity="major",
            title="A requirement is not proved by the tests that were planned for it",
            evidence=f"{r}: {'a test of it fails' if 'fail' in verdicts.get(r, set()) else 'no test of it passed'}",
        )
        for r in unproved
    ]
    return [
        CheckResult(
            check=check, metric=metric, weight=weight, verdict="fail" if findings else "pass", findings=findings
        )
    ]


def _findings(results: Sequence[CheckResult]) -> list[Finding]:
    return [finding for result in results for finding in result.findings]


def _failing(results: Sequence[CheckResult]) -> dict[str, set[str]]:
    """Return the failing checks by the stage that owns their findings."""
    failing: dict[str, set[str]] = {}
    for result in results:
        for finding in result.findings:
            failing.setdefault(finding.stage, set()).add(result.check)
    return failing


def _rank(finding: Finding) -> tuple[int, str, str, str]:
    return _ORDER[finding.severity], finding.stage, finding.title, finding.evidence


STAGE = Stage(
    name="quality",
    title="Quality",
    artifact=QualityAssessment,
    reads=(
        "requirements",
        "domain",
        "architecture",
        "database",
        "api",
        "security",
        "performance",
        "testing",
        "deployment",
        "code",
        "verification",
    ),
    draft=draft,
    judges=True,
    settings=("threshold", "max_rounds"),
)
