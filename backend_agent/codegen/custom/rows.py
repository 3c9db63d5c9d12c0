"""Rows that a custom operation is given and that it brings, as the service's template sees them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from backend_agent import names
from backend_agent.artifacts import access, columns
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.domain import ACCOUNT, FieldSpec
from backend_agent.artifacts.operation_access import hidden_from_callers, row_access
from backend_agent.artifacts.operation_shape import Created, Loaded
from backend_agent.codegen.entities.access import AccessPlan
from backend_agent.codegen.entities.given import Given, server_set
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.view import EntityView

if TYPE_CHECKING:
    from backend_agent.codegen.custom.plan import OperationPlan


class Rows:
    """Rows that the service loads for an operation: a row parameter, its parts, or what these refer to."""

    def __init__(self, plan: OperationPlan, found: Loaded) -> None:
        self.found = found
        self.entity: EntityView = plan.project.entity(found.entity)
        self.plan: EntityPlan = plan.calls.plans[found.entity]
        self.calls = plan.calls
        self.operation = plan.operation
        self.is_first = not found.path and found.row is plan.operation.rows[0]
        self.access = AccessPlan(row_access(plan.project.given.domain, plan.operation, found))

    @property
    def variable(self) -> str:
        """The row (or the rows) in the service: `source`, `cart_items`."""
        return self.found.name

    @property
    def key(self) -> str:
        """The argument that holds the row's id: `source_id`."""
        return f"{self.found.row.name}_id"

    @property
    def by_id(self) -> str:
        """The rows by id, where they were looked up by it: `locked_accounts`, `cart_items_book_rows`."""
        return f"{self.found.name}_rows" if self.found.path else f"locked_{self.entity.entities}"

    @property
    def owned(self) -> bool:
        """Whether some callers may use their own rows only."""
        return self.access.owned

    @property
    def guard(self) -> str:
        """The line that refuses the wrong roles; empty when any account may call."""
        if self.owned:
            return f"{self.owner} = {self.access.scope}"
        return f"require_role(caller, {self.access.allowed})" if self.access.by_role else ""

    @property
    def owner(self) -> str:
        """The account whose rows alone count: `owner_id` of the first row, `target_owner_id` of others."""
        return "owner_id" if self.is_first else f"{self.found.name}_owner_id"

    @property
    def scope(self) -> str:
        """The keyword argument that narrows a look-up to the caller's rows."""
        return f"{self.calls.owner_parameter(self.entity.name, self.access.path)}={self.owner}"

    @property
    def around(self) -> str:
        """The variable of the row (or rows) that lead here."""
        return "_".join((self.found.row.name, *self.found.path[:-1]))

    @property
    def reference(self) -> str:
        """The column of what leads here: `book_id`."""
        return columns.relation_column(self.found.relation) if self.found.relation else ""

    @property
    def ids(self) -> str:
        """The ids that are referred to, as a set."""
        optional = self.found.relation is not None and self.found.relation.optional
        if not self.found.many:
            plain = f"{{{self.around}.{self.reference}}}"
            return (
                f"{{found for found in ({self.around}.{self.reference},) if found is not None}}" if optional else plain
            )
        if optional:
            return f"{{found for row in {self.around} if (found := row.{self.reference}) is not None}}"
        return f"{{row.{self.reference} for row in {self.around}}}"


class NewRows:
    """Rows that the service adds."""

    def __init__(self, plan: OperationPlan, new: Created) -> None:
        self.new = new
        self.entity: EntityView = plan.project.entity(new.entity)
        self.plan: EntityPlan = plan.calls.plans[new.entity]
        self.domain = plan.project.given.domain
        self.parts = [NewRows(plan, c) for c in plan.created if c.inside in new.parts and c.inside is not None]

    @property
    def variable(self) -> str:
        """One of them, as the operation brings it."""
        return f"new_{names.snake(self.new.entity)}"

    @property
    def key(self) -> str:
        """The id of the one that was added last."""
        return f"new_{names.snake(self.new.entity)}_id"

    def values(self, inside: str) -> list[tuple[str, str]]:
        """Return the columns with the sources of their values; `inside` is the id of the row around it."""
        found = [(f.name, kept(f, f"{self.variable}.{f.name}")) for f in self.new.fields]
        references = [columns.relation_column(r) for r in self.new.relations]
        found += [(name, f"{self.variable}.{name}") for name in references]
        if self.new.inside:
            found.append((columns.relation_column(self.new.inside), inside))
        if self.owner_column:
            found.append((self.owner_column, self.owner_value))
        known = {name for name, _ in found}
        return [*found, *((g.name, g.value) for g in self._given if g.name not in known)]

    @property
    def _given(self) -> list[Given]:
        own = server_set(self.plan)
        lists = [Given(f.name, "", "[]") for f in columns.stored_fields(self.domain, self.new.entity) if f.many]
        return [*own, *lists]

    @cached_property
    def owner_column(self) -> str:
        """The column that the service sets to the caller; empty when the operation says whose row it is."""
        relation = access.creator_relation(self.domain, self.new.entity)
        if relation is None or relation in self.new.relations or relation == self.new.inside:
            return ""
        return columns.relation_column(relation)

    @cached_property
    def profile(self) -> EntityView | None:
        """The caller's profile that owns the row; None when the account itself does."""
        relation = access.creator_relation(self.domain, self.new.entity)
        if not self.owner_column or relation is None or relation.target == ACCOUNT:
            return None
        return self.entity.project.entity(relation.target)

    @property
    def owner_value(self) -> str:
        """The source of the owner."""
        return f"own_{names.snake(self.profile.name)}_id" if self.profile else "caller.account_id"


def kept(field: FieldSpec, source: str) -> str:
    """Return the source of a value as columns keep it: lists where the operation has tuples."""
    return f"list({source})" if field.many else source


class Converter:
    """A function that turns a row into what the operation is given."""

    def __init__(self, plan: OperationPlan, rows: Rows, inner: list[Rows]) -> None:
        self.rows = rows
        self.row_class = shape.row_class(rows.found.entity)
        self._hidden = hidden_from_callers(plan.domain, plan.operation, rows.found.entity)
        self._domain = plan.domain
        self.inner = [(r.found.path[-1], self._kind(r)) for r in inner]

    @staticmethod
    def _kind(rows: Rows) -> str:
        kind = f"types.{shape.row_class(rows.found.entity)}"
        if rows.found.is_part:
            return f"tuple[{kind}, ...]"
        optional = rows.found.relation is not None and rows.found.relation.optional
        return f"{kind} | None" if optional else kind

    @property
    def name(self) -> str:
        return f"_{self.rows.plan.function}_row"

    @property
    def values(self) -> list[tuple[str, str]]:
        """The attributes with the sources of their values."""
        entity = self.rows.found.entity
        fields = [f for f in columns.stored_fields(self._domain, entity) if f.name not in self._hidden]
        found = [("id", "row.id"), *((f.name, self._value(f)) for f in fields)]
        for relation in self._domain.relations_from(entity):
            if relation.cardinality != "many_to_many":
                name = columns.relation_column(relation)
                found.append((name, f"row.{name}"))
        return [*found, *((name, name) for name, _ in self.inner), ("created_at", "row.created_at")]

    def _value(self, field: FieldSpec) -> str:
        source = f"row.{field.name}"
        if any(field.name in r.fields for r in self.rows.plan.restricted) and not field.optional:
            source = (
                f"cast({names.python_literal(self.rows.plan.field_type(field))}, {source})"
                if not field.many
                else f"{source} or ()"
            )
        return f"tuple({source})" if field.many else source
