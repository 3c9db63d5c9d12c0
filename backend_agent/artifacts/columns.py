"""How fields and relations of the domain model are named and bounded in tables and payloads."""

from __future__ import annotations

from dataclasses import dataclass

import inflection

from backend_agent import names
from backend_agent.artifacts import lookup
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.artifacts.rules import DerivedRule, LifecycleRule, RangeRule

INT_MAX = 2_147_483_647
"""Largest value of PostgreSQL's `integer`."""
INT_MIN = -2_147_483_648
WHOLE_DIGITS = 10
"""Digits before the point in a decimal column."""
MAX_ITEMS = 100
"""Most values in one list of a payload."""
INDEXABLE_LENGTH = 600
"""Most characters of a text that is in an index: an entry has at most 2,704 bytes on PostgreSQL, a character 4."""
PHONE_PATTERN = r"^\+?[0-9][0-9 ()./-]{4,30}$"

_LENGTHS = {"string": 255, "text": 10_000, "email": 254, "url": 2048, "phone": 32}


def relation_column(relation: Relation) -> str:
    """Return the foreign key column of a many_to_one or one_to_one relation: `customer_id`."""
    return f"{relation.name}_id"


def singular(name: str) -> str:
    """Return the singular of a snake_case name: `authors` -> `author`."""
    head, _, last = name.rpartition("_")
    return f"{head}_{inflection.singularize(last)}" if head else inflection.singularize(last)


def ids_property(relation: Relation) -> str:
    """Return the payload property of a many_to_many relation: `author_ids`."""
    return f"{singular(relation.name)}_ids"


def reference(relation: Relation) -> str:
    """Return the name under which one referred row is named in payloads and filters: `customer_id`, `author_id`."""
    return f"{singular(relation.name)}_id" if relation.cardinality == "many_to_many" else relation_column(relation)


@dataclass(frozen=True)
class Association:
    """The table behind a many_to_many relation."""

    table: str
    source_column: str
    target_column: str


def association(domain: DomainModel, relation: Relation) -> Association:
    """Return the association table of a many_to_many relation, `books_authors(book_id, author_id)`."""
    source = f"{names.snake(relation.source)}_id"
    target = f"{singular(relation.name)}_id"
    if target == source:
        target = f"related_{target}"
    table = lookup.of(domain).association_tables[relation.source, relation.name]
    return Association(table, source, target)


def derived_rules(domain: DomainModel, entity: str) -> list[DerivedRule]:
    """Return the rules by which fields of `entity` are computed, in order."""
    return [r for r in domain.rules_of(entity) if isinstance(r, DerivedRule)]


def derived_names(domain: DomainModel, entity: str) -> set[str]:
    """Return the fields of `entity` that are computed and have no column."""
    return {rule.field for rule in derived_rules(domain, entity)}


def stored_fields(domain: DomainModel, entity: str) -> list[FieldSpec]:
    """Return the fields of `entity` that have a column, in order."""
    derived = derived_names(domain, entity)
    return [f for f in domain.entity(entity).fields if f.name not in derived]


def lifecycle(domain: DomainModel, entity: str) -> LifecycleRule | None:
    """Return the lifecycle of `entity`, if it has one."""
    return next((r for r in domain.rules_of(entity) if isinstance(r, LifecycleRule)), None)


@dataclass(frozen=True)
class Bounds:
    """The smallest and largest value of a number, by the field and its range rules."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False


def bounds(domain: DomainModel, entity: str, field: FieldSpec) -> Bounds:
    """Return the tightest bounds that the field and the range rules about it give."""
    lows = [(field.minimum, field.exclusive_minimum)] if field.minimum is not None else []
    highs = [field.maximum] if field.maximum is not None else []
    for rule in domain.rules_of(entity):
        if isinstance(rule, RangeRule) and rule.field == field.name:
            if rule.minimum is not None:
                lows.append((rule.minimum, rule.exclusive_minimum))
            if rule.maximum is not None:
                highs.append(rule.maximum)
    low, exclusive = max(lows) if lows else (None, False)
    return Bounds(low, min(highs) if highs else None, exclusive)


def max_length(field: FieldSpec) -> int | None:
    """Return the most characters that a text value may have; None for types that are not text."""
    if field.type == "enum":
        return max((len(v) for v in field.values), default=1)
    if field.type not in _LENGTHS:
        return None
    length = field.max_length or _LENGTHS[field.type]
    return min(length, INDEXABLE_LENGTH) if field.unique else length


def pattern(field: FieldSpec) -> str | None:
    """Return the regular expression that a text value must match, if any."""
    return field.pattern or (PHONE_PATTERN if field.type == "phone" else None)


def precision(field: FieldSpec) -> int:
    """Return how many digits a decimal column keeps in all: 12 for money."""
    return WHOLE_DIGITS + field.scale


def largest(scale: int) -> float:
    """Return the largest decimal that fits: 9999999999.99 for scale 2."""
    return float(f"{'9' * WHOLE_DIGITS}.{'9' * scale}") if scale else float("9" * WHOLE_DIGITS)
