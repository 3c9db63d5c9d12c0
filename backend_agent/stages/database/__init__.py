"""The database stage: tables, constraints and indexes that follow from the domain model."""

from __future__ import annotations

from backend_agent import engines
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.stage import Stage
from backend_agent.stages.database import measures, tables
from backend_agent.stages.database.checks import CHECKS
from backend_agent.state import Artifacts


def draft(given: Artifacts) -> DatabaseSchema:
    """Return the schema; raises `UserError` for a database type that is not supported."""
    engine = engines.engine(given.task.database_requirements.type)
    found = tables.tables(given.domain, given.requirements)
    subject = measures.Subject(given, engine, found)
    return DatabaseSchema(
        database_type=engine.name,
        schema_overview=measures.overview(subject),
        tables=found,
        relationships=tables.relationships(given.domain),
        performance_optimizations=measures.performance(subject),
        security_measures=measures.security(subject),
        migration_strategy=measures.migration(subject),
        backup_strategy=measures.backup(subject),
    )


STAGE = Stage(
    name="database",
    title="Database",
    artifact=DatabaseSchema,
    reads=("task", "requirements", "domain", "architecture"),
    draft=draft,
    checks=CHECKS,
)
