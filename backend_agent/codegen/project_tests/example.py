"""An acceptance example as lines of a test: make the rows, call the operation, look at what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backend_agent import names
from backend_agent.artifacts import columns
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.api import Endpoint, Property
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.artifacts.operation_access import callers, row_access
from backend_agent.artifacts.operation_shape import Loaded
from backend_agent.artifacts.operations import CustomOperation, Example, RowParameter
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.suite import Suite

_PARSED = {"decimal": "Decimal", "date": "date.fromisoformat", "time": "time.fromisoformat"}


class Untold(Exception):
    """The example cannot be played over the API: it is left to the body's own tests."""


def sent(prop: Property) -> str:
    """Return a valid value of a property on the wire, as source."""
    value = samples.value(prop, 0)
    return samples.literal([value] if prop.many else value)


@dataclass(frozen=True)
class Scene:
    """Who plays the examples of an operation, on which rows."""

    suite: Suite
    operation: CustomOperation
    endpoint: Endpoint
    role: str
    owner_role: str
    """The role, when it plays on its own rows; empty: it may use any."""

    @classmethod
    def of(cls, suite: Suite, operation: CustomOperation, endpoint: Endpoint) -> Scene | None:
        """Return the scene: the owner of the first row where that works, else a role that may use any row."""
        who = callers(suite.domain, operation)
        loaded = shape.loaded(suite.domain, operation)
        if not all(suite.has(found.entity) for found in loaded):
            return None
        first = suite.subject(operation.rows[0].entity) if operation.rows else None
        for role in who:
            if first and first.owner_role == role and role in endpoint.access.owner_roles:
                return cls(suite, operation, endpoint, role, role)
        for role in who:
            scopes = [row_access(suite.domain, operation, found) for found in loaded]
            if not any(role in s.owner_roles and role not in s.roles for s in scopes):
                return cls(suite, operation, endpoint, role, "")
        return None

    def of_another(self) -> list[str] | None:
        """Return the lines of a test in which somebody else's row is named."""
        try:
            play = _Play(self, Example(title=""))
            lines = [*play.rows(), f'stranger = await sign_in(api, "{self.role}")']
        except Untold:
            return None
        return [*lines, f"response = await stranger.post({play.call()})", "assert response.status_code == 404"]


def lines_of(scene: Scene, example: Example) -> list[str] | None:
    """Return the lines of an example's test; None when it cannot be played over the API."""
    try:
        return list(_Play(scene, example).lines())
    except Untold:
        return None


