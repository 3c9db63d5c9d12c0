"""Lifecycle: a thing passes through states by named transitions only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as default

from backend_agent import names
from backend_agent.artifacts.rules import LifecycleRule, Rule, Transition
from backend_agent.language import lexicon, states, words
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import grants
from backend_agent.rules.kind import RuleKind, listed

_MARKS = frozenset("mark set flag move change switch update".split())
_TOUCHES = lexicon.UPDATE | lexicon.DELETE | frozenset(("touch",))


@dataclass
class _Life:
    """A lifecycle under construction."""

    entity: str
    field: str
    values: list[str]
    transitions: dict[str, Transition]
    cites: list[str]
    frozen: set[str] = default(default_factory=set)
    clauses: set[int] = default(default_factory=set)

    def in_words(self, text: str) -> list[str]:
        """Return the states that a text names, in the order of the lifecycle."""
        plain = "_".join(names.words(text))
        return [v for v in self.values if re.search(rf"(?:^|_){re.escape(v)}(?:_|$)", plain)]

    def to(self, verb: str) -> Transition | None:
        """Return the transition that a verb makes."""
        for transition in self.transitions.values():
            if transition.name == verb or transition.target == words.participle(verb) or transition.target == verb:
                return transition
        return None

    def change(self, transition: Transition, cite: str, **facts: object) -> None:
        """Enrich a transition by what a clause says."""
        cites = sorted({*transition.cites, cite})
        self.transitions[transition.name] = transition.model_copy(update={**facts, "cites": cites})
        self.cites = sorted({*self.cites, cite})


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Return the lifecycles that a clause contributes to."""
    if "lifecycles" not in draft.cache:
        draft.cache["lifecycles"] = _all(draft)
    at = draft.index_of(clause)
    lives: list[_Life] = draft.cache["lifecycles"]
    return [
        LifecycleRule(
            entity=life.entity,
            field=life.field,
            initial=life.values[0],
            transitions=list(life.transitions.values()),
            frozen_states=[v for v in life.values if v in life.frozen],
            cites=life.cites,
        )
        for life in lives
        if at in life.clauses
    ]


def _all(draft: Draft) -> list[_Life]:
    """Find the state fields, then let every clause speak of them."""
    lives: list[_Life] = []
    for entity in draft.entities.values():
        for spec in entity.fields.values():
            if spec.type == "enum" and _is_state(entity.name, spec.name, spec.values, draft):
                plan = states.plan(spec.values, list(spec.cites))
                lives.append(
                    _Life(entity.name, spec.name, list(spec.values), {t.name: t for t in plan}, list(spec.cites))
                )
                draft.set_field(entity.name, spec.name, "", server_set=True)
                break
    by_entity = {life.entity: life for life in lives}
    for i, clause in enumerate(draft.clauses):
        for life in _concerned(clause, draft, by_entity):
            if _speak(life, clause, draft):
                life.clauses.add(i)
    return lives


def _is_state(entity: str, name: str, values: list[str], draft: Draft) -> bool:
    """Whether an enumeration is a lifecycle: named so or made of stages, and more than a switch between two."""
    if name.rsplit("_", 1)[-1] not in ("status", "state", "stage", "phase"):
        return False
    if len(values) > 2 and states.looks_like_states(values):
        return True
    if not states.looks_like_states(values):
        return False
    plan = {t.name for t in states.plan(values, [])}
    return values[0] in ("pending", "draft", "open", "new", "planned", "submitted", "active") or any(
        set(c.verbs) & plan and (draft.focus(c) == entity) for c in draft.clauses
    )


def _concerned(clause: Clause, draft: Draft, lives: dict[str, _Life]) -> list[_Life]:
    found: list[_Life] = []
    for phrase in (*clause.subjects, *clause.objects):
        entity = draft.find(phrase)
        if entity in lives and lives[entity] not in found:
            found.append(lives[entity])
    if not found and draft.actors_in(clause) and not clause.negated:
        made = [life for life in lives.values() if any("_" in v and v in life.transitions for v in clause.verbs)]
        return made if len(made) == 1 else []
    return found


