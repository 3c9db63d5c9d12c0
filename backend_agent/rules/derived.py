"""Derived: a value that is computed from related rows (sum, count, average, exists)."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import FieldSpec, Relation
from backend_agent.artifacts.rules import DerivedRule, Rule
from backend_agent.language import words
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.nouns import essential
from backend_agent.language.phrases import NounPhrase, noun_phrase, split_list
from backend_agent.names import article
from backend_agent.rules.kind import RuleKind

_SUM = re.compile(r"(?i)\b(?:sum|total)\s+of\s+(?:all\s+)?(?P<what>.+)$")
_COUNT = re.compile(
    r"(?i)^(?:an?\s+|the\s+|its\s+|their\s+)?(?:total\s+)?(?:number|count)\s+of\s+(?:its\s+|their\s+)?(?P<what>[\w ]+)$"
)
_HOW_MANY = re.compile(r"(?i)^how many\s+(?P<what>\w+)")
_AVERAGE = re.compile(r"(?i)\b(?:average|mean)\s+(?P<what>(?:of\s+)?[\w ]+)$")
_WHETHER = re.compile(
    r"(?i)^whether\s+(?:the\s+)?(?:current|logged-in|signed-in)?\s*(?:\w+\s+){1,2}?(?:has\s+|have\s+)?(?P<verb>\w+)\s+(?:it|them|one)$"
)
_PRODUCT = re.compile(r"(?i)\s+(?:times|multiplied by|x|\*)\s+")
_MONEY = ("amount", "price", "total", "cost", "fee", "value", "quantity")


def read(clause: Clause, draft: Draft) -> list[Rule]:
    """Read values that are computed."""
    if clause.verb in ("be", "equal") and (match := _SUM.search(clause.rest)) and clause.subjects:
        return _sum(clause, clause.subjects[0], match["what"], draft)
    if (
        clause.verb in ("be", "calculate", "compute", "equal")
        and (match := _AVERAGE.search(clause.rest))
        and clause.subjects
    ):
        entity, _ = _holder(clause.subjects[0], clause, draft)
        return _average(entity, match["what"], clause, draft, clause.subjects[0]) if entity else []
    if clause.passive and clause.verb in ("show", "display", "calculate", "compute", "list") and clause.subjects:
        return _passive(clause, clause.subjects[0], draft)
    if clause.verb in ("show", "display", "have", "list", "include", "contain", "see"):
        return _shown(clause, draft)
    return []


def _passive(clause: Clause, subject: NounPhrase, draft: Draft) -> list[Rule]:
    """Read `the average rating of a book is shown`."""
    match = re.search(r"(?i)\b(?:of|for) (?:an? |the |each |every )?(?P<whose>[\w ]+)$", subject.text)
    entity = draft.find(match["whose"]) if match else None
    if entity is None or match is None:
        return []
    what = subject.text[: match.start()].strip()
    if average := _AVERAGE.search(what):
        return _average(entity, average["what"], clause, draft, None)
    if (count := _COUNT.match(what)) and (relation := _related(entity, count["what"], draft)):
        name = f"{names.snake(noun_phrase(count['what']).name)}_count"
        _show(entity, name, "integer", clause.requirement, draft)
        return [
            DerivedRule(
                entity=entity, field=name, function="count", relation=relation.inverse, cites=[clause.requirement]
            )
        ]
    return []


def _holder(subject: NounPhrase, clause: Clause, draft: Draft) -> tuple[str | None, str]:
    """Return the entity whose value it is, and its name: `its total`, `the order total`, `the total of an order`."""
    if match := re.match(r"(?i)of (?:an? |the |each )?([\w ]+)$", subject.tail):
        return draft.find(match[1]), " ".join(subject.words)
    if len(subject.words) > 1 and (entity := draft.find(" ".join(subject.words[:-1]))):
        return entity, subject.head
    before: str | None = None
    for other in draft.clauses_of(clause.requirement):
        if other is clause:
            break
        if other.subjects and (found := draft.find(other.subjects[0])):
            before = found
    return before, " ".join(subject.words)


def _sum(clause: Clause, subject: NounPhrase, what: str, draft: Draft) -> list[Rule]:
    entity, name = _holder(subject, clause, draft)
    if entity is None or not name:
        return []
    children = [
        r for r in draft.relations if r.target == entity and r.cardinality == "many_to_one" and r.source != entity
    ]
    children.sort(key=lambda r: not r.owned)
    parts = re.split(r"(?i)\s+(?:of|over)\s+", re.sub(r"(?i)\b(?:its|their|the|all)\s+", "", what))
    child = next((c for c in children if any(_means(c, p, draft) for p in parts)), None)
    factors: list[str] = []
    if child is None:
        for candidate in children:
            if factors := _factors(candidate.source, parts[0], draft):
                child = candidate
                break
    elif not _means(child, parts[0], draft):
        factors = _factors(child.source, parts[0], draft)
    if child is None:
        return []
    if not factors:
        factors = _amount(child.source, clause, draft)
    spec = FieldSpec(
        name=str(names.field_name(name, entity)), type="decimal", server_set=True, cites=[clause.requirement]
    )
    draft.entities[entity].fields.pop(spec.name, None)
    draft.add_field(entity, spec)
    return [
        DerivedRule(
            entity=entity,
            field=spec.name,
            function="sum",
            relation=child.inverse,
            factors=factors,
            cites=[clause.requirement],
        )
    ]


def _means(child: Relation, text: str, draft: Draft) -> bool:
    noun = noun_phrase(text)
    return noun.plural and (draft.find(text) == child.source or names.plural(noun.name) == child.inverse)


def _factors(entity: str, text: str, draft: Draft) -> list[str]:
    """Return the fields, here or one relation away, that `price times quantity` names; empty unless all are found."""
    found: list[str] = []
    for part in _PRODUCT.split(re.sub(r"(?i)\s+and\s+", " times ", text)):
        wanted = words.singular(names.words(part)[-1]) if names.words(part) else ""
        name = draft.field_in(entity, wanted) if wanted else None
        if name is None:
            for relation in draft.relations_from(entity):
                if not relation.owned and (far := draft.field_in(relation.target, wanted)):
                    name = f"{relation.name}.{far}"
                    break
        if name is None:
            return []
        found.append(name)
    return found[:2]


def _amount(entity: str, clause: Clause, draft: Draft) -> list[str]:
    """Return the amount of a row, adding one when nothing was said of it."""
    for name in _MONEY:
        for field in draft.entities[entity].fields.values():
            if field.name.split("_")[-1] == name and field.type in ("decimal", "integer"):
                return [field.name]
    draft.add_field(entity, FieldSpec(name="amount", type="decimal", minimum=0, cites=[clause.requirement]))
    draft.note(f"{article(names.title(entity)).capitalize()} has an amount, because its sum is asked for.")
    return ["amount"]


def _shown(clause: Clause, draft: Draft) -> list[Rule]:
    """Read `a post shows its number of likes and whether the current member likes it`."""
    found: list[Rule] = []
    entity = draft.find(clause.subjects[0]) if clause.subjects else None
    if entity is None:
        return found
    cite = clause.requirement
    for item in split_list(clause.rest):
        if match := _COUNT.match(item) or _HOW_MANY.match(item):
            if relation := _related(entity, match["what"], draft):
                name = f"{names.snake(noun_phrase(match['what']).name)}_count"
                _show(entity, name, "integer", cite, draft)
                found.append(
                    DerivedRule(entity=entity, field=name, function="count", relation=relation.inverse, cites=[cite])
                )
        elif match := _WHETHER.match(item):
            verb = words.verb(match["verb"])
            relation = next(
                (r for r in draft.relations if r.target == entity and names.snake(r.source) == verb), None
            ) or _related(entity, verb, draft)
            if relation:
                name = f"{words.participle(verb)}_by_me"
                _show(entity, name, "boolean", cite, draft)
                found.append(
                    DerivedRule(entity=entity, field=name, function="exists", relation=relation.inverse, cites=[cite])
                )
        elif match := _AVERAGE.search(item):
            found += _average(entity, match["what"], clause, draft, None)
    return found


def _show(entity: str, name: str, kind: str, cite: str, draft: Draft) -> None:
    draft.entities[entity].fields.pop(name, None)
    draft.add_field(entity, FieldSpec.model_validate({"name": name, "type": kind, "server_set": True, "cites": [cite]}))


def _related(entity: str, text: str, draft: Draft) -> Relation | None:
    """Return the relation whose rows are counted: `likes`, `followers`."""
    phrase = noun_phrase(text)
    key = names.plural("_".join(essential(phrase)) or text)
    for relation in draft.relations:
        if relation.target == entity and relation.inverse == key:
            return relation
    target = draft.find(phrase)
    return next((r for r in draft.relations if r.target == entity and r.source == target), None)


def _average(entity: str, what: str, clause: Clause, draft: Draft, subject: NounPhrase | None) -> list[Rule]:
    wanted = noun_phrase(re.sub(r"(?i)^of\s+(?:all\s+|its\s+|the\s+|their\s+)*", "", what))
    for relation in draft.relations:
        if relation.target != entity or relation.source == entity:
            continue
        field = draft.field_in(relation.source, " ".join(wanted.words)) or (
            next((f for f in ("rating", "score", "stars") if f in draft.entities[relation.source].fields), None)
            if draft.find(wanted) == relation.source
            else None
        )
        if field and draft.entities[relation.source].fields[field].type in ("integer", "decimal"):
            name = f"average_{field}" if subject is None or len(subject.words) < 2 else "_".join(subject.words)
            _show(entity, name, "decimal", clause.requirement, draft)
            return [
                DerivedRule(
                    entity=entity,
                    field=name,
                    function="average",
                    relation=relation.inverse,
                    factors=[field],
                    cites=[clause.requirement],
                )
            ]
    return []


def says(rule: DerivedRule) -> str:
    """Return the rule in plain words."""
    what = f"The {rule.field.replace('_', ' ')} of a {names.title(rule.entity)}"
    rows = rule.relation.replace("_", " ")
    factors = " times ".join(f.replace("_", " ").replace(".", "'s ") for f in rule.factors)
    if rule.function == "count":
        return f"{what} is the number of its {rows}."
    if rule.function == "exists":
        return f"{what} says whether the caller is among its {rows}."
    return f"{what} is the {rule.function} of {factors} over its {rows}."


KIND = RuleKind(name="derived", rule=DerivedRule, title="Derived values", read=read, says=says)
