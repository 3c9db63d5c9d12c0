"""What the README shows about embedding runs as it stands there, each in under ten lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from backend_agent.embedding.script import ScriptedChatModel, call
from backend_agent.embedding.supervisor import SCRIPT

TEXT = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = TEXT.split("## Embedding\n")[1].split("\n## ")[0]
WISH = "Build me a backend for a dog-walking service where owners book walkers."


class Mine(TypedDict, total=False):
    wish: str
    paths: list[str]


def snippet(word: str) -> str:
    found = [block for block in re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL) if word in block]
    assert len(found) == 1
    return str(found[0])


def run(word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **given: Any) -> dict[str, Any]:
    monkeypatch.setenv("BACKEND_AGENT_VERIFY", "off")
    monkeypatch.chdir(tmp_path)
    names = dict(given)
    exec(compile(snippet(word), "README.md", "exec"), names)
    return names


def test_each_use_is_shown_in_under_ten_lines() -> None:
    blocks = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    assert len(blocks) == 6
    assert max(len(block.splitlines()) for block in blocks) < 10


def test_a_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Command

    names = run("def develop", monkeypatch, tmp_path, Mine=Mine)
    parent = StateGraph(Mine)
    parent.add_node("develop", names["develop"])
    parent.add_edge(START, "develop")
    parent.add_edge("develop", END)
    graph = parent.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    assert graph.invoke({"wish": "Owners book walkers."}, config)["__interrupt__"][0].value["review"] == "architecture"
    assert "/bookings" in graph.invoke(Command(resume="approve"), config)["paths"]


def test_a_conversation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given: Any = {"saver": InMemorySaver(), "config": {"configurable": {"thread_id": "1"}}}
    names = run("Answer", monkeypatch, tmp_path, **given)
    assert "Dog" in names["result"]["structured_response"]["entities"]
    assert "Dog-walking service" in capsys.readouterr().out
    assert (tmp_path / "out" / "dog-walking-service" / "app").is_dir()


def test_a_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = {"project_name": "Walks", "requirements": ["Owners book walkers."]}
    model = ScriptedChatModel(script=[call("develop_backend", **arguments), AIMessage("Done.")])
    run("as_tool", monkeypatch, tmp_path, model=model)
    assert (tmp_path / "out" / "walks" / "app").is_dir()


def test_langgraph_supervisor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import warnings

    model = ScriptedChatModel(script=[call("transfer_to_backend_developer"), AIMessage("Done.")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package is no longer maintained and uses what LangGraph deprecates
        names = run("create_supervisor", monkeypatch, tmp_path, model=model)
        values = names["team"].invoke({"messages": [HumanMessage(WISH)]})
    assert any(message.text.startswith("Dog-walking service:") for message in values["messages"])


def test_deepagents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = ScriptedChatModel(
        script=[call("task", description=WISH, subagent_type="backend_developer"), AIMessage("Done.")]
    )
    names = run("deepagents", monkeypatch, tmp_path, model=model)
    values = names["deep"].invoke({"messages": [HumanMessage(WISH)]})
    assert any('"Dog-walking service"' in message.text for message in values["messages"])


def test_the_supervisor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("build_supervisor", monkeypatch, tmp_path, model=ScriptedChatModel(script=SCRIPT))
    assert names["result"]["pages"]
    assert "class Client" in capsys.readouterr().out
