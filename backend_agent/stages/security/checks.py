"""Checks of the security design, each over what it was derived from."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts import access, needs
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.stage import Check
from backend_agent.stages.security import grants, wants
from backend_agent.stages.security.compliance import MET, NOT, PARTLY, STANDARDS, unencrypted
from backend_agent.stages.security.headers import HEADERS
from backend_agent.state import Artifacts

OPEN_KINDS = frozenset({"register", "login", "refresh", "logout", "health", "list", "read"})
"""Kinds of endpoints that may be open to anyone: without a login there is nothing to change."""


def _grants_equal_access(given: Artifacts) -> Iterator[str]:
    """The grants say what the endpoints say: no more, no less."""
    api, authorization = given.api, given.security.authorization
    by_role = {g.role: g for g in authorization.grants}
    for role in authorization.roles:
        if role not in by_role:
            yield f"role {role} has no grant"
            continue
        grant = by_role[role]
        for kind, designed, held in (
            ("any row", grants.any_row(api, role), grant.any_row),
            ("own rows", grants.own_rows(api, role), grant.own_rows),
        ):
            if missing := sorted(set(designed) - set(held)):
                yield f"{role} may call {', '.join(missing)} ({kind}) and is not granted it"
            if extra := sorted(set(held) - set(designed)):
                yield f"{role} is granted {', '.join(extra)} ({kind}) against the endpoints' access"
    for role in by_role:
        if role not in authorization.roles:
            yield f"a grant names {role}, which is no role"


def _every_endpoint_granted(given: Artifacts) -> Iterator[str]:
    authorization = given.security.authorization
    granted = {op for g in authorization.grants for op in [*g.any_row, *g.own_rows]}
    for endpoint in given.api.endpoints:
        if not endpoint.access.public and endpoint.operation_id not in granted:
            yield f"nobody may call {endpoint.operation_id} ({endpoint.method} {endpoint.path})"


def _public_is_harmless(given: Artifacts) -> Iterator[str]:
    authorization = given.security.authorization
    if sorted(authorization.public) != sorted(grants.public(given.api)):
        yield "the list of public operations differs from the endpoints' access"
    kinds = {e.operation_id: e.kind for e in given.api.endpoints}
    for operation in authorization.public:
        kind = kinds.get(operation)
        if kind is not None and kind not in OPEN_KINDS:
            yield f"anyone may call {operation}, which changes data"


def _default_role(given: Artifacts) -> Iterator[str]:
    authorization = given.security.authorization
    if authorization.default_role not in authorization.roles:
        yield f"default role {authorization.default_role} is no role"
    if authorization.default_role in authorization.administrator_roles and len(authorization.roles) > 1:
        yield f"whoever registers becomes {authorization.default_role}"


def _administrators_manage(given: Artifacts) -> Iterator[str]:
    """Accounts are managed by administrators, and by nobody else."""
    authorization = given.security.authorization
    if sorted(authorization.administrator_roles) != sorted(access.administrators(given.domain)):
        yield (
            f"administrator roles are {authorization.administrator_roles}, the domain says "
            f"{access.administrators(given.domain)}"
        )
    managing = {
        e.operation_id
        for e in given.api.endpoints
        if e.entity == ACCOUNT and e.kind in ("list", "read", "create", "update", "delete")
    }
    for grant in authorization.grants:
        held = managing.intersection([*grant.any_row, *grant.own_rows])
        if grant.role in authorization.administrator_roles:
            if missing := sorted(managing - set(grant.any_row)):
                yield f"{grant.role} cannot manage accounts: {', '.join(missing)}"
        elif held:
            yield f"{grant.role} manages accounts: {', '.join(sorted(held))}"


def _tokens(given: Artifacts) -> Iterator[str]:
    auth = given.security.authentication
    if auth.password_hashing != "argon2id":  # noqa: S105 - the algorithm's name
        yield f"passwords are hashed with {auth.password_hashing}"
    if not auth.refresh_rotation:
        yield "refresh tokens are not rotated"
    if not 1 <= auth.access_token_minutes <= 60:
        yield f"access tokens live {auth.access_token_minutes} minutes"
    if not 1 <= auth.refresh_token_days <= 90:
        yield f"refresh tokens live {auth.refresh_token_days} days"
    if auth.token_algorithm.lower() == "none":
        yield "tokens are not signed"
    if auth.password_min_length < 8 or auth.password_max_length < 64:
        yield f"passwords of {auth.password_min_length} to {auth.password_max_length} characters"


def _lockout(given: Artifacts) -> Iterator[str]:
    asked, designed = needs.lockout(given.requirements), given.security.authentication.lockout
    if (asked.attempts, asked.window_minutes) != (designed.attempts, designed.window_minutes):
        yield (
            f"{', '.join(asked.cites) or 'the default'}: {asked.attempts} failures in {asked.window_minutes} minutes; "
            f"designed: {designed.attempts} in {designed.window_minutes}"
        )
    if not 1 <= designed.attempts <= 100:
        yield f"lockout after {designed.attempts} failures"


def _encryption(given: Artifacts) -> Iterator[str]:
    asked = {(f.entity, f.field) for f in needs.encrypted_fields(given.requirements, given.domain)}
    listed = {(f.entity, f.field) for f in given.security.data_protection.encryption_at_rest}
    for entity, field in sorted(asked - listed):
        yield f"{', '.join(needs.encryption(given.requirements))}: {entity}.{field} is personal and not encrypted"
    for entity, field in sorted(listed - asked):
        yield f"{entity}.{field} is listed as encrypted; its column is not"
    if needs.encryption(given.requirements) and unencrypted(given):
        items = [i for i in given.security.compliance if i.clause == "Encryption at rest"]
        if not items or any(i.status == MET for i in items):
            yield f"not said: {', '.join(unencrypted(given))} stay readable in the database"


def _audit(given: Artifacts) -> Iterator[str]:
    asked = needs.audit_log(given.requirements)
    designed = given.security.data_protection.audit_log
    if bool(asked) != designed:
        yield f"audit log asked for by {', '.join(asked) or 'nothing'}, designed: {'yes' if designed else 'no'}"


def _headers(given: Artifacts) -> Iterator[str]:
    values = {h.name.lower(): h.value for h in given.security.security_headers.headers}
    for name, _ in HEADERS:
        if not values.get(name.lower(), "").strip():
            yield f"{name} is missing"
    if values.get("x-content-type-options", "nosniff") != "nosniff":
        yield "X-Content-Type-Options is not nosniff"
    if "frame-ancestors" not in values.get("content-security-policy", "frame-ancestors"):
        yield "Content-Security-Policy has no frame-ancestors"


def _cors(given: Artifacts) -> Iterator[str]:
    front = given.task.frontend_context
    allowed = [front.origin] if front and front.origin else []
    for origin in given.security.security_headers.cors_origins:
        if "*" in origin:
            yield f"CORS origin {origin} with credentials lets every site act as the user"
        elif origin not in allowed:
            yield f"CORS origin {origin} is none that the task names"
    for origin in allowed:
        if origin not in given.security.security_headers.cors_origins:
            yield f"the front end at {origin} is not allowed"


def _cors_asked(given: Artifacts) -> Iterator[str]:
    asked = wants.about(given.requirements.statements, wants.CORS)
    if asked and not given.security.security_headers.cors_origins:
        yield f"{', '.join(asked)} asks for CORS, and the task names no origin"


def _compliance(given: Artifacts) -> Iterator[str]:
    items = given.security.compliance
    for item in items:
        if item.status not in (MET, PARTLY, NOT):
            yield f"{item.clause}: status {item.status!r}"
        if not item.measure.strip():
            yield f"{item.clause}: no measure"
    for standard in STANDARDS:
        if not wants.about(given.requirements.statements, standard.asked):
            continue
        held = {i.clause: i.status for i in items if i.standard == standard.name}
        for clause in standard.clauses:
            honest, _ = clause.judge(given)
            rank = (NOT, PARTLY, MET)
            if clause.name not in held:
                yield f"{standard.name}: {clause.name} is not judged"
            elif held[clause.name] in rank and rank.index(held[clause.name]) > rank.index(honest):
                yield f"{standard.name}: {clause.name} is called {held[clause.name]}, the design makes it {honest}"


def _rates(given: Artifacts) -> Iterator[str]:
    scopes = {r.scope for r in given.api.rate_limiting}
    named = any(scope in m.detail for m in given.security.input_validation for scope in scopes)
    for scope in ("anonymous", "account", "login"):
        if scope not in scopes:
            yield f"requests of scope {scope} are not limited"
    if scopes and not named:
        yield "the limits of the API are not among the measures"


def _passwords_agree(given: Artifacts) -> Iterator[str]:
    auth = given.security.authentication
    for model in given.api.data_models:
        if model.name not in ("RegisterRequest", "UserCreate"):
            continue
        for prop in model.properties:
            if prop.name == "password" and (prop.min_length, prop.max_length) != (
                auth.password_min_length,
                auth.password_max_length,
            ):
                yield (
                    f"{model.name} takes {prop.min_length} to {prop.max_length} characters, the design says "
                    f"{auth.password_min_length} to {auth.password_max_length}"
                )


CHECKS = (
    Check("grants_equal_access", "Grants equal the endpoints' access", "security", "critical", _grants_equal_access),
    Check(
        "every_endpoint_granted",
        "Every endpoint can be called by somebody",
        "testability",
        "major",
        _every_endpoint_granted,
    ),
    Check("public_is_harmless", "What anyone may call changes nothing", "security", "critical", _public_is_harmless),
    Check("default_role", "Registering makes no administrator", "security", "critical", _default_role),
    Check(
        "administrators_manage",
        "Accounts are managed by administrators only",
        "security",
        "critical",
        _administrators_manage,
    ),
    Check("tokens", "Passwords and tokens follow good practice", "security", "critical", _tokens),
    Check("lockout", "The lockout has the numbers asked for", "security", "major", _lockout),
    Check("encryption", "Personal fields are encrypted where asked", "security", "major", _encryption),
    Check("audit", "The audit log is there when asked for", "security", "major", _audit),
    Check("headers", "Security headers are complete", "security", "major", _headers),
    Check("cors", "CORS names exact origins of the task", "security", "critical", _cors),
    Check(
        "cors_asked",
        "CORS has an origin when asked for",
        "security",
        "minor",
        _cors_asked,
        hint="Add `frontend_context: {origin: https://...}` to the task.",
    ),
    Check("compliance", "Compliance is no better than the design", "security", "major", _compliance),
    Check("rates", "Requests are limited in every scope", "scalability", "major", _rates),
    Check("passwords_agree", "API and design agree on passwords", "maintainability", "major", _passwords_agree),
)
