"""Ruff with the project's own settings: no complaint, and formatted as ruff would."""

from __future__ import annotations

import json
import re

from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest, Workspace
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_UNFORMATTED = re.compile(r"^(?:Would reformat: (.+)|\s*--> (.+?):\d+:\d+)$", re.MULTILINE)
"""Older and newer versions of ruff say it differently."""


def examine(project: ProjectUnderTest) -> Outcome:
    """Run `ruff check` and `ruff format --check`."""
    workspace = project.workspace("lint")
    faults = _complaints(workspace) + _unformatted(workspace)
    return Outcome(faults, detail=f"{sum(path.endswith('.py') for path in project.files)} Python files")


def _complaints(workspace: Workspace) -> list[Fault]:
    completed = workspace.python("-m", "ruff", "check", "--no-cache", "--output-format", "json", ".")
    if completed.stopped:
        return [stopped(completed, "ruff check")]
    if completed.exit_code not in (0, 1):
        return [Fault(tidy(last_lines(completed.stderr), *workspace.folders))]
    faults = []
    for item in json.loads(completed.stdout or "[]"):
        place = f"{tidy(item['filename'], *workspace.folders)}:{item['location']['row']}"
        faults.append(Fault(f"{place}: {item['code'] or 'syntax'} {item['message']}", hint=item.get("url") or ""))
    return sorted(faults, key=lambda fault: fault.evidence)


def _unformatted(workspace: Workspace) -> list[Fault]:
    completed = workspace.python("-m", "ruff", "format", "--no-cache", "--check", ".")
    if completed.stopped:
        return [stopped(completed, "ruff format")]
    files = sorted({"".join(found) for found in _UNFORMATTED.findall(completed.output)})
    if not completed.ok and not files:
        return [Fault(tidy(last_lines(completed.output), *workspace.folders))]
    paths = [tidy(file, *workspace.folders) for file in files]
    return [Fault(f"{path}: is not formatted", hint="ruff format .") for path in paths]


VERIFIER = Verifier(
    name="lint",
    title="Ruff has no complaint and every file is formatted",
    metric="maintainability",
    severity="minor",
    tool="ruff",
    examine=examine,
)
