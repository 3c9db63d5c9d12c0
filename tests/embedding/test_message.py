"""A message read: what is pasted, the name, and sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_agent.embedding.message import a_name, read
from backend_agent.errors import UserError


@pytest.mark.parametrize(
    ("text", "name", "sentences"),
    [
        ("Build me a backend for a dog-walking service where owners book walkers and rate them. A dog has a name.",
         "Dog-walking service", ["Owners book walkers and rate them.", "A dog has a name."]),
        ("Create a bookshop API with books, authors and reviews", "Bookshop",
         ["Users can manage books, authors and reviews."]),
        ('Please build me a backend called "Pawtrail" that lets owners book walkers.', "Pawtrail",
         ["Owners can book walkers."]),
        ("Can you make a simple REST API to manage invoices?", "", ["Users can manage invoices."]),
        ("Build me a backend for a dog-walking service where owners book walkers ...", "Dog-walking service",
         ["Owners book walkers."]),
        ("I need a backend", "", []),
        ("I want a to-do app", "To-do app", []),
        ("Build a booking platform for vets:\n- Customers can book visits.\n- A visit has a date.", "Booking platform",
         ["Customers can book visits.", "A visit has a date."]),
        ("Build me a backend for a bookshop:\n\nCustomers can:\n- order books\n- review books\n\nUse PostgreSQL.",
         "Bookshop", ["Customers can order books", "Customers can review books", "Use PostgreSQL."]),
        ("Build me a todo service named Listy where users create tasks", "Listy", ["Users create tasks."]),
        ("# Shop\n\nA book has a title.", "Shop", ["A book has a title."]),
        ("It is called Pawtrail. A dog has a name.", "Pawtrail", ["A dog has a name."]),
        ("Build a service that sends emails to customers", "", ["The service sends emails to customers."]),
        ("Add a field weight to dogs.", "", ["Add a field weight to dogs."]),
        ("Make the service faster", "", ["Make the service faster"]),
        ("Hello! What can you do?", "", []),
        ("", "", []),
    ],
)  # fmt: skip
def test_prose(text: str, name: str, sentences: list[str]) -> None:
    said = read(text)
    assert (said.name, list(said.sentences), said.fields) == (name, sentences, {})


@pytest.mark.parametrize(
    "text",
    [
        "Here is the task:\n```yaml\nproject_name: Shop\nrequirements:\n  - A book has a title.\n```\n",
        "```\nproject_name: Shop\nrequirements: [A book has a title.]\n```",
        'Build this:\n```json\n{"project_name": "Shop", "requirements": ["A book has a title."]}\n```',
        '{"project_name": "Shop", "requirements": ["A book has a title."]}',
        "project_name: Shop\nrequirements:\n  - A book has a title.",
    ],
)
def test_a_task_may_be_pasted(text: str) -> None:
    said = read(text)
    assert said.fields["project_name"] == "Shop"
    assert [statement["text"] for statement in said.fields["requirements"]] == ["A book has a title."]
    assert said.sentences == ()


def test_what_is_said_beside_a_pasted_task_counts_too() -> None:
    said = read("Use cursor pagination.\n```yaml\nproject_name: Shop\nrequirements: [A book has a title.]\n```")
    assert said.sentences == ("Use cursor pagination.",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("```yaml\nproject_name: [\n```", "the task in the message"),
        ('{"project_name": "Shop",', "not valid JSON"),
        ("project_name: !!python/object:os.system x", "the task in the message"),
        ("project_name: Shop\x07", "control character"),
    ],
)
def test_a_task_that_cannot_be_read_is_one_line(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It's called Pawtrail.", "Pawtrail"),
        ("pawtrail", "Pawtrail"),
        ('"Paw trail"', "Paw trail"),
        ("../../etc", "Etc"),
        ("???", ""),
        ("", ""),
    ],
)
def test_an_answer_to_what_it_is_called(text: str, name: str) -> None:
    assert a_name(text) == name


_WORDS = "build me a backend for called where with ``` yaml : { } \" ' # - dogs. walkers! project_name: é 漢".split()
_PIECES: Any = st.sampled_from([*_WORDS, "\n", "\n\n", "\x00"])


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=40).map(" ".join)))
def test_no_message_is_a_bug(text: str) -> None:
    try:
        said = read(text)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert len(said.name) <= 80
        assert all(sentence.strip() for sentence in said.sentences)
