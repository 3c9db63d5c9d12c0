"""Who may call an endpoint, as the service's code checks it."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent.artifacts.api import Access


def role_member(role: str) -> str:
    """Return the member of the generated `Role` enumeration: `Role.SUPPORT_STAFF`."""
    return f"Role.{role.upper()}"


def role_tuple(roles: list[str] | tuple[str, ...]) -> str:
    """Return a tuple of roles, as source."""
    members = ", ".join(map(role_member, roles))
    return f"({members},)" if len(roles) == 1 else f"({members})"


@dataclass(frozen=True)
class AccessPlan:
    """The access of one endpoint."""

    access: Access

    @property
    def public(self) -> bool:
        return self.access.public

    @property
    def owned(self) -> bool:
        """Whether some callers may use their own rows only."""
        return bool(self.access.owner_roles)

    @property
    def by_role(self) -> bool:
        """Whether only some roles may call it at all."""
        return bool(self.access.roles or self.access.owner_roles)

    @property
    def any_row(self) -> tuple[str, ...]:
        return tuple(self.access.roles)

    @property
    def own_rows(self) -> tuple[str, ...]:
        return tuple(self.access.owner_roles)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.access.owner_path)

    @property
    def allowed(self) -> str:
        """Arguments of `require_role`: everybody who may call it."""
        return ", ".join(role_member(r) for r in dict.fromkeys((*self.any_row, *self.own_rows)))

    @property
    def scope(self) -> str:
        """The call that yields the account whose rows alone count, or None."""
        some = f", any_row={role_tuple(self.any_row)}" if self.any_row else ""
        return f"owner_scope(caller, own_rows={role_tuple(self.own_rows)}{some})"
