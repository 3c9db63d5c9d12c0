"""The layout's import contract holds."""

from __future__ import annotations

import re

from backend_agent.verify import surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_START = "from importlinter.cli import lint_imports_command; lint_imports_command()"
_VERDICT = re.compile(r"^(?P<name>.+?) (?P<verdict>KEPT|BROKEN)\b", re.MULTILINE)
_IMPORT = re.compile(r"^\s*-?\s*(?P<chain>\S+ -> \S+ \(l\.[^)]*\))", re.MULTILINE)


def examine(project: ProjectUnderTest) -> Outcome:
    """Run import-linter with the contracts in the project's pyproject.toml."""
    contracts = surroundings.pyproject(project).get("tool", {}).get("importlinter", {}).get("contracts", [])
    if not contracts:
        return Outcome([Fault("pyproject.toml has no import contract", hint="add [[tool.importlinter.contracts]]")])
    workspace = project.workspace("contracts")
    completed = workspace.python("-c", _START, "--no-cache", variables={"PYTHONPATH": str(workspace.project)})
    if completed.stopped:
        return Outcome([stopped(completed, "import-linter")])
    verdicts = _VERDICT.findall(completed.stdout)
    broken = [name for name, verdict in verdicts if verdict == "BROKEN"]
    chains = [match["chain"] for match in _IMPORT.finditer(completed.stdout)]
    faults = [Fault(f"{', '.join(broken)}: {chain}") for chain in chains] if broken else []
    if not completed.ok and not faults:
        faults = [Fault(tidy(last_lines(completed.output), *workspace.folders))]
    return Outcome(faults, detail=f"{len(verdicts) - len(broken)} of {len(contracts)} contracts kept")


VERIFIER = Verifier(
    name="contracts",
    title="The layout's import contract holds",
    metric="architecture",
    severity="major",
    tool="import-linter",
    examine=examine,
    effort=2,
)
