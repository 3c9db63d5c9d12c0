"""A client that answers from a script instead of asking anybody; and what one author makes of one stage with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.findings import Finding
from backend_agent.authors import Written
from backend_agent.chat.author import ChatAuthor
from backend_agent.chat.client import Answer, NoAnswer, Request
from backend_agent.chat.tokens import tokens
from backend_agent.pipeline import STAGES
from backend_agent.state import Artifacts

BY_NAME = {stage.name: stage for stage in STAGES}
MODEL = "groq:openai/gpt-oss-120b"


@dataclass
class Scripted:
    """Plays answers one after the other: values (sent as JSON), texts, exceptions, or functions of the request."""

    answers: list[Any]
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else NoAnswer("the script has ended")
        if callable(answer):
            answer = answer(request)
        read = tokens(request.system + request.prompt)
        if isinstance(answer, Exception):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        call = Call(purpose=request.purpose, model=MODEL, outcome="ok", tokens_in=read, tokens_out=tokens(text))
        return Answer(text, [call])

    def close(self) -> None:
        """Nothing is open."""


def author(client: Scripted, bodies: Any = None) -> ChatAuthor:
    made = ChatAuthor(MODEL, bodies)
    made._made = client  # type: ignore[assignment]  # what it would make needs a key
    return made


def write(
    stage: str, given: Artifacts, *answers: Any, findings: Sequence[Finding] = (), own: Any = None
) -> tuple[Written, Scripted]:
    """Return what an author writes for a stage of drafted artifacts, and who was asked.

    Args:
        stage: its name.
        given: artifacts of all stages.
        answers: the script.
        findings: of quality.
        own: the version before; None: there is none.
    """
    wanted = BY_NAME[stage]
    state = {name: getattr(given, name) for name in wanted.reads if given.has(name)}
    if own is not None:
        state[stage] = own
    client = Scripted(list(answers))
    return author(client).write(wanted, Artifacts(state, (*wanted.reads, stage)), findings), client


def edits(*changes: tuple[str, str, Any]) -> dict[str, Any]:
    """Return an answer of targeted edits: (path, op, value)."""
    return {
        "edits": [
            {"path": path, "op": op, "value_json": None if op == "remove" else json.dumps(value), "cites": []}
            for path, op, value in changes
        ]
    }


def shown(request: Request) -> Any:
    """Return the draft (or last version) that a prompt shows, parsed."""
    text = request.prompt
    for heading in ("## The draft\n", "## Your last version\n"):
        if heading in text:
            body = text.partition(heading)[2].partition("~~~\n")[2].partition("\n~~~")[0]
            return json.loads(body)
    raise AssertionError("the prompt shows no draft")


def changed(change: Callable[[Any], object]) -> Callable[[Request], Any]:
    """Return an answer: the draft as shown, with a change made to it."""

    def answer(request: Request) -> Any:
        value = shown(request)
        change(value)
        return value

    return answer
