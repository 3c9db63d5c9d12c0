"""The bounds of fields, as lines of the generated types module."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import columns
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.codegen.entities.schemas import number


def check(domain: DomainModel, entity: str, field: FieldSpec) -> str:
    """Return the call that refuses a value of a field outside its bounds; empty when any value of its type will do."""
    value = f"self.{field.name}"
    quoted = names.python_literal(names.title(field.name))
    if field.type in ("integer", "decimal"):
        low, high = _limits(domain, entity, field)
        above = ", above=True" if columns.bounds(domain, entity, field).exclusive_minimum else ""
        scale = f", scale={field.scale}" if field.type == "decimal" else ""
        return f"_number({quoted}, {value}, {low}, {high}{scale}{above})"
    if field.type == "enum":
        return f"_one_of({quoted}, {value}, {', '.join(map(names.python_literal, field.values))})"
    longest = columns.max_length(field)
    if longest is None:
        return ""
    pattern = columns.pattern(field)
    shortest = f", shortest={field.min_length}" if field.min_length else ""
    shape = f", pattern={names.python_literal(pattern)}" if pattern else ""
    return f"_text({quoted}, {value}, longest={longest}{shortest}{shape})"


def _limits(domain: DomainModel, entity: str, field: FieldSpec) -> tuple[str, str]:
    limits = columns.bounds(domain, entity, field)
    whole = field.type == "integer"
    room = columns.INT_MAX if whole else columns.largest(field.scale)
    bottom = columns.INT_MIN if whole else -columns.largest(field.scale)
    low = bottom if limits.minimum is None else max(limits.minimum, bottom)
    high = room if limits.maximum is None else min(limits.maximum, room)
    return _literal(low, whole=whole), _literal(high, whole=whole)


def _literal(value: float, *, whole: bool) -> str:
    return number(value) if whole else f'Decimal("{number(value)}")'


def parts(relation: Relation | None) -> str:
    """Return the call that refuses too few or too many parts of a new row."""
    if relation is None:
        return ""
    quoted = names.python_literal(names.title(relation.inverse))
    return f"_parts({quoted}, self.{relation.inverse}, {relation.min_items}, {columns.MAX_ITEMS})"
