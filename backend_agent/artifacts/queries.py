"""How lists are narrowed and ordered: what the API offers and the database has an index for."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent.artifacts import access, columns
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.artifacts.rules import FilterRule, SearchRule, SortRule

NEWEST_FIRST = "-created_at"


@dataclass(frozen=True)
class Filter:
    """One exact-value filter of a list: by a field or by a relation."""

    name: str
    """Parameter in snake_case: `priority`, `book_id`."""
    field: FieldSpec | None
    relation: Relation | None
    cites: tuple[str, ...]


def closed_paths(domain: DomainModel, entity: str) -> set[str]:
    """Return the fields (and `relation.field`) that no list of `entity` may search, narrow or order by.

    Some who may list the rows may not see them: a search that finds a row would tell what it holds.
    """
    allowed = access.access(domain, entity, "list")
    found = access.hidden_fields(domain, entity, allowed)
    for relation in domain.relations_from(entity):
        found |= {f"{relation.name}.{name}" for name in access.hidden_fields(domain, relation.target, allowed)}
    return found


def filters(domain: DomainModel, entity: str) -> list[Filter]:
    """Return the filters of a list: what the filter rules name, then the many_to_one relations."""
    closed = closed_paths(domain, entity)
    fields = {f.name: f for f in domain.entity(entity).fields if not f.many and f.name not in closed}
    relations = {r.name: r for r in domain.relations_from(entity)}
    parent = access.parent_relation(domain, entity)
    found: dict[str, Filter] = {}
    for rule in domain.rules_of(entity):
        if not isinstance(rule, FilterRule):
            continue
        for name in rule.fields:
            relation = relations.get(name) or relations.get(name.removesuffix("_id"))
            if name in fields:
                found.setdefault(name, Filter(name, fields[name], None, tuple(rule.cites)))
            elif relation is not None and relation != parent:
                parameter = columns.reference(relation)
                found.setdefault(parameter, Filter(parameter, None, relation, tuple(rule.cites)))
    for relation in _implied(domain, entity):
        parameter = columns.relation_column(relation)
        found.setdefault(parameter, Filter(parameter, None, relation, tuple(relation.cites)))
    return list(found.values())


def _implied(domain: DomainModel, entity: str) -> list[Relation]:
    """Return the relations by which a list can be narrowed without a rule that says so.

    Not by the parent, which is in the path, and not by the owner when everybody sees only the own rows.
    """
    allowed = access.access(domain, entity, "list")
    own = allowed.owner_path[:1] if allowed.owner_roles and not allowed.roles else []
    parent = access.parent_relation(domain, entity)
    return [
        r for r in domain.relations_from(entity) if r.cardinality == "many_to_one" and r != parent and [r.name] != own
    ]


def _orderable(domain: DomainModel, entity: str) -> set[str]:
    plain = {f.name for f in domain.entity(entity).fields if not f.many} | {"created_at", "updated_at"}
    return plain - closed_paths(domain, entity)


def sort_fields(domain: DomainModel, entity: str) -> list[str]:
    """Return the fields that a list can be ordered by; empty: its order cannot be chosen."""
    known = _orderable(domain, entity)
    named = [
        name for rule in domain.rules_of(entity) if isinstance(rule, SortRule) for name in rule.fields if name in known
    ]
    if not named:
        return []
    return list(dict.fromkeys([*named, default_order(domain, entity).removeprefix("-"), "created_at"]))


def default_order(domain: DomainModel, entity: str) -> str:
    """Return the field of the default order, with `-` in front when the largest comes first."""
    known = _orderable(domain, entity)
    for rule in domain.rules_of(entity):
        if isinstance(rule, SortRule) and (rule.default or "").removeprefix("-") in known:
            return rule.default or NEWEST_FIRST
    return NEWEST_FIRST


def sort_rules(domain: DomainModel, entity: str) -> list[SortRule]:
    """Return the sort rules about `entity`, in order."""
    return [rule for rule in domain.rules_of(entity) if isinstance(rule, SortRule)]


def search_rules(domain: DomainModel, entity: str) -> list[SearchRule]:
    """Return the search rules about `entity`, in order."""
    return [rule for rule in domain.rules_of(entity) if isinstance(rule, SearchRule)]


def search_fields(domain: DomainModel, entity: str) -> list[str]:
    """Return the fields (or `relation.field`) in which words are looked for; empty: there is no search."""
    closed = closed_paths(domain, entity)
    named = [name for rule in search_rules(domain, entity) for name in rule.fields]
    return [name for name in dict.fromkeys(named) if name not in closed]
