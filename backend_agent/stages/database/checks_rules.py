"""Checks that business rules and protection are in the database too."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts import columns, needs
from backend_agent.artifacts.database import Table
from backend_agent.artifacts.rules import RangeRule, ToggleRule, UniqueRule
from backend_agent.engines.ddl import quoted
from backend_agent.stage import Check
from backend_agent.state import Artifacts

_SECRET = ("password", "token", "secret")


def _entity_tables(given: Artifacts) -> Iterator[tuple[str, Table]]:
    domain, schema = given.domain, given.database
    known = {e.name for e in domain.entities}
    for table in schema.tables:
        if table.entity in known:
            yield str(table.entity), table


def _plain(table: Table) -> set[str]:
    """Return the columns whose value the database can compare."""
    return {c.name for c in table.columns if c.type not in ("encrypted", "json")}


def _mentions(table: Table, column: str, *parts: str) -> bool:
    return any(
        check.expression.replace('"', "").split(" ")[0] in (column, f"length({column})")
        and all(part in check.expression for part in parts)
        for check in table.checks
    )


def _enumerations_are_checked(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for entity, table in _entity_tables(given):
        for field in columns.stored_fields(domain, entity):
            if field.type == "enum" and field.name in _plain(table):
                missing = [v for v in field.values if not _mentions(table, field.name, " IN (", f"'{v}'")]
                if missing:
                    yield f"{table.name}.{field.name} has no CHECK that knows {', '.join(missing)}"


def _ranges_are_checked(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for entity, table in _entity_tables(given):
        for field in columns.stored_fields(domain, entity):
            if field.type not in ("integer", "decimal") or field.name not in _plain(table):
                continue
            limits = columns.bounds(domain, entity, field)
            if limits.minimum is not None and not _mentions(table, field.name, ">"):
                yield f"{table.name}.{field.name} has no CHECK for its minimum {limits.minimum:g}"
            if limits.maximum is not None and not _mentions(table, field.name, "<="):
                yield f"{table.name}.{field.name} has no CHECK for its maximum {limits.maximum:g}"
        for rule in domain.rules_of(entity):
            if isinstance(rule, RangeRule) and rule.after:
                wanted = f"{quoted(rule.field)} > {quoted(rule.after)}"
                if {rule.field, rule.after} <= _plain(table) and all(c.expression != wanted for c in table.checks):
                    yield f"{table.name} has no CHECK ({wanted})"


def _uniqueness_is_enforced(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for entity, table in _entity_tables(given):
        have = {frozenset(u.columns) for u in table.unique_constraints}
        relations = {r.name: columns.relation_column(r) for r in domain.relations_from(entity)}
        wanted = [[f.name] for f in columns.stored_fields(domain, entity) if f.unique and not f.many]
        for rule in domain.rules_of(entity):
            if isinstance(rule, UniqueRule):
                wanted.append([relations.get(name, name) for name in rule.fields])
            elif isinstance(rule, ToggleRule):
                wanted.append([relations.get(name, name) for name in (rule.subject, rule.object)])
        for group in wanted:
            if frozenset(group) not in have:
                yield f"{table.name} has no unique constraint on {', '.join(group)}"


def _sensitive_is_encrypted(given: Artifacts) -> Iterator[str]:
    domain = given.domain
    for field in needs.encrypted_fields(given.requirements, domain):
        for entity, table in _entity_tables(given):
            if entity == field.entity and any(c.name == field.field and c.type != "encrypted" for c in table.columns):
                yield f"{table.name}.{field.field} is kept in clear"


def _secrets_are_hashed(given: Artifacts) -> Iterator[str]:
    schema = given.database
    for table in schema.tables:
        for column in table.columns:
            secret = any(word in column.name for word in _SECRET)
            if secret and column.type in ("string", "text") and not column.name.endswith("_hash"):
                yield f"{table.name}.{column.name} looks like a secret in clear"


def _changes_are_recorded(given: Artifacts) -> Iterator[str]:
    schema = given.database
    asked = needs.audit_log(given.requirements)
    if asked and all(t.name != "audit_log" for t in schema.tables):
        yield f"{', '.join(asked)} ask for an audit log; there is no table audit_log"


RULE_CHECKS: tuple[Check, ...] = (
    Check(
        name="enumerations_are_checked",
        title="Enumerations have a CHECK with all their values",
        metric="maintainability",
        severity="major",
        find=_enumerations_are_checked,
        hint="Add CHECK (column IN (...)).",
    ),
    Check(
        name="ranges_are_checked",
        title="Bounds of numbers and order of two fields have a CHECK",
        metric="maintainability",
        severity="major",
        find=_ranges_are_checked,
        hint="Add the CHECK constraint.",
    ),
    Check(
        name="uniqueness_is_enforced",
        title="What must be unique has a unique constraint",
        metric="architecture",
        severity="critical",
        find=_uniqueness_is_enforced,
        hint="Add the constraint: two requests at once pass any check in the application.",
    ),
    Check(
        name="sensitive_is_encrypted",
        title="Personal data is encrypted where the task asks for it",
        metric="security",
        severity="critical",
        find=_sensitive_is_encrypted,
        hint="Make the column encrypted.",
    ),
    Check(
        name="secrets_are_hashed",
        title="Passwords and tokens are kept as digests only",
        metric="security",
        severity="critical",
        find=_secrets_are_hashed,
        hint="Keep a digest, in a column that ends in _hash.",
    ),
    Check(
        name="changes_are_recorded",
        title="There is an audit log where the task asks for one",
        metric="security",
        severity="major",
        find=_changes_are_recorded,
        hint="Add the table audit_log.",
    ),
)
