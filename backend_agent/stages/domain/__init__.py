"""The domain stage: what the service is about."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterable

from backend_agent.artifacts import slices
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.rules import Rule
from backend_agent.language import reading, states
from backend_agent.language.later import is_service_matter
from backend_agent.names import RESERVED_CLASSES, RESERVED_FIELDS, class_clashes, snake
from backend_agent.rules import RULES
from backend_agent.stage import Check, Stage
from backend_agent.stages.domain.operations import OPERATION_CHECKS, cited
from backend_agent.state import Artifacts

_WORD = re.compile(r"[a-z][a-z0-9_]{0,60}")
STANDARD = frozenset(("created_at", "updated_at"))
"""What every row has besides its fields; lists may be sorted by it."""


def draft(given: Artifacts) -> DomainModel:
    """Read the statements into actors, entities, relations and rules."""
    found = reading.read(given.task.project_name, given.requirements.statements, [kind.read for kind in RULES])
    return _told_apart(found)


def _told_apart(domain: DomainModel) -> DomainModel:
    """Return the model with new names for entities whose names would clash in code."""
    new = class_clashes(e.name for e in domain.entities)
    if not new:
        return domain

    def called(name: str) -> str:
        return new.get(name, name)

    return domain.model_copy(
        update={
            "actors": [a.model_copy(update={"profile": a.profile and called(a.profile)}) for a in domain.actors],
            "entities": [e.model_copy(update={"name": called(e.name)}) for e in domain.entities],
            "relations": [
                r.model_copy(update={"source": called(r.source), "target": called(r.target)}) for r in domain.relations
            ],
            "rules": [r.model_copy(update={"entity": called(r.entity)}) for r in domain.rules],
            "notes": [
                *domain.notes,
                *(f"{old} is called {name}: its own name would clash with another." for old, name in new.items()),
            ],
        }
    )


# --- checks -----------------------------------------------------------------------------------------------------------


def _cited(domain: DomainModel) -> set[str]:
    found = {c for a in domain.actors for c in a.cites}
    for entity in domain.entities:
        found |= {*entity.cites, *(c for f in entity.fields for c in f.cites)}
    found |= {c for r in domain.relations for c in r.cites}
    for rule in domain.rules:
        found |= set(rule.cites)
    return found


def _fields(domain: DomainModel, entity: str) -> set[str]:
    """Return the names of an entity's fields; none when there is no such entity."""
    return {f.name for e in domain.entities if e.name == entity for f in e.fields}


def _lost(given: Artifacts) -> Iterable[str]:
    """Statements about the domain that are neither placed nor listed."""
    domain = given.domain
    known = _cited(domain) | {u.requirement for u in domain.unplaced} | cited(domain)
    for statement in given.requirements.statements:
        if statement.source in reading.SOURCES and statement.id not in known and not is_service_matter(statement.text):
            yield f"{statement.id}: {statement.text[:120]}"


def _dangling(given: Artifacts) -> Iterable[str]:
    """Names and numbers that refer to nothing."""
    domain = given.domain
    entities = {e.name for e in domain.entities}
    actors = {a.name for a in domain.actors}
    known = {s.id for s in given.requirements.statements}
    for cite in sorted((_cited(domain) | cited(domain) | {u.requirement for u in domain.unplaced}) - known):
        yield f"{cite} is no requirement"
    for actor in domain.actors:
        if actor.profile and actor.profile not in entities:
            yield f"actor {actor.name}: profile {actor.profile} is no entity"
    for relation in domain.relations:
        for name in (relation.source, relation.target):
            if name not in entities:
                yield f"relation {relation.source}.{relation.name}: {name} is no entity"
    for rule in domain.rules:
        if rule.entity not in entities:
            yield f"{rule.kind} rule: {rule.entity} is no entity"
        else:
            yield from _dangling_in(rule, domain, actors)


