"""Under other people's agents, for real and offline: `create_agent`, langgraph-supervisor, deepagents."""

from __future__ import annotations

import json
import warnings
from typing import Any

import fakes
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from backend_agent import BackendAgent, Settings
from backend_agent.embedding.conversing import build_agent_graph
from backend_agent.embedding.script import ScriptedChatModel, call

WISH = "Build me a backend for a dog-walking service where owners book walkers."
ARGUMENTS = {"project_name": "Walks", "requirements": ["Owners can book walkers."]}
CONFIG: Any = {"configurable": {"thread_id": "11111111-2222-3333-4444-555555555555"}}
DONE = AIMessage("Done.")


def agent(**how: Any) -> Any:
    return build_agent_graph(stages=fakes.stages(), given=Settings(verify=False), **how)


def as_tool(**how: Any) -> Any:
    return BackendAgent(Settings(verify=False), stages=fakes.stages()).as_tool(**how)


def tool_message(values: dict[str, Any]) -> ToolMessage:
    return next(message for message in values["messages"] if isinstance(message, ToolMessage))


def test_create_agent_calls_the_tool() -> None:
    model = ScriptedChatModel(script=[call("develop_backend", **ARGUMENTS), DONE])
    values = create_agent(model, [as_tool()]).invoke({"messages": [("user", WISH)]})
    assert tool_message(values).artifact["project_name"] == "Walks"
    assert values["messages"][-1].text == "Done."


def test_create_agent_hears_of_a_mistake_and_goes_on() -> None:
    model = ScriptedChatModel(
        script=[call("develop_backend", project_name="Walks"), call("develop_backend", **ARGUMENTS), DONE]
    )
    values = create_agent(model, [as_tool()]).invoke({"messages": [("user", WISH)]})
    found = [message for message in values["messages"] if isinstance(message, ToolMessage)]
    assert [message.status for message in found] == ["error", "success"]


def test_questions_of_the_tool_reach_the_agents_caller_and_its_saver_keeps_the_run() -> None:
    model = ScriptedChatModel(script=[call("develop_backend", **ARGUMENTS), DONE])
    author = fakes.Counting()
    asking = BackendAgent(Settings(verify=False), author=author, stages=fakes.stages()).as_tool(review_after=["api"])
    graph = create_agent(model, [asking], checkpointer=InMemorySaver())
    asked = graph.invoke({"messages": [("user", WISH)]}, CONFIG)["__interrupt__"]
    assert [question.value["review"] for question in asked] == ["api"]
    values = graph.invoke(Command(resume="approve"), CONFIG)
    assert tool_message(values).artifact["project_name"] == "Walks"
    assert sorted(author.wrote) == sorted(fakes.STAGES)


async def test_progress_of_the_tool_reaches_the_agents_stream() -> None:
    model = ScriptedChatModel(script=[call("develop_backend", **ARGUMENTS), DONE])
    graph = create_agent(model, [as_tool()])
    given: Any = {"messages": [("user", WISH)]}
    events = [event for _, event in graph.stream(given, stream_mode="custom", subgraphs=True)]
    assert {event["stage"] for event in events} == set(fakes.STAGES)
    later = [event async for _, event in graph.astream(given, stream_mode="custom", subgraphs=True)]
    assert {event["stage"] for event in later} == set(fakes.STAGES)


def test_two_calls_at_once_do_not_disturb_each_other() -> None:
    both = call("develop_backend", **ARGUMENTS)
    other = {**both.tool_calls[0], "args": {**ARGUMENTS, "project_name": "Runs"}}
    model = ScriptedChatModel(script=[AIMessage("", tool_calls=[both.tool_calls[0], other]), DONE])
    values = create_agent(model, [as_tool()], checkpointer=InMemorySaver()).invoke(
        {"messages": [("user", WISH)]}, CONFIG
    )
    found = [message for message in values["messages"] if isinstance(message, ToolMessage)]
    assert [message.artifact["project_name"] for message in found] == ["Walks", "Runs"]


