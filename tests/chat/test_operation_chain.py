"""What a chat model wrote, all the way: signature and examples, body and tests, endpoint, project, verification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matrix
import operations
import pytest
from fake_groq import FakeGroq, Received, say

from backend_agent import BackendAgent, BackendTask
from backend_agent.chat.questions import OMIT
from backend_agent.chat.schema import to_wire
from backend_agent.settings import Settings

TASK = BackendTask.from_file(Path(__file__).parents[2] / "examples" / "bank.yaml")
NAME = "transfer_money"


def answering(received: Received) -> Any:
    """Give the bank's domain model with its operation, the operation's code, and for the rest the draft."""
    domain = operations.bank()
    if received.schema_name == "domain":
        return say(json.dumps(to_wire(domain, OMIT["domain"])))
    if f"def {NAME}(" in received.prompt:
        operation = domain.operations[0]
        return say(f"```python\n{operation.body}```\n\n```python\n{operation.tests}```\n")
    return matrix.good(received)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGroq]:
    with FakeGroq(answering) as made:
        matrix.quick(monkeypatch, made)
        yield made


def test_an_operation_becomes_an_endpoint_files_and_tests(server: FakeGroq, settings: Settings) -> None:
    result = BackendAgent(settings, model=matrix.MODEL).develop(TASK)
    assert [(o.name, o.written_by) for o in result.domain.operations] == [(NAME, matrix.MODEL)]
    assert result.refused == []
    assert any(endpoint.path.endswith("/transfer-money") for endpoint in result.api.endpoints)
    files = {file.path: file for file in result.code.files}
    assert f"Written by {matrix.MODEL}" in files[f"app/operations/{NAME}.py"].content
    assert f"tests/test_{NAME}_body.py" in files
    assert f"domain.{NAME}" in [call["purpose"] for call in result._state["calls"]["domain"]]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["layered", "hexagonal"])
def test_the_project_holds(server: FakeGroq, settings: Settings, architecture: str) -> None:

    task = TASK.model_copy(update={"architecture_type": architecture})
    result = BackendAgent(replace(settings, verify=True), model=matrix.MODEL).develop(task)
    failed = {
        run.title: [f.evidence for f in run.findings] for run in result.verification.runs if run.verdict == "fail"
    }
    assert failed == {}
    proving = [test for test in result.verification.tests if NAME in test.id]
    assert len(proving) > 5
    assert all(test.verdict == "pass" for test in proving)
