"""An artifact's type as a schema for strict structured output. How its values look there is `chat.wire`'s matter."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from backend_agent.artifacts.base import Artifact
from backend_agent.chat.lint import schema_faults
from backend_agent.chat.wire import below, from_wire, to_wire
from backend_agent.state import Json

__all__ = ["from_wire", "schema_faults", "to_wire", "wire_schema"]

_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number"}
_SAID = (None, "", False)
"""Defaults that go without saying."""


def wire_schema(artifact: type[Artifact], omit: Collection[str] = ()) -> Json:
    """Return the schema that a chat model's answer is held to.

    Every property is required; one that may be missing takes null. Free dictionaries are lists of keys with values.
    Bounds stand in descriptions: Pydantic checks them. Types that are used twice stand once, in `$defs`.

    Args:
        artifact: the type.
        omit: dotted paths of fields that are not asked for, such as `statements.text`; lists and the kinds of a
            choice are passed through.

    Raises:
        KeyError: `omit` names no field.
        TypeError: a field has a type that strict mode cannot say.
    """
    builder = _Builder()
    root = builder.fields_of(artifact, omit)
    named = {name: part for name, part in builder.parts.items() if builder.uses[name] > 1}
    schema: Json = builder.placed(root)
    if named:
        schema["$defs"] = {name: builder.placed(part) for name, part in named.items()}
    return schema


class _Builder:
    """Types that were met, by name, and how often each is used."""

    def __init__(self) -> None:
        self.parts: dict[str, Json] = {}
        self.uses: Counter[str] = Counter()
        self._open: list[type[Artifact]] = []

    def fields_of(self, kind: type[Artifact], omit: Collection[str]) -> Json:
        """Return the object schema of a type without the fields that `omit` names."""
        if kind in self._open:
            raise TypeError(f"{kind.__name__} holds itself: strict mode has no recursion")
        kind.model_rebuild()  # a field's type may be defined below the one that has it
        unknown = {path.partition(".")[0] for path in omit} - set(kind.model_fields)
        if unknown:
            raise KeyError(f"{kind.__name__} has no field {min(unknown)}")
        self._open.append(kind)
        properties = {
            name: self._field(info, below(omit, name)) for name, info in kind.model_fields.items() if name not in omit
        }
        self._open.pop()
        shape = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        return _described(shape, [kind.__dict__.get("__doc__") or ""])

    def placed(self, node: Any) -> Any:
        """Return a schema in which types that are used once stand where they are used."""
        if isinstance(node, list):
            return [self.placed(part) for part in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if "$ref" in node and (self.uses[name] == 1 or len(node) > 1):
            own = {key: value for key, value in node.items() if key != "$ref"}
            return self.placed({**self.parts[name], **own})
        return {key: self.placed(value) for key, value in node.items()}

    def _field(self, info: FieldInfo, omit: Collection[str]) -> Json:
        words = [info.description or "", *_bounds(info.metadata), _default(info)]
        return _described(self._node(info.annotation, omit), words)

    def _node(self, kind: Any, omit: Collection[str]) -> Json:
        origin, of = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return _described(self._node(of[0], omit), _bounds(of[1:]))
        if origin is Literal:
            return {"type": "string", "enum": list(of)}
        if origin in (Union, types.UnionType):
            return self._choice(of, omit)
        if origin is list:
            return {"type": "array", "items": self._node(of[0], omit)}
        if origin is dict:
            return {"type": "array", "items": self._pair(of[1])}
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if isinstance(kind, type) and issubclass(kind, Artifact):
            return self._part(kind, omit)
        raise TypeError(f"{kind!r} cannot be said in strict mode")

    def _choice(self, kinds: Iterable[Any], omit: Collection[str]) -> Json:
        """Return a choice, null last. A number covers whole numbers."""
        kinds = list(kinds)
        if float in kinds and int in kinds:
            kinds.remove(int)
        nodes = [self._node(kind, omit) for kind in kinds if kind is not type(None)]
        flat = [one for node in nodes for one in (node["anyOf"] if set(node) == {"anyOf"} else [node])]
        return {"anyOf": [*flat, {"type": "null"}] if type(None) in kinds else flat}

    def _pair(self, kind: Any) -> Json:
        """Return the schema of one entry of a dictionary: JSON text when its values may be anything."""
        value: Json = {"type": "string", "description": "The value as JSON text."}
        properties = {"key": {"type": "string"}}
        properties |= {"value_json": value} if kind is Any else {"value": self._node(kind, ())}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def _part(self, kind: type[Artifact], omit: Collection[str]) -> Json:
        if omit:
            return self.fields_of(kind, omit)
        name = kind.__name__
        self.uses[name] += 1
        if name not in self.parts:
            self.parts[name] = self.fields_of(kind, ())
        return {"$ref": f"#/$defs/{name}"}


def _described(node: Json, words: Iterable[str]) -> Json:
    """Return a node with words added to its description."""
    said = [" ".join(word.split()) for word in [node.get("description", ""), *words] if word.strip()]
    return {**node, "description": " ".join(w if w.endswith(".") else f"{w}." for w in said)} if said else node


def _bounds(metadata: Iterable[Any]) -> list[str]:
    """Return the constraints of a field in words."""
    words = []
    for item in metadata:
        if isinstance(item, FieldInfo):
            words += _bounds(item.metadata)
        for kind, attribute, text in _BOUNDS:
            if isinstance(item, kind):
                words.append(text.format(getattr(item, attribute)))
        if getattr(item, "pattern", None):
            words.append(f"Matches {item.pattern}")
    return words


_BOUNDS = (
    (annotated_types.Ge, "ge", "At least {}"),
    (annotated_types.Gt, "gt", "More than {}"),
    (annotated_types.Le, "le", "At most {}"),
    (annotated_types.Lt, "lt", "Less than {}"),
    (annotated_types.MinLen, "min_length", "Length at least {}"),
    (annotated_types.MaxLen, "max_length", "Length at most {}"),
)


def _default(info: FieldInfo) -> str:
    """Return the usual value in words; empty when it goes without saying."""
    value = info.get_default()
    if info.is_required() or isinstance(value, Artifact | list | dict) or value in _SAID or info.default_factory:
        return ""
    if get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1:
        return ""
    return f"Usually {str(value).lower() if isinstance(value, bool) else value}"
