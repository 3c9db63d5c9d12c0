"""performance: targets from the task's figures, and what is done to reach them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backend_agent.artifacts import slices
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.database import Measure, Table
from backend_agent.artifacts.performance import CacheEntry, PerformancePlan
from backend_agent.patterns.figures import SENTENCES, SOURCES, Figures, figures, task_seen
from backend_agent.patterns.sizing import (
    DATABASE_CONNECTIONS,
    RESERVED_CONNECTIONS,
    Sizing,
    in_flight,
    sizing,
)
from backend_agent.patterns.wording import listed
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts

READ_SECONDS = 60
"""How long a public row may be shown after it changed."""
LIST_SECONDS = 30
"""How long a public list may be shown after it changed."""
MAX_SECONDS = 300


def draft(given: Artifacts) -> PerformancePlan:
    """Return the plan: nothing that the generated service does not do."""
    wanted, size = _sized(given)
    lists = [p for e in given.api.endpoints for p in e.parameters if p.purpose == "limit"]
    standard = PerformancePlan.model_fields
    return PerformancePlan(
        caching_strategy=_caching(given, wanted),
        database_optimization=_database(given),
        connection_pool=size.pool,
        max_page_size=int(max((p.maximum or 0 for p in lists), default=0)) or standard["max_page_size"].default,
        default_page_size=next((int(p.default) for p in lists if p.default), standard["default_page_size"].default),
        load_balancing=_load_balancing(wanted, size),
        asynchronous_processing=_asynchronous(given),
        cdn_strategy=_cdn(given, wanted),
        monitoring=_monitoring(wanted),
        performance_targets=wanted.targets,
    )


def _sized(given: Artifacts) -> tuple[Figures, Sizing]:
    wanted = figures(given.task, given.requirements)
    return wanted, sizing(wanted, given.database.database_type, given.task.deployment_requirements.platform)


def _public_reads(given: Artifacts) -> list[Endpoint]:
    return [e for e in given.api.endpoints if e.access.public and e.kind in ("list", "read")]


def _caching(given: Artifacts, wanted: Figures) -> list[CacheEntry]:
    """Public rows may be kept for a moment when the task gives a figure to reach; else answers are always fresh."""
    if not (wanted.targets or wanted.read_write_ratio):
        return []
    return [
        CacheEntry(
            operation_id=e.operation_id,
            max_age_seconds=LIST_SECONDS if e.kind == "list" else READ_SECONDS,
            scope="public",
            cites=wanted.cites,
        )
        for e in _public_reads(given)
    ]


def _indexes(table: Table) -> Measure:
    names = [f"{i.name} ({', '.join(i.columns)})" for i in table.indexes]
    return Measure(
        name=f"Indexes on {table.name}",
        detail="; ".join(names),
        reason="; ".join(dict.fromkeys(i.reason for i in table.indexes if i.reason)),
        cites=table.cites,
    )


def _database(given: Artifacts) -> list[Measure]:
    measures = [_indexes(t) for t in given.database.tables if t.indexes]
    measures.append(
        Measure(
            name="Reads without a transaction",
            detail="A read is one statement on a connection in autocommit; only writes open a transaction.",
            reason="It saves two round trips to the database for every GET.",
        )
    )
    if given.api.pagination == "cursor":
        measures.append(
            Measure(
                name="Pages by cursor",
                detail="The next page starts behind the last row's sort value and id.",
                reason="Page 1,000 costs what page 1 costs, and rows that arrive meanwhile do not shift it.",
            )
        )
    return measures


def _load_balancing(wanted: Figures, size: Sizing) -> list[Measure]:
    if size.replicas_max == 1:
        return []
    load = f"{wanted.requests_per_second:.0f} requests a second" if wanted.requests_per_second else "a node may go away"
    return [
        Measure(
            name="Any replica takes any request",
            detail=f"{size.replicas} to {size.replicas_max} replicas behind one address; only those that "
            "/readyz calls ready.",
            reason=f"{load[0].upper()}{load[1:]}; a token is checked without asking anybody.",
            cites=wanted.cites,
        )
    ]


def _asynchronous(given: Artifacts) -> list[Measure]:
    writes = [e.operation_id for e in given.api.endpoints if e.kind in ("register", "login")]
    return [
        Measure(
            name="Waiting costs no thread",
            detail="Requests wait for the database on an event loop; one process serves many at once.",
            reason="Most of a request's time is spent waiting.",
        ),
        Measure(
            name="Hashing beside the event loop",
            detail=f"argon2 runs in a worker thread ({listed(writes)}).",
            reason="A password's hash takes tens of milliseconds of one core, during which others must be served.",
        ),
    ]


def _cdn(given: Artifacts, wanted: Figures) -> list[Measure]:
    cached = _caching(given, wanted)
    if not cached:
        return []
    return [
        Measure(
            name="Public reads at the edge",
            detail=f"A CDN may keep {listed(c.operation_id for c in cached)}: asked without a token, they answer "
            "Cache-Control public with their max-age and Vary: Authorization; everything else is no-store.",
            reason="What is the same for everyone need not reach the service.",
            cites=wanted.cites,
        )
    ]


def _monitoring(wanted: Figures) -> list[Measure]:
    measures = [
        Measure(
            name="Requests by route",
            detail="/metrics counts requests by method, route and status and measures their time.",
            reason="A slow route is found by its name.",
        )
    ]
    words = {
        "p95_latency_ms": ("Latency", "Alert when the 95th percentile of five minutes passes {:g} ms."),
        "throughput_rps": ("Throughput", "Compare requests a second with the {:g} that were asked for."),
        "concurrent_users": ("Concurrent users", "Compare requests in progress with what {:g} users at once cause."),
    }
    for target in wanted.targets:
        name, detail = words[target.metric]
        measures.append(
            Measure(name=name, detail=detail.format(target.value), reason="The task's own figure.", cites=target.cites)
        )
    return measures


def _targets(given: Artifacts) -> Iterator[str]:
    held = {t.metric: t.value for t in given.performance.performance_targets}
    for target in figures(given.task, given.requirements).targets:
        if target.metric not in held:
            yield f"{target.metric} {target.value:g} is asked for and no target"
        elif held[target.metric] != target.value:
            yield f"{target.metric}: asked for {target.value:g}, planned {held[target.metric]:g}"


def _targets_watched(given: Artifacts) -> Iterator[str]:
    texts = [m.detail for m in given.performance.monitoring]
    for target in given.performance.performance_targets:
        if not any(f"{target.value:g}" in text for text in texts):
            yield f"nothing watches {target.metric} {target.value:g}"


def _caches_public(given: Artifacts) -> Iterator[str]:
    allowed = {e.operation_id for e in _public_reads(given)}
    for entry in given.performance.caching_strategy:
        if entry.operation_id not in allowed:
            yield f"{entry.operation_id} may be cached, and is no public read"
        if entry.scope == "private":
            yield f"{entry.operation_id}: private answers are never kept"


def _caches_short(given: Artifacts) -> Iterator[str]:
    for entry in given.performance.caching_strategy:
        if not 0 < entry.max_age_seconds <= MAX_SECONDS:
            yield f"{entry.operation_id} is kept {entry.max_age_seconds} s"


def _caches_used(given: Artifacts) -> Iterator[str]:
    planned = {c.operation_id for c in given.performance.caching_strategy}
    for entry in _caching(given, figures(given.task, given.requirements)):
        if entry.operation_id not in planned:
            yield f"{entry.operation_id} is the same for everyone and always computed"


def _lists_bounded(given: Artifacts) -> Iterator[str]:
    plan = given.performance
    if not 1 <= plan.default_page_size <= plan.max_page_size <= 1000:
        yield f"pages of {plan.default_page_size} up to {plan.max_page_size} rows"
    for endpoint in given.api.endpoints:
        if endpoint.kind != "list":
            continue
        limit = next((p for p in endpoint.parameters if p.purpose == "limit"), None)
        if limit is None or limit.maximum is None:
            yield f"{endpoint.operation_id} has no limit"
        elif limit.maximum > plan.max_page_size:
            yield f"{endpoint.operation_id} gives {limit.maximum:g} rows, the plan allows {plan.max_page_size}"


def _pool_fits(given: Artifacts) -> Iterator[str]:
    """All replicas together must leave the database room."""
    if given.database.database_type == "sqlite":
        return
    _, size = _sized(given)
    pool = given.performance.connection_pool
    total = size.replicas_max * (pool.size + pool.overflow)
    if total > DATABASE_CONNECTIONS - RESERVED_CONNECTIONS:
        yield (
            f"{size.replicas_max} replicas with {pool.size} + {pool.overflow} connections need {total}; "
            f"{DATABASE_CONNECTIONS - RESERVED_CONNECTIONS} are there"
        )
    if pool.size < 1 or pool.overflow < 0:
        yield f"a pool of {pool.size} + {pool.overflow}"


def _pool_enough(given: Artifacts) -> Iterator[str]:
    if given.database.database_type == "sqlite":
        return
    wanted, size = _sized(given)
    pool = given.performance.connection_pool
    needed = min(
        in_flight(wanted, size.replicas), math.floor((DATABASE_CONNECTIONS - RESERVED_CONNECTIONS) / size.replicas_max)
    )
    if pool.size + pool.overflow < needed:
        yield f"{needed} requests are in flight in each replica, {pool.size + pool.overflow} connections are there"


def _indexes_named(given: Artifacts) -> Iterator[str]:
    known = {i.name for t in given.database.tables for i in t.indexes}
    text = " ".join(m.detail for m in given.performance.database_optimization if m.name.startswith("Indexes on "))
    for name in sorted(known):
        if name not in text:
            yield f"index {name} is not in the plan"
    for word in text.replace(";", " ").split():
        if word.startswith(("ix_", "uq_")) and word not in known:
            yield f"the plan names {word}, which the schema does not have"


def _filters_indexed(given: Artifacts) -> Iterator[str]:
    """A list that is narrowed by a reference finds its rows by an index."""
    database = given.database
    for endpoint in given.api.endpoints:
        if endpoint.kind != "list" or not endpoint.entity:
            continue
        table = database.table_of(endpoint.entity)
        leading = {i.columns[0] for i in table.indexes if i.columns}
        leading |= {u.columns[0] for u in table.unique_constraints if u.columns} | {table.primary_key.columns[0]}
        foreign = {k.column for k in table.foreign_keys}
        for parameter in endpoint.parameters:
            if parameter.purpose == "filter" and parameter.type == "uuid" and parameter.field:
                column = next((c.name for c in table.columns if c.field == parameter.field), None)
                if column in foreign and column not in leading:
                    yield f"{endpoint.operation_id} filters by {table.name}.{column}, which no index leads with"


CHECKS = (
    Check("targets", "Every figure of the task is a target", "performance", "major", _targets),
    Check("targets_watched", "Every target is watched", "performance", "minor", _targets_watched),
    Check("caches_public", "Only public reads are cached", "security", "critical", _caches_public),
    Check("caches_short", "Cached answers are fresh enough", "performance", "minor", _caches_short),
    Check(
        "caches_used", "Public reads are cached when figures are to be reached", "performance", "minor", _caches_used
    ),
    Check("lists_bounded", "Every list is bounded", "scalability", "major", _lists_bounded),
    Check("pool_fits", "Pools of all replicas fit the database", "scalability", "major", _pool_fits),
    Check("pool_enough", "Pools hold the requests in flight", "performance", "major", _pool_enough),
    Check("indexes_named", "The plan names the indexes that exist", "maintainability", "minor", _indexes_named),
    Check("filters_indexed", "Filters by a reference are indexed", "performance", "major", _filters_indexed),
)

STAGE = Stage(
    name="performance",
    title="Performance",
    artifact=PerformancePlan,
    reads=("task", "requirements", "database", "api"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": task_seen,
        "requirements": slices.wording(sentences=SENTENCES, sources=SOURCES),
    },
)
