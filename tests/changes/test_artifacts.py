"""What differs between two states, by element, table, call and file."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from designs import designed, domain
from migrating import more, schema

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.changes import Differences, differences
from backend_agent.changes.elements import compare


@cache
def plain() -> dict[str, Any]:
    files = [("README.md", "# Shop\n\nOne\nTwo\n"), ("app/main.py", "app = 1\n"), (".backend-agent/x.json", "{}\n")]
    made = [GeneratedFile(path=path, content=text, description="") for path, text in files]
    code = Implementation(target="python-fastapi", layout="layered", files=made)
    state = {name: a.to_state() for name, a in designed("bookshop").items() if isinstance(a, Artifact)}
    return {**state, "code": code.to_state(), "records": {"x": 1}, "graph_version": "1"}


@pytest.fixture
def state() -> dict[str, Any]:
    return deepcopy(plain())


def test_the_same_state_has_no_differences(state: dict[str, Any]) -> None:
    found = differences(plain(), {**state, "graph_version": "2", "records": {}})
    assert not found
    assert found.to_text() == ""
    assert found == Differences()


def test_elements_are_told_by_their_names(state: dict[str, Any]) -> None:
    book = next(e for e in state["domain"]["entities"] if e["name"] == "Book")
    book["fields"] = [f for f in book["fields"] if f["name"] != "stock"]
    book["fields"].insert(0, {**book["fields"][0], "name": "subtitle"})
    next(f for f in book["fields"] if f["name"] == "title")["max_length"] = 300
    state["requirements"]["statements"].pop(3)
    found = differences(plain(), state)
    lines = [(e.kind, e.name, e.old, e.new) for e in found.stages["domain"]]
    assert lines == [
        ("changed", "entities.Book.fields.title.max_length", "200", "300"),
        ("removed", "entities.Book.fields.stock", "", ""),
        ("added", "entities.Book.fields.subtitle", "", ""),
    ]
    assert [(e.kind, e.name) for e in found.stages["requirements"]] == [("removed", "statements.R-004")]
    assert list(found.stages) == ["requirements", "domain"]
    assert "  ~ entities.Book.fields.title.max_length: 200 -> 300" in found.to_text()


def test_tables_and_calls_are_said_in_their_own_words(state: dict[str, Any]) -> None:
    changed = more("Book", FieldSpec(name="subtitle", type="string", optional=True))(domain("bookshop"))
    state["database"] = schema(changed).to_state()
    state["api"]["endpoints"] = [e for e in state["api"]["endpoints"] if e["operation_id"] != "read_book"]
    found = differences(plain(), state)
    assert [t.what for t in found.tables] == ["books.subtitle added: string(255), optional"]
    assert [(c.kind, c.breaking) for c in found.api] == [("endpoint_removed", True)]
    text = found.to_text()
    assert "API changes: 1 breaking, 0 not" in text
    assert "  BREAKING GET /books/{book_id}: removed" in text
    back = differences(state, plain())
    assert [(t.destroys, t.what) for t in back.tables] == [(True, "books.subtitle removed, with its values")]


def test_files_differ_by_line(state: dict[str, Any]) -> None:
    readme, main, own = state["code"]["files"]
    readme["content"] = readme["content"].replace("One", "Uno")
    own["content"] = "[]\n"
    new = {**main, "path": "app/new.py", "content": "x = 1\n"}
    state["code"]["files"] = [readme, own, new]
    found = differences(plain(), state)
    assert [(f.path, f.kind) for f in found.files] == [
        ("README.md", "changed"),
        ("app/main.py", "removed"),
        ("app/new.py", "added"),
    ]
    assert found.files[0].text.splitlines() == [
        "--- a/README.md", "+++ b/README.md", "@@ -1,4 +1,4 @@", " # Shop", " ", "-One", "+Uno", " Two",
    ]  # fmt: skip
    assert "--- /dev/null" in found.files[2].text
    assert "-One" in found.to_text()
    assert "-One" not in found.to_text(files=False)
    assert Differences.from_state(found.to_state()) == found


def test_states_of_which_one_did_not_get_far() -> None:
    early = {"task": plain()["task"]}
    assert {s: [e.kind for e in found] for s, found in differences(early, plain()).stages.items()} == {
        name: ["added"] for name in plain() if name not in ("task", "code", "records", "graph_version")
    }
    assert {f.kind for f in differences(plain(), early).files} == {"removed"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": [1, 2]}, {"a": [2, 3]}, [("removed", "a: 1"), ("added", "a: 3")]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("changed", "a")]),
        ({"a": [{"name": "x", "v": 1}]}, {"a": [{"name": "x", "v": 2}]}, [("changed", "a.x.v")]),
        ({"a": [{"v": 1}]}, {"a": [{"v": 2}]}, [("removed", 'a: {"v": 1}'), ("added", 'a: {"v": 2}')]),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]}, [("changed", "a")]),
        ({"a": 1}, {"b": 1}, [("removed", "a"), ("added", "b")]),
        ({"a": "x" * 90 + "old"}, {"a": "x" * 90 + "new"}, [("changed", "a")]),
        (None, None, []),
    ],
)
def test_values_without_names(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    found = compare(old, new)
    assert [(e.kind, e.name) for e in found] == expected
    assert all(e.old != e.new for e in found if e.kind == "changed")
