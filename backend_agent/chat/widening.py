"""Who may do what in a chat model's domain model: no more than the draft grants, unless a statement says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import Access
from backend_agent.artifacts.domain import ACCOUNT, Actor, DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule, PublicRule, RoleRule, Rule
from backend_agent.chat import texts
from backend_agent.chat.bounds import refusal

_OPEN = re.compile(
    r"\b(?:any(?:one|body)|every(?:one|body)|visitors?|guests?|anonymous\w*|public(?:ly)?)\b"
    r"|\bwithout (?:\w+ ){0,3}(?:log(?:ging)?[ -]?in|sign(?:ing)?[ -]?(?:in|up)|account|authenticat\w+|register\w*)",
    re.IGNORECASE,
)
_JOINS = re.compile(r"\b(?:register|sign(?:s|ed)? ?up|creates? (?:an|their|own) account|joins?)\w*\b", re.IGNORECASE)
_RULES = (OwnershipRule, RoleRule, PublicRule)
Said = Mapping[str, str]
"""Statements by R-id."""


def narrowed(domain: DomainModel, draft: DomainModel, said: Said) -> tuple[DomainModel, list[Finding]]:
    """Return the model with access taken back that no statement supports, and what was refused.

    Args:
        domain: the chat model's; its references resolve.
        draft: what the rules of language made of the same statements.
        said: the statements.
    """
    refused: list[Finding] = []
    domain = domain.model_copy(update={"actors": [_actor(a, draft, said, refused) for a in domain.actors]})
    rules: list[Rule] = [
        _lifecycle(rule, draft, said, refused) if isinstance(rule, LifecycleRule) else rule for rule in domain.rules
    ]
    domain = domain.model_copy(update={"rules": rules})
    known = {entity.name for entity in draft.entities}
    for entity in domain.entities:
        why = _wider(domain, draft if entity.name in known else None, entity.name, said)
        if why:
            refused.append(refusal("domain", f"rules of {entity.name}", why))
            domain = _restored(domain, draft, entity.name)
    kept = []
    for operation in domain.operations:
        why = _bad_operation(operation, draft)
        if why:
            refused.append(refusal("domain", f"operations[name={operation.name}]", why))
        else:
            kept.append(operation)
    return domain.model_copy(update={"operations": kept}), refused


def unguarded(domain: DomainModel, draft: DomainModel, said: Said) -> list[str]:
    """Return, as words for a repair, the restrictions of the draft that the model leaves out."""
    known = {entity.name for entity in draft.entities}
    open_ = [(e.name, why) for e in domain.entities if e.name in known and (why := _wider(domain, draft, e.name, said))]
    cited = {c for rule in domain.rules if isinstance(rule, OwnershipRule | RoleRule) for c in rule.cites}
    cited |= {c for rule in domain.rules if isinstance(rule, LifecycleRule) for t in rule.transitions for c in t.cites}
    cited |= {c for operation in domain.operations for c in operation.cites}
    return [f"/rules: {name}: {why}" for name, why in open_] + [
        f"/rules: {', '.join(rule.cites)} restricts who may use {rule.entity}; no ownership or role rule cites it"
        for rule in draft.rules
        if isinstance(rule, OwnershipRule | RoleRule) and rule.cites and not set(rule.cites) & cited
    ]


def supports(cites: Iterable[str], said: Said, pattern: re.Pattern[str], *names_of: str) -> bool:
    """Whether a cited statement matches, and holds a word of each of the names."""
    return any(
        pattern.search(text) and all(mentions(text, name) for name in names_of)
        for text in (said.get(cite, "") for cite in cites)
        if text and not texts.is_instruction(text)
    )


def mentions(text: str, name: str) -> bool:
    """Whether a text holds one of the words in a name, in the singular or the plural."""
    found = set(names.words(text))
    for word in names.words(name):
        stem = word[: max(4, len(word) // 2 + 1)]
        if word in found or names.plural(word) in found or (len(word) > 3 and any(w.startswith(stem) for w in found)):
            return True
    return False


_ANY = re.compile("")


def _actor(actor: Actor, draft: DomainModel, said: Said, refused: list[Finding]) -> Actor:
    old = next((a for a in draft.actors if a.name == actor.name), None)
    changes = {}
    if actor.administrator and not (old and old.administrator):
        named = re.search(r"admin|operator|staff|manager|moderator|owner|librarian", actor.name)
        if old or not named or not supports(actor.cites, said, _ANY, actor.name):
            changes["administrator"] = False
    if actor.registers and not (old and old.registers):
        administers = actor.administrator and "administrator" not in changes
        if administers or not supports(actor.cites, said, _JOINS, actor.name):
            changes["registers"] = False
    refused += [
        refusal("domain", f"actors[name={actor.name}]/{n}", "no statement that it cites says so") for n in changes
    ]
    return actor.model_copy(update=changes) if changes else actor


def _callers(domain: DomainModel, allowed: Access) -> set[tuple[str, str]]:
    """Return role and scope of all whom an access admits."""
    roles = access.roles(domain)
    if allowed.public:
        return {("anyone", "any"), *((role, "any") for role in roles)}
    if not allowed.roles and not allowed.owner_roles:
        return {(role, "any") for role in roles}
    return {*((role, "any") for role in allowed.roles), *((role, "own") for role in allowed.owner_roles)}


def _wider(domain: DomainModel, draft: DomainModel | None, entity: str, said: Said) -> str | None:
    """Return why the access to an entity cannot stand; None when it is the draft's, narrower, or asked for."""
    for operation in access.OPERATIONS:
        now = _callers(domain, access.access(domain, entity, operation))
        then = _callers(draft, access.access(draft, entity, operation)) if draft else set()
        for role, scope in sorted(now - then):
            rules = [r for r in domain.rules_of(entity) if isinstance(r, _RULES) and operation in r.operations]
            opened = [r for r in rules if isinstance(r, PublicRule)]
            if role == "anyone" or opened:
                if not supports(_cites(opened), said, _OPEN, entity):
                    return f"anyone may {operation} it, and no statement that is cited says so"
            elif draft is None:
                continue
            elif scope == "own":
                if not supports(_cites(r for r in rules if isinstance(r, OwnershipRule)), said, _ANY, entity):
                    return f"{role} may {operation} their own, and no statement that is cited says so"
            elif not _granted(domain, entity, operation, role, said):
                return f"{role} may {operation} any of it, and no statement that is cited says so"
    return None


