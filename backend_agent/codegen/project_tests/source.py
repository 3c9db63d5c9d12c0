"""The last touch on the source of a test: what this entity's test does not need is left out."""

from __future__ import annotations

import re

_CALLER = re.compile(r"    caller = (.*)")
_PLAIN = re.compile(r"\w+(?:\[0\])?(?:\.\w+)?")


def tidied(text: str, row: str) -> str:
    """Return a test without an empty first line, without names for callers that have one, and without unused ones.

    Args:
        text: the source of one test function.
        row: the variable of the entity's row.
    """
    text = text.replace('."""\n    \n', '."""\n')
    text = _without_unused(_callers_by_name(text), "owner", keep=False)
    return _without_unused(text, row, keep=True)


def _callers_by_name(text: str) -> str:
    """Write `book.by.get(...)` for `caller = book.by` and `caller.get(...)`."""
    lines: list[str] = []
    name: str | None = None
    for line in text.split("\n"):
        found = _CALLER.fullmatch(line)
        if found:
            name = found[1] if _PLAIN.fullmatch(found[1]) else None
            if name:
                continue
        lines.append(re.sub(r"\bcaller\b", name, line) if name else line)
    return "\n".join(lines)


def _without_unused(text: str, name: str, *, keep: bool) -> str:
    """Drop the assignment of a variable that is not used behind it; `keep`: but not what it is assigned."""
    line = re.search(rf"^    {name} = (.*)\n", text, re.MULTILINE)
    if line is None or re.search(rf"(?<!\.)\b{name}\b", text[line.end() :]):
        return text
    return text[: line.start()] + (f"    {line[1]}\n" if keep else "") + text[line.end() :]
