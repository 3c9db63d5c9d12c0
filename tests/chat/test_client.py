"""The client: from strict to loose forms, many questions at once, nothing asked twice, and any LangChain model."""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from fake_groq import FakeGroq, Received, fault, say, serving
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel, FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from backend_agent import progress
from backend_agent.chat import journal
from backend_agent.chat.budget import Budget
from backend_agent.chat.client import Client, NoAnswer, Request
from backend_agent.chat.journal import MemoryJournal
from backend_agent.errors import UserError

BIG, SMALL = "groq:openai/gpt-oss-120b", "groq:openai/gpt-oss-20b"
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
ASKED = Request("domain", "You design.", "A shop.", "domain", SCHEMA, 1000)
TEXT = replace(ASKED, schema=None)


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


@pytest.fixture
def client(server: FakeGroq) -> Iterator[Client]:
    made = Client([BIG, SMALL], Budget())
    yield made
    made.close()


def many(number: int) -> list[Request]:
    return [replace(ASKED, prompt=f"Shop {n}") for n in range(number)]


def test_what_is_sent(server: FakeGroq, client: Client) -> None:
    server.script = say({"name": "x"}, cached=3, reasoning=5)
    found = client.ask(replace(ASKED, effort="high"))
    sent = server.seen[0]
    assert (sent.rung, sent.schema_name, sent.max_tokens, sent.effort) == ("strict", "domain", 1000, "high")
    assert sent.headers["authorization"] == f"Bearer {server.key}"
    assert sent.body["messages"] == [
        {"role": "system", "content": "You design."},
        {"role": "user", "content": "A shop."},
    ]
    (call,) = found.calls
    assert (call.tokens_in, call.tokens_cached, call.tokens_reasoning, call.estimated) == (sent.tokens, 3, 5, False)
    fresh = sent.tokens - 3
    assert call.cost == pytest.approx((fresh * 0.15 + 3 * 0.075 + call.tokens_out * 0.60) / 1e6)
    assert client.name == BIG


def test_a_rejected_form_is_not_asked_for_again_in_this_run(server: FakeGroq, client: Client) -> None:
    def script(received: Received) -> Any:
        return fault("schema_rejected") if received.rung in ("strict", "schema") else say({"name": "x"})

    server.script = script
    first = client.ask(ASKED)
    second = client.ask(replace(ASKED, prompt="Another shop."))
    assert [received.rung for received in server.seen] == ["strict", "schema", "json", "json"]
    assert [call.outcome for call in first.calls] == ["schema_rejected", "schema_rejected", "ok"]
    assert len(second.calls) == 1
    system = server.seen[-1].body["messages"][0]["content"]
    assert system.startswith("You design.")
    assert json.dumps(SCHEMA, separators=(",", ":")) in system
    assert server.seen[-1].schema_name == "domain"


def test_other_faults_do_not_step_down(server: FakeGroq, client: Client) -> None:
    server.script = [
        fault("json_validate_failed"),
        fault("overloaded"),
        fault("rate_limited", headers={"retry-after": "0"}),
    ]
    server.script += [fault("truncated"), say({"name": "x"})]
    client.ask(ASKED)
    assert {received.rung for received in server.seen} == {"strict"}


def test_text_streams_and_tells_how_far_it_is(server: FakeGroq, client: Client) -> None:
    server.script = say("word " * 200, pause=0.12)
    events: list[dict[str, Any]] = []
    with progress.watched_by(events.append):
        found = client.ask(TEXT)
    assert server.seen[0].body["stream"] is True
    assert found.text == "word " * 200
    assert found.calls[0].tokens_out == 250
    told = [event["tokens"] for event in events if event["event"] == "call_tokens"]
    assert told == sorted(told)
    assert 1 <= len(told) <= 8
    assert [events[0]["event"], events[-1]["event"]] == ["call_started", "call_finished"]
    assert (events[-1]["outcome"], events[-1]["replayed"]) == ("ok", False)


def test_the_next_model_is_asked_and_one_that_is_gone_never_again(server: FakeGroq, client: Client) -> None:
    server.models = ["openai/gpt-oss-20b"]
    server.script = say({"name": "x"})
    for request in many(3):
        assert client.ask(request).calls[0].model == SMALL
    assert {received.model for received in server.seen} == {"openai/gpt-oss-20b"}


def test_when_nobody_answers_the_reason_names_each(server: FakeGroq, client: Client) -> None:
    server.script = [fault("daily_limit"), fault("empty")]
    with pytest.raises(NoAnswer) as caught:
        client.ask(ASKED)
    assert caught.value.reason == f"{BIG}: a limit of the service is reached for today; {SMALL}: the answer was empty"
    assert [call.outcome for call in caught.value.calls] == ["daily_limit", "empty"]
    server.script = say({"name": "x"})
    assert client.ask(many(1)[0]).calls[0].model == SMALL


def test_several_questions_are_under_way_at_once(server: FakeGroq, client: Client) -> None:
    server.latency = 0.2
    server.script = lambda received: say({"name": received.body["messages"][1]["content"]})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(client.ask, many(8)))
    assert [json.loads(answer.text)["name"] for answer in found] == [f"Shop {n}" for n in range(8)]
    assert server.most >= 4
    assert server.asked_models == 1


