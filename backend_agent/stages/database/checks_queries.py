"""Checks that every query of the API finds an index, and that no index is for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backend_agent.artifacts import access, columns, queries
from backend_agent.artifacts.database import Table
from backend_agent.stage import Check
from backend_agent.stages.database.columns import indexable
from backend_agent.state import Artifacts


def _paths(table: Table) -> list[list[str]]:
    """Return the column lists by which rows of a table are found: primary key, unique constraints, whole indexes."""
    return [
        table.primary_key.columns,
        *(u.columns for u in table.unique_constraints),
        *(i.columns for i in table.indexes if i.where is None),
    ]


def _found_by(table: Table, *wanted: str) -> bool:
    return any(path[: len(wanted)] == list(wanted) for path in _paths(table))


def _foreign_keys_are_indexed(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        for key in table.foreign_keys:
            if not _found_by(table, key.column):
                yield f"{table.name}.{key.column} has no index that begins with it"


def _listed(given: Artifacts) -> Iterator[tuple[str, Table, list[tuple[str, ...]]]]:
    """Yield each entity with a list, its table, and the columns by which its rows are narrowed to the caller."""
    domain, schema = given.domain, given.database
    for table in schema.tables:
        entity = next((e for e in domain.entities if e.name == table.entity), None)
        if entity is None or entity.kind == "link":
            continue
        parent = access.parent_relation(domain, entity.name)
        allowed = access.access(domain, entity.name, "list")
        own = access.follow(domain, entity.name, allowed.owner_path[:1])
        scopes: list[tuple[str, ...]] = []
        if parent is not None:
            scopes.append((columns.relation_column(parent),))
        elif own and own[0].cardinality != "many_to_many":
            scopes.append((columns.relation_column(own[0]),))
        if parent is None and (not scopes or allowed.roles or allowed.public):
            scopes.append(())
        yield entity.name, table, scopes


def _filters_are_indexed(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for entity, table, scopes in _listed(given):
        comparable = {c.name for c in table.columns if indexable(c)}
        for narrowed in queries.filters(domain, entity):
            if narrowed.name in comparable and not any(_found_by(table, *s, narrowed.name) for s in [*scopes, ()]):
                yield f"{table.name} has no index for the filter {narrowed.name}"


def _orders_are_indexed(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for entity, table, scopes in _listed(given):
        names = [
            queries.default_order(domain, entity).removeprefix("-"),
            *queries.sort_fields(domain, entity),
        ]
        comparable = {c.name for c in table.columns if indexable(c)}
        for name in dict.fromkeys(names):
            one_row = any(
                _found_by(table, *s) and [*s] in [u.columns for u in table.unique_constraints] for s in scopes
            )
            if name in comparable and not one_row and not any(_found_by(table, *s, name) for s in scopes):
                yield f"{table.name} has no index for a list ordered by {name}"


def _indexes_are_needed(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        paths = _paths(table)
        for index in table.indexes:
            if index.where is not None:
                continue
            others = list(paths)
            others.remove(index.columns)
            if any(other[: len(index.columns)] == index.columns for other in others):
                yield f"{index.name} of {table.name} is covered by another index or constraint"
            if not index.reason:
                yield f"{index.name} of {table.name} has no reason"


def _columns_are_named_once(given: Artifacts) -> Iterator[str]:
    for table in given.database.tables:
        uniques = [(u.name, u.columns) for u in table.unique_constraints]
        for name, path in [*uniques, *((i.name, i.columns) for i in table.indexes)]:
            twice = [column for column, count in Counter(path).items() if count > 1]
            if twice:
                yield f"{name} of {table.name} names {', '.join(twice)} twice"


QUERY_CHECKS: tuple[Check, ...] = (
    Check(
        name="foreign_keys_are_indexed",
        title="Every foreign key has an index",
        metric="performance",
        severity="major",
        find=_foreign_keys_are_indexed,
        hint="Add an index that begins with the column.",
    ),
    Check(
        name="filters_are_indexed",
        title="Every filter of a list has an index",
        metric="performance",
        severity="major",
        find=_filters_are_indexed,
        hint="Add an index: what narrows the list to the caller first, then the filter.",
    ),
    Check(
        name="orders_are_indexed",
        title="Every order of a list has an index",
        metric="performance",
        severity="major",
        find=_orders_are_indexed,
        hint="Add an index: what narrows the list to the caller first, then the order, then id.",
    ),
    Check(
        name="indexes_are_needed",
        title="No index repeats another one",
        metric="scalability",
        severity="minor",
        find=_indexes_are_needed,
        hint="Remove the index: each one costs every write.",
    ),
    Check(
        name="columns_are_named_once",
        title="No index or unique constraint names a column twice",
        metric="architecture",
        severity="critical",
        find=_columns_are_named_once,
        hint="Name the column once: PostgreSQL refuses it otherwise, or keeps it twice.",
    ),
)
