"""The requirements stage: numbering, and checks that catch a broken analysis."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages import requirements
from backend_agent.state import Artifacts

EXAMPLES = Path(__file__).parents[2] / "examples"


def analyse(task: BackendTask) -> tuple[Artifacts, RequirementsAnalysis]:
    """Return the state's view and the draft of a task."""
    state: dict[str, Any] = {"task": task}
    analysis = requirements.STAGE.draft(Artifacts(state))
    return Artifacts({**state, "requirements": analysis}), analysis


def example(name: str) -> BackendTask:
    """Load one of the project's example tasks."""
    return BackendTask.model_validate(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["todo", "bookshop", "clinic", "bank"])
def test_examples_pass_all_checks(name: str) -> None:
    given, analysis = analyse(example(name))
    assert [r.check for r in requirements.STAGE.check(given) if r.verdict != "pass"] == []
    assert analysis == requirements.STAGE.draft(given)


def test_statements_are_numbered_in_order_of_their_source() -> None:
    _, analysis = analyse(example("bookshop"))
    assert [s.id for s in analysis.statements] == [f"R-{i:03}" for i in range(1, len(analysis.statements) + 1)]
    sources = list(dict.fromkeys(s.source for s in analysis.statements))
    assert sources == [
        "requirements",
        "security_requirements",
        "performance_requirements",
        "integration_requirements",
        "deployment_requirements",
        "api_requirements",
        "frontend_context",
    ]
    texts = [s.text for s in analysis.statements if s.source == "performance_requirements"]
    assert texts == [
        "95 % of requests answer within 100 ms.",
        "The service answers 300 requests per second.",
        "Frequent reads are cached in Redis.",
    ]


def test_defaults_are_no_requirements() -> None:
    _, analysis = analyse(BackendTask.model_validate({"project_name": "T", "requirements": ["A note has a text."]}))
    assert [s.source for s in analysis.statements] == ["requirements"]


def test_a_description_stands_in_for_requirements() -> None:
    _, analysis = analyse(
        BackendTask.model_validate({"project_name": "T", "description": "A note has a text. Users can create notes."})
    )
    assert [(s.text, s.source) for s in analysis.statements] == [
        ("A note has a text.", "description"),
        ("Users can create notes.", "description"),
    ]


def test_long_statements_are_split_and_keep_their_line() -> None:
    long = " ".join(f"A part of kind {i} has a name, a colour and a weight." for i in range(20))
    task = BackendTask.model_validate(
        {
            "project_name": "T",
            "requirements": [{"text": long, "line": 7}, {"text": "Two sentences. Stay one.", "line": 9}],
        }
    )
    _, analysis = analyse(task)
    assert len(analysis.statements) == 21
    assert {s.line for s in analysis.statements[:20]} == {7}
    assert analysis.statements[-1].text == "Two sentences. Stay one."


def test_recommendations_cite_requirements() -> None:
    _, analysis = analyse(example("clinic"))
    found = {r.concern: r for r in analysis.recommendations}
    assert found["Encryption at rest"].cites == ["R-016"]
    assert found["Deployment"].choice == "Kubernetes"


def _drop(analysis: dict[str, Any]) -> None:
    del analysis["statements"][2]


def _renumber(analysis: dict[str, Any]) -> None:
    analysis["statements"][1]["id"] = "R-042"


def _miscite(analysis: dict[str, Any]) -> None:
    analysis["recommendations"][0]["cites"] = ["R-999"]


def _repeat(analysis: dict[str, Any]) -> None:
    analysis["statements"][1]["text"] = analysis["statements"][0]["text"]


def _silence(analysis: dict[str, Any]) -> None:
    analysis["statements"][0]["approach"] = " "


@pytest.mark.parametrize(
    ("check", "mutate"),
    [
        ("complete", _drop),
        ("numbered", _renumber),
        ("cites", _miscite),
        ("distinct", _repeat),
        ("approaches", _silence),
    ],
)
def test_each_check_catches_its_mutant(check: str, mutate: Any) -> None:
    given, analysis = analyse(example("todo"))
    broken = analysis.to_state()
    mutate(broken)
    results = requirements.STAGE.check(Artifacts({"task": given.task, "requirements": broken}))
    assert f"requirements.{check}" in [r.check for r in results if r.verdict == "fail"]
