"""Toggle: an actor switches a link on and off (follow, like)."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts.rules import Rule, ToggleRule
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.toggles import pairs
from backend_agent.rules.kind import RuleKind

_ITSELF = ("themsel", "himself", "herself", "oneself", "yourself", "him or herself")


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read the links that a clause lets an actor switch."""
    found: list[Rule] = []
    if clause.negated and clause.rest.lower().startswith(_ITSELF):
        for told in draft.clauses:
            if not told.negated and set(told.verbs) & set(clause.verbs) and pairs(told):
                return read(told, draft)
    for on, off in pairs(clause):
        entity = names.pascal(on)
        if entity not in draft.entities or draft.entities[entity].kind != "link":
            continue
        subject, other = draft.relations_from(entity)[:2]
        actor = next(iter(draft.actors_in(clause)), None)
        if actor is None:
            continue
        cites = {clause.requirement}
        not_self = False
        for told in draft.clauses:
            itself = told.rest.lower().startswith(_ITSELF)
            if told.negated and on in told.verbs and itself:
                not_self = True
                cites.add(told.requirement)
        found.append(
            ToggleRule(
                entity=entity,
                actor=actor,
                subject=subject.name,
                object=other.name,
                on=on,
                off=off,
                not_self=not_self,
                cites=sorted(cites),
            )
        )
    return found


def says(rule: ToggleRule) -> str:
    """Return the rule in plain words."""
    who = rule.actor.replace("_", " ")
    own = ", but not themselves" if rule.not_self else ""
    return f"A {who} can {rule.on} and {rule.off} a {rule.object}{own}.".replace("_", " ")


KIND = RuleKind(name="toggle", rule=ToggleRule, title="Toggles", read=read, says=says)
