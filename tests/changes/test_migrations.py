"""Schemas that change under rows: up, no drift, the same as fresh, down, up again; on SQLite and PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.util import CommandError
from designs import domain
from migrating import (
    Change,
    Migrations,
    both,
    disposing,
    field,
    files,
    identifier,
    more,
    of,
    relation,
    revised,
    schema,
    without,
)

from backend_agent.artifacts.database import Column, DatabaseSchema, PrimaryKey
from backend_agent.artifacts.domain import Entity, FieldSpec, Relation
from backend_agent.artifacts.rules import UniqueRule
from backend_agent.changes import notes

SPEC = FieldSpec.model_validate
PUBLISHER = Entity(name="Publisher", fields=[SPEC({"name": "name", "type": "string"})])
EDITOR = {"name": "editor", "source": "Book", "target": "Author", "inverse": "edited_books"}
CASES: dict[str, tuple[Change, dict[str, str]]] = {
    "optional field": (more("Book", SPEC({"name": "subtitle", "type": "string", "optional": True})), {}),
    "required text": (more("Book", SPEC({"name": "subtitle", "type": "string", "max_length": 80})), {}),
    "required text with a length": (more("Book", SPEC({"name": "code", "type": "string", "min_length": 3})), {}),
    "required text with a default": (more("Book", SPEC({"name": "tongue", "type": "string", "default": "en: UK"})), {}),
    "required unique text": (more("Author", SPEC({"name": "slug", "type": "string", "unique": True})), {}),
    "required unique number": (more("Author", SPEC({"name": "number", "type": "integer", "unique": True})), {}),
    "required number in a range": (more("Book", SPEC({"name": "pages", "type": "integer", "minimum": 5})), {}),
    "required decimal above": (
        more("Book", SPEC({"name": "weight", "type": "decimal", "minimum": 0.5, "exclusive_minimum": True})),
        {},
    ),
    "required enumeration": (more("Book", SPEC({"name": "cover", "type": "enum", "values": ["hard", "soft"]})), {}),
    "required date, time and moment": (
        more("Book", *(SPEC({"name": f"on_{t}", "type": t}) for t in ("date", "time", "datetime", "boolean"))),
        {},
    ),
    "list of values": (more("Book", SPEC({"name": "tags", "type": "string", "many": True})), {}),
    "field removed": (without("Book", "stock"), {}),
    "field renamed": (
        both(without("Book", "stock"), more("Book", SPEC({"name": "copies", "type": "integer", "minimum": 0}))),
        {"books.stock": "books.copies"},
    ),
    "field becomes required": (field("Author", "biography", optional=False), {}),
    "field becomes optional": (field("Book", "price", optional=True), {}),
    "longer text": (field("Book", "title", max_length=300), {}),
    "shorter text": (field("Book", "title", max_length=100), {}),
    "text becomes long text": (field("Author", "name", type="text", max_length=None), {}),
    "whole number becomes decimal": (field("Book", "stock", type="decimal"), {}),
    "decimal becomes whole number": (field("Book", "price", type="integer"), {}),
    "number becomes text": (field("CartItem", "quantity", type="string", minimum=None), {}),
    "date becomes moment": (field("Book", "publication_date", type="datetime"), {}),
    "enumeration gets a value": (
        field("Order", "status", values=["pending", "paid", "shipped", "delivered", "cancelled", "lost_by_a_carrier"]),
        {},
    ),
    "enumeration loses a value": (field("Order", "status", values=["pending", "paid", "shipped", "delivered"]), {}),
    "range changed": (field("Book", "stock", minimum=-5, maximum=10_000), {}),
    "default added": (field("Book", "stock", default=0), {}),
    "unique added": (field("Category", "name", unique=True), {}),
    "unique removed": (field("Book", "isbn", unique=False), {}),
    "unique together": (
        of(rules=lambda m: [*m.rules, UniqueRule(entity="Category", fields=["parent", "name"], cites=[])]),
        {},
    ),
    "optional relation": (
        of(relations=lambda m: [*m.relations, Relation.model_validate({**EDITOR, "optional": True})]),
        {},
    ),
    "relation becomes optional": (relation("Book", "category", optional=True), {}),
    "relation becomes a part": (relation("Review", "book", owned=True), {}),
    "relation removed": (of(relations=lambda m: [r for r in m.relations if r.name != "category"]), {}),
    "many to many": (
        of(
            relations=lambda m: [
                *m.relations,
                Relation(
                    name="related", source="Book", target="Book", cardinality="many_to_many", inverse="related_from"
                ),
            ]
        ),
        {},
    ),
    "entities in a circle": (
        of(
            entities=lambda m: [*m.entities, PUBLISHER, Entity(name="Office", fields=PUBLISHER.fields)],
            relations=lambda m: [
                *m.relations,
                Relation(name="main_office", source="Publisher", target="Office", inverse="led", optional=True),
                Relation(name="publisher", source="Office", target="Publisher", inverse="offices", optional=True),
                Relation(name="publisher", source="Book", target="Publisher", inverse="books", optional=True),
            ],
        ),
        {},
    ),
    "entity removed": (
        of(
            entities=lambda m: [e for e in m.entities if e.name != "Review"],
            relations=lambda m: [r for r in m.relations if r.source != "Review"],
            rules=lambda m: [r for r in m.rules if r.entity != "Review"],
        ),
        {},
    ),
    "entity removed that others refer to": (
        of(
            entities=lambda m: [e for e in m.entities if e.name not in ("Category", "Author")],
            relations=lambda m: [r for r in m.relations if {r.source, r.target}.isdisjoint(("Category", "Author"))],
            rules=lambda m: [r for r in m.rules if r.entity not in ("Category", "Author") and r.kind != "search"],
        ),
        {},
    ),
    "entity renamed": (
        of(
            entities=lambda m: [
                e.model_copy(update={"name": "Opinion"}) if e.name == "Review" else e for e in m.entities
            ],
            relations=lambda m: [
                r.model_copy(update={"source": "Opinion"}) if r.source == "Review" else r for r in m.relations
            ],
            rules=lambda m: [r for r in m.rules if r.entity != "Review"],
        ),
        {"reviews": "opinions"},
    ),
    "entity of pairs renamed": (
        of(
            entities=lambda m: [
                e.model_copy(update={"name": "Writer"}) if e.name == "Author" else e for e in m.entities
            ],
            relations=lambda m: [
                r.model_copy(update={"target": "Writer"}) if r.target == "Author" else r for r in m.relations
            ],
            rules=lambda m: [r for r in m.rules if r.entity != "Author"],
        ),
        {"authors": "writers", "books_authors": "books_writers"},
    ),
    "much at once": (
        both(
            field("Book", "title", max_length=250),
            without("Book", "price"),
            more("Book", SPEC({"name": "group", "type": "integer"}), SPEC({"name": "costs", "type": "decimal"})),
            of(entities=lambda m: [*m.entities, PUBLISHER]),
            field("Book", "isbn", max_length=17, pattern=None),
        ),
        {"books.price": "books.costs"},
    ),
}


@pytest.fixture(scope="module")
def own_database(postgres_url: str) -> Iterator[str]:
    """A database of this module's own, and its address."""
    name = f"changes_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield postgres_url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database's address."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/app.db"
    address: str = request.getfixturevalue("own_database")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return address.replace("postgresql:", "postgresql+psycopg:")


