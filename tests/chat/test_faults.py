"""Every row of the error table, through the real client: what is done, and that the service's words go nowhere."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fake_groq import FAULTS, FakeGroq, fault, say, serving

from backend_agent import progress
from backend_agent.chat.budget import Budget
from backend_agent.chat.client import Answer, Client, NoAnswer, Request
from backend_agent.chat.faults import duration, of_answer, retry_after
from backend_agent.chat.journal import MemoryJournal
from backend_agent.chat.models import chain
from backend_agent.errors import UserError

BIG, SMALL = "openai/gpt-oss-120b", "openai/gpt-oss-20b"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "more": {"type": "array", "items": {"type": "string"}}},
    "required": ["name", "more"],
    "additionalProperties": False,
}
JSON = Request("domain", "You design.", "A shop. PROMPT-WORD", "domain", SCHEMA, 1000)
TEXT = replace(JSON, schema=None)
SAME, NEXT = (BIG, BIG), (BIG, SMALL)
ROWS: dict[str, tuple[str, tuple[str, str]]] = {
    "tool_use_failed": ("invalid", SAME),
    "json_validate_failed": ("invalid", SAME),
    "schema_rejected": ("schema_rejected", SAME),
    "too_long": ("too_long", NEXT),
    "model_not_found": ("no_model", NEXT),
    "too_large": ("too_large", SAME),
    "rate_limited": ("rate_limited", SAME),
    "daily_limit": ("daily_limit", NEXT),
    "flex_capacity": ("no_capacity", SAME),
    "server_error": ("failed", SAME),
    "overloaded": ("failed", SAME),
    "html": ("failed", SAME),
    "html_as_ok": ("garbled", SAME),
    "not_json": ("garbled", SAME),
    "dropped": ("cut", SAME),
    "cut": ("cut", SAME),
    "stream_error": ("failed", SAME),
    "truncated": ("truncated", SAME),
    "truncated_whole": ("truncated", SAME),
    "empty": ("empty", NEXT),
    "null": ("empty", NEXT),
    "refusal": ("empty", NEXT),  # LangChain drops the words of a refusal
    "filtered": ("refused", NEXT),
    "unfinished": ("cut", SAME),
}


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


def shaped(name: str) -> Any:
    reply = FAULTS[name]
    return replace(reply, headers={**reply.headers, "retry-after": "0.05"}) if name == "rate_limited" else reply


def ask(request: Request, **more: Any) -> Answer:
    client = Client(chain(f"groq:{BIG}"), more.pop("budget", None) or Budget(), **more)
    try:
        return client.ask(request)
    finally:
        client.close()


def test_every_row_is_tried() -> None:
    assert set(ROWS) | {"unauthorized", "forbidden", "hang"} == set(FAULTS)


@pytest.mark.parametrize("request_", [JSON, TEXT], ids=["json", "streamed"])
@pytest.mark.parametrize("name", ROWS)
def test_one_fault_and_then_an_answer(server: FakeGroq, name: str, request_: Request) -> None:
    outcome, models = ROWS[name]
    if name == "schema_rejected" and request_ is TEXT:
        models = NEXT  # there is no form to step down from
    server.script = [shaped(name), say({"name": "ok"})]
    found = ask(request_)
    assert found.text == '{"name": "ok"}'
    assert [call.outcome for call in found.calls] == [outcome, "ok"]
    assert tuple(received.model for received in server.seen) == models


@pytest.mark.parametrize("name", ["unauthorized", "forbidden"])
def test_a_refused_key_is_one_line_naming_the_variable(server: FakeGroq, name: str) -> None:
    server.script = fault(name)
    client = Client([f"groq:{BIG}"], Budget())
    for _ in range(2):
        with pytest.raises(UserError, match=r"^groq:openai/gpt-oss-120b: the service refused the key in GROQ_API_KEY"):
            client.ask(JSON)
    assert len(server.seen) == 1
    client.close()


def test_a_refused_key_is_noticed_before_anything_is_sent(server: FakeGroq) -> None:
    server.key = "another"
    with pytest.raises(UserError, match="GROQ_API_KEY"):
        ask(JSON)
    assert server.seen == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_ends_soon_and_its_words_go_nowhere(
    server: FakeGroq, name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "hang":
        monkeypatch.setattr("backend_agent.chat.asking.SECONDS", 0.5)
    caplog.set_level(logging.DEBUG)
    server.script = shaped(name)
    events: list[Any] = []
    journal = MemoryJournal()
    with progress.watched_by(events.append), pytest.raises((NoAnswer, UserError)) as caught:
        ask(JSON, journal=journal)
    assert 1 <= len(server.seen) <= 14
    told = "".join(traceback.format_exception(caught.value)) + repr(events) + repr(journal.calls()) + repr(caught.value)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for secret in ("SECRET-OF-THE-ERROR-TEXT", server.key, "PROMPT-WORD"):
        assert secret not in told
        assert secret not in logged
    assert all("SECRET" not in received.prompt for received in server.seen)
    assert not any(call.outcome == "ok" for call in journal.calls())
    assert len(journal.calls()) == len(server.seen)


@pytest.mark.parametrize("at", range(1, 40))
def test_no_truncated_answer_is_returned(server: FakeGroq, at: int) -> None:
    whole = '{"name": "whole", "more": ["a", "b", "c"]}'
    server.script = say(whole[:at], finish="length")
    with pytest.raises(NoAnswer, match="cut off"):
        ask(JSON)


def test_a_truncated_answer_is_asked_for_with_more_room_and_less_effort(server: FakeGroq) -> None:
    server.script = [fault("truncated"), say({"name": "ok"})]
    ask(replace(JSON, effort="high"))
    assert [(r.max_tokens, r.effort) for r in server.seen] == [(1000, "high"), (2000, "medium")]


def test_a_refused_answer_that_is_whole_is_salvaged_and_only_that(server: FakeGroq) -> None:
    def failed(text: str) -> Any:
        import json

        error = {"message": "x", "code": "json_validate_failed", "failed_generation": text}
        return fault("json_validate_failed", body=json.dumps({"error": error}))

    server.script = failed('{"name": "whole"}')
    found = ask(JSON)
    assert (found.text, found.calls[0].outcome) == ('{"name": "whole"}', "salvaged")
    for text in ('{"name": "who', '{"name": "x"} and more', '{"name": "functions.f", "arguments": {}}', "[]", "{}"):
        server.script = [failed(text), say({"name": "asked again"})]
        assert ask(JSON).text == '{"name": "asked again"}'


def test_a_stream_that_trickles_is_given_up_in_time(server: FakeGroq, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's own time-out begins anew with each byte."""
    monkeypatch.setattr("backend_agent.chat.asking.SECONDS", 0.5)
    server.script = say("word " * 100, pause=0.2)
    with pytest.raises(NoAnswer, match="did not answer in time") as caught:
        ask(TEXT)
    assert [call.outcome for call in caught.value.calls] == ["timed_out"]
    assert caught.value.calls[0].tokens_out == TEXT.max_output, "what may have been paid for counts"


