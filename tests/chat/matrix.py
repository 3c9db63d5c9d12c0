"""Whole runs against the server on loopback: what is asked, answered and broken, and what must hold in the end."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from fake_groq import FakeGroq, Received, fault, say
from groq_replies import FAULTS

from backend_agent import settings
from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.task import BackendTask
from backend_agent.chat import journal
from backend_agent.chat.author import ChatAuthor
from backend_agent.chat.given import WRITTEN
from backend_agent.errors import UserError
from backend_agent.pipeline import STAGES, build_graph
from backend_agent.state import Json

MODEL = "groq:openai/gpt-oss-120b"
LEAK = "SECRET-OF-THE-ERROR-TEXT"
STOPPING = ("unauthorized", "forbidden")
"""Faults that end a run with one line: the key is refused."""
TYPES = {stage.name: stage.artifact for stage in STAGES}


def quick(patch: pytest.MonkeyPatch, server: FakeGroq) -> None:
    """Point the real client at the server, and let nobody wait for long."""
    patch.setenv("GROQ_API_KEY", server.key)
    patch.setenv("GROQ_API_BASE", server.url)
    patch.setattr("backend_agent.chat.asking.SECONDS", 0.4)
    patch.setattr("backend_agent.chat.asking.PAUSE", 0.01)
    patch.setattr("backend_agent.chat.available.PAUSE", 0.01)


def broken(name: str) -> Any:
    """Return a fault that asks nobody to wait."""
    return fault(name, headers={"retry-after": "0.02"}) if name == "rate_limited" else fault(name)


def good(received: Received) -> Any:
    """Answer that the draft is right: no edits, or the draft as it was shown."""
    if received.schema_name.endswith("_edits"):
        return say({"edits": []})
    body = received.prompt.partition("## The draft\n")[2].partition("~~~\n")[2].partition("\n~~~")[0]
    return say(body)


def script(faults: Mapping[str, list[str]]) -> Any:
    """Return a script: by stage, the faults that come first; `*` at the end of them: the last one stays."""
    left = {stage: list(names) for stage, names in faults.items()}

    def answer(received: Received) -> Any:
        names = left.get(received.schema_name.removesuffix("_edits"), [])
        if not names:
            return good(received)
        if names[1:] == ["*"]:
            return broken(names[0])
        return broken(names.pop(0))

    return answer


def run(task: BackendTask, given: settings.Settings) -> tuple[Json, journal.MemoryJournal]:
    """Run the stages that a chat model writes, and return the state and the journal; raises `UserError`."""
    author = ChatAuthor(MODEL)
    kept = journal.MemoryJournal()
    try:
        with settings.use(given), journal.use(kept):
            graph = build_graph(author=author, stages=_DESIGN)
            graph.output_channels = list(graph.stream_channels_list)
            return graph.invoke({"task": task.to_state()}), kept
    finally:
        author.close()


_DESIGN = tuple(stage for stage in STAGES if stage.name in WRITTEN)


def offline(task: BackendTask) -> Json:
    """Return the state that the drafts bring."""
    with settings.use(settings.Settings(verify=False)):
        graph = build_graph(stages=_DESIGN)
        graph.output_channels = list(graph.stream_channels_list)
        return graph.invoke({"task": task.to_state()})


def holds(state: Json, drafts: Json, given: settings.Settings, kept: journal.MemoryJournal) -> None:
    """Check what holds for every run: valid, as good as offline, told, within the budget, nothing leaked."""
    for stage in WRITTEN:
        assert TYPES[stage].from_state(state[stage]).to_state() == drafts[stage]
        record = state["records"][stage]
        if record["author"] == "draft":
            assert record["note"].startswith("draft stands in: ")
        else:
            assert record["author"] == MODEL
            assert record["note"] == "the chat model left the draft as it is"
    assert LEAK not in json.dumps(state)
    calls = kept.calls()
    told = [Call.from_state(call) for made in state.get("calls", {}).values() for call in made]
    assert len(told) == len(calls)
    if given.max_calls is not None:
        assert len(calls) <= given.max_calls
    if given.max_tokens is not None:
        one = max((call.tokens_in + call.tokens_out for call in calls), default=0)
        assert sum(call.tokens_in + call.tokens_out for call in calls) <= given.max_tokens + one
    if given.max_cost is not None:
        dear = max((call.cost or 0.0 for call in calls), default=0.0)
        assert sum(call.cost or 0.0 for call in calls) <= given.max_cost + dear


def mixed(seed: int) -> tuple[dict[str, list[str]], settings.Settings]:
    """Return random faults at random stages, and sometimes a budget that is too small."""
    dice = random.Random(seed)
    names = [name for name in FAULTS if name not in (*STOPPING, "hang")]
    faults = {
        stage: [dice.choice(names) for _ in range(dice.randint(1, 4))] + (["*"] if dice.random() < 0.2 else [])
        for stage in WRITTEN
        if dice.random() < 0.4
    }
    faults = {s: [*f[:1], "*"] if f[-1] == "*" else f for s, f in faults.items()}
    limits: dict[str, Any] = {}
    if dice.random() < 0.3:
        limits["max_calls"] = dice.randint(0, 12)
    if dice.random() < 0.3:
        limits["max_tokens"] = dice.randint(0, 80_000)
    if dice.random() < 0.2:
        limits["max_cost"] = dice.random() * 0.02
    return faults, settings.Settings(verify=False, **limits)


def refused_key(task: BackendTask, given: settings.Settings) -> str:
    """Return the one line with which a run ends whose key is refused."""
    with pytest.raises(UserError) as caught:
        run(task, given)
    return str(caught.value)
