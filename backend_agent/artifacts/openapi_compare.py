"""Compares two OpenAPI documents by what they promise, not by how they are written.

What does not count: titles, descriptions, summaries, examples; the order of anything; whether an enumeration is a
component or stands inline; `const` or an enumeration of one; 5 or 5.0; a default of null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_WORDS = frozenset({"title", "description", "summary", "example", "examples", "externalDocs", "deprecated"})
_MAPS = frozenset({"properties", "patternProperties", "$defs"})
_SETS = frozenset({"required", "enum", "tags"})
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "options", "head", "trace"})
_COMPONENT = "#/components/schemas/"


def differences(designed: Json, served: Json) -> list[str]:
    """Return one readable line for each difference, in a fixed order; empty: the documents promise the same."""
    return list(_differ(normalised(designed), normalised(served), ""))


def normalised(document: Json) -> Json:
    """Return what a document promises: operations, schemas and security schemes, in a canonical form."""
    components = document.get("components", {})
    schemas: Json = components.get("schemas", {})
    inline = {name: schema for name, schema in schemas.items() if "enum" in schema or "const" in schema}
    return {
        "version": document.get("info", {}).get("version"),
        "operations": {
            f"{method.upper()} {path}": _operation(operation, item.get("parameters", []), inline)
            for path, item in document.get("paths", {}).items()
            for method, operation in item.items()
            if method in _METHODS
        },
        "schemas": {name: _schema(schema, inline) for name, schema in schemas.items() if name not in inline},
        "security schemes": {
            name: {k: v for k, v in scheme.items() if k not in _WORDS}
            for name, scheme in components.get("securitySchemes", {}).items()
        },
    }


def _operation(operation: Json, shared: list[Json], inline: Json) -> Json:
    body = operation.get("requestBody")
    return {
        "operationId": operation.get("operationId"),
        "tags": sorted(operation.get("tags", [])),
        "security": sorted(operation.get("security", []), key=_text),
        "parameters": {
            f"{p['in']} {p['name']}": {
                "required": p.get("required", False),
                "schema": _schema(p.get("schema", {}), inline),
            }
            for p in [*shared, *operation.get("parameters", [])]
        },
        "body": None
        if body is None
        else {"required": body.get("required", False), "content": _content(body.get("content", {}), inline)},
        "responses": {
            str(status): {
                "content": _content(response.get("content", {}), inline),
                "headers": {
                    name: _schema(header.get("schema", {}), inline)
                    for name, header in response.get("headers", {}).items()
                },
            }
            for status, response in operation.get("responses", {}).items()
        },
    }


def _content(content: Json, inline: Json) -> Json:
    return {media: _schema(given.get("schema", {}), inline) for media, given in content.items()}


def _schema(schema: Any, inline: Json) -> Any:
    """Return a schema in canonical form."""
    if isinstance(schema, list):
        return [_schema(item, inline) for item in schema]
    if not isinstance(schema, dict):
        return _plain(schema)
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.removeprefix(_COMPONENT) in inline:
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        return _schema({**inline[reference.removeprefix(_COMPONENT)], **rest}, inline)
    found: Json = {}
    for key, value in schema.items():
        if key in _WORDS or (key == "default" and value is None):
            continue
        if key in _MAPS:
            found[key] = {name: _schema(inner, inline) for name, inner in value.items()}
        elif key == "default":
            found[key] = _plain(value)
        elif key in _SETS:
            found[key] = sorted((_plain(v) for v in value), key=_text)
        elif key == "const":
            found["enum"] = [_plain(value)]
        else:
            found[key] = _schema(value, inline)
    return _folded(found)


def _folded(schema: Json) -> Json:
    """Return a schema without what says nothing, and with alternatives in one flat, ordered list."""
    nothing = {"minLength": 0, "minItems": 0, "additionalProperties": True, "required": [], "uniqueItems": False}
    found = {k: v for k, v in schema.items() if not (k in nothing and v == nothing[k])}
    if isinstance(found.get("type"), list):
        kinds = found.pop("type")
        rest = {k: found.pop(k) for k in list(found) if k not in ("default", "anyOf", "oneOf", "allOf")}
        found["anyOf"] = [{"type": k} if k == "null" else {"type": k, **rest} for k in kinds]
    if len(found.get("allOf", [])) == 1:
        found = {**found.pop("allOf")[0], **{k: v for k, v in found.items() if k != "allOf"}}
    options = found.get("anyOf")
    if options is not None:
        flat: list[Any] = []
        for option in options:
            flat += option["anyOf"] if isinstance(option, dict) and set(option) == {"anyOf"} else [option]
        found["anyOf"] = sorted(flat, key=_text)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _differ(designed: Any, served: Any, where: str) -> Iterator[str]:
    if isinstance(designed, dict) and isinstance(served, dict):
        for key in sorted({*designed, *served}):
            place = f"{where}: {key}" if where else key
            if key not in served:
                yield f"{place}: designed, not served{_short(designed[key])}"
            elif key not in designed:
                yield f"{place}: served, not designed{_short(served[key])}"
            else:
                yield from _differ(designed[key], served[key], place)
    elif designed != served:
        yield f"{where}: designed {_text(designed)}, served {_text(served)}"


def _short(value: Any) -> str:
    """Return a value for the end of a line, when it fits there."""
    text = _text(value)
    return f" ({text})" if value and len(text) <= 80 else ""
