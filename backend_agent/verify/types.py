"""mypy --strict accepts the service."""

from __future__ import annotations

import re

from backend_agent.verify import surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_ERROR = re.compile(r"^(?P<place>[^\s:][^:]*:\d+): error: (?P<what>.+)$")


def examine(project: ProjectUnderTest) -> Outcome:
    """Run mypy on the files that the project's own settings name (else on `app`), made strict."""
    surroundings.need(project, development=True)
    named = surroundings.pyproject(project).get("tool", {}).get("mypy", {}).get("files")
    workspace = project.workspace("types")
    completed = workspace.python(
        *("-m", "mypy", "--strict", "--no-error-summary", "--no-pretty", "--hide-error-context", "--no-color-output"),
        *("--cache-dir", str(workspace.home / "mypy"), *([] if named else ["app"])),
    )
    if completed.stopped:
        return Outcome([stopped(completed, "mypy")])
    matches = [match for line in completed.stdout.splitlines() if (match := _ERROR.match(line))]
    faults = [Fault(tidy(f"{match['place']}: {match['what']}", *workspace.folders)) for match in matches]
    if not completed.ok and not faults:
        faults = [Fault(tidy(last_lines(completed.output), *workspace.folders))]
    return Outcome(
        sorted(faults, key=lambda fault: fault.evidence),
        detail=f"{sum(path.endswith('.py') for path in project.files)} Python files",
    )


VERIFIER = Verifier(
    name="types",
    title="mypy --strict accepts every module",
    metric="maintainability",
    severity="major",
    tool="mypy",
    examine=examine,
    effort=15,
)
