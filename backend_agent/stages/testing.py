"""The testing stage: which tests the generated project gets, and what each proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import needs, slices
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.testing import PlannedKind, PlannedTest, TestingStrategy
from backend_agent.codegen.project_tests.plan import plan
from backend_agent.codegen.project_tests.wants import LOOKED_FOR
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts

READS = ("requirements", "domain", "api")


def draft(given: Artifacts) -> TestingStrategy:
    """Return the strategy: the planned tests by kind, and how they are run."""
    tests = [case.planned() for case in plan(given)]

    def of(kind: PlannedKind) -> list[PlannedTest]:
        return [t for t in tests if t.kind == kind]

    counts = Counter(t.kind for t in tests)
    files = len({t.file for t in tests})
    return TestingStrategy(
        overview=(
            f"{len(tests)} tests in {files} files call the service over its API, in one process with it, on a migrated "
            f"database: {counts['integration']} of behaviour, {counts['security']} of who may do what, "
            f"{counts['unit']} of what bodies and parameters may hold, {counts['performance']} of cost and "
            f"{counts['e2e']} of a whole journey. Each names the requirements that it proves."
        ),
        unit_testing=of("unit"),
        integration_testing=of("integration"),
        performance_testing=of("performance"),
        security_testing=of("security"),
        e2e_testing=of("e2e"),
        automation=[
            Measure(name="One command", detail="`make test` runs all tests on a temporary SQLite database."),
            Measure(
                name="Either database",
                detail="TEST_DATABASE_URL runs the same tests on PostgreSQL; the tables come from the migrations.",
                reason="What differs between databases shows before it matters.",
            ),
            Measure(
                name="Continuous integration",
                detail="The workflow runs linter, type checker and tests for each push, on both databases.",
            ),
            Measure(
                name="Traceability",
                detail="Each test carries its requirements as a mark; the JUnit report has them as properties.",
                reason="A failing test names the requirement that is broken.",
            ),
        ],
    )


def all_tests(strategy: TestingStrategy) -> list[PlannedTest]:
    """Return the planned tests of all kinds."""
    return [
        *strategy.unit_testing,
        *strategy.integration_testing,
        *strategy.performance_testing,
        *strategy.security_testing,
        *strategy.e2e_testing,
    ]


def _written(given: Artifacts) -> Iterator[str]:
    """Planned tests that the generator would not write, and those that it would write without a plan."""
    planned = {(t.file, t.id): t for t in all_tests(given.testing)}
    written = {(c.file, c.id): c.planned() for c in plan(given)}
    for file, name in sorted(planned.keys() - written.keys()):
        yield f"{file}::{name} is planned and not written"
    for file, name in sorted(written.keys() - planned.keys()):
        yield f"{file}::{name} is written and not planned"
    for key in sorted(planned.keys() & written.keys()):
        if planned[key].cites != written[key].cites:
            yield f"{key[0]}::{key[1]} is said to prove {planned[key].cites}, and proves {written[key].cites}"


def _known(given: Artifacts) -> Iterator[str]:
    """Tests that cite requirements which do not exist."""
    known = {s.id for s in given.requirements.statements}
    for test in all_tests(given.testing):
        for cite in test.cites:
            if cite not in known:
                yield f"{test.file}::{test.id} cites {cite}, which is no requirement"


def _rules_proved(given: Artifacts) -> Iterator[str]:
    """Rules whose requirements no test cites."""
    cited = {c for t in all_tests(given.testing) for c in t.cites}
    for rule in given.domain.rules:
        if rule.cites and not set(rule.cites) & cited:
            yield f"no test proves the {rule.kind} rule of {rule.entity} ({', '.join(rule.cites)})"


def _entities_tested(given: Artifacts) -> Iterator[str]:
    """Operations of the API that no test file is about."""
    files = {t.file for t in all_tests(given.testing)}
    for case_file, entity in sorted(_expected_files(given).items()):
        if case_file not in files:
            yield f"{entity} has endpoints and no tests"


def _expected_files(given: Artifacts) -> dict[str, str]:
    made = {e.entity for e in given.api.endpoints if e.kind == "create"}
    return {
        f"tests/test_{names.plural(e.name)}.py": e.name
        for e in given.domain.entities
        if e.name in made and e.kind == "record"
    }


CHECKS = (
    Check(
        name="planned_is_written",
        title="The planned tests are the tests of the generated project",
        metric="testability",
        severity="critical",
        find=_written,
        hint="Draft the strategy from the plan of the generated tests.",
    ),
    Check(
        name="cites_requirements",
        title="Planned tests cite requirements that exist",
        metric="testability",
        severity="major",
        find=_known,
        hint="Cite R-ids of the requirements analysis.",
    ),
    Check(
        name="rules_are_proved",
        title="Every business rule has a test",
        metric="testability",
        severity="major",
        find=_rules_proved,
        hint="Plan a test that fails when the rule's code is removed.",
    ),
    Check(
        name="entities_are_tested",
        title="Every entity with endpoints has tests",
        metric="testability",
        severity="major",
        find=_entities_tested,
        hint="Plan the tests of its operations.",
    ),
)

STAGE = Stage(
    name="testing",
    title="Testing strategy",
    artifact=TestingStrategy,
    reads=READS,
    draft=draft,
    checks=CHECKS,
    slices={
        "requirements": slices.wording(LOOKED_FOR, needs.SENTENCES, numbered=True),
        "domain": slices.elements,
    },
)
