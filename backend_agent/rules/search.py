"""Search: rows are found by words in some fields."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import Rule, SearchRule
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.phrases import split_list
from backend_agent.rules.kind import RuleKind, listed

VERBS = frozenset("search find look_up lookup query discover look".split())
_BY = re.compile(r"(?i)\b(?:by|on|using|via|through|with)\s+(?:their\s+|its\s+|the\s+|an?\s+)?(?P<list>.+)$")
_TEXT = ("string", "text", "email")
_NAMES = ("name", "title", "full_name", "display_name", "label", "subject", "code")


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read which rows can be found by which words."""
    if not VERBS & set(clause.verbs) or clause.negated:
        return []
    found: list[Rule] = []
    phrases = clause.subjects if clause.passive else clause.objects
    rest = re.sub(r"(?i)^for\s+", "", clause.rest)
    entities = [e for p in phrases if (e := draft.find(p))]
    if (
        not entities
        and clause.rest.lower().startswith("for ")
        and (entity := draft.find(re.split(r"(?i)\s+(?:by|with|on|in)\s+", rest)[0]))
    ):
        entities = [entity]
    match = _BY.search(rest)
    for entity in entities:
        texts = split_list(match["list"]) if match else []
        paths = []
        unknown = []
        for text in texts:
            path = path_of(entity, text, draft)
            if path is None and not _exact(entity, text, draft):
                path = draft.imply_field(entity, text, clause.requirement)
                unknown += [] if path else [text]
            paths += [path] if path else []
        if not texts:
            paths = default_fields(entity, draft)
        if unknown and texts:
            draft.leave(
                clause.requirement,
                "searching by what is no text field of the thing, nor of one it refers to, is no rule kind of today",
                f"{clause.verbs[-1].replace('_', ' ')} by {listed(unknown)}",
            )
        if paths:
            found.append(SearchRule(entity=entity, fields=list(dict.fromkeys(paths)), cites=[clause.requirement]))
    return found


def _exact(entity: str, text: str, draft: Draft) -> bool:
    """Whether it is a value that a filter finds."""
    name = draft.field_in(entity, text)
    if draft.relation_in(entity, text) is not None:
        return True
    return bool(name and not draft.entities[entity].fields[name].many)


def path_of(entity: str, text: str, draft: Draft) -> str | None:
    """Return the text field that words mean: of the entity, or of one it refers to."""
    cleaned = re.sub(
        r"(?i)^(?:words?|keywords?|text|terms?)\s+(?:in|of)\s+(?:the|its|their)\s+|^(?:the|its|their|an?)\s+",
        "",
        text.strip(),
    )
    cleaned = re.sub(r"(?i)'s\s+", " ", cleaned)
    if draft.find(cleaned) == entity:
        own = [f for f in _NAMES if f in draft.entities[entity].fields]
        return own[0] if own else None
    name = draft.field_in(entity, cleaned)
    if name is not None:
        spec = draft.entities[entity].fields[name]
        if spec.type in _TEXT and not spec.many:
            return name
    if relation := draft.relation_in(entity, cleaned):
        far = draft.field_in(relation.target, cleaned) if "name" in cleaned or "title" in cleaned else None
        for candidate in (far, *_NAMES):
            if (
                candidate
                and candidate in draft.entities.get(relation.target, draft.entities[entity]).fields
                and relation.target != entity
            ):
                return f"{relation.name}.{candidate}"
        if relation.target in draft.entities and not draft.entities[relation.target].fields:
            return f"{relation.name}.name"
    return None


def default_fields(entity: str, draft: Draft) -> list[str]:
    """Return the fields to search when none are named: the first texts."""
    texts = [
        f.name
        for f in draft.entities[entity].fields.values()
        if f.type in ("string", "text") and not f.many and not f.sensitive
    ]
    return [f for f in texts if f in _NAMES or f in ("description", "text", "content", "body")] or texts[:2]


def says(rule: SearchRule) -> str:
    """Return the rule in plain words."""
    shown = [field.replace(".", "'s ") for field in rule.fields]
    return f"{names.plural(rule.entity).replace('_', ' ').capitalize()} are found by words in {listed(shown, 'or')}."


KIND = RuleKind(name="search", rule=SearchRule, title="Search", read=read, says=says)
