"""The service boots on a migrated database, says that it is well and ready, and stops when it is told to."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from backend_agent.verify import surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

START_SECONDS = 30.0
"""Until it answers at all: a busy machine takes long to import."""
READY_SECONDS = 10.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Boot:
    """What was seen of one boot."""

    faults: list[Fault]
    document: str | None = None
    """What the service serves as /openapi.json."""


def boot(project: ProjectUnderTest) -> Boot:
    """Migrate, boot, ask, stop; once for all verifiers that want to know."""
    return project.shared("boot", lambda: _boot(project))


def _boot(project: ProjectUnderTest) -> Boot:
    workspace = project.workspace("boot")
    variables = surroundings.variables()
    if project.text("alembic.ini") is not None:
        migrated = workspace.python("-m", "alembic", "upgrade", "head", variables=variables)
        if migrated.stopped:
            return Boot([stopped(migrated, "alembic upgrade head")])
        if not migrated.ok:
            return Boot([Fault(f"alembic upgrade head: {tidy(last_lines(migrated.output), *workspace.folders)}")])
    waits = (str(START_SECONDS), str(READY_SECONDS), str(STOP_SECONDS))
    completed = workspace.driver("boot", str(workspace.result), *waits, variables=variables)
    if completed.stopped:
        return Boot([stopped(completed, "the service")])
    said = tidy(last_lines(completed.output), *workspace.folders)
    if not completed.ok or not workspace.result.is_file():
        return Boot([Fault(f"the service could not be started: {said}")])
    seen = json.loads(workspace.result.read_text())
    if seen["ended"] is not None:
        return Boot([Fault(f"uvicorn app.main:app ended with code {seen['ended']}: {said}")])
    faults = []
    for path, seconds, meaning in (("/healthz", START_SECONDS, "alive"), ("/readyz", READY_SECONDS, "ready")):
        if seen[path] != 200:
            answer = f"answered {seen[path]}" if seen[path] else "gave no answer"
            faults.append(Fault(f"GET {path} {answer} in {seconds:.0f} s limit: it never said that it is {meaning}"))
    if seen["stopped"] is None:
        faults.append(Fault("the service did not end on SIGTERM and was killed", severity="major"))
    elif seen["stopped"] not in (0, -signal.SIGTERM):
        faults.append(Fault(f"the service ended with code {seen['stopped']} on SIGTERM: {said}", severity="major"))
    status, document = seen["document"]
    return Boot(faults, document if status == 200 else None)


def examine(project: ProjectUnderTest) -> Outcome:
    """Boot the service on SQLite."""
    surroundings.need(project)
    faults = boot(project).faults
    return Outcome(faults, detail="" if faults else "booted, alive, ready, stopped")


VERIFIER = Verifier(
    name="boot",
    title="The service boots, says when it is ready, and stops cleanly",
    metric="scalability",
    severity="critical",
    tool="uvicorn",
    examine=examine,
    effort=6,
)
