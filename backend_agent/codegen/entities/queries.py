"""What a list takes: filters, words to search for, and an order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts import queries
from backend_agent.artifacts.api import Endpoint, Parameter
from backend_agent.artifacts.columns import derived_rules, reference, relation_column
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.attributes import PYTHON_TYPES, Alias, Attribute, alias_name, literal_type
from backend_agent.codegen.view import EntityView

_OWN_COLUMNS = ("id", "version", "created_at", "updated_at")


@dataclass(frozen=True)
class Order:
    """One way to order a list."""

    value: str
    """As on the wire: `-dueDate`."""
    column: str
    """Source of the column or expression."""
    name: str
    """Attribute of the entity: `due_date`."""
    descending: bool
    nullable: bool
    kind: str
    """Python type of the value."""

    @property
    def source(self) -> str:
        """The ORDER BY element; rows without a value are where PostgreSQL puts them, on every database."""
        nulls = (".nulls_first()" if self.descending else ".nulls_last()") if self.nullable else ""
        return f"{self.column}{'.desc()' if self.descending else '.asc()'}{nulls}"


@dataclass(frozen=True)
class Filter:
    """A query parameter that narrows a list."""

    name: str
    """snake_case."""
    condition: str
    """Source of the condition, with the value as `query.<name>`."""


class QueryPlan:
    """The parameters of an entity's list."""

    def __init__(self, entity: EntityView, endpoint: Endpoint) -> None:
        self.entity = entity
        self.endpoint = endpoint
        self._functions = {r.field: r.function for r in derived_rules(entity.project.given.domain, entity.name)}

    def parameters(self, *purposes: str) -> list[Parameter]:
        """Return the query parameters that serve the given purposes."""
        return [p for p in self.endpoint.parameters if p.location == "query" and p.purpose in purposes]

    @property
    def extends(self) -> bool:
        """Whether the list takes more than a page."""
        return bool(self.parameters("filter", "search", "sort"))

    @property
    def name(self) -> str:
        """The type that the service takes."""
        return f"{self.entity.name}Query" if self.extends else "PageQuery"

    @cached_property
    def attributes(self) -> list[Attribute]:
        """Filters, search and sort, as attributes of the query type."""
        found = [
            Attribute(self.python_name(p), f"{self._type(p)} | None", "None")
            for p in self.parameters("filter", "search")
        ]
        if self.sort:
            found.append(Attribute("sort", self.sort.name, names.python_literal(self.default)))
        return found

    def python_name(self, parameter: Parameter) -> str:
        """Return a parameter's name in Python: the field's, or `category_id` for a relation."""
        relation = next((r for r in self.entity.relations if r.name == parameter.field), None)
        return reference(relation) if relation else parameter.field or names.snake(parameter.name)

    def _type(self, parameter: Parameter) -> str:
        if parameter.type != "enum":
            return PYTHON_TYPES[parameter.type]
        known = parameter.field and any(f.name == parameter.field for f in self.entity.fields)
        return alias_name(self.entity, parameter.field or "") if known else literal_type(parameter.values)

    @cached_property
    def sort(self) -> Alias | None:
        """The orders that callers may choose."""
        chosen = self.parameters("sort")
        return Alias(f"{self.entity.name}Sort", tuple(chosen[0].values)) if chosen else None

    @cached_property
    def default(self) -> str:
        """The order when none is chosen, as on the wire."""
        chosen = self.parameters("sort")
        if chosen and chosen[0].default is not None:
            return str(chosen[0].default)
        return self._wire(queries.default_order(self.entity.project.given.domain, self.entity.name))

    def _wire(self, order: str) -> str:
        sign = "-" if order.startswith("-") else ""
        name = order.removeprefix("-")
        return sign + (names.camel(name) if self.entity.project.camel else name)

    @cached_property
    def orders(self) -> list[Order]:
        """All orders, or only the default one when there is no choice."""
        return [self._order(value) for value in (self.sort.values if self.sort else (self.default,))]

    def _order(self, value: str) -> Order:
        wire = value.removeprefix("-")
        fields = [*(f.name for f in self.entity.fields), *_OWN_COLUMNS]
        by_wire = {self._wire(name): name for name in fields}
        name = by_wire.get(wire, wire)
        descending, kind = value.startswith("-"), self._kind(name)
        if name in self._functions:
            nullable = self.entity.spec.field(name).optional or self._functions[name] == "average"
            return Order(value, derived_symbol(name), name, descending, nullable, kind)
        column = self.entity.table.column(name)
        return Order(value, sql.column(self.entity.table.name, name), name, descending, column.nullable, kind)

    def _kind(self, name: str) -> str:
        field = next((f for f in self.entity.fields if f.name == name), None)
        return PYTHON_TYPES.get(field.type if field else self.entity.table.column(name).type, "str")

    @cached_property
    def filters(self) -> list[Filter]:
        return [self._filter(p) for p in self.parameters("filter")]

    def _filter(self, parameter: Parameter) -> Filter:
        name = self.python_name(parameter)
        value = f"query.{name}"
        entity, field = self.entity, parameter.field or name
        relation = next((r for r in entity.relations if r.name == field), None)
        if relation and relation.cardinality == "many_to_many":
            return Filter(name, sql.linked_to(entity, relation, value))
        if relation:
            return Filter(name, f"{sql.column(entity.table.name, relation_column(relation))} == {value}")
        if field in self._functions:
            return Filter(name, f"{derived_symbol(field)}.is_not_distinct_from({value})")
        here = sql.column(entity.table.name, field)
        if field not in _OWN_COLUMNS and entity.spec.field(field).many:
            quoted = f"json.dumps({value}, ensure_ascii=False)"
            return Filter(name, f"sa.cast({here}, sa.Text()).contains({quoted}, autoescape=True)")
        return Filter(name, f"{here} == {value}")

    @cached_property
    def mentions(self) -> list[str]:
        """Conditions of which one holds for each word that is searched for."""
        if not self.parameters("search"):
            return []
        paths = queries.search_fields(self.entity.project.given.domain, self.entity.name)
        return [sql.contains(self.entity, path, "word") for path in paths]

    @property
    def expressions(self) -> list[str]:
        """All sources, to see which tables they need."""
        return [*(o.column for o in self.orders), *(f.condition for f in self.filters), *self.mentions]


def derived_symbol(field: str) -> str:
    """Return the module constant that computes a derived field."""
    return f"_{field.upper()}"
