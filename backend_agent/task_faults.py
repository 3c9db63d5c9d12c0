"""Pydantic's validation errors of a task, in the words of somebody who wrote a task file."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from rapidfuzz import fuzz, process

from backend_agent.artifacts.task import BackendTask

_KINDS = {
    "string_type": "a piece of text",
    "list_type": "a list",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "fields below it",
    "model_attributes_type": "fields below it",
    "dict_type": "fields below it",
}
_EXAMPLES = {
    "project_name": "add `project_name: My service`",
    "requirements": "add `requirements:` and a list of sentences",
}


@dataclass(frozen=True)
class Fault:
    """One line for the user, and where the fault is."""

    message: str
    line: int | None
    minor: bool = False
    """Whether another fault on the same line says more."""


def explain(error: Mapping[str, Any], lines: Mapping[tuple[str | int, ...], int]) -> Fault:
    """Return what one of Pydantic's errors means.

    Args:
        error: an item of `ValidationError.errors()`.
        lines: 1-based lines by location.
    """
    place = tuple(error["loc"])
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), None)
    return Fault(_message(error, place), line, minor=error["type"] == "missing")


def similar(word: str, known: list[str]) -> str | None:
    """Return the known word that was probably meant, if one is close enough."""
    best = process.extract(word.lower().replace("-", "_").replace(" ", "_"), known, scorer=fuzz.ratio, limit=1)
    return best[0][0] if best and best[0][1] >= 60 else None


def _message(error: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    name = _name(place)
    if kind == "extra_forbidden":
        return _unknown_field(place)
    if kind == "missing":
        return f"{name} is missing; {_EXAMPLES.get(name, f'add `{place[-1]}:` with its value')}"
    if kind == "literal_error":
        return _unknown_value(name, place, value)
    if kind in _KINDS:
        return _wrong_type(name, place, kind, value)
    if kind in ("string_too_long", "too_long"):
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"{name} is longer than {context['max_length']} {unit}; shorten or split it"
    if kind in ("string_too_short", "too_short"):
        return f"{name} is empty; write at least {context['min_length']}"
    if kind == "string_pattern_mismatch":
        return f"{name}: {_shown(value)} does not look right; {_PATTERNS.get(place[-1], 'check its form')}"
    if kind == "greater_than":
        return f"{name} is {_shown(value)}; write a number greater than {context['gt']}"
    if kind == "value_error":
        problem = str(context.get("error", error.get("msg", "")))
        return f"{name} {problem}" if name else f"the task {problem}"
    return f"{name}: {str(error.get('msg', 'is not valid')).lower()}; mend it"


_PATTERNS: dict[str | int, str] = {
    "version": "write something like v1",
    "base_path": "write something like /api, in lower case",
    "origin": "write something like https://shop.example.com",
}


def _wrong_type(name: str, place: tuple[str | int, ...], kind: str, value: Any) -> str:
    wanted = _KINDS[kind]
    if isinstance(value, Mapping) and len(value) == 1 and kind == "string_type":
        return f"{name} holds a colon, which makes it a field; put the sentence in quotes"
    if kind.startswith("model") and place and place[0] in ("requirements", "security_requirements"):
        wanted = "a sentence"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"{name} must be {wanted}, not {_shown(value)}; put it in quotes"
    return f"{name} must be {wanted}, not {_kind_of(value)}; see the README's task file section"


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "fields"
    if isinstance(value, list):
        return "a list"
    return _shown(value)


def _unknown_field(place: tuple[str | int, ...]) -> str:
    field = str(place[-1])
    if len(place) > 1 and isinstance(place[-2], int):
        return f"{_name(place[:-1])} holds a colon, which makes it a field; put the sentence in quotes"
    known = _fields_at(place[:-1])
    guess = similar(field, known)
    where = f" in {_name(place[:-1])}" if len(place) > 1 else ""
    hint = f"did you mean {guess}?" if guess else f"known are: {', '.join(known)}"
    return f"unknown field {field[:60]!r}{where}; {hint}"


def _unknown_value(name: str, place: tuple[str | int, ...], value: Any) -> str:
    known = _values_at(place)
    guess = similar(value, known) if isinstance(value, str) else None
    meant = f"did you mean {guess}? " if guess else ""
    return f"{name}: {_shown(value)} is unknown; {meant}write one of: {', '.join(known)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _name(place: tuple[str | int, ...]) -> str:
    """`("requirements", 2, "text")` -> `requirements 3`."""
    parts: list[str] = []
    for part in place:
        if isinstance(part, int):
            parts[-1:] = [f"{parts[-1] if parts else 'item'} {part + 1}"]
        elif part != "text" or not parts:
            parts.append(part[:60])
    return ".".join(parts)


def _model_at(place: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the model whose fields stand at `place`."""
    model: type[BaseModel] | None = BackendTask
    for part in place:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            return None
        model = next((t for t in _types(model.model_fields[part].annotation) if _is_model(t)), None)
    return model


def _fields_at(place: tuple[str | int, ...]) -> list[str]:
    model = _model_at(place)
    return list(model.model_fields) if model else []


def _values_at(place: tuple[str | int, ...]) -> list[str]:
    model = _model_at(place[:-1])
    name = str(place[-1])
    if model is None or name not in model.model_fields:
        return []
    return [str(v) for v in _types(model.model_fields[name].annotation) if isinstance(v, str)]


def _types(annotation: Any) -> list[Any]:
    """Return the leaves of an annotation: classes, and a Literal's values."""
    arguments = typing.get_args(annotation)
    return [leaf for a in arguments for leaf in _types(a)] if arguments else [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
