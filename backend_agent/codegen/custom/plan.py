"""A custom operation, as the templates of its service, schemas and router see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.api import DataModel, Endpoint
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.artifacts.operations import CustomOperation, RowParameter
from backend_agent.codegen.custom.rows import Converter, NewRows, Rows, kept
from backend_agent.codegen.custom.types import field_type
from backend_agent.codegen.entities.access import AccessPlan
from backend_agent.codegen.entities.calls import Calls
from backend_agent.codegen.entities.elements import Restricted
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.view import EntityView, Project


@dataclass(frozen=True)
class Answer:
    """One attribute of what the service returns."""

    name: str
    annotation: str
    source: str


class OperationPlan:
    """One operation that has a body."""

    def __init__(self, project: Project, calls: Calls, operation: CustomOperation) -> None:
        self.project = project
        self.calls = calls
        self.operation = operation
        self.name = operation.name
        self.title = names.title(operation.name)
        self.pascal = names.pascal(operation.name)
        self.domain = project.given.domain
        self.created = shape.created(self.domain, operation)
        self.rows = [Rows(self, found) for found in shape.loaded(self.domain, operation)]
        self.new = [NewRows(self, new) for new in self.created if not new.inside]

    @property
    def endpoint(self) -> Endpoint:
        """Its endpoint; raises `KeyError`."""
        found = self.project.endpoint(self.name)
        if found is None or found.kind != "operation":
            raise KeyError(f"the API has no endpoint for {self.name}")
        return found

    @property
    def models(self) -> list[DataModel]:
        """The data models of its request and its answer."""
        wanted = (self.endpoint.request, self.endpoint.response)
        return [
            m for m in self.project.given.api.data_models if m.name in wanted and m.purpose in ("request", "result")
        ]

    # ----- rows

    @property
    def parameters(self) -> list[Rows]:
        """The rows that callers name."""
        return [r for r in self.rows if not r.found.path]

    @property
    def along(self) -> list[Rows]:
        """The rows that come along, each behind what leads to it."""
        return [r for r in self.rows if r.found.path]

    @property
    def locked(self) -> list[tuple[Rows, list[Rows]]]:
        """The named rows by entity, in the order of the domain: so that two calls never wait for each other."""
        found = []
        for entity in self.project.entities:
            group = [r for r in self.parameters if r.entity is entity]
            if group:
                found.append((group[0], group))
        return found

    @property
    def twins(self) -> list[tuple[Rows, Rows]]:
        """Pairs of named rows that could be the same row, the later one first."""
        return [
            (b, a)
            for i, b in enumerate(self.parameters)
            for a in self.parameters[:i]
            if a.found.entity == b.found.entity
        ]

    @property
    def frozen(self) -> list[Rows]:
        """Named rows that must be in a state that lets them, or their parts, be changed."""
        wholes = {r.target for c in self.created for r in c.relations if r.owned}
        changed = {r.found.row.name for r in self.rows if r.found.sets and (not r.found.path or r.found.is_part)}
        return [
            r for r in self.parameters if r.plan.frozen and (r.found.row.name in changed or r.found.entity in wholes)
        ]

    @property
    def guards(self) -> list[str]:
        """The lines that refuse the wrong roles, the first row's first; without rows the operation's own."""
        if not self.rows:
            return [f"require_role(caller, {AccessPlan(self.endpoint.access).allowed})"]
        return list(dict.fromkeys(r.guard for r in self.rows if r.guard))

    def converted(self, rows: Rows) -> str:
        """Return the source of what the operation is given for a row parameter."""
        return self._converted(rows, rows.variable)

    def _converted(self, rows: Rows, variable: str) -> str:
        inner = [r for r in self.along if r.found.row is rows.found.row and r.found.path[:-1] == rows.found.path]
        given = [variable]
        for r in inner:
            if r.found.is_part:
                each = self._converted(r, "row")
                given.append(f"tuple({each} for row in {r.variable})")
            else:
                one = self._converted(r, f"{r.by_id}[{variable}.{r.reference}]")
                optional = r.found.relation is not None and r.found.relation.optional
                given.append(f"{one} if {variable}.{r.reference} is not None else None" if optional else one)
        return f"_{rows.plan.function}_row({', '.join(given)})"

    @cached_property
    def converters(self) -> list[Converter]:
        """The functions that turn rows into what the operation is given, one an entity."""
        found: dict[str, Converter] = {}
        for rows in reversed(self.rows):
            if rows.found.entity not in found:
                inner = [
                    r for r in self.along if r.found.row is rows.found.row and r.found.path[:-1] == rows.found.path
                ]
                found[rows.found.entity] = Converter(self, rows, inner)
        return list(found.values())

    # ----- what it brings

    @property
    def changed(self) -> list[Rows]:
        """Rows that it may change."""
        return [r for r in self.rows if r.found.sets]

    def values(self, rows: Rows) -> str:
        """Return the changed columns with their values, as a dictionary in source."""
        fields = {f.name: f for f in rows.entity.fields}
        pairs = [
            f"{names.python_literal(n)}: {kept(fields[n], f'{rows.found.name}_change.{n}')}" for n in rows.found.sets
        ]
        return "{" + ", ".join(pairs) + "}"

    @property
    def answers(self) -> list[Answer]:
        """What the service returns, in the order of the answer."""
        shown = [Answer(r.name, r.entity, self._again(r)) for r in shape.shown(self.operation)]
        made = [
            Answer(new.new.answer, "list[UUID]" if new.new.creation.many else "UUID | None", new.new.answer)
            for new in self.new
        ]
        results = [Answer(f.name, _listed(f), kept(f, f"outcome.{f.name}")) for f in self.operation.result]
        return [*shown, *made, *results]

    def _again(self, row: RowParameter) -> str:
        rows = next(r for r in self.parameters if r.found.row is row)
        viewer = ", viewer_id=caller.account_id" if rows.plan.viewer else ""
        found = f"await repositories.{rows.entity.entities}.get({rows.key}{viewer})"
        return f"_{rows.plan.function}_as_seen_by(caller, {found})" if rows.plan.restricted else found

    @property
    def restricted(self) -> list[EntityPlan]:
        """Entities in the answer of which some callers may not see everything."""
        found = {r.entity: self.calls.plans[r.entity] for r in shape.shown(self.operation)}
        return [p for p in found.values() if p.restricted]

    @property
    def profiles(self) -> list[EntityView]:
        """The caller's profiles that own new rows."""
        found = {p.profile.name: p.profile for p in self._all_new() if p.profile}
        return list(found.values())

    def _all_new(self) -> list[NewRows]:
        found = []
        waiting = list(self.new)
        while waiting:
            new = waiting.pop()
            found.append(new)
            waiting += new.parts
        return found

    # ----- heads and calls

    @property
    def signature(self) -> str:
        """The parameters of the service's method, behind `self`."""
        rows = [f"{r.key}: UUID" for r in self.parameters]
        inputs = [f"{i.name}: {_listed(i)}" for i in self.operation.inputs]
        return ", ".join(["caller: Caller", *rows, *(["*", *inputs] if inputs else [])])

    @property
    def call(self) -> str:
        """The arguments with which the operation is called."""
        rows = [f"{r.found.row.name}={self.converted(r)}" for r in self.parameters]
        inputs = [f"{i.name}={_frozen(i)}" for i in self.operation.inputs]
        return ", ".join([*rows, *inputs, "now=utcnow()"])

    @property
    def handler(self) -> str:
        """The parameters of the endpoint's handler."""
        found = ["service: Service", "caller: CurrentCaller"]
        found += [f"{p.name}: UUID" for p in self.endpoint.parameters]
        return ", ".join([*found, *([f"body: {self.endpoint.request}"] if self.endpoint.request else [])])

    @property
    def served(self) -> str:
        """The arguments with which the handler calls the service."""
        found = ["caller", *(p.name for p in self.endpoint.parameters)]
        found += [f"body.{r.key}" for r in self.parameters[1:]]
        found += [f"{i.name}={_sent(i)}" for i in self.operation.inputs]
        return ", ".join(found)

    @property
    def imports(self) -> list[str]:
        """Symbols of other pieces that the service needs; what is not used is removed afterwards."""
        rows = [r.found.entity for r in self.rows]
        checks = ["Conflict", "Forbidden", "Invalid", "NotFound", "require_role", "owner_scope", "utcnow"]
        return [*dict.fromkeys(rows), "UnitOfWork", "Repositories", "Caller", "Role", *checks]


def _listed(field: FieldSpec) -> str:
    """Return the type of a value in the service: lists where the operation has tuples."""
    kind = field_type(field)
    return f"list[{kind.removeprefix('tuple[').removesuffix(', ...]')}]" if field.many else kind


def _frozen(field: FieldSpec) -> str:
    return f"tuple({field.name})" if field.many else field.name


def _sent(field: FieldSpec) -> str:
    source = f"body.{field.name}"
    if field.type != "url":
        return source
    if field.many:
        return f"[str(item) for item in {source}]"
    return f"None if {source} is None else str({source})" if field.optional else f"str({source})"


def seen_by(restricted: Restricted) -> str:
    """Return the condition that a caller may not see some fields."""
    return f"caller.role not in {restricted.members}"
