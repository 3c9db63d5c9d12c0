"""Attributes in words become typed fields."""

from typing import Any

import pytest

from backend_agent.language.fields import bounds, enumeration, field, split_attributes


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("a title of at most 200 characters", {"name": "title", "type": "string", "max_length": 200}),
        ("an optional description", {"name": "description", "type": "text", "optional": True}),
        ("a unique ISBN of 13 digits", {"name": "isbn", "unique": True, "pattern": "^[0-9]{13}$", "min_length": 13}),
        ("a priority (low, medium or high)", {"name": "priority", "type": "enum", "values": ["low", "medium", "high"]}),
        ("a status of active, frozen or closed", {"name": "status", "values": ["active", "frozen", "closed"]}),
        ("a completed flag", {"name": "completed", "type": "boolean", "default": False}),
        ("a number in stock", {"name": "stock", "type": "integer", "minimum": 0}),
        ("a number of pages", {"name": "page_count", "type": "integer"}),
        ("a maximum number of students", {"name": "maximum_students", "type": "integer"}),
        ("a rating from 1 to 5", {"name": "rating", "type": "integer", "minimum": 1, "maximum": 5}),
        ("an amount greater than zero", {"type": "decimal", "minimum": 0, "exclusive_minimum": True}),
        ("hours greater than 0 and at most 24", {"type": "decimal", "exclusive_minimum": True, "maximum": 24}),
        ("an IBAN", {"name": "iban", "unique": True, "max_length": 34}),
        ("a licence plate of 6 to 8 characters", {"name": "licence_plate", "min_length": 6, "max_length": 8}),
        ("a phone number", {"type": "phone", "sensitive": True}),
        ("a tooth number", {"type": "integer", "minimum": 1}),
        ("a policy number", {"type": "string"}),
        ("date of birth", {"name": "date_of_birth", "type": "date", "sensitive": True}),
        ("a list of tags", {"name": "tags", "type": "string", "many": True}),
        ("optional images", {"name": "images", "type": "url", "many": True, "optional": True}),
        ("whether it is active", {"name": "active", "type": "boolean"}),
        ("the date and time of arrival", {"name": "arrival_time", "type": "datetime"}),
        ("a date on which the membership expires", {"name": "membership_expires_on", "type": "date"}),
        ("a time", {"name": "thing_time", "type": "datetime", "server_set": True}),
        ("published_date", {"name": "published_date", "type": "date"}),
        ("capacity (integer)", {"name": "capacity", "type": "integer"}),
        ("a class", {"name": "thing_class", "type": "string"}),
    ],
)
def test_field(item: str, expected: dict[str, Any]) -> None:
    found = field(item, "Thing", ["R-001"])
    assert found is not None
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.cites == ["R-001"]


def test_attribute_lists_keep_enumerations_and_bounds_whole() -> None:
    assert split_attributes("an IBAN, a balance and a status of active, frozen or closed") == [
        "an IBAN", "a balance", "a status of active, frozen or closed",
    ]  # fmt: skip
    assert split_attributes("a score between 0 and 100, a note") == ["a score between 0 and 100", "a note"]
    assert split_attributes("a start and end time") == ["a start time", "end time"]


def test_enumerations_are_bare_words_only() -> None:
    assert enumeration("placed, picked up or delivered") == ["placed", "picked_up", "delivered"]
    assert enumeration("a title and a name") == []
    assert enumeration("alone") == []


def test_bounds() -> None:
    assert bounds("never become negative") == {"minimum": 0}
    assert bounds("from 5 to 1") == {}
    assert bounds("at least 3") == {"minimum": 3}


@pytest.mark.parametrize("item", ["", "📚", "книга", "-- ", "'; DROP TABLE users; --", "1 2 3"])
def test_what_gives_no_name_gives_no_field(item: str) -> None:
    found = field(item, "Thing", ["R-001"])
    assert found is None or found.name.isascii()
