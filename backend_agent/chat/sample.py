"""The least value that a JSON schema takes."""

from __future__ import annotations

from typing import Any

from backend_agent.state import Json

_PLAIN: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}


def sample(schema: Json) -> Any:
    """Return the least value for `schema`: required properties only, empty lists, null where it may stand.

    Raises:
        RecursionError: the schema requires a value inside itself, without end.
    """
    return _least(schema, schema)


def _least(node: Json, root: Json) -> Any:
    if "$ref" in node:
        target: Any = root
        for step in node["$ref"].removeprefix("#").split("/")[1:]:
            target = target[step]
        return _least(target, root)
    for word in ("default", "const"):
        if word in node:
            return node[word]
    if "enum" in node:
        return node["enum"][0]
    choices = node.get("anyOf") or node.get("oneOf")
    if choices:
        return None if {"type": "null"} in choices else _least(choices[0], root)
    if "properties" in node or node.get("type", "object") == "object":
        properties = node.get("properties", {})
        return {name: _least(properties.get(name, {}), root) for name in node.get("required", [])}
    items = [_least(node.get("items", {}), root) for _ in range(node.get("minItems", 0))]
    return items or node.get("minimum", "x" * node.get("minLength", 0)) or _PLAIN[node["type"]]
