"""Targeted edits: a chat model is shown a draft and says what changes, not the whole again.

All paths mean the value as it was shown, whatever the other edits do: so their order does not matter, and none moves
another's place.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from backend_agent.chat import paths
from backend_agent.chat.parse import AnswerFault, parse_value
from backend_agent.state import Json

MAX_EDITS = 200
"""In one answer; who changes more writes the whole."""

Op = Literal["set", "add", "remove"]

TARGETED: Json = {
    "type": "object",
    "properties": {
        "edits": {
            "type": "array",
            "description": "What changes; an empty list when the draft is right.",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "The part that changes, in the draft as shown."},
                    "op": {"type": "string", "enum": ["set", "add", "remove"]},
                    "value_json": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "description": "The new value as JSON text; null for remove.",
                    },
                    "cites": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "R-ids that ask for the change.",
                    },
                },
                "required": ["path", "op", "value_json", "cites"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["edits"],
    "additionalProperties": False,
}
"""The strict schema of an answer with targeted edits."""

HOW = """\
Answer with edits to the draft, not with the whole of it; what no edit names stays as it is.

- `path`: `/` before each key. An item of a list is named by what stands in it, `/<list>[<key>=<value>]/<key>`, with two
  keys when one is not enough, `[<key>=<value>,<key>=<value>]`; a plain item by itself, `[=<value>]`; or by its place,
  counted from 0, `/<list>/0`. All paths mean the draft as it is shown, before any edit.
- `op`: `set` replaces the part; `add` puts a new item at the end of the list that `path` names, or before the item with
  that place; `remove` takes the part away.
