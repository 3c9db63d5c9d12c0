"""Migrations behind the first one: schema changes -> Alembic revisions that keep the rows."""

from backend_agent.codegen.migrations.revision import Further, further

__all__ = ["Further", "further"]
