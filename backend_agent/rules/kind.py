"""What a kind of business rule is: how it looks in text, and what it says in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend_agent.artifacts.rules import Rule
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft


@dataclass(frozen=True)
class RuleKind:
    """One kind of business rule.

    `read` is given one clause at a time, with all entities, fields and relations known; it returns the rules that the
    clause states, each citing the clause's requirement. `says` puts a rule of this kind into one plain sentence.
    """

    name: str
    """The rule's `kind`."""
    rule: type[Any]
    """The rule's type in `artifacts.rules`."""
    title: str
    read: Callable[[Clause, Draft], list[Rule]]
    says: Callable[[Any], str]


def listed(items: list[str], last: str = "and") -> str:
    """Return items as an enumeration: `a, b and c`; underscores become spaces."""
    shown = [item.replace("_", " ") for item in items]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"
