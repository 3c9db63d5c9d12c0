"""Who may call an endpoint in the next version and not in this one, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Access
from backend_agent.changes.api_values import ApiChange


def access_changes(where: str, old: Access, new: Access) -> Iterator[ApiChange]:
    """Yield whether access is narrowed (breaking), widened, or both."""
    narrowed, widened = _lost(old, new), _lost(new, old)
    if narrowed:
        told = f"{words(old)} -> {words(new)}"
        yield ApiChange(kind="access_narrowed", where=where, what=told, breaking=True, reason=narrowed)
    elif widened:
        told = f"{words(old)} -> {words(new)}"
        reason = "whoever could call it still can"
        yield ApiChange(kind="access_widened", where=where, what=told, breaking=False, reason=reason)


def words(access: Access) -> str:
    """Return who may call, in words."""
    if access.public:
        return "anyone"
    own = [f"{role} (own)" for role in access.owner_roles]
    return ", ".join([*access.roles, *own]) or "any account"


def _lost(old: Access, new: Access) -> str:
    """Return why somebody who may call under `old` may not under `new`; empty: everybody still may."""
    if new.public:
        return ""
    if old.public:
        return "callers who are not logged in get 401"
    limited_old, limited_new = bool(old.roles or old.owner_roles), bool(new.roles or new.owner_roles)
    if not limited_new:
        return ""
    if not limited_old:
        return "accounts with other roles get 403"
    for role in old.roles:
        if role not in new.roles:
            return f"{role} sees only own rows" if role in new.owner_roles else f"{role} gets 403"
    for role in old.owner_roles:
        if role not in (*new.roles, *new.owner_roles):
            return f"{role} gets 403"
        if role not in new.roles and old.owner_path != new.owner_path:
            return f"{role} owns other rows than before"
    return ""
