"""Sort: a list is ordered by a field."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import Rule, SortRule
from backend_agent.language import lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import viewed
from backend_agent.language.phrases import split_list
from backend_agent.rules.kind import RuleKind, listed

_NEWEST = re.compile(
    r"(?i)\b(?:newest|latest|most recent|recent ones) (?:ones )?(?:come |comes |is |are )?first\b"
    r"|\b(?:reverse )chronological"
)
_OLDEST = re.compile(r"(?i)\b(?:oldest|earliest)(?: ones)? (?:come |comes )?first\b")
_SORTED = re.compile(r"(?i)\b(?:sorted|ordered|ranked|listed)\s+(?:alphabetically\s+)?by\s+(?P<list>[\w ,]+)$")
_DOWN = re.compile(r"(?i)\b(?:descending|highest|most|largest|newest|latest)\b")


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read by what a list can be ordered, and in which order it comes."""
    if clause.negated:
        return []
    entity = draft.focus(clause) or next((e for p in clause.objects if (e := draft.find(viewed(p, clause)))), None)
    if entity is None:
        return []
    if set(clause.verbs) & {"sort", "order", "rank"} and (match := re.search(r"(?i)\bby\s+(?P<list>.+)$", clause.rest)):
        fields = _fields(entity, match["list"], draft)
        default = fields[0] if clause.passive and fields else None
        return _rule(entity, fields, f"-{default}" if default and _DOWN.search(match["list"]) else default, clause)
    if match := _SORTED.search(clause.rest):
        fields = _fields(entity, match["list"], draft)
        return _rule(entity, fields, fields[0] if fields else None, clause)
    if _NEWEST.search(clause.rest) or _OLDEST.search(clause.rest):
        entity = _listed(clause, entity, draft)
        name = _moment(entity, draft)
        if name == "created_at" and not _OLDEST.search(clause.rest):
            return []  # newest first is the order of every list
        return _rule(entity, [name], name if _OLDEST.search(clause.rest) else f"-{name}", clause)
    return []


def _rule(entity: str, fields: list[str], default: str | None, clause: Clause) -> list[Rule]:
    return [SortRule(entity=entity, fields=fields, default=default, cites=[clause.requirement])] if fields else []


def _fields(entity: str, text: str, draft: Draft) -> list[str]:
    found: list[str] = []
    for part in split_list(re.sub(r"(?i)\b(?:ascending|descending|order|their|its|the)\b", " ", text)):
        name = draft.field_in(entity, part)
        if name is None and re.search(r"(?i)\b(?:creation|created|added|posted|newest|date|latest)\b", part):
            name = "created_at"
        if name and name not in found and (name == "created_at" or not draft.entities[entity].fields[name].many):
            found.append(name)
    return found


def _listed(clause: Clause, entity: str, draft: Draft) -> str:
    """Return what a view shows: the statement of an account lists what happened to it."""
    if clause.objects and clause.objects[0].head in lexicon.VIEWS and draft.find(clause.objects[0]) is None:
        events = [
            r.source
            for r in draft.relations
            if r.target == entity and r.cardinality == "many_to_one" and r.source != entity
        ]
        if len(set(events)) == 1:
            if len(events) > 1:
                held = [
                    r.name.replace("_", " ") for r in draft.relations if r.source == events[0] and r.target == entity
                ]
                draft.leave(
                    clause.requirement,
                    f"one list over two relations ({' and '.join(held)}) is no rule kind of today;"
                    f" the {names.plural(events[0])}"
                    " of the owner are listed",
                    " ".join([clause.objects[0].text, "of", viewed(clause.objects[0], clause)]),
                )
            return events[0]
    return entity


def _moment(entity: str, draft: Draft) -> str:
    """Return the field that says when a row came about."""
    for field in draft.entities[entity].fields.values():
        if field.type == "datetime" and field.server_set:
            return field.name
    return "created_at"


def says(rule: SortRule) -> str:
    """Return the rule in plain words."""
    order = (
        f"; first by {rule.default.lstrip('-').replace('_', ' ')}"
        f"{', descending' if rule.default.startswith('-') else ''}"
        if rule.default
        else ""
    )
    return (
        f"{names.plural(rule.entity).replace('_', ' ').capitalize()} are sorted by {listed(rule.fields, 'or')}{order}."
    )


KIND = RuleKind(name="sort", rule=SortRule, title="Sorting", read=read, says=says)