def test_the_conversing_graph_wrapped_in_a_tool() -> None:
    graph = agent()

    @tool
    def backend(wish: str) -> str:
        """Develop a backend."""
        return str(graph.invoke({"messages": [HumanMessage(wish)]})["messages"][-1].text)

    model = ScriptedChatModel(script=[call("backend", wish="Build me a backend"), DONE])
    parent = create_agent(model, [backend], checkpointer=InMemorySaver())
    asked = parent.invoke({"messages": [("user", WISH)]}, CONFIG)["__interrupt__"]
    assert asked[0].value["missing"] == ["project_name", "requirements"]
    values = parent.invoke(Command(resume=WISH), CONFIG)
    assert tool_message(values).text.startswith("Dog-walking service")


def supervised(**how: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package is no longer maintained and uses what LangGraph deprecates
        from langgraph_supervisor import create_supervisor

        model = ScriptedChatModel(script=[call("transfer_to_backend_developer"), DONE])
        return create_supervisor([agent(**how)], model=model)


def test_langgraph_supervisor() -> None:
    graph = supervised().compile(checkpointer=InMemorySaver())
    values = graph.invoke({"messages": [HumanMessage(WISH)]}, CONFIG)
    answers = [message for message in values["messages"] if message.name == "backend_developer"]
    assert answers[0].text.startswith("Dog-walking service")
    assert values["messages"][-1].text == "Done."
    assert [message.text for message in values["messages"] if isinstance(message, HumanMessage)] == [WISH]
    values = graph.invoke({"messages": [HumanMessage("use cursor pagination")]}, CONFIG)
    answers = [m for m in values["messages"] if "backend_agent" in m.additional_kwargs]
    assert answers[-1].additional_kwargs["backend_agent"]["task"]["api_requirements"]["pagination"] == "cursor"
    assert answers[-1].text.startswith("Dog-walking service")


def test_langgraph_supervisor_passes_questions_on() -> None:
    graph = supervised().compile(checkpointer=InMemorySaver())
    values = graph.invoke({"messages": [HumanMessage("Build me a backend")]}, CONFIG)
    assert values["__interrupt__"][0].value["missing"] == ["project_name", "requirements"]
    values = graph.invoke(Command(resume=WISH), CONFIG)
    assert any(m.text.startswith("Dog-walking service") for m in values["messages"])


@pytest.mark.parametrize("parts", [("openapi",), ()])
def test_deepagents(parts: Any) -> None:
    from deepagents import CompiledSubAgent, create_deep_agent

    model = ScriptedChatModel(script=[call("task", description=WISH, subagent_type="backend_developer"), DONE])
    sub = CompiledSubAgent(name="backend_developer", description="Develops backends.", runnable=agent(parts=parts))
    graph = create_deep_agent(model=model, subagents=[sub], checkpointer=InMemorySaver())
    values = graph.invoke({"messages": [HumanMessage(WISH)]}, CONFIG)
    answer = json.loads(tool_message(values).text)
    assert answer["project_name"] == "Dog-walking service"
    assert bool(answer["openapi"]) == bool(parts)


def test_deepagents_passes_questions_on() -> None:
    from deepagents import CompiledSubAgent, create_deep_agent

    model = ScriptedChatModel(script=[call("task", description="Build it.", subagent_type="backend_developer"), DONE])
    sub = CompiledSubAgent(name="backend_developer", description="Develops backends.", runnable=agent())
    graph = create_deep_agent(model=model, subagents=[sub], checkpointer=InMemorySaver())
    values = graph.invoke({"messages": [HumanMessage(WISH)]}, CONFIG)
    assert values["__interrupt__"][0].value["missing"] == ["project_name"]
    values = graph.invoke(Command(resume="Pawtrail"), CONFIG)
    assert json.loads(tool_message(values).text)["project_name"] == "Pawtrail"
