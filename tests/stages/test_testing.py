"""The testing stage: the plan of the generated tests by kind; each check catches its mutant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from codegen.project_tests.club import planned
from designs import CASES, designed, failing

from backend_agent.artifacts.testing import PlannedTest, TestingStrategy
from backend_agent.codegen.project_tests.plan import plan
from backend_agent.stages.testing import STAGE, all_tests
from backend_agent.state import Artifacts

Mutant = Callable[[TestingStrategy], TestingStrategy]


def with_strategy(case: str, mutate: Mutant = lambda s: s) -> dict[str, Any]:
    state = designed(case)
    return {**state, "testing": mutate(STAGE.draft(Artifacts(state, STAGE.reads)))}


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, with_strategy(case)) == {}


def test_the_strategy_lists_each_planned_test_once() -> None:
    given = planned(designed("bookshop"))
    listed = sorted((t.file, t.id) for t in all_tests(given.testing))
    assert listed == sorted((c.file, c.id) for c in plan(given))
    assert len(listed) == len(set(listed))


def test_kinds_are_kept_apart() -> None:
    strategy = with_strategy("bookshop")["testing"]
    for name in ("unit", "integration", "performance", "security", "e2e"):
        tests: list[PlannedTest] = getattr(strategy, f"{name}_testing")
        assert tests
        assert {t.kind for t in tests} == {name}


def _first(change: Callable[[PlannedTest], PlannedTest | None]) -> Mutant:
    def mutate(strategy: TestingStrategy) -> TestingStrategy:
        first, *rest = strategy.integration_testing
        changed = change(first)
        return strategy.model_copy(update={"integration_testing": [*([changed] if changed else []), *rest]})

    return mutate


def _without(word: str) -> Mutant:
    def mutate(strategy: TestingStrategy) -> TestingStrategy:
        names = ("unit", "integration", "performance", "security", "e2e")
        return strategy.model_copy(
            update={f"{n}_testing": [t for t in getattr(strategy, f"{n}_testing") if word not in t.file] for n in names}
        )

    return mutate


def _uncited(requirement: str) -> Mutant:
    def mutate(strategy: TestingStrategy) -> TestingStrategy:
        names = ("unit", "integration", "performance", "security", "e2e")
        return strategy.model_copy(
            update={
                f"{n}_testing": [
                    t.model_copy(update={"cites": [c for c in t.cites if c != requirement]})
                    for t in getattr(strategy, f"{n}_testing")
                ]
                for n in names
            }
        )

    return mutate


@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        (_first(lambda t: t.model_copy(update={"id": "test_something_else"})), "planned_is_written"),
        (_first(lambda t: None), "planned_is_written"),
        (_first(lambda t: t.model_copy(update={"cites": ["R-999"]})), "cites_requirements"),
        (_uncited("R-009"), "rules_are_proved"),
        (_without("test_reviews"), "entities_are_tested"),
    ],
    ids=["renamed", "left-out", "unknown-requirement", "unproved-rule", "untested-entity"],
)
def test_each_check_catches_its_mutant(mutant: Mutant, check: str) -> None:
    assert check in failing(STAGE, with_strategy("bookshop", mutant))
