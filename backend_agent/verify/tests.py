"""The project's own tests pass; each tells which requirements it proves."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from backend_agent.artifacts.verification import TestResult
from backend_agent.verify import postgres, surroundings
from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.process import Completed
from backend_agent.verify.project import ProjectUnderTest, Workspace
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

PROPERTY = "requirement"
_LARGEST_REPORT = 50 << 20
_ARGUMENTS = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit2", "--color=no")


def on_sqlite(project: ProjectUnderTest) -> Outcome:
    """Run the tests as `make test` does."""
    return _run(project, project.workspace("tests"), "sqlite", None)


def on_postgresql(project: ProjectUnderTest) -> Outcome:
    """Run the tests against a database that is made for it and dropped afterwards."""
    with postgres.database(project) as url:
        return _run(project, project.workspace("tests-postgresql"), "postgresql", url)


def _run(project: ProjectUnderTest, workspace: Workspace, database: str, url: str | None) -> Outcome:
    surroundings.need(project, development=True)
    report = workspace.home / "report.xml"
    variables = surroundings.variables() | {"ENVIRONMENT": "test"}
    if url:
        variables["TEST_DATABASE_URL"] = url
    door = project.door if url else None
    completed = workspace.python(*_ARGUMENTS, f"--junitxml={report}", door=door, variables=variables)
    if completed.stopped:
        return Outcome([stopped(completed, "pytest")])
    if not report.is_file() or report.stat().st_size > _LARGEST_REPORT:
        return Outcome([Fault(f"pytest did not get far: {tidy(last_lines(completed.output), *workspace.folders)}")])
    results = read(report, database, workspace)
    return Outcome(_faults(results, completed, workspace), detail=_count(results), tests=results)


def read(report: Path, database: str, workspace: Workspace) -> list[TestResult]:
    """Return the tests in a JUnit report, in the order of their names."""
    found: dict[str, TestResult] = {}
    # The report is as large as it may be and expat bounds the expansion of entities.
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
        result = TestResult(
            id=f"{_identity(case, workspace)}",
            verdict=_verdict(case),
            database=database,
            requirements=sorted({p.get("value", "") for p in case.iter("property") if p.get("name") == PROPERTY}),
            message=_message(case, workspace),
        )
        # A test that passes and then breaks in its teardown shows up twice: the worse of the two counts.
        if result.id not in found or result.verdict == "fail":
            found[result.id] = result
    return [found[name] for name in sorted(found)]


def _identity(case: ET.Element, workspace: Workspace) -> str:
    """Return `tests/test_orders.py::test_cancel`; only the file when it could not even be collected."""
    classname, name = case.get("classname", ""), tidy(case.get("name", ""))
    return f"{_place(classname, workspace)}::{name}" if classname else _place(name, workspace)


def _place(classname: str, workspace: Workspace) -> str:
    """Turn `tests.test_orders.TestOrders` into `tests/test_orders.py::TestOrders`."""
    parts = classname.split(".")
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length]) + ".py"
        if (workspace.project / path).is_file():
            return "::".join([path, *parts[length:]])
    return classname


def _verdict(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "fail"
    return "skip" if case.find("skipped") is not None else "pass"


def _message(case: ET.Element, workspace: Workspace) -> str:
    for kind in ("failure", "error", "skipped"):
        element = case.find(kind)
        if element is not None:
            # pytest marks what went wrong with an E; for a broken module or fixture the message alone says nothing.
            lines = re.findall(r"^E\s+(\S.*)$", element.text or "", re.MULTILINE)
            said = lines[-1:] if kind == "error" else []
            return tidy("\n".join(said) or element.get("message", "").split("\n")[0], *workspace.folders)
    return ""


def _faults(results: list[TestResult], completed: Completed, workspace: Workspace) -> list[Fault]:
    faults = [Fault(f"{r.id}: {r.message}") for r in results if r.verdict == "fail"]
    if not any(r.verdict == "pass" for r in results):
        faults.append(Fault("no test passed"))
    if not completed.ok and not faults:
        faults.append(Fault(f"pytest: {tidy(last_lines(completed.output), *workspace.folders)}"))
    return faults


def _count(results: list[TestResult]) -> str:
    numbers = {verdict: sum(r.verdict == verdict for r in results) for verdict in ("pass", "fail", "skip")}
    words = {"pass": "passed", "fail": "failed", "skip": "skipped"}
    return ", ".join(f"{number} {words[verdict]}" for verdict, number in numbers.items() if number)


SQLITE = Verifier(
    name="tests",
    title="The project's own tests pass on SQLite",
    metric="testability",
    severity="critical",
    tool="pytest",
    examine=on_sqlite,
    effort=30,
)
POSTGRESQL = Verifier(
    name="tests_postgresql",
    title="The project's own tests pass on PostgreSQL",
    metric="testability",
    severity="critical",
    tool="pytest",
    examine=on_postgresql,
    applies=postgres.applies,
    effort=31,
)
