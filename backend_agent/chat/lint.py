"""The rules of strict structured output: what a schema may say so that the service takes it and no data is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend_agent.chat.parse import pointer
from backend_agent.state import Json

WORDS = frozenset("type properties required additionalProperties items anyOf enum description $ref $defs".split())
"""Every word that a schema may use. Others were refused by the service or say what Pydantic checks anyway."""
TYPES = frozenset("object array string number integer boolean null".split())
_SHAPES = ("type", "anyOf", "$ref")


def schema_faults(schema: Json) -> list[str]:
    """Return what is wrong with a schema for strict mode, one line each with its JSON pointer; empty: nothing."""
    faults = [f"{place or '/'}: {why}" for place, why in _faults(schema, "")]
    if schema.get("type") != "object":
        faults.insert(0, "/: the root must be an object")
    for name, part in schema.get("$defs", {}).items():
        faults += [f"{place}: {why}" for place, why in _faults(part, f"/$defs/{name}")]
    return faults + _references(schema)


def _faults(node: Any, at: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a node and with those below it."""
    if not isinstance(node, dict) or sum(word in node for word in _SHAPES) != 1:
        yield at, "must have exactly one of type, anyOf and $ref: anything at all is no schema"
        return
    for word in node:
        if word not in WORDS:
            yield at, f"{word} is not taken; say it in the description"
    if "$ref" in node and len(node) > 1:
        yield at, "$ref stands alone"
    if "$defs" in node and at:
        yield at, "$defs belong to the root"
    if not isinstance(node.get("description", ""), str):
        yield at, "description must be a text"
    yield from _of_type(node, at)
    for number, part in enumerate(node.get("anyOf", [])):
        yield from _faults(part, pointer(f"{at}/anyOf", number))
    for name, part in node.get("properties", {}).items():
        yield from _faults(part, pointer(f"{at}/properties", name))
    if "items" in node:
        yield from _faults(node["items"], f"{at}/items")


def _of_type(node: Json, at: str) -> Iterator[tuple[str, str]]:
    kind = node.get("type")
    if "type" in node and (not isinstance(kind, str) or kind not in TYPES):
        yield at, f"type {kind!r} is not one of the seven; a choice is anyOf"
    if "anyOf" in node and not node["anyOf"]:
        yield at, "anyOf is empty"
    if kind == "object":
        if not node.get("properties"):
            yield at, "an object without properties loses its data; write a list of keys and values"
        if set(node.get("required", [])) != set(node.get("properties", {})):
            yield at, "every property is required; an optional one is anyOf with null"
        if node.get("additionalProperties") is not False:
            yield at, "additionalProperties must be false"
    if kind == "array" and not isinstance(node.get("items"), dict):
        yield at, "a list says what its items are, all of one schema"
    values = node.get("enum")
    if values is not None and (kind != "string" or not values or not all(isinstance(v, str) for v in values)):
        yield at, "enum needs type string and one text or more"


def _references(schema: Json) -> list[str]:
    """Return faults of references: one leads nowhere, or in a circle."""
    parts: dict[str, Any] = schema.get("$defs", {})
    leads = {name: _targets(part) for name, part in parts.items()}
    faults = [f"/: $ref to {name} leads nowhere" for name in sorted(_targets(schema) - set(parts))]
    for name, first in leads.items():
        reached: set[str] = set()
        ahead = first
        while ahead - reached:
            reached |= ahead
            ahead = ahead.union(*(leads.get(one, set()) for one in ahead))
        if name in reached:
            faults.append(f"/$defs/{name}: holds itself; write a flat list with ids")
    return faults


def _targets(node: Any) -> set[str]:
    """Return the names of all types that a node refers to."""
    if isinstance(node, list):
        return set().union(*(_targets(part) for part in node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].removeprefix("#/$defs/")} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(_targets(part) for part in node.values()))
