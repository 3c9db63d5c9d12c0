"""The API stage: who may do what, endpoints, data models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import Access, APISpecification, Endpoint
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError
from backend_agent.stages.api import STAGE
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
CASES = ["todo", "bookshop", "clinic", "bank"]


def given(case: str) -> dict[str, Any]:
    """Return what the stage reads, for a golden model; with its own artifact."""
    domain = yaml.safe_load((ROOT / "tests/golden/models" / f"{case}.yaml").read_text(encoding="utf-8"))
    task = BackendTask.model_validate(yaml.safe_load((ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")))
    texts = [s.text for s in [*task.requirements, *task.security_requirements]]
    requirements = RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{number:03}", text=text, category="functional", priority="medium", complexity="low",
                approach="directly", source="requirements",
            )
            for number, text in enumerate(texts, start=1)
        ]
    )  # fmt: skip
    return with_api({"task": task, "domain": DomainModel.model_validate(domain), "requirements": requirements})


def with_api(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "api": STAGE.draft(Artifacts(values))}


def small(
    actors: list[dict[str, Any]], entities: list[str], relations: list[dict[str, Any]], rules: list[dict[str, Any]]
) -> DomainModel:
    """Return a model of entities with one field each, besides the account."""
    return DomainModel.model_validate(
        {
            "name": "Small",
            "actors": actors,
            "entities": [
                {"name": "User", "kind": "account"},
                *({"name": n, "fields": [{"name": "name", "type": "string"}]} for n in entities),
            ],
            "relations": relations,
            "rules": [{"cites": [], **rule} for rule in rules],
        }
    )


def designed(domain: DomainModel) -> APISpecification:
    task = BackendTask(project_name="Small", description="A few entities.")
    values = {"task": task, "domain": domain, "requirements": RequirementsAnalysis(statements=[])}
    return STAGE.draft(Artifacts(values))


def endpoint(api: APISpecification, operation_id: str) -> Endpoint:
    return next(e for e in api.endpoints if e.operation_id == operation_id)


ANY = Access()
PUBLIC = Access(public=True)
ADMINISTRATOR = Access(roles=["administrator"])


def owner(role: str, *path: str, roles: tuple[str, ...] = ()) -> Access:
    return Access(roles=list(roles), owner_roles=[role], owner_path=list(path))


@pytest.mark.parametrize(
    ("case", "entity", "operations", "wanted"),
    [
        ("todo", "Task", "list read create update delete", owner("user", "user")),
        ("todo", "Label", "list read create update delete", ANY),
        ("bookshop", "Book", "list read", PUBLIC),
        ("bookshop", "Book", "create update delete", ADMINISTRATOR),
        ("bookshop", "Author", "list read", ANY),
        ("bookshop", "Cart", "create", owner("customer", "customer")),
        ("bookshop", "Cart", "list read update delete", owner("customer", "customer", roles=("administrator",))),
        (
            "bookshop",
            "CartItem",
            "list read create update delete",
            owner("customer", "cart", "customer", roles=("administrator",)),
        ),
        ("bookshop", "Order", "create", owner("customer", "customer")),
        ("bookshop", "Order", "list read", owner("customer", "customer", roles=("administrator",))),
        ("bookshop", "Order", "update delete", ADMINISTRATOR),
        ("bookshop", "Review", "list read", ANY),
        ("bookshop", "Review", "update delete", owner("customer", "customer", roles=("administrator",))),
        ("bookshop", "User", "list read create update", ADMINISTRATOR),
        ("clinic", "Patient", "list read", ANY),
        ("clinic", "Patient", "create", Access(roles=["receptionist", "administrator"])),
        ("clinic", "Patient", "update", Access(roles=["receptionist", "administrator", "practitioner"])),
        ("clinic", "InvoiceLine", "create update delete", ADMINISTRATOR),
        ("clinic", "InvoiceLine", "list read", ANY),
        ("bank", "Customer", "list read", owner("customer", "user", roles=("support_staff", "administrator"))),
        ("bank", "Customer", "create delete", ADMINISTRATOR),
        ("bank", "Account", "list read", owner("customer", "customer", roles=("support_staff", "administrator"))),
        ("bank", "Account", "create update delete", ADMINISTRATOR),
        ("bank", "Transfer", "list read", owner("customer", "source_account", "customer", roles=("administrator",))),
        ("bank", "Transfer", "create", owner("customer", "source_account", "customer")),
        ("bank", "Transfer", "update delete", ADMINISTRATOR),
    ],
)
def test_who_may_do_what(case, entity, operations, wanted):
    domain = given(case)["domain"]
    assert {o: access.access(domain, entity, o) for o in operations.split()} == dict.fromkeys(
        operations.split(), wanted
    )


def test_transitions():
    shop = given("bookshop")["api"]
    assert endpoint(shop, "cancel_order").access == owner("customer", "customer")
    assert endpoint(shop, "ship_order").access == ADMINISTRATOR
    bank = given("bank")["api"]
    assert endpoint(bank, "freeze_account").access == ADMINISTRATOR


def test_owner_paths_and_creators():
    bank = given("bank")["domain"]
    assert access.owner_path(bank, "Transfer") == ["source_account", "customer"]
    assert access.account_path(bank, "Transfer", ["source_account", "customer"]) == [
        "source_account",
        "customer",
        "user",
    ]
    assert access.creator_relation(bank, "Transfer") is None
    shop = given("bookshop")["domain"]
    assert access.creator_relation(shop, "Order").name == "customer"
    assert access.owner_path(shop, "CartItem") == ["cart", "customer"]
    assert access.owner_path(shop, "Book") == []


ANN = {"name": "member", "registers": True, "profile": "Member"}
ROOT_ACTOR = {"name": "administrator", "administrator": True}
TO_USER = {"name": "user", "source": "Member", "target": "User", "cardinality": "one_to_one", "inverse": "member"}


def test_self_made_profiles():
    domain = small(
        [ANN, ROOT_ACTOR],
        ["Member", "Post"],
        [TO_USER, {"name": "author", "source": "Post", "target": "Member", "inverse": "posts"}],
        [{"kind": "ownership", "entity": "Post", "path": ["author"], "actor": "member", "operations": ["create"]}],
    )
    assert access.access(domain, "Member", "create") == owner("member", "user")
    assert access.access(domain, "Member", "update") == owner("member", "user", roles=("administrator",))
    assert access.access(domain, "Member", "list") == ANY
    api = designed(domain)
    assert [p.name for p in api.model("MemberCreate").properties] == ["name"]
    assert [p.name for p in api.model("PostCreate").properties] == ["name"]
    assert 409 in endpoint(api, "create_post").errors
    assert access.needs_profile(domain, "Post") == "Member"
    assert access.account_path(domain, "Post", ["author"]) == ["author", "user"]


def test_profiles_that_somebody_manages_can_be_tied_to_an_account():
    api = given("clinic")["api"]
    prop = next(p for p in api.model("PractitionerCreate").properties if p.name == "user_id")
    assert (prop.required, prop.nullable) == (False, True)
    assert "user_id" in [p.name for p in api.model("PractitionerUpdate").properties]


def test_somebody_else_may_create_when_a_role_rule_says_so():
    domain = small(
        [{"name": "customer", "registers": True}, {"name": "clerk"}],
        ["Order"],
        [{"name": "customer", "source": "Order", "target": "User", "inverse": "orders"}],
        [
            {
                "kind": "ownership",
                "entity": "Order",
                "path": ["customer"],
                "actor": "customer",
                "operations": ["create"],
            },
            {"kind": "role", "entity": "Order", "operations": ["create"], "roles": ["clerk"]},
        ],
    )
    assert access.access(domain, "Order", "create") == owner("customer", "customer", roles=("clerk",))
    prop = next(p for p in designed(domain).model("OrderCreate").properties if p.name == "customer_id")
    assert (prop.required, prop.nullable) == (False, False)


def test_what_belongs_to_an_account_has_a_path_of_its_own():
    domain = small(
        [{"name": "user", "registers": True}],
        ["Address"],
        [{"name": "user", "source": "Address", "target": "User", "inverse": "addresses", "owned": True}],
        [],
    )
    assert access.access(domain, "Address", "list") == owner("user", "user")
    assert endpoint(designed(domain), "list_addresses").path == "/addresses"


def test_parts_of_parts():
    domain = small(
        [{"name": "user", "registers": True}],
        ["Order", "Item", "Option"],
        [
            {"name": "customer", "source": "Order", "target": "User", "inverse": "orders"},
            {"name": "order", "source": "Item", "target": "Order", "inverse": "items", "owned": True, "min_items": 1},
            {"name": "item", "source": "Option", "target": "Item", "inverse": "options", "owned": True},
        ],
        [
            {
                "kind": "ownership", "entity": "Order", "path": ["customer"], "actor": "user",
                "operations": ["list", "read", "create", "update", "delete"],
            }
        ],
    )  # fmt: skip
    api = designed(domain)
    assert access.access(domain, "Option", "delete") == owner("user", "item", "order", "customer")
    assert endpoint(api, "read_option").path == "/items/{item_id}/options/{option_id}"
    assert endpoint(api, "create_item").path == "/orders/{order_id}/items"
    part = next(p for p in api.model("OrderCreate").properties if p.name == "items")
    assert (part.type, part.model, part.many, part.min_items, part.required) == ("model", "ItemPart", True, 1, True)
    assert [p.name for p in api.model("ItemPart").properties] == ["name"]
    assert 409 in endpoint(api, "delete_item").errors
    assert 409 not in endpoint(api, "delete_order").errors


def test_toggles():
    domain = small(
        [ANN, ROOT_ACTOR],
        ["Member", "Like", "Post"],
        [
            TO_USER,
            {"name": "member", "source": "Like", "target": "Member", "inverse": "likes"},
            {"name": "post", "source": "Like", "target": "Post", "inverse": "likes"},
        ],
        [
            {
                "kind": "toggle", "entity": "Like", "actor": "member", "subject": "member", "object": "post",
                "on": "like", "off": "unlike",
            }
        ],
    )  # fmt: skip
    likes = domain.entity("Like").model_copy(update={"kind": "link"})
    domain = domain.model_copy(update={"entities": [likes if e.name == "Like" else e for e in domain.entities]})
    api = designed(domain)
    on, off = endpoint(api, "like_post"), endpoint(api, "unlike_post")
    assert (on.method, on.path, on.status, on.kind) == ("PUT", "/posts/{post_id}/like", 204, "toggle_on")
    assert (off.method, off.path, off.status) == ("DELETE", "/posts/{post_id}/like", 204)
    assert on.access == Access(roles=["member"])
    assert on.errors == [401, 403, 404, 409, 422, 429]
    assert not [e for e in api.endpoints if e.path.startswith("/likes")]


def test_nobody_registers_where_administrators_make_accounts():
    clinic = given("clinic")["api"]
    assert "register" not in {e.operation_id for e in clinic.endpoints}
    alone = small([{"name": "user"}], ["Thing"], [], [])
    assert access.registering(alone) == ["user"]
    assert "register" in {e.operation_id for e in designed(alone).endpoints}
    assert "list_users" not in {e.operation_id for e in designed(alone).endpoints}
    assert access.roles(small([], [], [], [])) == ["user"]


def test_register_asks_for_the_role_when_there_is_a_choice():
    two = small([{"name": "buyer", "registers": True}, {"name": "seller", "registers": True}], [], [], [])
    prop = next(p for p in designed(two).model("RegisterRequest").properties if p.name == "role")
    assert prop.values == ["buyer", "seller"]
    assert "role" not in [p.name for p in given("todo")["api"].model("RegisterRequest").properties]


def test_bookshop_endpoints():
    shop = given("bookshop")["api"]
    assert shop.base_url == "/api/v1"
    routes = {(e.method, e.path) for e in shop.endpoints}
    assert {
        ("GET", "/books"), ("PATCH", "/books/{book_id}"), ("POST", "/carts/{cart_id}/items"),
        ("DELETE", "/carts/{cart_id}/items/{cart_item_id}"), ("POST", "/orders/{order_id}/cancel"),
        ("POST", "/auth/refresh"), ("GET", "/users"), ("GET", "/healthz"), ("GET", "/readyz"),
    } <= routes  # fmt: skip
    # A cart has nothing of its own to send or to change.
    assert endpoint(shop, "create_cart").request is None
    assert ("PATCH", "/carts/{cart_id}") not in routes
    listing = endpoint(shop, "list_books")
    assert [p.name for p in listing.parameters] == ["categoryId", "search", "limit", "offset"]
    assert listing.cites == ["R-002", "R-004", "R-005"]
    assert listing.errors == [422, 429]
    assert endpoint(shop, "create_book").errors == [401, 403, 409, 413, 422, 429]
    assert endpoint(shop, "create_author").errors == [401, 403, 413, 422, 429]
    assert "total" in [p.name for p in shop.model("BookPage").properties]
    create = {p.name: p for p in shop.model("BookCreate").properties}
    assert (create["author_ids"].many, create["author_ids"].min_items) == (True, 1)
    assert (create["stock"].minimum, create["stock"].maximum) == (0, 2_147_483_647)
    assert (create["price"].minimum, create["price"].maximum) == (0, 9_999_999_999.99)
    update = {p.name: p for p in shop.model("BookUpdate").properties}
    assert update["version"].required
    assert not any(p.required for name, p in update.items() if name != "version")


def test_accounts_cite_what_mentions_logging_in():
    assert endpoint(given("bookshop")["api"], "login").cites == ["R-001", "R-012"]
    # `register patients` is about patients.
    assert endpoint(given("clinic")["api"], "login").cites == ["R-014"]


@pytest.mark.parametrize(
    ("noun", "wanted"),
    [
        ("order", "an order"),
        ("user", "a user"),
        ("hour", "an hour"),
        ("unit", "a unit"),
        ("update", "an update"),
        ("book", "a book"),
    ],
)
def test_summaries_have_the_right_article(noun, wanted):
    assert names.article(noun) == wanted
    assert endpoint(given("bookshop")["api"], "read_order").summary == "Read an order"


def test_naming_and_paging_follow_the_task():
    values = given("todo")
    wanted = values["task"].api_requirements.model_copy(
        update={"naming": "camelCase", "pagination": "cursor", "base_path": "", "version": "v3"}
    )
    values["task"] = values["task"].model_copy(update={"api_requirements": wanted})
    api = with_api(values)["api"]
    assert api.base_url == "/v3"
    parameters = {p.name: p for p in endpoint(api, "list_tasks").parameters}
    assert parameters["sort"].values == ["dueDate", "-dueDate", "createdAt", "-createdAt"]
    assert parameters["sort"].default == "-createdAt"
    assert "cursor" in parameters
    assert "offset" not in parameters
    assert [p.name for p in api.model("TaskPage").properties] == ["items", "next_cursor"]


def test_some_fields_for_some_roles():
    clinic = given("clinic")["api"]
    notes = next(p for p in clinic.model("PatientRead").properties if p.name == "medical_notes")
    assert notes.nullable
    assert 403 in endpoint(clinic, "update_patient").errors
    assert any("medical_notes" in m.name for m in clinic.security_considerations)
    assert "Patient.medical_notes" in next(p.when for p in clinic.error_handling if p.status == 403)


def test_derived_fields_are_only_read():
    clinic = given("clinic")["api"]
    assert "total" in [p.name for p in clinic.model("InvoiceRead").properties]
    assert "total" not in [p.name for p in clinic.model("InvoiceCreate").properties]


def test_bank_has_its_own_account_entity():
    bank = given("bank")["api"]
    assert {"AccountRead", "UserRead"} <= {m.name for m in bank.data_models}
    assert bank.model("AccountRead").entity == "Account"
    assert endpoint(bank, "me").response == "UserRead"


def test_busy_accounts_may_call_more_often():
    values = given("todo")
    wanted = values["task"].performance_requirements.model_copy(update={"throughput_rps": 500, "concurrent_users": 10})
    values["task"] = values["task"].model_copy(update={"performance_requirements": wanted})
    limits = {limit.scope: limit.requests for limit in with_api(values)["api"].rate_limiting}
    assert limits == {"anonymous": 120, "account": 30_000, "login": 10}


@pytest.mark.parametrize("style", ["graphql", "grpc", "websocket", "event_streaming"])
def test_other_styles_are_refused(style):
    values = given("todo")
    wanted = values["task"].api_requirements.model_copy(update={"style": style})
    values["task"] = values["task"].model_copy(update={"api_requirements": wanted})
    with pytest.raises(UserError, match=rf"'{style}' is not supported today; set api_requirements.style to rest$"):
        STAGE.draft(Artifacts(values))
