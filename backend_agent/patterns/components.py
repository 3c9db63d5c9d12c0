"""Components: what an architecture type is made of, filled with what a task is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend_agent.artifacts.architecture import CommunicationPattern, Component
from backend_agent.artifacts.task import ArchitectureType
from backend_agent.names import title
from backend_agent.patterns.subject import Subject
from backend_agent.patterns.wording import cited, counted, listed, one, sentence, things

Role = Literal["transport", "rules", "ports", "model", "persistence", "accounts", "shared"]


@dataclass(frozen=True)
class Slot:
    """A place in a layout: which component, where its files are, what it uses."""

    name: str
    role: Role
    folder: str
    uses: tuple[str, ...] = ()


DATABASE = "Database"
SHARED = "shared"
SLOTS: dict[ArchitectureType, tuple[Slot, ...]] = {
    "layered": (
        Slot("HTTP layer", "transport", "app/api", ("Service layer", "Sign-in", "Core")),
        Slot("Service layer", "rules", "app/services", ("Repository layer", "Models", "Core")),
        Slot("Sign-in", "accounts", "app/services", ("Repository layer", "Models", "Core")),
        Slot("Repository layer", "persistence", "app/repositories", ("Models", "Core", DATABASE)),
        Slot("Models", "model", "app/models"),
        Slot("Core", "shared", "app/core"),
    ),
    "hexagonal": (
        Slot("HTTP adapter", "transport", "app/adapters/http", ("Application", "Sign-in")),
        Slot("Application", "rules", "app/application", ("Ports", "Domain")),
        Slot("Sign-in", "accounts", "app/application", ("Ports", "Domain")),
        Slot("Database adapter", "persistence", "app/adapters/database", ("Ports", "Domain", DATABASE)),
        Slot("Ports", "ports", "app/ports", ("Domain",)),
        Slot("Domain", "model", "app/domain"),
    ),
    "clean_architecture": (
        Slot("Web framework", "shared", "app/frameworks", ("Controllers", "Gateways")),
        Slot("Controllers", "transport", "app/interface_adapters/controllers", ("Use cases", "Sign-in")),
        Slot("Gateways", "persistence", "app/interface_adapters/gateways", ("Use cases", "Entities", DATABASE)),
        Slot("Use cases", "rules", "app/use_cases", ("Entities",)),
        Slot("Sign-in", "accounts", "app/use_cases", ("Entities",)),
        Slot("Entities", "model", "app/entities"),
    ),
}
"""By architecture type, from the caller inwards; the modular monolith has one component a boundary instead."""


def slots(kind: ArchitectureType) -> tuple[Slot, ...]:
    """Return the slots of a type; one without a layout of its own is drawn in layers."""
    return SLOTS.get(kind, SLOTS["layered"])


def _rule_words(s: Subject, entities: list[str]) -> list[str]:
    """Return what must be kept for some entities, in a few words each."""
    found = []
    for rule in s.domain.rules:
        if rule.entity not in entities:
            continue
        if rule.kind == "ownership":
            found.append(
                f"each {title(rule.actor)}'s own profile"
                if rule.entity in {a.profile for a in s.domain.actors}
                else f"{things(rule.entity)} only to their {title(rule.actor)}"
            )
        elif rule.kind == "lifecycle":
            found.append(f"{counted(len(rule.transitions), 'transition')} of {one(rule.entity)}")
        elif rule.kind == "unique":
            found.append(f"one {title(rule.entity)} for each {listed(title(f) for f in rule.fields)}")
        elif rule.kind == "range" and rule.after:
            found.append(f"{title(rule.field)} after {title(rule.after)}")
        elif rule.kind == "derived":
            found.append(f"{title(rule.field)} of {one(rule.entity)}")
        elif rule.kind == "toggle":
            found.append(f"{rule.on} and {rule.off}")
    return list(dict.fromkeys(found))


def _entity_cites(s: Subject, entities: list[str]) -> list[str]:
    return cited(c for e in entities for c in s.domain.entity(e).cites)


def _rule_cites(s: Subject, entities: list[str]) -> list[str]:
    return cited((c for r in s.domain.rules if r.entity in entities for c in r.cites), _entity_cites(s, entities))


def _registering(s: Subject) -> str:
    return listed(title(a.name) for a in s.domain.actors if a.registers) or "nobody by themselves"


def _responsibility(s: Subject, slot: Slot) -> tuple[str, list[str], list[str]]:
    """Return the text, the entities and the R-ids of a slot's component."""
    records = [e.name for e in s.records]
    accounts = [e.name for e in s.domain.entities if e.kind == "account"]
    names = listed((things(e) for e in records), 5)
    if slot.role == "transport":
        text = (
            f"routes and schemas for {names}; {s.task.api_requirements.naming} on the wire; who calls is read from the "
            "token; errors become problem details"
        )
        return text, [], _entity_cites(s, records)
    if slot.role == "rules":
        rules = _rule_words(s, records)
        text = f"keeps the rules: {listed(rules, 5)}" if rules else f"creates, reads, updates and deletes {names}"
        return f"{text}; one transaction for each write", records, _rule_cites(s, records)
    if slot.role == "accounts":
        cites = cited(_entity_cites(s, accounts), (c for a in s.domain.actors if a.registers for c in a.cites))
        return f"accounts, passwords and rotating refresh tokens; may register: {_registering(s)}", accounts, cites
    if slot.role == "persistence":
        text = f"statements for {names}; ownership, filters and order are conditions in SQL"
        return text, records, _entity_cites(s, records)
    if slot.role == "ports":
        text = f"what the application asks of its surroundings: a unit of work, and a repository for each of {names}"
        return text, [], []
    if slot.role == "model":
        text = f"{names} as plain data with their enumerations; knows neither HTTP nor SQL"
        return text, records, _entity_cites(s, records)
    return "settings, the caller, errors, paging, logs and metrics", [], []


