"""Statements -> domain model: names first, then structure, actions and rules, then the finish."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.requirements import Statement
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule, RoleRule, Rule
from backend_agent.language import later, lexicon
from backend_agent.language.actions import Actions
from backend_agent.language.clause import Clause
from backend_agent.language.clauses import clauses
from backend_agent.language.draft import Draft
from backend_agent.language.finish import finish, nameless
from backend_agent.language.grants import ALL, grants
from backend_agent.language.naming import Naming
from backend_agent.language.parts import DraftEntity, actor_of, entity_of
from backend_agent.language.structure import Structure
from backend_agent.language.toggles import Toggles

Reader = Callable[[Clause, Draft], list[Rule]]
SOURCES = ("requirements", "description")
"""Where statements about the domain come from; the others say how the service runs."""

_SAYING = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "So"))
"""Unicode categories of letters and pictures."""


def read(name: str, statements: Iterable[Statement], readers: Sequence[Reader]) -> DomainModel:
    """Return the domain model that statements describe.

    Args:
        name: the project's name.
        statements: numbered statements; those about how the service runs are left to other stages.
        readers: one a rule kind, in the order in which their rules are listed.
    """
    draft = Draft()
    told = [s for s in statements if s.source in SOURCES]
    for statement in told:
        draft.clauses += clauses(statement.id, statement.text)
    Naming(draft).run()
    draft.entities = {ACCOUNT: DraftEntity(ACCOUNT, kind="account"), **draft.entities}
    _structure(draft)
    nameless(draft)
    _rules(draft, readers)
    finish(draft)
    for i, clause in enumerate(draft.clauses):
        later.sweep(clause, draft, placed=i in draft.placed)
    _leave_silent(draft, told)
    _leave_unreadable(draft, told)
    order = {s.id: n for n, s in enumerate(told)}
    return DomainModel(
        name=name,
        actors=[actor_of(a) for a in draft.actors.values()],
        entities=[entity_of(e) for e in draft.entities.values()],
        relations=draft.relations,
        rules=draft.rules,
        unplaced=sorted(draft.unplaced, key=lambda u: order.get(u.requirement, 0)),
        notes=draft.notes,
    )


def _structure(draft: Draft) -> None:
    """Read fields and relations: what things have first, then what people do with them."""
    structure = Structure(draft)
    actions = Actions(draft, structure)
    toggles = Toggles(draft)
    for i, clause in enumerate(draft.clauses):
        if structure.read(clause):
            draft.placed.add(i)
    for i, clause in enumerate(draft.clauses):
        switched = toggles.read(clause)
        if actions.read(clause) or switched:
            draft.placed.add(i)


def _rules(draft: Draft, readers: Sequence[Reader]) -> None:
    """Let every rule kind read every clause; rules about the same thing are merged."""
    for reader in readers:
        for i, clause in enumerate(draft.clauses):
            for rule in reader(clause, draft):
                draft.placed.add(i)
                _merge(rule, draft)
    for i, clause in enumerate(draft.clauses):
        if i not in draft.placed and _denied_already(clause, draft):
            draft.placed.add(i)
        if i not in draft.placed and any(g.operations for g in grants(clause, draft)):
            draft.placed.add(i)


def _denied_already(clause: Clause, draft: Draft) -> bool:
    """Whether `support staff cannot move money` holds because only others were given the deed; their rules cite it."""
    actors = draft.actors_in(clause)
    if not clause.negated or clause.passive or clause.condition or not actors:
        return False
    heads = {p.head for p in clause.objects}
    held = False
    for told in draft.clauses:
        same = bool(set(told.verbs) & _synonyms(clause.verbs)) and bool({p.head for p in told.objects} & heads)
        if told is clause or told.negated or not same or set(draft.actors_in(told)) & set(actors):
            continue
        for i, rule in enumerate(draft.rules):
            given = rule.kind == "ownership" or (rule.kind == "role" and not set(rule.roles) & set(actors))
            if given and told.requirement in rule.cites:
                draft.rules[i] = rule.model_copy(update={"cites": sorted({*rule.cites, clause.requirement})})
                held = True
    return held


def _synonyms(verbs: tuple[str, ...]) -> set[str]:
    groups = (lexicon.CREATE, lexicon.UPDATE, lexicon.DELETE, frozenset("move transfer send pay".split()))
    return set(verbs).union(*(g for g in groups if g & set(verbs)))


def _key(rule: Rule) -> tuple[object, ...]:
    if isinstance(rule, OwnershipRule):
        return ("ownership", rule.entity, rule.actor, tuple(rule.path))
    if isinstance(rule, RoleRule):
        return ("role", rule.entity, tuple(sorted(rule.roles)), tuple(rule.fields))
    if isinstance(rule, LifecycleRule):
        return ("lifecycle", rule.entity)
    if rule.kind in ("search", "filter", "sort", "public"):
        return (rule.kind, rule.entity)
    return (rule.kind, *(str(v) for k, v in rule.model_dump().items() if k != "cites"))


def _merge(rule: Rule, draft: Draft) -> None:
    """Add a rule, or enrich the one that is there about the same."""
    places: dict[tuple[object, ...], int] = draft.cache.setdefault("rules", {})
    key = _key(rule)
    if key in places:
        i = places[key]
        old = draft.rules[i]
        facts: dict[str, object] = {"cites": sorted({*old.cites, *rule.cites})}
        if isinstance(old, OwnershipRule | RoleRule) and isinstance(rule, OwnershipRule | RoleRule):
            facts["operations"] = [o for o in ALL if o in (*old.operations, *rule.operations)]
        elif old.kind in ("search", "filter", "sort") and old.kind == rule.kind:
            fields = [*getattr(old, "fields", []), *getattr(rule, "fields", [])]
            facts["fields"] = list(dict.fromkeys(fields))
            if old.kind == "sort":
                facts["default"] = getattr(old, "default", None) or getattr(rule, "default", None)
        draft.rules[i] = old.model_copy(update=facts)
        return
    places[key] = len(draft.rules)
    draft.rules.append(rule)


def _leave_silent(draft: Draft, told: list[Statement]) -> None:
    """List the statements that neither an element cites nor the list of the unplaced holds."""
    cited = {c for e in draft.entities.values() for c in e.cites}
    cited |= {c for e in draft.entities.values() for f in e.fields.values() for c in f.cites}
    cited |= {c for r in draft.relations for c in r.cites} | {c for r in draft.rules for c in r.cites}
    cited |= {c for a in draft.actors.values() for c in a.cites} | {u.requirement for u in draft.unplaced}
    for statement in told:
        if statement.id not in cited and not later.is_service_matter(statement.text):
            draft.leave(statement.id, later.NO_PATTERN, statement.text)


def _leave_unreadable(draft: Draft, told: list[Statement]) -> None:
    """List the words that no name can be made of: those without a Latin letter or a digit."""
    for statement in told:
        if draft.left_whole(statement.id, statement.text):
            continue
        for word in statement.text.split():
            says = any(unicodedata.category(c) in _SAYING for c in word)
            if says and not names.words(word):
                draft.leave(statement.id, "names are made of Latin letters, so write it with some", word)
