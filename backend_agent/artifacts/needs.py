"""What the requirements ask of the whole service. Stages that must agree on it import it from here."""

from __future__ import annotations

import re

from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.rules import FilterRule, SearchRule, SortRule, UniqueRule
from backend_agent.artifacts.security import EncryptedField, Lockout

ENCRYPTABLE = frozenset({"string", "text", "phone", "url", "email"})
"""Field types that can be kept encrypted: those whose value is text."""

_AUDIT = re.compile(
    r"\baudit(s|ed|ing)?\b|\b(every|each|all) changes?\b.*\b(recorded|logged|kept|traced)\b", re.IGNORECASE
)
_ENCRYPT = re.compile(r"\bencrypt(s|ed|ion|ing)?\b", re.IGNORECASE)
_TRANSIT_ONLY = re.compile(r"\b(in transit|tls|https)\b", re.IGNORECASE)
_AT_REST = re.compile(r"\b(at rest|personal|sensitive|health|stored|fields?)\b", re.IGNORECASE)
_LOCKOUT = re.compile(
    r"\b(failed (log|sign)[ -]?ins?( attempts?)?|lock(ed|s|ing)?( [a-z]+){0,3} out|lockout"
    r"|lock(ed|s)? the account|accounts? (is|are|gets?) locked)\b",
    re.IGNORECASE,
)
SENTENCES = (_AUDIT, _ENCRYPT, _LOCKOUT)
"""A statement that mentions one of them is read further; no other is read at all."""
_FAILED = re.compile(r"\b(failed|unsuccessful|wrong|incorrect|invalid)\b", re.IGNORECASE)
_ATTEMPTS = re.compile(
    r"\b(\d+|[a-z]+) (?:consecutive |successive )?(failed|unsuccessful|wrong|incorrect|invalid)", re.IGNORECASE
)
_WINDOW = re.compile(r"\b(\d+|[a-z]+)[ -](minute|hour)s?\b", re.IGNORECASE)
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60,
}  # fmt: skip


def _matching(requirements: RequirementsAnalysis, pattern: re.Pattern[str]) -> list[str]:
    return [s.id for s in requirements.statements if pattern.search(s.text)]


def audit_log(requirements: RequirementsAnalysis) -> list[str]:
    """Return the R-ids that ask for an audit log; empty: there is none."""
    return _matching(requirements, _AUDIT)


def encryption(requirements: RequirementsAnalysis) -> list[str]:
    """Return the R-ids that ask for encryption at rest; empty: nothing is encrypted."""
    found = []
    for statement in requirements.statements:
        text = statement.text
        if _ENCRYPT.search(text) and (_AT_REST.search(text) or not _TRANSIT_ONLY.search(text)):
            found.append(statement.id)
    return found


def lockout(requirements: RequirementsAnalysis) -> Lockout:
    """Return when logins are refused for a while; what no statement says keeps its default."""
    for statement in requirements.statements:
        if _LOCKOUT.search(statement.text) and _FAILED.search(statement.text):
            window = _WINDOW.search(statement.text)
            length = _number(window)
            given = {
                "attempts": _number(_ATTEMPTS.search(statement.text)),
                "window_minutes": length * 60 if length and window and window.group(2).lower() == "hour" else length,
            }
            return Lockout(cites=[statement.id], **{name: value for name, value in given.items() if value})
    return Lockout()


def _number(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    word = found.group(1).lower()
    return int(word) if word.isdigit() else _NUMBERS.get(word)


def encrypted_fields(requirements: RequirementsAnalysis, domain: DomainModel) -> list[EncryptedField]:
    """Return each field that is kept encrypted, in the order of the model.

    Sensitive text is, when the requirements ask for encryption at rest. A field that must be compared inside the
    database (unique, filtered, sorted, searched, the login's e-mail) cannot be: equal texts encrypt differently.
    """
    cites = encryption(requirements)
    if not cites:
        return []
    compared = _compared(domain)
    return [
        EncryptedField(entity=entity.name, field=field.name, cites=cites)
        for entity in domain.entities
        for field in entity.fields
        if field.sensitive
        and field.type in ENCRYPTABLE
        and not field.many
        and not field.unique
        and not (entity.name == ACCOUNT and field.name == "email")
        and (entity.name, field.name) not in compared
    ]


def _compared(domain: DomainModel) -> set[tuple[str, str]]:
    """Return (entity, field) of all fields that a rule compares inside the database."""
    found: set[tuple[str, str]] = set()
    for rule in domain.rules:
        if isinstance(rule, UniqueRule | FilterRule | SearchRule | SortRule):
            names = list(rule.fields)
            if isinstance(rule, SortRule) and rule.default:
                names.append(rule.default.removeprefix("-"))
            for name in names:
                relation, _, field = name.rpartition(".")
                targets = [r.target for r in domain.relations_from(rule.entity) if r.name == relation]
                found.add((targets[0] if targets else rule.entity, field))
    return found
