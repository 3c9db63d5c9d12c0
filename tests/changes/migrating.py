"""Runs the migrations of a chain of schemas on a real database, with rows in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from designs import designed

from backend_agent.artifacts.database import Column, DatabaseSchema, Release, Table
from backend_agent.artifacts.domain import DomainModel, Entity, FieldSpec
from backend_agent.changes import carry
from backend_agent.codegen.infrastructure import migration_context
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.codegen.migrations import further
from backend_agent.codegen.render import render
from backend_agent.codegen.view import Project
from backend_agent.engines import engine, metadata
from backend_agent.stages import database
from backend_agent.state import Artifacts

ROWS = 2
ENVIRONMENT = """
from alembic import context
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes["metadata"],
                  render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
"""
Change = Callable[[DomainModel], DomainModel]


def schema(model: DomainModel, case: str = "bookshop") -> DatabaseSchema:
    """Return the schema of a domain model, as it is for a fresh run."""
    return cast("DatabaseSchema", database.STAGE.draft(Artifacts({**designed(case), "domain": model})))


def revised(old: DatabaseSchema, new: DatabaseSchema, renames: dict[str, str] | None = None) -> DatabaseSchema:
    """Return the new schema behind the old one that was delivered."""
    return carry(new, Release(database=old, renames=renames or {}))


def files(found: DatabaseSchema) -> dict[str, str]:
    """Return the migrations of a schema by file name."""
    project = SimpleNamespace(given=SimpleNamespace(database=found), layout=LAYOUTS["layered"])
    context = dict(migration_context(cast("Project", project), None))
    texts = {"0001_initial.py": render("infrastructure/initial_revision.py.jinja", context)}
    return texts | {Path(f.path).name: f.content for f in further(found)}


class Migrations:
    """The migrations of a schema in a folder, and a database that they run on."""

    def __init__(self, folder: Path, url: str, found: DatabaseSchema) -> None:
        self.schema = found
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        self._config = Config()
        self._config.set_main_option("script_location", str(folder))
        (folder / "versions").mkdir(parents=True, exist_ok=True)
        (folder / "env.py").write_text(ENVIRONMENT)
        for name, text in files(found).items():
            compile(text, name, "exec")
            (folder / "versions" / name).write_text(text)

    def run(self, name: str, *arguments: str, given: tuple[str, ...] = ()) -> None:
        """Run a command of Alembic in one transaction."""
        self._config.cmd_opts = cast("Any", SimpleNamespace(x=list(given)))
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            self._config.attributes["connection"] = connection
            self._config.attributes["metadata"] = self.tables(self.schema)
            getattr(command, name)(self._config, *arguments)

    def tables(self, found: DatabaseSchema) -> sa.MetaData:
        """Return SQLAlchemy's tables of a schema."""
        return metadata.build(found, engine(found.database_type))

    def insert(self, found: DatabaseSchema) -> dict[str, list[dict[str, Any]]]:
        """Put rows into every table of a schema and return them by table."""
        built = self.tables(found)
        rows = {t.name: [row(t, i) for i in range(ROWS)] for t in found.tables}
        with self.engine.begin() as connection:
            for table in found.tables:
                connection.execute(sa.insert(built.tables[table.name]), rows[table.name])
        return rows

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table of the newest schema, by id."""
        built = self.tables(self.schema).tables[table]
        with self.engine.connect() as connection:
            return [dict(r) for r in connection.execute(sa.select(built).order_by(*built.primary_key)).mappings()]

    def shape(self) -> dict[str, Any]:
        """Return what is in the database, without order."""
        seen = sa.inspect(self.engine)
        return {t: _shape(seen, t) for t in seen.get_table_names() if t != "alembic_version"}


def _shape(seen: sa.Inspector, table: str) -> dict[str, Any]:
    def plain(items: list[Any], *keys: str) -> list[str]:
        return sorted(str([item.get(k) for k in keys]) for item in items)

    indexes = [{**i, "where": _where(i)} for i in seen.get_indexes(table)]
    keys = [{**k, "on_delete": k["options"].get("ondelete")} for k in seen.get_foreign_keys(table)]
    checks = [{**c, "sqltext": re.sub(r'["\s]', "", c["sqltext"])} for c in seen.get_check_constraints(table)]
    columns = [{**c, "type": str(c["type"])} for c in seen.get_columns(table)]
    primary = seen.get_pk_constraint(table)
    return {
        "columns": plain(columns, "name", "type", "nullable", "default"),
        "key": [primary["name"], sorted(primary["constrained_columns"])],
        "foreign": plain(keys, "name", "constrained_columns", "referred_table", "referred_columns", "on_delete"),
        "unique": plain(seen.get_unique_constraints(table), "name", "column_names"),
        "checks": plain(checks, "name", "sqltext"),
        "indexes": plain(indexes, "name", "column_names", "unique", "where"),
    }


def _where(index: Any) -> str:
    said = index.get("dialect_options", {})
    return re.sub(r"[()\s]", "", str(said.get("sqlite_where", said.get("postgresql_where", ""))))


def identifier(table: str, number: int) -> UUID:
    """Return the id of a test row."""
    return UUID(f"{abs(sum(ord(c) * 31**i for i, c in enumerate(table))) % 10**8:08d}-0000-4000-8000-{number:012d}")


def row(table: Table, number: int) -> dict[str, Any]:
    """Return a row that the table's constraints allow."""
    targets = {k.column: k.target_table for k in table.foreign_keys}
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "id":
            values["id"] = identifier(table.name, number)
        elif column.name in targets:
            own = targets[column.name] == table.name
            values[column.name] = None if own and column.nullable else identifier(targets[column.name], number)
        else:
            values[column.name] = _value(table, column, number)
    return values