def _dangling_in(  # noqa: C901, PLR0912 - one branch a rule kind
    rule: Rule, domain: DomainModel, actors: set[str]
) -> Iterable[str]:
    """Names in one rule that refer to nothing."""
    fields = _fields(domain, rule.entity)
    relations = {r.name: r for r in domain.relations_from(rule.entity)}
    label = f"{rule.kind} rule of {rule.entity}"
    named: list[str] = []
    who: list[str] = []
    if rule.kind == "ownership":
        who = [rule.actor]
        at = rule.entity
        for step in rule.path:
            relation = next((r for r in domain.relations_from(at) if r.name == step), None)
            if relation is None:
                yield f"{label}: {at} has no relation {step}"
                return
            at = relation.target
        if at != ACCOUNT and at not in {a.profile for a in domain.actors}:
            yield f"{label}: its path ends at {at}, which is no account"
    elif rule.kind == "role":
        who, named = rule.roles, rule.fields
    elif rule.kind == "lifecycle":
        named, who = [rule.field], [r for t in rule.transitions for r in t.roles]
    elif rule.kind == "range":
        named = [n for n in (rule.field, rule.after) if n]
    elif rule.kind in ("unique", "filter"):
        named = [f for f in rule.fields if f not in relations]
    elif rule.kind == "sort":
        named = [f for f in rule.fields if f not in STANDARD]
    elif rule.kind == "search":
        for path in rule.fields:
            relation_name, _, far = path.partition(".")
            if far and (relation_name not in relations or far not in _fields(domain, relations[relation_name].target)):
                yield f"{label}: {path} leads nowhere"
            elif not far:
                named.append(path)
    elif rule.kind == "derived":
        named = [rule.field]
        if rule.relation not in {r.inverse for r in domain.relations_to(rule.entity)}:
            yield f"{label}: nothing is related as {rule.relation}"
    elif rule.kind == "toggle":
        who = [rule.actor]
        for name in (rule.subject, rule.object):
            if name not in relations:
                yield f"{label}: no relation {name}"
    for name in named:
        if name not in fields:
            yield f"{label}: no field {name}"
    for name in who:
        if name not in actors:
            yield f"{label}: no actor {name}"


def _doubled(given: Artifacts) -> Iterable[str]:
    """Names that are used twice where they must differ."""
    domain = given.domain

    def twice(names: Iterable[str]) -> list[str]:
        return sorted(name for name, count in Counter(names).items() if count > 1)

    for name in twice(e.name.lower() for e in domain.entities):
        yield f"entity {name}"
    for name in twice(a.name for a in domain.actors):
        yield f"actor {name}"
    for entity in domain.entities:
        own = [f.name for f in entity.fields]
        held = [
            n
            for r in domain.relations_from(entity.name)
            for n in ((r.name,) if r.cardinality == "many_to_many" else (r.name, f"{r.name}_id"))
        ]
        for name in twice([*own, *held]):
            yield f"{entity.name}.{name}"
        for name in twice(r.inverse for r in domain.relations_to(entity.name)):
            yield f"{entity.name}, seen from the other side: {name}"


def _unsafe(given: Artifacts) -> Iterable[str]:
    """Names that generated code could not use."""
    for entity in given.domain.entities:
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,60}", entity.name) or entity.name in RESERVED_CLASSES:
            yield f"entity {entity.name[:60]}"
        for field in entity.fields:
            if not _WORD.fullmatch(field.name) or field.name in RESERVED_FIELDS or keyword.iskeyword(field.name):
                yield f"{entity.name}.{field.name[:60]}"
            elif field.name == f"{snake(entity.name)}_id":
                yield f"{entity.name}.{field.name[:60]}, which is how code calls the own id"
    for old, new in class_clashes(e.name for e in given.domain.entities).items():
        yield f"entity {old}, which clashes with what another one brings; {new} would not"
    for relation in given.domain.relations:
        if relation.name == snake(relation.source):
            yield f"relation {relation.source}.{relation.name}: its column would be called like the row's own id"
    for place, name in _words_of(given.domain):
        if not _WORD.fullmatch(name) or ("relation" in place and keyword.iskeyword(name)):
            yield f"{place} {name[:60]!r}"


def _words_of(domain: DomainModel) -> Iterable[tuple[str, str]]:
    """Names that become Python names, roles, states and parts of paths, besides those of entities and fields."""
    for actor in domain.actors:
        yield "actor", actor.name
    for relation in domain.relations:
        yield f"relation of {relation.source}", relation.name
        yield f"inverse relation of {relation.target}", relation.inverse
    for entity in domain.entities:
        yield from ((f"value of {entity.name}.{f.name}", _as_word(v)) for f in entity.fields for v in f.values)
    for rule in domain.rules:
        if rule.kind == "lifecycle":
            yield from ((f"transition of {rule.entity}", t.name) for t in rule.transitions)
        if rule.kind == "toggle":
            yield from ((f"toggle of {rule.entity}", verb) for verb in (rule.on, rule.off))


def _as_word(value: str) -> str:
    """Return a permitted value so that it may be a keyword, or begin with a digit: it is a text, its name is made."""
    return f"x{value}" if re.fullmatch(r"[a-z0-9_]{1,60}", value) else value


