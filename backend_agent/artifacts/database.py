"""DatabaseSchema: tables, relationships and how they are run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.task import DatabaseType

ColumnType = Literal[
    "uuid", "string", "text", "integer", "decimal", "boolean", "date", "time", "datetime", "json", "encrypted"
]
OnDelete = Literal["cascade", "restrict", "set_null"]


class Column(Artifact):
    name: str
    type: ColumnType
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = False
    default: str | int | float | bool | None = None
    """A constant server default."""
    description: str = ""
    field: str | None = None
    """The domain field or relation it keeps; None for columns of the service's own (id, version ...)."""


class PrimaryKey(Artifact):
    columns: list[str]


class ForeignKey(Artifact):
    name: str
    column: str
    target_table: str
    target_column: str = "id"
    on_delete: OnDelete


class UniqueConstraint(Artifact):
    name: str
    columns: list[str]


class CheckConstraint(Artifact):
    name: str
    expression: str
    """Portable SQL over the table's columns."""


class Index(Artifact):
    name: str
    columns: list[str]
    unique: bool = False
    where: str | None = None
    """Condition of a partial index: portable SQL over the table's columns, such as `parent_id IS NULL`."""
    reason: str
    """Which endpoint, filter, order or key it serves."""


class Table(Artifact):
    name: str
    entity: str | None = None
    """The domain entity it keeps; None for link tables and tables of the service's own."""
    purpose: Literal["entity", "association", "service"] = "entity"
    """`association`: the pairs of a many_to_many relation; `service`: refresh tokens, audit log."""
    description: str = ""
    columns: list[Column]
    primary_key: PrimaryKey = PrimaryKey(columns=["id"])
    foreign_keys: list[ForeignKey] = Field(default_factory=list)
    unique_constraints: list[UniqueConstraint] = Field(default_factory=list)
    checks: list[CheckConstraint] = Field(default_factory=list)
    indexes: list[Index] = Field(default_factory=list)
    cites: list[str] = Field(default_factory=list)

    def column(self, name: str) -> Column:
        """Return the column called `name`; raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")


class Relationship(Artifact):
    """A relation of the domain model, as tables."""

    source_table: str
    target_table: str
    cardinality: Literal["many_to_one", "one_to_one", "many_to_many"]
    via: str
    """The foreign key column, or the association table."""
    on_delete: OnDelete
    description: str = ""


class Measure(Artifact):
    """Something that is done, why, and for which requirements."""

    name: str
    detail: str
    reason: str = ""
    cites: list[str] = Field(default_factory=list)


class SchemaRevision(Artifact):
    """The tables of a version that was delivered: its migration is never written again, later ones start from it."""

    tables: list[Table]
    renames: dict[str, str] = Field(default_factory=dict)
    """What came to it under another name from the revision before: `books.stock` -> `books.copies`, `books` -> ..."""


class Release(Artifact):
    """What was delivered before the task changed. The next schema is reached from it by a migration."""

    database: DatabaseSchema
    renames: dict[str, str] = Field(default_factory=dict)
    """What the next schema calls otherwise: `books.stock` -> `books.copies`; recorded by a person, never guessed."""


class DatabaseSchema(Artifact):
    """The database: tables in an order in which they can be created."""

    database_type: DatabaseType
    schema_overview: str
    tables: list[Table]
    relationships: list[Relationship]
    performance_optimizations: list[Measure]
    security_measures: list[Measure]
    migration_strategy: list[Measure]
    backup_strategy: list[Measure]
    revisions: list[SchemaRevision] = Field(default_factory=list)
    """Former schemas that were delivered, oldest first; empty until a delivered project's task changes."""
    renames: dict[str, str] = Field(default_factory=dict)
    """What came to `tables` under another name from the last of `revisions`."""

    def table(self, name: str) -> Table:
        """Return the table called `name`; raises `KeyError`."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"no table {name}")

    def table_of(self, entity: str) -> Table:
        """Return the table that keeps `entity`; raises `KeyError`."""
        for table in self.tables:
            if table.entity == entity:
                return table
        raise KeyError(f"no table for {entity}")

    def to_sql(self, dialect: str) -> str:
        """Return the DDL (`CREATE TABLE` ...; one string) for `postgresql` or `sqlite`; raises `UserError`."""
        from backend_agent.engines import ddl

        return ddl.create_all(self, dialect)
