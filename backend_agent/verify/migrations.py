"""Migrations go up, down and up again, leave nothing behind, and make the schema that the code has in mind."""

from __future__ import annotations

import json
from typing import Any

from backend_agent.verify import postgres, surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.process import Completed
from backend_agent.verify.project import ProjectUnderTest, Workspace
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

STEPS = ("upgrade", "check", "downgrade", "upgrade again")


def on_sqlite(project: ProjectUnderTest) -> Outcome:
    """Migrate a new SQLite file."""
    surroundings.need(project)
    if "alembic.ini" not in project.files:
        return Outcome([Fault("there is no alembic.ini")])
    workspace = project.workspace("migrations")
    variables = surroundings.variables(f"sqlite+aiosqlite:///{workspace.home}/migrations.db")
    return _judge(workspace, workspace.driver("migrations", str(workspace.result), variables=variables))


def on_postgresql(project: ProjectUnderTest) -> Outcome:
    """Migrate a database that is made for it and dropped afterwards."""
    surroundings.need(project)
    if "alembic.ini" not in project.files:
        return Outcome([Fault("there is no alembic.ini")])
    workspace = project.workspace("migrations-postgresql")
    with postgres.database(project) as url:
        variables = surroundings.variables(url)
        return _judge(
            workspace, workspace.driver("migrations", str(workspace.result), door=project.door, variables=variables)
        )


def _judge(workspace: Workspace, completed: Completed) -> Outcome:
    if completed.stopped:
        return Outcome([stopped(completed, "alembic")])
    if not completed.ok or not workspace.result.is_file():
        return Outcome([Fault(tidy(last_lines(completed.output), *workspace.folders))])
    seen: dict[str, dict[str, Any]] = json.loads(workspace.result.read_text())
    faults = []
    for step in STEPS:
        if "error" in seen.get(step, {}):
            what = "the schema is not the one in the code" if step == "check" else f"{step} fails"
            faults.append(Fault(f"{what}: {tidy(seen[step]['error'], *workspace.folders)}"))
    first, bare, second = (seen.get(step, {}).get("left") for step in ("upgrade", "downgrade", "upgrade again"))
    if first is not None and not first:
        faults.append(Fault("upgrade makes no table"))
    faults += [Fault(f"downgrade leaves {line[:120]}") for line in bare or []]
    if first is not None and second is not None and first != second:
        changed = sorted(set(first) ^ set(second))
        faults.append(Fault(f"the second upgrade makes another schema: {changed[0][:200]}"))
    tables = sum(line.startswith("table ") for line in first or [])
    return Outcome(faults, detail="" if faults else f"{tables} tables; up, compared, down, up again")


SQLITE = Verifier(
    name="migrations",
    title="Migrations go up, down and up again on SQLite without residue or drift",
    metric="architecture",
    severity="critical",
    tool="alembic",
    examine=on_sqlite,
    effort=4,
)
POSTGRESQL = Verifier(
    name="migrations_postgresql",
    title="Migrations go up, down and up again on PostgreSQL without residue or drift",
    metric="architecture",
    severity="critical",
    tool="alembic",
    examine=on_postgresql,
    applies=postgres.applies,
    effort=4,
)
