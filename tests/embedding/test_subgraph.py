"""The graph as a node of a larger one: another state, the same keys; questions, checkpoints and progress go through."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import fakes
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from backend_agent.checkpoint import open_saver
from backend_agent.pipeline import build_graph

TASK = fakes.TASK.to_state()
CONFIG: Any = {"configurable": {"thread_id": "11111111-2222-3333-4444-555555555555"}}


class Other(TypedDict, total=False):
    """A parent's state that knows nothing of the agent's."""

    wish: str
    endpoints: int
    log: Annotated[list[str], operator.add]


class Shared(TypedDict, total=False):
    """A parent's state that shares keys, one of them with a reducer of its own."""

    task: dict[str, Any]
    api: dict[str, Any]
    records: Annotated[list[str], operator.add]


def mapped(author: fakes.Counting, review_after: tuple[str, ...] = ()) -> StateGraph[Any, Any, Any, Any]:
    """A parent with a wrapper node that maps its state to the agent's and back."""
    agent = build_graph(stages=fakes.stages(), author=author, review_after=review_after)

    def develop(state: Other) -> dict[str, Any]:
        values = agent.invoke({"task": {**TASK, "description": state["wish"]}})
        return {"endpoints": len(values["api"]["endpoints"]), "log": ["developed"]}

    parent = StateGraph(Other)
    parent.add_node("develop", develop)
    parent.add_edge(START, "develop")
    parent.add_edge("develop", END)
    return parent


def direct(author: fakes.Counting, review_after: tuple[str, ...] = ()) -> StateGraph[Any, Any, Any, Any]:
    """A parent in which the agent is a node itself."""
    parent = StateGraph(Shared)
    parent.add_node("develop", build_graph(stages=fakes.stages(), author=author, review_after=review_after))
    parent.add_edge(START, "develop")
    parent.add_edge("develop", END)
    return parent


@contextmanager
def in_memory(path: Path) -> Iterator[Any]:
    yield InMemorySaver()


@contextmanager
def in_sqlite(path: Path) -> Iterator[Any]:
    with closing(sqlite3.connect(path / "parent.db", check_same_thread=False)) as connection:
        yield SqliteSaver(connection)


@contextmanager
def in_session_database(path: Path) -> Iterator[Any]:
    with closing(open_saver(path / "sessions.db")) as saver:
        yield saver


BUILDS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (mapped, {"wish": "Fast.", "log": ["asked"]}),
    (direct, {"task": TASK, "records": ["asked"]}),
]
SAVERS = [in_memory, in_sqlite, in_session_database]


@pytest.mark.parametrize(("build", "given"), BUILDS, ids=["mapped", "direct"])
@pytest.mark.parametrize("saver", SAVERS, ids=lambda saver: saver.__name__)
def test_questions_bubble_up_and_answers_come_down(saver: Any, build: Any, given: Any, tmp_path: Path) -> None:
    author = fakes.Counting()
    with saver(tmp_path) as kept:
        graph = build(author, ("architecture", "api")).compile(checkpointer=kept)
        asked = graph.invoke(given, CONFIG)["__interrupt__"]
        assert [question.value["review"] for question in asked] == ["architecture"]
        graph = build(author, ("architecture", "api")).compile(checkpointer=kept)  # as another process would
        asked = graph.invoke(Command(resume="approve"), CONFIG)["__interrupt__"]
        assert [question.value["review"] for question in asked] == ["api"]
        values = graph.invoke(Command(resume="approve"), CONFIG)
    assert "__interrupt__" not in values
    assert sorted(author.wrote) == sorted(fakes.STAGES)  # nothing that was finished ran again


