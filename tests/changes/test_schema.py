"""Differences of schemas: what counts, what is filled in, what is said about it."""

from __future__ import annotations

import pytest
from designs import CASES as TASKS
from designs import designed, domain
from hypothesis import given, settings
from hypothesis import strategies as st
from migrating import field, files, more, revised, schema, without

from backend_agent.artifacts.database import CheckConstraint, Column, DatabaseSchema, Release, Table, UniqueConstraint
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.changes import carry, difference, notes
from backend_agent.changes.fills import fill_for
from backend_agent.changes.history import migrations
from backend_agent.changes.renames import columns_in, inverse, resolve, with_names
from backend_agent.changes.words import destroys, says, slug

SPEC = FieldSpec.model_validate


@pytest.mark.parametrize("case", TASKS)
def test_the_same_schema_has_no_changes_and_one_migration(case: str) -> None:
    found: DatabaseSchema = designed(case)["database"]
    assert difference(found, found) == []
    assert [m.name for m in migrations(found)] == ["0001_initial"]
    described = [t.model_copy(update={"description": "Other words.", "cites": ["R-099"]}) for t in found.tables]
    retold = revised(found, found.model_copy(update={"tables": described}))
    assert [m.id for m in migrations(retold)] == [m.id for m in migrations(found)]
    assert len(retold.revisions) == 1
    assert notes(retold) == []


@pytest.mark.parametrize("case", TASKS)
def test_a_schema_from_nothing_and_to_nothing(case: str) -> None:
    found: DatabaseSchema = designed(case)["database"]
    nothing = found.model_copy(update={"tables": []})
    assert [c.kind for c in difference(nothing, found)] == ["table_added"] * len(found.tables)
    removed = difference(found, nothing)
    assert [c.table.name for c in removed if c.kind == "table_removed"] == [t.name for t in reversed(found.tables)]
    assert all(destroys(c) and says(c).endswith("removed, with its rows") for c in removed)


def test_a_rename_is_recorded_or_it_is_a_removal() -> None:
    old = schema(domain("bookshop"))
    changed = more("Book", SPEC({"name": "copies", "type": "integer", "minimum": 0}))
    new = schema(changed(without("Book", "stock")(domain("bookshop"))))
    guessed = revised(old, new)
    assert {c.kind for c in difference(old, new)} >= {"column_added", "column_removed"}
    assert "books.stock -> books.copies" in [n.evidence for n in notes(guessed) if n.title == "Possible rename"]
    assert "Values are thrown away" in [n.title for n in notes(guessed)]
    told = revised(old, new, {"books.stock": "books.copies"})
    assert next(c.kind for c in difference(old, new, told.renames)) == "column_renamed"
    assert notes(told) == []


def test_a_rename_that_does_not_apply_is_said() -> None:
    old = schema(domain("bookshop"))
    new = schema(without("Book", "stock")(domain("bookshop")))
    found = notes(revised(old, new, {"books.stock": "books.copies", "shelves": "racks"}))
    idle = [n.evidence for n in found if n.title == "A recorded rename does not apply"]
    assert idle == ["shelves -> racks", "books.stock -> books.copies"]


def test_the_way_back_of_a_rename() -> None:
    old = [Table(name="books", columns=[Column(name="stock", type="integer")])]
    new = [Table(name="volumes", columns=[Column(name="copies", type="integer")])]
    renamed, idle = resolve(old, new, {"books": "volumes", "books.stock": "copies"})
    assert (idle, inverse(renamed)) == ([], {"volumes": "books", "volumes.copies": "books.stock"})
    changes = difference(_with(old), _with(new), {"books": "volumes", "books.stock": "copies"})
    assert [says(c) for c in changes] == ["table books renamed to volumes", "volumes.stock renamed to copies"]


def _with(tables: list[Table]) -> DatabaseSchema:
    found: DatabaseSchema = designed("todo")["database"]
    return found.model_copy(update={"tables": tables})


def test_names_in_expressions() -> None:
    text = "status IN ('status', 'it''s') AND \"order\" > 0 AND length(status) > 1"
    assert columns_in(text, ["order", "status", "s"]) == ["order", "status"]
    assert with_names(text, {"status": "user", "order": "rank"}) == (
        "\"user\" IN ('status', 'it''s') AND rank > 0 AND length(\"user\") > 1"
    )


