"""The rules of strict mode: each has a mutant that the lint catches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from backend_agent.chat.lint import schema_faults
from backend_agent.chat.targeted import TARGETED
from backend_agent.state import Json

GOOD: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "enum": ["a", "b"]},
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "In metres."},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "other": {"$ref": "#/$defs/Part"},
    },
    "required": ["name", "size", "parts", "other"],
    "additionalProperties": False,
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"id": {"type": "string"}},
            "required": ["id"],
            "additionalProperties": False,
        }
    },
}


def _set(*way: str | int, to: Any) -> Callable[[Json], None]:
    def change(schema: Any) -> None:
        for step in way[:-1]:
            schema = schema[step]
        if to is None:
            del schema[way[-1]]
        else:
            schema[way[-1]] = to

    return change


_PROPERTIES, _PART = "properties", ("$defs", "Part")
MUTANTS: dict[str, tuple[Callable[[Json], None], str]] = {
    "root is a list": (_set("type", to="array"), "the root must be an object"),
    "not all required": (_set("required", to=["name", "size", "parts"]), "every property is required"),
    "required is missing": (_set("required", to=None), "every property is required"),
    "required in a part": (_set(*_PART, "required", to=[]), "/$defs/Part: every property is required"),
    "open object": (_set("additionalProperties", to=None), "additionalProperties must be false"),
    "open part": (_set(*_PART, "additionalProperties", to=True), "/$defs/Part: additionalProperties must be false"),
    "free dictionary": (
        _set(_PROPERTIES, "name", to={"type": "object", "additionalProperties": {"type": "string"}}),
        "an object without properties loses its data",
    ),
    "empty closed object": (
        _set(_PROPERTIES, "name", to={"type": "object", "properties": {}, "additionalProperties": False}),
        "an object without properties loses its data",
    ),
    "anything": (_set(_PROPERTIES, "name", to={}), "exactly one of type, anyOf and $ref"),
    "anything described": (_set(_PROPERTIES, "name", to={"description": "?"}), "exactly one of type, anyOf and $ref"),
    "true": (_set(_PROPERTIES, "name", to=True), "exactly one of type, anyOf and $ref"),
    "type beside anyOf": (_set(_PROPERTIES, "size", "type", to="integer"), "exactly one of type, anyOf and $ref"),
    "list of types": (_set(_PROPERTIES, "name", to={"type": ["string", "null"]}), "is not one of the seven"),
    "unknown type": (_set(_PROPERTIES, "name", to={"type": "any"}), "is not one of the seven"),
    "items of anything": (_set(_PROPERTIES, "parts", "items", to={}), "exactly one of type, anyOf and $ref"),
    "items are missing": (_set(_PROPERTIES, "parts", "items", to=None), "a list says what its items are"),
    "tuple": (_set(_PROPERTIES, "parts", "items", to=[{"type": "string"}]), "a list says what its items are"),
    "empty choice": (_set(_PROPERTIES, "size", "anyOf", to=[]), "anyOf is empty"),
    "fault in a choice": (_set(_PROPERTIES, "size", "anyOf", 0, to={}), "/properties/size/anyOf/0: must have"),
    "empty enum": (_set(_PROPERTIES, "name", "enum", to=[]), "enum needs type string"),
    "enum of numbers": (_set(_PROPERTIES, "name", "enum", to=[1]), "enum needs type string"),
    "reference with a word": (_set(_PROPERTIES, "other", "description", to="x"), "$ref stands alone"),
    "reference to nothing": (_set(_PROPERTIES, "other", to={"$ref": "#/$defs/Nobody"}), "leads nowhere"),
    "reference to the root": (_set(_PROPERTIES, "other", to={"$ref": "#"}), "leads nowhere"),
    "recursion": (_set(*_PART, _PROPERTIES, "id", to={"$ref": "#/$defs/Part"}), "/$defs/Part: holds itself"),
    "types below the root": (_set(_PROPERTIES, "name", "$defs", to={}), "$defs belong to the root"),
    "description is no text": (_set(_PROPERTIES, "size", "description", to=["x"]), "description must be a text"),
} | {
    f"{word} is used": (_set(_PROPERTIES, "name", word, to=value), f"{word} is not taken")
    for word, value in {
        "oneOf": [{"type": "string"}], "allOf": [{"type": "string"}], "not": {"type": "null"}, "const": "a",
        "pattern": "^a$", "format": "date", "minimum": 1, "maximum": 2, "exclusiveMinimum": 0, "minLength": 1,
        "maxLength": 2, "minItems": 1, "maxItems": 2, "uniqueItems": True, "default": "a", "title": "Name",
        "prefixItems": [], "patternProperties": {}, "discriminator": {}, "definitions": {}, "if": {},
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_lint_catches(name: str) -> None:
    change, why = MUTANTS[name]
    assert schema_faults(GOOD) == []
    mutant = copy.deepcopy(GOOD)
    change(mutant)
    assert any(why in fault for fault in schema_faults(mutant)), schema_faults(mutant)


def test_the_schema_of_edits_is_strict() -> None:
    assert schema_faults(TARGETED) == []
