"""Filter: a list is narrowed by exact values."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import FilterRule, Rule
from backend_agent.language import lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.phrases import split_list
from backend_agent.rules import search
from backend_agent.rules.kind import RuleKind, listed

_BY = re.compile(r"(?i)\b(?:filtered\s+)?by\s+(?P<list>.+?)(?:,?\s+(?:and\s+)?(?:sorted|ordered)\b.*)?$")


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read by which values a list can be narrowed."""
    verbs = set(clause.verbs)
    filters = "filter" in verbs or (
        not verbs & search.VERBS
        and verbs & {"list", "view", "see", "browse", "group", "select"}
        and re.search(r"(?i)\bby\b", clause.rest)
    )
    if clause.negated or not (filters or verbs & search.VERBS):
        return []
    match = _BY.search(clause.rest)
    entity = draft.focus(clause)
    if match is None or entity is None or (not filters and not verbs & search.VERBS):
        return []
    fields: list[str] = []
    missing: list[str] = []
    for text in split_list(re.sub(r"(?i)\bby\s+", "", match["list"])):
        cleaned = re.sub(r"(?i)^(?:the|its|their|an?|whether (?:it|they) (?:is|are))\s+", "", text)
        name = draft.field_in(entity, cleaned)
        relation = draft.relation_in(entity, cleaned)
        if "filter" not in verbs and not (verbs & lexicon.READ and filters) and search.path_of(entity, text, draft):
            continue
        if name and not draft.entities[entity].fields[name].many and draft.entities[entity].fields[name].type != "text":
            fields.append(name)
        elif relation:
            fields.append(relation.name)
        elif "filter" in verbs:
            implied = draft.imply_field(entity, cleaned, clause.requirement)
            fields += [implied] if implied else []
            missing += [] if implied else [text]
    if missing:
        draft.leave(
            clause.requirement,
            "filtering by something that is no field or relation of the thing is no rule kind of today",
            f"filter by {listed(missing)}",
        )
    return [FilterRule(entity=entity, fields=list(dict.fromkeys(fields)), cites=[clause.requirement])] if fields else []


def says(rule: FilterRule) -> str:
    """Return the rule in plain words."""
    return f"{names.plural(rule.entity).replace('_', ' ').capitalize()} are filtered by {listed(rule.fields, 'or')}."


KIND = RuleKind(name="filter", rule=FilterRule, title="Filters", read=read, says=says)