def _speak(life: _Life, clause: Clause, draft: Draft) -> bool:
    """Apply what one clause says; return whether it said anything."""
    cite = clause.requirement
    told = False
    if (
        clause.verb in ("be", "have", "go", "move", "pass", "become", "start")
        and len(life.in_words(clause.rest)) > 1
        and not clause.negated
    ):
        told = True
    moves = any(life.to(verb) for verb in clause.verbs)
    if clause.negated and set(clause.verbs) & _TOUCHES and not moves:
        named = life.in_words(clause.subject if clause.passive else clause.rest) or _condition_states(life, clause)
        for state in named:
            life.frozen |= states.reachable(state, list(life.transitions.values()))
        if named:
            life.cites = sorted({*life.cites, cite})
        return told or bool(named)
    for verb in clause.verbs:
        if verb in _MARKS and not clause.passive and (match := re.search(r"(?i)\b(?:as|to)\s+(.+)$", clause.rest)):
            for state in life.in_words(match[1]):
                told = (
                    _who(life, next(t for t in life.transitions.values() if t.target == state), clause, draft, [])
                    or told
                )
        elif (transition := life.to(verb)) is not None:
            mentioned = [
                s for s in life.in_words(clause.subject if clause.passive else clause.rest) if s != transition.target
            ]
            named = mentioned or _condition_states(life, clause)
            if clause.negated:
                left = [s for s in transition.sources if s not in named]
                if named and left:
                    life.change(transition, cite, sources=left)
                    told = True
                continue
            told = _who(life, transition, clause, draft, named) or told
        elif clause.passive and verb.startswith("re") and (sources := life.in_words(clause.subject)):
            if verb not in life.transitions:
                life.transitions[verb] = Transition(name=verb, sources=sources, target=life.values[0], cites=[cite])
                life.cites = sorted({*life.cites, cite})
            told = True
    return told


def _who(life: _Life, transition: Transition, clause: Clause, draft: Draft, sources: list[str]) -> bool:
    """Note who may make a transition, and from where."""
    facts: dict[str, object] = {"sources": [s for s in life.values if s in sources]} if sources else {}
    roles, owner = list(transition.roles), transition.owner
    given = [g for g in grants(clause, draft) if g.entity == life.entity]
    if not given and draft.focus(clause) != life.entity and not clause.passive:
        roles += [a for a in draft.actors_in(clause) if a not in roles and not draft.actors[a].consumer]
    for grant in given:
        consumer = draft.actors[grant.actor].consumer
        if grant.own or (consumer and draft.owner_path(life.entity, grant.actor)):
            owner = True
        elif grant.actor not in roles:
            roles.append(grant.actor)
    if not given and not sources and not clause.modal:
        return False
    life.change(transition, clause.requirement, roles=roles, owner=owner, **facts)
    return True


def _condition_states(life: _Life, clause: Clause) -> list[str]:
    """Return the states that `while it is placed` or `before it is shipped` means."""
    text = clause.condition or clause.rest
    named = life.in_words(text)
    if named and re.search(r"(?i)\b(?:before|until)\b", text):
        return life.values[: life.values.index(named[0])]
    return named if clause.condition or re.search(r"(?i)\b(?:once|after|when|while)\b", text) else []


def says(rule: LifecycleRule) -> str:
    """Return the rule in plain words."""
    steps = "; ".join(
        f"{t.name.replace('_', ' ')} leads from {listed(t.sources, 'or')} to {t.target.replace('_', ' ')}"
        for t in rule.transitions
    )
    frozen = f" It cannot be changed when {listed(rule.frozen_states, 'or')}." if rule.frozen_states else ""
    return f"A {names.title(rule.entity)} starts as {rule.initial.replace('_', ' ')}: {steps or 'it stays so'}.{frozen}"


KIND = RuleKind(name="lifecycle", rule=LifecycleRule, title="Lifecycle", read=read, says=says)
