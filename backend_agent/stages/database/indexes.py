"""Indexes: one for every foreign key, filter and order, none that another one covers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from backend_agent import names
from backend_agent.artifacts import access, columns, queries
from backend_agent.artifacts.database import Index, Table
from backend_agent.artifacts.domain import DomainModel
from backend_agent.stages.database.columns import indexable as is_indexable
from backend_agent.stages.database.naming import Names


@dataclass(frozen=True)
class Wanted:
    """An index that something asks for."""

    columns: tuple[str, ...]
    reason: str


def indexes(domain: DomainModel, table: Table, entity: str, naming: Names) -> list[Index]:
    """Return the indexes of an entity's table, which has its columns and constraints already."""
    usable = {c.name for c in table.columns if is_indexable(c)}
    wanted: list[Wanted] = []
    if domain.entity(entity).kind != "link":
        found = [_up_to_what_has_none(w, usable) for w in _list_indexes(domain, entity)]
        wanted += [w for w in found if w.columns]
    leading = {w.columns[0] for w in wanted}
    wanted += [
        Wanted((key.column,), f"foreign key to {key.target_table}: joins, and deletes there")
        for key in table.foreign_keys
        if key.column not in leading
    ]
    unique_sets = [tuple(u.columns) for u in table.unique_constraints]
    # A list narrowed by a field and ordered by the same one needs the column once.
    wanted = [Wanted(tuple(dict.fromkeys(w.columns)), w.reason) for w in wanted]
    return [
        Index(name=naming.name("ix", table.name, *w.columns), columns=list(w.columns), reason=w.reason)
        for w in _without_covered(wanted, unique_sets)
    ]


def _up_to_what_has_none(wanted: Wanted, usable: set[str]) -> Wanted:
    """Return an index without the first column that no index can hold (a long text), and what comes behind it."""
    kept = tuple(takewhile(usable.__contains__, wanted.columns))
    return Wanted(kept, wanted.reason)


def _list_indexes(domain: DomainModel, entity: str) -> list[Wanted]:
    """Return indexes for the list endpoint: by scope and order, by filter, by sort field."""
    plural = names.title(names.plural(entity))
    default = queries.default_order(domain, entity)
    order = _tail(domain, entity, default)
    scopes = _scopes(domain, entity)
    found = [Wanted((*prefix, *order), f"list of {plural}{whose}, {_in_words(default)}") for prefix, whose in scopes]
    widest, whose = scopes[-1]
    derived = columns.derived_names(domain, entity)
    for narrowed in queries.filters(domain, entity):
        if narrowed.name in derived or (narrowed.relation and narrowed.relation.cardinality == "many_to_many"):
            continue
        if narrowed.name not in widest:
            found.append(
                Wanted((*widest, narrowed.name, *order), f"list of {plural}{whose} narrowed by {narrowed.name}")
            )
    for name in queries.sort_fields(domain, entity):
        if name not in derived:
            tail = (name, "id")
            found.append(Wanted((*widest, *tail), f"list of {plural}{whose} ordered by {name}"))
    return found


def _scopes(domain: DomainModel, entity: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the leading columns under which rows are listed, narrowest first, with words for them."""
    parent = access.parent_relation(domain, entity)
    if parent is not None:
        return [((columns.relation_column(parent),), f" of one {names.title(parent.target)}")]
    allowed = access.access(domain, entity, "list")
    found: list[tuple[tuple[str, ...], str]] = []
    first = access.follow(domain, entity, allowed.owner_path[:1])
    if allowed.owner_roles and first and first[0].cardinality != "many_to_many":
        found.append(((columns.relation_column(first[0]),), f" of one {names.title(first[0].name)}"))
    if allowed.public or allowed.roles or not found:
        found.append(((), ""))
    return found


def _tail(domain: DomainModel, entity: str, order: str) -> tuple[str, ...]:
    """Return the columns of the order, with id as the tie-breaker; none when it is computed in the query."""
    name = order.removeprefix("-")
    return () if name in columns.derived_names(domain, entity) else (name, "id")


def _in_words(order: str) -> str:
    if order == queries.NEWEST_FIRST:
        return "newest first"
    return f"ordered by {order.removeprefix('-')}" + (", largest first" if order.startswith("-") else "")


def _without_covered(wanted: list[Wanted], uniques: list[tuple[str, ...]]) -> list[Wanted]:
    """Return the wanted indexes that no unique constraint and no longer index covers, in order.

    Covered is what begins another index or unique constraint, what begins with a whole unique constraint (it finds
    one row at most), and what has been asked for before.
    """
    kept: list[Wanted] = []
    every = [w.columns for w in wanted]
    for place, candidate in enumerate(wanted):
        mine = candidate.columns
        if not mine or mine == ("id",):
            continue
        others = [*every[:place], *(c for c in every[place + 1 :] if c != mine), *uniques]
        if any(other[: len(mine)] == mine for other in others):
            continue
        if any(unique == mine[: len(unique)] for unique in uniques):
            continue
        kept.append(candidate)
    return kept
