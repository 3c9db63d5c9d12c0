"""SQLAlchemy expressions over the tables of a project, as source text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backend_agent.artifacts.columns import association, relation_column
from backend_agent.artifacts.domain import ACCOUNT, Relation
from backend_agent.artifacts.rules import DerivedRule, OwnershipRule, ToggleRule
from backend_agent.codegen.view import EntityView

_COLLECTION_METHODS = frozenset(
    ("compare", "contains_column", "corresponding_column", "get", "items", "keys", "values")
)
"""Attributes of `Table.c` that are no columns."""
_TABLE = re.compile(r"\b[a-z][a-z0-9_]*_table\b")


def table_symbol(table: str) -> str:
    """Return the module constant that holds a table: `books_table`."""
    return f"{table}_table"


def column(table: str, name: str) -> str:
    """Return a column of a table: `books_table.c.title`."""
    return column_of(table_symbol(table), name)


def column_of(rows: str, name: str) -> str:
    """Return a column of a table or an alias of one, given by its symbol."""
    return f'{rows}.c["{name}"]' if name in _COLLECTION_METHODS else f"{rows}.c.{name}"


def tables_in(sources: Iterable[str]) -> list[str]:
    """Return the table constants that occur in sources, sorted."""
    return sorted({symbol for source in sources for symbol in _TABLE.findall(source)})


def relation_of(entity: EntityView, name: str) -> Relation:
    """Return the relation called `name` that starts at `entity`; raises `KeyError`."""
    for relation in entity.relations:
        if relation.name == name:
            return relation
    raise KeyError(f"{entity.name} has no relation {name}")


def inverse_of(entity: EntityView, name: str) -> Relation | None:
    """Return the relation that arrives at `entity` under the inverse name `name`."""
    arriving = entity.project.given.domain.relations_to(entity.name)
    return next((r for r in arriving if r.inverse == name), None)


def account_relation(profile: EntityView) -> Relation:
    """Return the relation by which a profile points at its account; raises `KeyError`."""
    for relation in profile.relations:
        if relation.target == ACCOUNT and relation.cardinality == "one_to_one":
            return relation
    return relation_of(profile, "user")


def owned(entity: EntityView, path: Iterable[str], value: str, outer: tuple[str, ...] = ()) -> str:
    """Return the condition that rows of `entity` belong to the account `value`, along a path of relations."""
    name, *rest = path
    relation = relation_of(entity, name)
    here = column(entity.table.name, relation_column(relation))
    if relation.target == ACCOUNT:
        return f"{here} == {value}"
    target = entity.project.entity(relation.target)
    around = (*outer, entity.table.name)
    inner = owned(target, rest or [account_relation(target).name], value, around)
    return f"{here}.in_({select_ids(target, inner, around)})"


def select_ids(entity: EntityView, condition: str, outer: tuple[str, ...] = ()) -> str:
    """Return the select of the ids of an entity's rows under a condition, for use inside a condition on `outer`."""
    alone = ".correlate(None)" if entity.table.name in outer else ""
    return f"sa.select({column(entity.table.name, 'id')}).where({condition}){alone}"


def derived(rule: DerivedRule, entity: EntityView) -> str:
    """Return the subquery that computes a derived field. Raises `KeyError` for a relation that does not exist."""
    relation = inverse_of(entity, rule.relation) or relation_of(entity, rule.relation)
    if relation.cardinality == "many_to_many":
        pairs = association(entity.project.given.domain, relation)
        key = pairs.target_column if relation.target == entity.name else pairs.source_column
        return _scalar("sa.select(sa.func.count())", f"{column(pairs.table, key)} == {_id(entity)}", entity)
    source = entity.project.entity(relation.source)
    rows = rows_alias(rule) if source.name == entity.name else table_symbol(source.table.name)
    linked = f"{column_of(rows, relation_column(relation))} == {_id(entity)}"
    if rule.function == "exists":
        current = _current(source)
        return f"sa.exists().where({linked}, {current}).correlate({table_symbol(entity.table.name)})"
    if rule.function == "count":
        return _scalar("sa.select(sa.func.count())", linked, entity)
    value, joins = _product(source, rows, rule.factors)
    total = f"sa.func.coalesce(sa.func.sum({value}), 0)" if rule.function == "sum" else f"sa.func.avg({value})"
    start = f"sa.select(sa.cast({total}, {_number(rule, entity)}))"
    return _scalar(f"{start}.select_from({rows}{joins})" if joins else start, linked, entity)


