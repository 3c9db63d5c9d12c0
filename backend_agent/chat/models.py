"""Chat models: what each can do and what it costs, and how a name becomes a client that can be asked."""

from __future__ import annotations

import functools
import os
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from backend_agent.errors import UserError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Capability = Literal["strict", "schema", "json", "text"]
"""How an answer can be asked for, best first: JSON schema that the service enforces; JSON schema as well as it can;
some JSON object; text."""
SECONDS = 180.0
"""Time-out of one request as a whole."""
CONNECT = 3.0
"""Seconds in which a service must take a connection, and say which models it has."""


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens."""

    fresh: float
    """Of the prompt, those that the service had not cached."""
    cached: float
    out: float


@dataclass(frozen=True)
class Free:
    """The limits of a service's free plan, by which it is recognized."""

    tokens: int
    """Per minute."""
    requests: int
    """Per minute."""


@dataclass(frozen=True)
class Model:
    """What is known of a chat model. The defaults are for one of which nothing is known."""

    name: str
    """As configured: `groq:openai/gpt-oss-120b`."""
    capability: Capability = "strict"
    context: int = 128_000
    """Tokens, prompt and answer together."""
    output: int = 32_768
    """Most tokens of one answer."""
    prices: Prices | None = None
    """None: unknown."""
    efforts: tuple[str, ...] = ()
    """Values of `reasoning_effort`, lowest first; empty: it has none."""
    fallback: str | None = None
    """The model to ask when this one cannot be had."""
    free: Free | None = None
    tells_end: bool = False
    """Whether every whole answer comes with a reason why it ended."""

    def cost(self, tokens_in: int, cached: int, out: int) -> float | None:
        """Return what a call costs in US dollars; None: nobody knows."""
        if self.prices is None:
            return None
        fresh = max(0, tokens_in - cached)
        return (fresh * self.prices.fresh + cached * self.prices.cached + out * self.prices.out) / 1_000_000


_FREE = Free(tokens=8_000, requests=30)
_EFFORTS = ("low", "medium", "high")
_SMALL = "groq:openai/gpt-oss-20b"
MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "groq:openai/gpt-oss-120b", "strict", 131_072, 65_536, Prices(0.15, 0.075, 0.60), _EFFORTS, _SMALL, _FREE,
            tells_end=True,
        ),
        Model(_SMALL, "strict", 131_072, 65_536, Prices(0.075, 0.0375, 0.30), _EFFORTS, None, _FREE, tells_end=True),
        Model("groq:qwen/qwen3.8-27b", "schema", 131_042, 16_384, Prices(0.80, 0.40, 4.00), (), _SMALL, tells_end=True),
    )
}  # fmt: skip
"""Groq's models and prices as of September 2026; others are asked too, at prices unknown."""
_VARIABLES = {"google_genai": "GOOGLE_API_KEY", "google_vertexai": "GOOGLE_APPLICATION_CREDENTIALS"}
_VARIABLES["mistralai"] = "MISTRAL_API_KEY"


class ChatModel:
    """A chat model that can be asked.

    Args:
        model: what is known of it.
        make: returns its client; called once, when that is first needed.
        variable: the environment variable that holds its key.
    """

    def __init__(self, model: Model, make: Callable[[], BaseChatModel], variable: str = "the key") -> None:
        self.model = model
        self.variable = variable
        self._make = make
        self._chat: BaseChatModel | None = None
        self._lock = threading.Lock()
        self._closing: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"ChatModel({self.model.name!r})"

    @property
    def service(self) -> str:
        """Whose it is: models of one service are down together."""
        return self.model.name.partition(":")[0]

    @property
    def chat(self) -> BaseChatModel:
        """The client. Built once: it holds connections, and cannot be a part of any state."""
        with self._lock:
            if self._chat is None:
                self._chat = self._make()
            return self._chat

    def listed(self) -> bool | None:
        """Return whether the service has this model; None: it does not say. Raises what its client raises."""
        return None

    def close(self) -> None:
        """Close the connections that were made here."""
        with self._lock:
            for close in self._closing:
                close()
            self._closing.clear()


class GroqModel(ChatModel):
    """A model of Groq, or of whatever speaks its protocol at `GROQ_API_BASE`."""

    def __init__(self, model: Model) -> None:
        super().__init__(model, self._connected, "GROQ_API_KEY")
        _key()  # a missing one is told before anything is done

    @property
    def id(self) -> str:
        """The name without the provider."""
        return self.model.name.partition(":")[2]

    def _connected(self) -> BaseChatModel:
        """Return the client: no retries of its own, a time-out, and connections that tell us the headers."""
        import httpx
        from langchain_groq import ChatGroq

        from backend_agent.chat import speak

        quiet()
        timeout = httpx.Timeout(SECONDS, connect=CONNECT)
        client = httpx.Client(timeout=timeout, verify=_tls(), event_hooks={"response": [speak.note_headers]})
        self._closing.append(client.close)
        return ChatGroq(
            model_name=self.id,
            api_key=_key(),
            temperature=0,
            timeout=timeout,
            max_retries=0,
            cache=False,
            http_client=client,
            http_async_client=httpx.AsyncClient(verify=_tls()),  # never used: else the SDK makes a pool of its own
            # Models that think in tags may be asked for JSON only when their thoughts are kept apart.
            reasoning_format="parsed" if self.id.startswith("qwen/") else None,
        )

    def listed(self) -> bool | None:
        """Ask the service, within `CONNECT` seconds."""
        import groq
        import httpx

        base = os.environ.get("GROQ_API_BASE") or None
        with httpx.Client(verify=_tls()) as client:
            service = groq.Groq(api_key=_key(), base_url=base, timeout=CONNECT, max_retries=0, http_client=client)
            try:
                found = {model.id for model in service.models.list().data}
            except (groq.NotFoundError, AttributeError, TypeError):
                return None
        return self.id in found if found else None


