"""Strings that match a regular expression of the common subset: the wanted patterns are known, their values are not.

Understood: literals, escapes, classes, groups with alternatives (the first is taken) and repeats; anchors are skipped.
A pattern becomes slots, one for each character, each with the characters that may stand there.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

_CLASSES = {"d": string.digits, "w": string.ascii_lowercase + string.ascii_uppercase + string.digits + "_", "s": " "}
_CONTROL = {"t": "\t", "n": "\n"}
_PRINTABLE = string.ascii_lowercase + string.ascii_uppercase + string.digits + string.punctuation + " "
_REPEAT = re.compile(r"\{(\d+)(,?)(\d*)\}|[?*+]")
COUNTER_WIDTH = 6
"""How many characters an open repeat is given, so that a counter finds room."""


class UnsupportedPattern(ValueError):
    """The pattern uses something outside the common subset, such as a look-ahead."""


@dataclass(frozen=True)
class Run:
    """A stretch of a matching string that can hold a counter."""

    before: str
    width: int
    digits: bool
    """Whether it takes digits; else it takes letters."""
    upper: bool
    after: str


class _Reader:
    def __init__(self, pattern: str, shortest: int, longest: int) -> None:
        self.text = pattern
        self.at = 0
        self.shortest = shortest
        self.longest = longest

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise UnsupportedPattern(f"{self.text!r} ends too early")
        self.at += 1
        return char

    def alternatives(self) -> list[str]:
        first = self.sequence()
        while self.peek() == "|":
            self.take()
            self.sequence()
        return first

    def sequence(self) -> list[str]:
        slots: list[str] = []
        while self.peek() and self.peek() not in "|)":
            slots += self.repeated(self.atom())
        return slots

    def atom(self) -> list[str]:
        char = self.take()
        if char in "^$":
            return []
        if char == "[":
            return [self.char_class()]
        if char == "(":
            return self.group()
        if char == "\\":
            return [self.escape()] if self.peek() not in "bBAZ" else self.skip()
        return [_PRINTABLE] if char == "." else [char]

    def skip(self) -> list[str]:
        self.take()
        return []

    def group(self) -> list[str]:
        if self.peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise UnsupportedPattern(f"{self.text!r} has a group that is neither plain nor (?:...)")
            self.at += 2
        slots = self.alternatives()
        if self.take() != ")":
            raise UnsupportedPattern(f"{self.text!r} has a group without an end")
        return slots

    def escape(self) -> str:
        char = self.take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.isalnum() and char not in _CONTROL:
            raise UnsupportedPattern(f"{self.text!r} has the escape \\{char}")
        return _CONTROL.get(char, char)

    def char_class(self) -> str:
        negated = self.peek() == "^"
        if negated:
            self.take()
        chars = ""
        while self.peek() != "]":
            start = self.escape() if self.peek() == "\\" and self.take() else self.take()
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] != "]":
                self.take()
                end = self.escape() if self.peek() == "\\" and self.take() else self.take()
                chars += "".join(map(chr, range(ord(start), ord(end) + 1)))
            else:
                chars += start
        self.take()
        return "".join(c for c in _PRINTABLE if c not in chars) if negated else chars

    def repeated(self, slots: list[str]) -> list[str]:
        found = _REPEAT.match(self.text, self.at)
        if not found:
            return slots
        self.at = found.end()
        if self.peek() == "?":
            self.take()
        if found[1]:
            least = int(found[1])
            most = int(found[3]) if found[3] else (self.longest if found[2] else least)
        else:
            least = 1 if found[0] == "+" else 0
            most = 1 if found[0] == "?" else self.longest
        if len(slots) != 1 or most == 1:
            return slots * least
        return slots * max(least, min(most, max(COUNTER_WIDTH, self.shortest)))


def slots(pattern: str, shortest: int = 0, longest: int = 200) -> list[str]:
    """Return, for each character of a matching string, the characters that may stand there.

    Raises:
        UnsupportedPattern: the pattern is outside the subset, or what was found does not match it.
    """
    reader = _Reader(pattern, shortest, longest)
    found = reader.alternatives()
    if reader.peek():
        raise UnsupportedPattern(f"{pattern!r} has a ) too many")
    return found


def matching(pattern: str, index: int, shortest: int = 0, longest: int = 200) -> str:
    """Return the `index`-th string that matches, counted in the order of its characters; distinct while there is room.

    Raises:
        UnsupportedPattern: as `slots`; also when no match was found.
    """
    value = ""
    for chars in reversed(slots(pattern, shortest, longest)):
        ordered = sorted(chars)
        index, digit = divmod(index, len(ordered))
        value = ordered[digit] + value
    if not re.fullmatch(pattern, value):
        raise UnsupportedPattern(f"no string was found that matches {pattern!r}")
    return value


def counter_run(pattern: str, shortest: int = 0, longest: int = 200) -> Run | None:
    """Return where a matching string can hold a counter: the widest stretch of digits, else of letters; or None.

    Raises:
        UnsupportedPattern: as `slots`.
    """
    found = slots(pattern, shortest, longest)
    plain = matching(pattern, 0, shortest, longest)
    kinds = ((string.digits, 3), (string.ascii_uppercase, 2), (string.ascii_lowercase, 2))
    for alphabet, least in kinds:
        start, width = _widest([set(alphabet) <= set(chars) for chars in found])
        if width >= least:
            run = Run(
                before=plain[:start],
                width=width,
                digits=alphabet is string.digits,
                upper=alphabet is string.ascii_uppercase,
                after=plain[start + width :],
            )
            first = "0" if run.digits else alphabet[0]
            if re.fullmatch(pattern, f"{run.before}{first * width}{run.after}"):
                return run
    return None


def _widest(fits: list[bool]) -> tuple[int, int]:
    best = (0, 0)
    start = 0
    for at, fit in enumerate([*fits, False]):
        if not fit:
            if at - start > best[1]:
                best = (start, at - start)
            start = at + 1
    return best


def refused(pattern: str, shortest: int = 0, longest: int | None = None) -> str | None:
    """Return a string of a permitted length that does not match, or None when all tried ones do."""
    width = max(shortest, min(longest or 8, 8), 1)
    for char in ("!", "x", "1", " ", "~"):
        if not re.search(pattern, char * width):
            return char * width
    return None
