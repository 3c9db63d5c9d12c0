"""All tables of a domain model."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import columns, mentions, needs, references
from backend_agent.artifacts.database import Column, ForeignKey, Index, PrimaryKey, Relationship, Table
from backend_agent.artifacts.domain import DomainModel, Relation
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.rules import RangeRule, ToggleRule, UniqueRule
from backend_agent.stages.database import service_tables
from backend_agent.stages.database.columns import entity_columns
from backend_agent.stages.database.constraints import checks, foreign_keys, partial_uniques, uniques
from backend_agent.stages.database.indexes import indexes
from backend_agent.stages.database.naming import Names
from backend_agent.stages.database.order import creation_order


def tables(domain: DomainModel, requirements: RequirementsAnalysis) -> list[Table]:
    """Return the tables of entities, associations and the service's own, in creation order."""
    naming = Names()
    encrypted = {(f.entity, f.field) for f in needs.encrypted_fields(requirements, domain)}
    found = [_entity_table(domain, entity.name, encrypted, naming) for entity in domain.entities]
    found += [
        _association_table(domain, relation, naming)
        for relation in domain.relations
        if relation.cardinality == "many_to_many"
    ]
    about_login = mentions.authentication(requirements)
    found.append(service_tables.refresh_tokens(naming, about_login))
    found.append(service_tables.login_failures(naming, needs.lockout(requirements).cites or about_login))
    audited = needs.audit_log(requirements)
    if audited:
        found.append(service_tables.audit_log(naming, audited))
    return creation_order(found)


def relationships(domain: DomainModel) -> list[Relationship]:
    """Return every relation of the model, as tables."""
    return [
        Relationship(
            source_table=names.table_name(relation.source),
            target_table=names.table_name(relation.target),
            cardinality=relation.cardinality,
            via=(
                columns.association(domain, relation).table
                if relation.cardinality == "many_to_many"
                else columns.relation_column(relation)
            ),
            on_delete=references.on_delete(domain, relation),
            description=_says(relation),
        )
        for relation in domain.relations
    ]


def _says(relation: Relation) -> str:
    source, target = names.title(relation.source), names.title(relation.target)
    if relation.cardinality == "many_to_many":
        return f"{names.title(names.plural(relation.source))} and {names.title(names.plural(relation.target))}"
    if relation.owned:
        return f"{names.article(source)} is a part of its {target}"
    each = "has at most one" if relation.optional else "has one"
    return f"{names.article(source)} {each} {names.title(relation.name)} ({target})"


def _entity_table(domain: DomainModel, entity: str, encrypted: set[tuple[str, str]], naming: Names) -> Table:
    name = names.table_name(entity)
    stored = entity_columns(domain, entity, encrypted)
    table = Table(
        name=name,
        entity=entity,
        description=domain.entity(entity).description,
        columns=stored,
        foreign_keys=foreign_keys(domain, entity, name, naming),
        unique_constraints=uniques(domain, entity, name, naming),
        checks=checks(domain, entity, name, stored, naming),
        cites=_cites(domain, entity),
    )
    found = [*partial_uniques(domain, entity, name, naming), *indexes(domain, table, entity, naming)]
    return table.model_copy(update={"indexes": found})


def _cites(domain: DomainModel, entity: str) -> list[str]:
    cites = list(domain.entity(entity).cites)
    cites += [c for f in domain.entity(entity).fields for c in f.cites]
    cites += [c for r in domain.relations_from(entity) for c in r.cites]
    for rule in domain.rules_of(entity):
        if isinstance(rule, UniqueRule | RangeRule | ToggleRule):
            cites += rule.cites
    return sorted(set(cites))


def _association_table(domain: DomainModel, relation: Relation, naming: Names) -> Table:
    pair = columns.association(domain, relation)
    return Table(
        name=pair.table,
        purpose="association",
        description=f"Pairs of {names.title(names.plural(relation.source))} and their {names.title(relation.name)}.",
        columns=[
            Column(name=pair.source_column, type="uuid"),
            Column(name=pair.target_column, type="uuid", field=relation.name),
        ],
        primary_key=PrimaryKey(columns=[pair.source_column, pair.target_column]),
        foreign_keys=[
            ForeignKey(
                name=naming.name("fk", pair.table, pair.source_column),
                column=pair.source_column,
                target_table=names.table_name(relation.source),
                on_delete="cascade",
            ),
            ForeignKey(
                name=naming.name("fk", pair.table, pair.target_column),
                column=pair.target_column,
                target_table=names.table_name(relation.target),
                on_delete=references.on_delete(domain, relation),
            ),
        ],
        indexes=[
            Index(
                name=naming.name("ix", pair.table, pair.target_column),
                columns=[pair.target_column],
                reason=f"{names.title(relation.inverse)} of one {names.title(relation.target)}; foreign key",
            )
        ],
        cites=sorted(set(relation.cites)),
    )
