"""The agent in a conversation: `messages` in, `{messages, structured_response}` out.

That is the form in which supervisors, `create_agent` tools and deepagents take an agent. A message becomes a task, what
is missing is asked for through an interrupt, the pipeline runs as an embedded graph, and an answer closes the turn. A
later message in the same thread revises: then only what depends on the change runs again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from backend_agent import settings
from backend_agent.artifacts.database import DatabaseSchema, Release
from backend_agent.authors import DRAFT, Author
from backend_agent.embedding.answer import CONTRACT, Answer, Part, answer_of, in_words
from backend_agent.embedding.by_type import Graph, by_type
from backend_agent.embedding.conversation import reply, understand
from backend_agent.errors import UserError
from backend_agent.pipeline import RECURSION_LIMIT, STAGES
from backend_agent.result import Result
from backend_agent.stage import Stage
from backend_agent.state import Json

Step = Any
"""A node's function: LangGraph's own type for it is private."""


class MessagesInput(BaseModel):
    """What the agent takes."""

    messages: Annotated[list[AnyMessage], add_messages] = Field(
        description="The conversation. The last message says what to build, or what to change; a task may be pasted.",
    )


class MessagesOutput(BaseModel):
    """What the agent gives."""

    messages: Annotated[list[AnyMessage], add_messages] = Field(description="The conversation with the answer.")
    structured_response: Answer | None = Field(default=None, description="The answer as plain values; null: refused.")


class Conversation(TypedDict, total=False):
    """The state: the conversation, and the project as the pipeline keeps it."""

    messages: Annotated[list[AnyMessage], add_messages]
    structured_response: Json | None
    project: Json
    """The pipeline's whole state."""
    due: Json | None
    """What the pipeline is to be given next; None: nothing, see `question` or the answer."""
    question: Json | None
    """What has to be asked first."""


def build_agent_graph(
    name: str = "backend_developer",
    *,
    author: Author = DRAFT,
    stages: Sequence[Stage[Any]] = STAGES,
    given: settings.Settings | None = None,
    output: Path | str | None = None,
    parts: Collection[Part] = CONTRACT,
    review_after: Sequence[str] = (),
) -> Graph:
    """Return the agent as a compiled graph, without a checkpointer: `{"messages": [...]}` goes in.

    `{"messages": [...], "structured_response": {...}}` comes out; `Answer` types the second. A fault that the user can
    mend is an answer too: one line, and no structured response.

    Args:
        name: of the graph, and of its messages.
        author: who writes the artifacts.
        stages: the stages to build from.
        given: how runs go; None: as the environment says.
        output: the folder in which each project is written, in a folder named after it; None: nothing is written.
        parts: the long parts of the structured response: `openapi`, `trace`, `files`.
        review_after: stages behind which somebody is asked; as `build_graph`.
    """
    folder = Path(output) if output is not None else None
    graph = StateGraph(Conversation, input_schema=MessagesInput, output_schema=MessagesOutput)
    delivers = output is not None or "files" in parts
    graph.add_node("understand", _understanding(name, delivers=delivers), metadata={"title": "Understand the message"})
    graph.add_node("ask", _asking(name), metadata={"title": "Ask for what is missing"})
    graph.add_node("develop", _developing(author, stages, given, review_after), metadata={"title": "Develop"})
    graph.add_node("answer", _answering(name, parts, folder), metadata={"title": "Answer"})
    graph.add_edge(START, "understand")
    ways: dict[Any, str] = {way: way for way in ("ask", "develop")} | {END: END}
    graph.add_conditional_edges("understand", _way, ways)
    graph.add_edge("ask", "understand")
    graph.add_edge("develop", "answer")
    graph.add_edge("answer", END)
    compiled: Graph = graph.compile(name=name)
    return compiled.with_config(recursion_limit=RECURSION_LIMIT)


def _understanding(name: str, *, delivers: bool) -> Step:
    def understanding(state: Conversation) -> Json:
        """Read the conversation: what to run, what to ask, or what is wrong."""
        nothing = {"due": None, "question": None, "structured_response": None}
        try:
            wanted = understand(state.get("messages", []))
            if wanted.missing:
                return {**nothing, "question": {"question": wanted.question, "missing": list(wanted.missing)}}
            task = wanted.task().to_state()
        except UserError as error:
            return {**nothing, "messages": [reply(str(error), name, refused=True)]}
        before = {} if wanted.begins_anew else state.get("project", {})
        if before and before["task"]["type"] != task["type"]:
            before = {}
        heard = {**before.get("feedback", {})}
        for stage, sentences in wanted.said.items():
            heard[stage] = [*heard.get(stage, []), *sentences]
        due = {**before, "task": task, **({"feedback": heard} if heard else {})}
        if delivers and "database" in before:  # a migration leads from there to what comes next
            due["released"] = Release(database=DatabaseSchema.from_state(before["database"])).to_state()
        return {**nothing, "due": due}

    return understanding


def _way(state: Conversation) -> Literal["ask", "develop", "__end__"]:
    if state.get("question"):
        return "ask"
    return "develop" if state.get("due") else "__end__"


def _asking(name: str) -> Step:
    def ask(state: Conversation) -> Json:
        """Ask, and put question and answer into the conversation: a sentence, or fields of a task."""
        question = state["question"] or {}
        said = interrupt(question)
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return {"messages": [reply(question["question"], name, asked=question["missing"]), HumanMessage(text)]}

    return ask


def _developing(
    author: Author, stages: Sequence[Stage[Any]], given: settings.Settings | None, review_after: Sequence[str]
) -> Step:
    choose = by_type(author, stages, review_after)
    whole = choose("backend_development")  # named here, so that LangGraph finds it and shows it as a part of this one

    def chosen(due: Json) -> Graph:
        kind = due["task"]["type"]
        return whole if kind == "backend_development" else choose(kind)

    def develop(state: Conversation) -> Json:
        """Run the pipeline as an embedded graph: its checkpoints are kept with those of the graph around it."""
        due = state["due"] or {}
        with settings.use(given) if given else contextlib.nullcontext():
            return {"project": chosen(due).invoke(due), "due": None}

    async def adevelop(state: Conversation) -> Json:
        """As above, inside an event loop: a server's saver works there only."""
        due = state["due"] or {}
        with settings.use(given) if given else contextlib.nullcontext():
            return {"project": await chosen(due).ainvoke(due), "due": None}

    return RunnableLambda(develop, adevelop, name="develop")


def _answering(name: str, parts: Collection[Part], output: Path | None) -> Step:
    def answer(state: Conversation, config: RunnableConfig) -> Json:
        """Say what came of it."""
        project = state["project"]
        thread = str(config.get("configurable", {}).get("thread_id", ""))
        try:
            given = answer_of(Result(thread, project), parts, output)
        except UserError as error:
            return {"messages": [reply(str(error), name, task=project["task"])]}
        return {
            "messages": [reply(in_words(given), name, task=project["task"])],
            "structured_response": given.to_state(),
        }

    return answer
