"""architecture: components, boundaries, flows and decisions that follow from the task."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts import slices
from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.patterns import strategies
from backend_agent.patterns.components import DATABASE, communication, components
from backend_agent.patterns.decisions import decide
from backend_agent.patterns.figures import task_seen
from backend_agent.patterns.fit import TYPES, WORDS, judge, weigh
from backend_agent.patterns.flows import flows
from backend_agent.patterns.profile import SEEN, profile
from backend_agent.patterns.subject import Subject, subject
from backend_agent.patterns.wording import listed, sentence, things
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts


def draft(given: Artifacts) -> ArchitectureDesign:
    """Return the design of the requested architecture type, weighed against all others."""
    s = subject(given.task, given.requirements, given.domain, LAYOUTS)
    found = components(s)
    return ArchitectureDesign(
        architecture_type=s.task.architecture_type,
        overview=_overview(s),
        components=found,
        communication_patterns=communication(s, found),
        data_flow=flows(s),
        service_boundaries=list(s.profile.boundaries),
        scalability_strategy=strategies.scalability(s),
        reliability_strategy=strategies.reliability(s),
        security_strategy=strategies.security(s),
        observability_strategy=strategies.observability(s),
        fit=weigh(s.profile),
        decisions=decide(s),
    )


def _overview(s: Subject) -> str:
    actors = listed(things(a.name) for a in s.domain.actors) or "accounts"
    text = (
        f"{s.domain.name} keeps {listed((things(e.name) for e in s.records), 5) or 'accounts'} for {actors}, as a "
        f"{WORDS[s.task.architecture_type]} in one deployable service."
    )
    if s.lifecycles:
        text += f" {sentence(listed(things(r.entity) for r in s.lifecycles) + ' move through states')}"
    if s.verdict.poor:
        best = s.verdict.best
        text += (
            f" The requested type fits poorly ({s.verdict.requested.score} of 100); "
            f"{WORDS[best.architecture_type]} would fit better ({best.score})."
        )
    return text


def _requested_kept(given: Artifacts) -> Iterator[str]:
    asked, built = given.task.architecture_type, given.architecture.architecture_type
    if asked != built:
        yield f"the task asks for {asked}, the design is {built}"


def _fit_complete(given: Artifacts) -> Iterator[str]:
    fits = given.architecture.fit
    for kind in TYPES:
        if sum(f.architecture_type == kind for f in fits) != 1:
            yield f"{kind} is not weighed exactly once"
    for fit in fits:
        if not fit.reasons:
            yield f"{fit.architecture_type} scores {fit.score} without a reason"
    if [f.score for f in fits] != sorted((f.score for f in fits), reverse=True):
        yield "the best is not first"


def _fit_derived(given: Artifacts) -> Iterator[str]:
    expected = weigh(profile(given.task, given.requirements, given.domain))
    scores = {f.architecture_type: f.score for f in expected}
    for fit in given.architecture.fit:
        if fit.score != scores[fit.architecture_type]:
            yield f"{fit.architecture_type} scores {fit.score}; the drivers give {scores[fit.architecture_type]}"


def _poor_fit_said(given: Artifacts) -> Iterator[str]:
    design = given.architecture
    known = profile(given.task, given.requirements, given.domain)
    verdict = judge(known, weigh(known), design.architecture_type)
    if verdict.poor and not any("poor fit" in d.title for d in design.decisions):
        yield (
            f"{design.architecture_type} scores {verdict.requested.score}, {verdict.best.architecture_type} "
            f"{verdict.best.score}, and no decision says so"
        )


def _boundaries_partition(given: Artifacts) -> Iterator[str]:
    found = given.architecture.service_boundaries
    for entity in given.domain.entities:
        homes = [b.name for b in found if entity.name in b.entities]
        if len(homes) != 1:
            yield f"{entity.name} is in {len(homes)} boundaries {homes}"
    names = {e.name for e in given.domain.entities}
    for boundary in found:
        for name in boundary.entities:
            if name not in names:
                yield f"boundary {boundary.name} holds {name}, which the domain does not know"


def _parts_with_owners(given: Artifacts) -> Iterator[str]:
    where = {e: b.name for b in given.architecture.service_boundaries for e in b.entities}
    for relation in given.domain.relations:
        if relation.owned and where.get(relation.source) != where.get(relation.target):
            yield f"{relation.source} is a part of {relation.target} and in another boundary"


def _circle(uses: dict[str, list[str]]) -> list[str]:
    """Return names that depend on each other in a circle (or on such), empty when there are none."""
    left = {name: set(needs) & set(uses) for name, needs in uses.items()}
    while free := [name for name, needs in left.items() if not needs]:
        left = {name: needs - set(free) for name, needs in left.items() if name not in free}
    return list(left)


def _no_circles(given: Artifacts) -> Iterator[str]:
    if names := _circle({c.name: c.depends_on for c in given.architecture.components}):
        yield f"components depend on each other in a circle: {', '.join(names)}"


def _components_known(given: Artifacts) -> Iterator[str]:
    entities = {e.name for e in given.domain.entities}
    names = {c.name for c in given.architecture.components}
    for component in given.architecture.components:
        for entity in component.entities:
            if entity not in entities:
                yield f"component {component.name} holds {entity}, which the domain does not know"
        for target in component.depends_on:
            if target not in names:
                yield f"component {component.name} depends on {target}, which is no component"
    placed = {e for c in given.architecture.components if c.name != DATABASE for e in c.entities}
    for known in given.domain.entities:
        if known.name not in placed:
            yield f"no component is responsible for {known.name}"


def _database_behind(given: Artifacts) -> Iterator[str]:
    """Only components speak SQL; a caller from outside never reaches the database directly."""
    names = {c.name for c in given.architecture.components}
    for pattern in given.architecture.communication_patterns:
        if pattern.target == DATABASE and pattern.source not in names:
            yield f"{pattern.source} reaches the database without the service"
        if pattern.style == "http" and pattern.target not in names:
            yield f"{pattern.source} calls {pattern.target}, which is no component"


def _decisions_cite(given: Artifacts) -> Iterator[str]:
    known = {s.id for s in given.requirements.statements}
    decisions = given.architecture.decisions
    for decision in decisions:
        for cite in decision.cites:
            if cite not in known:
                yield f"decision {decision.title!r} cites {cite}, which is no statement"
        if not decision.reason.strip():
            yield f"decision {decision.title!r} has no reason"
    if given.domain.rules and not any(d.cites for d in decisions):
        yield "no decision cites a statement"


def _rules_decided(given: Artifacts) -> Iterator[str]:
    """Ownership and lifecycles shape the design: a decision must cite each, besides the one on the type."""
    words = {sentence(w) for w in WORDS.values()}
    cited = {c for d in given.architecture.decisions if d.choice not in words for c in d.cites}
    for rule in given.domain.rules:
        if rule.kind in ("ownership", "lifecycle") and not cited.issuperset(rule.cites):
            yield f"no decision cites {', '.join(rule.cites)} ({rule.kind} of {rule.entity})"


def _scales(given: Artifacts) -> Iterator[str]:
    names = {m.name for m in given.architecture.scalability_strategy}
    for needed in ("Stateless processes", "Bounded lists"):
        if needed not in names:
            yield f"the scalability strategy lacks: {needed}"


CHECKS = (
    Check("requested_kept", "The requested architecture type is kept", "architecture", "major", _requested_kept),
    Check("fit_complete", "All architecture types are weighed", "architecture", "minor", _fit_complete),
    Check("fit_derived", "Scores follow from the drivers", "architecture", "major", _fit_derived),
    Check("poor_fit_said", "A poor fit is said", "architecture", "major", _poor_fit_said),
    Check(
        "boundaries_partition",
        "Every entity is in exactly one boundary",
        "architecture",
        "major",
        _boundaries_partition,
    ),
    Check(
        "parts_with_owners", "Parts are in the boundary of their owner", "maintainability", "major", _parts_with_owners
    ),
    Check("no_circles", "Components do not depend on each other in a circle", "maintainability", "major", _no_circles),
    Check(
        "components_known",
        "Components hold known entities, and every entity",
        "architecture",
        "major",
        _components_known,
    ),
    Check(
        "database_behind", "Nobody reaches the database without the service", "security", "critical", _database_behind
    ),
    Check(
        "decisions_cite",
        "Decisions cite known statements and give reasons",
        "maintainability",
        "minor",
        _decisions_cite,
    ),
    Check("rules_decided", "Ownership and lifecycles are decided on", "architecture", "minor", _rules_decided),
    Check("scales", "Processes are stateless and lists bounded", "scalability", "major", _scales),
)

STAGE = Stage(
    name="architecture",
    title="Architecture",
    artifact=ArchitectureDesign,
    reads=("task", "requirements", "domain"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": task_seen,
        "requirements": SEEN,
        "domain": slices.elements,
    },
)
