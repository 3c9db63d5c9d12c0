"""The database stage: tables, constraints, indexes; and every check with a schema that it must catch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent.artifacts.database import CheckConstraint, Column, DatabaseSchema, Index, Table
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError
from backend_agent.stages.database import STAGE
from backend_agent.stages.database.naming import Names
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
CASES = ["todo", "bookshop", "clinic", "bank"]


def given(case: str) -> dict[str, Any]:
    """Return what the stage reads, for a golden model; with its own artifact."""
    domain = yaml.safe_load((ROOT / "tests/golden/models" / f"{case}.yaml").read_text(encoding="utf-8"))
    task = BackendTask.model_validate(yaml.safe_load((ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")))
    return with_schema({"task": task, "domain": DomainModel.model_validate(domain), "requirements": numbered(task)})


def numbered(task: BackendTask) -> RequirementsAnalysis:
    texts = [s.text for s in [*task.requirements, *task.security_requirements]]
    return RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{number:03}", text=text, category="functional", priority="medium", complexity="low",
                approach="directly", source="requirements",
            )
            for number, text in enumerate(texts, start=1)
        ]
    )  # fmt: skip


def with_schema(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "database": STAGE.draft(Artifacts(values))}


def model(entities: list[Any], relations: tuple[Any, ...] = (), rules: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return what the stage reads, for a model of a few entities besides the account; with its own artifact."""
    domain = DomainModel.model_validate(
        {
            "name": "Small",
            "actors": [{"name": "user", "registers": True}],
            "entities": [{"name": "User", "kind": "account"}, *entities],
            "relations": list(relations),
            "rules": [{"cites": [], **rule} for rule in rules],
        }
    )
    task = BackendTask(project_name="Small", description="A few entities.")
    return with_schema({"task": task, "domain": domain, "requirements": RequirementsAnalysis(statements=[])})


def schema(values: dict[str, Any]) -> DatabaseSchema:
    return values["database"]


@pytest.mark.parametrize("case", CASES)
def test_draft_passes_its_checks(case):
    values = given(case)
    failed = [f.evidence for r in STAGE.check(Artifacts(values)) for f in r.findings]
    assert failed == []
    assert len(STAGE.checks) == len({c.name for c in STAGE.checks})


@pytest.mark.parametrize("case", CASES)
def test_draft_is_plain_json_and_the_same_twice(case):
    first, second = schema(given(case)), schema(given(case))
    assert first.to_state() == second.to_state()
    assert DatabaseSchema.from_state(first.to_state()) == first
    assert first.to_sql("postgresql") == second.to_sql("postgresql")


def test_bookshop_tables():
    shop = schema(given("bookshop"))
    names = [t.name for t in shop.tables]
    assert set(names) == {
        "users", "books", "authors", "categories", "carts", "cart_items", "orders", "reviews", "books_authors",
        "refresh_tokens", "login_failures",
    }  # fmt: skip
    assert names.index("categories") < names.index("books") < names.index("books_authors")
    books = shop.table_of("Book")
    assert books.column("price").precision == 12
    assert books.column("isbn").length == 13
    assert [u.columns for u in books.unique_constraints] == [["isbn"]]
    assert {k.column: k.on_delete for k in shop.table("cart_items").foreign_keys} == {
        "cart_id": "cascade", "book_id": "restrict",
    }  # fmt: skip
    assert {k.column: k.on_delete for k in shop.table("books_authors").foreign_keys} == {
        "book_id": "cascade", "author_id": "restrict",
    }  # fmt: skip
    assert shop.table("categories").foreign_keys[0].on_delete == "set_null"
    assert ["customer_id", "book_id"] in [u.columns for u in shop.table("reviews").unique_constraints]
    assert [u.columns for u in shop.table("carts").unique_constraints] == [["customer_id"]]
    assert shop.table("orders").column("status").default == "pending"
    checks = {c.name: c.expression for t in shop.tables for c in t.checks}
    assert checks["ck_reviews_rating_range"] == "rating >= 1 AND rating <= 5"
    assert checks["ck_orders_status_values"] == "status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')"
    assert checks["ck_categories_parent_id_not_self"] == "parent_id <> id"
    assert checks["ck_users_role_values"] == "role IN ('customer', 'administrator')"