def _value(table: Table, column: Column, number: int) -> Any:
    said = next((c.expression for c in table.checks if c.name.startswith(f"ck_{table.name}_{column.name}_")), "")
    match column.type:
        case "uuid":
            return identifier(column.name, number)
        case "integer":
            return 1 + number
        case "decimal":
            return Decimal(1 + number)
        case "boolean":
            return number == 0
        case "date":
            return date(2024, 1 + number, 2)
        case "datetime":
            return datetime(2024, 1 + number, 2, 3, 4, 5, tzinfo=UTC)
        case "time":
            return time(8 + number, 30)
        case "json":
            return ["one"]
    values = re.findall(r"'([^']*)'", said)
    if values:
        return values[number % len(values)]
    shortest = int((re.findall(r"\d+", said) or ["1"])[0])
    return f"{column.name[:3]}{number}".ljust(shortest, "0")[: max(shortest, column.length or 20)]


def field(entity: str, name: str, **changes: Any) -> Change:
    """Change a field of an entity."""
    return lambda m: _entity(m, entity, lambda e: [_copy(f, changes) if f.name == name else f for f in e.fields])


def more(entity: str, *fields: FieldSpec) -> Change:
    """Give an entity further fields, in front, so that the order of the columns changes."""
    return lambda m: _entity(m, entity, lambda e: [*fields, *e.fields])


def without(entity: str, name: str) -> Change:
    """Take a field from an entity."""
    return lambda m: _entity(m, entity, lambda e: [f for f in e.fields if f.name != name])


def of(**changes: Callable[[DomainModel], list[Any]]) -> Change:
    """Change whole lists of a model."""
    return lambda m: m.model_copy(update={name: make(m) for name, make in changes.items()})


def relation(source: str, name: str, **changes: Any) -> Change:
    """Change a relation of an entity."""
    return of(
        relations=lambda m: [
            r.model_copy(update=changes) if (r.source, r.name) == (source, name) else r for r in m.relations
        ]
    )


def both(*changes: Change) -> Change:
    """Make one change after the other."""

    def apply(model: DomainModel) -> DomainModel:
        for change in changes:
            model = change(model)
        return model

    return apply


def _copy(spec: FieldSpec, changes: dict[str, Any]) -> FieldSpec:
    return FieldSpec.model_validate({**spec.model_dump(), **changes})


def _entity(model: DomainModel, name: str, fields: Callable[[Entity], list[FieldSpec]]) -> DomainModel:
    changed = [e.model_copy(update={"fields": fields(e)}) if e.name == name else e for e in model.entities]
    return model.model_copy(update={"entities": changed})


@contextmanager
def disposing(found: Migrations) -> Iterator[Migrations]:
    """Close the engine afterwards."""
    try:
        yield found
    finally:
        found.engine.dispose()
