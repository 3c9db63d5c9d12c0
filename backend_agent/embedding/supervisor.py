"""A supervisor over three agents: this one, a front end agent and a coding agent, which build on its API contract.

A small parent graph to learn from and to start with. The supervisor is any chat model that calls tools; without one it
plays a script, and everything runs offline. The other two agents are functions of the contract.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from backend_agent.embedding.contract import client, operations, pages
from backend_agent.embedding.conversing import build_agent_graph
from backend_agent.embedding.script import ScriptedChatModel, call
from backend_agent.settings import Settings
from backend_agent.state import Json

AGENTS = {
    "backend_developer": "Develops a backend from what the user asks for, and hands over its API contract.",
    "frontend_developer": "Lists the pages and calls that a front end needs. Comes after backend_developer.",
    "client_developer": "Writes a typed Python client. Comes after backend_developer.",
}
"""Who can be called, and what for."""
PROMPT = (
    "You lead three agents. Call one at a time with its tool, in this order: backend_developer, frontend_developer,"
    " client_developer. Then say in one sentence what was made."
)
SCRIPT = [*(call(name) for name in AGENTS), AIMessage("Backend, pages and client are there, from one API contract.")]
_NO_CONTRACT = "There is no API contract yet: call backend_developer first."


class Team(TypedDict, total=False):
    """The parent's state, which is not the agent's."""

    messages: Annotated[list[AnyMessage], add_messages]
    contract: Json | None
    """The API contract: what the backend agent hands over."""
    pages: list[Json]
    """What the front end agent made of it."""
    client: str
    """What the coding agent made of it: Python source."""


class TeamInput(BaseModel):
    """What the team takes."""

    messages: Annotated[list[AnyMessage], add_messages] = Field(description="The conversation; what to build.")


def build_supervisor(
    model: BaseChatModel | None = None, given: Settings | None = None, name: str = "supervisor"
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return the parent graph, without a checkpointer: `{"messages": [...]}` goes in.

    Args:
        model: who decides which agent is next; None: a script that calls all three.
        given: how the backend is developed; None: as the environment says.
        name: of the graph.
    """
    graph = StateGraph(Team, input_schema=TeamInput)
    tools = [
        {"title": agent, "description": says, "type": "object", "properties": {}} for agent, says in AGENTS.items()
    ]
    speaking = (model or ScriptedChatModel(script=SCRIPT)).bind_tools(tools)

    def supervisor(state: Team) -> Json:
        """Decide who is next."""
        said = speaking.invoke([SystemMessage(PROMPT), *state["messages"]])
        return {"messages": [said.model_copy(update={"tool_calls": said.tool_calls[:1]})]}

    graph.add_node("supervisor", supervisor, metadata={"title": "Supervisor"})
    graph.add_node("backend_developer", _backend(given), metadata={"title": "Backend"})
    graph.add_node("frontend_developer", _frontend, metadata={"title": "Front end"})
    graph.add_node("client_developer", _coding, metadata={"title": "Client"})
    graph.add_edge(START, "supervisor")
    ways: dict[Any, str] = {agent: agent for agent in AGENTS} | {END: END}
    graph.add_conditional_edges("supervisor", _next, ways)
    for agent in AGENTS:
        graph.add_edge(agent, "supervisor")
    return graph.compile(name=name).with_config(recursion_limit=50)


def _next(state: Team) -> str:
    """Return the agent that was called."""
    last = state["messages"][-1]
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    return calls[0]["name"] if calls and calls[0]["name"] in AGENTS else END


def _backend(given: Settings | None) -> Any:
    agent = build_agent_graph(given=given)

    def handed(state: Team) -> Json:
        return {"messages": state["messages"][:-1]}  # without the call that led here

    def taken(state: Team, result: Json) -> Json:
        answer = result["messages"][-1]  # questions and their answers in between are in the task that it carries
        contract = (result.get("structured_response") or {}).get("openapi")
        return {"messages": [_said(state, str(answer.text)), answer], "contract": contract}

    def backend_developer(state: Team) -> Json:
        """Hand the conversation to the agent, and take its answer and the contract."""
        return taken(state, agent.invoke(handed(state)))

    async def abackend_developer(state: Team) -> Json:
        """As above, inside an event loop: a server's saver works there only."""
        return taken(state, await agent.ainvoke(handed(state)))

    return RunnableLambda(backend_developer, abackend_developer, name="backend_developer")


def _frontend(state: Team) -> Json:
    """List pages and calls."""
    contract = state.get("contract")
    if not contract:
        return {"messages": [_said(state, _NO_CONTRACT)]}
    found = pages(contract)
    listed = {page["page"]: [item["call"] for item in page["calls"]] for page in found}
    return {"pages": found, "messages": [_said(state, json.dumps(listed, ensure_ascii=False))]}


def _coding(state: Team) -> Json:
    """Write the client."""
    contract = state.get("contract")
    if not contract:
        return {"messages": [_said(state, _NO_CONTRACT)]}
    source = client(contract)
    count = len(list(operations(contract)))
    return {
        "client": source,
        "messages": [_said(state, f"client.py: {count} calls in {len(source.splitlines())} lines")],
    }


def _said(state: Team, text: str) -> ToolMessage:
    """Return the answer to the call that led here."""
    last = state["messages"][-1]
    found = last.tool_calls[0] if isinstance(last, AIMessage) and last.tool_calls else {"id": "", "name": ""}
    return ToolMessage(text, tool_call_id=str(found["id"]), name=found["name"])
