"""Traceability: each requirement, and what became of it, down to the tests that ran."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel

from backend_agent.artifacts.documentation import Trace
from backend_agent.artifacts.requirements import Statement
from backend_agent.artifacts.verification import TestResult
from backend_agent.state import Artifacts

Status = Literal["proved", "failed", "designed", "unplaced", "superseded"]
REASONS = (
    (r"\bidempoten", "Idempotency keys have no code today"),
    (r"\bcached? in\b|\bredis\b", "A cache beside the service has no code today; HTTP caches may keep public reads"),
    (r"\boauth|\bmfa\b|factor|\bsso\b|\bsaml\b|openid", "Sign-in is by password and token only today"),
    (r"service[ -]to[ -]service|\bmtls\b|api keys?", "Callers are people with accounts; services have none today"),
)
"""Why some statements are not covered, by what they say."""
SUPERSEDED = "The task does not say it any more"
WHOLE = 0.85
"""Share of a statement's words from which on a part counts as the whole."""
PLACING = ("database", "security", "performance", "deployment")
"""Designs that place a statement when an element of them cites it, beside entities and endpoints. Architecture does
not: its decisions give reasons, and a reason is not yet something that works."""


def _citing(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (R-id, names of the fields on the way) for everything in an artifact that cites."""
    if isinstance(value, BaseModel):
        for cite in getattr(value, "cites", ()):
            yield cite, path
        for name in type(value).model_fields:
            if name != "cites":
                yield from _citing(getattr(value, name), (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _citing(item, path)


def _entities(given: Artifacts) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    domain = given.domain
    for entity in domain.entities:
        cites = [*entity.cites, *(c for f in entity.fields for c in f.cites)]
        cites += [c for r in domain.relations_from(entity.name) for c in r.cites]
        cites += [c for r in domain.rules if r.entity == entity.name for c in _all(r)]
        cites += [c for a in domain.actors if a.profile == entity.name for c in a.cites]
        for cite in dict.fromkeys(cites):
            found.setdefault(cite, []).append(entity.name)
    return found


def _all(value: object) -> list[str]:
    return [cite for cite, _ in _citing(value)]


def _by_cite(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, cites in pairs:
        for cite in dict.fromkeys(cites):
            found.setdefault(cite, []).append(name)
    return found


def _elsewhere(given: Artifacts) -> dict[str, list[str]]:
    """Return, by R-id, the parts of the designs that cite it: `security: authentication`."""
    found: dict[str, list[str]] = {}
    for name in PLACING:
        if not given.has(name):
            continue
        artifact: Any = getattr(given, name)
        for cite, path in _citing(artifact):
            if path and path[0] not in ("tables", "relationships"):
                words = f"{name}: {path[0].replace('_', ' ')}"
                if words not in found.setdefault(cite, []):
                    found[cite].append(words)
    if given.has("api"):
        switched = _switched(given)
        for statement in given.requirements.statements:
            if statement.source == "api_requirements" and any(word in statement.text for word in switched):
                found.setdefault(statement.id, []).append("api: conventions")
        for measure in given.api.security_considerations:
            for cite in measure.cites:
                if "api: security considerations" not in found.setdefault(cite, []):
                    found[cite].append("api: security considerations")
    return found


def _switched(given: Artifacts) -> list[str]:
    """Return the words for the task's switches that are on: they are fields of the API, which cannot cite."""
    switches = {"camelCase": given.api.naming == "camelCase", "cursor": given.api.pagination == "cursor"}
    return [word for word, on in switches.items() if on]


def _status(placed: bool, ran: list[TestResult]) -> Status:  # noqa: FBT001 - the two facts that decide
    if not placed:
        return "unplaced"
    verdicts = {t.verdict for t in ran}
    if "fail" in verdicts:
        return "failed"
    return "proved" if "pass" in verdicts else "designed"


def traces(given: Artifacts) -> list[Trace]:
    """Return one trace a requirement, in order; those that an earlier version of the task made come last."""
    entities = _entities(given) if given.has("domain") else {}
    endpoints = _by_cite((f"{e.method} {e.path}", e.cites) for e in given.api.endpoints) if given.has("api") else {}
    tables = _by_cite((t.name, _all(t)) for t in given.database.tables) if given.has("database") else {}
    files = _by_cite((f.path, f.cites) for f in given.code.files) if given.has("code") else {}
    ran: dict[str, list[TestResult]] = {}
    for test in given.verification.tests if given.has("verification") else ():
        for cite in test.requirements:
            ran.setdefault(cite, []).append(test)
    elsewhere = _elsewhere(given)
    unplaced = given.domain.unplaced if given.has("domain") else []
    found = []
    for statement in given.requirements.statements:
        key = statement.id
        missing = [u for u in unplaced if u.requirement == key]
        whole = any(_covers(u.part, statement.text) for u in missing)
        placed = bool(entities.get(key) or endpoints.get(key) or elsewhere.get(key)) and not whole
        tests = ran.get(key, [])
        found.append(
            Trace(
                requirement=key,
                text=statement.text,
                status=_status(placed, tests),
                partial=placed and bool(missing),
                entities=entities.get(key, []),
                endpoints=endpoints.get(key, []),
                tables=tables.get(key, []),
                files=files.get(key, []),
                tests=list(dict.fromkeys(t.id for t in tests)),
                note=_note(
                    statement,
                    placed,
                    [u.reason for u in missing] if whole else missing_words(missing),
                    [] if entities.get(key) or endpoints.get(key) else elsewhere.get(key, []),
                    tests,
                ),
            )
        )
    gone = given.requirements.superseded
    return found + [Trace(requirement=s.id, text=s.text, status="superseded", note=SUPERSEDED) for s in gone]


def _covers(part: str, text: str) -> bool:
    """Whether a part that is not covered is as good as the whole statement; no part means the whole."""
    return not part or len(part.split()) >= WHOLE * len(text.split())


def missing_words(missing: Iterable[Any]) -> list[str]:
    """Return what is not covered, each with its reason."""
    return [f'"{u.part}": {u.reason}' if u.part else u.reason for u in missing]


def _reason(statement: Statement) -> str:
    """Return why nothing covers a statement."""
    for pattern, reason in REASONS:
        if re.search(pattern, statement.text, re.IGNORECASE):
            return reason
    if statement.category == "integration":
        return "Calls to other systems have no code today"
    return "No part of the designs covers it, and no code is generated for it"


def _note(statement: Statement, placed: bool, missing: list[str], elsewhere: list[str], tests: list[TestResult]) -> str:  # noqa: FBT001
    parts = []
    if missing:
        parts.append(("Not covered: " if placed else "") + "; ".join(missing))
    elif not placed:
        parts.append(_reason(statement))
    if elsewhere and placed:
        parts.append("In " + ", ".join(dict.fromkeys(elsewhere)))
    if placed and tests and all(t.verdict == "skip" for t in tests):
        parts.append("Its tests were skipped")
    return ". ".join(parts)
