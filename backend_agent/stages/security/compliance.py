"""Compliance: standards that the task names, clause by clause; a status is never better than what the design does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from backend_agent.artifacts import needs
from backend_agent.artifacts.security import ComplianceItem
from backend_agent.names import title
from backend_agent.stages.security import wants
from backend_agent.state import Artifacts

MET, PARTLY, NOT = "met", "partly met", "not met"
Judgement = tuple[str, str]
"""Status, and what is done (and what is missing)."""


@dataclass(frozen=True)
class Clause:
    """One clause of a standard, and how a design stands to it."""

    name: str
    judge: Callable[[Artifacts], Judgement]


@dataclass(frozen=True)
class Standard:
    """A standard, and the words by which a task asks for it."""

    name: str
    asked: re.Pattern[str]
    clauses: tuple[Clause, ...]


def _always(status: str, measure: str) -> Callable[[Artifacts], Judgement]:
    return lambda _: (status, measure)


def _ownership(given: Artifacts) -> Judgement:
    owned = sorted({e.entity for e in given.api.endpoints if e.access.owner_roles and e.entity})
    if owned:
        return MET, (
            f"Rows of {', '.join(title(e) for e in owned)} are selected by their owner in the query itself; "
            "somebody else's row answers 404."
        )
    return MET, "No row belongs to a single account; access is decided by role, and ids are random UUIDs."


def _sign_in(given: Artifacts) -> Judgement:
    lockout = needs.lockout(given.requirements)
    return PARTLY, (
        f"argon2id hashes, {lockout.attempts} failed logins in {lockout.window_minutes} minutes lock an email "
        "out, tokens live "
        "15 minutes, refresh tokens rotate and a reused one ends its family. Missing: a second factor, and a "
        "way to reset a "
        "password."
    )


def _properties(_: Artifacts) -> Judgement:
    return MET, (
        "Request models refuse unknown properties; role, owner, state and derived values are set by the "
        "service; answers have "
        "models of their own, without the password's hash."
    )


def _resources(given: Artifacts) -> Judgement:
    limits = "; ".join(f"{r.requests} in {r.seconds} s ({r.scope})" for r in given.api.rate_limiting)
    if not limits:
        return PARTLY, "Lists and bodies are bounded. Missing: a rate limit."
    return PARTLY, (
        f"Lists hold at most 100 rows, bodies and texts are bounded, requests are limited: {limits}. "
        "Each process counts for itself: replicas need a limit at the proxy as well."
    )


def _functions(given: Artifacts) -> Judgement:
    roles = [r for e in given.api.endpoints for r in e.access.roles]
    if roles:
        return (
            MET,
            (
                f"Each endpoint names its roles ({', '.join(dict.fromkeys(roles))}); others get 403 before "
                "anything is read."
            ),
        )
    return MET, "There is one kind of account and no endpoint for administration."


def _flows(_: Artifacts) -> Judgement:
    return (
        PARTLY,
        "Requests are limited by account and address, states move once. Missing: detection of automated clients.",
    )


def _fetches(_: Artifacts) -> Judgement:
    return MET, "The service fetches no address that a client gives; URLs are kept as text."


def _configuration(_: Artifacts) -> Judgement:
    return PARTLY, (
        "Security headers on every answer, exact CORS origins, no stack traces, settings refused at start "
        "without a secret. "
        "Left to the operator: TLS in front of the service, and patches."
    )


def _inventory(given: Artifacts) -> Judgement:
    return MET, f"One OpenAPI document at {given.api.base_url or '/'}, version in the path, equal to what is served."


def _audit(given: Artifacts) -> Judgement:
    if needs.audit_log(given.requirements):
        return MET, "Every change is recorded with who, what and when, in its own transaction."
    return PARTLY, "Requests are logged with account and request id; changes of rows are not recorded."


def _encryption(given: Artifacts) -> Judgement:
    fields = needs.encrypted_fields(given.requirements, given.domain)
    left = unencrypted(given)
    if fields and not left:
        return MET, f"{len(fields)} personal fields are encrypted in their columns."
    if fields:
        return (
            PARTLY,
            f"{len(fields)} personal fields are encrypted in their columns; not encrypted: {', '.join(left)}.",
        )
    return NOT, "Nothing is encrypted in its column; encrypt the disk of the database."


def unencrypted(given: Artifacts) -> list[str]:
    """Return the personal fields that stay readable in the database: looked up by value, or no text."""
    kept = {(f.entity, f.field) for f in needs.encrypted_fields(given.requirements, given.domain)}
    return [
        f"{title(e.name)} {title(f.name)}"
        for e in given.domain.entities
        for f in e.fields
        if f.sensitive and (e.name, f.name) not in kept
    ]


_CARD = re.compile(r"\b(card|pan|cvv|cvc|expiry|track)\b", re.IGNORECASE)


def _card_data(given: Artifacts) -> Judgement:
    cards = [
        f"{title(e.name)} {title(f.name)}"
        for e in given.domain.entities
        for f in e.fields
        if re.search(r"\bcard\b.*\bnumber\b|\bpan\b|\bcvv\b|\bcvc\b", title(f.name))
        or (_CARD.search(title(e.name)) and re.search(r"\bnumber\b|\bcode\b", title(f.name)))
    ]
    if cards:
        return NOT, f"Card data would be stored: {', '.join(cards)}. Use a payment provider's tokens instead."
    return MET, "No card number, security code or track data is stored."


def _pci_sign_in(given: Artifacts) -> Judgement:
    lockout = needs.lockout(given.requirements)
    return PARTLY, (
        f"Own account for everyone, passwords of at least 12 characters, lockout after {lockout.attempts} failures. "
        "Missing: a second factor, and the 30 minutes of lockout that 8.3.4 wants"
        + (" (here " + str(lockout.window_minutes) + ")." if lockout.window_minutes < 30 else " are given.")
    )


def _erasure(given: Artifacts) -> Judgement:
    personal = {e.name for e in given.domain.entities for f in e.fields if f.sensitive}
    deletable = {e.entity for e in given.api.endpoints if e.kind == "delete"}
    left = sorted(personal - deletable)
    if left:
        return PARTLY if personal & deletable else NOT, f"No endpoint deletes {', '.join(title(e) for e in left)}."
    return MET, "Everything with personal fields can be deleted through the API."


_TRANSIT = (PARTLY, "HSTS tells browsers to use HTTPS only; TLS itself ends at the proxy, which the operator sets up.")
OWASP = Standard(
    "OWASP API Security Top 10",
    re.compile(r"\bowasp\b", re.IGNORECASE),
    (
        Clause("API1:2023 Broken object level authorization", _ownership),
        Clause("API2:2023 Broken authentication", _sign_in),
        Clause("API3:2023 Broken object property level authorization", _properties),
        Clause("API4:2023 Unrestricted resource consumption", _resources),
        Clause("API5:2023 Broken function level authorization", _functions),
        Clause("API6:2023 Unrestricted access to sensitive business flows", _flows),
        Clause("API7:2023 Server side request forgery", _fetches),
        Clause("API8:2023 Security misconfiguration", _configuration),
        Clause("API9:2023 Improper inventory management", _inventory),
        Clause("API10:2023 Unsafe consumption of APIs", _always(MET, "The service calls no other API.")),
    ),
)
STANDARDS: tuple[Standard, ...] = (
    OWASP,
    Standard(
        "PCI DSS 4.0",
        re.compile(r"\bpci\b", re.IGNORECASE),
        (
            Clause("3 Stored account data is protected", _card_data),
            Clause("4 Card data is encrypted in transit", _always(*_TRANSIT)),
            Clause("6 Software is developed securely", _always(
                PARTLY, "Linting, security linting and types run in the pipeline; reviews are the operator's.")),
            Clause("7 Access by need to know", _functions),
            Clause("8 Users are identified and authenticated", _pci_sign_in),
            Clause("10 Access is logged and monitored", _audit),
            Clause("11 and 12 Tests and policies of the organisation", _always(
                NOT, "Scans by an approved vendor and policies are outside of any code.")),
        ),
    ),
    Standard(
        "GDPR",
        re.compile(r"\bgdpr\b|\bdata protection regulation\b", re.IGNORECASE),
        (
            Clause("Art. 17 Right to erasure", _erasure),
            Clause("Art. 25 Data protection by design", _ownership),
            Clause("Art. 32 Security of processing", _encryption),
            Clause("Art. 33 Notification of a breach", _always(
                NOT, "Logs help to find out what happened; telling people is the operator's.")),
        ),
    ),
    Standard(
        "HIPAA Security Rule",
        re.compile(r"\bhipaa\b", re.IGNORECASE),
        (
            Clause("164.312(a) Access control", _functions),
            Clause("164.312(a)(2)(iv) Encryption at rest", _encryption),
            Clause("164.312(b) Audit controls", _audit),
            Clause("164.312(d) Authentication", _sign_in),
            Clause("164.312(e) Transmission security", _always(*_TRANSIT)),
        ),
    ),
)  # fmt: skip


def compliance(given: Artifacts) -> list[ComplianceItem]:
    """Return the clauses of every standard that the task names, and encryption at rest when it is asked for."""
    statements = given.requirements.statements
    items = []
    for standard in STANDARDS:
        cites = wants.about(statements, standard.asked)
        for clause in standard.clauses if cites else ():
            status, measure = clause.judge(given)
            items.append(
                ComplianceItem(standard=standard.name, clause=clause.name, measure=measure, status=status, cites=cites)
            )
    if asked := needs.encryption(given.requirements):
        status, measure = _encryption(given)
        items.append(
            ComplianceItem(
                standard="The task itself", clause="Encryption at rest", measure=measure, status=status, cites=asked
            )
        )
    return items
