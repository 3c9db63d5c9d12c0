"""Strategies: what the generated service does about scale, failure, attack and observation, for one task."""

from __future__ import annotations

from backend_agent.artifacts.database import Measure
from backend_agent.names import title
from backend_agent.patterns.sizing import sizing
from backend_agent.patterns.subject import Subject
from backend_agent.patterns.wording import cited, listed, sentence, things


def scalability(s: Subject) -> list[Measure]:
    """How it grows."""
    figures, task = s.profile.figures, s.task
    size = sizing(figures, task.database_requirements.type, task.deployment_requirements.platform)
    load = (
        f"{figures.requests_per_second:.0f} requests a second" if figures.requests_per_second else "no figure is given"
    )
    span = f"{size.replicas}" if size.replicas == size.replicas_max else f"{size.replicas} to {size.replicas_max}"
    measures = [
        Measure(
            name="Stateless processes",
            detail="A request can be served by any process: the caller is in the token, all state is in the database.",
            reason=sentence(f"{load}; planned for {span} replica{'' if span == '1' else 's'}"),
            cites=figures.cites,
        ),
        Measure(
            name="Bounded lists",
            detail=f"Every list has a limit of at most 100 rows and pages by {task.api_requirements.pagination}.",
            reason=sentence(f"{listed(things(e.name) for e in s.records)} grow without end, an answer does not"),
            cites=cited(s.profile.entity_cites),
        ),
    ]
    if task.database_requirements.type == "sqlite":
        measures.append(
            Measure(
                name="One process on SQLite",
                detail="SQLite takes one writer at a time from one machine; set DATABASE_URL to PostgreSQL to "
                "run more replicas.",
                reason="The task asks for SQLite.",
            )
        )
    else:
        measures.append(
            Measure(
                name="Sized connection pools",
                detail=f"{size.pool.size} connections and {size.pool.overflow} more at need in each process: "
                f"{size.connections} when all of {size.replicas_max} are busy.",
                reason="PostgreSQL takes 100 connections as shipped; 20 of them are kept for migrations and people.",
                cites=figures.cites,
            )
        )
    return measures


def reliability(s: Subject) -> list[Measure]:
    """What happens when something fails."""
    edited = listed(things(e.name) for e in s.records if e.kind == "record")
    measures = [
        Measure(
            name="One transaction for each write",
            detail="Everything that a request writes is written together or not at all.",
            reason=sentence(f"{s.profile.guards} rules and {len(s.domain.relations)} references are decided in it"),
            cites=cited(s.profile.rule_cites),
        ),
        Measure(
            name="Optimistic locking",
            detail="Rows carry a version; an update with an old one is answered with 409 instead of overwriting.",
            reason=sentence(f"two people can edit the same of {edited} at once"),
            cites=cited(s.profile.entity_cites),
        ),
        Measure(
            name="Health and readiness",
            detail="/healthz says that the process lives, /readyz that the database answers; traffic goes to "
            "ready ones only.",
            reason="A process without its database must not be sent requests, and need not be killed.",
        ),
    ]
    if s.lifecycles:
        measures.insert(
            1,
            Measure(
                name="Conditional transitions",
                detail=sentence(f"States of {listed(things(r.entity) for r in s.lifecycles)} move in one statement"),
                reason="A request sent twice moves a state once.",
                cites=cited(c for r in s.lifecycles for c in r.cites),
            ),
        )
    return measures


def security(s: Subject) -> list[Measure]:
    """What stands between a caller and a row."""
    roles = listed(title(a.name) for a in s.domain.actors) or "none but the account itself"
    measures = [
        Measure(
            name="Access decided at every endpoint",
            detail=sentence(f"each endpoint names who may call it; roles: {roles}"),
            reason="One place to read, one to test.",
            cites=cited(c for r in s.domain.rules if r.kind in ("role", "public") for c in r.cites),
        )
    ]
    if s.owned:
        measures.append(
            Measure(
                name="Ownership in the query",
                detail=sentence(
                    f"{listed(things(r.entity) for r in s.owned)} are read and written only where they belong "
                    "to the caller"
                ),
                reason="What is not selected cannot leak.",
                cites=cited(c for r in s.owned for c in r.cites),
            )
        )
    if s.encrypted:
        measures.append(
            Measure(
                name="Encrypted columns",
                detail=sentence(listed((f"{title(e.entity)} {title(e.field)}" for e in s.encrypted), 12)),
                reason="A copy of the database shows nothing without the key.",
                cites=cited(c for e in s.encrypted for c in e.cites),
            )
        )
    if s.audit:
        measures.append(
            Measure(
                name="Audit log",
                detail="Each change is recorded with who, what and when, in the transaction of the change.",
                reason="Asked for by the task.",
                cites=s.audit,
            )
        )
    return measures


def observability(s: Subject) -> list[Measure]:
    """How one sees what it does."""
    latency = s.profile.figures.latency
    goal = f"; alert when the 95th percentile passes {latency.value:g} ms" if latency else ""
    return [
        Measure(
            name="Request ids and JSON logs",
            detail="Every answer carries X-Request-ID; every log line of the request carries it too.",
            reason="One search shows all that happened for one caller's complaint.",
        ),
        Measure(
            name="Metrics",
            detail=sentence(f"/metrics counts and times requests by route and status{goal}"),
            reason="Figures of the task can be compared with what is measured."
            if goal
            else "Growth and failure show in it.",
            cites=latency.cites if latency else [],
        ),
    ]
