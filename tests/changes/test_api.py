"""Each way in which an API can change is found, and classed as breaking or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from designs import CASES as TASKS
from designs import designed

from backend_agent.artifacts.api import APISpecification
from backend_agent.changes import api_changes

Plain = dict[str, Any]
Mutate = Callable[[Plain], None]


@cache
def bookshop() -> APISpecification:
    found: APISpecification = designed("bookshop")["api"]
    return found


def named(items: list[Plain], name: str, key: str = "name") -> Plain:
    return next(i for i in items if i[key] == name)


def call(operation: str, **changes: Any) -> Mutate:
    """Change an endpoint."""
    return lambda api: named(api["endpoints"], operation, "operation_id").update(changes)


def access(operation: str, **changes: Any) -> Mutate:
    """Give an endpoint another access."""
    blank = {"public": False, "roles": [], "owner_roles": [], "owner_path": []}
    return call(operation, access={**blank, **changes})


def parameter(operation: str, name: str, **changes: Any) -> Mutate:
    """Change a query parameter."""
    return lambda api: named(named(api["endpoints"], operation, "operation_id")["parameters"], name).update(changes)


def prop(model: str, name: str, **changes: Any) -> Mutate:
    """Change a property of a data model."""
    return lambda api: named(named(api["data_models"], model)["properties"], name).update(changes)


def drop(model: str, name: str) -> Mutate:
    """Take a property from a data model."""

    def mutate(api: Plain) -> None:
        found = named(api["data_models"], model)
        found["properties"] = [p for p in found["properties"] if p["name"] != name]

    return mutate


def add(model: str, **spec: Any) -> Mutate:
    """Give a data model a property."""
    return lambda api: named(api["data_models"], model)["properties"].append(spec)


def without(operation: str) -> Mutate:
    """Take an endpoint away."""
    return lambda api: api["endpoints"].remove(named(api["endpoints"], operation, "operation_id"))


def unparameter(operation: str, name: str) -> Mutate:
    """Take a query parameter away."""

    def mutate(api: Plain) -> None:
        found = named(api["endpoints"], operation, "operation_id")["parameters"]
        found.remove(named(found, name))

    return mutate


def limit(scope: str, requests: int) -> Mutate:
    """Set a rate limit."""
    return lambda api: named(api["rate_limiting"], scope, "scope").update(requests=requests)


MUTANTS: dict[str, tuple[Mutate, str, bool, str]] = {
    "endpoint removed": (without("read_book"), "endpoint_removed", True, "GET /books/{book_id}"),
    "method": (call("update_book", method="PUT"), "method_changed", True, "PUT /books/{book_id}"),
    "path": (call("list_books", path="/volumes"), "path_changed", True, "GET /volumes"),
    "operation id": (call("list_books", operation_id="all_books"), "operation_renamed", False, "GET /books"),
    "status": (call("create_book", status=200), "status_changed", True, "POST /books"),
    "problem": (call("list_books", errors=[410, 422, 429]), "problem_added", False, "GET /books"),
    "no body": (call("create_book", request=None), "body_removed", True, "POST /books"),
    "no answer": (call("read_book", response=None), "answer_removed", True, "GET /books/{book_id}"),
    "public no more": (access("list_books"), "access_narrowed", True, "GET /books"),
    "role taken": (access("create_book", roles=["customer"]), "access_narrowed", True, "POST /books"),
    "role added": (access("create_book", roles=["administrator", "customer"]), "access_widened", False, "POST /books"),
    "only own rows": (
        access("update_book", owner_roles=["administrator"], owner_path=["seller"]),
        "access_narrowed",
        True,
        "PATCH /books/{book_id}",
    ),
    "any account": (access("create_book"), "access_widened", False, "POST /books"),
    "parameter removed": (unparameter("list_books", "search"), "parameter_removed", True, "GET /books ?search"),
    "parameter required": (parameter("list_books", "search", required=True), "became_required", True, "?search"),
    "page size": (parameter("list_books", "limit", default=50), "default_changed", True, "GET /books ?limit"),
    "smaller pages": (parameter("list_books", "limit", maximum=50), "stricter", True, "GET /books ?limit"),
    "larger pages": (parameter("list_books", "limit", maximum=500), "looser", False, "GET /books ?limit"),
    "parameter type": (parameter("list_books", "limit", type="uuid"), "type_changed", True, "GET /books ?limit"),
    "required sent": (
        add("BookCreate", name="shelf", type="string", required=True), "property_added", True, "BookCreate.shelf"
    ),
    "optional sent": (
        add("BookCreate", name="shelf", type="string", required=False), "property_added", False, "BookCreate.shelf"
    ),
    "sent removed": (drop("BookCreate", "stock"), "property_removed", True, "BookCreate.stock"),
    "became required": (prop("BookUpdate", "title", required=True), "became_required", True, "BookUpdate.title"),
    "became optional": (prop("BookCreate", "title", required=False), "became_optional", False, "BookCreate.title"),
    "shorter": (prop("BookCreate", "title", max_length=20), "stricter", True, "BookCreate.title"),
    "longer": (prop("BookCreate", "title", max_length=500), "looser", False, "BookCreate.title"),
    "minimum": (prop("BookCreate", "stock", minimum=1), "stricter", True, "BookCreate.stock"),
    "above": (prop("BookCreate", "price", exclusive_minimum=True), "stricter", True, "BookCreate.price"),
    "pattern": (prop("BookCreate", "title", pattern="^[A-Z]+$"), "stricter", True, "BookCreate.title"),
    "null sent": (prop("BookCreate", "title", nullable=True), "null_changed", False, "BookCreate.title"),
    "default": (prop("BookCreate", "stock", default=7, required=False), "default_changed", False, "BookCreate.stock"),
    "narrower type": (prop("BookCreate", "title", type="email"), "type_changed", True, "BookCreate.title"),
    "wider type": (prop("BookCreate", "stock", type="decimal"), "type_changed", False, "BookCreate.stock"),
    "list sent": (prop("BookCreate", "title", many=True), "type_changed", True, "BookCreate.title"),
    "read removed": (drop("BookRead", "stock"), "property_removed", True, "BookRead.stock"),
    "read added": (add("BookRead", name="shelf", type="string"), "property_added", False, "BookRead.shelf"),
    "read type": (prop("BookRead", "stock", type="decimal"), "type_changed", True, "BookRead.stock"),
    "null read": (prop("BookRead", "title", nullable=True), "null_changed", True, "BookRead.title"),
    "read may be missing": (prop("BookRead", "title", required=False), "became_optional", True, "BookRead.title"),
    "value read": (
        prop("OrderRead", "status", values=["pending", "paid", "shipped", "delivered", "cancelled", "lost"]),
        "value_added",
        True,
        "OrderRead.status",
    ),
    "value never read": (
        prop("OrderRead", "status", values=["pending", "paid", "shipped", "delivered"]),
        "value_removed",
        False,
        "OrderRead.status",
    ),
    "base url": (lambda api: api.update(base_url="/api/v2"), "base_url_changed", True, "the API"),
    "naming": (lambda api: api.update(naming="snake_case"), "naming_changed", True, "the API"),
    "pagination": (lambda api: api.update(pagination="cursor"), "pagination_changed", True, "lists"),
    "fewer requests": (limit("account", 1), "rate_limit_lowered", True, "account"),
    "more requests": (limit("account", 10_000), "rate_limit_raised", False, "account"),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_change_is_found_and_classed(mutant: str) -> None:
    mutate, kind, breaking, where = MUTANTS[mutant]
    plain = bookshop().to_state()
    mutate(plain)
    found = api_changes(bookshop(), APISpecification.from_state(plain))
    assert (kind, breaking) in [(c.kind, c.breaking) for c in found if c.where.endswith(where)], found
    assert all(c.reason for c in found)


def test_an_enumeration_that_is_sent_may_grow_and_not_shrink() -> None:
    old = bookshop().to_state()
    prop("BookCreate", "title", type="enum", values=["a", "b"])(old)
    grown, shrunk = APISpecification.from_state(old).to_state(), APISpecification.from_state(old).to_state()
    prop("BookCreate", "title", values=["a", "b", "c"])(grown)
    prop("BookCreate", "title", values=["a"])(shrunk)
    before = APISpecification.from_state(old)
    (more,) = api_changes(before, APISpecification.from_state(grown))
    (less,) = api_changes(before, APISpecification.from_state(shrunk))
    assert (more.kind, more.breaking, less.kind, less.breaking) == ("value_added", False, "value_removed", True)


@pytest.mark.parametrize("case", TASKS)
def test_the_same_api_has_no_changes(case: str) -> None:
    api = designed(case)["api"]
    assert api_changes(api, api) == []


def test_what_is_only_called_otherwise_is_no_change() -> None:
    plain = bookshop().to_state()
    for endpoint in plain["endpoints"]:
        endpoint["path"] = endpoint["path"].replace("{book_id}", "{volume_id}")
        endpoint["summary"], endpoint["cites"] = "Another summary", ["R-099"]
    assert api_changes(bookshop(), APISpecification.from_state(plain)) == []


def test_breaking_changes_come_first_and_an_endpoint_that_is_new_breaks_nothing() -> None:
    plain = bookshop().to_state()
    without("delete_book")(plain)
    found = api_changes(APISpecification.from_state(plain), bookshop())
    assert [(c.kind, c.breaking) for c in found] == [("endpoint_added", False)]
    add("BookRead", name="shelf", type="string")(plain)
    assert [c.breaking for c in api_changes(bookshop(), APISpecification.from_state(plain))] == [True, False]