def rows_alias(rule: DerivedRule) -> str:
    """Return the name of the alias under which a derived field reads rows of its own table."""
    return f"_{rule.relation.upper()}"


def _id(entity: EntityView) -> str:
    return column(entity.table.name, "id")


def _scalar(select: str, condition: str, entity: EntityView) -> str:
    return f"{select}.where({condition}).correlate({table_symbol(entity.table.name)}).scalar_subquery()"


def _number(rule: DerivedRule, entity: EntityView) -> str:
    field = entity.spec.field(rule.field)
    return "sa.BigInteger()" if field.type == "integer" else f"sa.Numeric(18, {field.scale})"


def _product(source: EntityView, rows: str, factors: list[str]) -> tuple[str, str]:
    """Return the product of the factors, and the joins that it needs."""
    values: list[str] = []
    joins: dict[str, str] = {}
    for factor in factors:
        name, _, field = factor.partition(".")
        if not field:
            values.append(column_of(rows, name))
            continue
        relation = relation_of(source, name)
        target = source.project.entity(relation.target).table.name
        values.append(column(target, field))
        on = f"{column(target, 'id')} == {column_of(rows, relation_column(relation))}"
        joins[name] = f".join({table_symbol(target)}, {on})"
    return " * ".join(values), "".join(joins.values())


def _current(source: EntityView) -> str:
    """Return the condition that a row of `source` is the current account's."""
    rules = source.rules
    path = next(([r.subject] for r in rules if isinstance(r, ToggleRule)), None)
    path = path or next(r.path for r in rules if isinstance(r, OwnershipRule))
    return owned(source, path, 'sa.bindparam("viewer_id", type_=sa.Uuid())')


def contains(entity: EntityView, path: str, word: str) -> str:
    """Return the condition that a text field, or one of a row that `entity` refers to, contains a word."""
    name, _, field = path.partition(".")
    if not field:
        return _text_contains(entity, name, word)
    relation = next((r for r in entity.relations if r.name == name), None)
    if relation:
        return _contains_forward(entity, relation, field, word)
    arriving = inverse_of(entity, name)
    if arriving is None:
        raise KeyError(f"{entity.name} has no relation {name}")
    other = entity.project.entity(arriving.source)
    condition = _text_contains(other, field, word)
    if arriving.cardinality == "many_to_many":
        pairs = association(entity.project.given.domain, arriving)
        return _through(entity, other, pairs.table, pairs.target_column, pairs.source_column, condition)
    return f"{_id(entity)}.in_(sa.select({column(other.table.name, relation_column(arriving))}).where({condition}))"


def _contains_forward(entity: EntityView, relation: Relation, field: str, word: str) -> str:
    target = entity.project.entity(relation.target)
    condition = _text_contains(target, field, word)
    if relation.cardinality == "many_to_many":
        pairs = association(entity.project.given.domain, relation)
        return _through(entity, target, pairs.table, pairs.source_column, pairs.target_column, condition)
    here = column(entity.table.name, relation_column(relation))
    return f"{here}.in_({select_ids(target, condition, (entity.table.name,))})"


def _through(entity: EntityView, other: EntityView, pairs: str, near: str, far: str, condition: str) -> str:
    on = f"{_id(other)} == {column(pairs, far)}"
    alone = ".correlate(None)" if other.name == entity.name else ""
    linked = f"sa.select({column(pairs, near)}).join({table_symbol(other.table.name)}, {on})"
    return f"{_id(entity)}.in_({linked}.where({condition}){alone})"


def linked_to(entity: EntityView, relation: Relation, value: str) -> str:
    """Return the condition that a many_to_many relation of `entity` leads to the row with id `value`."""
    pairs = association(entity.project.given.domain, relation)
    near, far = column(pairs.table, pairs.source_column), column(pairs.table, pairs.target_column)
    return f"{_id(entity)}.in_(sa.select({near}).where({far} == {value}))"


def _text_contains(entity: EntityView, field: str, word: str) -> str:
    here = column(entity.table.name, field)
    text = f"sa.cast({here}, sa.Text())" if entity.spec.field(field).many else here
    return f"{text}.icontains({word}, autoescape=True)"