FILLS = [
    (Column(name="x", type="string", default="it's"), [], "'it''s'"),
    (Column(name="x", type="boolean"), [], "false"),
    (Column(name="x", type="integer"), [], "0"),
    (Column(name="x", type="integer"), ["x >= 3 AND x <= 9"], "3"),
    (Column(name="x", type="integer"), ["x > 3"], "4"),
    (Column(name="x", type="integer"), ["x <= -7"], "-7"),
    (Column(name="x", type="decimal"), ["x > 0.5"], "1.5"),
    (Column(name="x", type="string", length=9), ["x IN ('one', 'two')"], "'one'"),
    (Column(name="x", type="string", length=9), ["length(x) BETWEEN 4 AND 9"], "'----'"),
    (Column(name="x", type="text"), [], "''"),
    (Column(name="x", type="datetime"), [], "created_at"),
    (Column(name="x", type="json"), [], "'[]'"),
    (Column(name="x", type="uuid"), [], ""),
    (Column(name="x", type="encrypted"), [], ""),
    (Column(name="x", type="date"), ["x > other"], ""),
    (Column(name="x", type="string", length=9), ["x LIKE 'q__z' AND length(x) > 4"], ""),
    (Column(name="x", type="integer"), ["no_such_function(x)"], ""),
]


@pytest.mark.parametrize(("column", "checks", "value"), FILLS)
def test_what_rows_get(column: Column, checks: list[str], value: str) -> None:
    columns = [column, Column(name="other", type="date"), Column(name="created_at", type="datetime")]
    limits = [CheckConstraint(name=f"c{i}", expression=e) for i, e in enumerate(checks)]
    fill = fill_for(Table(name="t", columns=columns, checks=limits), column)
    assert fill.value == value
    assert fill.reason


def test_unique_values_differ_or_are_given_by_hand() -> None:
    for length, value in ((36, "CAST(id AS VARCHAR(36))"), (12, "")):
        column = Column(name="x", type="string", length=length)
        table = Table(name="t", columns=[column], unique_constraints=[UniqueConstraint(name="u", columns=["x"])])
        assert fill_for(table, column).value == value


def test_the_history_grows_by_what_was_delivered() -> None:
    model = domain("bookshop")
    first = schema(model)
    second = revised(first, schema(field("Book", "title", max_length=300)(model)))
    third = revised(second, first)
    assert [m.name for m in migrations(third)] == ["0001_initial", "0002_change_books_title", "0003_change_books_title"]
    assert len({m.id for m in migrations(third)}) == 3
    assert files(third)["0002_change_books_title.py"] == files(second)["0002_change_books_title.py"]
    same = carry(first, Release(database=third))
    assert (same.revisions, same.renames) == (third.revisions, third.renames)


names = st.sampled_from(["alpha", "beta", "gamma", "delta"])
columns = st.builds(
    Column,
    name=names,
    type=st.sampled_from(["string", "text", "integer", "decimal", "boolean", "date", "datetime", "uuid"]),
    nullable=st.booleans(),
)
tables = st.builds(
    Table,
    name=names,
    columns=st.lists(columns, min_size=1, unique_by=lambda c: c.name).map(
        lambda found: [Column(name="id", type="uuid"), *found]
    ),
)
schemas = st.lists(tables, max_size=3, unique_by=lambda t: t.name).map(_with)


@settings(max_examples=80, deadline=None)
@given(schemas, schemas)
def test_any_two_schemas_have_a_way_there_and_back(old: DatabaseSchema, new: DatabaseSchema) -> None:
    there = difference(old, new)
    assert (there == []) == ({t.name: _set(t) for t in old.tables} == {t.name: _set(t) for t in new.tables})
    for name, text in files(revised(old, new)).items():
        compile(text, name, "exec")
    if there:
        assert slug(there).isidentifier()
        assert len({says(c) for c in there}) == len(there)


def _set(table: Table) -> set[str]:
    return {c.model_dump_json() for c in table.columns}
