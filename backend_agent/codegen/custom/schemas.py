"""Request and answer of a custom operation, as pydantic models."""

from __future__ import annotations

from functools import cached_property

from backend_agent.artifacts.api import Property
from backend_agent.codegen.custom.plan import OperationPlan
from backend_agent.codegen.entities.attributes import literal_type
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.schemas import SchemasPlan


class OperationSchemas(SchemasPlan):
    """The data models of one operation."""

    def __init__(self, operation: OperationPlan) -> None:
        super().__init__(EntityPlan(operation.project.account), operation.models)

    def _kind(self, prop: Property) -> str:
        return literal_type(prop.values) if prop.type == "enum" else super()._kind(prop)

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        rows = [p.model for m in self.models for p in m.properties if p.model]
        return ["ABSENT", "AS_TEXT", "ResponseSchema", "LOWER_CASE", "NO_NUL", "RequestSchema", *dict.fromkeys(rows)]
