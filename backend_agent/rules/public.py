"""Public: anyone may read, without logging in."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.rules import PublicRule, Rule
from backend_agent.language import lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.phrases import NounPhrase
from backend_agent.rules.kind import RuleKind

_PUBLIC = re.compile(
    r"(?i)^(?:public\b(?! holiday)|(?:publicly )?(?:visible|accessible|available"
    r"|readable|open) (?:to|for|by) (?:anyone|anybody|everyone|everybody|all|the public|visitors|guests)"
                     r"|publicly (?:visible|accessible|available|readable))")  # fmt: skip
_NO_LOGIN = re.compile(
    r"(?i)\bwithout (?:having to |needing to )?(?:log(?:ging)? ?-?in|sign(?:ing)? in|regist\w+"
    r"|authenticat\w+|an account|a login)"
)


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read what anyone may see."""
    things: tuple[NounPhrase, ...] = ()
    if not clause.negated and not clause.passive and set(clause.verbs) & (lexicon.READ | lexicon.LIST):
        open_to_all = any(
            p.head in lexicon.ANYONE or p.name in lexicon.ANYONE or (p.head == "guest" and not draft.find_actor(p))
            for p in clause.subjects
        )
        if open_to_all or _NO_LOGIN.search(clause.rest):
            things = clause.objects
    elif (clause.verb == "be" and not clause.negated and _PUBLIC.match(clause.rest)) or (
        clause.passive
        and set(clause.verbs) & (lexicon.READ | lexicon.LIST)
        and re.search(r"(?i)\bby (?:anyone|anybody|everyone|everybody|the public)\b", clause.rest)
    ):
        things = clause.subjects
    return [
        PublicRule(entity=entity, operations=["list", "read"], cites=[clause.requirement])
        for thing in things
        for entity in _entities(thing, draft)
    ]


def _entities(thing: NounPhrase, draft: Draft) -> list[str]:
    if entity := draft.find(thing):
        return [entity]
    if thing.head == "profile":
        return [a.profile for a in draft.actors.values() if a.profile and a.consumer]
    return []


def says(rule: PublicRule) -> str:
    """Return the rule in plain words."""
    return f"Anyone may read {names.plural(rule.entity).replace('_', ' ')} without logging in."


KIND = RuleKind(name="public", rule=PublicRule, title="Public reading", read=read, says=says)
