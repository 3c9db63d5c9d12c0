"""Data models of the entities: what is read, created, updated, listed."""

from __future__ import annotations

from typing import Literal

from backend_agent import names
from backend_agent.artifacts import access, columns
from backend_agent.artifacts.api import DataModel, Property
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, Relation
from backend_agent.artifacts.rules import DerivedRule, LifecycleRule, RangeRule
from backend_agent.stages.api import properties

STAMPS = [
    Property(name="version", type="integer", description="Send it back with an update."),
    Property(name="created_at", type="datetime"),
    Property(name="updated_at", type="datetime"),
]


def entity_models(domain: DomainModel, entity: str, pagination: Literal["offset", "cursor"]) -> list[DataModel]:
    """Return the data models of an entity; those without a property of their own are left out."""
    found = [read_model(domain, entity), page_model(f"{entity}Page", f"{entity}Read", entity, pagination, [])]
    created = create_properties(domain, entity)
    updated = update_properties(domain, entity)
    if created:
        found.append(DataModel(name=f"{entity}Create", purpose="create", entity=entity, properties=created))
    if updated:
        everything = [properties.VERSION, *updated]
        found.append(DataModel(name=f"{entity}Update", purpose="update", entity=entity, properties=everything))
    parent = access.parent_relation(domain, entity)
    if parent is not None and parent.min_items:
        found.append(DataModel(name=f"{entity}Part", purpose="part", entity=entity, properties=created))
    cites = model_cites(domain, entity)
    said = {m.purpose: m.description for m in found} | _descriptions(entity)
    return [m.model_copy(update={"cites": cites, "description": said[m.purpose]}) for m in found]


def _descriptions(entity: str) -> dict[str, str]:
    one = names.title(entity)
    a_row = names.article(one)
    return {
        "read": f"{a_row.capitalize()} as the service answers it.",
        "page": f"One page of {names.title(names.plural(entity))}.",
        "create": f"A new {one}.",
        "update": f"Changes of {a_row}; what is left out stays.",
        "part": f"{a_row.capitalize()} that is made together with its parent.",
    }


def model_cites(domain: DomainModel, entity: str) -> list[str]:
    """Return the R-ids that shape an entity's payloads."""
    cites = list(domain.entity(entity).cites)
    cites += [c for f in domain.entity(entity).fields for c in f.cites]
    cites += [c for r in domain.relations_from(entity) for c in r.cites]
    for rule in domain.rules_of(entity):
        if isinstance(rule, DerivedRule | LifecycleRule | RangeRule):
            cites += rule.cites
    return sorted(set(cites))


def read_model(domain: DomainModel, entity: str) -> DataModel:
    """Return what is answered about one row."""
    return DataModel(
        name=f"{entity}Read",
        purpose="read",
        entity=entity,
        properties=[
            Property(name="id", type="uuid"),
            *(properties.read_field(domain, entity, f) for f in domain.entity(entity).fields),
            *(properties.reference(r, "read") for r in domain.relations_from(entity)),
            *STAMPS,
        ],
    )


def page_model(
    name: str, item: str, entity: str, pagination: Literal["offset", "cursor"], cites: list[str]
) -> DataModel:
    """Return the model of one page of a list."""
    items = Property(name="items", type="model", model=item, many=True)
    if pagination == "cursor":
        following = Property(
            name="next_cursor", type="string", nullable=True, description="Send as cursor; null: the last page."
        )
        rest = [following]
    else:
        rest = [
            Property(name="total", type="integer", description="Rows in the whole list."),
            Property(name="limit", type="integer"),
            Property(name="offset", type="integer"),
        ]
    return DataModel(name=name, purpose="page", entity=entity, properties=[items, *rest], cites=cites)


def create_properties(domain: DomainModel, entity: str) -> list[Property]:
    """Return what a client sends to make a row; empty: there is nothing to say."""
    found = [
        properties.payload_field(domain, entity, f, "create")
        for f in columns.stored_fields(domain, entity)
        if not f.server_set
    ]
    parent = access.parent_relation(domain, entity)
    creator = access.creator_relation(domain, entity)
    profile = access.profile_relation(domain, entity)
    on_behalf = bool(access.access(domain, entity, "create").roles)
    for relation in domain.relations_from(entity):
        if relation == parent:
            continue
        if relation == creator:
            if on_behalf:
                found.append(properties.reference(relation, "create", required=False))
        elif relation == profile:
            found.append(properties.reference(relation, "create", required=False, nullable=True))
        else:
            found.append(properties.reference(relation, "create"))
    return [*found, *(properties.parts(r) for r in part_relations(domain, entity))]


def part_relations(domain: DomainModel, entity: str) -> list[Relation]:
    """Return the owned relations whose rows are made together with a row of `entity`."""
    return [r for r in domain.relations_to(entity) if r.min_items and access.parent_relation(domain, r.source) == r]


def update_properties(domain: DomainModel, entity: str) -> list[Property]:
    """Return what a client may change, besides the version; empty: nothing."""
    found = [
        properties.payload_field(domain, entity, f, "update")
        for f in columns.stored_fields(domain, entity)
        if not f.server_set
    ]
    fixed = fixed_relations(domain, entity)
    return [
        *found,
        *(properties.reference(r, "update") for r in domain.relations_from(entity) if r.name not in fixed),
    ]


def fixed_relations(domain: DomainModel, entity: str) -> set[str]:
    """Return the relations that stay as they were made: the parent, and those that say who owns the row."""
    found = {r.name for r in [access.parent_relation(domain, entity)] if r is not None}
    for operation in ("create", "update"):
        allowed = access.access(domain, entity, operation)
        if allowed.owner_roles:
            found |= set(allowed.owner_path[:1])
    return found


def is_listed(domain: DomainModel, entity: str) -> bool:
    """Whether an entity has endpoints of its own kind: links are only switched, accounts have their own."""
    return entity != ACCOUNT and domain.entity(entity).kind != "link"
