"""Security headers of an API: JSON only, never framed, never cached unless a design says so."""

from __future__ import annotations

from backend_agent.artifacts.security import Header, SecurityHeaders
from backend_agent.stages.security import grants, wants
from backend_agent.state import Artifacts

HEADERS: tuple[tuple[str, str], ...] = (
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""Names and values, after the OWASP REST Security Cheat Sheet; a response that sets one itself keeps its own."""


def headers(given: Artifacts) -> SecurityHeaders:
    """Return the headers, and the one origin that the task's front end has."""
    front = given.task.frontend_context
    origins = [front.origin] if front and front.origin else []
    requirements = given.requirements
    cites = wants.asking(requirements, wants.HEADERS)
    if origins:
        cites += wants.asking(requirements, wants.CORS)
        cites += [s.id for s in requirements.statements if s.source == "frontend_context" and origins[0] in s.text]
    return SecurityHeaders(
        headers=[Header(name=name, value=value) for name, value in HEADERS],
        cors_origins=origins,
        cites=grants.cited(cites),
    )
