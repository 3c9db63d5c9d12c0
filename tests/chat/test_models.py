"""Chat models: the table, and names that become clients or one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fake_groq import FakeGroq, serving
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from backend_agent.chat.models import MODELS, ChatModel, Model, Prices, chain, resolve
from backend_agent.errors import UserError

BIG = "groq:openai/gpt-oss-120b"


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


def test_the_table_is_consistent() -> None:
    for name, model in MODELS.items():
        assert name == model.name
        assert model.output <= model.context
        assert model.prices
        assert model.prices.cached < model.prices.fresh < model.prices.out
        assert model.fallback is None or model.fallback in MODELS


def test_a_cost_counts_cached_tokens_apart_and_an_unknown_price_is_none() -> None:
    model = Model("x:y", prices=Prices(fresh=1.0, cached=0.5, out=4.0))
    assert model.cost(1_000_000, 200_000, 500_000) == pytest.approx(0.8 + 0.1 + 2.0)
    assert Model("x:y").cost(10, 0, 10) is None


@pytest.mark.usefixtures("server")
def test_groq_is_built_late_with_a_time_out_and_without_retries_of_its_own() -> None:
    model = resolve(BIG)
    assert vars(model)["_chat"] is None
    chat: Any = model.chat
    assert chat is model.chat
    assert (chat.model_name, chat.max_retries, chat.cache) == ("openai/gpt-oss-120b", 0, False)
    timeout = chat.client._client.timeout
    assert isinstance(timeout, httpx.Timeout)
    assert None not in (timeout.read, timeout.connect, timeout.write, timeout.pool)
    assert not chat.http_client.is_closed
    model.close()
    assert chat.http_client.is_closed


def test_the_key_is_in_no_repr(server: FakeGroq) -> None:
    model = resolve(BIG)
    assert server.key not in f"{model!r} {model.chat!r} {model.model!r}"
    model.close()


def test_whether_the_service_has_it(server: FakeGroq) -> None:
    assert resolve(BIG).listed() is True
    assert resolve("groq:mixtral-8x7b-32768").listed() is False
    server.models = []
    assert resolve(BIG).listed() is None


@pytest.mark.usefixtures("server")
def test_a_chain_ends_in_the_fallback() -> None:
    assert [m.model.name for m in chain(BIG)] == [BIG, "groq:openai/gpt-oss-20b"]
    assert [m.model.name for m in chain("groq:openai/gpt-oss-20b")] == ["groq:openai/gpt-oss-20b"]
    assert len(chain(FakeListChatModel(responses=["x"]))) == 1


@pytest.mark.usefixtures("server")
def test_an_unknown_model_of_groq_has_no_price() -> None:
    model = resolve("groq:someone/new-model").model
    assert (model.prices, model.tells_end) == (None, True)


@pytest.mark.parametrize(
    ("environment", "name", "says"),
    [
        ({"GROQ_API_KEY": ""}, BIG, r"^GROQ_API_KEY is not set: make a key at https://"),
        ({"GROQ_API_KEY": "gsk_x y"}, BIG, r"^GROQ_API_KEY holds characters that no key has"),
        ({"GROQ_API_KEY": "gsk_ü"}, BIG, r"^GROQ_API_KEY holds characters that no key has"),
        ({"GROQ_API_KEY": "g", "GROQ_API_BASE": "http://x/openai/v1/"}, BIG, r"^GROQ_API_BASE names a path: write the"),
        ({}, "gpt-oss-120b", r"names no chat model: write provider:model, such as groq:openai/gpt-oss-120b$"),
        ({}, "groq:", r"names no chat model"),
        ({}, "nobody:model", r"^nobody:model: LangChain knows no provider 'nobody'"),
        ({}, "openai:gpt-5", r"^openai:gpt-5 needs a package that is not installed: pip install langchain-openai$"),
        (
            {"GOOGLE_API_KEY": "", "GEMINI_API_KEY": ""},
            "google_genai:gemini-3",
            r"cannot be set up.*GOOGLE_API_KEY set",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str, says: str
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(UserError, match=says) as caught:
        resolve(name)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_without_langchain_the_line_names_both_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(UserError, match=r"pip install langchain langchain-anthropic$"):
        resolve("anthropic:claude")


def test_any_chat_model_works_and_its_price_is_unknown() -> None:
    chat = FakeListChatModel(responses=["x"])
    model = resolve(chat)
    assert isinstance(model, ChatModel)
    assert model.chat is chat
    assert model.model.prices is None


def test_a_cache_of_langchain_is_not_used() -> None:
    """It would keep answers that were cut off."""
    set_llm_cache(InMemoryCache())
    try:
        assert resolve(FakeListChatModel(responses=["x"])).chat.cache is False
    finally:
        set_llm_cache(None)
    assert resolve(FakeListChatModel(responses=["x"], cache=True)).chat.cache is False


def test_the_client_of_groq_is_loaded_late() -> None:
    code = (
        "import sys, backend_agent.session, backend_agent.chat.client;"
        "print([n for n in ('langchain_groq', 'groq', 'langchain') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
