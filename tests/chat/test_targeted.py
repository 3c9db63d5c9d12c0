"""Targeted edits: what a chat model says changes, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_agent.chat.parse import AnswerFault
from backend_agent.chat.schema import from_wire, to_wire
from backend_agent.chat.targeted import HOW, MAX_EDITS, TARGETED, Edit, apply, edits_of
from backend_agent.state import Artifacts, Json

VALUE: Json = {
    "title": "Shop",
    "roles": ["customer", "admin"],
    "empty": [],
    "none": None,
    "entities": [
        {"name": "Book", "fields": [{"name": "title", "max": 10}, {"name": "price", "max": None}], "many": True},
        {"name": "Order", "fields": [], "many": False},
    ],
    "endpoints": [
        {"method": "GET", "path": "/orders/{id}", "errors": [401, 404]},
        {"method": "DELETE", "path": "/orders/{id}", "errors": []},
        {"method": "GET", "path": "/a,b/[x]", "errors": []},
    ],
    "a/b": {"~": 1},
}


def edit(path: str, op: str, value: Any = None) -> Json:
    return {"path": path, "op": op, "value_json": None if op == "remove" else json.dumps(value), "cites": ["R-001"]}


def edited(*edits: Json, value: Json = VALUE) -> Json:
    before = copy.deepcopy(value)
    after = apply(value, {"edits": list(edits)})
    assert value == before
    return after


def changed(**parts: Any) -> Json:
    return {**VALUE, **parts}


def test_no_edits_change_nothing() -> None:
    assert edited() == VALUE
    assert edited() is not VALUE


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/title", ("title",)),
        ("/entities/0/name", ("entities", 0, "name")),
        ("/entities[name=Book]/many", ("entities", 0, "many")),
        ("/entities/[name=Order]/many", ("entities", 1, "many")),
        ("/entities[name=Book]/fields[name=price]/max", ("entities", 0, "fields", 1, "max")),
        ("/entities/[name=Book]/fields/1/max", ("entities", 0, "fields", 1, "max")),
        ('/entities[name="Book"]/many', ("entities", 0, "many")),
        ("/entities[many=false]", ("entities", 1)),
        ("/entities[1]", ("entities", 1)),
        ("/endpoints[method=DELETE,path=/orders/{id}]/errors", ("endpoints", 1, "errors")),
        ("/endpoints[path=/a,b/[x]]/errors", ("endpoints", 2, "errors")),
        ("/endpoints/0/errors[=404]", ("endpoints", 0, "errors", 1)),
        ("/roles[=admin]", ("roles", 1)),
        ("/roles/0", ("roles", 0)),
        ("/a~1b/~0", ("a/b", "~")),
        ("/none", ("none",)),
    ],
)
def test_a_path_leads_to_one_part(path: str, way: tuple[str | int, ...]) -> None:
    after = edited(edit(path, "set", {"new": ["x"]}))
    expected: Any = copy.deepcopy(VALUE)
    at = expected
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = {"new": ["x"]}
    assert after == expected
    if isinstance(at, list):
        del at[way[-1]]
        assert edited(edit(path, "remove")) == expected


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/entities", 2), ("/entities/-", 2), ("/entities/2", 2), ("/entities/0", 0), ("/entities/1", 1),
        ("/entities[name=New]", 2),
    ],
)  # fmt: skip
def test_an_item_is_added(path: str, place: int) -> None:
    items = list(VALUE["entities"])
    items.insert(place, {"name": "New"})
    assert edited(edit(path, "add", {"name": "New"})) == changed(entities=items)


def test_lists_that_are_empty_or_missing_take_a_first_item() -> None:
    assert edited(edit("/empty", "add", 1)) == changed(empty=[1])
    assert edited(edit("/empty/-", "add", 1), edit("/empty/0", "add", 2)) == changed(empty=[1, 2])
    assert edited(edit("/none", "add", [1])) == changed(none=[1])
    assert edited(edit("/more", "set", 1), edit("/again", "add", [2])) == changed(more=1, again=[2])


def test_places_are_those_of_the_draft_whatever_the_others_do() -> None:
    edits = [
        edit("/roles/0", "remove"),
        edit("/roles/1", "set", "owner"),
        edit("/roles/0", "add", "first"),
        edit("/roles/1", "add", "second"),
        edit("/roles", "add", "last"),
        edit("/entities[name=Book]/name", "set", "Volume"),
        edit("/entities[name=Book]/many", "set", 1),
    ]
    after = edited(*edits)
    assert after["roles"] == ["first", "second", "owner", "last"]
    assert (after["entities"][0]["name"], after["entities"][0]["many"]) == ("Volume", 1)
    assert edited(*edits[:4], *edits[4:][::-1]) == after


def test_an_object_loses_a_key() -> None:
    assert edited(edit("/title", "remove")) == {key: value for key, value in VALUE.items() if key != "title"}


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([edit("", "set", {})], "a path is empty"),
        ([edit("/", "set", {})], "a path is empty"),
        ([edit("title", "set", 1)], "title: is no path"),
        ([edit("/entities[name=Book", "set", 1)], "is no path"),
        ([edit("/title\n", "set", 1)], "it holds a character that cannot be seen"),
        ([edit("/entities[Book]", "set", 1)], "[Book] names no item; write [key=value]"),
        ([edit("/entities/Book/many", "set", 1)], "'Book' is no place in a list; write one of [name=Book], ["),
        ([edit("/entities[name=Poem]/many", "set", 1)], "no item has [name=Poem]; write one of [name=Book]"),
        ([edit("/endpoints[path=/orders/{id}]", "remove")], "2 items have [path=/orders/{id}]; name one by another"),
        ([edit("/endpoints[method=PUT]", "remove")], "write one of [method=GET,path=/orders/{id}], [method=DELETE"),
        ([edit("/entities/2", "remove")], "the list has 2 items"),
        ([edit("/entities/-1", "remove")], "'-1' is no place"),
        ([edit("/entities/9999999", "remove")], "is no place"),
        ([edit("/empty/0", "set", 1)], "/empty/0: the list has 0 items"),
        ([edit("/empty[=x]", "remove")], "write - to add to it: it is empty"),
        ([edit("/roles[=owner]", "remove")], "write a number below 2"),
        ([edit("/poem", "remove")], "/poem: there is no such key; the keys are title, roles"),
        ([edit("/poem/line", "set", 1)], "/poem/line: there is no such key"),
        ([edit("/title/0", "set", 1)], "goes on below a plain value"),
        ([edit("/none/a", "set", 1)], "goes on below a plain value"),
        ([edit("/title[a=b]", "set", 1)], "goes on below a plain value"),
        ([edit("[a=b]", "set", 1)], "there is no such key"),
        ([edit("/title", "add", 1)], "/title: is no list; write op set"),
        ([edit("/entities[name=Book]", "add", {"name": "Book"})], "is there already; write op set"),
        ([edit("/entities[name=New]", "add", {"name": "Other"})], "is there already; write op set, or a part of it"),
        ([edit("/title", "set", 1), edit("/title", "set", 2)], "/title: another edit touches the same part"),
        ([edit("/title", "remove"), edit("/title", "set", 2)], "another edit touches the same part"),
        ([edit("/roles", "set", []), edit("/roles[=admin]", "remove")], "another edit touches the same part"),
        ([edit("/roles[=admin]", "remove"), edit("/roles", "remove")], "another edit touches the same part"),
        ([edit("/roles", "add", 1), edit("/roles", "set", [])], "another edit touches the same part"),
        ([edit("/roles", "set", []), edit("/roles", "add", 1)], "another edit touches the same part"),
        ([edit("/entities/0", "remove"), edit("/entities[name=Book]/many", "set", 1)], "another edit touches"),
        ([edit("/" + "a" * 500, "set", 1)], "has more than 400 characters"),
        ([edit("/title", "set", 1)] * (MAX_EDITS + 1), f"write at most {MAX_EDITS}"),
        ([{**edit("/title", "set"), "value_json": "Book"}], "/edits/0/value_json: is no JSON"),
        ([{**edit("/title", "set"), "value_json": '{"a": 1, "a": 2}'}], "/edits/0/value_json: the key 'a' stands"),
        ([{**edit("/title", "set"), "value_json": "[1"}], "/edits/0/value_json: ends before the JSON is whole"),
        ([{**edit("/title", "set"), "value_json": None}], "/edits/0/value_json: must be the new value"),
        ([edit("/title", "set"), {**edit("/title", "set"), "value_json": 1}], "/edits/1/value_json: must be"),
        ([{**edit("/title", "set"), "op": "move"}], "/edits/0/op: must be set, add or remove"),
        ([{**edit("/title", "set"), "op": ["set"]}], "/edits/0/op: must be"),
        ([{**edit("/title", "set"), "path": 1}], "/edits/0/path: must be a text"),
        ([{**edit("/title", "set"), "cites": "R-001"}], "/edits/0/cites: must be a list"),
        ([{**edit("/title", "set"), "from": "/a"}], "/edits/0: must have path, op, value_json and cites"),
        ([{"op": "set"}], "/edits/0: must have path"),
        (["/title"], "/edits/0: must have path"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_is_done(edits: list[Any], why: str) -> None:
    with pytest.raises(AnswerFault) as fault:
        edited(*edits)
    assert why in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("answer", [{}, {"edits": {}}, {"edits": None}, {"edits": [], "more": 1}, {"title": "Shop"}])
def test_another_answer_is_refused(answer: Json) -> None:
    with pytest.raises(AnswerFault, match="the answer must be"):
        apply(VALUE, answer)


def test_what_edits_cite_can_be_read() -> None:
    answer = {"edits": [edit("/title", "set", "New"), {"path": "/roles/0", "op": "remove"}]}
    assert edits_of(answer) == [Edit("/title", "set", "New", ["R-001"]), Edit("/roles/0", "remove", None, [])]


def test_the_prompt_names_every_part_of_an_edit() -> None:
    parts = TARGETED["properties"]["edits"]["items"]["properties"]
    assert all(f"`{word}`" in HOW for word in (*parts, *parts["op"]["enum"]))


def difference(before: Any, after: Any, path: str = "") -> list[Json]:
    """Return edits that lead from one value to the other, by places."""
    if isinstance(before, dict) and isinstance(after, dict):
        steps = {key: "/" + key.replace("~", "~0").replace("/", "~1") for key in [*before, *after]}
        return [
            one
            for key, step in steps.items()
            for one in (
                difference(before[key], after[key], path + step)
                if key in before and key in after
                else [edit(path + step, "set" if key in after else "remove", after.get(key))]
            )
        ]
    if isinstance(before, list) and isinstance(after, list):
        shared = min(len(before), len(after))
        edits = [one for place in range(shared) for one in difference(before[place], after[place], f"{path}/{place}")]
        edits += [edit(f"{path}/{place}", "remove") for place in range(shared, len(before))]
        return edits + [edit(f"{path}/-", "add", item) for item in after[shared:]]
    return [] if json.dumps(before) == json.dumps(after) else [edit(path, "set", after)]


KEY = st.text("abcxyz/~", min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab[=]/", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)
OBJECT = st.dictionaries(KEY, JSON, max_size=5)


@settings(deadline=None, max_examples=80)
@given(OBJECT, OBJECT, st.randoms(use_true_random=False))
def test_the_difference_of_two_values_leads_from_one_to_the_other(before: Json, after: Json, random: Any) -> None:
    edits = difference(before, after)
    assert json.dumps(apply(before, {"edits": edits}), sort_keys=True) == json.dumps(after, sort_keys=True)
    additions = [one for one in edits if one["op"] == "add"]
    others = [one for one in edits if one["op"] != "add"]
    random.shuffle(others)
    assert apply(before, {"edits": additions + others}) == after


@settings(deadline=None)
@given(OBJECT, st.text("abc/[]=-,~0123456789", max_size=12), st.sampled_from(["set", "add", "remove"]), JSON)
def test_any_path_is_followed_or_refused(value: Json, path: str, op: str, new: Any) -> None:
    before = json.dumps(value)
    try:
        after = apply(value, {"edits": [edit(path, op, new)]})
    except AnswerFault:
        after = value
    assert isinstance(after, dict)
    assert json.dumps(value) == before


def test_an_edited_draft_is_an_artifact_again(artifacts: Callable[..., Artifacts]) -> None:
    draft = artifacts("bookshop").domain
    book = to_wire(draft)["entities"][0]["name"]
    after = edited(edit(f"/entities[name={book}]/description", "set", "Something to read."), value=to_wire(draft))
    domain = type(draft).from_state(from_wire(type(draft), after))
    assert domain.entity(book).description == "Something to read."
    assert domain.model_copy(update={"entities": []}) == draft.model_copy(update={"entities": []})
