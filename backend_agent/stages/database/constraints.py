"""Constraints of the entities' tables: what no bug in the application may break."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import access, columns, references
from backend_agent.artifacts.database import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, FieldSpec
from backend_agent.artifacts.rules import RangeRule, ToggleRule, UniqueRule
from backend_agent.engines.ddl import quoted
from backend_agent.stages.database.naming import Names


def foreign_keys(domain: DomainModel, entity: str, table: str, naming: Names) -> list[ForeignKey]:
    """Return a foreign key for each relation whose reference the entity holds."""
    return [
        ForeignKey(
            name=naming.name("fk", table, columns.relation_column(relation)),
            column=columns.relation_column(relation),
            target_table=names.table_name(relation.target),
            on_delete=references.on_delete(domain, relation),
        )
        for relation in domain.relations_from(entity)
        if relation.cardinality != "many_to_many"
    ]


def unique_columns(domain: DomainModel, entity: str) -> list[list[str]]:
    """Return the column lists that no two rows share: fields, one_to_one relations, rules, toggles."""
    fields = [f for f in columns.stored_fields(domain, entity) if not f.many]
    single = [r for r in domain.relations_from(entity) if r.cardinality != "many_to_many"]
    known = {f.name: f.name for f in fields} | {r.name: columns.relation_column(r) for r in single}
    found = [[f.name] for f in fields if f.unique]
    if entity == ACCOUNT and ["email"] not in found:
        found.append(["email"])
    found += [[columns.relation_column(r)] for r in single if r.cardinality == "one_to_one"]
    for rule in domain.rules_of(entity):
        named = (
            rule.fields
            if isinstance(rule, UniqueRule)
            else [rule.subject, rule.object]
            if isinstance(rule, ToggleRule)
            else []
        )
        if all(name in known for name in named):
            found.append([known[name] for name in named])
    distinct: dict[frozenset[str], list[str]] = {}
    for names_ in found:
        if names_:
            distinct.setdefault(frozenset(names_), names_)
    return list(distinct.values())


def uniques(domain: DomainModel, entity: str, table: str, naming: Names) -> list[UniqueConstraint]:
    """Return the unique constraints of an entity's table."""
    return [
        UniqueConstraint(name=naming.name("uq", table, *group), columns=group)
        for group in unique_columns(domain, entity)
    ]


def partial_uniques(domain: DomainModel, entity: str, table: str, naming: Names) -> list[Index]:
    """Return unique indexes for rows that lack an optional relation of a unique rule.

    SQL holds NULLs for distinct: `UNIQUE (parent_id, name)` alone would let two rows without a parent share a name.
    A missing field value, on the other hand, says nothing, so rows without one may repeat the rest.
    """
    optional = {
        columns.relation_column(r)
        for r in domain.relations_from(entity)
        if r.optional and r.cardinality != "many_to_many"
    }
    found = []
    for group in unique_columns(domain, entity):
        for missing in [c for c in group if c in optional and len(group) > 1]:
            rest = [c for c in group if c != missing]
            found.append(
                Index(
                    name=naming.name("uq", table, *rest, "without", missing),
                    columns=rest,
                    unique=True,
                    where=f"{quoted(missing)} IS NULL",
                    reason=f"{' and '.join(rest)} unique among rows without {missing}, where NULLs count as distinct",
                )
            )
    return found


def checks(domain: DomainModel, entity: str, table: str, stored: list[Column], naming: Names) -> list[CheckConstraint]:
    """Return CHECK constraints: enumerations, ranges, lengths, order of two fields, self references, version."""
    plain = {c.name for c in stored if c.type not in ("encrypted", "json")}
    found: list[tuple[str, str]] = []
    for field in columns.stored_fields(domain, entity):
        if field.name in plain:
            found += _field_checks(domain, entity, field)
    if entity == ACCOUNT:
        found.append(("role_values", f"role IN ({_strings(access.roles(domain))})"))
    for rule in domain.rules_of(entity):
        if isinstance(rule, RangeRule) and rule.after and {rule.field, rule.after} <= plain:
            expression = f"{quoted(rule.field)} > {quoted(rule.after)}"
            found.append((f"{rule.field}_after_{rule.after}", expression))
        elif isinstance(rule, ToggleRule) and rule.not_self:
            ends = [r for r in domain.relations_from(entity) if r.name in (rule.subject, rule.object)]
            if len(ends) == 2 and ends[0].target == ends[1].target:
                first, second = (columns.relation_column(r) for r in ends)
                found.append(("not_self", f"{first} <> {second}"))
    for relation in domain.relations_from(entity):
        if relation.is_tree:
            column = columns.relation_column(relation)
            found.append((f"{column}_not_self", f"{column} <> id"))
    found.append(("version_positive", "version >= 1"))
    distinct = dict(found)
    return [CheckConstraint(name=naming.name("ck", table, what), expression=text) for what, text in distinct.items()]


def _field_checks(domain: DomainModel, entity: str, field: FieldSpec) -> list[tuple[str, str]]:
    column = quoted(field.name)
    if field.type == "enum":
        return [(f"{field.name}_values", f"{column} IN ({_strings(field.values)})")]
    if field.type in ("integer", "decimal"):
        limits = columns.bounds(domain, entity, field)
        parts = []
        if limits.minimum is not None:
            parts.append(f"{column} {'>' if limits.exclusive_minimum else '>='} {number(limits.minimum)}")
        if limits.maximum is not None:
            parts.append(f"{column} <= {number(limits.maximum)}")
        return [(f"{field.name}_range", " AND ".join(parts))] if parts else []
    if field.type in ("string", "text") and field.min_length:
        longest = columns.max_length(field)
        if longest == field.min_length:
            return [(f"{field.name}_length", f"length({column}) = {longest}")]
        return [(f"{field.name}_length", f"length({column}) BETWEEN {field.min_length} AND {longest}")]
    return []


def number(value: float) -> str:
    """Return a bound as SQL: whole numbers without a point."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _strings(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
