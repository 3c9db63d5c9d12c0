"""What templates see of the artifacts: one `Project`, one `EntityView` an entity. Computed, never edited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.api import DataModel, Endpoint
from backend_agent.artifacts.database import Table
from backend_agent.artifacts.domain import ACCOUNT, Entity, FieldSpec, Relation
from backend_agent.artifacts.rules import Rule
from backend_agent.codegen.layout import Layout
from backend_agent.codegen.sources import late_keys
from backend_agent.state import Artifacts

PORT_PREFIXES = {"Tokens": "Jwt", "Passwords": "Argon2", "UnitOfWork": "Sql", "Repositories": "Sql"}
"""How the implementation of a port is called in layouts that have ports; `Sql` for the repositories."""


def by_number(cites: Iterable[str]) -> list[str]:
    """Return the distinct R-ids, ascending by number."""
    return sorted(set(cites), key=lambda r: (int(r.removeprefix("R-")), r))


class EntityView:
    """One entity of the domain, with its table, endpoints and data models."""

    def __init__(self, project: Project, spec: Entity) -> None:
        self.project = project
        self.spec = spec
        self.name = spec.name
        """PascalCase and singular: `OrderItem`."""
        self.variable = names.variable(spec.name)
        """One row: `order_item`."""
        self.title = names.title(spec.name)
        """For people: `order item`."""
        self.entities = names.plural(spec.name)
        """snake_case and plural: `order_items`; module name and attribute of `Repositories`."""

    @property
    def is_account(self) -> bool:
        """Whether it is who logs in; its code comes from the account pieces, not from the entity pieces."""
        return self.spec.kind == "account"

    @property
    def fields(self) -> list[FieldSpec]:
        """The entity's attributes."""
        return self.spec.fields

    @cached_property
    def table(self) -> Table:
        """The table that keeps it."""
        return self.project.given.database.table_of(self.name)

    @cached_property
    def relations(self) -> list[Relation]:
        """Relations whose foreign key or link the entity holds."""
        return self.project.given.domain.relations_from(self.name)

    @cached_property
    def owner(self) -> Relation | None:
        """The owned relation that makes it a part of another entity."""
        return self.project.given.domain.owner_of(self.name)

    @cached_property
    def parent(self) -> EntityView | None:
        """The entity it is a part of."""
        return self.project.entity(self.owner.target) if self.owner else None

    @cached_property
    def children(self) -> list[EntityView]:
        """The entities that are parts of it."""
        return [e for e in self.project.entities if e.owner and e.owner.target == self.name]

    @cached_property
    def package(self) -> str:
        """Folder of its feature in the monolithic layout: `orders`, `orders/order_items`."""
        return f"{self.parent.package}/{self.entities}" if self.parent else self.entities

    @cached_property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints about it, save those of custom operations, which have files of their own."""
        return [e for e in self.project.given.api.endpoints_of(self.name) if e.kind != "operation"]

    @cached_property
    def models(self) -> list[DataModel]:
        """The data models about it."""
        return [m for m in self.project.given.api.data_models if m.entity == self.name]

    @cached_property
    def rules(self) -> list[Rule]:
        """The business rules about it."""
        return [r for r in self.project.given.domain.rules if r.entity == self.name]

    @cached_property
    def cites(self) -> list[str]:
        """R-ids that the entity's code serves."""
        parts = [self.spec, *self.fields, *self.relations, *self.rules, *self.endpoints]
        return by_number(r for part in parts for r in part.cites)


class Project:
    """The whole project, as templates see it."""

    def __init__(self, given: Artifacts, layout: Layout) -> None:
        self.given = given
        self.layout = layout
        self.title = given.domain.name
        """As the user wrote it."""
        self.slug = names.kebab(self.title)[: names.MAX_LENGTH].strip("-") or "service"
        """kebab-case: distribution, image and database name."""
        self.all_entities = [EntityView(self, e) for e in given.domain.entities]
        self.entities = [e for e in self.all_entities if not e.is_account]
        self._by_name = {e.name: e for e in self.all_entities}

    def entity(self, name: str) -> EntityView:
        """Return the view of an entity; raises `KeyError`."""
        return self._by_name[name]

    @cached_property
    def account(self) -> EntityView:
        """Who logs in."""
        return self.entity(ACCOUNT)

    @property
    def ports(self) -> bool:
        """Whether services see protocols (hexagonal, clean) rather than the classes themselves."""
        return self.layout.ports

    def concrete(self, name: str) -> str:
        """Return the implementing class of what services call `name`: `SqlBookRepository`, or `BookRepository`."""
        return f"{PORT_PREFIXES.get(name, 'Sql')}{name}" if self.ports else name

    @cached_property
    def roles(self) -> list[str]:
        """What an account can be, in the order of the actors."""
        return self.given.security.authorization.roles

    @cached_property
    def administrators(self) -> list[str]:
        """Roles that administer accounts; may be empty."""
        return self.given.security.authorization.administrator_roles

    @property
    def audit(self) -> bool:
        """Whether each change of a row is recorded."""
        return self.given.security.data_protection.audit_log

    @cached_property
    def encrypted(self) -> bool:
        """Whether any column is encrypted at rest."""
        return any(c.type == "encrypted" for t in self.given.database.tables for c in t.columns)

    @cached_property
    def late_keys(self) -> frozenset[str]:
        """Names of the foreign keys that close a cycle between tables."""
        return late_keys(self.given.database.tables)

    @property
    def cursor(self) -> bool:
        """Whether lists are paged by cursor (else by offset)."""
        return self.given.api.pagination == "cursor"

    @property
    def camel(self) -> bool:
        """Whether names are camelCase on the wire."""
        return self.given.api.naming == "camelCase"

    def endpoint(self, operation_id: str) -> Endpoint | None:
        """Return an endpoint, or None when the API has no such operation."""
        return next((e for e in self.given.api.endpoints if e.operation_id == operation_id), None)