def test_a_client_that_the_caller_made_is_understood_too(server: FakeGroq) -> None:
    from langchain_groq import ChatGroq

    server.script = [shaped("rate_limited"), fault("unfinished"), say({"name": "ok"})]
    with httpx.Client() as http:
        made = ChatGroq(model=BIG, base_url=server.url, api_key=server.key, max_retries=0, http_client=http)
        client = Client([made], Budget(max_cost=1.0))
        found = client.ask(JSON)
    assert [call.outcome for call in found.calls] == ["rate_limited", "cut", "ok"]
    assert found.calls[1].waited < 1.0, "the header of the error was not heard"
    assert found.calls[-1].model == f"groq:{BIG}"


def test_half_a_character_is_no_answer(server: FakeGroq) -> None:
    server.script = say({"name": "\ud800"})
    assert ask(JSON).text == '{"name": "\\ud800"}', "escaped, it is the parser's matter"
    server.script = [say("\ud800"), say({"name": "ok"})]
    assert [call.outcome for call in ask(JSON).calls] == ["garbled", "ok"]


@pytest.mark.parametrize("count", [-5000, "many", None, 1.5, [1], True])
@pytest.mark.parametrize("request_", [JSON, TEXT], ids=["json", "streamed"])
def test_usage_that_is_none_makes_no_budget_larger(server: FakeGroq, count: Any, request_: Request) -> None:
    server.script = say({"name": "ok"}, usage={"prompt_tokens": count, "completion_tokens": count, "total_tokens": 1})
    budget = Budget(max_tokens=100_000)
    with contextlib.suppress(NoAnswer):
        ask(request_, budget=budget)
    assert budget.tokens >= 0
    assert budget.calls == len(server.seen) > 0


def test_413_is_told_from_429_by_status_and_asks_for_less(server: FakeGroq) -> None:
    server.tokens_per_minute = 8000
    server.script = say({"name": "ok"})
    found = ask(replace(JSON, max_output=20_000))
    assert [call.outcome for call in found.calls] == ["too_large", "ok"]
    first, second = (received.max_tokens for received in server.seen)
    assert first == 20_000
    assert second is not None
    assert second <= 8000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7.66s", 7.66), ("2m59.56s", 179.56), ("120ms", 0.12), ("1h2m", 3720), ("3", 3), ("", None), ("soon", None),
     ("-1", None), ("nan", None), ("9" * 30, None)],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


def test_retry_after_may_be_a_date_or_missing() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "whenever"}) is None
    assert retry_after({"x-ratelimit-reset-tokens": "1m2s"}) == 62
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("text", "finish", "tells_end", "outcome"),
    [("x", "stop", True, None), ("x", "STOP", True, None), ("x", "end_turn", False, None), ("x", None, False, None),
     ("x", None, True, "cut"), ("x", "MAX_TOKENS", False, "truncated"), ("x", "SAFETY", False, "refused"),
     ("x", "tool_calls", True, "cut"), ("", "stop", True, "empty"), (" \n", None, False, "empty")],
)  # fmt: skip
def test_the_reason_for_the_end_is_looked_at_first(
    text: str, finish: str | None, tells_end: bool, outcome: str | None
) -> None:
    found = of_answer(text, finish, None, tells_end=tells_end)
    assert (found.outcome if found else None) == outcome
