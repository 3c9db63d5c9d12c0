"""The kinds of business rules: one module a kind, one line each in `RULES`."""

from __future__ import annotations

from backend_agent.artifacts.rules import Rule
from backend_agent.rules import (
    derived,
    filter,  # noqa: A004 - the kind's name
    lifecycle,
    ownership,
    public,
    range,  # noqa: A004 - the kind's name
    role,
    search,
    sort,
    toggle,
    unique,
)
from backend_agent.rules.kind import RuleKind

RULES: tuple[RuleKind, ...] = (
    ownership.KIND,
    role.KIND,
    public.KIND,
    lifecycle.KIND,
    unique.KIND,
    range.KIND,
    derived.KIND,
    toggle.KIND,
    search.KIND,
    filter.KIND,
    sort.KIND,
)
"""All kinds, in the order in which they are read and listed."""


def kind_of(rule: Rule) -> RuleKind:
    """Return the kind of a rule; raises `KeyError`."""
    for kind in RULES:
        if kind.name == rule.kind:
            return kind
    raise KeyError(rule.kind)


def says(rule: Rule) -> str:
    """Return a rule as one plain sentence."""
    return str(kind_of(rule).says(rule))