@dataclass
class _Play:
    scene: Scene
    example: Example
    ids: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    """By path in the example: the entity of a row, and the source of its id."""

    def lines(self) -> Iterator[str]:
        yield from self.rows()
        operation, endpoint = self.scene.operation, self.scene.endpoint
        if shape.NOW in self.example.given:
            moment = names.python_literal(str(self.example.given[shape.NOW]))
            yield f'monkeypatch.setattr(f"{{SERVICE}}.utcnow", lambda: datetime.fromisoformat({moment}))'
        if not (self.scene.owner_role and operation.rows):
            yield f'caller = await sign_in(api, "{self.scene.role}")'
        caller = f"{operation.rows[0].name}.owner" if self.scene.owner_role and operation.rows else "caller"
        yield f"response = await {caller}.post({self.call()})"
        if self.example.outcome == "refused":
            yield "assert response.status_code == 409"
            for row in operation.rows:
                if any("." not in name for name in row.sets):
                    table = names.plural(row.entity)
                    yield f'assert await api.database.value("{table}", {row.name}.id, "version") == {row.name}.version'
            return
        yield f"assert response.status_code == {endpoint.status}, response.text"
        checks = [line for path, value in self.example.expected.items() for line in self._expected(path, value)]
        if any("answer[" in line for line in checks):
            yield "answer = response.json()"
        yield from checks

    # --- rows -----------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[str]:
        """Make the rows, each with the values that the example gives it."""
        operation = self.scene.operation
        for number, row in enumerate(operation.rows):
            subject = self.scene.suite.subject(row.entity)
            own = number > 0 and self._must_own(row)
            if own and not subject.takes_owner:
                raise Untold
            shared = f"{operation.rows[0].name}.owner" if own else ""
            yield f"{row.name} = {subject.make(shared)}"
            given = self.example.given.get(row.name, {})
            yield from self._row(row, (row.name,), f"{row.name}.id", f"{row.name}.body", given)

    def _must_own(self, row: RowParameter) -> bool:
        suite, operation = self.scene.suite, self.scene.operation
        found = next(f for f in shape.loaded(suite.domain, operation) if f.row is row and not f.path)
        allowed = row_access(suite.domain, operation, found)
        return self.scene.role in allowed.owner_roles and self.scene.role not in allowed.roles

    def _row(self, row: RowParameter, path: tuple[str, ...], key: str, body: str, given: Any) -> Iterator[str]:
        """Set what the example gives one row, and make what comes along with it."""
        suite = self.scene.suite
        steps = tuple(step for step in path[1:] if not step.isdigit())
        all_loaded = [f for f in shape.loaded(suite.domain, self.scene.operation) if f.row is row]
        here = next(f for f in all_loaded if f.path == steps)
        self.ids[path] = (here.entity, key)
        given = given if isinstance(given, dict) else {}
        fields = {f.name: f for f in suite.domain.entity(here.entity).fields}
        stored = {f.name for f in columns.stored_fields(suite.domain, here.entity)}
        pairs = [f"{n}={python_value(fields[n], v)}" for n, v in given.items() if n in stored]
        if pairs:
            yield f'await api.database.change("{names.plural(here.entity)}", {key}, {", ".join(pairs)})'
        for inner in (f for f in all_loaded if f.path[:-1] == steps and f.path):
            if inner.is_part:
                yield from self._parts(row, path, inner, given.get(inner.path[-1], []))
            else:
                yield from self._referred(row, path, key, body, inner, given.get(inner.path[-1]))

    def _parts(self, row: RowParameter, path: tuple[str, ...], inner: Loaded, given: Any) -> Iterator[str]:
        if not given:
            return
        if inner.relation is None or inner.relation.min_items or not isinstance(given, list):
            raise Untold
        subject = self.scene.suite.subject(inner.entity)
        if subject.parent is None or subject.parent.name != row.entity:
            raise Untold
        for number, values in enumerate(given):
            name = f"{inner.name}_{number}"
            yield f"{name} = {subject.make(row.name)}"
            yield from self._row(row, (*path, inner.path[-1], str(number)), f"{name}.id", f"{name}.body", values)

    def _referred(
        self, row: RowParameter, path: tuple[str, ...], key: str, body: str, inner: Loaded, given: Any
    ) -> Iterator[str]:
        if inner.relation is None or (inner.relation.optional and not given):
            return
        suite = self.scene.suite
        column = columns.relation_column(inner.relation)
        if inner.relation.optional:
            name = f"{'_'.join(path)}_{inner.path[-1]}"
            yield f"{name} = {suite.subject(inner.entity).make()}"
            table = names.plural(inner.relation.source)
            yield f'await api.database.change("{table}", {key}, {column}=UUID({name}.id))'
            source = f"{name}.id"
        else:
            source = f"{body}[{names.python_literal(suite.wire(column))}]"
        yield from self._row(row, (*path, inner.path[-1]), source, "", given)

    # --- the call and its answer ----------------------------------------------------------------------------------

    def call(self) -> str:
        """Return the arguments of the call."""
        operation, endpoint, suite = self.scene.operation, self.scene.endpoint, self.scene.suite
        path = f'"{endpoint.path}"'
        if operation.rows:
            head, _, tail = endpoint.path.partition("{")
            path = f'f"{head}{{{operation.rows[0].name}.id}}{tail.partition("}")[2]}"'
        model = suite.model(endpoint.request)
        if model is None:
            return path
        rows = {f"{r.name}_id": f"{r.name}.id" for r in operation.rows[1:]}
        inputs = {i.name: i for i in operation.inputs}
        pairs = []
        for prop in model.properties:
            if prop.name in rows:
                source = rows[prop.name]
            elif prop.name in self.example.given:
                source = _wire(inputs[prop.name], self.example.given[prop.name])
            else:
                source = sent(prop)
            pairs.append(f"{names.python_literal(suite.wire(prop.name))}: {source}")
        return f"{path}, {{{', '.join(pairs)}}}"

    def _expected(self, path: str, value: Any) -> Iterator[str]:
        operation, suite = self.scene.operation, self.scene.suite
        head, *steps = path.split(".")
        result = next((r for r in operation.result if r.name == head), None)
        if result is not None:
            read = _read(result, f"answer[{names.python_literal(suite.wire(head))}]")
            yield f"assert {read} {compared(value)} {python_value(result, value)}"
            return
        if any(r.name == head for r in operation.rows):
            known = self.ids.get((head, *steps[:-1]))
            if known is None or not steps:
                raise Untold
            yield from self._stored(*known, steps[-1], value)
            return
        yield from self._made(head, steps, value)

    def _made(self, head: str, steps: list[str], value: Any) -> Iterator[str]:
        """A new row: by its id in the answer; its parts by what is in their table."""
        suite = self.scene.suite
        new = next(
            (c for c in shape.created(suite.domain, self.scene.operation) if not c.inside and c.name == head), None
        )
        if new is None or not steps:
            raise Untold
        source = f"answer[{names.python_literal(suite.wire(new.answer))}]"
        if new.creation.many:
            if not steps[0].isdigit():
                raise Untold
            source, steps = f"{source}[{int(steps[0])}]", steps[1:]
        if len(steps) == 1:
            yield from self._stored(new.entity, source, steps[0], value)
            return
        inner = next((r for r in new.parts if r.inverse == steps[0]), None)
        if inner is None:
            raise Untold
        spec = next((f for f in suite.domain.entity(inner.source).fields if f.name == steps[-1]), None)
        if spec is None or spec.type not in ("integer", "string", "enum") or spec.sensitive:
            raise Untold
        table = names.plural(inner.source)
        yield f'assert {python_value(spec, value)} in await api.database.stored("{table}", "{spec.name}")'

    def _stored(self, entity: str, key: str, name: str, value: Any) -> Iterator[str]:
        spec = next((f for f in columns.stored_fields(self.scene.suite.domain, entity) if f.name == name), None)
        if spec is None:
            raise Untold
        table = names.plural(entity)
        wanted = f"{compared(value)} {python_value(spec, value)}"
        yield f'assert await api.database.value("{table}", {key}, "{name}") {wanted}'


