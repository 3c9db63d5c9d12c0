"""A chat model without a network: it finds every draft right. For tests, examples, and trying out the machinery."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr

from backend_agent.chat.sample import sample
from backend_agent.chat.targeted import HOW, TARGETED
from backend_agent.chat.tokens import tokens
from backend_agent.state import Json

HEADING = "## The draft"
"""What stands before the fenced draft in a stage's prompt."""
SENTENCE = (
    "I can only hand back a draft that I am shown. To have a design written, set BACKEND_AGENT_MODEL to a chat model, "
    "such as groq:openai/gpt-oss-120b."
)
"""The answer to any other conversation."""

_FENCE = re.compile(r"~{3,}")
_PIECE = 200
"""Characters of one piece of a stream."""


class DraftChatModel(BaseChatModel):
    """Answers with the draft it is shown, or with no edits to it; and plays a script first, if it has one.

    What it is asked for comes by `.bind(response_format={"type": "json_schema", "json_schema": {...}})`. A tool that
    `tool_choice` forces is called with the least values that its schema takes.
    """

    model: str = "draft"
    """Its name, as it stands in answers and traces."""
    script: Sequence[AIMessage] = Field(default=(), repr=False)
    """Answers that are given first, one a call, whatever is asked."""
    stop: list[str] | None = None
    """Texts at which an answer ends."""
    _left: deque[AIMessage] = PrivateAttr(default_factory=deque)

    def model_post_init(self, context: Any, /) -> None:
        """Set the script to its beginning."""
        super().model_post_init(context)
        self._left = deque(self.script)

    @property
    def _llm_type(self) -> str:
        return "backend-agent-draft"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | dict[str, Any] | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the model with tools; none is called unless `tool_choice` forces it."""
        return self.bind(tools=[convert_to_openai_tool(one) for one in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's signature
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages, stop, kwargs))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in _pieces(self._answer(messages, stop, kwargs)):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _answer(self, messages: list[BaseMessage], stop: list[str] | None, asked: dict[str, Any]) -> AIMessage:
        """Return the whole answer, with estimated usage."""
        message = self._scripted() or _forced_call(messages, asked) or AIMessage(_content(messages, asked))
        if isinstance(message.content, str):
            for end in filter(None, stop or self.stop or []):
                message.content = message.content.partition(end)[0]
        if message.usage_metadata is None:
            message.usage_metadata = _usage(messages, message)
        named = {"model_name": str(asked.get("model") or self.model), "finish_reason": _reason(message)}
        message.response_metadata = {**named, **message.response_metadata}
        return message

    def _scripted(self) -> AIMessage | None:
        try:
            return self._left.popleft().model_copy(deep=True)  # one step, so that threads never share an answer
        except IndexError:
            return None


def _content(messages: list[BaseMessage], asked: dict[str, Any]) -> str:
    """Return the answer's text: no edits, the draft, or the fixed sentence."""
    last = next((str(message.text) for message in reversed(messages) if message.type == "human"), "")
    draft = _draft_in(last)
    if draft is None:
        return SENTENCE
    wanted = (asked.get("response_format") or {}).get("json_schema", {}).get("schema")
    if wanted is None:
        edits = any(HOW in str(message.text) for message in messages)
    else:
        edits = set(wanted.get("properties", {})) == set(TARGETED["properties"])
    return json.dumps({"edits": []}) if edits else draft


def _draft_in(text: str) -> str | None:
    """Return what is fenced behind the heading. Headings inside of fences are other people's text."""
    marks: str | None = None
    headed = False
    inside: list[str] = []
    for line in text.split("\n"):
        if marks is None:
            if _FENCE.fullmatch(line):
                marks, inside = line, []
            elif line.startswith("#"):
                headed = line.strip() == HEADING
        elif line == marks:
            if headed:
                return "\n".join(inside)
            marks = None
        else:
            inside.append(line)
    return None


def _forced_call(messages: list[BaseMessage], asked: dict[str, Any]) -> AIMessage | None:
    """Return a call of the tool that the caller forces; None: it forces none."""
    choice = asked.get("tool_choice")
    tools: list[Json] = [tool["function"] for tool in asked.get("tools") or []]
    if isinstance(choice, dict):
        choice = choice.get("function", {}).get("name")
    if choice not in (True, "any", "required"):
        tools = [tool for tool in tools if tool["name"] == choice]
    if not tools:
        return None
    arguments = sample(tools[0].get("parameters", {}))
    return AIMessage("", tool_calls=[tool_call(name=tools[0]["name"], args=arguments, id=f"call_{len(messages)}")])


def _pieces(message: AIMessage) -> Iterator[AIMessageChunk]:
    """Yield an answer in pieces; the last one holds the usage and the calls."""
    content = message.content
    if isinstance(content, str):
        cuts = range(0, max(len(content) - _PIECE, 0), _PIECE)
        for at in cuts:
            yield AIMessageChunk(content=content[at : at + _PIECE], id=message.id)
        content = content[len(cuts) * _PIECE :]
    yield AIMessageChunk(
        content=content,
        id=message.id,
        tool_call_chunks=[
            tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=number)
            for number, call in enumerate(message.tool_calls)
        ],
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
        chunk_position="last",
    )


def _usage(messages: list[BaseMessage], message: AIMessage) -> UsageMetadata:
    calls: list[ToolCall] = message.tool_calls
    read = sum(tokens(str(one.text)) for one in messages)
    written = tokens(str(message.text)) + (tokens(json.dumps(calls)) if calls else 0)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _reason(message: AIMessage) -> str:
    return "tool_calls" if message.tool_calls else "stop"
