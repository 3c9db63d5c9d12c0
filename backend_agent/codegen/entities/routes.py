"""The endpoints of an entity, as the router's template writes them."""

from __future__ import annotations

from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.api import Parameter
from backend_agent.codegen.entities.attributes import PYTHON_TYPES, literal_type
from backend_agent.codegen.entities.methods import ServiceMethod
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.schemas import number

_TAKEN = ("service", "caller", "body")
"""Parameters of the handlers themselves."""


class Route:
    """One endpoint."""

    def __init__(self, plan: EntityPlan, method: ServiceMethod) -> None:
        self.plan = plan
        self.method = method
        self.endpoint = method.operation.endpoint

    @property
    def decorator(self) -> str:
        """The arguments of the route's decorator."""
        e = self.endpoint
        found = [
            names.python_literal(e.path),
            f"operation_id={names.python_literal(e.operation_id)}",
            f"summary={names.python_literal(e.summary)}",
        ]
        if e.status != 200:
            found.append(f"status_code={e.status}")
        if e.response:
            found.append(f"response_model={e.response}")
        return ", ".join([*found, f"responses=problems({', '.join(map(str, e.errors))})"])

    @cached_property
    def parameters(self) -> str:
        """The parameters of the handler."""
        found = ["service: Service"]
        caller = self.method.caller
        if caller:
            found.append(f"caller: {'CurrentCaller' if caller == 'Caller' else 'OptionalCaller'}")
        elif not self.endpoint.access.public:
            found.append("_: CurrentCaller")
        found += [f"{p.name}: UUID" for p in self.endpoint.parameters if p.location == "path"]
        if self.endpoint.request:
            found.append(f"body: {self.endpoint.request}")
        return ", ".join([*found, *(self._query(p) for p in self._queried)])

    @property
    def _queried(self) -> list[Parameter]:
        return [p for p in self.endpoint.parameters if p.location == "query"]

    def _argument(self, parameter: Parameter) -> str:
        """Return a query parameter's name in the handler."""
        name = self._name(parameter)
        return f"{name}_" if name in _TAKEN else name

    def _name(self, parameter: Parameter) -> str:
        query = self.plan.query
        return query.python_name(parameter) if query and parameter.purpose == "filter" else names.snake(parameter.name)

    def _query(self, parameter: Parameter) -> str:
        argument = self._argument(parameter)
        options = [f"alias={names.python_literal(parameter.name)}"] if parameter.name != argument else []
        options += self._bounds(parameter)
        if parameter.description:
            options.append(f"description={names.python_literal(parameter.description)}")
        kind = self._type(parameter)
        text = ", NO_NUL" if kind == "str" else ""
        fixed = parameter.default is not None or parameter.required
        kind = kind if fixed else f"{kind} | None"
        default = "" if parameter.required else f" = {names.python_literal(parameter.default)}"
        return f"{argument}: Annotated[{kind}, Query({', '.join(options)}){text}]{default}"

    def _bounds(self, parameter: Parameter) -> list[str]:
        found = []
        if parameter.minimum is not None:
            found.append(f"ge={number(parameter.minimum)}")
        if parameter.maximum is not None:
            found.append(f"le={number(parameter.maximum)}")
        if parameter.min_length is not None:
            found.append(f"min_length={parameter.min_length}")
        if parameter.max_length is not None:
            found.append(f"max_length={parameter.max_length}")
        return found

    def _type(self, parameter: Parameter) -> str:
        if parameter.purpose == "sort" and self.plan.query and self.plan.query.sort:
            return self.plan.query.sort.name
        if parameter.type == "enum":
            field = self.plan.fields.get(parameter.field or "")
            return self.plan.alias_name(field.name) if field else literal_type(parameter.values)
        return "AwareDatetime" if parameter.type == "datetime" else PYTHON_TYPES[parameter.type]

    @property
    def call(self) -> str:
        """The call of the service."""
        given = ["caller"] if self.method.caller else []
        given += [p.name for p in self.endpoint.parameters if p.location == "path"]
        if self.method.kind == "list" and self.plan.query:
            named = ", ".join(f"{self._name(p)}={self._argument(p)}" for p in self._ordered)
            given.append(f"{self.plan.query.name}({named})")
        if self.method.kind == "create" and self.endpoint.request:
            given.append("values_of(body)")
        if self.method.kind == "update":
            given += ["body.version", "changes_of(body)"]
        return f"service.{self.method.name}({', '.join(given)})"

    @property
    def _ordered(self) -> list[Parameter]:
        paging = [p for p in self._queried if p.purpose in ("limit", "offset", "cursor")]
        return [*paging, *(p for p in self._queried if p not in paging)]

    @property
    def returns(self) -> str:
        return self.method.returns


class RouterPlan:
    """The router of one entity."""

    def __init__(self, plan: EntityPlan, methods: list[ServiceMethod]) -> None:
        self.plan = plan
        self.routes = [Route(plan, m) for m in methods]

    @property
    def tag(self) -> str:
        return self.routes[0].endpoint.tag

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        endpoints = [r.endpoint for r in self.routes]
        models = [m for e in endpoints for m in (e.request, e.response) if m]
        own = [self.plan.name, f"{self.plan.name}Service", *self.plan.more_symbols]
        shared = ["Page", "PageQuery", "CurrentCaller", "OptionalCaller", "service", "problems"]
        return [*own, *shared, "NO_NUL", "values_of", "changes_of", *dict.fromkeys(models)]
