"""What the task asks of the whole service, with the R-ids that ask for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend_agent.artifacts import mentions, needs, slices
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis

_CORS = re.compile(r"\bCORS\b|\bcross[ -]origin\b", re.IGNORECASE)

LOOKED_FOR = (_CORS, *mentions.MENTIONS)
SEEN = slices.wording(LOOKED_FOR, needs.SENTENCES)
"""The slice of the requirements in which all of it is found."""


@dataclass(frozen=True)
class Wants:
    """R-ids by concern; empty where nothing asks for it."""

    rate_limit: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    cors: list[str] = field(default_factory=list)
    lockout: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    encryption: list[str] = field(default_factory=list)
    encrypted: dict[str, list[str]] = field(default_factory=dict)
    """Encrypted fields by entity."""


def wants(requirements: RequirementsAnalysis, domain: DomainModel) -> Wants:
    """Return what the requirements ask of the whole service."""
    encrypted: dict[str, list[str]] = {}
    for item in needs.encrypted_fields(requirements, domain):
        encrypted.setdefault(item.entity, []).append(item.field)
    return Wants(
        rate_limit=mentions.rate_limiting(requirements),
        roles=mentions.role_based(requirements),
        cors=[s.id for s in requirements.statements if _CORS.search(s.text)],
        lockout=needs.lockout(requirements).cites,
        audit=needs.audit_log(requirements),
        encryption=needs.encryption(requirements),
        encrypted=encrypted,
    )
