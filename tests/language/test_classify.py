"""Category, priority and complexity of a statement."""

import pytest

from backend_agent.language import classify


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A book has a title and a price.", "data"),
        ("Users can create projects.", "functional"),
        ("The product shall respond within 2 seconds.", "performance"),
        ("Passwords must be hashed.", "security"),
        ("Only managers can approve holidays.", "security"),
        ("After three failed logins the account is locked out.", "security"),
        ("The website shall be available 24 hours a day.", "operations"),
        ("The interface should be intuitive to use.", "operations"),
        ("Customers receive an email when the parcel is sent.", "integration"),
        ("The system shall display the list of open orders.", "functional"),
    ],
)
def test_category(text: str, expected: str) -> None:
    assert classify.category(text, "requirements") == expected


def test_the_source_decides_where_it_can() -> None:
    assert classify.category("Audit logging", "security_requirements") == "security"
    assert classify.category("Stripe payments", "integration_requirements") == "integration"


def test_priority_follows_the_modal() -> None:
    texts = ("Users must log in.", "Users can log in.", "Users may add a note.", "It never fails.")
    assert [classify.priority(t, "requirements") for t in texts] == ["high", "medium", "low", "high"]


def test_complexity_grows() -> None:
    assert classify.complexity("A book has a title.") == "low"
    assert classify.complexity("Users can only see their own tasks.") == "medium"
    assert (
        classify.complexity("Payments are approved by a different employee, and concurrent transfers never overlap.")
        == "high"
    )
