"""Fit: the seven architecture types weighed against a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from backend_agent.artifacts.architecture import Fit
from backend_agent.artifacts.task import ArchitectureType
from backend_agent.patterns.drivers import DRIVERS
from backend_agent.patterns.profile import Profile

BASE = 50
"""Score of a type that nothing speaks for or against."""
POOR = 45
"""Below this a type is a poor fit whatever the others score."""
GAP = 30
"""So many points behind the best a type is a poor fit."""
TYPES: tuple[ArchitectureType, ...] = get_args(ArchitectureType)

WORDS: dict[ArchitectureType, str] = {
    "monolithic": "modular monolith",
    "microservices": "microservices",
    "serverless": "serverless functions",
    "event_driven": "event-driven architecture",
    "layered": "layered architecture",
    "hexagonal": "hexagonal architecture",
    "clean_architecture": "clean architecture",
}


@dataclass(frozen=True)
class Verdict:
    """What the weighing says of the requested type."""

    requested: Fit
    best: Fit
    rank: int
    poor: bool
    cites: list[str]
    """Statements behind what speaks for or against the requested type."""


def weigh(profile: Profile) -> list[Fit]:
    """Return a fit for every type, best first; equal scores keep the order of the type's list."""
    fits = []
    facts = [(d, d.measure(profile)) for d in DRIVERS]
    for kind in TYPES:
        score = BASE
        reasons = []
        for driver, fact in facts:
            if fact is None or kind not in driver.effects:
                continue
            points, why = driver.effects[kind]
            score += points
            reasons.append(f"{points:+d} {fact.text}: {why}")
        fits.append(Fit(architecture_type=kind, score=max(0, min(100, score)), reasons=reasons))
    return sorted(fits, key=lambda f: -f.score)


def behind(profile: Profile, kind: ArchitectureType) -> list[str]:
    """Return the R-ids behind what speaks for or against a type, save those that no code is generated for."""
    facts = [d.measure(profile) for d in DRIVERS if kind in d.effects]
    return sorted({c for fact in facts if fact for c in fact.cites} - {*profile.integrations, *profile.reactions})


def judge(profile: Profile, fits: list[Fit], requested: ArchitectureType) -> Verdict:
    """Return what the weighing says of the requested type."""
    mine = next(f for f in fits if f.architecture_type == requested)
    best = fits[0]
    return Verdict(
        requested=mine,
        best=best,
        rank=fits.index(mine) + 1,
        poor=mine.score < POOR or best.score - mine.score >= GAP,
        cites=behind(profile, requested),
    )
