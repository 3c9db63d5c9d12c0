"""Checks of an API specification: it is whole, consistent, and offers what the model asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import columns, openapi, queries
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.rules import FilterRule, LifecycleRule, SearchRule, SortRule, ToggleRule
from backend_agent.stage import Check
from backend_agent.stages.api.checks_access import ACCESS_CHECKS
from backend_agent.stages.api.checks_asked import ASKED_CHECKS
from backend_agent.stages.api.checks_input import INPUT_CHECKS
from backend_agent.stages.api.models import is_listed
from backend_agent.state import Artifacts

_KEYS = re.compile(r"{([^}]*)}")
_SEGMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*|{[a-z][a-z0-9_]*}")
_METHODS = {
    "list": "GET",
    "read": "GET",
    "me": "GET",
    "health": "GET",
    "update": "PATCH",
    "delete": "DELETE",
    "toggle_on": "PUT",
    "toggle_off": "DELETE",
}


def _entities_are_offered(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    for entity in domain.entities:
        if is_listed(domain, entity.name):
            kinds = {e.kind for e in api.endpoints_of(entity.name)}
            missing = [kind for kind in ("list", "read", "create", "delete") if kind not in kinds]
            if missing:
                yield f"{entity.name} has no endpoint to {', '.join(missing)}"


def _rules_are_offered(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    for rule in domain.rules:
        if isinstance(rule, LifecycleRule):
            offered = {e.transition for e in api.endpoints_of(rule.entity)}
            missing = [t.name for t in rule.transitions if t.name not in offered]
            if missing:
                yield f"{rule.entity} has no endpoint for {', '.join(missing)}"
        elif isinstance(rule, ToggleRule):
            kinds = {e.kind for e in api.endpoints_of(rule.entity)}
            if not {"toggle_on", "toggle_off"} <= kinds:
                yield f"{rule.entity} cannot be switched on and off"
    offered_operations = {e.operation_id for e in api.endpoints if e.kind == "operation"}
    for operation in written(domain):
        if operation.name not in offered_operations:
            yield f"there is no endpoint to {names.title(operation.name)}"


def _lists_are_searchable(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    lists = {e.entity: e for e in api.endpoints if e.kind == "list"}
    for rule in domain.rules:
        if not isinstance(rule, FilterRule | SearchRule | SortRule) or not is_listed(domain, rule.entity):
            continue
        endpoint = lists.get(rule.entity)
        have = {} if endpoint is None else {p.name: p for p in endpoint.parameters}
        closed = queries.closed_paths(domain, rule.entity)
        if isinstance(rule, SearchRule):
            if "search" not in have and set(rule.fields) - closed:
                yield f"{rule.entity} cannot be searched"
            continue
        order = have["sort"].values if "sort" in have else []
        relations = {r.name: columns.reference(r) for r in domain.relations_from(rule.entity)}
        for name in [name for name in rule.fields if name not in closed]:
            wanted = openapi.wire_name(api, relations.get(name, name))
            if isinstance(rule, FilterRule) and wanted not in have:
                yield f"{rule.entity} cannot be narrowed by {name}"
            if isinstance(rule, SortRule) and wanted not in order:
                yield f"{rule.entity} cannot be ordered by {name}"


def _operations_are_unique(given: Artifacts) -> Iterator[str]:
    api = given.api
    found = Counter(e.operation_id for e in api.endpoints)
    found.update(f"{e.method} {_KEYS.sub('{}', e.path)}" for e in api.endpoints)
    found.update(f"data model {m.name}" for m in api.data_models)
    yield from (f"{name} is there {count} times" for name, count in found.items() if count > 1)


def _models_are_known(given: Artifacts) -> Iterator[str]:
    api = given.api
    known = {m.name for m in api.data_models}
    used = {"Problem"}
    for endpoint in api.endpoints:
        for name in (endpoint.request, endpoint.response):
            if name and name not in known:
                yield f"{endpoint.operation_id} uses the data model {name}, which is not there"
            used |= {name} if name else set()
    for model in api.data_models:
        for prop in model.properties:
            if prop.type == "model" and prop.model not in known:
                yield f"{model.name}.{prop.name} uses the data model {prop.model}, which is not there"
    unused = known - openapi.reachable(api, used)
    yield from (f"no endpoint uses the data model {name}" for name in sorted(unused))


def _path_keys_are_declared(given: Artifacts) -> Iterator[str]:
    api = given.api
    for endpoint in api.endpoints:
        in_path = _KEYS.findall(endpoint.path)
        declared = [p.name for p in endpoint.parameters if p.location == "path"]
        if sorted(in_path) != sorted(declared):
            yield f"{endpoint.operation_id}: {endpoint.path} declares {', '.join(declared) or 'no path parameter'}"


def _methods_mean_what_they_say(given: Artifacts) -> Iterator[str]:
    api = given.api
    for endpoint in api.endpoints:
        wanted = _METHODS.get(endpoint.kind, "POST")
        if endpoint.method != wanted:
            yield f"{endpoint.operation_id} is {endpoint.method}, not {wanted}"
        if endpoint.method in ("GET", "DELETE") and endpoint.request:
            yield f"{endpoint.operation_id} is {endpoint.method} with a body"
        if (endpoint.status == 204) != (endpoint.response is None):
            body = "with" if endpoint.response else "without"
            yield f"{endpoint.operation_id} answers {endpoint.status} {body} a body"


def _names_are_regular(given: Artifacts) -> Iterator[str]:
    api = given.api
    for endpoint in api.endpoints:
        odd = [s for s in endpoint.path.strip("/").split("/") if not _SEGMENT.fullmatch(s)]
        yield from (f"{endpoint.path}: {segment} is not kebab-case" for segment in odd)
        if endpoint.operation_id != names.snake(endpoint.operation_id):
            yield f"{endpoint.operation_id} is not snake_case"
        for parameter in endpoint.parameters:
            if parameter.location == "query" and parameter.name != openapi.wire_name(api, names.snake(parameter.name)):
                yield f"{endpoint.operation_id}: the parameter {parameter.name} is not {api.naming}"


def _problems_are_named(given: Artifacts) -> Iterator[str]:
    api = given.api
    known = {p.status for p in api.error_handling}
    for endpoint in api.endpoints:
        missing = [str(s) for s in endpoint.errors if s not in known]
        if missing:
            yield f"{endpoint.operation_id} answers {', '.join(missing)}, which the catalogue does not explain"
        for status in _certain(endpoint):
            if status not in endpoint.errors:
                yield f"{endpoint.operation_id} does not say that it answers {status}"


def _certain(endpoint: Endpoint) -> list[int]:
    """Return the problem statuses that an endpoint can answer with in any case."""
    found = [] if endpoint.kind == "health" else [429]
    found += [] if endpoint.access.public else [401]
    found += [404] if any(p.purpose == "key" for p in endpoint.parameters) else []
    found += [422] if endpoint.parameters or endpoint.request else []
    found += [413] if endpoint.request else []
    return found + ([409] if endpoint.kind in ("update", "transition", "operation") else [])


def _everything_is_cited(given: Artifacts) -> Iterator[str]:
    domain, api = given.domain, given.api
    cited = {e.name for e in domain.entities if e.cites}
    for endpoint in api.endpoints:
        if endpoint.entity in cited and not endpoint.cites:
            yield f"{endpoint.operation_id} cites no requirement"
    for model in api.data_models:
        if model.entity in cited and not model.cites:
            yield f"{model.name} cites no requirement"


CHECKS: tuple[Check, ...] = (
    Check(
        name="entities_are_offered",
        title="Every entity can be listed, read, created and deleted",
        metric="architecture",
        severity="critical",
        find=_entities_are_offered,
        hint="Add the endpoint.",
    ),
    Check(
        name="rules_are_offered",
        title="Every transition, toggle and custom operation has its endpoints",
        metric="architecture",
        severity="critical",
        find=_rules_are_offered,
        hint="Add the endpoint.",
    ),
    Check(
        name="lists_are_searchable",
        title="Lists take the filters, search and sort that the task asks for",
        metric="architecture",
        severity="major",
        find=_lists_are_searchable,
        hint="Add the parameter.",
    ),
    Check(
        name="operations_are_unique",
        title="Operations, paths and data models are there once",
        metric="testability",
        severity="critical",
        find=_operations_are_unique,
        hint="Rename or remove one.",
    ),
    Check(
        name="models_are_known",
        title="Data models that are used are there, and those that are there are used",
        metric="testability",
        severity="critical",
        find=_models_are_known,
        hint="Add the data model, or remove it.",
    ),
    Check(
        name="path_keys_are_declared",
        title="Path parameters are declared",
        metric="testability",
        severity="critical",
        find=_path_keys_are_declared,
        hint="Declare each {name} of the path once.",
    ),
    Check(
        name="problems_are_named",
        title="Endpoints say which problems they answer with",
        metric="testability",
        severity="major",
        find=_problems_are_named,
        hint="Add the status to the endpoint, and to the catalogue.",
    ),
    Check(
        name="methods_mean_what_they_say",
        title="Methods and statuses keep to the rules of HTTP",
        metric="maintainability",
        severity="major",
        find=_methods_mean_what_they_say,
        hint="GET reads, POST makes, PATCH changes, PUT and DELETE may be repeated; 204 has no body.",
    ),
    Check(
        name="names_are_regular",
        title="Paths, operations and parameters follow one naming",
        metric="maintainability",
        severity="minor",
        find=_names_are_regular,
        hint="Paths in kebab-case, operation ids in snake_case, parameters as api_requirements.naming says.",
    ),
    Check(
        name="everything_is_cited",
        title="Endpoints and data models cite requirements",
        metric="maintainability",
        severity="minor",
        find=_everything_is_cited,
        hint="Add the R-ids.",
    ),
    *ACCESS_CHECKS,
    *ASKED_CHECKS,
    *INPUT_CHECKS,
)
