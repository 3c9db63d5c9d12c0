"""Values computed from related rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from backend_agent.artifacts.api import Property
from backend_agent.artifacts.domain import Relation
from backend_agent.artifacts.rules import DerivedRule
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject


@dataclass(frozen=True)
class Part:
    """One related row, as source."""

    target: str
    """A row that it refers to, made first; may be empty."""
    make: str
    value: Decimal


def cases(s: Subject) -> Iterator[Case]:
    """Yield a test for each derived value of one entity (those over toggles come with the toggle)."""
    for rule in [r for r in s.rules if isinstance(r, DerivedRule)]:
        relation = next((r for r in s.suite.domain.relations_to(s.name) if r.inverse == rule.relation), None)
        if relation is None or rule.function == "exists" or not s.suite.has(relation.source):
            continue
        child = s.suite.subject(relation.source)
        shown = next((p for p in s.read_model if rule.field in (p.field, p.name)), None)
        parts = _parts(s, child, relation, rule)
        if shown is None or parts is None:
            continue
        first = _default_part(s, child, rule)
        values = [*first, *(p.value for p in parts)]
        yield s.case(
            f"test_{rule.field}_of_{s.snake}",
            f"The {rule.field.replace('_', ' ')} of {s.one} is the {rule.function} over its {child.titles}",
            "derived",
            cites=rule.cites,
            name=s.wire(shown.name),
            parts=parts,
            expected=_expected(rule, values),
            empty=None if first else ("None" if rule.function == "average" else "0"),
            read=s.endpoint("read"),
            listing=s.endpoint("list") if child is not s else None,
        )


def _expected(rule: DerivedRule, values: list[Decimal]) -> str:
    if rule.function == "count":
        return str(len(values))
    total = sum(values, Decimal(0))
    return f"{total / len(values) if rule.function == 'average' else total:f}"


def _parts(s: Subject, child: Subject, relation: Relation, rule: DerivedRule) -> list[Part] | None:
    """Return two related rows; None when their factors cannot be set."""
    found = []
    # an average of the first and the third value (or of these and a first one more) has no long fraction
    for index in (0, 3 if _default_part(s, child, rule) else 2):
        target, given, value = "", [], Decimal(1)
        for factor in rule.factors:
            name, _, field = factor.partition(".")
            prop = child.settable(name)
            if prop is None:
                return None
            if not field:
                given.append(f"{child.wire(prop.name)}={child.value(prop, index)}")
                value *= _number(child, prop, index)
                continue
            link = child.relation(name)
            other = s.suite.subject(link.target) if link and s.suite.has(link.target) else None
            inner = other.settable(field) if other else None
            if other is None or inner is None:
                return None
            target = other.make("", f"{other.wire(inner.name)}={other.value(inner, index)}")
            given.append(f"{child.wire(prop.name)}=target.id")
            value *= _number(other, inner, index)
        found.append(Part(target, _make(s, child, relation, given), value))
    return found


def _make(s: Subject, child: Subject, relation: Relation, given: list[str]) -> str:
    if child.parent is s:
        return child.make(s.variable, *given)
    prop = child.settable(relation.name)
    owner = f"{s.variable}.owner" if child.takes_owner and child.owner_role == s.owner_role else ""
    return child.make(owner, f"{child.wire(prop.name) if prop else relation.name}={s.variable}.id", *given)


def _number(subject: Subject, prop: Property, index: int) -> Decimal:
    return Decimal(str(samples.value(prop, index + subject.rank(prop.field))))


def _default_part(s: Subject, child: Subject, rule: DerivedRule) -> list[Decimal]:
    """Return what the part counts that each new row brings with it, when it does."""
    if not any(s.part_of(p) is child for p in s.parts if p.required or p.min_items):
        return []
    value = Decimal(1)
    for factor in rule.factors:
        name, _, field = factor.partition(".")
        link = child.relation(name)
        holder = s.suite.subject(link.target) if field and link and s.suite.has(link.target) else child
        prop = holder.settable(field or name)
        if prop is not None:
            value *= _number(holder, prop, 0)
    return [value]
