"""Who may do what, as a clause says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.artifacts.rules import Operation
from backend_agent.language import lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.nouns import NO_OBJECT, OWNERS
from backend_agent.language.phrases import NounPhrase, noun_phrase, noun_phrases

ALL: tuple[Operation, ...] = ("list", "read", "create", "update", "delete")


@dataclass(frozen=True)
class Grant:
    """An actor may do something with an entity."""

    actor: str
    entity: str
    operations: tuple[Operation, ...]
    own: bool
    """Only with its own rows."""
    only: bool
    """Nobody else may."""
    verbs: tuple[str, ...]


def operations(verbs: tuple[str, ...]) -> tuple[Operation, ...]:
    """Return what verbs mean for rows: `view` -> list and read."""
    found: set[Operation] = set()
    for verb in verbs:
        if verb in lexicon.MANAGE:
            found |= {"list", "read", "create", "update", "delete"}
        if verb in lexicon.READ | lexicon.LIST:
            found |= {"list", "read"}
        if verb in lexicon.CREATE:
            found.add("create")
        if verb in lexicon.UPDATE and verb != "maintain":
            found.add("update")
        if verb in lexicon.DELETE:
            found.add("delete")
    return tuple(o for o in ALL if o in found)


def grants(clause: Clause, draft: Draft) -> list[Grant]:
    """Return what a clause allows to whom, in the order of its objects."""
    if clause.passive or (clause.negated and not clause.only):
        return _passive_grants(clause, draft) if clause.passive else []
    actors = draft.actors_in(clause)
    verbs = tuple(v for v in clause.verbs if v not in NO_OBJECT or v == "register")
    if not actors or not verbs or (clause.relative and verbs[0] not in lexicon.CREATE):
        return []
    found: list[Grant] = []
    its = False
    for phrase in clause.objects:
        entity = _entity(phrase, clause, draft)
        if entity is None:
            continue
        own = phrase.own or (phrase.possessive and bool(re.match(r"(?i)(?:their|his|her|my|our)\b", phrase.text)))
        if not own and (seen := viewed(phrase, clause)):
            own = bool(re.match(r"(?i)(?:their|his|her|my|our)\b", seen))
        own = own or (its and phrase.text.lower().startswith(("its ", "their ")))
        its = own
        found += [Grant(actor, entity, operations(verbs), own, clause.only, verbs) for actor in actors]
    return found


def _entity(phrase: NounPhrase, clause: Clause, draft: Draft) -> str | None:
    """Return the entity that an object means, looking through views (`the statement of their own accounts`)."""
    if entity := draft.find(phrase):
        return entity
    if seen := viewed(phrase, clause):
        return draft.find(noun_phrase(seen))
    if phrase.possessive and (held := _field_holder(phrase, clause, draft)):
        return held
    actor = draft.find_actor(phrase)
    return draft.entity_of_actor(actor) if actor and draft.actors[actor].profile else None


def _field_holder(phrase: NounPhrase, clause: Clause, draft: Draft) -> str | None:
    """Return the thing that keeps what is seen: `their own grades` are in the submissions."""
    actors = draft.actors_in(clause)
    found = [
        e
        for e in draft.entities
        if e != ACCOUNT and draft.field_in(e, " ".join(phrase.words)) and actors and draft.owner_path(e, actors[0])
    ]
    return found[0] if len(found) == 1 else None


def viewed(phrase: NounPhrase, clause: Clause) -> str:
    """Return what a view shows: `their own accounts` for `the statement of their own accounts`."""
    if phrase.head not in lexicon.VIEWS | frozenset(("one", "list", "record", "any", "all", "some", "status")):
        return ""
    match = re.search(rf"(?i)\b{re.escape(phrase.text)}\s+(?:of|for|about)\s+([^,]+)", clause.rest)
    return match[1] if match else ""


def _passive_grants(clause: Clause, draft: Draft) -> list[Grant]:
    """Read `orders can be cancelled only by managers`."""
    match = re.search(
        r"(?i)(?P<only>only\s+)?by\s+(?P<only2>only\s+)?(?:the\s+)?(?P<who>[\w ]+?)(?P<only3>\s+only|\s+alone)?$",
        clause.rest,
    )
    if not match or clause.negated or not clause.modal:
        return []
    found: list[Grant] = []
    only = any(match[k] for k in ("only", "only2", "only3")) or bool(re.search(r"(?i)\bonly\b", clause.text))
    for phrase in clause.subjects:
        entity = draft.find(phrase)
        for who in noun_phrases(match["who"]):
            actor = draft.find_actor(who)
            if entity and actor is None and who.head in OWNERS:
                found += [
                    Grant(a.name, entity, operations(clause.verbs), True, True, clause.verbs)
                    for a in draft.actors.values()
                    if a.consumer and draft.owner_path(entity, a.name)
                ]
            if entity and actor and "different" not in who.before and not who.other:
                own = bool(re.match(r"(?i)(?:its|their)\b", who.text)) or bool(
                    re.search(r"(?i)\b(owner|author|creator)\b", who.text)
                )
                found.append(Grant(actor, entity, operations(clause.verbs), own, only or True, clause.verbs))
    return found
