"""An author that asks a chat model five questions on the way to a draft; run as a program, it starts a session."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fakes

from backend_agent import BackendAgent
from backend_agent.artifacts.findings import Finding
from backend_agent.authors import Written
from backend_agent.chat.client import Client, NoAnswer, Request
from backend_agent.settings import DatabaseURL, Settings
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

QUESTIONS = 5


class AskingAuthor:
    """Writes drafts; for the domain model it asks first, and notes the answers in it."""

    name = "asking"

    def __init__(self, client: Client) -> None:
        self._client = client

    def identity(self, stage: Stage[Any]) -> str:
        return f"1 {stage.version}"

    def write(self, stage: Stage[Any], given: Artifacts, findings: Sequence[Finding]) -> Written:
        made = stage.draft(given)
        if stage.name != "domain":
            return Written(made)
        notes, calls = [], []
        for number in range(QUESTIONS):
            try:
                answer = self._client.ask(Request("domain", "You design.", f"Question {number}", max_output=300))
            except NoAnswer as none:
                notes.append(none.reason)
                calls += none.calls
            else:
                notes.append(answer.text)
                calls += answer.calls
        return Written(made.model_copy(update={"notes": notes}), calls=calls)


def agent(database: Path | str | DatabaseURL, client: Client, **limits: Any) -> BackendAgent:
    given = Settings(database=database, verify=False, **limits)
    return BackendAgent(given, author=AskingAuthor(client), stages=fakes.stages())


if __name__ == "__main__":
    agent(sys.argv[1], Client(["groq:openai/gpt-oss-120b"])).develop(fakes.TASK)
