"""The tables are created on real servers and found there as designed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from backend_agent import engines
from backend_agent.artifacts.database import Column, DatabaseSchema, ForeignKey, Table
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.engines import ddl, metadata
from backend_agent.errors import UserError
from backend_agent.stages.database import draft
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
CASES = ["todo", "bookshop", "clinic", "bank"]
SERVER = os.environ.get("BACKEND_AGENT_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
DATABASE = f"backend_agent_test_engines_{os.getpid()}"


def golden(case: str) -> DatabaseSchema:
    domain = yaml.safe_load((ROOT / "tests/golden/models" / f"{case}.yaml").read_text(encoding="utf-8"))
    task = BackendTask.model_validate(yaml.safe_load((ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")))
    statements = [
        Statement(
            id=f"R-{number:03}", text=s.text, category="functional", priority="medium", complexity="low",
            approach="directly", source="requirements",
        )
        for number, s in enumerate([*task.requirements, *task.security_requirements], start=1)
    ]  # fmt: skip
    values = {
        "task": task,
        "domain": DomainModel.model_validate(domain),
        "requirements": RequirementsAnalysis(statements=statements),
    }
    return draft(Artifacts(values))


def cycle() -> DatabaseSchema:
    """Two tables that refer to each other, one of them only perhaps."""
    identity = Column(name="id", type="uuid")
    teams = Table(
        name="teams",
        columns=[identity, Column(name="leader_id", type="uuid", nullable=True)],
        foreign_keys=[
            ForeignKey(name="fk_teams_leader", column="leader_id", target_table="people", on_delete="set_null")
        ],
    )
    people = Table(
        name="people",
        columns=[identity, Column(name="team_id", type="uuid"), Column(name="data", type="json")],
        foreign_keys=[ForeignKey(name="fk_people_team", column="team_id", target_table="teams", on_delete="restrict")],
    )
    return DatabaseSchema(
        database_type="postgresql", schema_overview="", tables=[teams, people], relationships=[],
        performance_optimizations=[], security_measures=[], migration_strategy=[], backup_strategy=[],
    )  # fmt: skip


def assert_reflected(schema: DatabaseSchema, connection: sa.Connection) -> None:
    inspector = sa.inspect(connection)
    assert set(inspector.get_table_names()) == {t.name for t in schema.tables}
    for table in schema.tables:
        found = {c["name"]: c for c in inspector.get_columns(table.name)}
        assert {n: c["nullable"] for n, c in found.items()} == {c.name: c.nullable for c in table.columns}
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == table.primary_key.columns
        keys = {
            (k["constrained_columns"][0], k["referred_table"], k["options"].get("ondelete"))
            for k in inspector.get_foreign_keys(table.name)
        }
        rules = {"cascade": "CASCADE", "restrict": "RESTRICT", "set_null": "SET NULL"}
        assert keys == {(k.column, k.target_table, rules[k.on_delete]) for k in table.foreign_keys}
        unique = {u["name"]: u["column_names"] for u in inspector.get_unique_constraints(table.name)}
        assert unique == {u.name: u.columns for u in table.unique_constraints}
        assert {c["name"] for c in inspector.get_check_constraints(table.name)} == {c.name for c in table.checks}
        indexes = {i["name"]: i["column_names"] for i in inspector.get_indexes(table.name)}
        assert {n: c for n, c in indexes.items() if n not in unique} == {i.name: i.columns for i in table.indexes}


@pytest.mark.parametrize("case", [*CASES, "cycle"])
def test_sqlite_has_what_was_designed(case):
    schema = cycle() if case == "cycle" else golden(case)
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            for statement in schema.to_sql("sqlite").split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)
            assert_reflected(schema, connection)
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    asyncpg = pytest.importorskip("asyncpg", reason="asyncpg is not installed")

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(SERVER, timeout=3)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    try:
        asyncio.run(run(f"DROP DATABASE IF EXISTS {DATABASE}", f"CREATE DATABASE {DATABASE}"))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        pytest.skip(f"no PostgreSQL server at BACKEND_AGENT_POSTGRES_URL: {error}")
    yield SERVER.rsplit("/", 1)[0] + f"/{DATABASE}"
    asyncio.run(run(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"))


@pytest.mark.needs_postgres
@pytest.mark.parametrize("case", [*CASES, "cycle"])
async def test_postgresql_has_what_was_designed(case, server):
    from sqlalchemy.ext.asyncio import create_async_engine

    schema = cycle() if case == "cycle" else golden(case)
    engine = create_async_engine(engines.engine("postgresql").async_url(server))
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(f"CREATE SCHEMA {case}")
            await connection.exec_driver_sql(f"SET search_path TO {case}")
            for statement in schema.to_sql("postgresql").split(";\n"):
                if statement.strip():
                    await connection.exec_driver_sql(statement)
            await connection.run_sync(lambda c: assert_reflected(schema, c))
            await connection.rollback()
    finally:
        await engine.dispose()


def test_statements_are_in_creation_order():
    text = golden("bookshop").to_sql("postgresql")
    assert text.index("CREATE TABLE categories") < text.index("CREATE TABLE books (")
    assert "NUMERIC(12, 2)" in text
    assert "TIMESTAMP WITH TIME ZONE" in text
    assert "\t" not in text


def test_reserved_names_are_quoted_in_expressions():
    assert [ddl.quoted(name) for name in ("title", "order", "group")] == ["title", '"order"', '"group"']


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (1, "1"), (0.5, "0.5"), ("it's", "'it''s'")]
)
def test_server_defaults(value: Any, text: str):
    table = Table(name="things", columns=[Column(name="id", type="uuid"), Column(name="a", type="text", default=value)])
    schema = cycle().model_copy(update={"tables": [table]})
    assert f"a TEXT DEFAULT {text} NOT NULL" in schema.to_sql("postgresql")


def test_cycles_are_closed_afterwards():
    schema = cycle()
    built = metadata.build(schema, engines.engine("postgresql"))
    assert [key.name for key in metadata.late_foreign_keys(schema, built)] == ["fk_teams_leader"]
    assert "ALTER TABLE teams ADD CONSTRAINT fk_teams_leader" in schema.to_sql("postgresql")


def test_unknown_dialect_is_refused():
    with pytest.raises(UserError, match="'oracle' is not supported today"):
        cycle().to_sql("oracle")