def compared(value: Any) -> str:
    """Return the comparison that style asks for with a value."""
    return "is" if value is None or isinstance(value, bool) else "=="


def python_value(spec: FieldSpec, value: Any) -> str:
    """Return an example's value as Python has it."""
    if value is None:
        return "None"
    if isinstance(value, list):
        return f"[{', '.join(python_value(spec, item) for item in value)}]"
    if spec.type == "datetime":
        return f"datetime.fromisoformat({names.python_literal(str(value))})"
    if spec.type in _PARSED:
        return f"{_PARSED[spec.type]}({names.python_literal(str(value))})"
    return _plain(value)


def _wire(spec: FieldSpec, value: Any) -> str:
    """Return an example's value as it is sent."""
    if isinstance(value, list):
        return f"[{', '.join(_wire(spec, item) for item in value)}]"
    return _plain(str(value) if spec.type in ("decimal", "date", "time", "datetime") and value is not None else value)


def _plain(value: Any) -> str:
    if not isinstance(value, str | int | float | bool | None):
        raise Untold
    return names.python_literal(value)


def _read(spec: FieldSpec, source: str) -> str:
    """Return what is compared of an answer's value."""
    if spec.many or spec.type not in (*_PARSED, "datetime"):
        return source
    parse = "datetime.fromisoformat" if spec.type == "datetime" else _PARSED[spec.type]
    return f"{parse}({source})"
