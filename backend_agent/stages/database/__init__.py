"""The database stage: tables, constraints and indexes that follow from the domain model."""

from __future__ import annotations

from backend_agent import changes, engines
from backend_agent.artifacts import mentions, needs, slices
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.stage import Stage
from backend_agent.stages.database import measures, tables
from backend_agent.stages.database.checks import CHECKS
from backend_agent.state import Artifacts


def draft(given: Artifacts) -> DatabaseSchema:
    """Return the schema, behind those that were delivered; raises `UserError` for an unsupported database type."""
    engine = engines.engine(given.task.database_requirements.type)
    found = tables.tables(given.domain, given.requirements)
    subject = measures.Subject(given, engine, found)
    schema = DatabaseSchema(
        database_type=engine.name,
        schema_overview=measures.overview(subject),
        tables=found,
        relationships=tables.relationships(given.domain),
        performance_optimizations=measures.performance(subject),
        security_measures=measures.security(subject),
        migration_strategy=measures.migration(subject),
        backup_strategy=measures.backup(subject),
    )
    return changes.carry(schema, given.released) if given.has("released") else schema


STAGE = Stage(
    name="database",
    title="Database",
    artifact=DatabaseSchema,
    reads=("task", "requirements", "domain", "architecture", "released"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": slices.task_fields,
        "requirements": slices.wording(mentions=mentions.MENTIONS, sentences=needs.SENTENCES),
        "domain": slices.elements,
        "architecture": slices.structure,
    },
)
