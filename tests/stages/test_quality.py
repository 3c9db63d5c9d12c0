"""The quality stage: scores come from what ran, and from nothing else."""

from __future__ import annotations

import pytest
from designs import designed
from hypothesis import given
from hypothesis import strategies as st

from backend_agent import settings
from backend_agent.artifacts.findings import METRICS, WEIGHTS, CheckResult, Finding, Severity
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.testing import PlannedTest, TestingStrategy
from backend_agent.artifacts.verification import TestResult, VerificationReport
from backend_agent.settings import Settings
from backend_agent.stages import quality
from backend_agent.state import Artifacts

STAGES = ("api", "code", "database")


@st.composite
def results(draw: st.DrawFn) -> list[CheckResult]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        metric = draw(st.sampled_from(METRICS))
        severity: Severity = draw(st.sampled_from(list(WEIGHTS)))
        verdict = draw(st.sampled_from(["pass", "fail", "not_run"]))
        made.append(
            result(f"c{number}", verdict, metric=metric, severity=severity, stage=draw(st.sampled_from(STAGES)))
        )
    return made


def result(
    name: str,
    verdict: str,
    *,
    metric: str = "security",
    severity: Severity = "major",
    stage: str = "api",
    hint: str = "",
    reason: str = "no tool",
) -> CheckResult:
    finding = Finding(stage=stage, metric=metric, severity=severity, title=f"Fault {name}", evidence="here", hint=hint)
    return CheckResult(
        check=f"{stage}.{name}",
        metric=metric,
        weight=WEIGHTS[severity],
        verdict=verdict,
        reason=reason if verdict == "not_run" else "",
        findings=[finding] if verdict == "fail" else [],
    )


def assess(
    checks: list[CheckResult], previous: QualityAssessment | None = None, **changes: object
) -> QualityAssessment:
    state: dict[str, object] = {"records": {"api": {"checks": [check.to_state() for check in checks]}}}
    if previous is not None:
        state["quality"] = previous.to_state()
    with settings.use(Settings().with_changes(**changes)):
        return quality.STAGE.draft(Artifacts(state))


@given(results())
def test_scores_are_bounded_and_none_when_nothing_ran(checks: list[CheckResult]) -> None:
    assessment = assess(checks)
    assert [metric.metric for metric in assessment.metrics] == list(METRICS)
    for metric in assessment.metrics:
        ran = [c for c in checks if c.metric == metric.metric and c.verdict != "not_run"]
        assert (metric.score is None) == (not ran)
        assert metric.score is None or 0 <= metric.score <= 1
        assert metric.run_weight == sum(c.weight for c in ran)
    assert (assessment.overall_score is None) == (not [c for c in checks if c.verdict != "not_run"])
    assert 0 <= assessment.confidence_score <= (assessment.overall_score or 0)


@given(results(), st.data())
def test_a_check_that_passes_instead_of_failing_never_lowers_a_score(
    checks: list[CheckResult], data: st.DataObject
) -> None:
    failing = [n for n, check in enumerate(checks) if check.verdict == "fail"]
    if not failing:
        return
    number = data.draw(st.sampled_from(failing))
    better = [
        c.model_copy(update={"verdict": "pass", "findings": []}) if n == number else c for n, c in enumerate(checks)
    ]
    before, after = assess(checks), assess(better)
    assert (after.overall_score or 0) > (before.overall_score or 0)
    assert after.confidence_score > before.confidence_score
    for old, new in zip(before.metrics, after.metrics, strict=True):
        assert (new.score or 0) >= (old.score or 0)


@given(results(), st.sampled_from(METRICS))
def test_not_run_lowers_confidence_and_never_a_score(checks: list[CheckResult], metric: str) -> None:
    before, after = assess(checks), assess([*checks, result("extra", "not_run", metric=metric)])
    assert [m.score for m in before.metrics] == [m.score for m in after.metrics]
    assert before.overall_score == after.overall_score
    assert after.confidence_score <= before.confidence_score
    if before.confidence_score:
        assert after.confidence_score < before.confidence_score