def _monolith(s: Subject) -> list[Component]:
    accounts = {e.name for e in s.domain.entities if e.kind == "account"}
    uses: dict[str, list[str]] = {}
    for source, target in s.profile.crossings:
        uses.setdefault(source, []).append(target)
    found = []
    for b in s.profile.boundaries:
        rules = _rule_words(s, b.entities)
        text = f"{listed(things(e) for e in b.entities)}: routes, rules and statements"
        if accounts.issuperset(b.entities):
            text = f"accounts, passwords and rotating refresh tokens; may register: {_registering(s)}"
        elif rules:
            text += f"; keeps {listed(rules, 5)}"
        found.append(
            Component(
                name=b.name,
                responsibility=sentence(f"{text} (app/features)"),
                entities=b.entities,
                depends_on=[*uses.get(b.name, []), SHARED, DATABASE],
                cites=_rule_cites(s, b.entities),
            )
        )
    text = "Settings, the caller, errors, paging, the unit of work, logs and metrics (app/shared)."
    return [*found, Component(name=SHARED, responsibility=text, depends_on=[DATABASE])]


def components(s: Subject) -> list[Component]:
    """Return the components of the requested architecture type; the database comes last."""
    kind = s.task.architecture_type
    found = _monolith(s) if kind == "monolithic" else []
    for slot in () if kind == "monolithic" else slots(kind):
        text, entities, cites = _responsibility(s, slot)
        found.append(
            Component(
                name=slot.name,
                responsibility=sentence(f"{text} ({slot.folder})"),
                entities=entities,
                depends_on=list(slot.uses),
                cites=cites,
            )
        )
    product = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(s.task.database_requirements.type, "The database")
    every = [e.name for e in s.domain.entities]
    text = f"{product}: {len(every)} entities and {len(s.domain.relations)} relations as tables, keys and constraints"
    return [
        *found,
        Component(name=DATABASE, responsibility=sentence(text), entities=every, cites=_entity_cites(s, every)),
    ]


def communication(s: Subject, found: list[Component]) -> list[CommunicationPattern]:
    """Return who calls whom, and how: clients over HTTP, the database over SQL, everything else in the process."""
    kind = s.task.architecture_type
    front = s.task.frontend_context
    client = f"{front.framework} front end" if front and front.framework else "client"
    if kind == "monolithic":
        doors = [c.name for c in found if c.name not in (DATABASE, SHARED)]
    else:
        doors = [slot.name for slot in slots(kind) if slot.role == "transport"]
    patterns = [
        CommunicationPattern(
            name=f"{client} to {door}",
            source=client,
            target=door,
            style="http",
            reason="JSON over HTTPS with a bearer token; the OpenAPI document is the contract.",
        )
        for door in doors
    ]
    for component in found:
        for target in component.depends_on:
            sql = target == DATABASE
            patterns.append(
                CommunicationPattern(
                    name=f"{component.name} to {target}",
                    source=component.name,
                    target=target,
                    style="sql" if sql else "in_process_call",
                    reason="Parameters are bound; reads stand alone, writes are in one transaction."
                    if sql
                    else _call_reason(s, component.name, target),
                )
            )
    return patterns


def _call_reason(s: Subject, source: str, target: str) -> str:
    where = {b.name: b.entities for b in s.profile.boundaries}
    if source in where and target in where:
        names = [
            f"the {title(r.name)} of {one(r.source)}"
            for r in s.domain.relations
            if r.source in where[source] and r.target in where[target]
        ]
        return sentence(f"{listed(names)} must exist when it is named")
    return "A call in the same process: no network, no copy, one transaction."
