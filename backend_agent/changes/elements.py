"""What differs between two artifacts: elements by their names rather than by where they stand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from backend_agent.artifacts.base import Artifact

SHORT = 70
"""Characters of a value that are shown."""
_KEYS = (
    ("id",), ("operation_id",), ("requirement",), ("path",), ("check",), ("metric",), ("name",), ("source", "name"),
    ("source", "target"), ("scope",), ("status",), ("entity", "field"), ("kind", "entity", "field"),
    ("kind", "entity", "actor"), ("kind", "entity"), ("role", "entity"), ("title",), ("concern",), ("text",),
)  # fmt: skip
"""What may tell the elements of a list apart; the first that does for both lists counts."""


class Element(Artifact):
    """Something that one artifact has, and the other has not or has otherwise."""

    kind: Literal["added", "removed", "changed"]
    name: str
    """Where: `entities.Book.fields.title.max_length`."""
    old: str = ""
    new: str = ""


def compare(old: Any, new: Any) -> list[Element]:
    """Return the differences between two artifacts as plain JSON; None: the artifact is not there."""
    if old is None and new is None:
        return []
    if old is None or new is None:
        return [Element(kind="added" if old is None else "removed", name="the whole artifact")]
    return list(_compare(old, new, ""))


def _compare(old: Any, new: Any, name: str) -> Iterator[Element]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            below = f"{name}.{key}" if name else str(key)
            if key in old and key in new:
                yield from _compare(old[key], new[key], below)
            else:
                yield Element(kind="removed" if key in old else "added", name=below)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, name)
    else:
        before, after = _part(old, new)
        yield Element(kind="changed", name=name, old=before, new=after)


def _lists(old: list[Any], new: list[Any], name: str) -> Iterator[Element]:
    key = _key(old, new)
    if key is None:
        before, after = Counter(map(_text, old)), Counter(map(_text, new))
        for text in dict.fromkeys([*before, *after]):
            if before[text] != after[text]:
                kind: Literal["added", "removed"] = "removed" if before[text] > after[text] else "added"
                yield Element(kind=kind, name=f"{name}: {_short(json.loads(text))}")
        if before == after:
            yield Element(kind="changed", name=name, old="one order", new="another order")
        return
    was, now = ({_label(item, key): item for item in items} for items in (old, new))
    for label in dict.fromkeys([*was, *now]):
        below = f"{name}.{label}"
        if label in was and label in now:
            yield from _compare(was[label], now[label], below)
        else:
            yield Element(kind="removed" if label in was else "added", name=below)
    if was == now:
        yield Element(kind="changed", name=name, old="one order", new="another order")


def _key(old: list[Any], new: list[Any]) -> tuple[str, ...] | None:
    """Return the fields that tell the elements of both lists apart, or None."""
    if not all(isinstance(item, dict) for item in (*old, *new)):
        return None
    for key in _KEYS:
        if all(all(isinstance(item.get(part), str | int) for part in key) for item in (*old, *new)) and all(
            len({_label(item, key) for item in items}) == len(items) for items in (old, new)
        ):
            return key
    return None


def _label(item: dict[str, Any], key: tuple[str, ...]) -> str:
    return " ".join(_short(item[part]) if part == "text" else str(item[part]) for part in key)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _part(old: Any, new: Any) -> tuple[str, str]:
    """Return both values; of two long texts what stands where they begin to differ."""
    if not (isinstance(old, str) and isinstance(new, str)) or max(len(old), len(new)) <= SHORT:
        return _short(old), _short(new)
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - SHORT // 3)
    dots = "..." if start else ""
    return _short(dots + old[start:]), _short(dots + new[start:])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 3]}..."
