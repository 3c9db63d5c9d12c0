"""Ten small calls to the hosted service: what its documentation says, tried. `pytest -m live` with GROQ_API_KEY set.

They cost less than a cent, and fit the free plan's limits.
"""

from __future__ import annotations

import _socket
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from backend_agent.chat.budget import Budget
from backend_agent.chat.client import Client, NoAnswer, Request
from backend_agent.chat.journal import MemoryJournal
from backend_agent.chat.models import MODELS, resolve
from backend_agent.errors import UserError

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not os.environ.get("GROQ_API_KEY"), reason="no key: set GROQ_API_KEY"),
]
BIG, SMALL = "groq:openai/gpt-oss-120b", "groq:openai/gpt-oss-20b"
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "One word."},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["name", "note"],
    "additionalProperties": False,
}
ASKED = Request("live", "You name things.", "Name a shop for books.", "shop", SCHEMA, 600, "low")


def ask(model: str, request: Request, **more: Any) -> Any:
    client = Client([model], Budget(max_tokens=20_000), MemoryJournal(), **more)
    try:
        return client.ask(request)
    finally:
        client.close()


@pytest.fixture(autouse=True)
def _let_out(_no_network: None) -> Iterator[None]:
    """These tests are the ones that may reach the service."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.delattr(socket.socket, name)  # what remains is the method of the class below it
        patch.setattr(socket, "getaddrinfo", _socket.getaddrinfo)
        yield


@pytest.mark.parametrize("model", [BIG, SMALL])
def test_strict_schema(model: str) -> None:
    found = ask(model, ASKED)
    assert set(json.loads(found.text)) == {"name", "note"}
    assert found.calls[-1].outcome == "ok"
    assert [call.outcome for call in found.calls].count("schema_rejected") == 0


def test_usage_is_told_and_the_estimate_is_not_too_low() -> None:
    (call,) = ask(SMALL, ASKED).calls
    assert not call.estimated
    assert call.tokens_in > 0
    assert call.tokens_out > 0


def test_text_streams() -> None:
    found = ask(SMALL, replace(ASKED, schema=None, prompt="Say: hello"))
    assert "hello" in found.text.lower()
    assert not found.calls[-1].estimated


def test_too_little_room_is_noticed() -> None:
    found = ask(SMALL, replace(ASKED, schema=None, max_output=300, prompt="Count from 1 to 150, separated by commas."))
    assert "150" in found.text


def test_an_unknown_model_is_noticed() -> None:
    with pytest.raises(NoAnswer, match="no such model"):
        ask("groq:mixtral-8x7b-32768", ASKED)


def test_the_models_of_the_table_are_there() -> None:
    assert [name for name in MODELS if resolve(name).listed() is False] == []


def test_a_wrong_key_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_" + "x" * 52)
    with pytest.raises(UserError, match="refused the key in GROQ_API_KEY"):
        ask(SMALL, ASKED)


def test_a_schema_that_strict_mode_does_not_know_steps_down() -> None:
    odd = {**SCHEMA, "properties": {"name": {"type": "string"}, "note": {"oneOf": [{"type": "string"}]}}}
    assert json.loads(ask(SMALL, replace(ASKED, schema=odd)).text)["name"]


def test_best_effort_schema_of_the_code_model() -> None:
    found = ask("groq:qwen/qwen3.8-27b", replace(ASKED, max_output=2000))
    assert json.loads(found.text)["name"]
