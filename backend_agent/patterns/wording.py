"""Wording: entities and lists as people say them."""

from __future__ import annotations

from collections.abc import Iterable

from backend_agent.names import article, plural, title


def things(entity: str) -> str:
    """Return the plural for people: `OrderItem` -> `order items`."""
    words = title(entity)
    return words if words.endswith(("staff", "personnel")) else title(plural(entity))


def one(entity: str) -> str:
    """Return one of something with its article: `Order` -> `an order`."""
    return article(title(entity))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 transition`, `3 transitions`."""
    return f"{number} {noun if number == 1 else title(plural(noun))}"


def listed(words: Iterable[str], limit: int = 6) -> str:
    """Return words as a list for people: `books, authors and categories`; a long one says how many more there are."""
    items = list(dict.fromkeys(words))
    if len(items) > limit:
        return ", ".join(items[:limit]) + f" and {len(items) - limit} more"
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def cited(*groups: Iterable[str]) -> list[str]:
    """Return the R-ids of all groups, each once, in order of their numbers."""
    return sorted({c for group in groups for c in group}, key=lambda c: (len(c), c))


def sentence(text: str) -> str:
    """Return the text with a capital first letter and a full stop."""
    text = text.strip()
    return (text[:1].upper() + text[1:]).rstrip(".") + "." if text else ""