def test_todo_indexes_begin_with_the_owner():
    tasks = schema(given("todo")).table_of("Task")
    assert [i.columns for i in tasks.indexes] == [
        ["user_id", "created_at", "id"],
        ["user_id", "priority", "created_at", "id"],
        ["user_id", "completed", "created_at", "id"],
        ["user_id", "due_date", "id"],
    ]
    assert all(i.reason for i in tasks.indexes)


def test_clinic_is_encrypted_and_audited():
    clinic = schema(given("clinic"))
    patients = clinic.table_of("Patient")
    kinds = {c.name: c.type for c in patients.columns}
    assert kinds["name"] == kinds["email"] == kinds["medical_notes"] == "encrypted"
    assert kinds["date_of_birth"] == "date"
    assert "audit_log" in [t.name for t in clinic.tables]
    assert not clinic.table("audit_log").foreign_keys
    assert any(m.name == "Encrypted at rest" and "R-016" in m.cites for m in clinic.security_measures)
    assert "ck_policies_end_date_after_start_date" in [c.name for c in clinic.table("policies").checks]
    assert all(c.name != "total" for c in clinic.table("invoices").columns)
    assert "audit_log" not in [t.name for t in schema(given("todo")).tables]


def test_measures_name_what_is_there():
    for case in CASES:
        found = schema(given(case))
        tables = {t.name for t in found.tables}
        for measure in [*found.security_measures, *found.migration_strategy, *found.backup_strategy]:
            assert measure.detail
        assert any(name in found.schema_overview for name in tables)
        assert len({m.name for m in found.performance_optimizations}) == len(found.performance_optimizations)


def test_unique_rule_with_an_optional_relation_also_holds_without_it():
    values = model(
        [{"name": "Folder", "fields": [{"name": "name", "type": "string"}]}],
        [{"name": "parent", "source": "Folder", "target": "Folder", "inverse": "children", "optional": True}],
        [{"kind": "unique", "entity": "Folder", "fields": ["parent", "name"]}],
    )
    folders = schema(values).table("folders")
    assert [u.columns for u in folders.unique_constraints] == [["parent_id", "name"]]
    partial = next(i for i in folders.indexes if i.where)
    assert (partial.columns, partial.where, partial.unique) == (["name"], "parent_id IS NULL", True)
    for dialect in ("postgresql", "sqlite"):
        assert "WHERE parent_id IS NULL" in schema(values).to_sql(dialect)


def test_cycles_reserved_columns_and_lists():
    values = model(
        [
            {"name": "Team", "fields": [{"name": "group", "type": "enum", "values": ["a", "b"]}]},
            {
                "name": "Person",
                "fields": [
                    {"name": "order", "type": "integer", "minimum": 1},
                    {"name": "tags", "type": "string", "many": True},
                ],
            },
        ],
        [
            {"name": "leader", "source": "Team", "target": "Person", "inverse": "led", "optional": True},
            {"name": "team", "source": "Person", "target": "Team", "inverse": "members"},
        ],
    )
    found = schema(values)
    names = [t.name for t in found.tables]
    assert names.index("teams") < names.index("people")
    assert found.table("people").column("tags").type == "json"
    assert "\"group\" IN ('a', 'b')" in [c.expression for c in found.table("teams").checks]
    assert "ALTER TABLE teams ADD CONSTRAINT fk_teams_leader_id" in found.to_sql("postgresql")
    assert "ALTER" not in found.to_sql("sqlite")
    assert not [f for r in STAGE.check(Artifacts(values)) for f in r.findings]


def test_two_relations_between_the_same_entities_have_tables_of_their_own():
    pairs = [("writers", "Person"), ("readers", "Person"), ("people", "Club"), ("clubs", "Club")]
    values = model(
        [{"name": "Club"}, {"name": "Person"}],
        [
            {"name": name, "source": "Club", "target": target, "cardinality": "many_to_many", "inverse": f"in_{name}"}
            for name, target in pairs
        ],
    )
    found = {t.name for t in schema(values).tables if t.purpose == "association"}
    assert found == {"clubs_writers", "clubs_readers", "clubs_people", "clubs_clubs"}
    assert not [f for r in STAGE.check(Artifacts(values)) for f in r.findings]


