"""Golden projects really run: imported, typed, linted, migrated, booted, and their own tests passed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend_agent import BackendAgent, BackendTask
from backend_agent.settings import Settings
from backend_agent.verify.run import verify

EXAMPLES = Path(__file__).parents[2] / "examples"
LAYOUTS = ("layered", "monolithic", "hexagonal", "clean_architecture")
# Each example in the layout that it asks for, and the smallest one in all of them.
CASES = [
    ("bookshop", "monolithic"),
    ("clinic", "layered"),
    ("bank", "hexagonal"),
    *(("todo", name) for name in LAYOUTS),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layout"), CASES, ids=lambda part: part)
def test_everything_that_runs_passes(tmp_path: Path, name: str, layout: str) -> None:
    server = os.environ.get("BACKEND_AGENT_POSTGRES_URL")
    values = {**BackendTask.from_file(EXAMPLES / f"{name}.yaml").to_state(), "architecture_type": layout}
    if server:
        values["database_requirements"] = {**values["database_requirements"], "type": "postgresql"}
    result = BackendAgent(Settings(database=tmp_path / "s.db", verify=False)).develop(values)
    report = verify(result.code.files, server)
    failed = [f"{run.verifier}: {f.title}: {f.evidence}" for run in report.runs for f in run.findings]
    assert failed == []
    assert {run.verifier for run in report.runs if run.verdict == "fail"} == set()
    absent = {run.verifier: run.reason for run in report.runs if run.verdict == "not_run"}
    assert all("PostgreSQL" in reason and not server for reason in absent.values()), absent
    assert {test.verdict for test in report.tests} == {"pass"}
    databases = {test.database for test in report.tests}
    assert databases == ({"sqlite", "postgresql"} if server else {"sqlite"})
