"""DomainModel: actors, entities, relations and business rules. Everything else is derived from it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts import lookup
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.fields import FieldSpec, FieldType
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.artifacts.rules import Rule

__all__ = [
    "ACCOUNT",
    "Actor",
    "Cardinality",
    "DomainModel",
    "Entity",
    "EntityKind",
    "FieldSpec",
    "FieldType",
    "Relation",
    "Unplaced",
]
Cardinality = Literal["many_to_one", "one_to_one", "many_to_many"]
EntityKind = Literal["record", "account", "link"]
ACCOUNT = "User"
"""Name of the built-in account entity: who logs in. Every domain model has exactly one."""


class Actor(Artifact):
    """Somebody who uses the service; becomes a role."""

    name: str
    """snake_case and singular, such as `customer`; the role's value."""
    description: str = ""
    registers: bool = False
    """Whether anyone may register as this actor."""
    administrator: bool = False
    """Whether this actor passes ownership checks (reads and writes what others own)."""
    profile: str | None = None
    """The entity that holds what is known of this actor (`Member`), when the task gives it fields."""
    cites: list[str] = Field(default_factory=list)


class Entity(Artifact):
    """A thing the service keeps."""

    name: str
    """PascalCase and singular, such as `OrderItem`."""
    description: str = ""
    kind: EntityKind = "record"
    """`account`: who logs in; `link`: the pairs of a toggle (likes, follows)."""
    fields: list[FieldSpec] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)

    def field(self, name: str) -> FieldSpec:
        """Return the field called `name`; raises `KeyError`."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name}")


class Relation(Artifact):
    """How one entity refers to another. `source` holds the reference (the foreign key)."""

    name: str
    """snake_case attribute on the source: `customer`, `parent`; plural for many_to_many: `authors`."""
    source: str
    target: str
    cardinality: Cardinality = "many_to_one"
    inverse: str
    """snake_case attribute on the target: `orders`, `children`."""
    optional: bool = False
    owned: bool = False
    """The source is a part of the target: it is reached under it and goes when it goes (`OrderItem`)."""
    min_items: int = 0
    """How many sources a target has at least (`one or more lines`); owned relations and many_to_many."""
    cites: list[str] = Field(default_factory=list)

    @property
    def is_tree(self) -> bool:
        """Whether an entity refers to its own parent."""
        return self.source == self.target and self.cardinality == "many_to_one"


class Unplaced(Artifact):
    """A statement that no element of the model covers. Listed, never dropped, never faked."""

    requirement: str
    """The R-id."""
    reason: str
    part: str = ""
    """The words that are not covered, when the rest of the statement is."""


class DomainModel(Artifact):
    """The center of the product: what the service is about."""

    name: str
    """The project's name, as given."""
    actors: list[Actor]
    entities: list[Entity]
    relations: list[Relation] = Field(default_factory=list)
    rules: list[Rule] = Field(default_factory=list)
    operations: list[CustomOperation] = Field(default_factory=list)
    """What no rule kind covers and somebody wrote: a chat model, or the user by hand. Drafts have none."""
    unplaced: list[Unplaced] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """Readings that the author had to choose, in plain words."""

    def entity(self, name: str) -> Entity:
        """Return the entity called `name`; raises `KeyError`."""
        found = lookup.of(self).entities.get(name)
        if found is None:
            raise KeyError(f"no entity {name}")
        return found

    def actor(self, name: str) -> Actor:
        """Return the actor called `name`; raises `KeyError`."""
        for actor in self.actors:
            if actor.name == name:
                return actor
        raise KeyError(f"no actor {name}")

    def relations_from(self, entity: str) -> list[Relation]:
        """Return the relations whose foreign key (or link) `entity` holds, in order."""
        return list(lookup.of(self).relations_from.get(entity, ()))

    def relations_to(self, entity: str) -> list[Relation]:
        """Return the relations that point at `entity`, in order."""
        return list(lookup.of(self).relations_to.get(entity, ()))

    def rules_of(self, entity: str) -> list[Rule]:
        """Return the rules about `entity`, in order."""
        return list(lookup.of(self).rules.get(entity, ()))

    def owner_of(self, entity: str) -> Relation | None:
        """Return the owned relation by which `entity` is a part of another, if it is."""
        return next((r for r in self.relations_from(entity) if r.owned), None)
