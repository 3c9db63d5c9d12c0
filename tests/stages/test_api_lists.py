"""What the API stage leaves out of lists: what some of their callers may not see."""

from __future__ import annotations

from typing import Any

from stages.test_api import designed, endpoint, small

CLERKS = [{"name": "member", "registers": True}, {"name": "clerk", "administrator": True}]
ASKING = [
    {"kind": "search", "entity": "Book", "fields": ["name", "shelf.name"]},
    {"kind": "filter", "entity": "Book", "fields": ["name"]},
    {"kind": "sort", "entity": "Book", "fields": ["name"], "default": "name"},
]


def listing_of_books(*rules: dict[str, Any], actors: list[dict[str, Any]] = CLERKS) -> dict[str, Any]:
    """Return the parameters of a list that is searched, narrowed and ordered by a name, by their purpose."""
    shelf = {"name": "shelf", "source": "Book", "target": "Shelf", "inverse": "books"}
    api = designed(small(actors, ["Shelf", "Book"], [shelf], [*ASKING, *rules]))
    return {p.purpose: p for p in endpoint(api, "list_books").parameters if p.field != "shelf"}


def hiding(entity: str, *roles: str) -> dict[str, Any]:
    return {"kind": "role", "entity": entity, "operations": ["read"], "roles": list(roles), "fields": ["name"]}


def test_what_some_may_not_see_is_no_term_of_a_list() -> None:
    found = listing_of_books(hiding("Book", "clerk"))
    assert set(found) == {"search", "limit", "offset"}
    assert found["search"].description == "Words to find in shelf name."


def test_what_some_may_not_see_of_a_related_row_is_not_searched() -> None:
    assert listing_of_books(hiding("Shelf", "clerk"))["search"].description == "Words to find in name."
    assert "search" not in listing_of_books(hiding("Shelf", "clerk"), hiding("Book", "clerk"))


def test_what_all_who_list_may_see_is_a_term() -> None:
    only_clerks = {"kind": "role", "entity": "Book", "operations": ["list"], "roles": ["clerk"]}
    for rules in ([hiding("Book", "clerk"), only_clerks], [hiding("Book", "clerk", "member")]):
        found = listing_of_books(*rules)
        assert set(found) == {"search", "filter", "sort", "limit", "offset"}
        assert found["sort"].default == "name"


def test_what_a_restriction_takes_from_lists_is_said_with_its_rules() -> None:
    rules = [{**r, "cites": [f"R-{n:03}"]} for n, r in enumerate([*ASKING, hiding("Book", "clerk")], 1)]
    shelf = {"name": "shelf", "source": "Book", "target": "Shelf", "inverse": "books"}
    api = designed(small(CLERKS, ["Shelf", "Book"], [shelf], rules))
    found = next(m for m in api.security_considerations if m.name.startswith("Book: name"))
    assert "no search, filter and sort of lists uses it" in found.detail
    assert found.cites == ["R-001", "R-002", "R-003", "R-004"]
