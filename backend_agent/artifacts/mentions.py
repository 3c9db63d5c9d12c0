"""Which statements mention a concern of the whole service, so that designs can cite them."""

from __future__ import annotations

import re

from backend_agent.artifacts.requirements import RequirementsAnalysis

_AUTHENTICATION = re.compile(
    r"\b(jwt|log[ -]?in|logs in|logged in|sign[ -]?in|sign[ -]?up|passwords?|authenticat\w*|tokens?"
    r"|log[ -]?out)\b"
    # not `register patients`, where somebody else is written down
    r"|\bregisters?\b(?=\s*([.,;]|$)|\s+(and|or|with|using|by|as|for an account|an account|themselves)\b)",
    re.IGNORECASE,
)
_RATE = re.compile(r"\brate[ -]?limit\w*|\bthrottl\w+", re.IGNORECASE)
_ROLES = re.compile(r"\brole[ -]?based|\brbac\b|\broles?\b|\bpermissions?\b", re.IGNORECASE)

MENTIONS = (_AUTHENTICATION, _RATE, _ROLES)
"""Everything that is looked for."""


def _matching(requirements: RequirementsAnalysis, pattern: re.Pattern[str]) -> list[str]:
    return [s.id for s in requirements.statements if pattern.search(s.text)]


def authentication(requirements: RequirementsAnalysis) -> list[str]:
    """Return the R-ids about registering, logging in, passwords and tokens."""
    return _matching(requirements, _AUTHENTICATION)


def rate_limiting(requirements: RequirementsAnalysis) -> list[str]:
    """Return the R-ids that ask for rate limits."""
    return _matching(requirements, _RATE)


def role_based(requirements: RequirementsAnalysis) -> list[str]:
    """Return the R-ids that ask for roles or permissions."""
    return _matching(requirements, _ROLES)
