"""Any sound domain model gives a project that imports, migrates, and serves the document that was designed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from codegen.random_domains import domains
from designs import design, failing
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.codegen import LAYOUTS, generate
from backend_agent.stages import api, database, testing
from backend_agent.stages import domain as domain_stage
from backend_agent.state import Artifacts

DRIVER = Path(__file__).with_name("drive_project.py")
STATEMENT = "Anything may be asked for."


@st.composite
def tasks(draw: st.DrawFn) -> BackendTask:
    """Draw what a task can choose besides the domain."""
    security = ["Audit logging of every change", "Personal data must be encrypted at rest"]
    return BackendTask.model_validate(
        {
            "project_name": "Random",
            "description": "Anything.",
            "requirements": [STATEMENT],
            "architecture_type": draw(st.sampled_from(sorted(LAYOUTS))),
            "security_requirements": draw(st.lists(st.sampled_from(security), unique=True)),
            "api_requirements": {
                "pagination": draw(st.sampled_from(["offset", "cursor"])),
                "naming": draw(st.sampled_from(["snake_case", "camelCase"])),
            },
        }
    )


def requirements(task: BackendTask) -> RequirementsAnalysis:
    """Return the task's statements; every element of a random domain cites the first."""
    texts = [STATEMENT, *(s.text for s in task.security_requirements)]
    kept: dict[str, Any] = {"priority": "high", "complexity": "low", "approach": "", "category": "security"}
    return RequirementsAnalysis(
        statements=[
            Statement(id=f"R-{n:03}", text=text, source="requirements" if n == 1 else "security_requirements", **kept)
            for n, text in enumerate(texts, 1)
        ]
    )


def check(domain: DomainModel, task: BackendTask) -> None:
    """Design, generate, and run a project."""
    note(domain.model_dump_json(exclude_defaults=True))
    note(task.model_dump_json(exclude_defaults=True))
    state: dict[str, Any] = {"task": task, "requirements": requirements(task), "domain": domain}
    assert failing(domain_stage.STAGE, state) == {}
    state = design(**state)
    assert failing(database.STAGE, state) == {}
    assert failing(api.STAGE, state) == {}
    state["testing"] = testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))
    with tempfile.TemporaryDirectory() as name:
        for file in generate(Artifacts(state)).files:
            path = Path(name, file.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8")
        command = [sys.executable, "-B", "-W", "error", str(DRIVER), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


FORM = settings(
    deadline=None,
    # Each example takes seconds: the first one that fails is told as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@settings(FORM, max_examples=6)
@given(domains(), tasks())
def test_a_random_domain_gives_a_project_that_runs(domain: DomainModel, task: BackendTask) -> None:
    check(domain, task)


@pytest.mark.slow
@settings(FORM, max_examples=60)
@given(domains(), tasks())
def test_many_random_domains_give_projects_that_run(domain: DomainModel, task: BackendTask) -> None:
    check(domain, task)
