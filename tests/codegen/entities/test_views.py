"""What the entity templates are told: access, ownership in SQL, references, guards, calls."""

from __future__ import annotations

import pytest
from codegen.entities import feed

from backend_agent.artifacts.api import Access
from backend_agent.artifacts.domain import DomainModel, Relation
from backend_agent.artifacts.rules import DerivedRule
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.access import AccessPlan
from backend_agent.codegen.entities.elements import article
from backend_agent.codegen.entities.guards import steps
from backend_agent.codegen.entities.methods import ServiceMethod
from backend_agent.codegen.entities.repositories import RepositoryPlan
from backend_agent.codegen.entities.routes import RouterPlan
from backend_agent.codegen.entities.schemas import SchemasPlan
from backend_agent.codegen.entities.services import ServicePlan
from backend_agent.codegen.imports import Symbols
from backend_agent.codegen.imports import plan as files_of
from backend_agent.codegen.pieces import PIECES
from backend_agent.codegen.project import _render


def method(entity: str, name: str) -> ServiceMethod:
    found = ServicePlan(feed.calls(), feed.plan(entity)).methods
    return next(m for m in found if m.name == name)


@pytest.mark.parametrize(
    ("access", "guard"),
    [
        (Access(roles=["editor"]), "require_role"),
        (Access(owner_roles=["member"], owner_path=["customer"]), "owner_scope"),
    ],
)
def test_access_as_source(access: Access, guard: str) -> None:
    plan = AccessPlan(access)
    assert plan.by_role
    assert plan.owned == (guard == "owner_scope")


def test_scope_names_both_kinds_of_roles() -> None:
    both = AccessPlan(Access(roles=["support_staff"], owner_roles=["customer"], owner_path=["customer"]))
    assert both.scope == "owner_scope(caller, own_rows=(Role.CUSTOMER,), any_row=(Role.SUPPORT_STAFF,))"
    assert both.allowed == "Role.SUPPORT_STAFF, Role.CUSTOMER"


def test_a_public_endpoint_asks_for_nobody() -> None:
    assert method("Product", "list_products").guard == ""
    assert method("Member", "read_member").caller == ""


def test_a_public_endpoint_with_values_of_the_caller_takes_one_when_there_is_one() -> None:
    assert method("Post", "read_post").caller == "Caller | None"


@pytest.mark.parametrize(
    ("entity", "path", "condition"),
    [
        ("Order", ["customer"], "orders_table.c.customer_id == owner_id"),
        (
            "Post",
            ["author"],
            "posts_table.c.author_id.in_(sa.select(members_table.c.id).where(members_table.c.user_id == owner_id))",
        ),
        (
            "OrderItem",
            ["order", "customer"],
            (
                "order_items_table.c.order_id.in_(sa.select(orders_table.c.id)"
                ".where(orders_table.c.customer_id == owner_id))"
            ),
        ),
    ],
)
def test_ownership_is_a_condition(entity: str, path: list[str], condition: str) -> None:
    assert sql.owned(feed.plan(entity).entity, path, "owner_id") == condition


def test_columns_that_are_called_like_methods() -> None:
    assert sql.column("posts", "keys") == 'posts_table.c["keys"]'
    assert sql.column("posts", "text") == "posts_table.c.text"


def test_search_in_the_own_table_is_not_correlated() -> None:
    folder = feed.plan("Folder").entity
    assert sql.contains(folder, "parent.name", "word").endswith(".correlate(None))")
    assert ".correlate(None)" not in sql.contains(folder, "name", "word")


def test_unknown_relations_are_errors() -> None:
    folder = feed.plan("Folder").entity
    for call in (
        lambda: sql.owned(folder, ["nobody"], "x"),
        lambda: sql.contains(folder, "nobody.name", "word"),
        lambda: sql.derived(
            DerivedRule(entity="Folder", field="child_count", function="count", relation="x", cites=[]), folder
        ),
    ):
        with pytest.raises(KeyError, match=r"nobody|x"):
            call()


def test_a_sum_over_a_related_price() -> None:
    (total, count) = feed.plan("Order").derived
    assert "order_items_table.c.quantity * products_table.c.price" in total.source
    assert ".join(products_table, products_table.c.id == order_items_table.c.product_id)" in total.source
    assert "sa.Numeric(18, 2)" in total.source
    assert "sa.BigInteger()" in count.source


def test_rows_of_the_same_table_are_read_under_an_alias() -> None:
    (children,) = feed.plan("Folder").derived
    assert children.alias == "_CHILDREN"
    assert "_CHILDREN.c.parent_id == folders_table.c.id" in children.source


def test_references_to_what_others_own_must_be_own() -> None:
    (parent,) = [r for r in feed.plan("Folder").references if r.name == "parent_id"]
    assert parent.path == ("owner",)
    (mentions,) = feed.plan("Post").references
    assert not mentions.scoped


def test_parts_of_parts_wait_for_the_whole() -> None:
    found = steps(method("Option", "create_option").operation)
    assert [(s.entity.name, s.method, s.key) for s in found] == [
        ("OrderItem", "get", "order_item_id"),
        ("Order", "lock", "order_item.order_id"),
    ]
    assert [s.method for s in steps(method("Option", "read_option").operation)] == ["require"]


