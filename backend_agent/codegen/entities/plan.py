"""EntityPlan: everything that the templates of one entity need to know, worked out once."""

from __future__ import annotations

from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.access import parent_relation
from backend_agent.artifacts.api import DataModel, Property
from backend_agent.artifacts.columns import (
    association,
    derived_rules,
    ids_property,
    lifecycle,
    relation_column,
)
from backend_agent.artifacts.database import Column, Table
from backend_agent.artifacts.domain import FieldSpec, Relation
from backend_agent.artifacts.rules import DerivedRule, LifecycleRule, RangeRule, RoleRule, ToggleRule
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.attributes import PYTHON_TYPES, Alias, Attribute, alias_name, annotated
from backend_agent.codegen.entities.elements import Comparison, Derived, Links, Parts, Restricted, one_of
from backend_agent.codegen.entities.operations import Operation
from backend_agent.codegen.entities.queries import QueryPlan, derived_symbol
from backend_agent.codegen.entities.references import Reference, references
from backend_agent.codegen.view import EntityView

OWN_COLUMNS = ("version", "created_at", "updated_at")


class EntityPlan:
    """One entity for the templates."""

    def __init__(self, entity: EntityView) -> None:
        self.entity = entity
        self.domain = entity.project.given.domain
        self.name = entity.name
        self.title = entity.title
        self.titles = names.title(entity.entities)
        self.variable = entity.variable
        self.function = names.snake(entity.name)
        """Stem of function names: `order_item`."""
        self.table = entity.table
        self.symbol = sql.table_symbol(entity.table.name)
        self.key = f"{names.snake(entity.name)}_id"
        """Argument that holds one row's id."""

    def column(self, name: str) -> str:
        """Return the source of one of the entity's columns."""
        return sql.column(self.table.name, name)

    @property
    def one(self) -> str:
        """`a book`, `an order`."""
        return one_of(self.entity)

    @property
    def state_type(self) -> str:
        """The type of the lifecycle's states."""
        return self.field_type(self.fields[self.lifecycle.field]) if self.lifecycle else ""

    @property
    def tree_column(self) -> str:
        """The column that holds the parent row of a tree."""
        return relation_column(self.tree) if self.tree else ""

    # ----- payloads and attributes

    def model(self, purpose: str) -> DataModel | None:
        """Return the entity's data model for a purpose, if the API has one."""
        return next((m for m in self.entity.models if m.purpose == purpose), None)

    @cached_property
    def fields(self) -> dict[str, FieldSpec]:
        return {f.name: f for f in self.entity.fields}

    @cached_property
    def aliases(self) -> list[Alias]:
        """The entity's enumerations, and the orders of its list."""
        found = [Alias(self.alias_name(f.name), tuple(f.values)) for f in self.entity.fields if f.type == "enum"]
        sort = self.query.sort if self.query else None
        return [*found, sort] if sort else found

    def alias_name(self, field: str) -> str:
        """Return the name of an enumeration: `OrderStatus`."""
        return alias_name(self.entity, field)

    @cached_property
    def attributes(self) -> list[Attribute]:
        """What a row holds, in order: columns, derived fields, linked ids."""
        read = self.model("read")
        shown = {p.name: p for p in read.properties} if read else {}
        columns = [Attribute(c.name, self._column_type(c)) for c in self.table.columns if c.name not in OWN_COLUMNS]
        derived = [Attribute(d.rule.field, self._derived_type(d.rule, shown)) for d in self.derived]
        links = [Attribute(link.name, "list[UUID]") for link in self.links]
        own = [Attribute(c.name, self._column_type(c)) for c in self.table.columns if c.name in OWN_COLUMNS]
        return [*columns, *derived, *links, *own]

    def _column_type(self, column: Column) -> str:
        field = self.fields.get(column.field or column.name)
        restricted = any(column.name in r.fields for r in self.restricted)
        if field is None:
            kind, many = PYTHON_TYPES[column.type], False
        else:
            kind, many = self.field_type(field), field.many
        return annotated(kind, many=many, nullable=column.nullable or restricted)

    def _derived_type(self, rule: DerivedRule, shown: dict[str, Property]) -> str:
        field = self.fields[rule.field]
        nullable = field.optional or rule.function == "average"
        if rule.field in shown:
            nullable = shown[rule.field].nullable
        return annotated(PYTHON_TYPES.get(field.type, "str"), nullable=nullable)

    def field_type(self, field: FieldSpec) -> str:
        """Return the Python type of one value of a field."""
        return self.alias_name(field.name) if field.type == "enum" else PYTHON_TYPES[field.type]

    def payload(self, model: DataModel) -> list[Attribute]:
        """Return the keys of a payload, as the service takes it; the version travels beside it."""
        return [Attribute(p.name, self._property_type(model, p)) for p in model.properties if p.name != "version"]

    def _property_type(self, model: DataModel, prop: Property) -> str:
        if prop.type == "model":
            return next(f"list[{p.payload}]" for p in self.parts if p.name == prop.name)
        field = self.fields.get(prop.field or prop.name)
        kind = self.field_type(field) if field else PYTHON_TYPES[prop.type]
        absent = not prop.required and not prop.many and prop.default is None and model.purpose != "update"
        return annotated(kind, many=prop.many, nullable=prop.nullable or absent)

    @cached_property
    def create(self) -> DataModel | None:
        """The payload of a new row: its own, or the one inside its parent's; None when there is nothing to say."""
        model = self.model("create") or self.model("part")
        return model if model and model.properties else None

    @cached_property
    def update(self) -> DataModel | None:
        return self.model("update")

    @cached_property
    def more_symbols(self) -> list[str]:
        """What the entity's module defines besides the entity: payloads, the query, enumerations."""
        create, update = self.create, self.update
        found = [f"{self.name}Draft"] if create else []
        found += [f"{self.name}Changes"] if update else []
        found += [self.query.name] if self.query and self.query.extends else []
        return [*found, *(a.name for a in self.aliases)]

    # ----- rows

    @cached_property
    def links(self) -> list[Links]:
        found = []
        for relation in self.entity.relations:
            if relation.cardinality == "many_to_many":
                pairs = association(self.domain, relation)
                name = ids_property(relation)
                found.append(Links(relation, name, pairs.table, pairs.source_column, pairs.target_column))
        return found

    @property
    def link_names(self) -> list[str]:
        return [link.name for link in self.links]

    @cached_property
    def link_tables(self) -> list[Table]:
        """The association tables that live beside the entity's own."""
        return [self.entity.project.given.database.table(link.table) for link in self.links]

    @cached_property
    def derived(self) -> list[Derived]:
        rules = derived_rules(self.domain, self.name)
        return [Derived(r, derived_symbol(r.field), sql.derived(r, self.entity), self._alias(r)) for r in rules]

    def _alias(self, rule: DerivedRule) -> str | None:
        relation = sql.inverse_of(self.entity, rule.relation)
        own = relation is not None and relation.source == self.name and relation.cardinality != "many_to_many"
        return sql.rows_alias(rule) if own else None

    @property
    def viewer(self) -> bool:
        """Whether what is read depends on who reads (`exists` fields)."""
        return any(d.rule.function == "exists" for d in self.derived)

    @cached_property
    def parts(self) -> list[Parts]:
        """Owned children whose payloads stand inside the entity's own creation."""
        model = self.model("create")
        if model is None:
            return []
        nested = {p.name for p in model.properties if p.type == "model"}
        return [
            Parts(r.inverse, self.entity.project.entity(r.source), relation_column(r))
            for r in self.domain.relations_to(self.name)
            if r.inverse in nested and parent_relation(self.domain, r.source) == r
        ]

    @cached_property
    def tree(self) -> Relation | None:
        """The relation to the entity's own parent rows."""
        return next((r for r in self.entity.relations if r.is_tree), None)

    # ----- rules

    @cached_property
    def lifecycle(self) -> LifecycleRule | None:
        return lifecycle(self.domain, self.name)

    @cached_property
    def frozen(self) -> list[str]:
        """States in which the row cannot be changed."""
        return self.lifecycle.frozen_states if self.lifecycle else []

    @property
    def frozen_source(self) -> str:
        """Those states as a tuple, in source."""
        quoted = ", ".join(map(names.python_literal, self.frozen))
        return f"({quoted},)" if len(self.frozen) == 1 else f"({quoted})"

    @cached_property
    def comparisons(self) -> list[Comparison]:
        rules = [r for r in self.entity.rules if isinstance(r, RangeRule)]
        return [Comparison(r.field, r.after, self._nullable_type(r.field, r.after)) for r in rules if r.after]

    def _nullable_type(self, *fields: str) -> str:
        kind = self.field_type(self.fields[fields[0]])
        return f"{kind} | None" if any(self.fields[f].optional for f in fields) else kind

    @cached_property
    def restricted(self) -> list[Restricted]:
        """Fields that only some roles see and write."""
        rules = [r for r in self.entity.rules if isinstance(r, RoleRule) and r.fields]
        return [Restricted(tuple(r.fields), tuple(r.roles)) for r in rules]

    @cached_property
    def toggle(self) -> ToggleRule | None:
        return next((r for r in self.entity.rules if isinstance(r, ToggleRule)), None)

    # ----- operations

    @cached_property
    def operations(self) -> list[Operation]:
        return [Operation(self.entity, e) for e in self.entity.endpoints]

    def operation(self, kind: str) -> Operation | None:
        """Return the entity's operation of a kind; for transitions the first."""
        return next((o for o in self.operations if o.kind == kind), None)

    @cached_property
    def creator(self) -> Relation | None:
        """The relation that is set to the caller when an owner makes a row."""
        create = self.operation("create")
        return create.owner_relation if create else None

    @cached_property
    def query(self) -> QueryPlan | None:
        """What the list takes; None without a list."""
        listed = self.operation("list")
        return QueryPlan(self.entity, listed.endpoint) if listed else None

    @cached_property
    def references(self) -> list[Reference]:
        """References in the entity's own payloads."""
        models = [m for m in (self.model("create"), self.model("update")) if m]
        return references(self.entity, models, self.operations)

    @cached_property
    def part_references(self) -> list[Reference]:
        """References in the payload of a part inside its parent's."""
        models = [m for m in (self.model("part"),) if m]
        return references(self.entity, models, self.operations)
