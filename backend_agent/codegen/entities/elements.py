"""Elements of an entity that templates name: links, derived fields, parts, comparisons, restricted fields."""

from __future__ import annotations

from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts.api import DataModel, Property
from backend_agent.artifacts.columns import singular
from backend_agent.artifacts.domain import Relation
from backend_agent.artifacts.rules import DerivedRule
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.access import role_tuple
from backend_agent.codegen.view import EntityView


@dataclass(frozen=True)
class Links:
    """A many_to_many relation that the entity holds, and the table of its pairs."""

    relation: Relation
    name: str
    """`author_ids`."""
    table: str
    """`books_authors`."""
    source_column: str
    target_column: str

    @property
    def symbol(self) -> str:
        return sql.table_symbol(self.table)

    @property
    def source(self) -> str:
        return sql.column(self.table, self.source_column)

    @property
    def target(self) -> str:
        return sql.column(self.table, self.target_column)

    @property
    def singular(self) -> str:
        return singular(self.relation.name)


@dataclass(frozen=True)
class Derived:
    """A field that is computed when rows are read."""

    rule: DerivedRule
    symbol: str
    """`_TOTAL`."""
    source: str
    alias: str | None
    """Alias under which rows of the same table are read."""


@dataclass(frozen=True)
class Parts:
    """Owned children that are created with their parent."""

    name: str
    """Property of the payload: `lines`."""
    child: EntityView
    column: str
    """Foreign key column of the child: `invoice_id`."""

    @property
    def drafted(self) -> bool:
        """Whether there is anything to say about a part."""
        return any(m.purpose == "part" and m.properties for m in self.child.models)

    @property
    def payload(self) -> str:
        """The type of one part in its parent's draft."""
        return f"{self.child.name}Draft" if self.drafted else "dict[str, object]"


@dataclass(frozen=True)
class Comparison:
    """A field that must lie behind another one."""

    field: str
    after: str
    kind: str
    """Python type of both."""


@dataclass(frozen=True)
class Restricted:
    """Fields that only some roles see and write."""

    fields: tuple[str, ...]
    roles: tuple[str, ...]

    @property
    def constant(self) -> str:
        """Module constant with the roles: `_MEDICAL_NOTES_ROLES`."""
        return f"_{self.fields[0].upper()}_ROLES"

    @property
    def members(self) -> str:
        return role_tuple(self.roles)

    @property
    def names(self) -> str:
        """The fields, as a set in source."""
        return "{" + ", ".join(map(names.python_literal, self.fields)) + "}"

    def sent(self, model: DataModel | None) -> list[Property]:
        """Return the properties of a payload that are restricted."""
        return [p for p in model.properties if p.name in self.fields] if model else []

    def in_draft(self, model: DataModel) -> str:
        """Return the condition that a draft says something about the fields."""
        said = [f"draft[{names.python_literal(p.name)}]{_said(p)}" for p in self.sent(model)]
        return said[0] if len(said) == 1 else f"({' or '.join(said)})"

    @property
    def hidden(self) -> str:
        """The arguments that empty the fields."""
        return ", ".join(f"{field}=None" for field in self.fields)

    @property
    def people(self) -> str:
        """The roles in words: `practitioners and nurses`."""
        return " and ".join(names.title(names.plural(r)) for r in self.roles)


def _said(prop: Property) -> str:
    if prop.many:
        return ""
    return " is not None" if prop.default is None else f" != {names.python_literal(prop.default)}"


def article(entity: EntityView) -> str:
    """Return an entity with its article, to begin a sentence: `A book`, `An order`."""
    said = names.article(entity.title)
    return said[0].upper() + said[1:]


def one_of(entity: EntityView) -> str:
    """Return an entity with its article, inside a sentence: `a book`, `an order`."""
    return names.article(entity.title)
