"""Role: only some roles may do something (`only administrators can manage rooms`)."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.artifacts.rules import Operation, RoleRule, Rule
from backend_agent.language import lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import ALL, grants
from backend_agent.language.phrases import NounPhrase, noun_phrases
from backend_agent.rules.kind import RuleKind, listed

_VISIBLE = re.compile(
    r"(?i)^(?:only\s+)?(?:visible|accessible|available|shown|open|restricted|limited|readable)\s+(?P<only>only\s+)?to\s+(?P<only2>only\s+)?"
    r"(?P<who>[\w ,]+?)(?P<only3>\s+only|\s+alone)?$"
)
_VALUE_NOUNS = frozenset(
    "note notes detail details history comment remark data record number salary address price cost".split()
)


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read which roles may do what."""
    if found := _visible(clause, draft):
        return found
    rules: dict[str, RoleRule] = {}
    for grant in grants(clause, draft):
        actor = draft.actors[grant.actor]
        operations = _operations(grant.operations, only=grant.only)
        if not operations or grant.own:
            continue
        if actor.consumer and (not grant.only or draft.owner_path(grant.entity, grant.actor)):
            continue
        roles = [grant.actor]
        if not grant.only:
            roles += [a for a in draft.administrators() if a != grant.actor]
        old = rules.get(grant.entity)
        merged = roles if old is None else [*old.roles, *[r for r in roles if r not in old.roles]]
        rules[grant.entity] = RoleRule(
            entity=grant.entity, operations=operations, roles=merged, cites=[clause.requirement]
        )
    return list(rules.values())


def _operations(given: tuple[Operation, ...], *, only: bool) -> list[Operation]:
    """Whoever makes something keeps it up to date; managing is making, changing and deleting."""
    wanted: set[Operation] = set(given)
    if {"create", "update", "delete"} <= wanted:
        wanted -= {"list", "read"}
    if "create" in wanted and not only:
        wanted.add("update")
    return [o for o in ALL if o in wanted]


def _visible(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `medical notes are visible to practitioners only`: rows, or one field."""
    match = _VISIBLE.match(clause.rest) if clause.verb == "be" and not clause.negated else None
    only_see = clause.only and set(clause.verbs) & lexicon.READ and not clause.passive
    if (match and any(match[k] for k in ("only", "only2", "only3"))) or (
        match and match.group().lower().startswith("only")
    ):
        roles = [a for p in noun_phrases(match["who"]) if (a := draft.find_actor(p))]
        things = clause.subjects
    elif only_see:
        roles, things = draft.actors_in(clause), clause.objects
    else:
        return []
    found: list[Rule] = []
    for thing in things:
        if not roles:
            continue
        entity = draft.find(thing)
        if entity:
            if match:
                found.append(
                    RoleRule(entity=entity, operations=["list", "read"], roles=roles, cites=[clause.requirement])
                )
            continue
        found += _field_rule(thing, roles, clause, draft)
    return found


def _field_rule(thing: NounPhrase, roles: list[str], clause: Clause, draft: Draft) -> list[Rule]:
    cite = clause.requirement
    owner, name = locate(thing, draft)
    if owner is None:
        owner = _subject_of_record(draft)
        if owner is None or thing.head not in _VALUE_NOUNS:
            return []
        label = names.plural(thing.name) if thing.plural else thing.name
        name = str(names.field_name(label, owner))
        draft.add_field(owner, FieldSpec(name=name, type="text", optional=True, sensitive=True, cites=[cite]))
        draft.cite(owner, cite)
        draft.note(f"{thing.text} are read as a field of {names.title(owner)}.")
    if name is None:
        return []
    return [
        RoleRule(
            entity=owner, operations=["list", "read", "create", "update"], roles=roles, fields=[name], cites=[cite]
        ),
        RoleRule(entity=owner, operations=["update"], roles=roles, cites=[cite]),
    ]


def locate(thing: NounPhrase, draft: Draft) -> tuple[str | None, str | None]:
    """Return the entity and field that words such as `the salary of an employee` mean."""
    if match := re.match(r"(?i)of (?:an? |the |each |every )?([\w -]+)$", thing.tail):
        owner = draft.find(match[1])
        return (owner, draft.field_in(owner, " ".join(thing.words))) if owner else (None, None)
    found = [(e, f) for e in draft.entities if (f := draft.field_in(e, " ".join(thing.words)))]
    return found[0] if len(found) == 1 else (None, None)


def _subject_of_record(draft: Draft) -> str | None:
    """Return the person whose records the service keeps: the one that most other things refer to."""
    best, count = None, 0
    for entity in draft.entities:
        head = names.snake(entity).rsplit("_", 1)[-1]
        if head in lexicon.DATA_SUBJECTS and draft.entities[entity].fields:
            score = 1 + sum(r.target == entity for r in draft.relations)
            if score > count and not any(a.profile == entity for a in draft.actors.values()):
                best, count = entity, score
    return best


def says(rule: RoleRule) -> str:
    """Return the rule in plain words."""
    what = names.plural(rule.entity).replace("_", " ")
    if rule.fields:
        return f"Only {listed(rule.roles)} see and set the {listed(rule.fields)} of {what}."
    return f"Only {listed(rule.roles)} may {listed([str(o) for o in rule.operations])} {what}."


KIND = RuleKind(name="role", rule=RoleRule, title="Roles", read=read, says=says)