def test_unique_text_stays_short_enough_for_an_index():
    values = model(
        [{"name": "Page", "fields": [{"name": "slug", "type": "string", "unique": True, "max_length": 3000}]}]
    )
    assert schema(values).table("pages").column("slug").length == 600


def test_uniqueness_of_what_has_no_column_is_reported_not_narrowed():
    values = model(
        [
            {
                "name": "Page",
                "fields": [{"name": "title", "type": "string"}, {"name": "tags", "type": "string", "many": True}],
            }
        ],
        rules=[{"kind": "unique", "entity": "Page", "fields": ["title", "tags"]}],
    )
    assert schema(values).table("pages").unique_constraints == []
    found = [f.evidence for r in STAGE.check(Artifacts(values)) for f in r.findings]
    assert found == ["pages has no unique constraint on title, tags"]


def test_links_are_unique_pairs_that_go_with_their_ends():
    values = model(
        [{"name": "Follow", "kind": "link"}],
        [
            {"name": "follower", "source": "Follow", "target": "User", "inverse": "following"},
            {"name": "followed", "source": "Follow", "target": "User", "inverse": "followers"},
        ],
        [
            {
                "kind": "toggle", "entity": "Follow", "actor": "user", "subject": "follower", "object": "followed",
                "on": "follow", "off": "unfollow", "not_self": True,
            }
        ],
    )  # fmt: skip
    follows = schema(values).table("follows")
    assert [u.columns for u in follows.unique_constraints] == [["follower_id", "followed_id"]]
    assert {k.on_delete for k in follows.foreign_keys} == {"cascade"}
    assert "follower_id <> followed_id" in [c.expression for c in follows.checks]
    assert [i.columns for i in follows.indexes] == [["followed_id"]]


def test_long_names_are_cut_and_stay_apart():
    long = "Extraordinarily" + "Long" * 8
    fields = [{"name": f"{'quite_' * 7}long_{end}", "type": "string", "unique": True} for end in ("one", "two")]
    values = model([{"name": long, "fields": fields}])
    found = [u.name for u in schema(values).table_of(long).unique_constraints]
    assert len(set(found)) == 2
    assert all(len(name) <= 63 for name in found)
    naming = Names()
    assert naming.name("ix", "a_b", "c") != naming.name("ix", "a", "b_c")


@pytest.mark.parametrize("kind", ["mysql", "mongodb", "redis", "elasticsearch", "cassandra"])
def test_other_database_types_are_refused(kind):
    values = given("todo")
    task = values["task"]
    wanted = task.database_requirements.model_copy(update={"type": kind})
    values["task"] = task.model_copy(update={"database_requirements": wanted})
    with pytest.raises(UserError, match=rf"'{kind}' is not supported today; set .* to postgresql or sqlite$"):
        STAGE.draft(Artifacts(values))


def change(table: str, edit: Callable[[Table], dict[str, Any]]) -> Callable[[DatabaseSchema], DatabaseSchema]:
    """Return a mutation of one table of a schema."""

    def apply(before: DatabaseSchema) -> DatabaseSchema:
        tables = [t.model_copy(update=edit(t)) if t.name == table else t for t in before.tables]
        return before.model_copy(update={"tables": tables})

    return apply


def column(name: str, **update: Any) -> Callable[[Table], dict[str, Any]]:
    return lambda t: {"columns": [c.model_copy(update=update) if c.name == name else c for c in t.columns]}


def without_table(name: str) -> Callable[[DatabaseSchema], DatabaseSchema]:
    return lambda s: s.model_copy(update={"tables": [t for t in s.tables if t.name != name]})


