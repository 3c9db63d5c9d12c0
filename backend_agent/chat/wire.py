"""Values of an artifact as a chat model sees and writes them: dictionaries are lists of keys with values."""

from __future__ import annotations

import json
import types
from collections.abc import Collection
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from backend_agent.artifacts.base import Artifact
from backend_agent.chat.parse import AnswerFault, parse_value, pointer
from backend_agent.state import Json


def below(omit: Collection[str], name: str) -> list[str]:
    """Return the paths of `omit` that lead into the field `name`, from there."""
    return [path.partition(".")[2] for path in omit if path.startswith(f"{name}.")]


def to_wire(artifact: Artifact, omit: Collection[str] = ()) -> Json:
    """Return an artifact's values as its `wire_schema` describes them, without the fields that `omit` names."""
    return {
        name: _out(getattr(artifact, name), info.annotation, below(omit, name))
        for name, info in type(artifact).model_fields.items()
        if name not in omit
    }


def _out(value: Any, kind: Any, omit: Collection[str]) -> Any:
    if isinstance(value, Artifact):
        return to_wire(value, omit)
    if isinstance(value, list):
        of = _only(kind, list)
        return [_out(item, of[0] if of else Any, omit) for item in value]
    if isinstance(value, dict):
        if _only(kind, dict)[1] is Any:
            text = {key: json.dumps(item, ensure_ascii=False, separators=(",", ":")) for key, item in value.items()}
            return [{"key": key, "value_json": item} for key, item in text.items()]
        return [{"key": key, "value": item} for key, item in value.items()]
    return value


def from_wire(artifact: type[Artifact], wire: Json) -> Json:
    """Return plain values for `artifact.from_state`, which checks them.

    Nulls for fields that have another default are left out. What does not fit the schema is passed on as it is, so
    that the checker names it.

    Args:
        artifact: the type.
        wire: a parsed answer.

    Raises:
        AnswerFault: an entry of a dictionary has no JSON, or a key stands twice; or a text holds a NUL.
    """
    return _fields(artifact, wire, "")


def _fields(kind: type[Artifact], wire: Json, path: str) -> Json:
    kind.model_rebuild()  # a field's type may be defined below the one that has it
    found: Json = {}
    for name, value in wire.items():
        info = kind.model_fields.get(name)
        if value is None and info is not None and not info.is_required() and not _takes_null(info.annotation):
            continue
        found[name] = _in(value, info.annotation if info else Any, pointer(path, name))
    return found


def _in(value: Any, kind: Any, path: str) -> Any:
    if isinstance(value, str) and "\0" in value:
        raise AnswerFault(f"{path}: holds a NUL character; leave it out")
    if isinstance(value, dict):
        part = _type_of(value, kind)
        return _fields(part, value, path) if part else {k: _in(v, Any, pointer(path, k)) for k, v in value.items()}
    if isinstance(value, list):
        pairs = _only(kind, dict)
        if pairs:
            return _entries(value, pairs[1], path)
        of = _only(kind, list)
        return [_in(item, of[0] if of else Any, pointer(path, number)) for number, item in enumerate(value)]
    return value


def _entries(items: list[Any], kind: Any, path: str) -> Any:
    """Return the dictionary that a list of keys with values means; the list itself when it is something else."""
    label = "value_json" if kind is Any else "value"
    if not all(
        isinstance(item, dict) and set(item) == {"key", label} and isinstance(item["key"], str) for item in items
    ):
        return items
    found: Json = {}
    for number, item in enumerate(items):
        place = pointer(pointer(path, number), label)
        if item["key"] in found:
            raise AnswerFault(f"{pointer(path, number)}: the key {item['key'][:60]!r} stands twice; keep one")
        value = item[label]
        if kind is Any:
            if not isinstance(value, str):
                raise AnswerFault(f"{place}: must be a text that holds JSON")
            value = parse_value(value, place)
        found[_in(item["key"], str, place)] = _in(value, kind, place)
    return found


def _kinds(kind: Any) -> list[Any]:
    """Return the types of a choice, or the one type."""
    if get_origin(kind) is Annotated:
        return _kinds(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [one for part in get_args(kind) for one in _kinds(part)]
    return [kind]


def _only(kind: Any, origin: type) -> tuple[Any, ...]:
    """Return what the list or dictionary among the types of a choice holds; empty: there is none."""
    return next((get_args(one) for one in _kinds(kind) if get_origin(one) is origin), ())


def _takes_null(kind: Any) -> bool:
    return type(None) in _kinds(kind)


def _type_of(value: Json, kind: Any) -> type[Artifact] | None:
    """Return the artifact type among the types of a choice that an object means: the one with its `kind`."""
    found = [one for one in _kinds(kind) if isinstance(one, type) and issubclass(one, Artifact)]
    if len(found) > 1:
        found = [one for one in found if value.get("kind") in _values(one.model_fields.get("kind"))]
    return found[0] if len(found) == 1 else None


def _values(info: FieldInfo | None) -> tuple[Any, ...]:
    return get_args(info.annotation) if info is not None and get_origin(info.annotation) is Literal else ()
