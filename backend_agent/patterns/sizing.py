"""Sizing: how many processes and database connections the figures ask for. Performance and deployment share it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend_agent.artifacts.performance import ConnectionPool
from backend_agent.artifacts.task import DatabaseType
from backend_agent.patterns.figures import Figures

REPLICA_RPS = 400
"""Requests a second that one replica on one core is planned for: about half of what a read by id reaches when measured,
so that lists, writes and a replica that restarts have room."""
DATABASE_CONNECTIONS = 100
"""PostgreSQL's `max_connections` as shipped."""
RESERVED_CONNECTIONS = 20
"""Kept for migrations, backups and people."""
MAX_REPLICAS = 20


@dataclass(frozen=True)
class Sizing:
    """The outcome. `replicas` is what runs in normal times, `replicas_max` what autoscaling may reach."""

    replicas: int
    replicas_max: int
    pool: ConnectionPool
    connections: int
    """Database connections when every replica has its pool and overflow in use."""
    connections_needed: bool
    """Whether more is needed than the database gives as shipped."""


def in_flight(figures: Figures, replicas: int) -> int:
    """Return how many requests one replica works on at once: by Little's law, rate times latency."""
    latency = figures.latency.value if figures.latency else 200.0
    return math.ceil(figures.requests_per_second / replicas * latency / 1000)


def sizing(figures: Figures, database: DatabaseType, platform: str) -> Sizing:
    """Return replicas and pool for the figures.

    SQLite is one file: one replica. On Kubernetes at least two, so that a node may go. A request holds a connection
    while its statements run.
    """
    if database == "sqlite":
        return Sizing(1, 1, ConnectionPool(size=5, overflow=5), 10, False)
    load = figures.requests_per_second
    replicas = min(MAX_REPLICAS, max(2 if platform == "kubernetes" else 1, math.ceil(load / REPLICA_RPS)))
    replicas_max = min(MAX_REPLICAS, replicas * 2 if platform == "kubernetes" else replicas)
    budget = (DATABASE_CONNECTIONS - RESERVED_CONNECTIONS) // replicas_max
    total = min(max(10, in_flight(figures, replicas)), max(4, budget))
    size = max(2, math.ceil(total / 2))
    overflow = max(1, total - size)
    connections = replicas_max * (size + overflow)
    return Sizing(
        replicas,
        replicas_max,
        ConnectionPool(size=size, overflow=overflow),
        connections,
        connections > DATABASE_CONNECTIONS - RESERVED_CONNECTIONS,
    )
