"""Flows: how the requests that matter most in a task go through the service and back."""

from __future__ import annotations

from backend_agent.artifacts.architecture import DataFlow
from backend_agent.names import kebab, plural, snake, title
from backend_agent.patterns.subject import Subject
from backend_agent.patterns.wording import cited, one, things


def _segment(entity: str) -> str:
    return kebab(plural(entity))


def sign_in(s: Subject) -> DataFlow:
    """From password to tokens."""
    return DataFlow(
        name="Sign in and stay signed in",
        steps=[
            "The client sends email and password to POST /auth/login.",
            (
                "The attempt is refused (429) when too many failed before it; else the password is compared with "
                "its argon2 hash."
            ),
            "A short-lived access token with account and role, and a refresh token kept as a hash, are answered.",
            "POST /auth/refresh trades the refresh token for a new pair; a token used twice ends the whole family.",
        ],
        cites=cited(c for a in s.domain.actors if a.registers for c in a.cites),
    )


def owned_list(s: Subject) -> DataFlow | None:
    """A list that shows own rows only."""
    rules = [r for r in s.owned if "list" in r.operations or "read" in r.operations]
    if not rules:
        return None
    profiles = {a.profile for a in s.domain.actors}
    rule = next((r for r in rules if r.entity not in profiles), rules[0])
    way = " -> ".join([title(rule.entity), *(title(p) for p in rule.path)])
    return DataFlow(
        name=f"{one(rule.actor).capitalize()} lists {things(rule.entity)}",
        steps=[
            f"GET /{_segment(rule.entity)} arrives with an access token; its signature, expiry and role are checked.",
            f"The service asks for a page; the caller's id becomes a condition at the end of {way}.",
            "One statement on a read connection gives the rows of the page; an index on the reference serves it.",
            "The rows become the read model; nothing of another account was ever loaded.",
        ],
        cites=cited(rule.cites),
    )


def transition(s: Subject) -> DataFlow | None:
    """A state that moves."""
    rule = next((r for r in s.lifecycles if r.transitions), None)
    if rule is None:
        return None
    move = next((t for t in rule.transitions if t.owner), rule.transitions[0])
    return DataFlow(
        name=f"{title(move.name).capitalize()} {one(rule.entity)}",
        steps=[
            (
                f"POST /{_segment(rule.entity)}/{{{snake(rule.entity)}_id}}/{kebab(move.name)} arrives with an "
                "access token."
            ),
            "Role and ownership are conditions of the statement, as for a read.",
            (
                f"One statement sets {rule.field} to {move.target} where it is still {' or '.join(move.sources)}: "
                "the database decides."
            ),
            f"No row changed: 409; else the {title(rule.entity)} as it is now.",
        ],
        cites=cited(rule.cites, move.cites),
    )


def create_whole(s: Subject) -> DataFlow | None:
    """A row created with its parts."""
    relation = next((r for r in s.domain.relations if r.owned and r.min_items), None)
    if relation is None:
        return None
    return DataFlow(
        name=f"Create {one(relation.target)} with its {title(relation.inverse)}",
        steps=[
            (
                f"POST /{_segment(relation.target)} carries the {title(relation.target)} and at least "
                f"{relation.min_items} of "
                f"its {title(relation.inverse)}."
            ),
            "The body is validated as a whole; unknown properties are refused.",
            "One transaction: references are looked up, the row and its parts are written, or nothing is.",
            "201 with the new row.",
        ],
        cites=cited(relation.cites),
    )


def public_read(s: Subject) -> DataFlow | None:
    """What anyone may read."""
    rule = next((r for r in s.domain.rules if r.kind == "public"), None)
    if rule is None:
        return None
    search = next((r for r in s.domain.rules if r.kind == "search" and r.entity == rule.entity), None)
    asked = f"?search= over {', '.join(f.replace('.', ' ') for f in search.fields)}" if search else ""
    return DataFlow(
        name=f"Anyone browses {things(rule.entity)}",
        steps=[
            f"GET /{_segment(rule.entity)}{asked} needs no token; the rate limit counts by address.",
            "The query is bounded: at most 100 rows, known filters, known orders.",
            "One statement for the page on a read connection.",
            "The answer holds the rows and what is needed for the next page.",
        ],
        cites=cited(rule.cites, search.cites if search else ()),
    )


def plain_write(s: Subject) -> DataFlow | None:
    """An update of a record, when nothing more special is known."""
    record = next((e for e in s.records if s.domain.owner_of(e.name) is None and e.kind == "record"), None)
    if record is None:
        return None
    return DataFlow(
        name=f"Update {one(record.name)}",
        steps=[
            (
                f"PATCH /{_segment(record.name)}/{{{snake(record.name)}_id}} carries what changes and the version "
                "that was read."
            ),
            "The body is validated; who may do it is decided before anything is written.",
            "One transaction: references are looked up, the row is written where its version is still the same.",
            "A version that has moved on: 409, and the client reads again; else the row as it is now.",
        ],
        cites=cited(record.cites),
    )


def flows(s: Subject) -> list[DataFlow]:
    """Return the flows that exist in the task."""
    found = (sign_in(s), public_read(s), owned_list(s), create_whole(s), transition(s), plain_write(s))
    return [f for f in found if f]
