"""Examine the body of a custom operation: code that somebody else wrote, run where it can do no harm.

First its syntax tree is read (`allowed`): what is not allowed there is never run. Then the acceptance examples and its
own tests are run confined (without network, without sight of files, in bounded time, memory and processes), and ruff,
bandit and mypy look at it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend_agent import stop
from backend_agent.errors import ToolUnavailable
from backend_agent.verify import allowed, tests
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.process import Completed, Limits, Runner
from backend_agent.verify.project import ProjectUnderTest, Workspace
from backend_agent.verify.verifier import stopped, tool_version

_SIGNATURE = """import datetime as dt
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

from {module} import {function}
from {module}_types import *


class Expected(Protocol):
    def __call__(self, {parameters} ...


checked: Expected = {function}
"""
LIMITS = Limits(seconds=60, memory_mb=2048, processes=16, file_mb=32, output_kb=256)
NEEDED = ("network", "files")
"""What such code must be cut off from before it is run."""
UNCONFINED = "this system cannot confine it, so it is not run; --allow-unconfined runs it all the same"
_MOST_FAULTS = 12
_RULES = "A,ASYNC,B,C4,E,F,N,PIE,PT,RET,S,SIM,UP,W"
_ERROR = re.compile(r"^(?P<place>[^\s:][^:]*:\d+): error: (?P<what>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Body:
    """A body to examine, with what it needs to run."""

    files: Mapping[str, str]
    """By path: types, body, its tests and those that the acceptance examples are; a folder in which pytest runs."""
    module: str
    """Dotted name of the body's module; `_types` behind it is that of its types."""
    signature: str
    """The head of its one public function: `def transfer_money(*, source: AccountRow, ...) -> Outcome:`."""
    tests: str
    """Path of its own tests."""

    @property
    def path(self) -> str:
        """Where the body stands."""
        return self.module.replace(".", "/") + ".py"

    @property
    def function(self) -> str:
        """The function's name."""
        return self.module.rpartition(".")[2]


@dataclass(frozen=True)
class Examined:
    """What was seen of a body. It may be taken over when `ok`."""

    faults: list[str] = field(default_factory=list)
    """In the words of the tool that found them; for whoever repairs it."""
    not_run: str = ""
    """Why it could not be examined."""
    passed: int = 0
    """Of its own tests and the acceptance examples."""

    @property
    def ok(self) -> bool:
        """Whether all was run and nothing found."""
        return not self.faults and not self.not_run


def examine(body: Body, *, allow_unconfined: bool = False, confine: bool = True) -> Examined:
    """Examine a body; nothing of it is run before its syntax tree is found harmless.

    Args:
        body: what to examine.
        allow_unconfined: whether to run it even where the system cannot confine it.
        confine: for tests: False stands for such a system.
    """
    read = _read(body)
    if read:
        return Examined(read[:_MOST_FAULTS])
    try:
        for tool in ("ruff", "mypy", "bandit", "pytest"):
            tool_version(tool)
    except ToolUnavailable as missing:
        return Examined(not_run=str(missing))
    runner = Runner(confine=confine)
    with tempfile.TemporaryDirectory(prefix="backend-agent-") as folder, stop.calling(runner.stop):
        files = {path: text.encode() for path, text in body.files.items()}
        project = ProjectUnderTest(files, Path(folder).resolve(), runner, LIMITS)
        if not allow_unconfined and not _is_confined(project.workspace("probe")):
            return Examined(not_run=UNCONFINED)
        return _tried(body, project)


def _read(body: Body) -> list[str]:
    """Return what the syntax trees of body and tests hold that is not allowed."""
    types = f"{body.module}_types"
    found = [f"{body.path}: {f}" for f in allowed.faults(body.files[body.path], own=(types,))]
    own = (types, body.module)
    text = body.files.get(body.tests, "")
    if "def test_" not in text:
        found.append(f"{body.tests}: there is no test in it")
    return found + [f"{body.tests}: {f}" for f in allowed.faults(text, own=own, tests=True)]


def _is_confined(workspace: Workspace) -> bool:
    return set(NEEDED) <= set(workspace.python("-c", "").confined)


def _tried(body: Body, project: ProjectUnderTest) -> Examined:
    """Run the tools, quick ones first; the first one that finds something ends it."""
    passed = 0
    for look in (_linted, _tested, _weak, _typed):
        faults, count = look(body, project)
        if faults:
            return Examined(faults[:_MOST_FAULTS])
        passed += count
    return Examined(passed=passed)


_Seen = tuple[list[str], int]
"""Faults, and how many tests passed."""


def _linted(body: Body, project: ProjectUnderTest) -> _Seen:
    workspace = project.workspace("lint")
    command = ("-m", "ruff", "check", "--no-cache", "--isolated", "--select", _RULES, "--output-format", "json")
    rest = ("--ignore", "E501,N818", "--per-file-ignores", f"{body.tests}:S101", "--line-length", "120")
    ended = workspace.python(*command, *rest, body.path, body.tests)
    if ended.exit_code not in (0, 1):
        return _broken(ended, "ruff", workspace), 0
    return [
        f"{tidy(item['filename'], *workspace.folders)}:{item['location']['row']}:"
        f" {item['code'] or 'syntax'} {item['message']}"
        for item in json.loads(ended.stdout or "[]")
    ], 0


def _tested(_: Body, project: ProjectUnderTest) -> _Seen:
    workspace = project.workspace("tests")
    report = workspace.home / "report.xml"
    ended = workspace.python(
        *("-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider", "-o", "junit_family=xunit2"),
        *(f"--junitxml={report}", "tests"),
    )
    if ended.stopped or not report.is_file():
        return _broken(ended, "pytest", workspace), 0
    results = tests.read(report, "", workspace)
    faults = [f"{result.id}: {result.message}" for result in results if result.verdict != "pass"]
    return faults or ([] if results and ended.ok else ["pytest: no test passed"]), len(results)


def _weak(body: Body, project: ProjectUnderTest) -> _Seen:
    workspace = project.workspace("bandit")
    ended = workspace.python("-m", "bandit", "-q", "-f", "json", body.path)
    if ended.exit_code not in (0, 1) or not ended.stdout.strip():
        return _broken(ended, "bandit", workspace), 0
    found = json.loads(ended.stdout)["results"]
    return [f"{body.path}:{item['line_number']}: {item['test_id']} {item['issue_text']}" for item in found], 0


def _typed(body: Body, project: ProjectUnderTest) -> _Seen:
    """Types, and whether the function has the signature that the service calls."""
    workspace = project.workspace("types")
    _, _, parameters = body.signature.partition("(")
    text = _SIGNATURE.format(module=body.module, function=body.function, parameters=parameters)
    (workspace.project / "signature.py").write_text(text, "utf-8")
    cache = str(workspace.home / "mypy")
    flags = ("--strict", "--no-error-summary", "--no-pretty", "--hide-error-context", "--no-color-output")
    ended = workspace.python("-m", "mypy", *flags, "--cache-dir", cache, body.path, body.tests, "signature.py")
    found = [tidy(f"{place}: {what}", *workspace.folders) for place, what in _ERROR.findall(ended.stdout)]
    return found if ended.ok or found else _broken(ended, "mypy", workspace), 0


def _broken(ended: Completed, what: str, workspace: Workspace) -> list[str]:
    """Return why a command came to no good end, in its last words."""
    if ended.stopped:
        return [stopped(ended, what).evidence]
    return [f"{what}: {tidy(last_lines(ended.output, 12), *workspace.folders) or 'it did not work'}"]
