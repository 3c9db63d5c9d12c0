"""FieldSpec: one typed attribute, of an entity or of a custom operation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact

FieldType = Literal[
    "string", "text", "integer", "decimal", "boolean", "date", "time", "datetime", "email", "url", "phone", "enum"
]


class FieldSpec(Artifact):
    """One attribute of an entity."""

    name: str
    """snake_case; not a reserved word."""
    type: FieldType
    description: str = ""
    optional: bool = False
    unique: bool = False
    many: bool = False
    """A list of values, such as tags."""
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    """Whether `minimum` itself is refused (`greater than zero`)."""
    scale: int = 2
    """Digits after the point, for decimals."""
    pattern: str | None = None
    """An anchored regular expression in the common subset of Python, JavaScript and PostgreSQL."""
    values: list[str] = Field(default_factory=list)
    """snake_case values, for enumerations."""
    default: str | int | float | bool | None = None
    sensitive: bool = False
    """Personal data: encrypted at rest when the task asks for it."""
    server_set: bool = False
    """Filled by the service (a derived value, a lifecycle's state, a time stamp), never by a client."""
    cites: list[str] = Field(default_factory=list)