@given(results())
def test_all_passing_is_one_and_the_order_does_not_matter(checks: list[CheckResult]) -> None:
    assert assess(checks).metrics == assess(checks[::-1]).metrics
    passing = [c.model_copy(update={"verdict": "pass", "findings": []}) for c in checks]
    if passing:
        assert (assess(passing).overall_score, assess(passing).confidence_score) == (1.0, 1.0)
        assert assess(passing).weak_stages == []


@given(results())
def test_findings_come_by_severity_and_none_is_lost(checks: list[CheckResult]) -> None:
    assessment = assess(checks)
    weights = [WEIGHTS[finding.severity] for finding in assessment.findings]
    assert weights == sorted(weights, reverse=True)
    assert len(assessment.findings) == sum(len(check.findings) for check in checks)
    assert assess(checks) == assessment


def test_by_hand() -> None:
    checks = [
        result("a", "pass", severity="critical"),
        result("b", "fail", severity="major"),
        result("c", "not_run", severity="minor"),
        result("d", "pass", metric="testability", severity="minor"),
    ]
    assessment = assess(checks)
    security = assessment.metrics[1]
    assert (security.passed_weight, security.run_weight, security.not_run_weight) == (5, 8, 1)
    assert security.score == 0.625
    assert assessment.overall_score == round((0.625 + 1) / 2, 4)
    assert assessment.confidence_score == round(assessment.overall_score * 9 / 10, 4)


def test_verifiers_count_and_name_what_would_run_them() -> None:
    report = VerificationReport(runs=[])
    assert quality.STAGE.draft(Artifacts({"verification": report.to_state(), "records": {}})).overall_score is None
    runs = [
        {
            "verifier": "types",
            "title": "T",
            "metric": "maintainability",
            "weight": 3,
            "tool": "mypy",
            "verdict": "not_run",
            "reason": "mypy is not installed: pip install 'backend-agent[verify]'",
        },
        {"verifier": "lint", "title": "L", "metric": "maintainability", "weight": 1, "tool": "ruff", "verdict": "pass"},
    ]
    assessment = quality.STAGE.draft(Artifacts({"verification": {"runs": runs}, "records": {}}))
    assert (assessment.overall_score, assessment.confidence_score) == (1.0, 0.25)
    assert assessment.recommendations == [
        "Not run, verify.types: mypy is not installed: pip install 'backend-agent[verify]'"
    ]


def test_recommendations_put_the_worst_first_and_count_the_rest() -> None:
    checks = [
        result("m", "fail", severity="minor", hint="tidy up"),
        result("c", "fail", severity="critical", stage="code"),
        result("n", "not_run", severity="critical", reason="no server"),
        result("o", "not_run", severity="minor", reason="no tool"),
    ]
    twice = checks[1].model_copy(
        update={
            "findings": [checks[1].findings[0]] * 1 + [checks[1].findings[0].model_copy(update={"evidence": "there"})]
        }
    )
    assert assess([checks[0], twice, *checks[2:]]).recommendations == [
        "Critical, code: Fault c: here (and 1 more)",
        "Minor, api: Fault m: here - tidy up",
        "Not run, api.n: no server",
        "Not run, api.o: no tool",
    ]


FAILING = [result("a", "fail"), result("b", "fail", stage="code"), result("c", "pass", stage="database")]


def test_weak_stages_own_what_fails() -> None:
    assert assess(FAILING).weak_stages == ["api", "code"]


def test_good_enough_sends_nothing_back() -> None:
    good = [*FAILING, *(result(f"p{n}", "pass") for n in range(5))]
    assert assess(good).weak_stages == []
    assert assess(good, threshold=0.9).weak_stages == ["api", "code"]


