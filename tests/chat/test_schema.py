"""Schemas for strict mode, and the way of values there and back."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from backend_agent import artifacts as artifact_modules
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import DatabaseSchema, Release, SchemaRevision
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.operations import CustomOperation, Example
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.rules import Rule, Transition
from backend_agent.artifacts.verification import TestResult, VerificationReport, VerifierRun
from backend_agent.chat.parse import AnswerFault, parse_object
from backend_agent.chat.schema import from_wire, schema_faults, to_wire, wire_schema
from backend_agent.pipeline import STAGES
from backend_agent.settings import Settings, use
from backend_agent.state import Artifacts, Json

CASES = ("bookshop", "clinic", "bank", "todo")


def all_types() -> list[type[Artifact]]:
    """Return every artifact type there is, and every part of one."""
    for module in pkgutil.iter_modules(artifact_modules.__path__):
        importlib.import_module(f"backend_agent.artifacts.{module.name}")
    found = [one for one in _below(Artifact) if one.__module__.startswith("backend_agent.artifacts.")]
    return sorted(set(found), key=lambda one: one.__name__)


def _below(kind: type[Artifact]) -> Iterator[type[Artifact]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


TYPES = all_types()


def there_and_back(artifact: Artifact) -> Artifact:
    """Return the artifact as it comes back from an answer that repeats it."""
    wire = parse_object(json.dumps(to_wire(artifact)))
    return type(artifact).from_state(from_wire(type(artifact), wire))


def fits(value: Any, schema: Json, root: Json) -> bool:
    """Whether a value is what a strict schema describes; only what such schemas use is looked at."""
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in schema:
        return any(fits(value, one, root) for one in schema["anyOf"])
    match schema["type"]:
        case "object":
            return set(value) == set(schema["required"]) and all(
                fits(value[name], part, root) for name, part in schema["properties"].items()
            )
        case "array":
            return isinstance(value, list) and all(fits(item, schema["items"], root) for item in value)
        case "string":
            return isinstance(value, str) and value in schema.get("enum", [value])
        case "boolean" | "null":
            return value is None if schema["type"] == "null" else isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def test_all_artifacts_are_found() -> None:
    assert {stage.artifact for stage in STAGES} <= set(TYPES)
    assert len(TYPES) > 80
    assert [name for name, times in Counter(one.__name__ for one in TYPES).items() if times > 1] == []


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_artifact_has_a_strict_schema(kind: type[Artifact]) -> None:
    schema = wire_schema(kind)
    assert schema_faults(schema) == []
    text = json.dumps(schema)
    assert [name for name in schema.get("$defs", {}) if f'"#/$defs/{name}"' not in text] == []
    assert wire_schema(kind) == schema
    assert json.dumps(wire_schema(kind)) == text


@pytest.mark.parametrize("case", CASES)
def test_every_artifact_comes_back_as_it_went(artifacts: Callable[..., Artifacts], case: str) -> None:
    with use(Settings(verify=False)):
        state = artifacts(case, until="documentation")
    for stage in STAGES:
        artifact = getattr(state, stage.name)
        schema = wire_schema(stage.artifact)
        assert fits(to_wire(artifact), schema, schema), stage.name
        assert there_and_back(artifact) == artifact, stage.name


NAME = st.text("abcdefghijk_", min_size=1, max_size=8)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
_MADE_OF: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    list[str]: st.lists(TEXT, max_size=3),
    float | None: NUMBER | st.none(),
    str | None: TEXT | st.none(),
}


def _made(kind: type[Artifact]) -> st.SearchStrategy[Any]:
    """Return artifacts of a type with short texts and finite numbers."""
    known = {name: _MADE_OF[info.annotation] for name, info in kind.model_fields.items() if info.annotation in _MADE_OF}
    return st.builds(kind, **known)


_MADE_OF[list[Transition]] = st.lists(_made(Transition), max_size=2)
RULES = st.lists(st.one_of([_made(kind) for kind in get_args(get_args(Rule)[0])]), max_size=4)


@settings(deadline=None, max_examples=60)
@given(RULES)
def test_any_rules_come_back_as_they_went(rules: list[Any]) -> None:
    domain = DomainModel(name="Any", actors=[], entities=[], rules=rules)
    wire = json.loads(json.dumps(to_wire(domain)))
    schema = wire_schema(DomainModel)
    assert fits(wire, schema, schema)
    if "\\u0000" in json.dumps(wire):
        with pytest.raises(AnswerFault, match="NUL"):
            from_wire(DomainModel, wire)
    else:
        assert DomainModel.from_state(from_wire(DomainModel, wire)) == domain


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | NAME | NUMBER,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAME, VALUE, max_size=4), st.dictionaries(NAME, VALUE, max_size=4))
def test_free_values_come_back_as_they_went(before: dict[str, Any], after: dict[str, Any]) -> None:
    operation = CustomOperation(
        name="move", description="", examples=[Example(title="t", given=before, expected=after)], cites=["R-001"]
    )
    assert there_and_back(operation) == operation


def test_a_report_of_what_ran_comes_back_as_it_went() -> None:
    finding = Finding(stage="code", metric="security", severity="major", title="t", evidence="e")
    run = VerifierRun(
        verifier="lint", title="Lint", metric="security", weight=1, tool="ruff", verdict="fail", findings=[finding]
    )
    result = TestResult(id="tests/test_a.py::test_b", verdict="skip", database="sqlite", requirements=["R-001"])
    report = VerificationReport(runs=[run], tests=[result], sandbox="none")
    assert there_and_back(report) == report


def test_dictionaries_are_lists_of_keys_with_values() -> None:
    example = Example(title="t", given={"amount": 1.5, "source": {"balance": 2}})
    assert to_wire(example)["given"] == [
        {"key": "amount", "value_json": "1.5"},
        {"key": "source", "value_json": '{"balance":2}'},
    ]
    revision = SchemaRevision(tables=[], renames={"books.stock": "books.copies"})
    assert to_wire(revision)["renames"] == [{"key": "books.stock", "value": "books.copies"}]
    assert there_and_back(revision) == revision
    assert from_wire(Example, {"title": "t", "given": {"amount": 1}})["given"] == {"amount": 1}


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([{"key": "a", "value_json": "{"}], "/given/0/value_json: ends before the JSON is whole"),
        ([{"key": "a", "value_json": "Book"}], "/given/0/value_json: is no JSON"),
        ([{"key": "a", "value_json": "1"}, {"key": "a", "value_json": "2"}], "/given/1: the key 'a' stands twice"),
        ([{"key": "a", "value_json": 1}], "/given/0/value_json: must be a text that holds JSON"),
        ([{"key": "a", "value_json": '{"b": ["\\u0000"]}'}], "/given/0/value_json/b/0: holds a NUL"),
    ],
)
def test_broken_entries_are_refused_with_their_place(entries: list[Json], why: str) -> None:
    with pytest.raises(AnswerFault) as fault:
        from_wire(Example, {"title": "t", "given": entries})
    assert why in str(fault.value)


@pytest.mark.parametrize(
    "wire",
    [
        {"name": "x", "actors": None, "entities": []},
        {"name": "x", "actors": {}, "entities": "none"},
        {"name": "x", "actors": [], "entities": [], "rules": [{"kind": "unheard", "entity": "A"}]},
        {"name": "x", "actors": [], "entities": [], "rules": [["role"], {"kind": ["role"]}]},
        {"name": "x", "actors": [], "entities": [], "operations": [{"examples": [{"given": [{"key": 1}]}]}]},
        {"name": "x", "actors": [], "entities": [], "more": {"a": [1]}},
        {},
    ],
)
def test_what_does_not_fit_is_left_to_the_checker(wire: Json) -> None:
    with pytest.raises(ValidationError):
        DomainModel.from_state(from_wire(DomainModel, wire))


def test_null_means_the_usual_value_unless_null_is_one() -> None:
    field = {"name": "title", "type": "string", "description": None, "scale": None, "max_length": None, "values": None}
    wire = {"name": "x", "actors": [], "entities": [{"name": "Book", "fields": [field]}]}
    plain = from_wire(DomainModel, wire)
    assert plain["entities"][0]["fields"] == [{"name": "title", "type": "string", "max_length": None}]
    assert DomainModel.from_state(plain).entity("Book").field("title").scale == 2


def test_omitted_fields_are_neither_asked_for_nor_shown(artifacts: Callable[..., Artifacts]) -> None:
    omit = ("statements.text", "superseded")
    schema = wire_schema(RequirementsAnalysis, omit)
    assert schema_faults(schema) == []
    assert "superseded" not in schema["properties"]
    statement = schema["properties"]["statements"]["items"]
    assert "text" not in statement["properties"]
    assert "source" in statement["properties"]
    whole = artifacts("todo").requirements
    wire = to_wire(whole, omit)
    assert fits(wire, schema, schema)
    assert set(to_wire(whole)["statements"][0]) - set(wire["statements"][0]) == {"text"}


def test_omitting_passes_through_the_kinds_of_a_choice() -> None:
    schema = wire_schema(DomainModel, ("rules.cites", "operations.body"))
    assert schema_faults(schema) == []
    assert all("cites" not in kind["properties"] for kind in schema["properties"]["rules"]["items"]["anyOf"])
    assert "body" not in schema["properties"]["operations"]["items"]["properties"]
    for unknown in ("poem", "statements.poem"):
        with pytest.raises(KeyError, match="poem"):
            wire_schema(RequirementsAnalysis, (unknown,))


def test_what_a_reader_must_know_stands_in_descriptions() -> None:
    statement = wire_schema(RequirementsAnalysis)["$defs"]["Statement"]["properties"]
    assert statement["id"] == {"type": "string", "description": "Matches ^R-[0-9]{3,}$."}
    assert statement["line"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    field = wire_schema(DomainModel)["$defs"]["FieldSpec"]["properties"]
    assert field["scale"]["description"] == "Digits after the point, for decimals. Usually 2."
    assert [one["type"] for one in field["default"]["anyOf"]] == ["string", "number", "boolean", "null"]
    rules = wire_schema(DomainModel)["properties"]["rules"]["items"]["anyOf"]
    assert [rule["properties"]["kind"] for rule in rules][:2] == [
        {"type": "string", "enum": ["ownership"]},
        {"type": "string", "enum": ["role"]},
    ]


def test_types_that_are_used_twice_stand_once() -> None:
    schema = wire_schema(Release)
    assert set(schema["$defs"]) >= {"Table", "Measure"}
    assert "DatabaseSchema" not in schema["$defs"]
    assert len(json.dumps(wire_schema(DatabaseSchema))) < 8000


class _Bounded(Artifact):
    low: int = Field(ge=1, lt=9)
    short: Annotated[list[Annotated[str, Field(max_length=3)]], Field(min_length=1, default_factory=list)]
    flag: bool = True


def test_bounds_are_words() -> None:
    properties = wire_schema(_Bounded)["properties"]
    assert properties["low"] == {"type": "integer", "description": "At least 1. Less than 9."}
    assert properties["short"]["items"] == {"type": "string", "description": "Length at most 3."}
    assert properties["short"]["description"] == "Length at least 1."
    assert properties["flag"]["description"] == "Usually true."


class _Tree(Artifact):
    parts: list[_Tree]


class _Free(Artifact):
    anything: Any


class _Pair(Artifact):
    pair: tuple[int, str]


class _Number(Artifact):
    number: Literal[1, 2]


@pytest.mark.parametrize("kind", [_Tree, _Free, _Pair])
def test_what_strict_mode_cannot_say_is_refused(kind: type[Artifact]) -> None:
    with pytest.raises(TypeError):
        wire_schema(kind)
    assert schema_faults(wire_schema(_Number))
