"""Values for tests, from the API's own constraints: valid ones, in ascending order; and invalid ones, one fault each.

Values are as they stand on the wire: JSON, decimals as strings with all their digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from backend_agent import names
from backend_agent.artifacts.api import Property
from backend_agent.codegen.project_tests import patterns

Value = str | int | float | bool | None | list["Value"]
TEXTS = frozenset({"string", "text", "phone"})
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot")
LONGEST = 200
INT_MAX = 2**31 - 1
_EXPLICIT = 40
"""Where explicit pattern values start, so that they differ from those of the counter, which starts at 1."""


def literal(value: object) -> str:
    """Return a value as Python source."""
    if isinstance(value, str):
        return names.python_literal(value)
    if isinstance(value, list):
        return f"[{', '.join(literal(v) for v in value)}]"
    return repr(value)


def _label(prop: Property) -> str:
    return names.title(prop.name).capitalize()


def _longest(prop: Property) -> int:
    return LONGEST if prop.max_length is None else prop.max_length


def _step(prop: Property) -> Decimal:
    return Decimal(1).scaleb(-(prop.scale if prop.scale is not None else 2)) if prop.type == "decimal" else Decimal(1)


def _number(prop: Property, index: int) -> Decimal:
    """The `index`-th number above a comfortable start, or above the minimum when there is not much room."""
    step = _step(prop)
    low = Decimal(str(prop.minimum)) if prop.minimum is not None and prop.minimum > -INT_MAX else Decimal(0)
    if prop.exclusive_minimum:
        low += step
    high = Decimal(str(prop.maximum)) if prop.maximum is not None else Decimal(INT_MAX)
    stride = Decimal(1) if high - low >= len(WORDS) else step
    start = low + stride if prop.minimum is None or (low == 0 and high - low > len(WORDS)) else low
    return min(start + stride * index, high)


def _decimal(number: Decimal, scale: int | None) -> str:
    return f"{number:.{2 if scale is None else scale}f}"


def value(prop: Property, index: int) -> Value:
    """Return the `index`-th valid value of one item of `prop`; ascending, and distinct while the type has room."""
    match prop.type:
        case "integer":
            return int(_number(prop, index))
        case "decimal":
            return _decimal(_number(prop, index), prop.scale)
        case "boolean":
            return bool(index % 2)
        case "enum":
            return sorted(prop.values)[index % len(prop.values)]
        case "date":
            return f"2030-01-{index + 1:02d}"
        case "time":
            return f"{8 + index:02d}:00:00"
        case "datetime":
            return f"2030-01-{index + 1:02d}T09:00:00Z"
        case "email":
            return f"{WORDS[index % len(WORDS)]}@example.com"
        case "url":
            return f"https://example.com/{WORDS[index % len(WORDS)]}"
        case "uuid":
            return f"00000000-0000-4000-8000-{index:012d}"
        case _:
            return _text(prop, index)


def _text(prop: Property, index: int) -> str:
    shortest, longest = prop.min_length or 0, _longest(prop)
    if prop.pattern:
        return patterns.matching(prop.pattern, index + _EXPLICIT, shortest, min(longest, LONGEST))
    if prop.type == "phone":
        return f"+4930555{index:04d}"[:longest]
    word = WORDS[index % len(WORDS)] if longest >= len("foxtrot") else WORDS[index % len(WORDS)][:longest]
    return word.ljust(shortest, "x")


def python(prop: Property, index: int) -> str:
    """Return source of the `index`-th valid value as Python has it, for what does not go through JSON."""
    calls = {"decimal": "Decimal", "date": "date.fromisoformat", "time": "time.fromisoformat",
             "datetime": "datetime.fromisoformat"}  # fmt: skip
    source = literal(value(prop, index))
    if prop.type in calls and not prop.many:
        source = f"{calls[prop.type]}({source})"
    return f"[{source}]" if prop.many else source


def expression(prop: Property, index: int = 0) -> str:
    """Return Python source of a valid value, where it can be one that changes with the integer `n`.

    Lists hold one item. `index` chooses among constant values, as in `value`.
    """
    source = _expression(prop, index)
    return f"[{source}]" if prop.many else source


def _expression(prop: Property, index: int) -> str:
    label = names.kebab(prop.name)
    match prop.type:
        case "email":
            return f'f"{label}{{n}}@example.com"'
        case "url":
            return f'f"https://example.com/{label}/{{n}}"'
        case "string" | "text" | "phone":
            return _text_expression(prop)
        case _:
            return literal(value(prop, index))


def _text_expression(prop: Property) -> str:
    shortest, longest = prop.min_length or 0, _longest(prop)
    if prop.pattern:
        run = patterns.counter_run(prop.pattern, shortest, min(longest, LONGEST))
        if run is None:
            return literal(_text(prop, 0))
        before, after = literal(run.before)[1:-1], literal(run.after)[1:-1]
        if run.digits:
            return f'f"{_braces(before)}{{n:0{run.width}d}}{_braces(after)}"'
        call = f"letters(n, {run.width})" + (".upper()" if run.upper else "")
        return " + ".join(p for p in (before and f'"{before}"', call, after and f'"{after}"') if p)
    if prop.type == "phone":
        return 'f"+4930{n:07d}"' if longest >= len("+49301234567") else 'f"{n:0' + str(longest) + 'd}"'
    text = f"{_label(prop)} {{n}}"
    room = len(_label(prop)) + 5
    if shortest > room:
        return f'f"{text}".ljust({shortest}, "x")'
    if room > longest:
        return f'f"{{n:0{max(shortest, min(longest, 4))}d}}"'
    return f'f"{text}"'


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def unique_expression(prop: Property) -> str:
    """Return Python source of a value that differs for each `n`, also for numbers and dates."""
    match prop.type:
        case "integer":
            low = max(int(prop.minimum or 0), 0)
            return "n" if not low else f"{low} + n"
        case "decimal":
            low = max(int(prop.minimum or 0), 0)
            return f'f"{{{low} + n}}.{"0" * (2 if prop.scale is None else prop.scale)}"'
        case "date":
            return "day(n)"
        case "datetime":
            return 'f"{day(n)}T09:00:00Z"'
        case _:
            return expression(prop)


@dataclass(frozen=True)
class Fault:
    """An invalid value of one property."""

    property: str
    source: str
    """Python source of the value on the wire."""
    name: str
    """What is wrong with it, as the id of a parametrized test: `title-too-long`."""


def faults(prop: Property) -> Iterator[Fault]:
    """Yield values that break one constraint of `prop` each."""
    label = names.kebab(prop.name)

    def fault(source: str, name: str) -> Fault:
        return Fault(prop.name, source, f"{label}-{name}")

    if prop.many:
        yield fault('"no list"', "no-list")
        if prop.min_items:
            yield fault("[]", "empty")
        return
    if prop.type in TEXTS or prop.type in ("email", "url"):
        yield from (fault(source, name) for source, name in _text_faults(prop))
    elif prop.type in ("integer", "decimal"):
        yield from (fault(source, name) for source, name in _number_faults(prop))
    elif prop.type != "model":
        yield fault(literal("maybe"), f"no-{prop.type}")


def _text_faults(prop: Property) -> Iterator[tuple[str, str]]:
    if prop.type == "email":
        yield literal("not-an-address"), "no-email"
    elif prop.type == "url":
        yield literal("not a link"), "no-url"
    elif prop.pattern:
        wrong = patterns.refused(prop.pattern, prop.min_length or 0, prop.max_length)
        if wrong is not None:
            yield literal(wrong), "bad-pattern"
    elif prop.min_length:
        short = prop.min_length - 1
        yield ('""' if short == 0 else f'"x" * {short}'), "too-short"
    if prop.type in TEXTS and not prop.pattern:
        if prop.max_length is not None:
            yield f'"x" * {prop.max_length + 1}', "too-long"
        if prop.max_length is None or prop.max_length > (prop.min_length or 0) + 1:
            yield literal("x" * (prop.min_length or 0) + "\0"), "nul-character"


def _number_faults(prop: Property) -> Iterator[tuple[str, str]]:
    step = _step(prop)
    if prop.minimum is not None:
        low = Decimal(str(prop.minimum))
        yield _source(prop, low if prop.exclusive_minimum else low - step), "too-small"
    if prop.maximum is not None:
        yield _source(prop, Decimal(str(prop.maximum)) + step), "too-large"
    if prop.type == "decimal":
        yield literal(_decimal(_number(prop, 0), prop.scale) + "1"), "too-precise"
    yield literal("many"), "no-number"


def _source(prop: Property, number: Decimal) -> str:
    return literal(_decimal(number, prop.scale)) if prop.type == "decimal" else repr(int(number))
