"""The agent as a tool: typed arguments, a short content, the answer as artifact, one line for a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fakes
import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import StructuredTool

from backend_agent import BackendAgent, BackendTask, Settings
from backend_agent.embedding.answer import Answer

SHOP = {"project_name": "Shop", "requirements": ["A book has a title."]}


def tool(**how: Any) -> StructuredTool:
    return BackendAgent(Settings(verify=False), stages=fakes.stages()).as_tool(**how)


def called(arguments: dict[str, Any], **how: Any) -> ToolMessage:
    call = {"name": "develop_backend", "args": arguments, "id": "1", "type": "tool_call"}
    message: ToolMessage = tool(**how).invoke(call)
    return message


def test_arguments_are_the_tasks_fields_typed_and_described() -> None:
    found = tool().args
    assert set(found) == set(BackendTask.model_fields)
    assert all(field["description"] for field in found.values())
    assert found["requirements"]["items"]["type"] == "string"
    assert "hexagonal" in found["architecture_type"]["enum"]
    schema: Any = tool().get_input_jsonschema()
    assert schema["required"] == ["project_name"]
    assert schema["additionalProperties"] is False


def test_the_content_is_short_and_the_artifact_is_the_answer() -> None:
    message = called(SHOP)
    assert message.status == "success"
    assert str(message.content).startswith("Shop: ")
    assert len(str(message.content)) < 600
    assert Answer.from_state(message.artifact).to_state() == message.artifact
    assert message.artifact["project_name"] == "Shop"
    assert message.artifact["openapi"]["openapi"].startswith("3.1")
    assert called(SHOP, parts=()).artifact["openapi"] is None


async def test_it_works_in_an_event_loop() -> None:
    call = {"name": "develop_backend", "args": SHOP, "id": "1", "type": "tool_call"}
    message = await tool().ainvoke(call)
    assert message.artifact["project_name"] == "Shop"


def test_a_project_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    message = called({**SHOP, "project_name": "Book & Shop"}, output=tmp_path)
    assert message.artifact["folder"] == str(tmp_path / "book-shop")
    assert any((tmp_path / "book-shop").iterdir())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"project_name": "Shop"}, "says nothing yet"),
        ({**SHOP, "architecture_type": "hexagon"}, "did you mean hexagonal"),
        ({**SHOP, "architecture_type": "microservices"}, "not supported yet; write one of"),
        ({"requirements": ["A book has a title."]}, "project_name is missing"),
        ({**SHOP, "colour": "red"}, "colour"),
        ({**SHOP, "requirements": [" "]}, "blank"),
        ({**SHOP, "api_requirements": {"pagination": "pages"}}, "api_requirements.pagination"),
        ({**SHOP, "project_name": "../../etc"}, "project_name"),
    ],
)
async def test_a_mistake_is_a_tool_error_of_one_line(arguments: dict[str, Any], says: str) -> None:
    message = called(arguments)
    later = await tool().ainvoke({"name": "develop_backend", "args": arguments, "id": "1", "type": "tool_call"})
    assert message.status == later.status == "error"
    assert says in str(message.content)
    assert message.content == later.content
    assert "\n" not in str(message.content)


def test_every_task_type_may_be_asked_for() -> None:
    message = called({**SHOP, "type": "api_design"})
    assert message.artifact["type"] == "api_design"
    assert message.artifact["tables"] == []
