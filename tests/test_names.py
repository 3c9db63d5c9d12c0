"""Names: what is reserved, and what would clash."""

from __future__ import annotations

import pytest

from backend_agent import names


@pytest.mark.parametrize("ending", names.CLASS_ENDINGS)
def test_no_entity_is_called_like_what_another_one_brings(ending: str) -> None:
    assert names.class_clashes(["User", f"Book{ending}", "Book"]) == {f"Book{ending}": f"Book{ending}Record"}


def test_names_that_differ_stay() -> None:
    assert names.class_clashes(["User", "Book", "BookShelf", "Series", "Person"]) == {}


def test_entities_with_the_same_table_are_told_apart() -> None:
    assert names.class_clashes(["New", "News"]) == {"News": "NewsRecord"}


def test_no_table_is_a_word_of_sql() -> None:
    found = names.class_clashes(["Value", "Reference", "Group"])
    assert found == {"Value": "ValueRecord", "Reference": "ReferenceRecord"}


def test_a_new_name_clashes_with_nothing_either() -> None:
    found = names.class_clashes(["Book", "BookDraft", "BookDraftRecord"])
    assert found == {"BookDraft": "BookDraftRecordRecord"}


@pytest.mark.parametrize("name", ["dt", "sa"])
def test_names_of_imported_modules_are_no_fields(name: str) -> None:
    assert names.field_name(name, "Book") == f"book_{name}"


@pytest.mark.parametrize("text", ["id", "ID", "book id"])
def test_no_field_is_called_like_the_own_id(text: str) -> None:
    assert names.field_name(text, "Book") == "book_identifier"


def test_a_reserved_field_of_a_long_owner_stays_short_enough() -> None:
    name = names.field_name("version", "RequestLogEntryOfThePreviousQuarterOfTheYear")
    assert name == "request_log_entry_of_the_previous_quarte_version"
    assert len(name) <= names.MAX_LENGTH


@pytest.mark.parametrize("name", ["Keyset", "HttpUrl", "APIRouter", "UserQuery", "AuditRepository"])
def test_classes_of_the_service_are_no_entities(name: str) -> None:
    assert name in names.RESERVED_CLASSES
