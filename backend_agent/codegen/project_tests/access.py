"""Who may call what: tokens, roles, owners, public endpoints and fields that only some roles see."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.rules import OwnershipRule, RoleRule
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.crud import change
from backend_agent.codegen.project_tests.subject import Subject

KINDS = ("list", "read", "create", "update", "delete")
Call = tuple[str, str, str]
"""Method, source of the path, source of the body (may be empty)."""


def cases(s: Subject) -> Iterator[Case]:
    """Yield the tests of access to one entity."""
    yield from _token(s)
    yield from _public(s)
    yield from _roles(s)
    yield from _ownership(s)
    yield from _profile(s)
    yield from _foreign(s)
    yield from _fields(s)


def calls(s: Subject, endpoints: list[Endpoint], row: str) -> list[Call]:
    """Return the calls of `endpoints` on the row in variable `row`, each with a body that is valid."""
    found: list[Call] = []
    for e in endpoints:
        if e.kind in ("list", "create"):
            shared = "parent" if s.parent else f"{row}.owner" if s.takes_owner else ""
            found.append((e.method.lower(), s.collection(), s.body(shared) if e.kind == "create" else ""))
        elif e.kind == "update":
            found.append((e.method.lower(), f"{row}.path", f'{{"version": {row}.version{change(s, e)}}}'))
        else:
            found.append((e.method.lower(), f"{row}.path", ""))
    return found


def _five(s: Subject) -> list[Endpoint]:
    return [e for k in KINDS if (e := s.endpoint(k))]


def _rule_cites(s: Subject, kind: type[OwnershipRule | RoleRule], endpoints: list[Endpoint]) -> list[str]:
    kinds = {e.kind for e in endpoints}
    found = [c for r in s.rules if isinstance(r, kind) and kinds & set(r.operations) for c in r.cites]
    return found or s.cites(*endpoints)


def _token(s: Subject) -> Iterator[Case]:
    closed = [e for e in (*_five(s), *s.transitions) if not e.access.public]
    if closed:
        yield s.case(
            f"test_{s.plural}_need_a_token",
            f"Without a token nobody gets at {s.titles} that are not public",
            "token",
            kind="security",
            cites=s.cites(*closed),
            calls=[(e.method, s.unknown(e)) for e in closed],
        )


def _public(s: Subject) -> Iterator[Case]:
    opened = [e for e in _five(s) if e.access.public]
    if opened:
        cites = [c for r in s.rules if r.kind == "public" for c in r.cites]
        yield s.case(
            f"test_{s.plural}_are_public",
            f"Anyone may look at {s.titles} without a token",
            "public",
            kind="security",
            cites=cites or s.cites(*opened),
            kinds=[e.kind for e in opened],
        )


def _roles(s: Subject) -> Iterator[Case]:
    groups: dict[tuple[str, ...], list[Endpoint]] = {}
    for e in _five(s):
        if denied := s.denied(e):
            groups.setdefault(tuple(denied), []).append(e)
    for roles, endpoints in groups.items():
        verbs = [e.kind for e in endpoints]
        said = f"{', '.join(verbs[:-1])} or {verbs[-1]}" if len(verbs) > 1 else verbs[0]
        yield s.case(
            f"test_others_may_not_{'_or_'.join(verbs)}_{s.plural}",
            f"Who has no role for it may not {said} {s.titles}",
            "roles",
            kind="security",
            cites=_rule_cites(s, RoleRule, endpoints),
            roles=roles,
            calls=calls(s, endpoints, s.variable),
        )


def _ownership(s: Subject) -> Iterator[Case]:
    role = s.owner_role
    if role is None:
        return
    owned = [e for e in _five(s) if role in e.access.owner_roles and role not in e.access.roles]
    kinds = KINDS if s.follows_parent else ("read", "update", "delete")
    single = [e for e in owned if e.kind in kinds]
    if single:
        yield s.case(
            f"test_{s.snake}_is_closed_to_other_owners",
            f"To another {role.replace('_', ' ')} {s.one} does not exist",
            "closed_to_others",
            kind="security",
            cites=_rule_cites(s, OwnershipRule, single),
            calls=calls(s, single, s.variable),
            role=role,
        )
    listing = s.endpoint("list")
    if listing is not None and listing in owned and not s.parent:
        yield s.case(
            f"test_list_{s.plural}_shows_own_rows_only",
            f"A list of {s.titles} holds the caller's own and nobody else's",
            "own_rows",
            kind="security",
            cites=_rule_cites(s, OwnershipRule, [listing]),
            role=role,
        )
        for overseer in [r for r in listing.access.roles if r == s.suite.administrator]:
            yield s.case(
                f"test_{overseer}_sees_every_{s.snake}",
                f"The {overseer.replace('_', ' ')} role sees the {s.titles} of all owners",
                "overseer",
                kind="security",
                cites=_rule_cites(s, OwnershipRule, [listing]),
                overseer=overseer,
            )
    if s.single and s.made_by_owner:
        yield s.case(
            f"test_one_{s.snake}_for_each_owner",
            f"Nobody has a second {s.title}",
            "one_each",
            cites=s.cites(s.relation(s.owner_path[0])),
        )


def _profile(s: Subject) -> Iterator[Case]:
    """Owners who have no profile yet."""
    role = s.owner_role
    needed = access.needs_profile(s.suite.domain, s.name)
    if role in s.suite.profiles and s.takes_owner and s.made_by_owner and s.suite.profiles[role] == needed:
        profile = names.title(s.suite.profiles[role])
        yield s.case(
            f"test_create_{s.snake}_without_a_{names.snake(profile)}",
            f"Who has no {profile} yet is told so",
            "without_profile",
            cites=s.cites(s.relation(s.owner_path[0])),
            role=role,
        )


def _foreign(s: Subject) -> Iterator[Case]:
    """References to rows of other owners."""
    if not (s.takes_owner and s.made_by_owner):
        return
    first = s.owner_path[0] if len(s.owner_path) > 1 else None
    targets = {r.target for _, r in s.references if r.name == first}
    for prop, relation in s.references:
        target = s.suite.subject(relation.target) if s.suite.has(relation.target) else None
        free = relation.name != first and relation.target in targets
        mine = target is not None and target.takes_owner and target.owner_role == s.owner_role
        if target and mine and (target.closed or relation.name == first) and not free and not prop.many:
            yield s.case(
                f"test_create_{s.snake}_with_the_{relation.name}_of_another",
                f"{s.one.capitalize()} cannot be made with the {relation.name.replace('_', ' ')} of somebody else",
                "foreign_reference",
                kind="security",
                cites=_rule_cites(s, OwnershipRule, [s.create]),
                name=s.wire(prop.name),
                target=target,
            )


def _fields(s: Subject) -> Iterator[Case]:
    for rule in s.rules:
        if not isinstance(rule, RoleRule) or not rule.fields:
            continue
        read, update = s.endpoint("read"), s.endpoint("update")
        for field in rule.fields:
            prop = next((p for p in s.update_model if p.field == field), None)
            if not (read and prop and update):
                continue
            yield s.case(
                f"test_{s.snake}_{field}_is_for_some_roles",
                f"Only {', '.join(r.replace('_', ' ') for r in rule.roles)} accounts see and write "
                f"the {field.replace('_', ' ')} of {s.one}",
                "restricted_field",
                kind="security",
                cites=rule.cites,
                name=s.wire(prop.name),
                column=field,
                value=s.value(prop, 1),
                stored=samples.python(prop, 1 + s.rank(field)),
                insider=rule.roles[0],
                insider_writes=_may(update, rule.roles[0]),
                outsiders=[r for r in s.suite.roles if r not in rule.roles and _may(read, r)],
                writers=[r for r in s.suite.roles if r not in rule.roles and _may(update, r)],
                update=update,
                creates=field in s.restricted and s.settable(field) is not None,
            )


def _may(endpoint: Endpoint, role: str) -> bool:
    allowed = endpoint.access
    return allowed.public or role in allowed.roles or not (allowed.roles or allowed.owner_roles)