- `value_json`: the new part, whole, as JSON text in the form of the draft; null for `remove`. A text is quoted in it.
- `cites`: the R-ids that ask for this change.
- No two edits touch the same part, nor one a part of the other's. An empty list when the draft is right.
"""
"""What a prompt says of the form of edits."""


@dataclass(frozen=True)
class Edit:
    """One change, as the chat model wrote it."""

    path: str
    op: Op
    value: Any
    """Parsed; None for remove."""
    cites: list[str]


@dataclass
class _Node:
    """What the edits do to one part of the value and to its parts."""

    set: Edit | None = None
    remove: Edit | None = None
    before: list[Edit] = field(default_factory=list)
    """Items put before this one."""
    end: list[Edit] = field(default_factory=list)
    """Items put at the end of this list."""
    parts: dict[str | int, _Node] = field(default_factory=dict)


def edits_of(answer: Json) -> list[Edit]:
    """Return the edits of an answer.

    Args:
        answer: the parsed answer; asked for with `TARGETED`, but not every service keeps to a schema.

    Raises:
        AnswerFault: it has another form, too many edits, or a `value_json` that is no JSON.
    """
    listed = answer.get("edits")
    if not isinstance(listed, list) or set(answer) != {"edits"}:
        raise AnswerFault('the answer must be {"edits": [...]} and nothing else')
    if len(listed) > MAX_EDITS:
        raise AnswerFault(f"/edits: {len(listed)} are too many; write at most {MAX_EDITS}")
    return [_edit(item, f"/edits/{number}") for number, item in enumerate(listed)]


def _edit(item: Any, place: str) -> Edit:
    if not isinstance(item, dict) or not {"path", "op"} <= set(item) <= {"path", "op", "value_json", "cites"}:
        raise AnswerFault(f"{place}: must have path, op, value_json and cites, and nothing else")
    path, op, text, cites = item["path"], item["op"], item.get("value_json"), item.get("cites")
    if not isinstance(path, str):
        raise AnswerFault(f"{place}/path: must be a text")
    if op not in ("set", "add", "remove"):
        raise AnswerFault(f"{place}/op: must be set, add or remove")
    if cites is not None and not (isinstance(cites, list) and all(isinstance(cite, str) for cite in cites)):
        raise AnswerFault(f"{place}/cites: must be a list of R-ids")
    if op == "remove":
        return Edit(path, "remove", None, list(cites or []))
    if not isinstance(text, str):
        raise AnswerFault(f"{place}/value_json: must be the new value as JSON text")
    return Edit(path, op, parse_value(text, f"{place}/value_json"), list(cites or []))


def apply(value: Json, answer: Json) -> Json:
    """Return a copy of `value` with the edits of an answer made.

    Args:
        value: what the chat model was shown, as plain JSON values; not changed.
        answer: the parsed answer, in the form of `TARGETED`.

    Raises:
        AnswerFault: a path leads nowhere or to several places, an edit does not fit what stands there, or two edits
            touch the same part.
    """
    root = _Node()
    for edit in edits_of(answer):
        _plan(root, value, edit)
    changed: Json = _made(root, value)
    return changed


def _plan(root: _Node, value: Any, edit: Edit) -> None:
    """Note an edit at the part that its path means; raises `AnswerFault`."""
    node = root
    *way, last = paths.steps(edit.path)
    for step in way:
        key = _key(value, step, edit.path)
        node, value = node.parts.setdefault(key, _Node()), value[key]
        if node.set or node.remove:
            _overlap(edit)
    if edit.op == "add":
        _plan_add(node, value, last, edit)
    elif edit.op == "set" and isinstance(value, dict) and isinstance(last, str):
        _replace(node.parts.setdefault(last, _Node()), edit)
    else:
        _replace(node.parts.setdefault(_key(value, last, edit.path), _Node()), edit)


def _plan_add(node: _Node, value: Any, last: paths.Step, edit: Edit) -> None:
    """Note a new item of the list `value`, or of the list that `last` leads to in the object `value`."""
    if isinstance(value, dict) and isinstance(last, str):
        at = node.parts.setdefault(last, _Node())
        old = value.get(last)
        if old is None:
            _replace(at, edit)
        elif not isinstance(old, list):
            raise AnswerFault(f"{edit.path}: is no list; write op set")
        elif at.set or at.remove:
            _overlap(edit)
        else:
            at.end.append(edit)
    elif isinstance(value, list) and _is_end(value, last, edit):
        node.end.append(edit)
    elif isinstance(value, list) and isinstance(last, tuple):
        raise AnswerFault(f"{edit.path}: is there already; write op set, or a part of it")
    else:
        node.parts.setdefault(_key(value, last, edit.path), _Node()).before.append(edit)


def _is_end(items: list[Any], last: paths.Step, edit: Edit) -> bool:
    """Whether an addition goes to the end of the list: `-`, the place behind the last, or the name it will have."""
    if isinstance(last, tuple):
        return not paths.matching(items, last) and bool(paths.matching([edit.value], last))
    return str(last) in ("-", str(len(items)))


def _key(value: Any, step: paths.Step, path: str) -> str | int:
    """Return the key or the place that a step means in `value`; raises `AnswerFault` when there is none."""
    if isinstance(value, list):
        return paths.place(value, step, path)
    if not isinstance(value, dict):
        raise AnswerFault(f"{path}: goes on below a plain value")
    if not isinstance(step, str) or step not in value:
        raise AnswerFault(f"{path}: there is no such key; the keys are {', '.join(list(value)[: paths.MAX_NAMES])}")
    return step


def _replace(node: _Node, edit: Edit) -> None:
    if node.set or node.remove or node.parts or node.end:
        _overlap(edit)
    if edit.op == "remove":
        node.remove = edit
    else:
        node.set = edit


def _overlap(edit: Edit) -> NoReturn:
    raise AnswerFault(f"{edit.path}: another edit touches the same part; write one for both")


def _made(node: _Node, value: Any) -> Any:
    """Return a copy of a part with the edits below `node` made."""
    if node.set:
        return copy.deepcopy(node.set.value)
    if isinstance(value, dict):
        kept = {k: _made(node.parts.get(k, _NOTHING), v) for k, v in value.items() if not _removed(node, k)}
        return kept | {k: _made(part, None) for k, part in node.parts.items() if k not in value}
    if not isinstance(value, list):
        return value
    items: list[Any] = []
    for number, item in enumerate(value):
        part = node.parts.get(number, _NOTHING)
        items += [copy.deepcopy(edit.value) for edit in part.before]
        if not part.remove:
            items.append(_made(part, item))
    return items + [copy.deepcopy(edit.value) for edit in node.end]


def _removed(node: _Node, key: str) -> bool:
    return key in node.parts and node.parts[key].remove is not None


_NOTHING = _Node()