def test_anything_critical_sends_back() -> None:
    good = [result("x", "fail", severity="critical"), *(result(f"p{n}", "pass", severity="critical") for n in range(9))]
    assert assess(good).overall_score == 0.9
    assert assess(good).weak_stages == ["api"]


def test_the_same_failing_checks_are_not_tried_again() -> None:
    first = assess(FAILING)
    second = assess([FAILING[0], result("other", "fail", stage="code")], first)
    assert (first.round, second.round) == (1, 2)
    assert second.weak_stages == ["code"]
    assert assess(FAILING, first).weak_stages == []


@pytest.mark.parametrize(("most", "expected"), [(0, []), (1, ["api"]), (2, ["api"])])
def test_rounds_are_bounded(most: int, expected: list[str]) -> None:
    assessment = assess([result("a1", "fail")], max_rounds=most)
    assert assessment.weak_stages == expected
    for number in range(2, 6):
        assessment = assess([result(f"a{number}", "fail")], assessment, max_rounds=most)
        if not assessment.weak_stages:
            assert number == most + 1 or most == 0
            break


def test_a_new_cycle_counts_from_one() -> None:
    done = assess([result("a", "pass")])
    assert assess(FAILING, done).round == 1


def _proof(tests: list[TestResult]) -> CheckResult:
    plan = TestingStrategy(
        overview="",
        unit_testing=[PlannedTest(id="test_a", file="tests/test_a.py", kind="unit", proves="a", cites=["R-001"])],
        integration_testing=[
            PlannedTest(id="test_b", file="tests/test_a.py", kind="integration", proves="b", cites=["R-002", "R-003"])
        ],
        performance_testing=[],
        security_testing=[],
        e2e_testing=[],
        automation=[],
    )
    report = VerificationReport(runs=[], tests=tests)
    state = {"verification": report.to_state(), "testing": plan.to_state(), "records": {}}
    (check,) = quality.STAGE.draft(Artifacts(state)).results
    return check


def test_requirements_are_proved_by_tests_that_ran() -> None:
    def ran(requirement: str, verdict: str) -> TestResult:
        return TestResult(
            id=f"x::{requirement}{verdict}", verdict=verdict, database="sqlite", requirements=[requirement]
        )

    proved = [ran("R-001", "pass"), ran("R-002", "pass"), ran("R-003", "pass")]
    assert _proof(proved).verdict == "pass"
    assert _proof([]).verdict == "not_run"
    assert [f.evidence for f in _proof(proved[:2]).findings] == ["R-003: no test of it passed"]
    assert [f.evidence for f in _proof([*proved, ran("R-001", "fail")]).findings] == ["R-001: a test of it fails"]
    assert [f.evidence for f in _proof([ran("R-001", "skip"), *proved[1:]]).findings] == ["R-001: no test of it passed"]


def test_what_is_not_covered_costs_its_share() -> None:
    state = designed("bookshop")
    judged = quality.draft(Artifacts({**state, "records": {}}))
    verdicts = {r.check: r.verdict for r in judged.results if r.check.startswith("requirements.")}
    assert len(verdicts) == len(Artifacts(state).requirements.statements)
    assert verdicts["requirements.R-001"] == "pass"
    assert verdicts["requirements.R-007"] == "fail"  # checking out a cart: in part
    assert verdicts["requirements.R-011"] == "fail"  # an email
    covered = sum(verdict == "pass" for verdict in verdicts.values())
    scores = {metric.metric: metric.score for metric in judged.metrics}
    assert scores["architecture"] == round(covered / len(verdicts), 4)


def test_a_smaller_graph_answers_for_what_it_could_place() -> None:
    state = {k: v for k, v in designed("bookshop").items() if k in ("task", "requirements", "domain", "api")}
    judged = quality.draft(Artifacts({**state, "records": {}}))
    categories = {s.id: s.category for s in Artifacts(state).requirements.statements}
    asked = {r.check.removeprefix("requirements.") for r in judged.results}
    assert {categories[r] for r in asked} <= {"functional", "data"}
