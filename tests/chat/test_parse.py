"""Answers are read strictly: whole or not at all, whatever a chat model writes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_agent.artifacts.base import Artifact
from backend_agent.chat.parse import MAX_CHARACTERS, MAX_DEPTH, AnswerFault, parse_object, parse_value, pointer
from backend_agent.chat.wire import to_wire
from backend_agent.pipeline import STAGES
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
WRITTEN = [stage.name for stage in STAGES[:10]]
EVERY_BYTE = {"requirements", "domain", "architecture"}
CUTS = 120
"""Of one artifact, when not every byte is tried."""


def accepted(text: str) -> bool:
    """Whether the text is taken; anything but a fault is a failure of the test."""
    try:
        parse_object(text)
    except AnswerFault as fault:
        assert "\n" not in str(fault)
        assert len(str(fault)) < 700
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '  {"a": 1}\r\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}```',
        '~~~\n{"a": 1}\n~~~',
        '<think>It is {"a": 2} or so.</think>\n{"a": 1}',
        'It is {"a": 2} or so.</think>{"a": 1}',
        '<think></think>\n\n```json\n{"a": 1}\n```\n',
    ],
)
def test_one_object_is_taken_with_what_models_put_around_it(text: str) -> None:
    assert parse_object(text) == {"a": 1}


@pytest.mark.parametrize("text", ['{"a": "</think>{"}', '{"a": "```"}', '{"a": "<think>"}', '```\n{"a": "```"}\n```'])
def test_marks_inside_of_texts_are_text(text: str) -> None:
    assert list(parse_object(text)) == ["a"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("null", "the answer is null; answer with one JSON object"),
        ("[{}]", "the answer is a list"),
        ('"{}"', "the answer is a text"),
        ("12", "the answer is a number"),
        ('{"a": 1', "ends before the JSON is whole"),
        ('{"a": "b', "ends before the JSON is whole"),
        ('{"a": 1} {"a": 2}', "text follows the JSON (line 1, column 10)"),
        ('{"a": 1}\nThat is all.', "text follows the JSON (line 2, column 1)"),
        ('Here it is: {"a": 1}', "is no JSON: Expecting value (line 1, column 1)"),
        ('```json\n{"a": 1}\n', "the code fence is not closed"),
        ('```json\n{"a": 1}\n``` That is all.', "the code fence is not closed, or text follows it"),
        ('```\n{"a": 1}\n```\n```\n{"a": 2}\n```', "text follows the JSON"),
        ('<think>{"a": 1}', "the answer ends before the reasoning does"),
        ("{'a': 1}", "is no JSON"),
        ('{"a": 1,}', "is no JSON"),
        ('{"a": "\t"}', "is no JSON"),
        ('{"a": [1, NaN]}', "/a/1: NaN is no JSON number"),
        ('{"a": -Infinity}', "/a: -Infinity is no JSON number"),
        ('{"a": {"b": 1e999}}', "/a/b: the number is too large"),
        ('{"a": [{"b/c": 1' + "0" * 5000 + "}]}", "/a/0/b~1c: the number is too large"),
        ('{"a": [{}, {"b": 1, "c": 2, "b": 1}]}', "/a/1: the key 'b' stands twice"),
        ('{"a": 1, "a": 1}', "the answer: the key 'a' stands twice"),
        ('{"a": ["\\ud800"]}', "/a/0: holds half of a surrogate pair"),
        ('{"a": {"\\udc00": 1}}', "/a: holds half of a surrogate pair"),
        ('{"a": "\udcff"}', "/a: holds half of a surrogate pair"),
    ],
)
def test_anything_else_is_refused_with_the_words_to_ask_again(text: str, why: str) -> None:
    with pytest.raises(AnswerFault) as fault:
        parse_object(text)
    assert why in str(fault.value)


def test_a_value_is_read_as_strictly_and_its_faults_say_where_it_stands() -> None:
    assert parse_value(' "a" ', "/x") == "a"
    with pytest.raises(AnswerFault, match=r"^/x: ends before"):
        parse_value("[1", "/x")
    with pytest.raises(AnswerFault, match=r"^/x/0: NaN"):
        parse_value("[NaN]", "/x")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900_000,
        '{"a":' * 300_000,
        '{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
        "x" * 10_000_000,
        '{"a": "' + "x" * MAX_CHARACTERS + '"}',
        "`" * 1_900_000,
        "```" + " " * 1_900_000,
        "```" + "`a" * 900_000,
        "<think>" * 200_000,
        '{"a": -1' + "9" * 1_900_000 + "}",
    ],
    ids="lists objects depth long text ticks spaces marks thoughts digits".split(),
)
def test_what_is_huge_is_refused_at_once(text: str) -> None:
    assert not accepted(text)


def test_bounds_are_far_from_what_is_needed() -> None:
    deep = '{"a": ' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    assert accepted(deep)
    assert accepted('{"a": "' + "x" * 1_500_000 + '"}')
    assert parse_object('{"a\\u0000": "\\u0000"}') == {"a\0": "\0"}


def test_a_long_key_is_cut_in_a_pointer() -> None:
    assert pointer("/a", "b/c~d") == "/a/b~1c~0d"
    assert pointer("/a", "b\nc\0") == "/a/b?c?"
    assert pointer("", "k" * 1000) == "/" + "k" * 60 + "..."


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(TEXT, JSON, max_size=4), st.booleans())
def test_every_object_is_read_as_it_was_written(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_object(text) == value
    assert not any(accepted(text[:cut]) for cut in range(len(text)))


@settings(deadline=None)
@given(st.text())
def test_no_text_is_a_traceback(text: str) -> None:
    assert accepted(text) in (True, False)


def cuts(length: int, *, every: bool) -> Iterator[int]:
    """Yield where an artifact is cut: at each byte, or at an odd step through it and at each of its last 60."""
    step = 1 if every or length <= CUTS else length // CUTS | 1
    yield from range(0, length, step)
    yield from range(max(length - 60, 0), length)


def refuses_every_cut(artifact: Artifact, *, every: bool) -> None:
    text = json.dumps(to_wire(artifact), separators=(",", ":"), ensure_ascii=True)
    assert accepted(text)
    assert [cut for cut in cuts(len(text), every=every) if accepted(text[:cut])] == []
    fenced = f"```json\n{text}\n```"
    assert [cut for cut in range(len(fenced) - 60, len(fenced)) if accepted(fenced[:cut])] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_a_cut_artifact_is_never_taken(artifacts: Callable[..., Artifacts], name: str) -> None:
    refuses_every_cut(getattr(artifacts("bookshop"), name), every=name in EVERY_BYTE)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in EVERY_BYTE])
def test_an_artifact_cut_at_any_byte_is_never_taken(artifacts: Callable[..., Artifacts], name: str) -> None:
    artifact = getattr(artifacts("bookshop"), name)
    if name == "code":  # half a million bytes, each of them a parse of all before it: some of its files are enough
        artifact = artifact.model_copy(update={"files": artifact.files[::12]})
    refuses_every_cut(artifact, every=True)


@pytest.fixture(scope="module")
def data() -> Path:
    """Return the folder of public JSON texts, or skip: they are not part of this repository."""
    place = Path(os.environ.get("BACKEND_AGENT_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "JSONTestSuite").is_dir():
        pytest.skip("no JSONTestSuite: set BACKEND_AGENT_TEST_DATA to the folder that holds it")
    return place


def test_texts_as_models_break_them(data: Path) -> None:
    lines = (data / "json-bad" / "json_repair_cases.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [case["input"] for line in lines if isinstance((case := json.loads(line))["input"], str)]
    assert len(texts) > 250
    for text in filter(accepted, texts):
        assert parse_object(text) == json.loads(text)  # nothing was mended


TWICE = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
"""The suite takes objects with a key twice; which of the two a chat model meant nobody knows."""


def test_the_conformance_suite(data: Path) -> None:
    files = sorted((data / "JSONTestSuite" / "test_parsing").iterdir())
    assert len(files) > 300
    taken: dict[str, set[bool]] = {"y": set(), "n": set(), "i": set()}
    for file in files:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        whole, inside = accepted(text), accepted(f'{{"a":{text}}}')
        if file.name.startswith("y") and file.name not in TWICE:
            assert whole == text.strip().startswith("{"), file.name
            assert inside, file.name
        elif not file.name.startswith("i"):
            assert not whole, file.name
            assert not inside, file.name
        taken[file.name[0]].add(inside)
    assert taken == {"y": {True, False}, "n": {False}, "i": {True, False}}
