"""Tables of the service's own: refresh tokens, failed logins, audit log."""

from __future__ import annotations

from backend_agent.artifacts.database import Column, ForeignKey, Index, Table, UniqueConstraint
from backend_agent.stages.database.columns import EMAIL_LENGTH
from backend_agent.stages.database.naming import Names

_ID = Column(name="id", type="uuid", description="UUID 4, made by the application.")


def refresh_tokens(naming: Names, cites: list[str]) -> Table:
    """Return the table of refresh tokens: only their digests are kept."""
    name = "refresh_tokens"
    return Table(
        name=name,
        purpose="service",
        description="Refresh tokens by family: a login starts one, each use replaces its token.",
        columns=[
            _ID,
            Column(name="user_id", type="uuid"),
            Column(name="family_id", type="uuid", description="Shared by all tokens that come from one login."),
            Column(name="token_hash", type="string", length=64, description="SHA-256 (hex); the token is not kept."),
            Column(name="expires_at", type="datetime", description="UTC."),
            Column(name="used_at", type="datetime", nullable=True, description="Used again after this: theft."),
            Column(name="created_at", type="datetime", description="UTC."),
        ],
        foreign_keys=[
            ForeignKey(
                name=naming.name("fk", name, "user_id"), column="user_id", target_table="users", on_delete="cascade"
            )
        ],
        unique_constraints=[UniqueConstraint(name=naming.name("uq", name, "token_hash"), columns=["token_hash"])],
        indexes=[
            Index(name=naming.name("ix", name, "user_id"), columns=["user_id"], reason="foreign key to users"),
            Index(
                name=naming.name("ix", name, "family_id"),
                columns=["family_id"],
                reason="revoking all tokens of a login at once",
            ),
        ],
        cites=cites,
    )


def login_failures(naming: Names, cites: list[str]) -> Table:
    """Return the table of failed logins, also for e-mails that nobody has."""
    name = "login_failures"
    return Table(
        name=name,
        purpose="service",
        description="Failed logins by e-mail, known or not: too many in a while and logins are refused.",
        columns=[
            _ID,
            Column(name="email", type="string", length=EMAIL_LENGTH, description="Lower case."),
            Column(name="failed_at", type="datetime", description="UTC."),
        ],
        indexes=[
            Index(
                name=naming.name("ix", name, "email", "failed_at"),
                columns=["email", "failed_at"],
                reason="counting the failed logins of an e-mail in the last minutes",
            )
        ],
        cites=cites,
    )


def audit_log(naming: Names, cites: list[str]) -> Table:
    """Return the table of changes. No foreign keys: it outlives what it tells of."""
    name = "audit_log"
    return Table(
        name=name,
        purpose="service",
        description="Every change of a row: who, what, when. Rows are only ever added.",
        columns=[
            _ID,
            Column(name="account_id", type="uuid", nullable=True, description="Who; no foreign key, it outlives them."),
            Column(name="action", type="string", length=80, description="The API's operation id."),
            Column(name="entity", type="string", length=80),
            Column(name="row_id", type="uuid"),
            Column(name="fields", type="json", description="Names of the changed fields; never their values."),
            Column(name="occurred_at", type="datetime", description="UTC."),
        ],
        indexes=[
            Index(
                name=naming.name("ix", name, "entity", "row_id"),
                columns=["entity", "row_id"],
                reason="the history of one row",
            ),
            Index(
                name=naming.name("ix", name, "occurred_at"),
                columns=["occurred_at"],
                reason="what happened in a period",
            ),
        ],
        cites=cites,
    )
