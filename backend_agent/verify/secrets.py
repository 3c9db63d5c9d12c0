"""No secret is written in any file."""

from __future__ import annotations

import json

from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_NOT_SCANNED = r"(^|/)(tests/|requirements\.lock$|openapi\.json$|\.backend-agent/|report\.html$)"
"""Tests log in with passwords of their own; the others hold hashes and generated identifiers."""
_NO_SECRET = (r"^(down_)?revision\b.* = ", r"://user:password@")
"""Lines with a migration's number; and with the words that stand for a secret in an explanation."""


def examine(project: ProjectUnderTest) -> Outcome:
    """Run detect-secrets over everything that is deployed."""
    workspace = project.workspace("secrets")
    completed = workspace.python(
        *("-m", "detect_secrets", "scan", "--all-files", "--no-verify", "--exclude-files", _NOT_SCANNED),
        *(part for line in _NO_SECRET for part in ("--exclude-lines", line)),
        ".",
    )
    if completed.stopped:
        return Outcome([stopped(completed, "detect-secrets")])
    if not completed.ok:
        said = tidy(last_lines(completed.stderr, 1), *workspace.folders)
        return Outcome(not_run=f"detect-secrets broke down: {said}")
    results: dict[str, list[dict[str, object]]] = json.loads(completed.stdout)["results"]
    faults = [
        Fault(f"{path}:{item['line_number']}: {item['type']}", hint="read it from the environment")
        for path, items in sorted(results.items())
        for item in items
    ]
    return Outcome(faults, detail="detect-secrets over all files but tests and lock")


VERIFIER = Verifier(
    name="secrets",
    title="No secret is written in a file",
    metric="security",
    severity="critical",
    tool="detect-secrets",
    examine=examine,
    effort=2,
)
