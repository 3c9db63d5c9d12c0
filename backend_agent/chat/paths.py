"""Paths into a JSON value: pointers whose list steps may name an item by what stands in it, such as `[name=Book]`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from backend_agent.chat.parse import MAX_KEY, AnswerFault

MAX_PATH = 400
"""Characters of a path."""
MAX_NAMES = 12
"""Items that a message lists."""

Step = str | int | tuple[tuple[str, str], ...]
"""A key, a place in a list, or what stands in the item: pairs of key and text; `("", text)` for a plain item."""

_STEP = re.compile(
    r"/?\[(?P<named>[^\n]*?)\](?=[/\[]|\Z)"  # what a name holds is literal up to a bracket that ends the step
    r"|/(?P<plain>[^/\[\]\n]*)"
)
_PAIR = re.compile(r",(?=[A-Za-z_]+=)")
_NATURAL = (
    ("operation_id",), ("id",), ("method", "path"), ("name", "source"), ("name",), ("key",), ("kind", "entity"),
    ("role",), ("metric",), ("status",), ("requirement",), ("architecture_type",), ("title",), ("path",),
)  # fmt: skip


def steps(path: str) -> list[Step]:
    """Return the steps of a path; raises `AnswerFault` when it cannot be read or names the whole."""
    if len(path) > MAX_PATH:
        raise AnswerFault(f"the path {path[:60]!r}... has more than {MAX_PATH} characters")
    if not path.isprintable():
        raise AnswerFault(f"{path!r}: is no path: it holds a character that cannot be seen")
    found: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise AnswerFault(f"{path}: is no path; write /key/0/key or /key[name=value]/key")
        if match["named"] is not None:
            found.append(_named(match["named"], path))
        else:
            found.append(match["plain"].replace("~1", "/").replace("~0", "~"))
        at = match.end()
    if not found or path == "/":
        raise AnswerFault("a path is empty; name the part that changes, not the whole")
    return found


def _named(text: str, path: str) -> Step:
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    pairs = []
    for pair in _PAIR.split(text):
        key, equals, value = pair.partition("=")
        if not equals:
            raise AnswerFault(f"{path}: [{text}] names no item; write [key=value]")
        pairs.append((key.strip(), value.strip().strip("\"'")))
    return tuple(pairs)


def place(items: Sequence[Any], step: Step, path: str) -> int:
    """Return where in `items` the step leads.

    Raises:
        AnswerFault: no item or several are meant; the message lists what could be.
    """
    if isinstance(step, str):
        if not (step.isascii() and step.isdigit() and len(step) <= 6):
            raise AnswerFault(f"{path}: {step!r} is no place in a list; write {_hint(items)}")
        step = int(step)
    if isinstance(step, int):
        if step >= len(items):
            raise AnswerFault(f"{path}: the list has {len(items)} items, counted from 0")
        return step
    found = matching(items, step)
    named = ",".join(f"{key}={value}" for key, value in step)
    if not found:
        raise AnswerFault(f"{path}: no item has [{named}]; write {_hint(items)}")
    if len(found) > 1:
        raise AnswerFault(f"{path}: {len(found)} items have [{named}]; name one by another key too, or by its place")
    return found[0]


def matching(items: Sequence[Any], step: Sequence[tuple[str, str]]) -> list[int]:
    """Return the places of all items in which every pair of the step stands."""
    return [at for at, item in enumerate(items) if all(_has(item, key, value) for key, value in step)]


def _has(item: Any, key: str, value: str) -> bool:
    if isinstance(item, dict):
        return key in item and _text(item[key]) == value
    return not key and _text(item) == value


def _text(value: Any) -> str | None:
    """Return a plain value as a path writes it; None for lists, objects and null."""
    if isinstance(value, str):
        return value.strip().strip("\"'")
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _hint(items: Sequence[Any]) -> str:
    """Return how the items of a list can be named."""
    for keys in _NATURAL:
        texts = [[_text(item.get(key)) if isinstance(item, dict) else None for key in keys] for item in items]
        whole = all(text is not None and text.isprintable() and len(text) <= MAX_KEY for row in texts for text in row)
        if items and whole and len({tuple(row) for row in texts}) == len(texts):
            names = [
                "[" + ",".join(f"{k}={v}" for k, v in zip(keys, row, strict=True)) + "]" for row in texts[:MAX_NAMES]
            ]
            return "one of " + ", ".join(names) + (" ..." if len(texts) > MAX_NAMES else "")
    return f"a number below {len(items)}" if items else "- to add to it: it is empty"
