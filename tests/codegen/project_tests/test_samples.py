"""Values that are valid, in order; and values with one fault each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backend_agent.artifacts.api import Property
from backend_agent.codegen.project_tests import samples

PROPERTIES = [
    Property(name="title", type="string", min_length=1, max_length=200),
    Property(name="initials", type="string", min_length=2, max_length=3),
    Property(name="isbn", type="string", pattern="^[0-9]{13}$", min_length=13, max_length=13),
    Property(name="phone", type="phone", max_length=32),
    Property(name="price", type="decimal", scale=2, minimum=0, maximum=9_999_999_999.99),
    Property(name="share", type="decimal", scale=3, minimum=0, exclusive_minimum=True, maximum=1),
    Property(name="rating", type="integer", minimum=1, maximum=5),
    Property(name="stock", type="integer", minimum=-(2**31), maximum=2**31 - 1),
    Property(name="born", type="date"),
    Property(name="starts_at", type="datetime"),
    Property(name="opens", type="time"),
    Property(name="email", type="email", max_length=254),
    Property(name="homepage", type="url", max_length=200),
]


def holds(prop: Property, value: samples.Value) -> bool:
    """Whether a value keeps to the bounds of a property."""
    if isinstance(value, str) and prop.type != "decimal":
        return (prop.min_length or 0) <= len(value) <= (prop.max_length or 999)
    number = Decimal(str(value))
    low = (
        prop.minimum is None
        or number > Decimal(str(prop.minimum))
        or (number == Decimal(str(prop.minimum)) and not prop.exclusive_minimum)
    )
    return low and (prop.maximum is None or number <= Decimal(str(prop.maximum)))


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda p: p.name)
def test_values_are_valid_distinct_and_ascending(prop: Property) -> None:
    found = [samples.value(prop, index) for index in range(4)]
    keys = [Decimal(str(v)) if prop.type in ("integer", "decimal") else str(v) for v in found]
    assert keys == sorted(set(keys))  # type: ignore[type-var]
    if prop.type in ("string", "phone", "integer", "decimal"):
        assert all(holds(prop, value) for value in found)


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda p: p.name)
def test_expressions_change_with_the_number_and_stay_valid(prop: Property) -> None:
    source = samples.unique_expression(prop)
    scope = {"day": lambda n: f"2030-01-{n % 28 + 1:02d}", "letters": lambda n, width: "a" * (width - 1) + chr(97 + n)}
    found = [eval(source, scope, {"n": n}) for n in (1, 2)]
    if prop.name not in ("share", "opens", "rating"):
        assert found[0] != found[1]
    if prop.type in ("string", "phone"):
        assert all(holds(prop, value) for value in found)


def test_faults_break_one_constraint_each() -> None:
    names = {p.name: [f.name.removeprefix(f"{p.name}-") for f in samples.faults(p)] for p in PROPERTIES}
    assert names["title"] == ["too-short", "too-long", "nul-character"]
    assert names["isbn"] == ["bad-pattern"]
    assert names["price"] == ["too-small", "too-large", "too-precise", "no-number"]
    assert names["rating"] == ["too-small", "too-large", "no-number"]
    assert names["email"] == ["no-email"]
    tags = Property(name="tags", type="string", many=True, min_items=1)
    assert [f.source for f in samples.faults(tags)] == ['"no list"', "[]"]


@pytest.mark.parametrize(
    "fault", [f for p in PROPERTIES if p.type in ("integer", "decimal") for f in samples.faults(p)]
)
def test_numbers_out_of_bounds_are_out_of_bounds(fault: samples.Fault) -> None:
    prop = next(p for p in PROPERTIES if p.name == fault.property)
    value = eval(fault.source)
    if fault.name.endswith(("too-small", "too-large")):
        assert not holds(prop, value)
