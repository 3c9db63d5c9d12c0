"""Unique: no two rows share some fields (`once per book`)."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import Rule, UniqueRule
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import grants
from backend_agent.language.nouns import nominal
from backend_agent.language.phrases import noun_phrase, split_list
from backend_agent.rules.kind import RuleKind, listed

_ONCE = re.compile(
    r"(?i)\b(?:only\s+|at most\s+)?(?:once|one time)\b(?!\s+(?:it|they|he|she|the|an?)\b)(?:\s+(?:per"
    r"|for each|for every|for|in each|a)\s+(?P<what>\w+))?"
)
_UNIQUE_PER = re.compile(
    r"(?i)\bunique\s+(?:per|within|in|for|inside|across|by)\s+(?:an?|the|each|every|its|their)?\s*(?P<what>[\w ]+)$"
)
_TOGETHER = re.compile(
    r"(?i)\b(?:combination|pair) of\s+(?P<list>.+?)\s+(?:must be|is|has to be|should be|shall be)\s+unique"
)
_NO_TWO = re.compile(
    r"(?i)\bno two\s+(?P<things>\w+(?: \w+)?)\s+(?:may|can|must|should|shall)?\s*(?:have"
    r"|share)\s+the same\s+(?P<list>.+)$"
)
_TIMES = frozenset("day week month year hour time".split())


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read what may exist only once."""
    found: list[Rule] = _in_containers(clause, draft)
    if match := _NO_TWO.search(clause.text):
        entity = draft.find(noun_phrase(match["things"]))
        if entity:
            found += _rule(entity, _members(entity, split_list(match["list"]), draft), clause)
    elif (match := _TOGETHER.search(clause.text)) and "unique" in clause.text:
        text = match["list"]
        named, _, owner = text.rpartition(" of ")
        entity = draft.find(owner) if named else draft.focus(clause)
        if entity:
            found += _rule(entity, _members(entity, split_list(named or text), draft), clause)
    elif match := _UNIQUE_PER.search(clause.rest):
        found += _within(clause, match["what"], draft)
    elif (match := _ONCE.search(clause.rest)) and not clause.passive and match["what"] not in _TIMES:
        found += _once(clause, draft)
    return found


def _rule(entity: str, members: list[str], clause: Clause) -> list[Rule]:
    return [UniqueRule(entity=entity, fields=members, cites=[clause.requirement])] if members else []


def _members(entity: str, texts: list[str], draft: Draft) -> list[str]:
    found: list[str] = []
    for text in texts:
        relation = draft.relation_in(entity, text)
        name = relation.name if relation and relation.cardinality != "many_to_many" else draft.field_in(entity, text)
        if name and name not in found:
            found.append(name)
    return found if len(found) == len(texts) else []


def _within(clause: Clause, what: str, draft: Draft) -> list[Rule]:
    """Read `the name of a label is unique per user`."""
    subject = clause.subjects[0] if clause.subjects else None
    if subject is None:
        return []
    owner = re.match(r"(?i)of (?:an? |the |each )?([\w ]+)$", subject.tail)
    entity = draft.find(owner[1]) if owner else draft.find(" ".join(subject.words[:-1]))
    if entity is None:
        return []
    return _rule(entity, _members(entity, [" ".join(subject.words), what], draft), clause)


def _once(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `customers can review a book, once per book`."""
    for verb in clause.verbs:
        made = draft.find(kept) if (kept := nominal(verb, clause.rest)) else None
        entity = made or next((g.entity for g in grants(clause, draft)), None)
        if entity is None:
            continue
        actors = [draft.entity_of_actor(a) for a in draft.actors_in(clause)]
        held = [r for r in draft.relations_from(entity) if r.cardinality == "many_to_one"]
        mine = [r.name for r in held if r.target in actors][:1]
        other = [r.name for r in held if r.target not in actors and clause.requirement in r.cites][:1]
        if mine and other:
            return _rule(entity, [*mine, *other], clause)
    return []


def _in_containers(clause: Clause, draft: Draft) -> list[Rule]:
    """A thing stands in a container once, with its quantity."""
    found: list[Rule] = []
    for entity in draft.citing(clause.requirement):
        if clause.requirement not in entity.cites or not entity.name.endswith(("Item", "Line", "Position")):
            continue
        quantity = entity.fields.get("quantity")
        if quantity is None or clause.requirement not in quantity.cites or "quantit" not in clause.rest.lower():
            continue
        held = draft.relations_from(entity.name)
        owner = next((r.name for r in held if r.owned), None)
        others = [r.name for r in held if not r.owned and clause.requirement in r.cites]
        if owner and len(others) == 1:
            found += _rule(entity.name, [owner, others[0]], clause)
    return found


def says(rule: UniqueRule) -> str:
    """Return the rule in plain words."""
    return f"No two {names.plural(rule.entity).replace('_', ' ')} have the same {listed(rule.fields)}."


KIND = RuleKind(name="unique", rule=UniqueRule, title="Uniqueness", read=read, says=says)