def _unmanaged(given: Artifacts) -> Iterable[str]:
    """Entities that nobody could ever make: no path by which an account reaches them."""
    domain = given.domain
    roles = {a.name for a in domain.actors}
    for entity in domain.entities:
        makers = [
            r
            for r in domain.rules
            if r.kind == "role" and r.entity == entity.name and "create" in r.operations and not r.fields
        ]
        if makers and not any(set(r.roles) & roles for r in makers):
            yield f"{entity.name}: only {', '.join(makers[0].roles) or 'nobody'} may create it"
    if not any(a.registers or a.administrator for a in domain.actors):
        yield "nobody can get an account: no actor registers and none is an administrator"


def _states(given: Artifacts) -> Iterable[str]:
    """States that cannot be reached, and transitions between states that do not exist."""
    domain = given.domain
    for rule in domain.rules:
        if rule.kind != "lifecycle" or rule.field not in _fields(domain, rule.entity):
            continue
        values = domain.entity(rule.entity).field(rule.field).values
        for name in [rule.initial, *rule.frozen_states, *(s for t in rule.transitions for s in (*t.sources, t.target))]:
            if name not in values:
                yield f"{rule.entity}.{rule.field}: no state {name}"
        for name in values:
            if name not in states.reachable(rule.initial, rule.transitions):
                yield f"{rule.entity}.{rule.field}: {name} is never reached"
        for name in sorted(n for n, count in Counter(t.name for t in rule.transitions).items() if count > 1):
            yield f"{rule.entity}.{rule.field}: two transitions {name}"


def _account(given: Artifacts) -> Iterable[str]:
    """There is one account entity, with a unique email address."""
    accounts = [e for e in given.domain.entities if e.kind == "account"]
    if [e.name for e in accounts] != [ACCOUNT]:
        yield f"accounts: {', '.join(e.name for e in accounts) or 'none'}"
    elif not any(f.name == "email" and f.unique for f in accounts[0].fields):
        yield f"{ACCOUNT} has no unique email"


def _contradictions(given: Artifacts) -> Iterable[str]:
    """Fields that no value fits."""
    for entity in given.domain.entities:
        for f in entity.fields:
            if f.min_length is not None and f.max_length is not None and f.min_length > f.max_length:
                yield f"{entity.name}.{f.name}: at least {f.min_length} and at most {f.max_length} characters"
            if f.minimum is not None and f.maximum is not None and f.minimum > f.maximum:
                yield f"{entity.name}.{f.name}: at least {f.minimum:g} and at most {f.maximum:g}"
            if (f.type == "enum" and len(f.values) != len(set(f.values))) or (f.type == "enum" and not f.values):
                yield f"{entity.name}.{f.name}: its values are {', '.join(f.values) or 'none'}"


CHECKS = (
    Check(
        name="placed",
        title="A requirement is neither in the domain model nor listed as unplaced",
        metric="architecture",
        severity="major",
        find=_lost,
        hint="Place it, or list it as unplaced with the reason.",
    ),
    Check(
        name="references",
        title="The domain model refers to something that is not there",
        metric="architecture",
        severity="critical",
        find=_dangling,
        hint="Name an entity, field, relation, actor or requirement that exists.",
    ),
    Check(
        name="distinct",
        title="A name is used twice in the domain model",
        metric="maintainability",
        severity="critical",
        find=_doubled,
        hint="Rename one of the two.",
    ),
    Check(
        name="names",
        title="A name cannot be used in code",
        metric="maintainability",
        severity="critical",
        find=_unsafe,
        hint="Use an ASCII name that is not reserved.",
    ),
    Check(
        name="managed",
        title="Nobody can make what the service keeps",
        metric="architecture",
        severity="major",
        find=_unmanaged,
        hint="Say who may create it, or who may register.",
    ),
    Check(
        name="states",
        title="A lifecycle does not hold together",
        metric="architecture",
        severity="major",
        find=_states,
        hint="Give every state a transition that leads to it.",
    ),
    Check(
        name="account",
        title="There is no single account entity",
        metric="security",
        severity="critical",
        find=_account,
        hint=f"Keep exactly one account, {ACCOUNT}, with a unique email.",
    ),
    Check(
        name="satisfiable",
        title="No value fits a field",
        metric="testability",
        severity="major",
        find=_contradictions,
        hint="Mend the bounds or the values.",
    ),
    *OPERATION_CHECKS,
)
STAGE = Stage(
    name="domain",
    title="Domain model",
    artifact=DomainModel,
    reads=("task", "requirements"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": slices.task_fields,
        "requirements": slices.told,
    },
)
