"""The architecture stage: boundaries, fit and decisions follow from the task; each check catches its mutant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from designs import CASES, asking, designed, domain, failing, numbered, redesigned, task

from backend_agent.artifacts.architecture import ArchitectureDesign, ServiceBoundary
from backend_agent.artifacts.task import ArchitectureType, BackendTask
from backend_agent.patterns.boundaries import boundaries, crossings
from backend_agent.patterns.figures import figures
from backend_agent.patterns.fit import TYPES, judge, weigh
from backend_agent.patterns.profile import profile
from backend_agent.patterns.sizing import in_flight, sizing
from backend_agent.stages.architecture import CHECKS, STAGE

Design = ArchitectureDesign
FEED = {
    "project_name": "Feed",
    "requirements": [
        "Members are notified by email when somebody follows them.",
        "Teams deploy their parts independently.",
    ],
    "performance_requirements": {"throughput_rps": 5000, "read_write_ratio": 100},
}


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, designed(case)) == {}


@pytest.mark.parametrize("case", CASES)
def test_drafts_are_the_same_every_time(case: str) -> None:
    assert redesigned(case)["architecture"] == designed(case)["architecture"]


def test_boundaries_follow_ownership_and_reference() -> None:
    found = {b.name: b.entities for b in boundaries(domain("bookshop"))}
    assert found["books"] == ["Book", "Author", "Category"]
    assert found["carts"] == ["Cart", "CartItem"]
    assert found["orders"] == ["Order"]
    assert found["users"] == ["User"]


@pytest.mark.parametrize("case", CASES)
def test_references_between_boundaries_go_round_in_no_circle(case: str) -> None:
    edges = crossings(domain(case), boundaries(domain(case)))
    left = {name for pair in edges for name in pair}
    while free := {n for n in left if not any(a == n and b in left for a, b in edges)}:
        left -= free
    assert not left


def test_entities_that_refer_to_each_other_are_one_boundary() -> None:
    model = domain("bookshop")
    back = model.relations[4].model_copy(update={"name": "last_review", "source": "Order", "target": "Review"})
    there = back.model_copy(update={"name": "order", "source": "Review", "target": "Order"})
    model = model.model_copy(update={"relations": [*model.relations, back, there]})
    names = [b.entities for b in boundaries(model)]
    assert ["Order", "Review"] in names


@pytest.mark.parametrize("kind", get_args(ArchitectureType))
def test_every_type_is_weighed_for_every_task(kind: ArchitectureType) -> None:
    for case in CASES:
        fit = next(f for f in designed(case)["architecture"].fit if f.architecture_type == kind)
        assert 0 <= fit.score <= 100
        assert fit.reasons


def test_a_small_task_wants_few_parts() -> None:
    scores = {f.architecture_type: f.score for f in designed("todo")["architecture"].fit}
    assert scores["layered"] == max(scores.values())
    assert scores["microservices"] == min(scores.values())


def test_load_teams_and_reactions_speak_for_parts() -> None:
    given = BackendTask.model_validate(FEED)
    calm = {f.architecture_type: f.score for f in weigh(profile(task("todo"), numbered(task("todo")), domain("todo")))}
    busy = {f.architecture_type: f.score for f in weigh(profile(given, numbered(given), domain("todo")))}
    assert busy["microservices"] > calm["microservices"]
    assert busy["event_driven"] > calm["event_driven"]
    assert busy["layered"] < calm["layered"]


def test_a_poor_fit_is_said_and_kept() -> None:
    poor = task("todo").model_copy(update={"architecture_type": "clean_architecture"})
    design = redesigned("todo", task=poor)["architecture"]
    assert design.architecture_type == "clean_architecture"
    assert "poor fit" in design.decisions[0].title
    assert "layered architecture" in design.decisions[0].alternatives
    assert "fits poorly" in design.overview
    assert judge(profile(poor, numbered(poor), domain("todo")), design.fit, "clean_architecture").poor


def test_what_has_no_code_is_cited_by_no_decision() -> None:
    decisions = designed("bookshop")["architecture"].decisions
    cited = {c for d in decisions for c in d.cites}
    outside = {s.id for s in numbered(task("bookshop")).statements if s.category == "integration"}
    assert outside
    assert not cited & outside
    assert "R-011" not in cited
    assert "SMTP" in next(d for d in decisions if d.title.startswith("Other systems")).choice


def test_decisions_are_those_of_the_task() -> None:
    titles = {case: {d.title for d in designed(case)["architecture"].decisions} for case in CASES}
    assert "Trees are kept as parent references" in titles["bookshop"]
    assert "Trees are kept as parent references" not in titles["todo"]
    assert "Protection inside the service" in titles["bank"]
    assert "Derived values are computed, not stored" in titles["clinic"]
    assert "SQLite is the only store" in titles["todo"]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("The system should answer searches within half a second with 50 people using it.", "latency", 500),
        ("The system should answer searches within half a second with 50 people using it.", "users", 50),
        ("Requests are answered in less than 200 ms.", "latency", 200),
        ("It must handle 1,500 requests per second.", "throughput", 1500),
        ("It must handle 600 requests per minute.", "throughput", 10),
        ("Support 200 concurrent users", "users", 200),
    ],
)
def test_figures_are_read_from_sentences(text: str, name: str, value: float) -> None:
    found = getattr(figures(task("todo"), asking(text, category="performance")), name)
    assert found.value == value
    assert found.cites == ["R-001"]


def test_sizing_grows_with_load_and_fits_the_database() -> None:
    for rate in (10, 300, 1000, 5000, 100_000):
        busy = task("bookshop").model_copy(
            update={"performance_requirements": task("bookshop").performance_requirements.model_copy(
                update={"throughput_rps": float(rate)})}
        )  # fmt: skip
        found = figures(busy, numbered(busy))
        size = sizing(found, "postgresql", "kubernetes")
        assert 2 <= size.replicas <= size.replicas_max <= 20
        assert size.connections <= 80
        assert in_flight(found, size.replicas) >= 1
    assert sizing(found, "sqlite", "kubernetes").replicas_max == 1


def _without(design: Design, name: str) -> Design:
    return design.model_copy(update={"service_boundaries": [b for b in design.service_boundaries if b.name != name]})


def _boundary(design: Design, *found: ServiceBoundary) -> Design:
    return design.model_copy(update={"service_boundaries": [*design.service_boundaries, *found]})


def _component(design: Design, **changes: Any) -> Design:
    first, *rest = design.components
    return design.model_copy(update={"components": [first.model_copy(update=changes), *rest]})


def _apart(design: Design) -> Design:
    found = [b.model_copy(update={"entities": ["Cart"]}) if b.name == "carts" else b for b in design.service_boundaries]
    alone = ServiceBoundary(name="cart_items", entities=["CartItem"], reason="")
    return design.model_copy(update={"service_boundaries": [*found, alone]})


def _pattern(design: Design, **changes: Any) -> Design:
    pattern = design.communication_patterns[0].model_copy(update=changes)
    return design.model_copy(update={"communication_patterns": [*design.communication_patterns, pattern]})


def _fit(design: Design, **changes: Any) -> Design:
    first, *rest = design.fit
    return design.model_copy(update={"fit": [first.model_copy(update=changes), *rest]})


MUTANTS: dict[str, Callable[[Design], Design]] = {
    "requested_kept": lambda d: d.model_copy(update={"architecture_type": "layered"}),
    "fit_complete": lambda d: d.model_copy(update={"fit": d.fit[1:]}),
    "fit_derived": lambda d: _fit(d, score=1),
    "boundaries_partition": lambda d: _without(d, "orders"),
    "parts_with_owners": _apart,
    "no_circles": lambda d: _component(d, depends_on=["orders"]),
    "components_known": lambda d: _component(d, entities=["Ghost"]),
    "database_behind": lambda d: _pattern(d, target="Database", style="sql"),
    "decisions_cite": lambda d: d.model_copy(
        update={"decisions": [d.decisions[0].model_copy(update={"cites": ["R-999"]})]}
    ),
    "rules_decided": lambda d: d.model_copy(update={"decisions": d.decisions[:1]}),
    "scales": lambda d: d.model_copy(update={"scalability_strategy": []}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_check_catches_its_mutant(name: str) -> None:
    state = designed("bookshop")
    mutant = MUTANTS[name](state["architecture"])
    assert name in failing(STAGE, {**state, "architecture": mutant})


def test_an_unsaid_poor_fit_is_caught() -> None:
    poor = task("todo").model_copy(update={"architecture_type": "clean_architecture"})
    state = redesigned("todo", task=poor)
    quiet = state["architecture"].model_copy(update={"decisions": state["architecture"].decisions[1:]})
    assert "poor_fit_said" in failing(STAGE, {**state, "architecture": quiet})


def test_an_entity_in_two_boundaries_is_caught() -> None:
    state = designed("bookshop")
    twice = _boundary(state["architecture"], ServiceBoundary(name="more", entities=["Book"], reason=""))
    assert "boundaries_partition" in failing(STAGE, {**state, "architecture": twice})


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in CHECKS} == {*MUTANTS, "poor_fit_said"}
    assert set(TYPES) == set(get_args(ArchitectureType))
