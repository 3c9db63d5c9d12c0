"""APISpecification: endpoints, data models, errors and limits of the HTTP API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.database import Measure

EndpointKind = Literal[
    "list", "read", "create", "update", "delete", "transition", "operation", "toggle_on", "toggle_off",
    "register", "login", "refresh", "logout", "me", "health",
]  # fmt: skip
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ModelPurpose = Literal["read", "create", "update", "page", "part", "auth", "problem", "request", "result"]


class Access(Artifact):
    """Who may call an endpoint. Exactly one of these holds: public; or logged in, narrowed by the rest."""

    public: bool = False
    roles: list[str] = Field(default_factory=list)
    """Roles that may call it for any row; empty together with no `owner_roles`: any account."""
    owner_roles: list[str] = Field(default_factory=list)
    """Roles that may call it for their own rows only."""
    owner_path: list[str] = Field(default_factory=list)
    """Relation names from the entity to the owning account; set when `owner_roles` is."""


class Parameter(Artifact):
    """A path or query parameter."""

    name: str
    """As on the wire (after the naming convention)."""
    location: Literal["path", "query"]
    type: Literal["uuid", "string", "integer", "decimal", "boolean", "date", "time", "datetime", "enum"]
    required: bool = False
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    values: list[str] = Field(default_factory=list)
    default: str | int | None = None
    purpose: Literal["key", "filter", "search", "sort", "limit", "offset", "cursor"]
    field: str | None = None
    """The domain field or relation that a filter narrows by."""


class Endpoint(Artifact):
    """One method on one path."""

    operation_id: str
    """snake_case and unique: `list_books`, `cancel_order`, `login`; for kind operation its name."""
    kind: EndpointKind
    method: Method
    path: str
    """Below `base_url`, such as `/orders/{order_id}/items`."""
    summary: str
    tag: str
    entity: str | None = None
    parent: str | None = None
    """The owning entity, for endpoints under `/{parents}/{parent_id}/`."""
    transition: str | None = None
    """Transition name, for kind transition."""
    access: Access
    parameters: list[Parameter] = Field(default_factory=list)
    request: str | None = None
    """Data model of the JSON body."""
    response: str | None = None
    """Data model of the success answer; None: no body."""
    status: int = 200
    errors: list[int] = Field(default_factory=list)
    """Problem statuses it can answer with, ascending."""
    cites: list[str] = Field(default_factory=list)


class Property(Artifact):
    """A property of a data model."""

    name: str
    """snake_case; on the wire it follows the naming convention."""
    type: Literal[
        "uuid", "string", "text", "integer", "decimal", "boolean", "date", "time", "datetime", "email", "url",
        "phone", "enum", "model",
    ]  # fmt: skip
    required: bool = True
    nullable: bool = False
    many: bool = False
    """A list."""
    min_items: int = 0
    max_items: int | None = None
    """Bound of a list in a payload."""
    model: str | None = None
    """Data model of the (list's) value, for type model."""
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    scale: int | None = None
    pattern: str | None = None
    values: list[str] = Field(default_factory=list)
    default: str | int | float | bool | None = None
    description: str = ""
    field: str | None = None
    """The domain field or relation behind it."""


class DataModel(Artifact):
    name: str
    """PascalCase: `BookRead`, `BookCreate`, `BookUpdate`, `BookPage`."""
    purpose: ModelPurpose
    entity: str | None = None
    description: str = ""
    properties: list[Property]
    cites: list[str] = Field(default_factory=list)


class Problem(Artifact):
    """An error answer, as problem details (RFC 9457)."""

    status: int
    title: str
    when: str


class ApiAuthentication(Artifact):
    scheme: Literal["bearer"] = "bearer"
    token_format: Literal["JWT"] = "JWT"  # noqa: S105 - the format's name, not a secret
    description: str = ""


class RateLimit(Artifact):
    scope: Literal["anonymous", "account", "login"]
    requests: int
    """Allowed per `seconds`."""
    seconds: int


class APISpecification(Artifact):
    """The HTTP API as designed. The generated service's own OpenAPI document must equal it."""

    title: str
    api_version: str
    base_url: str
    """Path prefix of all endpoints save health, such as `/api/v1`."""
    naming: Literal["snake_case", "camelCase"]
    pagination: Literal["offset", "cursor"]
    authentication: ApiAuthentication
    endpoints: list[Endpoint]
    data_models: list[DataModel]
    error_handling: list[Problem]
    rate_limiting: list[RateLimit]
    security_considerations: list[Measure]

    def model(self, name: str) -> DataModel:
        """Return the data model called `name`; raises `KeyError`."""
        for model in self.data_models:
            if model.name == name:
                return model
        raise KeyError(f"no data model {name}")

    def endpoints_of(self, entity: str) -> list[Endpoint]:
        """Return the endpoints about `entity`, in order."""
        return [e for e in self.endpoints if e.entity == entity]

    def to_openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document as plain JSON values."""
        from backend_agent.artifacts import openapi

        return openapi.document(self)