def resolve(model: str | BaseChatModel) -> ChatModel:
    """Return a chat model that can be asked.

    Args:
        model: `provider:model`, such as `groq:openai/gpt-oss-120b`; or any LangChain chat model.

    Raises:
        UserError: no such provider, its package is not installed, or its key is missing.
    """
    if not isinstance(model, str):
        return _given(model)
    provider, separator, name = model.strip().partition(":")
    if not separator or not provider or not name:
        raise UserError(f"{model[:60]!r} names no chat model: write provider:model, such as groq:openai/gpt-oss-120b")
    known = MODELS.get(f"{provider}:{name}") or Model(f"{provider}:{name}")
    if provider == "groq":
        return GroqModel(replace(known, tells_end=True))
    return _of_provider(known, provider)


def chain(model: str | BaseChatModel) -> Sequence[ChatModel]:
    """Return a chat model and those to ask when it cannot be had; raises as `resolve`."""
    first = resolve(model)
    found = [first]
    while not isinstance(model, str) or found[-1].model.fallback:
        fallback = found[-1].model.fallback
        if not isinstance(model, str) or fallback is None or any(each.model.name == fallback for each in found):
            break
        found.append(resolve(fallback))
    return found


def _key() -> str:
    """Return Groq's key."""
    key = os.environ.get("GROQ_API_KEY", "").strip()
    if not key:
        raise UserError("GROQ_API_KEY is not set: make a key at https://console.groq.com/keys and put it there")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UserError("GROQ_API_KEY holds characters that no key has: copy the key anew")
    base = os.environ.get("GROQ_API_BASE") or os.environ.get("GROQ_BASE_URL") or ""
    if base.rstrip("/").endswith("/v1"):
        raise UserError("GROQ_API_BASE names a path: write the host only, such as https://api.groq.com")
    return key


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return what connections are made with; reading the certificates takes a while."""
    import httpx

    return httpx.create_ssl_context()


def _of_provider(model: Model, provider: str) -> ChatModel:
    """Return a model that LangChain knows how to reach."""
    variable = _VARIABLES.get(provider, f"{provider.upper()}_API_KEY")
    package = "langchain-" + provider.replace("_", "-")
    try:
        from langchain.chat_models import init_chat_model
    except ImportError:
        raise UserError(
            f"{model.name} needs packages that are not installed: pip install langchain {package}"
        ) from None
    quiet()
    try:
        chat = init_chat_model(
            model.name.partition(":")[2], model_provider=provider, timeout=SECONDS, max_retries=0, temperature=0
        )
    except ImportError as error:
        package = str(error).partition("pip install ")[2].partition("`")[0] or package
        raise UserError(f"{model.name} needs a package that is not installed: pip install {package}") from None
    except ValueError as error:
        if "Unsupported" in str(error):
            raise UserError(
                f"{model.name}: LangChain knows no provider {provider!r}; see its list, or use groq"
            ) from None
        raise UserError(f"{model.name} cannot be set up: is {variable} set?") from None
    except Exception as error:  # noqa: BLE001 - each provider has its own; their texts may hold anything
        raise UserError(f"{model.name} cannot be set up ({type(error).__name__}): is {variable} set?") from None
    return ChatModel(model, lambda: chat, variable)


def _given(chat: BaseChatModel) -> ChatModel:
    """Return a model that the caller made; what it can do is known by its class and name, or tried out."""
    from langchain_core.globals import get_llm_cache

    kind = type(chat).__name__
    provider = kind.removeprefix("Chat").lower() or kind.lower()
    called = getattr(chat, "model_name", None) or getattr(chat, "model", None)
    name = f"{provider}:{called}" if isinstance(called, str) and called else provider
    model = MODELS.get(name) or Model(name)
    if kind == "ChatGroq":
        model = replace(model, tells_end=True)
    if chat.cache or (chat.cache is None and get_llm_cache() is not None):
        chat = chat.model_copy(update={"cache": False})  # such a cache keeps answers that were cut off, too
    return ChatModel(model, lambda: chat, "GROQ_API_KEY" if kind == "ChatGroq" else f"the key of {name}")


def quiet() -> None:
    """Keep prompts out of logs: at level DEBUG the clients write whole requests."""
    import logging

    for name in ("groq._base_client", "openai._base_client", "anthropic._base_client"):
        logging.getLogger(name).setLevel(logging.INFO)
