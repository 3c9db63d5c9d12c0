"""Threads of other graphs in the session database: no sessions, and never a traceback."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import END, START, StateGraph
from typer.testing import CliRunner

from backend_agent import BackendAgent, Settings, build_agent_graph, build_graph
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.commands import app
from backend_agent.embedding.supervisor import build_supervisor
from backend_agent.errors import UserError
from backend_agent.state import State
from backend_agent.studio_app import unheard_of

TASK = {"project_name": "Todo", "type": "backend_architecture", "requirements": ["A task has a title."]}


@pytest.fixture
def saver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionSaver]:
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(tmp_path / "s.db"))
    opened = open_saver(tmp_path / "s.db")
    yield opened
    opened.close()


def team(saver: SessionSaver) -> None:
    """Let a supervisor's thread begin, and stop in front of its first agent."""
    graph = build_supervisor(given=Settings(verify=False)).copy(update={"checkpointer": saver})
    asked = {"messages": [("user", "Build me a backend for a shop with books.")]}
    graph.invoke(asked, thread("team"), interrupt_after=["supervisor"])


def conversation(saver: SessionSaver) -> None:
    build_agent_graph().copy(update={"checkpointer": saver}).invoke({"messages": [("user", "Build")]}, thread("talk"))


def parent(saver: SessionSaver) -> None:
    """Let a parent with this agent's own state run: its thread holds a task and artifacts."""
    graph = StateGraph(State)
    graph.add_node("backend", build_graph(until="backend_architecture"))
    graph.add_edge(START, "backend")
    graph.add_edge("backend", END)
    graph.compile(checkpointer=saver).invoke({"task": TASK}, thread("parent"))


def words(saver: SessionSaver) -> None:
    """Let a graph run whose state is a string, under names that a session uses too."""
    graph = StateGraph(str)
    graph.add_node("requirements", lambda text: text + "!")
    graph.add_edge(START, "requirements")
    graph.add_edge("requirements", END)
    graph.compile(checkpointer=saver).invoke("task", thread("words"))


def thread(name: str) -> Any:
    return {"configurable": {"thread_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name))}}  # as a server names them


@pytest.mark.parametrize("begin", [team, conversation, parent, words])
def test_they_are_left_out_and_refused_in_one_line(saver: SessionSaver, begin: Any) -> None:
    begin(saver)
    (name,) = {found.config["configurable"]["thread_id"] for found in saver.list(None)}
    mine = BackendAgent(Settings(database=Path(saver.place), verify=False)).develop(TASK)
    listed = CliRunner().invoke(app, ["sessions"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [mine.session_id]
    assert unheard_of(frozenset()) == [(mine.session_id, "backend_architecture")]
    for command in (["show", name, "api"], ["history", name], ["resume", name], ["delete", name]):
        told = CliRunner().invoke(app, command).exception
        assert isinstance(told, UserError), command
        assert str(told) == f"'{name}' is a thread of another graph, not a session: go on with it there"
    assert saver.get_tuple({"configurable": {"thread_id": name}}) is not None


def test_a_task_that_cannot_be_read_is_one_line(saver: SessionSaver) -> None:
    graph = StateGraph(State)
    graph.add_node("requirements", lambda _: {"requirements": {}})
    graph.add_edge(START, "requirements")
    graph.compile(checkpointer=saver).invoke({"task": {"project_name": 3}}, thread("old"))
    name = thread("old")["configurable"]["thread_id"]
    with pytest.raises(UserError, match=f"session {name} holds a task that this release cannot read"):
        BackendAgent(Settings(database=Path(saver.place))).open(name)
    assert unheard_of(frozenset()) == []
