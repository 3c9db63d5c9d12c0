"""A chat model that plays a script: for demonstrations and tests of what stands around an agent, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable


class ScriptedChatModel(BaseChatModel):
    """Gives the messages of a script, one after another, in each turn anew.

    Which one is next follows from the conversation alone: how often it spoke since the user's last message. So one
    instance serves any number of threads, and a thread that is taken up in another process.
    """

    script: list[AIMessage]
    """What it says in a turn, in order. Beyond its end the last one is said again."""
    speaker: str = "supervisor"
    """The name under which a graph puts its messages into the conversation; messages without a name are its own too."""

    @property
    def _llm_type(self) -> str:
        return "backend-agent-script"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:  # noqa: ARG002 - LangChain's signature
        """Return the model: its script names the tools that it calls."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the same
        **kwargs: Any,  # noqa: ARG002 - the same
    ) -> ChatResult:
        asked = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
        mine = [m for m in messages[asked + 1 :] if isinstance(m, AIMessage) and m.name in (None, "", self.speaker)]
        said = self.script[min(len(mine), len(self.script) - 1)].model_copy(deep=True)
        said.id = None
        said.tool_calls = [{**c, "id": f"{c['name']}-{len(messages)}-{i}"} for i, c in enumerate(said.tool_calls)]
        return ChatResult(generations=[ChatGeneration(message=said)])


def call(tool: str, **arguments: Any) -> AIMessage:
    """Return a message that calls a tool, for a script; each call gets an id of its own when it is said."""
    return AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": "", "type": "tool_call"}])
