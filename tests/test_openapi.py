"""The designed document is valid, and is what FastAPI and Pydantic make of models with the same constraints."""

from __future__ import annotations

import copy
import inspect
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
import yaml
from fastapi import Body, Depends, FastAPI, Query
from fastapi.security import HTTPBearer
from openapi_spec_validator import validate
from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, HttpUrl, create_model

from backend_agent.artifacts import openapi
from backend_agent.artifacts.api import APISpecification, DataModel, Endpoint, Parameter, Property
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.openapi_compare import differences
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages.api import draft
from backend_agent.state import Artifacts

ROOT = Path(__file__).parent.parent
ABSENT: Any = Field(default_factory=lambda: None)

EVERYTHING = {
    "name": "Everything",
    "actors": [
        {"name": "member", "registers": True, "profile": "Member"},
        {"name": "seller", "registers": True},
        {"name": "administrator", "administrator": True},
    ],
    "entities": [
        {"name": "User", "kind": "account", "fields": [{"name": "nickname", "type": "string", "optional": True}]},
        {"name": "Member", "fields": [{"name": "website", "type": "url", "optional": True}]},
        {
            "name": "Thing",
            "fields": [
                {"name": "title", "type": "string", "min_length": 2, "max_length": 20, "pattern": "^[a-z]+$"},
                {"name": "body", "type": "text", "optional": True},
                {"name": "amount", "type": "integer", "minimum": 0, "exclusive_minimum": True, "default": 3},
                {"name": "price", "type": "decimal", "minimum": 0.5, "maximum": 99, "default": 1},
                {"name": "weight", "type": "decimal", "scale": 3, "optional": True},
                {"name": "done", "type": "boolean", "default": False},
                {"name": "day", "type": "date"},
                {"name": "hour", "type": "time", "optional": True},
                {"name": "moment", "type": "datetime"},
                {"name": "contact", "type": "email"},
                {"name": "page", "type": "url"},
                {"name": "phone", "type": "phone"},
                {"name": "kind", "type": "enum", "values": ["a", "b"], "default": "a"},
                {"name": "only", "type": "enum", "values": ["one"]},
                {"name": "tags", "type": "string", "many": True},
                {"name": "kinds", "type": "enum", "values": ["x", "y"], "many": True},
                {"name": "state", "type": "enum", "values": ["new", "old"], "server_set": True},
                {"name": "rating", "type": "decimal", "server_set": True},
            ],
        },
        {"name": "ThingPart", "fields": [{"name": "note", "type": "string"}]},
        {"name": "Like", "kind": "link"},
    ],
    "relations": [
        {"name": "user", "source": "Member", "target": "User", "cardinality": "one_to_one", "inverse": "member"},
        {"name": "author", "source": "Thing", "target": "Member", "inverse": "things"},
        {"name": "parent", "source": "Thing", "target": "Thing", "inverse": "children", "optional": True},
        {"name": "friends", "source": "Thing", "target": "Member", "cardinality": "many_to_many", "inverse": "liked"},
        {"name": "thing", "source": "ThingPart", "target": "Thing", "inverse": "parts", "owned": True, "min_items": 1},
        {"name": "member", "source": "Like", "target": "Member", "inverse": "likes"},
        {"name": "thing", "source": "Like", "target": "Thing", "inverse": "likes"},
    ],
    "rules": [
        {
            "kind": "ownership",
            "entity": "Thing",
            "path": ["author"],
            "actor": "member",
            "operations": ["create", "update"],
            "cites": [],
        },
        {"kind": "public", "entity": "Thing", "operations": ["list", "read"], "cites": []},
        {
            "kind": "filter",
            "entity": "Thing",
            "fields": ["title", "amount", "price", "done", "day", "hour", "moment", "kind", "friends", "contact"],
            "cites": [],
        },
        {"kind": "sort", "entity": "Thing", "fields": ["moment", "price"], "default": "-moment", "cites": []},
        {"kind": "search", "entity": "Thing", "fields": ["title"], "cites": []},
        {
            "kind": "lifecycle",
            "entity": "Thing",
            "field": "state",
            "initial": "new",
            "transitions": [{"name": "age", "sources": ["new"], "target": "old", "owner": True}],
            "cites": [],
        },
        {
            "kind": "toggle",
            "entity": "Like",
            "actor": "member",
            "subject": "member",
            "object": "thing",
            "on": "like",
            "off": "unlike",
            "cites": [],
        },
        {
            "kind": "derived",
            "entity": "Thing",
            "field": "rating",
            "function": "average",
            "relation": "parts",
            "cites": [],
        },
    ],
}


