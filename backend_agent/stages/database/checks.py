"""Checks of a database schema: the whole model is in it, and it can be created."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts import columns, references
from backend_agent.artifacts.database import DatabaseSchema, Table
from backend_agent.artifacts.domain import Relation
from backend_agent.engines import ddl
from backend_agent.stage import Check
from backend_agent.stages.database.checks_queries import QUERY_CHECKS
from backend_agent.stages.database.checks_rules import RULE_CHECKS
from backend_agent.stages.database.naming import MAX_NAME
from backend_agent.state import Artifacts

_STAMPS = ("id", "version", "created_at", "updated_at")


def _table(schema: DatabaseSchema, entity: str) -> Table | None:
    return next((t for t in schema.tables if t.entity == entity), None)


def _entities_have_tables(given: Artifacts) -> Iterator[str]:
    domain, schema = given.domain, given.database
    for entity in domain.entities:
        if _table(schema, entity.name) is None:
            yield f"{entity.name} has no table"


def _fields_have_columns(given: Artifacts) -> Iterator[str]:
    domain, schema = given.domain, given.database
    for entity in domain.entities:
        table = _table(schema, entity.name)
        if table is None:
            continue
        have = {c.name: c for c in table.columns}
        for field in columns.stored_fields(domain, entity.name):
            if field.name not in have:
                yield f"{entity.name}.{field.name} has no column in {table.name}"
            elif have[field.name].nullable != field.optional:
                yield f"{table.name}.{field.name} is {'nullable' if have[field.name].nullable else 'NOT NULL'}"


def _relations_have_keys(given: Artifacts) -> Iterator[str]:
    domain, schema = given.domain, given.database
    for relation in domain.relations:
        wanted = names.table_name(relation.target)
        if relation.cardinality == "many_to_many":
            yield from _pair_faults(given, relation)
            continue
        table = _table(schema, relation.source)
        keys = [] if table is None else table.foreign_keys
        column = columns.relation_column(relation)
        if not any(k.column == column and k.target_table == wanted for k in keys):
            yield f"{relation.source}.{relation.name} is no foreign key to {wanted}"


def _pair_faults(given: Artifacts, relation: Relation) -> Iterator[str]:
    domain, schema = given.domain, given.database
    pair = columns.association(domain, relation)
    table = next((t for t in schema.tables if t.name == pair.table), None)
    ends = {k.target_table for k in table.foreign_keys} if table else set()
    if not {names.table_name(relation.source), names.table_name(relation.target)} <= ends:
        yield f"{relation.source}.{relation.name} has no association table {pair.table}"


def _deletes_follow_the_model(given: Artifacts) -> Iterator[str]:
    domain, schema = given.domain, given.database
    for relation in domain.relations:
        table = _table(schema, relation.source)
        if table is None or relation.cardinality == "many_to_many":
            continue
        wanted = references.on_delete(domain, relation)
        for key in table.foreign_keys:
            if key.column == columns.relation_column(relation) and key.on_delete != wanted:
                yield f"{table.name}.{key.column} does {key.on_delete} on delete, not {wanted}"


def _ddl_runs(given: Artifacts) -> Iterator[str]:
    """Create the tables in a SQLite database in memory: it reads every constraint and expression."""
    text = given.database.to_sql("sqlite")
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(text)
    except sqlite3.Error as error:
        yield f"SQLite refuses the tables: {error}"
    finally:
        connection.close()


def _in_creation_order(given: Artifacts) -> Iterator[str]:
    schema = given.database
    every = {t.name for t in schema.tables}
    created: set[str] = set()
    for table in schema.tables:
        created.add(table.name)
        for key in table.foreign_keys:
            if key.target_table not in every:
                yield f"{table.name}.{key.column} refers to {key.target_table}, which is no table"
            elif key.target_table not in created and not table.column(key.column).nullable:
                yield f"{table.name} comes before {key.target_table}, to which {key.column} must refer"


def _names_are_portable(given: Artifacts) -> Iterator[str]:
    schema = given.database
    found = Counter(t.name for t in schema.tables)
    for table in schema.tables:
        found.update([*(i.name for i in table.indexes), *(u.name for u in table.unique_constraints)])
        twice = [n for n, count in Counter(c.name for c in table.columns).items() if count > 1]
        yield from (f"{table.name} has two columns {name}" for name in twice)
        if ddl.quoted(table.name) != table.name:
            yield f"the table name {table.name} is a reserved word"
        for name in _all_names(table):
            if len(name) > MAX_NAME:
                yield f"{name} is longer than {MAX_NAME} characters"
    yield from (f"two things are called {name}" for name, count in found.items() if count > 1)


def _all_names(table: Table) -> Iterator[str]:
    yield table.name
    yield from (c.name for c in table.columns)
    yield from (k.name for k in table.foreign_keys)
    yield from (u.name for u in table.unique_constraints)
    yield from (c.name for c in table.checks)
    yield from (i.name for i in table.indexes)


def _rows_have_stamps(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        if table.entity:
            missing = [name for name in _STAMPS if all(c.name != name for c in table.columns)]
            if missing:
                yield f"{table.name} lacks {', '.join(missing)}"


def _ids_need_no_sequence(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        for name in table.primary_key.columns:
            if not any(c.name == name and c.type == "uuid" for c in table.columns):
                yield f"{table.name}.{name} is a primary key that is no UUID"


def _text_has_a_length(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        for column in table.columns:
            if column.type == "string" and not column.length:
                yield f"{table.name}.{column.name} has no length"
            if column.type == "decimal" and (column.precision is None or column.scale is None):
                yield f"{table.name}.{column.name} has no precision and scale"


def _tables_are_traced(given: Artifacts) -> Iterator[str]:
    domain, schema = given.domain, given.database
    for table in schema.tables:
        entity = next((e for e in domain.entities if e.name == table.entity), None)
        if entity is not None and entity.cites and not set(entity.cites) <= set(table.cites):
            yield f"{table.name} does not cite {', '.join(sorted(set(entity.cites) - set(table.cites)))}"


CHECKS: tuple[Check, ...] = (
    Check(
        name="entities_have_tables",
        title="Every entity has a table",
        metric="architecture",
        severity="critical",
        find=_entities_have_tables,
        hint="Add the table.",
    ),
    Check(
        name="fields_have_columns",
        title="Every stored field has a column that is nullable just when it is optional",
        metric="architecture",
        severity="critical",
        find=_fields_have_columns,
        hint="Add the column, or make nullable what is optional.",
    ),
    Check(
        name="relations_have_keys",
        title="Every relation is a foreign key or an association table",
        metric="architecture",
        severity="critical",
        find=_relations_have_keys,
        hint="Add the foreign key.",
    ),
    Check(
        name="deletes_follow_the_model",
        title="Deleting a row does to others what the model says",
        metric="architecture",
        severity="major",
        find=_deletes_follow_the_model,
        hint="Parts cascade, optional references become null, everything else restricts.",
    ),
    Check(
        name="ddl_runs",
        title="The tables can be created",
        metric="testability",
        severity="critical",
        find=_ddl_runs,
        hint="Mend the constraint or index that is named.",
    ),
    Check(
        name="in_creation_order",
        title="Tables come after what they refer to",
        metric="testability",
        severity="critical",
        find=_in_creation_order,
        hint="Put the referred table in front.",
    ),
    Check(
        name="names_are_portable",
        title="Names are unique, short enough and not reserved",
        metric="maintainability",
        severity="major",
        find=_names_are_portable,
        hint=f"Use at most {MAX_NAME} characters and no SQL keyword.",
    ),
    Check(
        name="rows_have_stamps",
        title="Rows have an id, a version and times",
        metric="scalability",
        severity="major",
        find=_rows_have_stamps,
        hint="Add the column: optimistic locking and paging need it.",
    ),
    Check(
        name="ids_need_no_sequence",
        title="Ids are UUIDs that any instance can make",
        metric="scalability",
        severity="major",
        find=_ids_need_no_sequence,
        hint="Use a UUID.",
    ),
    Check(
        name="text_has_a_length",
        title="Short text and decimals are bounded",
        metric="maintainability",
        severity="minor",
        find=_text_has_a_length,
        hint="Give a length, or precision and scale.",
    ),
    Check(
        name="tables_are_traced",
        title="Tables cite the requirements of their entity",
        metric="maintainability",
        severity="minor",
        find=_tables_are_traced,
        hint="Add the R-ids.",
    ),
    *RULE_CHECKS,
    *QUERY_CHECKS,
)