def test_a_finished_call_is_not_made_again(server: FakeGroq) -> None:
    kept = MemoryJournal()
    server.script = [say({"name": "first"}), say({"name": "second"})]
    for _ in range(2):
        client = Client([BIG], Budget(), kept)
        found = client.ask(ASKED)
        client.close()
        assert found.text == '{"name": "first"}'
    (call,) = found.calls
    assert (call.replayed, call.outcome, len(server.seen)) == (True, "ok", 1)
    assert kept.calls()[0].tokens_out == call.tokens_out
    other = Client([SMALL], Budget(), kept)
    assert other.ask(ASKED).text == '{"name": "second"}', "another model is another question"
    other.close()


def test_only_whole_answers_are_kept(server: FakeGroq) -> None:
    kept = MemoryJournal()
    server.script = [fault("truncated_whole"), fault("cut"), fault("empty")]
    client = Client([BIG], Budget(), kept)
    with pytest.raises(NoAnswer):
        client.ask(ASKED)
    server.script = say({"name": "whole"})
    assert client.ask(ASKED).text == '{"name": "whole"}'
    client.close()
    assert len(server.seen) == 4


def test_the_journal_of_the_session_is_used(server: FakeGroq) -> None:
    kept = MemoryJournal()
    client = Client([BIG])
    with journal.use(kept), ThreadPoolExecutor(1) as pool:
        context = contextvars.copy_context()
        pool.submit(context.run, client.ask, ASKED).result()
    client.close()
    assert [call.purpose for call in kept.calls()] == ["domain"]


def test_prompts_and_answers_are_shown_to_debug_only(
    server: FakeGroq, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = say({"name": "ANSWER-WORD"})
    said: list[str] = []
    for debug in (None, said.append):
        client = Client([BIG], Budget(), MemoryJournal(), debug)
        client.ask(replace(ASKED, prompt="PROMPT-WORD"))
        client.close()
    logged = "\n".join(record.getMessage() for record in caplog.records) + "".join(capfd.readouterr())
    assert not any(word in logged for word in ("PROMPT-WORD", "ANSWER-WORD", server.key))
    assert "PROMPT-WORD" in said[0]
    assert "ANSWER-WORD" in said[1]
    assert server.key not in "".join(said)


@pytest.mark.parametrize(("value", "traced"), [(None, False), ("false", False), ("true", True)])
def test_tracing_is_off_unless_the_environment_turns_it_on(
    monkeypatch: pytest.MonkeyPatch, value: str | None, traced: bool
) -> None:
    from langsmith.run_helpers import get_tracing_context

    seen: list[Any] = []

    class Looking(FakeListChatModel):
        def _call(self, *arguments: Any, **more: Any) -> str:
            seen.append(get_tracing_context()["enabled"])
            return "x"

        def _stream(self, *arguments: Any, **more: Any) -> Any:
            raise NotImplementedError

        def _should_stream(self, **more: Any) -> bool:
            return False

    monkeypatch.delenv("LANGSMITH_TRACING", raising=False)
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "false")
    if value is not None:
        monkeypatch.setenv("LANGCHAIN_TRACING_V2", "false")
        monkeypatch.setenv("LANGSMITH_TRACING_V2", "false")
        monkeypatch.setattr("backend_agent.chat.speak._TRACING", ("BACKEND_TEST_TRACING",))
        monkeypatch.setenv("BACKEND_TEST_TRACING", value)
    Client([Looking(responses=["x"])], Budget()).ask(TEXT)
    assert seen == ([None] if traced else [False])


def test_any_chat_model_answers_and_its_calls_are_estimated() -> None:
    found = Client([FakeListChatModel(responses=['{"name": "x"}'])], Budget()).ask(ASKED)
    (call,) = found.calls
    assert (found.text, call.estimated, call.cost) == ('{"name": "x"}', True, None)
    assert call.tokens_in > 0
    assert call.tokens_out == 5


def test_what_another_provider_says_of_the_end_is_understood() -> None:
    def message(**metadata: str) -> AIMessage:
        return AIMessage('{"name": "x"}', response_metadata=metadata)

    for whole in (message(stop_reason="end_turn"), message(finish_reason="STOP")):
        assert Client([FakeMessagesListChatModel(responses=[whole])], Budget()).ask(ASKED).text
    for cut in (message(stop_reason="max_tokens"), message(done_reason="length"), message(stop_reason="refusal")):
        with pytest.raises(NoAnswer):
            Client([FakeMessagesListChatModel(responses=[cut])], Budget()).ask(ASKED)


class Narrow(BaseChatModel):
    """Takes only the options that it names."""

    takes: tuple[str, ...] = ()
    got: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "narrow"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any) -> ChatResult:
        self.got.append(options)
        for name in set(options) - set(self.takes):
            raise TypeError(f"create() got an unexpected keyword argument {name!r}")
        blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": '{"name": "x"}'}]
        return ChatResult(generations=[ChatGeneration(message=AIMessage(blocks))])


@pytest.mark.parametrize(("takes", "tried"), [(("max_tokens", "response_format"), 1), (("max_tokens",), 4), ((), 5)])
def test_a_model_of_which_nothing_is_known_is_tried_out_once(takes: tuple[str, ...], tried: int) -> None:
    chat = Narrow(takes=takes)
    client = Client([chat], Budget())
    assert client.ask(ASKED).text == '{"name": "x"}'
    assert len(chat.got) == tried
    client.ask(many(1)[0])
    assert len(chat.got) == tried + 1
    assert set(chat.got[-1]) == set(takes)


def test_a_small_answer_may_be_asked_for(server: FakeGroq, client: Client) -> None:
    server.script = say("yes")
    assert client.ask(replace(TEXT, max_output=20)).text == "yes"
    assert server.seen[0].max_tokens == 20


def test_a_client_needs_a_model() -> None:
    with pytest.raises(UserError, match="no chat model to ask"):
        Client([])
