"""BackendAgent: from Python, from dictionaries, inside event loops."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import fakes
import pytest

from backend_agent import BackendAgent, BackendTask, UserError
from backend_agent.pipeline import RESULTS
from backend_agent.settings import Settings

TASK = fakes.TASK.to_state()
KEYS = {
    "session_id", "architecture_type", "api_specifications", "database_design", "security_implementation",
    "performance_optimizations", "deployment_configuration", "testing_strategy", "implementation_code",
    "documentation", "confidence_score",
}  # fmt: skip


@pytest.fixture
def agent(settings: Settings) -> BackendAgent:
    return BackendAgent(settings, stages=fakes.stages())


def test_develop_brings_every_artifact(agent: BackendAgent) -> None:
    result = agent.develop(fakes.TASK)
    for name in fakes.STAGES:
        assert getattr(result, name) == fakes.STAGES[name].artifact.from_state(result.plain(name))
    assert result.provenance("api").author == "draft"
    assert result.session_id


async def test_process_task_answers_with_plain_values_under_the_promised_keys(agent: BackendAgent) -> None:
    answer = await agent.process_task(TASK)
    assert set(answer) == KEYS
    assert json.loads(json.dumps(answer)) == answer
    assert answer["architecture_type"] == "layered"
    assert all(answer[key] is not None for key in KEYS)


async def test_a_smaller_task_brings_a_smaller_answer(agent: BackendAgent) -> None:
    answer = await agent.process_task({**TASK, "type": "api_design"})
    assert answer["api_specifications"]
    assert answer["implementation_code"] is None
    result = await asyncio.to_thread(agent.develop, {**TASK, "type": "api_design"})
    with pytest.raises(UserError, match="brings no code"):
        result.code  # noqa: B018 - reading it is the test
    assert result.api


@pytest.mark.parametrize("kind", RESULTS)
async def test_every_task_type_can_be_handled_and_is(agent: BackendAgent, kind: str) -> None:
    assert await agent.can_handle_task({"type": kind})
    answer = await agent.process_task({**TASK, "type": kind})
    assert answer["documentation"]["pages"]


@pytest.mark.parametrize(
    "task", [{}, {"type": "frontend"}, {"type": None}, {"type": ["api_design"]}, None, "api_design", 5]
)
async def test_other_tasks_cannot(agent: BackendAgent, task: Any) -> None:
    assert not await agent.can_handle_task(task)


async def test_develop_works_inside_a_running_loop(agent: BackendAgent) -> None:
    assert agent.develop(TASK).documentation


async def test_several_tasks_side_by_side(agent: BackendAgent) -> None:
    tasks = [{**TASK, "project_name": f"Shop {i}"} for i in range(4)]
    answers = await asyncio.gather(*(agent.process_task(task) for task in tasks))
    assert len({a["session_id"] for a in answers}) == 4


@pytest.mark.parametrize(
    "wrong", [{"project_name": "X"}, {**TASK, "architecture_type": "serverless"}, {**TASK, "qq": 1}]
)
async def test_a_wrong_task_is_one_line(agent: BackendAgent, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        await agent.process_task(wrong)
    assert "\n" not in str(caught.value)


def test_a_stopped_session_goes_on(settings: Settings) -> None:
    author = fakes.Counting()
    write = author.write

    class Broken(Exception):
        pass

    def failing(stage: Any, given: Any, findings: Any) -> Any:
        if stage.name == "code":
            raise Broken
        return write(stage, given, findings)

    author.write = failing  # type: ignore[method-assign]
    events: list[dict[str, Any]] = []
    with pytest.raises(Broken):
        BackendAgent(settings, author=author, stages=fakes.stages()).develop(TASK, events.append)
    author.write = write  # type: ignore[method-assign]
    session = events[0]["session"]
    result = BackendAgent(settings, author=author, stages=fakes.stages()).resume(session)
    assert result.session_id == session
    assert sorted(author.wrote) == sorted(fakes.STAGES)


def test_write_gives_a_whole_folder(agent: BackendAgent, tmp_path: Path) -> None:
    folder = agent.develop(TASK).write(tmp_path / "out" / "todo").folder
    assert (folder / "app/main.py").read_text().startswith("# A task has a title.")
    assert (folder / "docs/api.md").is_file()
    manifest = json.loads((folder / ".backend-agent/manifest.json").read_text())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == found - {".backend-agent/manifest.json"}
    assert {".backend-agent/artifacts/quality.json", ".backend-agent/artifacts/task.json"} <= found
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["todo"]


def test_a_design_alone_is_written_too(agent: BackendAgent, tmp_path: Path) -> None:
    folder = agent.develop({**TASK, "type": "api_design"}).write(tmp_path / "todo").folder
    assert (folder / "openapi.json").is_file()
    assert not (folder / "app").exists()


def test_a_folder_with_other_files_is_left_alone(agent: BackendAgent, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        agent.develop(TASK).write(tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".txt"] == ["mine.txt"]
    assert not (tmp_path / "app").exists()


def test_a_task_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Shop\n\nUsers can log in.\n")
    assert BackendTask.from_file(path).project_name == "Shop"
