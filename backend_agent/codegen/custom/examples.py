"""Acceptance examples as tests of the body alone: they hold whoever wrote the body, and whatever its own tests say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from backend_agent import names
from backend_agent.artifacts import columns
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.api import Property
from backend_agent.artifacts.domain import DomainModel, FieldSpec
from backend_agent.artifacts.operation_access import hidden_from_callers
from backend_agent.artifacts.operation_shape import Loaded
from backend_agent.artifacts.operations import CustomOperation, Example, RowParameter
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.example import Untold, compared, python_value

NOW = "2026-01-15T12:00:00+00:00"
_HEAD = '''"""What the acceptance examples of `{name}` say, tried on its body."""

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest

from {package}.{name} import {name}
from {package}.{name}_types import {classes}

NOW = datetime.fromisoformat("{now}")
'''


def example_tests(domain: DomainModel, operation: CustomOperation, package: str) -> str:
    """Return a module of tests, one an example; examples that cannot be told so are left out."""
    classes = sorted({"Refused", *(shape.row_class(f.entity) for f in shape.loaded(domain, operation))})
    text = _HEAD.format(name=operation.name, package=package, classes=", ".join(classes), now=NOW)
    for number, example in enumerate(operation.examples, 1):
        try:
            lines = list(_Play(domain, operation, example).lines())
        except (Untold, KeyError):
            continue
        title = " ".join(example.title.split()).replace("\\", "").replace('"', "'")
        body = "\n".join(f"    {line}" for line in lines)
        text += f'\n\ndef test_example_{number}() -> None:\n    """{title}"""\n{body}\n'
    return text


class _Play:
    """One example."""

    def __init__(self, domain: DomainModel, operation: CustomOperation, example: Example) -> None:
        self.domain = domain
        self.operation = operation
        self.example = example
        self._ids = count(1)
        self._known: dict[tuple[str, ...], tuple[Loaded, str]] = {}
        """By path in the example: where the row comes from, and the source of its id."""

    def lines(self) -> Iterator[str]:
        given = self.example.given
        for row in self.operation.rows:
            yield f"{row.name} = {self._row(row, (row.name,), given.get(row.name) or {}, {})}"
        arguments = [f"{row.name}={row.name}" for row in self.operation.rows]
        for spec in self.operation.inputs:
            value = _python(spec, given[spec.name]) if spec.name in given else _sample(self.domain, "", spec)
            arguments.append(f"{spec.name}={value}")
        moment = (
            f"datetime.fromisoformat({names.python_literal(str(given[shape.NOW]))})" if shape.NOW in given else "NOW"
        )
        call = f"{self.operation.name}({', '.join([*arguments, f'now={moment}'])})"
        if self.example.outcome == "refused":
            yield "with pytest.raises(Refused):"
            yield f"    {call}"
            return
        yield f"outcome = {call}"
        for path, value in self.example.expected.items():
            yield from self._expected(path, value)

    # --- rows -----------------------------------------------------------------------------------------------------

    def _row(self, row: RowParameter, path: tuple[str, ...], given: Any, fixed: dict[str, str]) -> str:
        """Return the source of a row; `fixed` are columns that what is around it decides."""
        steps = tuple(step for step in path[1:] if not step.isdigit())
        along = [f for f in shape.loaded(self.domain, self.operation) if f.row is row]
        here = next(f for f in along if f.path == steps)
        own = fixed.get("id") or self._id()
        self._known[path] = (here, own)
        given = given if isinstance(given, dict) else {}
        values = {"id": own, **self._fields(here.entity, given)}
        for relation in self.domain.relations_from(here.entity):
            if relation.cardinality != "many_to_many":
                name = columns.relation_column(relation)
                values[name] = fixed.get(name) or ("None" if relation.optional else self._id())
        for inner in (f for f in along if f.path and f.path[:-1] == steps and f.relation):
            name = inner.path[-1]
            if inner.relation and inner.is_part:
                back = {columns.relation_column(inner.relation): own}
                found = given.get(name) or []
                parts = [self._row(row, (*path, name, str(i)), part, dict(back)) for i, part in enumerate(found)]
                values[name] = f"({', '.join(parts)}{',' if parts else ''})"
            elif inner.relation:
                absent = inner.relation.optional and not given.get(name)
                key = columns.relation_column(inner.relation)
                values[key] = "None" if absent else self._id() if values[key] == "None" else values[key]
                made = "None" if absent else self._row(row, (*path, name), given.get(name), {"id": values[key]})
                values[name] = made
        values["created_at"] = "NOW"
        return f"{shape.row_class(here.entity)}({', '.join(f'{k}={v}' for k, v in values.items())})"

    def _id(self) -> str:
        return f"UUID(int={next(self._ids)})"

    def _fields(self, entity: str, given: dict[str, Any]) -> dict[str, str]:
        hidden = hidden_from_callers(self.domain, self.operation, entity)
        specs = [f for f in columns.stored_fields(self.domain, entity) if f.name not in hidden]
        return {
            f.name: _python(f, given[f.name]) if f.name in given else _sample(self.domain, entity, f) for f in specs
        }

    # --- what comes of it -----------------------------------------------------------------------------------------

    def _expected(self, path: str, value: Any) -> Iterator[str]:
        head, *steps = path.split(".")
        result = next((r for r in self.operation.result if r.name == head), None)
        if result is not None:
            yield f"assert outcome.{head} {compared(value)} {_python(result, value)}"
        elif any(r.name == head for r in self.operation.rows):
            yield self._after((head, *steps[:-1]), steps[-1], value)
        else:
            yield from self._made(head, steps, value)

    def _after(self, path: tuple[str, ...], name: str, value: Any) -> str:
        found, own = self._known[path]
        spec = self.domain.entity(found.entity).field(name)
        before = ".".join(path)
        for step in path:
            before = before.replace(f".{step}", f"[{step}]", 1) if step.isdigit() else before
        before = f"{before}.{name}"
        wanted = f"{compared(value)} {_python(spec, value)}"
        if name not in found.sets:
            return f"assert {before} {wanted}"
        if not found.path:
            return f"assert (outcome.{found.name}.{name} if outcome.{found.name} else {before}) {wanted}"
        changes = f"[c.{name} for c in outcome.{found.name} if c.id == {own}]"
        return f"assert ({changes} or [{before}])[-1] {wanted}"

    def _made(self, head: str, steps: list[str], value: Any) -> Iterator[str]:
        made = shape.created(self.domain, self.operation)
        new = next(c for c in made if not c.inside and c.name == head)
        source, entity = f"outcome.{head}", new.entity
        if not new.creation.many:
            yield f"assert {source} is not None"
        for step in steps[:-1]:
            source += f"[{step}]" if step.isdigit() else f".{step}"
            inner = next((c for c in made if c.inside and c.inside.inverse == step and c.inside.target == entity), None)
            entity = inner.entity if inner else entity
        spec = self.domain.entity(entity).field(steps[-1])
        yield f"assert {source}.{steps[-1]} {compared(value)} {_python(spec, value)}"


def _python(spec: FieldSpec, value: Any) -> str:
    source = python_value(spec, value)
    return f"tuple({source})" if spec.many and value is not None else source


def _sample(domain: DomainModel, entity: str, spec: FieldSpec) -> str:
    """Return a valid value of a field, as source."""
    limits = columns.bounds(domain, entity, spec)
    prop = Property(
        name=spec.name, type=spec.type, min_length=spec.min_length, max_length=columns.max_length(spec),
        minimum=limits.minimum, maximum=limits.maximum, exclusive_minimum=limits.exclusive_minimum, scale=spec.scale,
        pattern=columns.pattern(spec), values=spec.values,
    )  # fmt: skip
    source = samples.python(prop, 0)
    return f"({source},)" if spec.many else source
