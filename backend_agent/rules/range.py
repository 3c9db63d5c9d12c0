"""Range: a value has bounds, or one value lies behind another."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import RangeRule, Rule
from backend_agent.language import fields
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.phrases import noun_phrase
from backend_agent.language.structure import Structure
from backend_agent.rules.kind import RuleKind

_PAIRS = (("start", "end"), ("begin", "end"), ("starts", "ends"), ("from", "to"), ("valid_from", "valid_to"),
          ("departure", "arrival"),
          ("check_in", "check_out"), ("opening", "closing"), ("minimum", "maximum"), ("issue", "expiry"))  # fmt: skip
_AFTER = re.compile(
    r"(?i)^(?P<later>[\w' -]+?)\s+(?:must|has to|should|shall|is|can|may|cannot"
    r"|needs to)?\s*(?P<no>not|never)?\s*(?:be|lie|come|fall)?\s*"
    r"(?P<how>after|later than|greater than|behind|before|earlier than)\s+(?P<earlier>(?:the|its|their|it)\b[\w' -]*)$"
)


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read bounds that the words state, and pairs of which one ends what the other starts."""
    found: list[Rule] = []
    cite = clause.requirement
    if clause.verb not in ("be", "become", "fall", "go", "drop", "exceed", "lie"):
        for item in fields.split_attributes(clause.rest):
            limit = fields.bounds(item)
            if limit and not fields.lengths(item):
                found += _on_field(item, limit, clause, draft)
    elif found := _ordered(clause, draft):
        return found
    else:
        text = f"{'not ' if clause.negated else ''}{clause.verb} {clause.rest}"
        limit = _upper(clause) or fields.bounds(text)
        entity, name = (
            Structure(draft).locate(clause.subjects[0], draft.focus(clause))
            if limit and clause.subjects
            else (None, None)
        )
        if entity and name and draft.entities[entity].fields[name].type in ("integer", "decimal"):
            draft.set_field(
                entity, name, cite if cite not in draft.entities[entity].fields[name].cites else "", **limit
            )
            found.append(RangeRule(entity=entity, field=name, cites=[cite], **limit))
    return found + _pairs(clause, draft)


def _upper(clause: Clause) -> dict[str, float]:
    """Read `cannot exceed 10`."""
    if clause.verb == "exceed" and clause.negated and (match := re.search(r"\d+(?:\.\d+)?", clause.rest)):
        return {"maximum": float(match[0])}
    return {}


def _on_field(item: str, limit: dict[str, float], clause: Clause, draft: Draft) -> list[Rule]:
    """Find the field that an item such as `a rating from 1 to 5` became."""
    text = re.split(r"(?i)\bwith\s+", item)[-1]
    for entity in draft.citing(clause.requirement):
        name = draft.field_in(entity.name, text) or next(
            (
                f.name
                for f in entity.fields.values()
                if f.name in ("score", "stars") and clause.verb in ("rate", "score")
            ),
            None,
        )
        if name is None:
            continue
        spec = entity.fields[name]
        if (
            clause.requirement in spec.cites
            and spec.type in ("integer", "decimal")
            and _agrees(limit, spec.minimum, spec.maximum)
        ):
            return [RangeRule(entity=entity.name, field=name, cites=[clause.requirement], **limit)]
    return []


def _agrees(limit: dict[str, float], low: float | None, high: float | None) -> bool:
    return limit.get("minimum", low) == low and limit.get("maximum", high) == high


def _ordered(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `the end date must be after the start date`."""
    match = _AFTER.match(
        f"{clause.subject} {clause.modal} {'not ' if clause.negated else ''}{clause.verb} {clause.rest}".replace(
            "  ", " "
        )
    )
    if not match:
        return []
    first, second = noun_phrase(match["later"]), noun_phrase(match["earlier"])
    for entity in draft.entities:
        one, two = draft.field_in(entity, " ".join(first.words)), draft.field_in(entity, " ".join(second.words))
        if one and two and one != two:
            backwards = match["how"].lower() in ("before", "earlier than") and not match["no"] and not clause.negated
            negated_after = bool(match["no"]) and match["how"].lower() not in ("before", "earlier than")
            later, earlier = (two, one) if backwards or negated_after else (one, two)
            return [RangeRule(entity=entity, field=later, after=earlier, cites=[clause.requirement])]
    return []


def _pairs(clause: Clause, draft: Draft) -> list[Rule]:
    """What has a start and an end ends after it starts."""
    found: list[Rule] = []
    for entity in draft.citing(clause.requirement):
        for first, second in _PAIRS:
            for name, spec in entity.fields.items():
                if not (name == first or name.startswith(f"{first}_")) or clause.requirement not in spec.cites:
                    continue
                other = entity.fields.get(second + name[len(first) :])
                comparable = (
                    other
                    and other.type == spec.type
                    and spec.type in ("date", "datetime", "time", "integer", "decimal")
                )
                if other and comparable and clause.requirement in other.cites and _mentions(clause, second):
                    found.append(
                        RangeRule(entity=entity.name, field=other.name, after=name, cites=[clause.requirement])
                    )
    return found


def _mentions(clause: Clause, word: str) -> bool:
    return word.split("_", maxsplit=1)[0] in clause.rest.lower()


def says(rule: RangeRule) -> str:
    """Return the rule in plain words."""
    what = f"The {rule.field.replace('_', ' ')} of a {names.title(rule.entity)}"
    if rule.after:
        return f"{what} lies after its {rule.after.replace('_', ' ')}."
    low = "" if rule.minimum is None else f"{'greater than' if rule.exclusive_minimum else 'at least'} {rule.minimum:g}"
    high = "" if rule.maximum is None else f"at most {rule.maximum:g}"
    return f"{what} is {' and '.join(part for part in (low, high) if part)}."


KIND = RuleKind(name="range", rule=RangeRule, title="Ranges", read=read, says=says)