MUTANTS: list[tuple[str, str, Callable[[DatabaseSchema], DatabaseSchema]]] = [
    ("entities_have_tables", "bookshop", without_table("reviews")),
    (
        "fields_have_columns",
        "bookshop",
        change("books", lambda t: {"columns": [c for c in t.columns if c.name != "stock"]}),
    ),
    ("fields_have_columns", "todo", change("tasks", column("due_date", nullable=False))),
    ("relations_have_keys", "bookshop", change("orders", lambda _: {"foreign_keys": []})),
    ("relations_have_keys", "bookshop", without_table("books_authors")),
    (
        "deletes_follow_the_model",
        "bookshop",
        change("orders", lambda t: {"foreign_keys": [t.foreign_keys[0].model_copy(update={"on_delete": "cascade"})]}),
    ),
    ("ddl_runs", "todo", change("tasks", lambda t: {"checks": [CheckConstraint(name="ck_x", expression="nothing >")]})),
    ("in_creation_order", "bookshop", lambda s: s.model_copy(update={"tables": s.tables[::-1]})),
    ("in_creation_order", "bookshop", without_table("users")),
    ("names_are_portable", "todo", change("tasks", lambda _: {"name": "order"})),
    ("names_are_portable", "todo", change("tasks", lambda t: {"columns": [*t.columns, t.columns[1]]})),
    (
        "names_are_portable",
        "todo",
        change("tasks", lambda t: {"indexes": [i.model_copy(update={"name": "x" * 64}) for i in t.indexes]}),
    ),
    ("rows_have_stamps", "todo", change("tasks", lambda t: {"columns": [c for c in t.columns if c.name != "version"]})),
    ("ids_need_no_sequence", "todo", change("tasks", column("id", type="integer"))),
    ("text_has_a_length", "todo", change("tasks", column("title", length=None))),
    ("tables_are_traced", "todo", change("tasks", lambda _: {"cites": []})),
    ("enumerations_are_checked", "bookshop", change("orders", lambda _: {"checks": []})),
    (
        "enumerations_are_checked",
        "bookshop",
        change("orders", lambda _: {"checks": [CheckConstraint(name="c", expression="status IN ('pending')")]}),
    ),
    ("ranges_are_checked", "bookshop", change("reviews", lambda _: {"checks": []})),
    (
        "ranges_are_checked",
        "bookshop",
        change("reviews", lambda _: {"checks": [CheckConstraint(name="c", expression="rating >= 1")]}),
    ),
    ("ranges_are_checked", "clinic", change("policies", lambda _: {"checks": []})),
    ("uniqueness_is_enforced", "bookshop", change("books", lambda _: {"unique_constraints": []})),
    ("uniqueness_is_enforced", "bookshop", change("reviews", lambda _: {"unique_constraints": []})),
    ("sensitive_is_encrypted", "clinic", change("patients", column("name", type="string", length=200))),
    (
        "secrets_are_hashed",
        "todo",
        change("users", lambda t: {"columns": [*t.columns, Column(name="password", type="string", length=99)]}),
    ),
    ("changes_are_recorded", "clinic", without_table("audit_log")),
    ("foreign_keys_are_indexed", "bookshop", change("reviews", lambda _: {"indexes": []})),
    ("filters_are_indexed", "todo", change("tasks", lambda t: {"indexes": t.indexes[:1]})),
    ("orders_are_indexed", "todo", change("tasks", lambda t: {"indexes": t.indexes[:3]})),
    ("orders_are_indexed", "bookshop", change("books", lambda t: {"indexes": t.indexes[1:]})),
    (
        "columns_are_named_once",
        "todo",
        change("tasks", lambda t: {"indexes": [*t.indexes, Index(name="ix_x", columns=["id", "id"], reason="x")]}),
    ),
    (
        "indexes_are_needed",
        "todo",
        change("tasks", lambda t: {"indexes": [*t.indexes, Index(name="ix_x", columns=["user_id"], reason="none")]}),
    ),
    (
        "indexes_are_needed",
        "todo",
        change("tasks", lambda t: {"indexes": [i.model_copy(update={"reason": ""}) for i in t.indexes]}),
    ),
]


@pytest.mark.parametrize(("check", "case", "mutate"), MUTANTS, ids=lambda v: v if isinstance(v, str) else "")
def test_check_catches_its_mutant(check, case, mutate):
    values = given(case)
    values["database"] = mutate(values["database"])
    found = next(c for c in STAGE.checks if c.name == check).run("database", Artifacts(values))
    assert found.verdict == "fail"
    assert all(f.evidence for f in found.findings)


def test_every_check_has_a_mutant():
    assert {name for name, _, _ in MUTANTS} == {c.name for c in STAGE.checks}
