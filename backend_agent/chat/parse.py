"""A chat model's answer, read strictly: one whole JSON object, or the words to ask again with. Nothing is mended."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from backend_agent.state import Json

MAX_CHARACTERS = 4_000_000
"""Of one answer; the longest output of a chat model has a tenth of it."""
MAX_DEPTH = 64
"""Of objects and lists in each other; artifacts have less than ten."""
MAX_KEY = 60
"""Characters of a key that a message repeats."""

_SPACE = " \t\r\n"
_FENCED = re.compile(r"(`{3,}|~{3,})[A-Za-z0-9_+-]*[ \t\r\n]*(?P<body>.*)\1", re.DOTALL)


class AnswerFault(Exception):
    """An answer cannot be used. The message is for the chat model: what is wrong and where, nothing of the prompt."""


class _Refused:
    """Stands in a parsed value where Python's parser takes what JSON does not have."""

    def __init__(self, why: str) -> None:
        self.why = why


def parse_object(text: str) -> Json:
    """Return the one JSON object that an answer holds.

    Args:
        text: the whole answer; reasoning (`<think>`) before it and one code fence around it are taken away.

    Raises:
        AnswerFault: it is anything else, such as cut off, two objects, an object with a key twice, or NaN.
    """
    value = parse_value(_unwrapped(text))
    if not isinstance(value, dict):
        raise AnswerFault(f"the answer is {_kind(value)}; answer with one JSON object")
    return value


def parse_value(text: str, path: str = "") -> Any:
    """Return the one JSON value that `text` is, read as strictly as an answer.

    Args:
        text: JSON.
        path: JSON pointer to where it stands; faults begin there.

    Raises:
        AnswerFault: it is no JSON, or holds what JSON does not have.
    """
    place = path or "the answer"
    if len(text) > MAX_CHARACTERS:
        raise AnswerFault(f"{place}: has more than {MAX_CHARACTERS} characters; answer in fewer")
    try:
        value = json.loads(
            text.strip(_SPACE), object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float, parse_int=_int
        )
    except json.JSONDecodeError as error:
        raise AnswerFault(f"{place}: {_syntax(error)}") from None
    except RecursionError:
        raise AnswerFault(f"{place}: {_TOO_DEEP}") from None
    _look_over(value, path)
    return value


def pointer(path: str, step: str | int) -> str:
    """Return the JSON pointer to what `step` leads to from `path`; a long key is cut."""
    key = str(step)
    key = key if len(key) <= MAX_KEY else key[:MAX_KEY] + "..."
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


_TOO_DEEP = f"objects and lists stand in each other more than {MAX_DEPTH} deep; answer with a flatter value"


def _unwrapped(text: str) -> str:
    """Return the answer without reasoning before it and without the fence around it."""
    text = text.strip(_SPACE)
    if not text:
        raise AnswerFault("the answer is empty; answer with one JSON object")
    if text[0] not in '{["`~' and "</think>" in text:
        # The first mark ends the reasoning: what stands behind a later one may be a part of an object.
        text = text.partition("</think>")[2].strip(_SPACE)
    if text.startswith("<think>"):
        raise AnswerFault("the answer ends before the reasoning does; answer with one JSON object")
    if text.startswith(("```", "~~~")):
        found = _FENCED.fullmatch(text)
        if found is None:
            raise AnswerFault("the code fence is not closed, or text follows it; answer with one JSON object alone")
        text = found["body"]
    return text


def _syntax(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc):
        return "ends before the JSON is whole; answer again, with all of it"
    if error.msg == "Extra data":
        return f"text follows the JSON (line {error.lineno}, column {error.colno}); answer with one JSON object alone"
    return f"is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"


def _object(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return _Refused(f"the key {twice[:MAX_KEY]!a} stands twice in one object; keep one")
    return found


def _no_number(word: str) -> _Refused:
    return _Refused(f"{word} is no JSON number; write a number or null")


def _float(digits: str) -> float | _Refused:
    value = float(digits)
    return value if math.isfinite(value) else _Refused("the number is too large; write a smaller one")


def _int(digits: str) -> int | _Refused:
    # Python's own limit is on 4300 digits; nothing that is designed has a number beyond 64 bits.
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _Refused("the number is too large")


def _look_over(value: Any, path: str) -> None:
    """Raise `AnswerFault` for the first thing in a parsed value that JSON does not have, or that is too deep."""
    for place, item, depth in _parts(value, path):
        if isinstance(item, _Refused):
            _fail(place, item.why)
        if depth > MAX_DEPTH:
            _fail("/".join(place.split("/")[:4]), _TOO_DEEP)
        if isinstance(item, str):
            _readable(item, place)
        elif isinstance(item, dict):
            for key in item:
                _readable(key, place)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any, int]]:
    """Yield the value and all parts of it, in order, each with its pointer and depth; without recursion."""
    left: list[tuple[str, Any, int]] = [(path, value, 0)]
    while left:
        place, item, depth = left.pop()
        yield place, item, depth
        if depth <= MAX_DEPTH and isinstance(item, dict | list):
            steps = item.items() if isinstance(item, dict) else enumerate(item)
            left += reversed([(pointer(place, key), part, depth + 1) for key, part in steps])


def _readable(text: str, place: str) -> None:
    # Half of a surrogate pair is no character and cannot be written to any file.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        _fail(place, "holds half of a surrogate pair; write the character itself")


def _fail(place: str, why: str) -> NoReturn:
    raise AnswerFault(f"{place.encode('ascii', 'backslashreplace').decode() or 'the answer'}: {why}")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number"
