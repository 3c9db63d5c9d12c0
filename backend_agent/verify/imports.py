"""Every module of the project imports."""

from __future__ import annotations

import json

from backend_agent.verify import surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

_MOST_NAMES = 3


def examine(project: ProjectUnderTest) -> Outcome:
    """Import each module on its own, as long as there are not too many (`drivers/imports.py` says why)."""
    surroundings.need(project)
    modules = [m for m in project.modules() if not m.endswith("__main__")]
    if not modules:
        return Outcome([Fault("there is no module below app/")])
    workspace = project.workspace("imports")
    names = workspace.home / "modules.txt"
    names.write_text("\n".join(modules))
    completed = workspace.driver("imports", str(workspace.result), str(names), variables=surroundings.variables())
    if completed.stopped:
        return Outcome([stopped(completed, "importing the modules")])
    if not completed.ok or not workspace.result.is_file():
        return Outcome([Fault(tidy(last_lines(completed.output), *workspace.folders))])
    failed: dict[str, str] = json.loads(workspace.result.read_text())
    by_reason: dict[str, list[str]] = {}
    for name, why in sorted(failed.items()):
        by_reason.setdefault(tidy(why, *workspace.folders), []).append(name)
    faults = [Fault(f"{_named(names)}: {why}") for why, names in by_reason.items()]
    return Outcome(faults, detail=f"{len(modules) - len(failed)} of {len(modules)} modules import")


def _named(modules: list[str]) -> str:
    rest = f" and {len(modules) - _MOST_NAMES} more" if len(modules) > _MOST_NAMES else ""
    return ", ".join(modules[:_MOST_NAMES]) + rest


VERIFIER = Verifier(
    name="imports",
    title="Every module imports",
    metric="maintainability",
    severity="critical",
    tool="python",
    examine=examine,
    effort=4,
)
