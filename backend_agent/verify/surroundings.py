"""What a generated project needs around it to run: packages in this environment, and settings."""

from __future__ import annotations

import base64
import re
import secrets
import tomllib
from importlib import metadata
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from backend_agent.errors import ToolUnavailable
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import INSTALL

DEVELOPMENT = ("dev", "test")
"""Names of extras and dependency groups that hold what tests need."""
DEVELOPMENT_LOCK = "requirements-dev.lock"


def need(project: ProjectUnderTest, *, development: bool = False) -> None:
    """See that the packages which the project depends on are installed; raises `ToolUnavailable` naming those missing.

    Args:
        project: the project.
        development: whether what its tests need is needed too.
    """
    missing = []
    wanted = declared(project, *DEVELOPMENT) + _in_development_lock(project) if development else declared(project)
    for requirement in wanted:
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            missing.append(str(requirement))
    if missing:
        raise ToolUnavailable(", ".join(sorted(set(missing))), INSTALL)


def _in_development_lock(project: ProjectUnderTest) -> list[Requirement]:
    """Return the packages of the lock for development; another version than the pinned one will do."""
    names = re.findall(r"^([A-Za-z0-9][\w.-]*)==", project.text(DEVELOPMENT_LOCK) or "", re.MULTILINE)
    return [Requirement(name) for name in names]


def pyproject(project: ProjectUnderTest) -> dict[str, Any]:
    """Return the project's pyproject.toml; empty when there is none that can be read."""
    try:
        return tomllib.loads(project.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}


def declared(project: ProjectUnderTest, *groups: str) -> list[Requirement]:
    """Return the requirements in pyproject.toml that hold on this machine."""
    table = pyproject(project)
    about = table.get("project", {})
    lines = list(about.get("dependencies", []))
    for group in groups:
        lines += about.get("optional-dependencies", {}).get(group, [])
        lines += [line for line in table.get("dependency-groups", {}).get(group, []) if isinstance(line, str)]
    found = []
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.append(requirement)
    return found


def variables(database: str = "sqlite+aiosqlite:///./verify.db") -> dict[str, str]:
    """Return the settings under which a project is run, as environment variables; secrets are made up each time."""
    return {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database,
        "JWT_SECRET": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "LOG_LEVEL": "WARNING",
    }
