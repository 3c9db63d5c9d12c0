"""The context of a run: what a caller of the graph decides is followed, and kept nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from backend_agent import context, settings
from backend_agent.context import RunContext
from backend_agent.errors import UserError
from backend_agent.pipeline import build_graph
from backend_agent.settings import Settings

TASK = {
    "task": {
        "project_name": "Todo",
        "type": "api_design",
        "requirements": [
            "Users can register with an email address and a password and log in.",
            "A task has a title of at most 200 characters and a completed flag.",
        ],
    }
}
THREAD: Any = {"configurable": {"thread_id": "one"}}


class Listening:
    """An author that notes the settings it writes under."""

    name = "listening"

    def __init__(self) -> None:
        self.heard: list[Settings] = []
        self.closed = 0

    def close(self) -> None:
        self.closed += 1

    def identity(self, stage: Any) -> str:
        return stage.name

    def write(self, stage: Any, given: Any, findings: Any) -> Any:
        from backend_agent.authors import DRAFT

        self.heard.append(settings.current())
        return DRAFT.write(stage, given, findings)


def test_stages_run_under_the_contexts_settings() -> None:
    author = Listening()
    graph = build_graph(until="requirements", author=author)
    graph.invoke(
        TASK, context={"verify": False, "max_tokens": 5000, "max_cost": 0.5, "max_seconds": 60, "max_calls": 7}
    )
    graph.invoke(TASK)
    told, plain = author.heard
    assert (told.verify, told.max_tokens, told.max_cost, told.max_seconds, told.max_calls) == (False, 5000, 0.5, 60, 7)
    assert plain == Settings.from_environment()


@pytest.mark.parametrize("beside", [False, True])
async def test_one_author_writes_a_run_and_is_closed(monkeypatch: pytest.MonkeyPatch, beside: bool) -> None:
    made: list[Listening] = []

    def author_of(model: str) -> Listening:
        assert model == "groq:some-model"
        made.append(Listening())
        return made[-1]

    monkeypatch.setattr(context, "author_of", author_of)
    graph = build_graph(until="api_design")
    given = {"model": "groq:some-model"}
    values = await graph.ainvoke(TASK, context=given) if beside else graph.invoke(TASK, context=given)
    assert values["documentation"]
    assert len(made) == 1
    assert len(made[0].heard) == 6
    assert {told.model for told in made[0].heard} == {"groq:some-model"}
    assert made[0].closed == 1


def test_pauses_at_review_points_and_goes_on() -> None:
    graph = build_graph(until="api_design").copy(update={"checkpointer": InMemorySaver()})
    first = graph.invoke(TASK, THREAD, context={"pause_after": ["domain"]})
    assert "architecture" not in first
    assert graph.get_state(THREAD).next == ("architecture",)
    assert graph.invoke(None, THREAD, context=RunContext())["documentation"]


async def test_pauses_beside_an_event_loop_too() -> None:
    graph = build_graph(until="api_design").copy(update={"checkpointer": InMemorySaver()})
    await graph.ainvoke(TASK, THREAD, context={"pause_after": ["requirements"]})
    assert graph.get_state(THREAD).next == ("domain",)


def test_writes_the_files_when_the_run_is_done_and_merges(tmp_path: Path) -> None:
    graph = build_graph(until="api_design")
    given = {"output_folder": str(tmp_path / "todo")}
    graph.invoke(TASK, context=given)
    document = tmp_path / "todo" / "openapi.json"
    assert json.loads(document.read_text(encoding="utf-8"))["paths"]
    (tmp_path / "todo" / "mine.txt").write_text("mine", encoding="utf-8")
    graph.invoke(TASK, context=given)
    assert (tmp_path / "todo" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_writes_into_no_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    with pytest.raises(UserError, match="empty"):
        build_graph(until="api_design").invoke(TASK, context={"output_folder": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pause_after": ["lunch"]}, "there is no stage 'lunch'; write some of: requirements"),
        ({"model": "groq:some-model"}, "GROQ_API_KEY is not set"),
        ({"model": "gsk_abcdefgh"}, "write provider:name"),
        ({"output_folder": "here"}, "is no absolute path"),
        ({"max_tokens": -1}, "context.max_tokens: input should be greater than or equal to 0"),
        ({"colour": "red"}, "context.colour: is unknown; write some of: model"),
    ],
)
def test_a_mistake_is_one_line(given: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(UserError) as raised:
        build_graph(until="requirements").invoke(TASK, context=given)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_context_of_a_parent_graph_is_left_alone() -> None:
    @dataclass
    class Parent:
        pause_after: int = 3

    from backend_agent.state import State

    graph = StateGraph(State, Parent)
    graph.add_node("backend", build_graph(until="requirements"))
    graph.add_edge(START, "backend")
    graph.add_edge("backend", END)
    assert graph.compile().invoke(TASK, context=Parent())["requirements"]


def test_every_graph_of_the_server_is_there() -> None:
    from backend_agent.pipeline import RESULTS

    root = Path(__file__).parents[1]
    served = json.loads((root / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    assert {"backend", *RESULTS} - {"backend_development"} <= set(served)
    for name, entry in served.items():
        path, _, variable = entry["path"].partition(":")
        assert (root / path).is_file(), name
        assert f"{variable} = " in (root / path).read_text(encoding="utf-8")
