"""Checks of what clients may send, and of how much the service answers at once."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts import access, columns, openapi
from backend_agent.artifacts.api import Property
from backend_agent.stage import Check
from backend_agent.state import Artifacts

_LARGEST_PAGE = 100
_DEEPEST_OFFSET = 100_000
_SHORTEST_PASSWORD = 12
_TEXTS = ("string", "text", "email", "url", "phone")


def _lists_are_bounded(given: Artifacts) -> Iterator[str]:
    api = given.api
    for endpoint in api.endpoints:
        if endpoint.kind != "list":
            continue
        limit = next((p for p in endpoint.parameters if p.purpose == "limit"), None)
        if limit is None or limit.maximum is None or limit.maximum > _LARGEST_PAGE or limit.default is None:
            yield f"{endpoint.operation_id} can answer more than {_LARGEST_PAGE} rows"


def _paging_is_cheap(given: Artifacts) -> Iterator[str]:
    api = given.api
    wanted = "cursor" if api.pagination == "cursor" else "offset"
    for endpoint in api.endpoints:
        if endpoint.kind != "list":
            continue
        place = next((p for p in endpoint.parameters if p.purpose == wanted), None)
        if place is None:
            yield f"{endpoint.operation_id} cannot be paged by {wanted}"
        elif wanted == "offset" and (place.maximum is None or place.maximum > _DEEPEST_OFFSET):
            yield f"{endpoint.operation_id} skips any number of rows"


def _requests_are_bounded(given: Artifacts) -> Iterator[str]:
    api = given.api
    strict = openapi.request_models(api)
    for model in api.data_models:
        if model.name in strict:
            for prop in model.properties:
                yield from (f"{model.name}.{prop.name} {fault}" for fault in _unbounded(prop))
    for endpoint in api.endpoints:
        for parameter in endpoint.parameters:
            if parameter.type == "string" and parameter.max_length is None:
                yield f"{endpoint.operation_id}: the parameter {parameter.name} has no longest length"


def _unbounded(prop: Property) -> Iterator[str]:
    if prop.many and prop.max_items is None:
        yield "takes a list of any length"
    if prop.type in _TEXTS and prop.max_length is None:
        yield "takes text of any length"
    if prop.type in ("integer", "decimal") and (prop.minimum is None or prop.maximum is None):
        yield "takes numbers of any size"


def _server_sets_its_fields(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    strict = openapi.request_models(api)
    for model in api.data_models:
        entity = next((e for e in domain.entities if e.name == model.entity), None)
        if entity is None or model.name not in strict or model.purpose == "auth":
            continue
        own = {f.name for f in entity.fields if f.server_set} | {"id", "created_at", "updated_at"}
        creator = access.creator_relation(domain, entity.name)
        on_behalf = access.access(domain, entity.name, "create").roles
        if creator is not None and not on_behalf and model.purpose in ("create", "part"):
            own.add(columns.relation_column(creator))
        taken = [p.name for p in model.properties if p.name in own]
        if taken:
            yield f"{model.name} takes {', '.join(taken)} from clients"


def _updates_are_locked(given: Artifacts) -> Iterator[str]:
    api = given.api
    for model in api.data_models:
        if model.purpose == "update" and not any(p.name == "version" and p.required for p in model.properties):
            yield f"{model.name} does not ask for the version that was read"


def _fields_are_bounded_alike(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    for model in api.data_models:
        entity = next((e for e in domain.entities if e.name == model.entity), None)
        if entity is None or model.purpose not in ("create", "update", "part"):
            continue
        properties = {p.field: p for p in model.properties}
        for field in columns.stored_fields(domain, entity.name):
            prop = properties.get(field.name)
            if prop is None:
                continue
            limits = columns.bounds(domain, entity.name, field)
            if field.type == "enum" and prop.values != field.values:
                yield f"{model.name}.{prop.name} takes other values than {', '.join(field.values)}"
            if limits.minimum is not None and (prop.minimum is None or prop.minimum < limits.minimum):
                yield f"{model.name}.{prop.name} takes less than {limits.minimum:g}"
            if limits.maximum is not None and (prop.maximum is None or prop.maximum > limits.maximum):
                yield f"{model.name}.{prop.name} takes more than {limits.maximum:g}"
            if field.max_length is not None and (prop.max_length or field.max_length + 1) > field.max_length:
                yield f"{model.name}.{prop.name} takes more than {field.max_length} characters"
            if field.pattern and prop.pattern != field.pattern:
                yield f"{model.name}.{prop.name} does not ask for {field.pattern}"


def _passwords_are_long(given: Artifacts) -> Iterator[str]:
    api = given.api
    for model in api.data_models:
        for prop in model.properties:
            new = model.purpose == "create" or model.name == "RegisterRequest"
            if prop.name == "password" and new and (prop.min_length or 0) < _SHORTEST_PASSWORD:
                yield f"{model.name} takes passwords under {_SHORTEST_PASSWORD} characters"


def _calls_are_limited(given: Artifacts) -> Iterator[str]:
    api = given.api
    scopes = {limit.scope for limit in api.rate_limiting if limit.requests > 0 and limit.seconds > 0}
    yield from (
        f"no rate limit for {scope} calls" for scope in ("anonymous", "account", "login") if scope not in scopes
    )


INPUT_CHECKS: tuple[Check, ...] = (
    Check(
        name="lists_are_bounded",
        title=f"Lists answer at most {_LARGEST_PAGE} rows",
        metric="performance",
        severity="critical",
        find=_lists_are_bounded,
        hint="Give the list a limit with a maximum and a default.",
    ),
    Check(
        name="paging_is_cheap",
        title="Lists can be paged, and not to any depth",
        metric="scalability",
        severity="major",
        find=_paging_is_cheap,
        hint="Give the list a bounded offset, or a cursor.",
    ),
    Check(
        name="requests_are_bounded",
        title="Everything that clients send is bounded",
        metric="performance",
        severity="major",
        find=_requests_are_bounded,
        hint="Give the property a length, a range or a number of items.",
    ),
    Check(
        name="server_sets_its_fields",
        title="Clients cannot set what the service sets",
        metric="security",
        severity="critical",
        find=_server_sets_its_fields,
        hint="Take the property out of the request.",
    ),
    Check(
        name="updates_are_locked",
        title="Updates name the version that was read",
        metric="scalability",
        severity="major",
        find=_updates_are_locked,
        hint="Add a required version.",
    ),
    Check(
        name="fields_are_bounded_alike",
        title="Requests keep the bounds of the model",
        metric="maintainability",
        severity="major",
        find=_fields_are_bounded_alike,
        hint="Copy length, range, pattern and values from the field and its rules.",
    ),
    Check(
        name="passwords_are_long",
        title=f"New passwords have at least {_SHORTEST_PASSWORD} characters",
        metric="security",
        severity="major",
        find=_passwords_are_long,
        hint="Raise min_length.",
    ),
    Check(
        name="calls_are_limited",
        title="Calls are limited by address, by account and at the login",
        metric="scalability",
        severity="major",
        find=_calls_are_limited,
        hint="Add the rate limit.",
    ),
)
