"""Call an operation with its acceptance examples. Usage: RESULT SPECIFICATION (paths of JSON files).

The specification holds `module`, `function`, `rows` (names of row parameters) and `examples`. Rows are built from the
dataclasses of the types module: what an example leaves out is made up. Runs inside the sandbox, in the project's
folder.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import json
import sys
import typing
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.timezone.utc)  # noqa: UP017 - as old as the interpreter that runs it
_IDS = iter(range(1, 1_000_000))


def value_of(kind: Any, given: Any) -> Any:
    """Return a plain JSON value as a value of an annotated type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if type(None) in inner:
        if given is None:
            return None
        return value_of(next(k for k in inner if k is not type(None)), given)
    if origin is tuple:
        return tuple(value_of(inner[0], item) for item in given)
    if origin is typing.Literal:
        return given
    if dataclasses.is_dataclass(kind):
        return row(kind, given)
    return _plain(kind, given)


def _plain(kind: Any, given: Any) -> Any:
    if kind is Decimal:
        return Decimal(str(given))
    if kind is dt.datetime:
        moment = dt.datetime.fromisoformat(given)
        return moment if moment.tzinfo else moment.replace(tzinfo=NOW.tzinfo)
    if kind in (dt.date, dt.time):
        return kind.fromisoformat(given)
    return UUID(given) if kind is UUID else given


def made_up(kind: Any) -> Any:
    """Return some value of an annotated type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if type(None) in inner:
        return None
    if origin is tuple:
        return ()
    if origin is typing.Literal:
        return inner[0]
    if dataclasses.is_dataclass(kind):
        return row(kind, {})
    if kind is UUID:
        return UUID(int=next(_IDS))
    plain = {str: "x", int: 1, bool: False, Decimal: Decimal(1), dt.datetime: NOW, dt.date: NOW.date()}
    return plain.get(kind, dt.time(12))


def row(kind: Any, given: dict[str, Any]) -> Any:
    """Return a row whose given fields are as given; raises `ValueError` for a field that it does not have."""
    hints = typing.get_type_hints(kind)
    unknown = set(given) - set(hints)
    if unknown:
        raise ValueError(f"{kind.__name__} has no {min(unknown)}")
    values = {n: value_of(hint, given[n]) if n in given else made_up(hint) for n, hint in hints.items()}
    for name in hints:  # a reference is that of the row beside it
        if f"{name}_id" in hints and f"{name}_id" not in given and values[name] is not None:
            values[f"{name}_id"] = values[name].id
    return kind(**values)


def found(path: str, given: dict[str, Any], outcome: Any, rows: list[str]) -> Any:
    """Return what holds at a path afterwards: as the outcome says, else as it was given."""
    first, *steps = path.split(".")
    if first not in rows:
        return walked(getattr(outcome, first), steps)
    if not steps:
        return given[first]
    owner = walked(given[first], steps[:-1])
    name = "_".join([first, *(step for step in steps[:-1] if not step.isdigit())])
    changed = getattr(outcome, name, None)
    several = changed if isinstance(changed, tuple) else [changed]
    for item in several:
        if item is not None and hasattr(item, steps[-1]) and getattr(item, "id", owner.id) == owner.id:
            return getattr(item, steps[-1])
    return getattr(owner, steps[-1])


def walked(value: Any, steps: list[str]) -> Any:
    """Follow attribute names and positions."""
    for step in steps:
        value = value[int(step)] if step.isdigit() else getattr(value, step)
    return value


def same(value: Any, wanted: Any) -> bool:
    """Whether a value is the one that plain JSON names."""
    if isinstance(value, tuple) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(same, value, wanted))
    if value is None or wanted is None or isinstance(value, bool):
        return value is wanted
    try:
        return bool(_plain(type(value), wanted) == value)
    except (ArithmeticError, TypeError, ValueError):
        return False


def tried(function: Any, refused: type[Exception], example: dict[str, Any], rows: list[str]) -> Iterator[str]:
    """Yield what is otherwise than the example says."""
    hints = typing.get_type_hints(function)
    hints.pop("return")
    given = {n: value_of(hint, example["given"][n]) if n in example["given"] else None for n, hint in hints.items()}
    for name, hint in hints.items():
        if name not in example["given"]:
            given[name] = NOW if name == "now" else made_up(hint)
    unknown = set(example["given"]) - set(hints)
    if unknown:
        yield f"there is no parameter {min(unknown)}"
        return
    try:
        outcome = function(**given)
    except refused as words:
        if example["outcome"] == "done":
            yield f"it is refused: {words}"
        return
    if example["outcome"] == "refused":
        yield "it is not refused"
    for path, wanted in example["expected"].items():
        try:
            value = found(path, given, outcome, rows)
        except (AttributeError, IndexError, TypeError):
            yield f"there is no {path} in the outcome"
            continue
        if not same(value, wanted):
            yield f"{path} is {value!s}, expected {wanted!r}"


def main() -> None:
    """Write what was otherwise, a list of texts by example."""
    result, specification = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text("utf-8"))
    sys.path.insert(0, str(Path.cwd()))
    types = importlib.import_module(f"{specification['module']}_types")
    function = getattr(importlib.import_module(specification["module"]), specification["function"])
    said: dict[str, list[str]] = {}
    for number, example in enumerate(specification["examples"]):
        try:
            said[str(number)] = list(tried(function, types.Refused, example, specification["rows"]))
        except Exception as problem:  # noqa: BLE001 - whatever the body does is a fault of the body
            said[str(number)] = [f"{type(problem).__name__}: {problem}"[:300]]
    result.write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main()
