"""The OpenAPI 3.1 document of an APISpecification.

Its schemas are those that FastAPI and Pydantic make of the generated service's models, so that the running service's
own document can be compared with it (`openapi_compare`).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from backend_agent import names
from backend_agent.artifacts.api import APISpecification, DataModel, Endpoint, Parameter, Property

Json = dict[str, Any]

SCHEME = "bearer"
"""Name of the security scheme."""
PROBLEM_MEDIA_TYPE = "application/problem+json"
_PROBLEM_HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": {"schema": {"type": "integer"}}},
}
_TYPES: dict[str, Json] = {
    "uuid": {"type": "string", "format": "uuid"},
    "string": {"type": "string"},
    "text": {"type": "string"},
    "phone": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
}


def document(api: APISpecification) -> Json:
    """Return the document as plain JSON values."""
    when = {problem.status: problem.when for problem in api.error_handling}
    strict = request_models(api)
    paths: dict[str, Json] = {}
    for endpoint in api.endpoints:
        prefix = "" if endpoint.kind == "health" else api.base_url
        paths.setdefault(f"{prefix}{endpoint.path}", {})[endpoint.method.lower()] = _operation(endpoint, when)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.api_version},
        "paths": paths,
        "components": {
            "schemas": {m.name: _object(api, m, strict=m.name in strict) for m in api.data_models},
            "securitySchemes": {
                SCHEME: {
                    "type": "http",
                    "scheme": api.authentication.scheme,
                    "bearerFormat": api.authentication.token_format,
                }
            },
        },
    }


# By identity, as long as the specification lives: specifications are frozen.
_REQUEST_MODELS: dict[int, tuple[weakref.ref[APISpecification], frozenset[str]]] = {}


def request_models(api: APISpecification) -> frozenset[str]:
    """Return the data models that a request's body uses, directly or inside another: they refuse unknown properties."""
    key = id(api)
    known = _REQUEST_MODELS.get(key)
    if known is not None and known[0]() is api:
        return known[1]
    found = frozenset(reachable(api, (e.request for e in api.endpoints if e.request)))
    _REQUEST_MODELS[key] = (weakref.ref(api, lambda _: _REQUEST_MODELS.pop(key, None)), found)
    return found


def reachable(api: APISpecification, roots: Iterable[str]) -> set[str]:
    """Return `roots` and the data models that they use, as far as they are in the specification."""
    known = {m.name: m for m in api.data_models}
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        model = known.get(waiting.pop())
        if model is not None and model.name not in found:
            found.add(model.name)
            waiting += [p.model for p in model.properties if p.model]
    return found


def wire_name(api: APISpecification, name: str) -> str:
    """Return a property's name as it is on the wire."""
    return names.camel(name) if api.naming == "camelCase" else name


def problem_response(status: int, description: str) -> Json:
    """Return the response object of a problem, as it stands in the document."""
    headers = {"headers": _PROBLEM_HEADERS[status]} if status in _PROBLEM_HEADERS else {}
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, **headers, "content": content}


def _operation(endpoint: Endpoint, when: dict[int, str]) -> Json:
    operation: Json = {"tags": [endpoint.tag], "summary": endpoint.summary, "operationId": endpoint.operation_id}
    if not endpoint.access.public:
        operation["security"] = [{SCHEME: []}]
    if endpoint.parameters:
        operation["parameters"] = [_parameter(p) for p in endpoint.parameters]
    if endpoint.request:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.request)}
    success: Json = {"description": "Successful Response"}
    if endpoint.response:
        success["content"] = _content(endpoint.response)
    operation["responses"] = {
        str(endpoint.status): success,
        **{str(status): problem_response(status, when.get(status, "")) for status in endpoint.errors},
    }
    return operation


def _content(model: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _parameter(parameter: Parameter) -> Json:
    optional = parameter.location == "query" and parameter.default is None and not parameter.required
    found: Json = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "schema": parameter_schema(parameter, nullable=optional),
    }
    return {**found, "description": parameter.description} if parameter.description else found


def parameter_schema(parameter: Parameter, *, nullable: bool) -> Json:
    """Return the schema of a parameter's value; one that may be left out is nullable, as FastAPI has it."""
    if parameter.type == "enum":
        plain: Json = {"type": "string", "enum": parameter.values}
    elif parameter.type == "decimal":
        plain = {"anyOf": [{"type": "number"}, {"type": "string"}]}
    else:
        plain = dict(_TYPES[parameter.type])
        bounds = {
            "minimum": parameter.minimum,
            "maximum": parameter.maximum,
            "minLength": parameter.min_length,
            "maxLength": parameter.max_length,
        }
        plain |= {key: value for key, value in bounds.items() if value is not None}
    schema = _nullable(plain) if nullable else plain
    return schema if parameter.default is None else {**schema, "default": parameter.default}


def _object(api: APISpecification, model: DataModel, *, strict: bool) -> Json:
    """Return the schema of a data model."""
    found: Json = {"type": "object", "title": model.name}
    if model.description:
        found["description"] = model.description
    found["properties"] = {
        wire_name(api, p.name): property_schema(p, request=strict, partial=model.purpose == "update")
        for p in model.properties
    }
    required = [wire_name(api, p.name) for p in model.properties if p.required]
    if required:
        found["required"] = required
    if strict:
        found["additionalProperties"] = False
    return found


def property_schema(prop: Property, *, request: bool, partial: bool = False) -> Json:
    """Return the schema of a property.

    Args:
        prop: the property.
        request: whether its model is sent by clients: then decimals may be numbers too, as Pydantic takes them.
        partial: whether its model is an update, where nothing has a default: what is left out stays.
    """
    schema = _value(prop, request=request)
    if prop.many:
        schema = {"type": "array", "items": schema}
        if prop.min_items:
            schema["minItems"] = prop.min_items
        if prop.max_items is not None:
            schema["maxItems"] = prop.max_items
    if prop.nullable:
        schema = _nullable(schema)
    if prop.description:
        schema["description"] = prop.description
    if partial or prop.required:
        return schema
    if prop.many and not prop.nullable:
        return {**schema, "default": []}
    return schema if prop.default is None else {**schema, "default": default(prop)}


def default(prop: Property) -> str | int | float | bool | None:
    """Return a property's default as it stands in JSON: decimals as text with all their digits."""
    if prop.type == "decimal" and prop.default is not None:
        return f"{float(prop.default):.{prop.scale or 0}f}"
    return prop.default


def _value(prop: Property, *, request: bool) -> Json:
    if prop.type == "model":
        return {"$ref": f"#/components/schemas/{prop.model}"}
    if prop.type == "enum":
        return {"type": "string", "enum": prop.values}
    low = "exclusiveMinimum" if prop.exclusive_minimum else "minimum"
    numbers = {low: prop.minimum, "maximum": prop.maximum}
    if prop.type == "decimal":
        return {"anyOf": [{"type": "number", **_given(numbers)}, {"type": "string"}]} if request else {"type": "string"}
    lengths = {"minLength": prop.min_length, "maxLength": prop.max_length, "pattern": prop.pattern}
    return {**_TYPES[prop.type], **_given(numbers), **_given(lengths)}


def _given(values: Json) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _nullable(schema: Json) -> Json:
    """Return a schema that admits null too."""
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}
