"""A chat model's answer, read strictly: one whole JSON object, or the words to ask again with. Nothing is mended."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from backend_agent.state import Json

MAX_CHARACTERS = 2_000_000
"""Of one answer; the longest output of a chat model has a quarter of it."""
MAX_DEPTH = 64
"""Of objects and lists in each other; artifacts have less than ten."""
MAX_KEY = 60
"""Characters of a key that a message repeats."""

_SPACE = " \t\r\n"
_FENCED = re.compile(r"(`{3,8}|~{3,8})[A-Za-z0-9_+-]{0,20}(?P<body>.*)\1", re.DOTALL)


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
    _bounded(text, place)
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
    """Return the JSON pointer to what `step` leads to from `path`, to be read: on one line, a long key cut."""
    key = str(step)
    key = key if len(key) <= MAX_KEY else key[:MAX_KEY] + "..."
    key = "".join(character if character.isprintable() else "?" for character in key)
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


_TOO_LARGE = "the number is too large; write a smaller one"
_HALF = "holds half of a surrogate pair; write the character itself"
_TOO_DEEP = f"objects and lists stand in each other more than {MAX_DEPTH} deep; answer with a flatter value"


def _unwrapped(text: str) -> str:
    """Return the answer without reasoning before it and without the fence around it."""
    _bounded(text, "the answer")
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


def _bounded(text: str, place: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise AnswerFault(f"{place}: has more than {MAX_CHARACTERS} characters; answer in fewer")


def _syntax(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
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
    return value if math.isfinite(value) else _Refused(_TOO_LARGE)


def _int(digits: str) -> int | _Refused:
    # Python's own limit is on 4300 digits; nothing that is designed has a number beyond 64 bits.
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**64 else _Refused(_TOO_LARGE)


def _look_over(value: Any, path: str, steps: tuple[str | int, ...] = ()) -> None:
    """Raise `AnswerFault` for the first thing in a parsed value that JSON does not have, or that is too deep."""
    if isinstance(value, _Refused):
        _fail(path, steps, value.why)
    elif isinstance(value, str):
        if not _readable(value):
            _fail(path, steps, _HALF)
    elif isinstance(value, dict | list):
        if len(steps) >= MAX_DEPTH:
            _fail(path, steps[:3], _TOO_DEEP)
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(step, str) and not _readable(step):
                _fail(path, steps, _HALF)
            if not isinstance(part, int | float | None):
                _look_over(part, path, (*steps, step))


def _readable(text: str) -> bool:
    """Whether the text can be written to a file: half of a surrogate pair is no character."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _fail(path: str, steps: tuple[str | int, ...], why: str) -> NoReturn:
    for step in steps:
        path = pointer(path, step)
    raise AnswerFault(f"{path or 'the answer'}: {why}")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number"
