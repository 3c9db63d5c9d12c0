"""SecurityConfig: who gets in, what is protected, and how it is watched."""

from __future__ import annotations

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure


class Lockout(Artifact):
    """Refuse logins for a while after failed ones."""

    attempts: int = 5
    window_minutes: int = 15
    cites: list[str] = Field(default_factory=list)


class Authentication(Artifact):
    password_hashing: str = "argon2id"  # noqa: S105 - the algorithm's name
    password_min_length: int = 12
    password_max_length: int = 128
    token_algorithm: str = "HS256"  # noqa: S105 - the algorithm's name
    access_token_minutes: int = 15
    refresh_token_days: int = 14
    refresh_rotation: bool = True
    lockout: Lockout = Lockout()
    cites: list[str] = Field(default_factory=list)


class RoleGrant(Artifact):
    """What a role may do: operation ids of the API."""

    role: str
    any_row: list[str]
    own_rows: list[str]
    cites: list[str] = Field(default_factory=list)


class Authorization(Artifact):
    roles: list[str]
    default_role: str
    """Role of whoever registers."""
    administrator_roles: list[str]
    public: list[str]
    """Operation ids that need no account."""
    grants: list[RoleGrant]
    cites: list[str] = Field(default_factory=list)


class EncryptedField(Artifact):
    entity: str
    field: str
    cites: list[str] = Field(default_factory=list)


class DataProtection(Artifact):
    encryption_at_rest: list[EncryptedField] = Field(default_factory=list)
    encryption_in_transit: Measure
    secrets: Measure
    audit_log: bool = False
    """Whether every change of a row is recorded with who, what and when."""
    retention: list[Measure] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)


class Header(Artifact):
    name: str
    value: str


class SecurityHeaders(Artifact):
    headers: list[Header]
    cors_origins: list[str] = Field(default_factory=list)
    """Exact origins; empty: no cross-origin calls."""
    cites: list[str] = Field(default_factory=list)


class ComplianceItem(Artifact):
    standard: str
    """Such as `OWASP API Security Top 10`."""
    clause: str
    """Such as `API1:2023 Broken object level authorization`."""
    measure: str
    status: str
    """`met`, `partly met` or `not met`; never better than what the design does."""
    cites: list[str] = Field(default_factory=list)


class SecurityConfig(Artifact):
    authentication: Authentication
    authorization: Authorization
    data_protection: DataProtection
    input_validation: list[Measure]
    security_headers: SecurityHeaders
    monitoring: list[Measure]
    compliance: list[ComplianceItem]
