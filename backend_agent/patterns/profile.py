"""Profile: what a task is like, as far as the choice of an architecture cares."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_agent.artifacts import needs, slices
from backend_agent.artifacts.architecture import ServiceBoundary
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.patterns.boundaries import boundaries, crossings
from backend_agent.patterns.figures import SENTENCES as FIGURES
from backend_agent.patterns.figures import SOURCES, Figures, figures

_REACTION = re.compile(
    r"\b(?:notif(?:y|ied|ies|ication)|emailed|told by|receives? an? (?:e-?mail|message|sms|alert)|"
    r"is (?:sent|informed|alerted)|publish(?:es|ed)? (?:an? )?events?|webhook)",
    re.IGNORECASE,
)
_TEAMS = re.compile(
    r"\b(?:teams?\b.*\b(?:own|independent|separate|parallel)|deploy(?:ed|s)? (?:independently|separately)|"
    r"independently (?:deploy|scal|releas))",
    re.IGNORECASE,
)
_SPIKES = re.compile(
    r"\b(?:spik(?:e|es|y)|bursts?|seasonal|black friday|scale to zero|pay per use|rarely used|idle)\b", re.IGNORECASE
)
_SAME_TIME = re.compile(
    r"\b(?:at the same time|overlap|double[- ]book|never (?:become )?negative|exactly once)\b", re.IGNORECASE
)

SEEN = slices.wording(
    mentions=(_TEAMS, _SPIKES, _SAME_TIME),
    sentences=(_REACTION, *FIGURES, *needs.SENTENCES),
    sources=SOURCES,
    categories=("integration",),
    numbered=True,
)
"""The slice of the requirements that patterns look at; what stays outside of the service is quoted."""


@dataclass(frozen=True)
class Profile:
    """The measures; tuples of R-ids say which statements are behind them."""

    records: tuple[str, ...]
    """Entities other than the account."""
    actors: tuple[str, ...]
    boundaries: tuple[ServiceBoundary, ...]
    crossings: tuple[tuple[str, str], ...]
    lifecycles: tuple[str, ...]
    """Entities with a lifecycle."""
    transitions: int
    guards: int
    """Rules that the code must keep at every write: ownership, roles, lifecycles, bounds, uniqueness, toggles."""
    rule_cites: tuple[str, ...]
    lifecycle_cites: tuple[str, ...]
    entity_cites: tuple[str, ...]
    crossing_cites: tuple[str, ...]
    integrations: tuple[str, ...]
    reactions: tuple[str, ...]
    teams: tuple[str, ...]
    spikes: tuple[str, ...]
    together: tuple[str, ...]
    """Statements that several rows must agree on at one time (no double booking, no negative balance)."""
    protection: tuple[str, ...]
    """Statements of the category security."""
    figures: Figures

    @property
    def density(self) -> float:
        """Rules to keep by entity."""
        return self.guards / len(self.records) if self.records else 0.0


def _ids(statements: list[Statement], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(s.id for s in statements if pattern.search(s.text))


def _sorted(cites: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(cites)))


def profile(task: BackendTask, requirements: RequirementsAnalysis, domain: DomainModel) -> Profile:
    """Return the profile of a task."""
    found = boundaries(domain)
    where = {entity: b.name for b in found for entity in b.entities}
    guards = [r for r in domain.rules if r.kind in ("ownership", "role", "lifecycle", "range", "unique", "toggle")]
    lifecycles = [r for r in domain.rules if r.kind == "lifecycle"]
    records = [e for e in domain.entities if e.kind != "account"]
    statements = requirements.statements
    return Profile(
        records=tuple(e.name for e in records),
        actors=tuple(a.name for a in domain.actors),
        boundaries=tuple(found),
        crossings=tuple(crossings(domain, found)),
        lifecycles=tuple(r.entity for r in lifecycles),
        transitions=sum(len(r.transitions) for r in lifecycles),
        guards=len(guards),
        rule_cites=_sorted([c for r in guards for c in r.cites]),
        lifecycle_cites=_sorted([c for r in lifecycles for c in r.cites]),
        entity_cites=_sorted([c for e in records for c in e.cites]),
        crossing_cites=_sorted([c for r in domain.relations if where[r.source] != where[r.target] for c in r.cites]),
        integrations=tuple(s.id for s in statements if s.category == "integration"),
        reactions=_ids(statements, _REACTION),
        teams=_ids(statements, _TEAMS),
        spikes=_ids(statements, _SPIKES),
        together=_ids(statements, _SAME_TIME),
        protection=tuple(s.id for s in statements if s.category == "security"),
        figures=figures(task, requirements),
    )
