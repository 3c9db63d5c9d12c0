"""Ownership: rows belong to an account (`their own tasks`)."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import Operation, OwnershipRule, Rule
from backend_agent.language import lexicon, states
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import ALL, grants
from backend_agent.language.nouns import nominal
from backend_agent.rules.kind import RuleKind, listed

_CHANGES: list[Operation] = ["create", "update", "delete"]
_KEEPS: list[Operation] = ["list", "read", "create"]


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read who owns rows, and what only the owner may do with them."""
    found: list[Rule] = []
    for grant in grants(clause, draft):
        actor = draft.actors[grant.actor]
        creates = "create" in grant.operations and actor.consumer
        if not grant.own and not creates:
            continue
        path = draft.owner_path(grant.entity, grant.actor)
        if path is None or (not path and not grant.own):
            continue
        managed = {"list", "create", "update", "delete"} <= set(grant.operations)
        if managed and not grant.own:
            operations = list(grant.operations)
        elif grant.own:
            operations = list(grant.operations) or _by_nature(grant.entity, _KEEPS[:2])
        elif _said_to_be_own(grant.entity, grant.actor, draft):
            operations = ["create"]
        else:
            operations = _by_nature(grant.entity, _KEEPS if _has_stages(grant.entity, draft) else _CHANGES)
        if path:
            found.append(_rule(grant.entity, path, grant.actor, operations, clause))
    found += _possessions(clause, draft) + _deeds(clause, draft) + _private(clause, draft)
    return found


def _rule(entity: str, path: list[str], actor: str, operations: list[Operation], clause: Clause) -> OwnershipRule:
    return OwnershipRule(
        entity=entity,
        path=path,
        actor=actor,
        operations=[o for o in ALL if o in operations],
        cites=[clause.requirement],
    )


def _by_nature(entity: str, otherwise: list[Operation]) -> list[Operation]:
    """Contributions are for others to read; their author alone changes them."""
    return _CHANGES if names.snake(entity).rsplit("_", 1)[-1] in lexicon.CONTRIBUTIONS else otherwise


def _has_stages(entity: str, draft: Draft) -> bool:
    """Whether a thing is a deal with states, which its maker does not edit at will."""
    known = draft.entities[entity].fields.values()
    return any(f.type == "enum" and len(f.values) > 2 and states.looks_like_states(f.values) for f in known)


def _said_to_be_own(entity: str, actor: str, draft: Draft) -> bool:
    key = f"own:{entity}:{actor}"
    if key not in draft.cache:
        draft.cache[key] = any(
            g.own and g.entity == entity and g.actor == actor for c in draft.clauses for g in grants(c, draft)
        )
    return bool(draft.cache[key])


def _possessions(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `customers have a cart`."""
    found: list[Rule] = []
    if clause.verb not in ("have", "keep", "hold", "own") or clause.passive or clause.negated:
        return found
    for actor in draft.actors_in(clause):
        if not draft.actors[actor].consumer or draft.actors[actor].profile:
            continue
        for phrase in clause.objects:
            entity = draft.find(phrase)
            path = draft.owner_path(entity, actor) if entity else None
            if entity and path:
                found.append(_rule(entity, path, actor, list(ALL), clause))
    return found


def _deeds(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `customers can review a book`: the review belongs to the customer."""
    found: list[Rule] = []
    if clause.passive or clause.negated:
        return found
    for verb in clause.verbs:
        made = draft.find(kept) if (kept := nominal(verb, clause.rest)) else None
        direct = draft.find(clause.objects[0]) if clause.objects else None
        if made is None or direct == made:
            continue
        for actor in draft.actors_in(clause):
            path = draft.owner_path(made, actor)
            if path and (draft.actors[actor].consumer or draft.actors[actor].profile):
                found.append(_rule(made, path, actor, _by_nature(made, _KEEPS), clause))
    return found


def _private(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `tasks are private`."""
    found: list[Rule] = []
    if (
        clause.verb != "be"
        or clause.negated
        or not re.match(r"(?i)(?:strictly |always )?(?:private|confidential)\b", clause.rest)
    ):
        return found
    for phrase in clause.subjects:
        entity = draft.find(phrase)
        for actor in draft.actors.values():
            path = draft.owner_path(entity, actor.name) if entity and actor.consumer else None
            if entity and path:
                found.append(_rule(entity, path, actor.name, ["list", "read", "update", "delete"], clause))
                break
    return found


def says(rule: OwnershipRule) -> str:
    """Return the rule in plain words."""
    thing = names.plural(rule.entity).replace("_", " ")
    return f"A {rule.actor.replace('_', ' ')} may {listed([str(o) for o in rule.operations])} only their own {thing}."


KIND = RuleKind(name="ownership", rule=OwnershipRule, title="Ownership", read=read, says=says)
