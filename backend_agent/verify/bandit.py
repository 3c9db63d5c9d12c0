"""Bandit knows no weakness in the service."""

from __future__ import annotations

import json

from backend_agent.artifacts.findings import Severity
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_SEVERITIES: dict[str, Severity] = {"HIGH": "critical", "MEDIUM": "major", "LOW": "minor"}

_NOT_HERE = "B105,B106,B107"
"""Passwords in the source: the verifier `secrets` finds those, and does not take `token_type="bearer"` for one."""


def examine(project: ProjectUnderTest) -> Outcome:
    """Run bandit on the service and its migrations; the project's own settings for it are not read."""
    workspace = project.workspace("bandit")
    folders = [folder for folder in ("app", "migrations") if any(p.startswith(f"{folder}/") for p in project.files)]
    completed = workspace.python("-m", "bandit", "-q", "-r", "-f", "json", "--skip", _NOT_HERE, *folders)
    if completed.stopped:
        return Outcome([stopped(completed, "bandit")])
    if completed.exit_code not in (0, 1) or not completed.stdout.strip():
        return Outcome(not_run=f"bandit broke down: {tidy(last_lines(completed.stderr, 1), *workspace.folders)}")
    report = json.loads(completed.stdout)
    faults = [
        Fault(
            f"{item['filename']}:{item['line_number']}: {item['test_id']} {item['issue_text']}",
            hint=item["more_info"],
            severity=_SEVERITIES.get(item["issue_severity"], "minor"),
        )
        for item in report["results"]
    ]
    faults += [Fault(f"{item['filename']}: {item['reason']}") for item in report["errors"]]
    return Outcome(sorted(faults, key=lambda fault: fault.evidence), detail=f"{len(report['metrics']) - 1} files")


VERIFIER = Verifier(
    name="bandit",
    title="Bandit knows no weakness in the code",
    metric="security",
    severity="major",
    tool="bandit",
    examine=examine,
    effort=2,
)
