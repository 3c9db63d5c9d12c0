"""Path and query parameters."""

from __future__ import annotations

from typing import Literal

from backend_agent import names
from backend_agent.artifacts import access, columns, queries
from backend_agent.artifacts.api import Parameter
from backend_agent.artifacts.domain import DomainModel, FieldSpec
from backend_agent.stages.api import paths

Naming = Literal["snake_case", "camelCase"]
MAX_LIMIT = 100
DEFAULT_LIMIT = 20
MAX_OFFSET = 100_000
MAX_CURSOR = 512
MAX_SEARCH = 100


def wire(name: str, naming: Naming) -> str:
    """Return a snake_case name as it is on the wire."""
    return names.camel(name) if naming == "camelCase" else name


def parent_key(domain: DomainModel, entity: str) -> list[Parameter]:
    """Return the path parameter of the parent, for an entity that lives under one."""
    parent = access.parent_relation(domain, entity)
    return [] if parent is None else [row_key(parent.target)]


def row_key(entity: str) -> Parameter:
    """Return the path parameter of one row."""
    return Parameter(
        name=paths.key(entity),
        location="path",
        type="uuid",
        required=True,
        description=f"Which {names.title(entity)}.",
        purpose="key",
    )


def of_list(
    domain: DomainModel, entity: str, naming: Naming, pagination: Literal["offset", "cursor"]
) -> list[Parameter]:
    """Return the query parameters of a list: filters, search, sort, paging."""
    found = [_filter(narrowed, naming) for narrowed in queries.filters(domain, entity)]
    searched = queries.search_fields(domain, entity)
    if searched:
        found.append(
            Parameter(
                name="search",
                location="query",
                type="string",
                min_length=1,
                max_length=MAX_SEARCH,
                purpose="search",
                description=f"Words to find in {_list(searched)}.",
            )
        )
    sortable = queries.sort_fields(domain, entity)
    if sortable:
        values = [f"{sign}{wire(name, naming)}" for name in sortable for sign in ("", "-")]
        found.append(
            Parameter(
                name="sort",
                location="query",
                type="enum",
                values=values,
                default=_default_sort(domain, entity, naming),
                purpose="sort",
                description="Order; - in front: largest or newest first.",
            )
        )
    return [*found, *paging(pagination)]


def paging(pagination: Literal["offset", "cursor"]) -> list[Parameter]:
    """Return the parameters that bound a list."""
    limit = Parameter(
        name="limit",
        location="query",
        type="integer",
        minimum=1,
        maximum=MAX_LIMIT,
        default=DEFAULT_LIMIT,
        purpose="limit",
        description="Rows in one page.",
    )
    if pagination == "cursor":
        after = Parameter(
            name="cursor",
            location="query",
            type="string",
            max_length=MAX_CURSOR,
            purpose="cursor",
            description="next_cursor of the page before.",
        )
        return [limit, after]
    offset = Parameter(
        name="offset",
        location="query",
        type="integer",
        minimum=0,
        maximum=MAX_OFFSET,
        default=0,
        purpose="offset",
        description="Rows to skip.",
    )
    return [limit, offset]


def _default_sort(domain: DomainModel, entity: str, naming: Naming) -> str:
    order = queries.default_order(domain, entity)
    sign = "-" if order.startswith("-") else ""
    return f"{sign}{wire(order.removeprefix('-'), naming)}"


def _filter(narrowed: queries.Filter, naming: Naming) -> Parameter:
    if narrowed.relation is not None:
        return Parameter(
            name=wire(narrowed.name, naming),
            location="query",
            type="uuid",
            purpose="filter",
            field=narrowed.relation.name,
            description=f"Only with this {names.title(columns.singular(narrowed.relation.name))}.",
        )
    field = narrowed.field
    if field is None:  # pragma: no cover - a filter has a field or a relation
        raise ValueError(narrowed.name)
    return Parameter(
        name=wire(narrowed.name, naming),
        location="query",
        type=_type(field),
        minimum=columns.INT_MIN if field.type == "integer" else None,
        maximum=columns.INT_MAX if field.type == "integer" else None,
        max_length=None if field.type == "enum" else columns.max_length(field),
        values=field.values,
        purpose="filter",
        field=field.name,
        description=f"Only with this {names.title(field.name)}.",
    )


def _type(
    field: FieldSpec,
) -> Literal["uuid", "string", "integer", "decimal", "boolean", "date", "time", "datetime", "enum"]:
    match field.type:
        case "integer" | "decimal" | "boolean" | "date" | "time" | "datetime" | "enum":
            return field.type
        case _:
            return "string"


def _list(items: list[str]) -> str:
    said = [names.title(item.replace(".", " ")) for item in items]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
