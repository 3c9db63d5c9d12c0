"""What changes from one version of a project to the next: statements, tables, the API, artifacts and files."""

from backend_agent.changes.api import ApiChange, api_changes
from backend_agent.changes.artifacts import Differences, differences
from backend_agent.changes.history import carry, notes
from backend_agent.changes.kinds import SchemaChange
from backend_agent.changes.schema import difference
from backend_agent.changes.statements import keep_numbers

__all__ = [
    "ApiChange",
    "Differences",
    "SchemaChange",
    "api_changes",
    "carry",
    "difference",
    "differences",
    "keep_numbers",
    "notes",
]
