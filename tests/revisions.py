"""Revisions of the bookshop: each sentence in other words, each left out, and a dozen that mean another thing."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

BOOKSHOP = Path(__file__).parents[1] / "examples" / "bookshop.yaml"
WORDING: dict[str, str] = {
    "Customers can register and log in.": "Customers are able to register and to log in.",
    "A book has a title, a unique ISBN of 13 digits, a price, a publication date and a number in stock.": (
        "Each book has a title, a unique ISBN of 13 digits, a price, a publication date and a number in stock."
    ),
    "A book is written by one or more authors; an author has a name and a biography.": (
        "Every book is written by one or more authors; each author has a name and a biography."
    ),
    "A book belongs to a category; categories form a tree.": "Each book belongs to a category; categories form a tree.",
    "Anyone can browse and search books by title, author or category.": (
        "Everyone can browse and search books by title, author or category."
    ),
    "Customers have a cart with books and quantities.": "A customer has a cart with books and quantities.",
    "Customers can check out their cart, which creates an order and reduces the stock. An order cannot be placed for "
    "more copies than are in stock.": (
        "A customer can check out their cart, which creates an order and reduces the stock. An order cannot be placed "
        "for more copies than are in stock."
    ),
    "An order is pending, paid, shipped, delivered or cancelled. Customers can cancel their own pending orders.": (
        "Each order is pending, paid, shipped, delivered or cancelled. Customers may cancel their own pending orders."
    ),
    "Customers can review a book they have bought, with a rating from 1 to 5 and a comment, once per book.": (
        "Customers may review a book they have bought, with a rating from 1 to 5 and a comment, once per book."
    ),
    "Only administrators can create, update or delete books, authors and categories, and mark orders as shipped or "
    "delivered.": (
        "Only an administrator can create, update or delete books, authors and categories, and mark orders as shipped "
        "or delivered."
    ),
    "Customers receive an email when their order is shipped.": (
        "Customers receive an email as soon as their order is shipped."
    ),
    "JWT authentication": "Authentication by JWT",
    "Role based access control": "Access control that is role based",
    "CORS for the web shop": "CORS for our web shop",
    "Stripe payments": "Payments by Stripe",
    "SMTP email": "Email by SMTP",
}
"""By sentence: the same in other words."""
MEANING: tuple[tuple[str, str], ...] = (
    ("a rating from 1 to 5", "a rating from 1 to 10"),
    ("a unique ISBN of 13 digits", "a unique ISBN of 10 digits"),
    ("a name and a biography", "a name, a birth date and a biography"),
    ("a publication date and a number in stock", "a publication date, a number of pages and a number in stock"),
    ("a price, a publication date", "a publication date"),
    ("by title, author or category", "by title or category"),
    ("paid, shipped, delivered or cancelled", "paid, packed, shipped, delivered or cancelled"),
    ("Only administrators can create", "Only administrators and editors can create"),
    ("and a comment, once per book", "and a comment of at most 500 characters, once per book"),
    ("categories form a tree", "a category has a color; categories form a tree"),
    ("with books and quantities", "with books, quantities and a note"),
    ("A book is written by one or more authors", "A book has a publisher and is written by one or more authors"),
    ("Customers can cancel their own pending orders", "Customers can cancel their own pending or paid orders"),
)
"""What is said in a sentence, and what is said instead: a bound, a field, a role, a state, an entity."""
_LISTS = ("requirements", "security_requirements", "integration_requirements")


class Revision(NamedTuple):
    """One changed task."""

    kind: str
    """`wording`, `removal` or `meaning`."""
    what: str
    task: dict[str, Any]


def bookshop() -> dict[str, Any]:
    """Return the task as it is."""
    task: dict[str, Any] = yaml.safe_load(BOOKSHOP.read_text(encoding="utf-8"))
    return task


def revisions() -> Iterator[Revision]:
    """Yield all of them; raises `LookupError` when a sentence of the example has no other wording here."""
    task = bookshop()
    for name in _LISTS:
        for number, sentence in enumerate(task[name]):
            yield Revision("wording", f"{sentence[:40]} (in other words)", _with(task, name, number, WORDING[sentence]))
            yield Revision("removal", f"{sentence[:40]} (left out)", _with(task, name, number, None))
    for old, new in MEANING:
        number = next(i for i, sentence in enumerate(task["requirements"]) if old in sentence)
        changed = task["requirements"][number].replace(old, new)
        yield Revision("meaning", f"{old} -> {new}", _with(task, "requirements", number, changed))


def _with(task: Mapping[str, Any], name: str, number: int, sentence: str | None) -> dict[str, Any]:
    """Return a task with one sentence of a list changed, or left out."""
    changed = copy.deepcopy(dict(task))
    changed[name][number : number + 1] = [] if sentence is None else [sentence]
    return changed
