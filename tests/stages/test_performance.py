"""The performance stage: figures become targets, only public reads are kept; each check catches its mutant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from designs import CASES, designed, failing, numbered, redesigned, task

from backend_agent.artifacts.performance import CacheEntry, ConnectionPool, PerformancePlan
from backend_agent.stages.performance import STAGE

Plan = PerformancePlan


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, designed(case)) == {}


def test_figures_become_targets_that_cite_their_statement() -> None:
    found = {t.metric: t for t in designed("bookshop")["performance"].performance_targets}
    assert {name: t.value for name, t in found.items()} == {"p95_latency_ms": 100, "throughput_rps": 300}
    texts = {s.id: s.text for s in numbered(task("bookshop")).statements}
    assert "100 ms" in texts[found["p95_latency_ms"].cites[0]]


def test_only_public_reads_are_kept() -> None:
    kept = {c.operation_id: c.max_age_seconds for c in designed("bookshop")["performance"].caching_strategy}
    assert kept == {"list_books": 30, "read_book": 60}
    assert designed("clinic")["performance"].caching_strategy == []


def test_nothing_is_kept_when_nothing_asks_for_speed() -> None:
    calm = task("bookshop").model_copy(update={"performance_requirements": task("todo").performance_requirements})
    plan = redesigned("bookshop", task=calm, requirements=numbered(calm))["performance"]
    assert plan.caching_strategy == []
    assert plan.cdn_strategy == []
    assert plan.performance_targets == []


def test_redis_is_not_claimed() -> None:
    assert "redis" not in designed("bookshop")["performance"].model_dump_json().lower()


def test_every_index_of_the_schema_has_its_reason() -> None:
    state = designed("bookshop")
    text = " ".join(m.detail for m in state["performance"].database_optimization)
    for table in state["database"].tables:
        for index in table.indexes:
            assert index.name in text


def _pool(size: int, overflow: int) -> Callable[[Plan], Plan]:
    return lambda p: p.model_copy(update={"connection_pool": ConnectionPool(size=size, overflow=overflow)})


def _cache(**changes: Any) -> Callable[[Plan], Plan]:
    base: dict[str, Any] = {"operation_id": "list_books", "max_age_seconds": 30, "scope": "public", **changes}
    return lambda p: p.model_copy(update={"caching_strategy": [*p.caching_strategy, CacheEntry(**base)]})


MUTANTS: list[tuple[str, Callable[[Plan], Plan]]] = [
    ("targets", lambda p: p.model_copy(update={"performance_targets": p.performance_targets[1:]})),
    (
        "targets",
        lambda p: p.model_copy(
            update={"performance_targets": [t.model_copy(update={"value": 9.0}) for t in p.performance_targets]}
        ),
    ),
    ("targets_watched", lambda p: p.model_copy(update={"monitoring": p.monitoring[:1]})),
    ("caches_public", _cache(operation_id="list_orders")),
    ("caches_public", _cache(operation_id="create_book")),
    ("caches_public", _cache(scope="private")),
    ("caches_short", _cache(max_age_seconds=86400)),
    ("caches_used", lambda p: p.model_copy(update={"caching_strategy": []})),
    ("lists_bounded", lambda p: p.model_copy(update={"max_page_size": 50})),
    ("lists_bounded", lambda p: p.model_copy(update={"default_page_size": 500})),
    ("pool_fits", _pool(80, 80)),
    ("pool_enough", _pool(1, 0)),
    ("indexes_named", lambda p: p.model_copy(update={"database_optimization": p.database_optimization[1:]})),
]


@pytest.mark.parametrize(("name", "mutate"), MUTANTS)
def test_a_check_catches_its_mutant(name: str, mutate: Callable[[Plan], Plan]) -> None:
    state = designed("bookshop")
    assert name in failing(STAGE, {**state, "performance": mutate(state["performance"])})


def test_a_filter_without_an_index_is_caught() -> None:
    state = designed("bookshop")
    bare = [t.model_copy(update={"indexes": [], "unique_constraints": []}) for t in state["database"].tables]
    database = state["database"].model_copy(update={"tables": bare})
    assert "filters_indexed" in failing(STAGE, {**state, "database": database})


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in STAGE.checks} == {name for name, _ in MUTANTS} | {"filters_indexed"}
