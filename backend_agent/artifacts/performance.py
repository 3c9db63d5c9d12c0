"""PerformancePlan: targets, and what is done to reach them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure


class CacheEntry(Artifact):
    """An answer that may be kept by clients and proxies."""

    operation_id: str
    max_age_seconds: int
    """0: kept, but asked again with its ETag."""
    scope: Literal["public", "private"]
    cites: list[str] = Field(default_factory=list)


class PerformanceTarget(Artifact):
    metric: Literal["p95_latency_ms", "throughput_rps", "concurrent_users"]
    value: float
    cites: list[str] = Field(default_factory=list)


class ConnectionPool(Artifact):
    size: int = 10
    overflow: int = 10
    recycle_seconds: int = 1800


class PerformancePlan(Artifact):
    caching_strategy: list[CacheEntry]
    database_optimization: list[Measure]
    connection_pool: ConnectionPool = ConnectionPool()
    max_page_size: int = 100
    default_page_size: int = 20
    load_balancing: list[Measure]
    asynchronous_processing: list[Measure]
    cdn_strategy: list[Measure]
    monitoring: list[Measure]
    performance_targets: list[PerformanceTarget]