@pytest.mark.parametrize("case", CASES)
def test_rows_survive_and_nothing_drifts(case: str, url: str, tmp_path: Path) -> None:
    change, renames = CASES[case]
    model = domain("bookshop")
    if case == "field becomes required":
        model = field("Author", "biography", optional=True)(model)
    old, new = schema(model), schema(change(model))
    found = revised(old, new, renames)
    assert files(found)["0001_initial.py"] == files(old)["0001_initial.py"]
    with disposing(Migrations(tmp_path / "all", url, found)) as migrations:
        fresh = _fresh(tmp_path / "fresh", url, new)
        (first,) = files(old)
        migrations.run("upgrade", _revision(files(old)[first]))
        rows = migrations.insert(old)
        before = migrations.shape()
        migrations.run("upgrade", "head")
        migrations.run("check")
        assert migrations.shape() == fresh
        _assert_kept(migrations, rows, renames)
        given = (f"books.category_id={identifier('categories', 0)}",) if "removed" in case else ()
        if case == "entity removed that others refer to":
            with pytest.raises(CommandError, match="rows of books have no category_id"):
                migrations.run("downgrade", "-1", given=given)
            return
        migrations.run("downgrade", "-1", given=given)
        assert migrations.shape() == before
        migrations.run("upgrade", "head")
        migrations.run("downgrade", "base", given=given)
        assert migrations.shape() == {}
        migrations.run("upgrade", "head")
        assert migrations.shape() == fresh


def _fresh(folder: Path, url: str, found: DatabaseSchema) -> dict[str, Any]:
    """Return what a new project of the schema has in its database, and leave it empty."""
    with disposing(Migrations(folder, url, found)) as migrations:
        migrations.run("upgrade", "head")
        shape = migrations.shape()
        migrations.run("downgrade", "base")
    return shape


def _revision(text: str) -> str:
    return text.split('revision = "', 1)[1][:12]