def _cites(rules: Iterable[OwnershipRule | RoleRule | PublicRule]) -> set[str]:
    return {cite for rule in rules for cite in rule.cites}


def _granted(domain: DomainModel, entity: str, operation: str, role: str, said: Said) -> bool:
    if any(a.name == role and a.administrator for a in domain.actors):
        return True
    return any(
        isinstance(rule, RoleRule) and operation in rule.operations and role in rule.roles
        and supports(rule.cites, said, _ANY, entity, role)
        for rule in domain.rules_of(entity)
    )  # fmt: skip


def _restored(domain: DomainModel, draft: DomainModel, entity: str) -> DomainModel:
    """Return the model with the draft's rules of who may use an entity; without any when the draft has it not."""
    others = [r for r in domain.rules if not (r.entity == entity and isinstance(r, _RULES))]
    rules = [r for r in draft.rules if r.entity == entity and isinstance(r, _RULES)]
    return domain.model_copy(update={"rules": [*rules, *others]})


def _lifecycle(rule: LifecycleRule, draft: DomainModel, said: Said, refused: list[Finding]) -> LifecycleRule:
    """Return a lifecycle whose transitions are open to those only whom the draft or a statement names."""
    olds = [r for r in draft.rules if isinstance(r, LifecycleRule) and r.entity == rule.entity]
    old = {t.name: t for r in olds for t in r.transitions}
    made = []
    for transition in rule.transitions:
        before = old.get(transition.name)
        guarded = before is not None and bool(before.roles or before.owner)
        new = [role for role in transition.roles if before is None or role not in before.roles]
        opened = guarded and not transition.roles and not transition.owner
        cites = [*transition.cites, *rule.cites]
        unasked = [role for role in new if guarded and not supports(cites, said, _ANY, role)]
        if before is not None and (opened or unasked):
            who = ", ".join(unasked) or "anyone who may update it"
            place = f"transitions[name={transition.name}] of {rule.entity}"
            refused.append(refusal("domain", place, f"{who} may make it, and no statement that is cited says so"))
            made.append(transition.model_copy(update={"roles": before.roles, "owner": before.owner}))
        else:
            made.append(transition)
    return rule.model_copy(update={"transitions": made})


def _bad_operation(operation: CustomOperation, draft: DomainModel) -> str | None:
    """Return why an operation is not taken over: it is not what the statements leave open, or it touches accounts."""
    placed = {c for rule in draft.rules for c in rule.cites}
    open_ = {u.requirement for u in draft.unplaced}
    if not any(cite in open_ or cite not in placed for cite in operation.cites):
        return "what its statements ask for is covered by rules already"
    if any(row.entity == ACCOUNT and row.sets for row in operation.rows):
        return "it changes accounts"
    if any(creation.entity == ACCOUNT for creation in operation.creates):
        return "it makes accounts"
    if not operation.roles and not operation.rows:
        return "any account could call it: it names neither roles nor a row"
    return None