def specification(case: str, **api: object) -> APISpecification:
    """Return the draft API of a golden model."""
    if case == "everything":
        domain = DomainModel.model_validate(EVERYTHING)
        task = BackendTask.model_validate({"project_name": "Everything", "description": "All of it."})
    else:
        text = (ROOT / "tests/golden/models" / f"{case}.yaml").read_text(encoding="utf-8")
        domain = DomainModel.model_validate(yaml.safe_load(text))
        text = (ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")
        task = BackendTask.model_validate(yaml.safe_load(text))
    wanted = task.api_requirements.model_copy(update=api)
    task = task.model_copy(update={"api_requirements": wanted})
    return draft(Artifacts({"task": task, "domain": domain, "requirements": RequirementsAnalysis(statements=[])}))


@pytest.mark.parametrize(
    ("case", "naming", "pagination"),
    [
        ("todo", "snake_case", "offset"),
        ("bookshop", "camelCase", "offset"),
        ("clinic", "snake_case", "cursor"),
        ("bank", "snake_case", "offset"),
        ("everything", "snake_case", "offset"),
        ("everything", "camelCase", "cursor"),
    ],
)
def test_document_is_valid_and_what_fastapi_serves(case, naming, pagination):
    api = specification(case, pagination=pagination, naming=naming)
    designed = api.to_openapi()
    validate(designed)
    assert differences(designed, Served(api).app.openapi()) == []


def test_document_holds_what_was_designed():
    document = specification("bookshop").to_openapi()
    create = document["components"]["schemas"]["BookCreate"]
    assert create["additionalProperties"] is False
    assert create["properties"]["isbn"] == {
        "type": "string", "minLength": 13, "maxLength": 13, "pattern": "^[0-9]{13}$",
    }  # fmt: skip
    assert create["properties"]["publicationDate"] == {"type": "string", "format": "date"}
    assert create["properties"]["authorIds"]["minItems"] == 1
    listing = document["paths"]["/api/v1/books"]["get"]
    assert "security" not in listing
    assert [p["name"] for p in listing["parameters"]] == ["categoryId", "search", "limit", "offset"]
    assert document["paths"]["/api/v1/orders/{order_id}/cancel"]["post"]["security"] == [{"bearer": []}]
    refused = document["paths"]["/api/v1/orders"]["post"]["responses"]["401"]
    assert list(refused["content"]) == ["application/problem+json"]
    assert "WWW-Authenticate" in refused["headers"]
    assert "/healthz" in document["paths"]


def test_same_promise_in_other_words():
    designed = specification("todo").to_openapi()
    served = copy.deepcopy(designed)
    schemas = served["components"]["schemas"]
    priority = schemas["TaskCreate"]["properties"]["priority"]
    schemas["Priority"] = {**priority, "title": "Priority", "enum": list(reversed(priority["enum"]))}
    schemas["TaskCreate"]["properties"]["priority"] = {"$ref": "#/components/schemas/Priority"}
    schemas["TaskCreate"]["properties"]["description"]["default"] = None
    schemas["TaskCreate"]["properties"]["description"]["anyOf"].reverse()
    schemas["TaskCreate"]["required"].reverse()
    schemas["TaskCreate"]["properties"]["title"]["maxLength"] = 200.0
    schemas["TaskRead"]["properties"]["description"] = {"type": ["string", "null"]}
    served["info"]["title"] = "Another"
    listing = served["paths"]["/api/v1/tasks"]["get"]
    listing["parameters"].reverse()
    listing["summary"] = "Other words"
    assert differences(designed, served) == []


@pytest.mark.parametrize(
    ("where", "value", "line"),
    [
        (("paths", "/api/v1/tasks", "get", "operationId"), "other", "operations: GET /api/v1/tasks: operationId"),
        (
            ("paths", "/api/v1/tasks", "post", "responses", "401"),
            None,
            "operations: POST /api/v1/tasks: responses: 401",
        ),
        (("paths", "/api/v1/tasks", "post", "security"), None, "operations: POST /api/v1/tasks: security"),
        (("paths", "/api/v1/tasks"), None, "operations: GET /api/v1/tasks: designed, not served"),
        (
            ("components", "schemas", "TaskCreate", "properties", "title"),
            None,
            "schemas: TaskCreate: properties: title",
        ),
        (
            ("components", "schemas", "TaskCreate", "properties", "title", "maxLength"),
            199,
            "schemas: TaskCreate: properties: title: maxLength: designed 200, served 199",
        ),
        (("components", "schemas", "TaskCreate", "properties", "completed", "default"), True, "completed: default"),
        (("components", "schemas", "TaskCreate", "additionalProperties"), None, "additionalProperties"),
        (("components", "schemas", "TaskCreate", "properties", "priority", "enum"), ["low"], "priority: enum"),
        (("components", "schemas", "Secret"), {"type": "object"}, "schemas: Secret: served, not designed"),
        (("components", "securitySchemes", "bearer", "scheme"), "basic", "security schemes: bearer: scheme"),
    ],
)
def test_other_promise_is_a_difference(where, value, line):
    designed = specification("todo").to_openapi()
    served = copy.deepcopy(designed)
    at = served
    for key in where[:-1]:
        at = at[key]
    if value is None:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    found = differences(designed, served)
    assert found
    assert any(line in difference for difference in found), found


def test_property_called_title_counts():
    designed = {"components": {"schemas": {"A": {"type": "object", "properties": {"title": {"type": "string"}}}}}}
    served = {"components": {"schemas": {"A": {"type": "object", "properties": {}}}}}
    assert differences(designed, served) == ['schemas: A: properties: title: designed, not served ({"type": "string"})']


class Served:
    """A FastAPI application whose models and operations follow a specification: the other side of the comparison."""

    def __init__(self, api: APISpecification) -> None:
        self.api = api
        self.strict = openapi.request_models(api)
        self.models: dict[str, type[BaseModel]] = {}
        self.app = FastAPI(title=api.title, version=api.api_version)
        self.bearer = HTTPBearer(bearerFormat="JWT", scheme_name="bearer", auto_error=False)
        for endpoint in api.endpoints:
            self._route(endpoint)
        made = self.app.openapi()
        for name in ("Problem", "FieldError"):
            schema = self.model(name).model_json_schema(
                mode="serialization", ref_template="#/components/schemas/{model}"
            )
            made["components"]["schemas"][name] = {k: v for k, v in schema.items() if k != "$defs"}

    def model(self, name: str) -> type[BaseModel]:
        if name not in self.models:
            model = self.api.model(name)
            config = ConfigDict(extra="forbid" if name in self.strict else "ignore", validate_by_name=True)
            fields: dict[str, Any] = {p.name: self._field(model, p) for p in model.properties}
            self.models[name] = create_model(name, __config__=config, **fields)
        return self.models[name]

    def _field(self, model: DataModel, prop: Property) -> tuple[Any, Any]:
        kind = self._type(prop, request=model.name in self.strict)
        alias = openapi.wire_name(self.api, prop.name)
        if prop.many:
            kind = Annotated[list[kind], Field(min_length=prop.min_items or None, max_length=prop.max_items)]
        if prop.nullable:
            kind = kind | None
        kind = Annotated[kind, Field(alias=alias)]
        if prop.required:
            return kind, ...
        if model.purpose != "update":
            if prop.many and not prop.nullable:
                return kind, []
            if prop.default is not None:
                return kind, Decimal(str(openapi.default(prop))) if prop.type == "decimal" else prop.default
            if prop.nullable:
                return kind, None
        return kind, ABSENT

    def _type(self, prop: Property, *, request: bool) -> Any:
        low = {"gt" if prop.exclusive_minimum else "ge": prop.minimum, "le": prop.maximum}
        if prop.type == "model":
            return self.model(str(prop.model))
        if prop.type == "enum":
            return Literal[tuple(prop.values)]
        if prop.type == "decimal":
            bounds = {k: Decimal(str(v)) for k, v in low.items() if v is not None}
            return (
                Annotated[Decimal, Field(**bounds, max_digits=10 + prop.scale, decimal_places=prop.scale)]
                if request
                else Decimal
            )
        if prop.type == "integer":
            return Annotated[int, Field(**{k: int(v) for k, v in low.items() if v is not None})]
        lengths = {"min_length": prop.min_length, "max_length": prop.max_length, "pattern": prop.pattern}
        lengths = {k: v for k, v in lengths.items() if v is not None}
        if prop.type in ("email", "url") and not request:
            form = {"email": "email", "url": "uri"}[prop.type]
            return Annotated[str, Field(json_schema_extra={"format": form})]
        plain = {
            "uuid": UUID, "boolean": bool, "date": date, "time": time, "email": EmailStr, "url": HttpUrl,
            "datetime": AwareDatetime if request else datetime,
        }.get(prop.type, str)  # fmt: skip
        if prop.type == "url":
            lengths.pop("min_length", None)
        return Annotated[plain, Field(**lengths)] if lengths else plain

    def _route(self, endpoint: Endpoint) -> None:
        names: dict[str, Any] = {}
        for index, parameter in enumerate(endpoint.parameters):
            names[parameter.name if parameter.location == "path" else f"query_{index}"] = parameter

        async def handler(**_: object) -> None: ...

        signature = [
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, **self._argument(p)) for n, p in names.items()
        ]
        if endpoint.request:
            kind = Annotated[self.model(endpoint.request), Body()]
            signature.append(inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=kind))
        handler.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
        when = {p.status: p.when for p in self.api.error_handling}
        self.app.add_api_route(
            ("" if endpoint.kind == "health" else self.api.base_url) + endpoint.path,
            handler,
            methods=[endpoint.method],
            operation_id=endpoint.operation_id,
            tags=[endpoint.tag],
            status_code=endpoint.status,
            response_model=self.model(endpoint.response) if endpoint.response else None,
            dependencies=[] if endpoint.access.public else [Depends(self.bearer)],
            responses={s: openapi.problem_response(s, when[s]) for s in endpoint.errors},
        )

    def _argument(self, parameter: Parameter) -> dict[str, Any]:
        if parameter.location == "path":
            return {"annotation": UUID}
        low = {
            "ge": parameter.minimum, "le": parameter.maximum,
            "min_length": parameter.min_length, "max_length": parameter.max_length,
        }  # fmt: skip
        low = {k: int(v) for k, v in low.items() if v is not None}
        kind: Any = {
            "uuid": UUID, "string": str, "integer": int, "decimal": Decimal, "boolean": bool, "date": date,
            "time": time, "datetime": AwareDatetime, "enum": Literal[tuple(parameter.values or ["none"])],
        }[parameter.type]  # fmt: skip
        if parameter.default is None:
            kind = kind | None
        return {"annotation": Annotated[kind, Query(alias=parameter.name, **low)], "default": parameter.default}