def _assert_kept(migrations: Migrations, rows: dict[str, list[dict[str, Any]]], renames: dict[str, str]) -> None:
    tables = {t.name: t for t in migrations.schema.tables}
    for old_name, before in rows.items():
        name = renames.get(old_name, old_name)
        if name not in tables:
            continue
        after = migrations.rows(name)
        assert len(after) == len(before)
        by_id = {r["id"]: r for r in after if "id" in r}
        for was in before if by_id else []:
            now = by_id[was["id"]]
            for column, value in was.items():
                kept = renames.get(f"{old_name}.{column}", column).rpartition(".")[2]
                if kept in now and type(now[kept]) is type(value) and not hasattr(value, "tzinfo"):
                    assert now[kept] == value
            assert all(now[c.name] is not None for c in tables[name].columns if not c.nullable)


REFUSED: dict[str, tuple[Change, str]] = {
    "shorter text": (field("Author", "biography", type="string", max_length=3), "more than 3 characters"),
    "value in use": (field("Order", "status", values=["pending", "shipped"]), "break ck_orders_status_values"),
    "narrower range": (field("Book", "stock", minimum=2), "break ck_books_stock_range"),
    "same values": (field("Book", "price", unique=True), "more than once"),
    "text to number": (field("Author", "name", type="integer", min_length=None), "cannot be turned into integer"),
    "text to date": (field("Author", "name", type="date", min_length=None), "from string to date"),
    "required relation": (of(relations=lambda m: [*m.relations, Relation.model_validate(EDITOR)]), "have no editor_id"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_stand_in_the_way_are_left_alone(case: str, url: str, tmp_path: Path) -> None:
    change, words = REFUSED[case]
    old = schema(domain("bookshop"))
    found = revised(old, schema(change(domain("bookshop"))))
    with disposing(Migrations(tmp_path / "all", url, found)) as migrations:
        migrations.run("upgrade", _revision(files(old)["0001_initial.py"]))
        migrations.insert(old)
        if case == "same values":
            with migrations.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE books SET price = 7")
        before = migrations.shape()
        with pytest.raises(CommandError, match=words):
            migrations.run("upgrade", "head")
        assert migrations.shape() == before


def test_a_required_relation_takes_what_it_is_given(url: str, tmp_path: Path) -> None:
    old = schema(domain("bookshop"))
    found = revised(old, schema(REFUSED["required relation"][0](domain("bookshop"))))
    assert "Rows stand in the way of a migration" in {f.title for f in notes(found)}
    with disposing(Migrations(tmp_path / "all", url, found)) as migrations:
        migrations.run("upgrade", _revision(files(old)["0001_initial.py"]))
        migrations.insert(old)
        author = identifier("authors", 1)
        with pytest.raises(CommandError, match="authors has no row"):
            migrations.run("upgrade", "head", given=(f"books.editor_id={identifier('users', 1)}",))
        migrations.run("upgrade", "head", given=(f"books.editor_id={author}",))
        migrations.run("check")
        assert {r["editor_id"] for r in migrations.rows("books")} == {author}


def test_another_primary_key(url: str, tmp_path: Path) -> None:
    old = schema(domain("bookshop"))
    place = Column(name="place", type="integer", default=1)
    table = old.table("books_authors")
    key = PrimaryKey(columns=[*table.primary_key.columns, "place"])
    other = table.model_copy(update={"columns": [*table.columns, place], "primary_key": key})
    tables = [other if t.name == table.name else t for t in old.tables]
    found = revised(old, old.model_copy(update={"tables": tables}))
    fresh = _fresh(tmp_path / "fresh", url, found.model_copy(update={"revisions": []}))
    with disposing(Migrations(tmp_path / "all", url, found)) as migrations:
        migrations.run("upgrade", _revision(files(old)["0001_initial.py"]))
        migrations.insert(old)
        before = migrations.shape()
        migrations.run("upgrade", "head")
        assert migrations.shape() == fresh
        assert [r["place"] for r in migrations.rows("books_authors")] == [1, 1]
        migrations.run("downgrade", "-1")
        assert migrations.shape() == before


def test_three_revisions_in_a_row(url: str, tmp_path: Path) -> None:
    model = domain("bookshop")
    first = schema(model)
    second = revised(first, schema(CASES["required text"][0](model)))
    third = revised(second, schema(CASES["much at once"][0](model)), CASES["much at once"][1])
    assert list(files(third)) == [
        "0001_initial.py",
        "0002_add_books_subtitle.py",
        "0003_rename_price_to_costs_and_more.py",
    ]
    assert {n: t for n, t in files(third).items() if n in files(second)} == files(second)
    with disposing(Migrations(tmp_path / "all", url, third)) as migrations:
        migrations.run("upgrade", _revision(files(first)["0001_initial.py"]))
        rows = migrations.insert(first)
        migrations.run("upgrade", "head")
        migrations.run("check")
        _assert_kept(migrations, rows, CASES["much at once"][1])
        migrations.run("downgrade", "base")
