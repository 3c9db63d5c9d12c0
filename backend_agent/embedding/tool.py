"""The agent as a tool for chat models: arguments from the task's schema, a short answer, the rest as artifact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from backend_agent import settings, task_file
from backend_agent.artifacts.task import BackendTask, TaskStatement
from backend_agent.authors import DRAFT, Author
from backend_agent.embedding.answer import CONTRACT, Part, answer_of, in_words
from backend_agent.embedding.by_type import by_type
from backend_agent.errors import BackendAgentError
from backend_agent.result import Result
from backend_agent.stage import Stage
from backend_agent.state import Json
from backend_agent.task_faults import explain

DESCRIPTION = (
    "Develops a backend from plain sentences: requirements, domain model, architecture, database, API, security, code,"
    " tests and deployment, judged by checks. Say in `requirements` what the service does, a sentence each:"
    " `Owners can book walkers.`, `A dog has a name and a breed.`"
)
"""What a chat model is told of the tool."""
_Answered = tuple[str, Json]
_Sentence = Annotated[str, Field(min_length=1, max_length=4000)]


def tool_of(
    authors: Callable[[], AbstractContextManager[Author]],
    stages: Sequence[Stage[Any]],
    given: settings.Settings,
    *,
    name: str,
    output: Path | None,
    parts: Collection[Part] | None,
    review_after: Sequence[str],
) -> StructuredTool:
    """Return the tool.

    Args:
        authors: gives who writes the artifacts of one call, and closes it behind the call.
        stages: the stages to build from.
        given: how runs go.
        name: as `BackendAgent.as_tool`, and so are the others.
        output: as there.
        parts: as there.
        review_after: as there.
    """
    by_type(DRAFT, stages, review_after)  # a stage that is not there is said now, and not in a chat

    def asked(fields: Json) -> BackendTask:
        task = task_file.from_dict({key: _plain(value) for key, value in fields.items()})
        task_file.refuse_unsupported(task)
        return task

    def answered(state: Json, config: RunnableConfig) -> _Answered:
        thread = str(config.get("configurable", {}).get("thread_id", ""))
        answer = answer_of(Result(thread, state), CONTRACT if parts is None else parts, output)
        return in_words(answer), answer.to_state()

    def develop(config: RunnableConfig, **fields: Any) -> _Answered:
        try:
            task = asked(fields)
            with settings.use(given), authors() as author:
                graph = by_type(author, stages, review_after)(task.type)
                return answered(graph.invoke({"task": task.to_state()}), config)
        except BackendAgentError as error:
            raise ToolException(str(error)) from error

    async def adevelop(config: RunnableConfig, **fields: Any) -> _Answered:
        import asyncio

        try:
            task = asked(fields)
            with settings.use(given), authors() as author:
                graph = by_type(author, stages, review_after)(task.type)
                state = await graph.ainvoke({"task": task.to_state()})
            return await asyncio.to_thread(answered, state, config)
        except BackendAgentError as error:
            raise ToolException(str(error)) from error

    return StructuredTool.from_function(
        func=develop,
        coroutine=adevelop,
        name=name,
        description=DESCRIPTION,
        args_schema=arguments(),
        infer_schema=False,
        response_format="content_and_artifact",
        handle_tool_error=str,
        handle_validation_error=_fault,
    )


def arguments() -> type[BaseModel]:
    """Return the task's schema as a tool's arguments: sentences are plain text, without the lines of a file."""
    fields: dict[str, Any] = {}
    for name, info in BackendTask.model_fields.items():
        if info.annotation == list[TaskStatement]:
            most = 2000 if name == "requirements" else 200
            fields[name] = (
                list[_Sentence],
                Field(default_factory=list, max_length=most, description=info.description),
            )
        else:
            fields[name] = (info.annotation, info)
    return create_model("DevelopBackend", __config__=ConfigDict(extra="forbid"), __doc__=DESCRIPTION, **fields)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value


def _fault(error: Any) -> str:
    """Return the first thing that is wrong with the arguments, in one line."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    faults = error.errors(include_url=False)
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return explain(faults[0], {}).message + more
