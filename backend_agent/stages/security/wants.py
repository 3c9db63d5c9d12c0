"""What statements ask of security, and whether the service does it."""

from __future__ import annotations

import re

from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement

SIGN_IN = re.compile(
    r"\b(jwt|(?:log(?:s|ged)?|sign(?:s|ed)?)[ -]?in|sign[ "
    r"-]?up|passwords?|authenticat\w*|(?:access|refresh|bearer) tokens?"
    r"|log[ -]?out)\b",
    re.IGNORECASE,
)
ROLES = re.compile(r"\brole[ -]?based|\brbac\b|\broles?\b|\bpermissions?\b|\bauthori[sz]ation\b", re.IGNORECASE)
CORS = re.compile(r"\bcors\b|\bcross[ -]origin\b", re.IGNORECASE)
RATE = re.compile(r"\brate[ -]?limit\w*|\bthrottl\w+", re.IGNORECASE)
HEADERS = re.compile(r"\bsecurity headers?\b|\bhsts\b|\bcontent security policy\b", re.IGNORECASE)
VALIDATION = re.compile(
    r"\b(?:input|request) validation\b|\bvalidat\w+ (?:all )?input|\binjection\b|\bsanitiz\w+", re.IGNORECASE
)
TRANSIT = re.compile(r"\b(?:tls|https|ssl)\b|\bencrypt\w*\b.*\bin transit\b", re.IGNORECASE)
ABSENT = re.compile(
    r"\b(?:mfa|2fa|two[ -]factor|multi[ -]factor|one[ -]time (?:password|code)s?|otp|totp|oauth ?2?|openid|oidc|sso"
    r"|single sign[ -]on|saml|ldap|active directory|mtls|mutual tls|client certificates?|api keys?|webauthn|passkeys?"
    r"|biometric\w*|captcha|service[ -]to[ -]service|social login|magic links?|reset (?:their|the|a) passwords?"
    r"|password resets?|forgot\w* passwords?|verif(?:y|ied|ication) (?:of )?(?:their )?e-?mails?)\b",
    re.IGNORECASE,
)
"""What no code is generated for: a statement that asks for it is not cited as done."""
MENTIONS = (SIGN_IN, ROLES, CORS, RATE, HEADERS, VALIDATION, TRANSIT, ABSENT)
"""Everything that is looked for."""
MENTIONS = (SIGN_IN, ROLES, CORS, RATE, HEADERS, VALIDATION, TRANSIT, ABSENT)
"""Everything that is looked for."""


def asking(requirements: RequirementsAnalysis, pattern: re.Pattern[str]) -> list[str]:
    """Return the R-ids that mention a concern and ask for nothing in it that is absent."""
    return [s.id for s in requirements.statements if pattern.search(s.text) and not ABSENT.search(s.text)]


def about(statements: list[Statement], pattern: re.Pattern[str]) -> list[str]:
    """Return the R-ids of statements that mention a concern, whatever else they ask."""
    return [s.id for s in statements if pattern.search(s.text)]