def test_the_whole_is_locked_while_a_part_goes_that_it_may_not_lose() -> None:
    (step,) = steps(method("OrderItem", "delete_order_item").operation)
    assert step.method == "lock"
    assert method("OrderItem", "delete_order_item").keeps == 1
    assert method("Option", "delete_option").keeps == 0


def test_what_is_not_called_is_not_there() -> None:
    assert set(feed.calls().methods("Like")) == {"put", "remove"}
    assert "lock" not in feed.calls().methods("Product")
    assert "is_within" in feed.calls().methods("Folder")
    assert set(feed.calls().methods("User")) == {"exists"}


def test_narrowing_is_required_where_every_call_narrows() -> None:
    heads = {s.method.name: s.source for s in RepositoryPlan(feed.calls(), feed.plan("Order")).signatures}
    assert heads["find"] == "find(self, query: OrderQuery, *, owner_id: UUID | None) -> Page[Order]"
    assert heads["get"] == "get(self, order_id: UUID, *, owner_id: UUID | None = None) -> Order"
    assert heads["move"].startswith("move(self, order_id: UUID, target: OrderStatus, *, sources: Sequence[OrderStatus]")


def test_the_owner_is_set_by_the_service() -> None:
    assert method("Post", "create_post").add_arguments == "draft, author_id=author_id, published_at=utcnow()"
    assert method("Folder", "create_folder").add_arguments == "draft, owner_id=caller.account_id"
    assert method("Order", "create_order").operation.on_behalf


def test_schemas_say_what_the_api_says() -> None:
    schemas = {s.model.name: {f.name: f.source for f in s.fields} for s in SchemasPlan(feed.plan("Post")).schemas}
    created, changed, shown = schemas["PostCreate"], schemas["PostUpdate"], schemas["PostRead"]
    assert created["text"] == "text: Annotated[str, Field(min_length=1, max_length=500), NO_NUL]"
    assert created["draft"] == "draft: bool = False"
    assert created["date"] == "date: dt.date | None = None"
    assert changed["text"].endswith("= ABSENT")
    assert shown["moderation_note"] == "moderation_note: str | None"
    assert shown["average_stars"] == "average_stars: Decimal | None"


def test_query_parameters_have_their_wire_names() -> None:
    camel = feed.project(naming="camelCase")
    plan = feed.calls_of(camel).plans["Post"]
    (route,) = [r for r in RouterPlan(plan, ServicePlan(feed.calls_of(camel), plan).methods).routes if
                r.method.kind == "list"]  # fmt: skip
    assert 'Query(alias="authorId"' in route.parameters
    assert plan.query is not None
    assert plan.query.sort is not None
    assert "-likeCount" in plan.query.sort.values


def test_articles() -> None:
    assert article(feed.plan("Order").entity) == "An order"
    assert article(feed.plan("Post").entity) == "A post"


def test_what_some_may_not_see_is_not_searched() -> None:
    rules = [
        r.model_copy(update={"fields": [*r.fields, "moderation_note"]}) if r.kind == "search" else r
        for r in feed.domain().rules
    ]
    changed = feed.project(feed.domain().model_copy(update={"rules": rules}))
    query = feed.calls_of(changed).plans["Post"].query
    assert query is not None
    assert query.mentions
    assert not any("moderation_note" in mention for mention in query.mentions)


def repository_of_accounts(changed: DomainModel | None, layout: str, piece: str) -> str:
    """Return the source of a piece about the repository of accounts."""
    project = feed.project(changed, layout)
    planned = files_of(project, PIECES)
    (file,) = [f for f in planned if f.piece.name == piece]
    return _render(project, Symbols(project, planned), file)


@pytest.mark.parametrize(("layout", "piece"), [("layered", "user_repository"), ("hexagonal", "user_port")])
def test_accounts_can_be_asked_for_what_services_ask(layout: str, piece: str) -> None:
    domain = feed.domain()
    assert "def missing" not in repository_of_accounts(None, layout, piece)
    assert "def require" not in repository_of_accounts(None, layout, piece)

    editors = Relation(name="editors", source="Post", target="User", cardinality="many_to_many", inverse="edited")
    changed = domain.model_copy(
        update={"relations": [*domain.relations, editors.model_copy(update={"optional": True})]}
    )
    text = repository_of_accounts(changed, layout, piece)
    assert "async def missing(self, ids: Collection[UUID]) -> set[UUID]:" in text
    assert "def require" not in text

    follows = [
        r.model_copy(update={"target": "User"}) if (r.source, r.name) == ("Follow", "followed") else r
        for r in domain.relations
    ]
    rules = [r for r in domain.rules if not (r.kind == "derived" and r.relation == "followers")]
    changed = domain.model_copy(update={"relations": follows, "rules": rules})
    text = repository_of_accounts(changed, layout, piece)
    assert "async def require(self, user_id: UUID) -> None:" in text
    assert "def missing" not in text
