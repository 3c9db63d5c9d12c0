"""What the service fills in when a row is made."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts.columns import stored_fields
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.codegen.entities.plan import EntityPlan

_MOMENTS = {"datetime": "utcnow()", "date": "utcnow().date()", "time": "utcnow().time()"}
_EMPTY = {"boolean": "False", "integer": "0", "decimal": "Decimal(0)"}


_TAKEN = ("draft", "dt", "insert", "now", "sa", "statement")
"""Names that the insertion uses itself."""


@dataclass(frozen=True)
class Given:
    """A column that the service fills when a row is made."""

    name: str
    annotation: str
    value: str
    """Source of the value, in the service."""

    @property
    def parameter(self) -> str:
        """The argument that holds it: the column's name, unless the insertion uses that itself."""
        return f"{self.name}_" if self.name in _TAKEN else self.name


def server_set(plan: EntityPlan) -> list[Given]:
    """Return the stored fields that clients never send, with what a new row gets."""
    rule = plan.lifecycle
    found = []
    for field in stored_fields(plan.domain, plan.name):
        if rule and field.name == rule.field:
            found.append(Given(field.name, plan.field_type(field), names.python_literal(rule.initial)))
        elif field.server_set:
            found.append(_stamped(plan, field))
    return found


def _stamped(plan: EntityPlan, field: FieldSpec) -> Given:
    """Return what the service puts into a field by itself: its default, the moment, or nothing yet."""
    kind = plan.field_type(field)
    if field.many:
        return Given(field.name, f"list[{kind}]", "[]")
    if field.default is not None:
        quoted = names.python_literal(field.default)
        return Given(field.name, kind, f'Decimal("{field.default}")' if field.type == "decimal" else quoted)
    if field.optional:
        return Given(field.name, f"{kind} | None", "None")
    if field.type in _MOMENTS:
        return Given(field.name, kind, _MOMENTS[field.type])
    if field.type == "enum":
        return Given(field.name, kind, names.python_literal(field.values[0]))
    return Given(field.name, kind, _EMPTY.get(field.type, '""'))
