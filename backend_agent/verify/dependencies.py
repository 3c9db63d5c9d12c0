"""pyproject.toml and requirements.lock agree, and what ran here is what the project asks for."""

from __future__ import annotations

from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from backend_agent.verify import surroundings
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier

LOCK = "requirements.lock"


def examine(project: ProjectUnderTest) -> Outcome:
    """Compare the declared requirements, the lock and this environment."""
    if project.text("pyproject.toml") is None:
        return Outcome([Fault("there is no pyproject.toml")])
    if project.text(LOCK) is None:
        return Outcome([Fault(f"there is no {LOCK}", hint="pin every package with ==")])
    locked, faults = _locked(project.text(LOCK) or "")
    requirements = surroundings.declared(project)
    for requirement in requirements:
        pinned = locked.get(canonicalize_name(requirement.name))
        if pinned is None:
            faults.append(Fault(f"{requirement} is not in {LOCK}"))
        elif not requirement.specifier.contains(pinned, prereleases=True):
            faults.append(Fault(f"{LOCK} has {requirement.name} {pinned}, pyproject.toml asks for {requirement}"))
    if not faults:
        surroundings.need(project)
    return Outcome(faults, detail=_differences(locked))


def _locked(text: str) -> tuple[dict[str, Version], list[Fault]]:
    pins: dict[str, Version] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.split("#")[0].split(" --hash")[0].rstrip("\\ ").strip()
        if not content or content.startswith("-"):
            continue
        try:
            requirement = Requirement(content)
            (pin,) = requirement.specifier
            pins[canonicalize_name(requirement.name)] = Version(pin.version if pin.operator == "==" else "")
        except (InvalidRequirement, ValueError):
            faults.append(Fault(f"{LOCK}:{number}: {content[:80]} is not pinned with =="))
    return pins, faults


def _differences(locked: dict[str, Version]) -> str:
    """Say which packages ran here at another version than the locked one."""
    others = []
    for name, version in sorted(locked.items()):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if Version(installed) != version:
            others.append(f"{name} {installed} instead of {version}")
    pinned = f"{len(locked)} packages pinned"
    return f"{pinned}; ran here with {', '.join(others)}" if others else pinned


VERIFIER = Verifier(
    name="dependencies",
    title="Requirements are pinned and agree",
    metric="maintainability",
    severity="major",
    tool="packaging",
    examine=examine,
)