@pytest.mark.parametrize(("build", "given"), BUILDS, ids=["mapped", "direct"])
@pytest.mark.parametrize("saver", SAVERS, ids=lambda saver: saver.__name__)
def test_checkpoints_nest_in_the_parents_saver(saver: Any, build: Any, given: Any, tmp_path: Path) -> None:
    with saver(tmp_path) as kept:
        graph = build(fakes.Counting(), ("architecture",)).compile(checkpointer=kept)
        graph.invoke(given, CONFIG)
        inner = graph.get_state(CONFIG, subgraphs=True).tasks[0].state
        assert inner.values["architecture"]["overview"]
        assert inner.next == ("review_architecture",)
        spaces = {found.config["configurable"]["checkpoint_ns"] for found in kept.list(CONFIG)}
    assert "" in spaces
    assert any(space.startswith("develop:") for space in spaces)


@pytest.mark.parametrize(("build", "given"), BUILDS, ids=["mapped", "direct"])
def test_progress_reaches_a_parent_that_streams_with_subgraphs(build: Any, given: Any) -> None:
    graph = build(fakes.Counting()).compile()
    found = list(graph.stream(given, stream_mode="custom", subgraphs=True))
    assert {event["stage"] for _, event in found if event["event"] == "stage_finished"} == set(fakes.STAGES)
    assert all(space and space[0].startswith("develop:") for space, _ in found)
    assert list(build(fakes.Counting()).compile().stream(given, stream_mode="custom")) == []


@pytest.mark.parametrize(("build", "given"), BUILDS, ids=["mapped", "direct"])
async def test_progress_and_questions_in_an_event_loop(build: Any, given: Any) -> None:
    graph = build(fakes.Counting(), ("api",)).compile(checkpointer=InMemorySaver())
    events = [event async for _, event in graph.astream(given, CONFIG, stream_mode="custom", subgraphs=True)]
    assert "api" in {event["stage"] for event in events}
    assert (await graph.aget_state(CONFIG)).interrupts[0].value["review"] == "api"
    assert "__interrupt__" not in await graph.ainvoke(Command(resume="approve"), CONFIG)


class Falling(fakes.Counting):
    """Fails once, late."""

    def write(self, stage: Any, given: Any, findings: Any) -> Any:
        if stage.name == "code" and "code" not in self.wrote:
            self.wrote.append("code")
            raise RuntimeError("the power went out")
        return super().write(stage, given, findings)


@pytest.mark.parametrize(("build", "given"), BUILDS, ids=["mapped", "direct"])
@pytest.mark.parametrize("saver", SAVERS, ids=lambda saver: saver.__name__)
def test_a_parent_that_fell_goes_on_inside_the_agent(saver: Any, build: Any, given: Any, tmp_path: Path) -> None:
    author = Falling()
    with saver(tmp_path) as kept:
        with pytest.raises(RuntimeError, match="power"):
            build(author).compile(checkpointer=kept).invoke(given, CONFIG)
        author.wrote.remove("code")
        author.write = super(Falling, author).write  # type: ignore[method-assign]
        assert build(author).compile(checkpointer=kept).invoke(None, CONFIG)
    assert sorted(author.wrote) == sorted(fakes.STAGES)


def test_keys_with_a_reducer_are_not_counted_twice() -> None:
    assert mapped(fakes.Counting()).compile().invoke({"wish": "", "log": ["asked"]})["log"] == ["asked", "developed"]
    values = direct(fakes.Counting()).compile().invoke({"task": TASK, "records": ["asked"]})
    assert values["records"] == ["asked"]
    assert values["api"]["title"]


def test_a_low_limit_on_the_parents_steps_does_not_end_the_pipeline() -> None:
    values = mapped(fakes.Counting()).compile().invoke({"wish": "", "log": []}, {"recursion_limit": 3})
    assert values["log"] == ["developed"]


def test_the_whole_state_can_be_handed_back_in() -> None:
    author = fakes.Counting()
    graph = build_graph(stages=fakes.stages(), author=author, whole=True)
    first = graph.invoke({"task": TASK})
    author.wrote.clear()
    assert graph.invoke(first) == first
    assert author.wrote == []
