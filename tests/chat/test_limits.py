"""Limits: calls wait here instead of being refused there; a service that is down is not asked again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fake_groq import FakeGroq, fault, say, serving
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from backend_agent import progress
from backend_agent.chat.available import Available, Request
from backend_agent.chat.budget import Budget
from backend_agent.chat.client import Client, NoAnswer
from backend_agent.chat.limits import DOWN, Breaker, Limiter, TooLong
from backend_agent.chat.models import Free, chain, resolve
from backend_agent.chat.waiting import Patience, patience
from backend_agent.stop import on_signals

BIG = "groq:openai/gpt-oss-120b"
ASKED = Request("domain", "You design.", "A shop.", max_output=1000)


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Patient(Patience):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def sleep(self, seconds: float, tell: Callable[[float], object]) -> None:
        self.check()
        tell(seconds)
        self._clock.now += seconds


def limits(limit: int, left: int) -> dict[str, str]:
    return {"x-ratelimit-limit-tokens": str(limit), "x-ratelimit-remaining-tokens": str(left)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


def test_nobody_waits_for_limits_that_are_unknown(clock: Clock) -> None:
    limiter, patient = Limiter(clock=clock), Patient(clock)
    assert [limiter.admit(1_000_000, patient, print) for _ in range(100)] == [0.0] * 100


def test_tokens_are_counted_before_the_call_and_corrected_by_headers(clock: Clock) -> None:
    limiter, patient = Limiter(clock=clock), Patient(clock)
    limiter.admit(3000, patient, print)
    limiter.release(3000, limits(8000, 5000))
    told: list[float] = []
    assert limiter.admit(5000, patient, told.append) == 0.0
    limiter.release(5000, limits(8000, 0))
    waited = limiter.admit(4000, patient, told.append)
    assert waited == pytest.approx(30, abs=1.5)
    assert told[0] == pytest.approx(30, abs=0.5)
    assert told == sorted(told, reverse=True)


def test_what_never_fits_waits_for_a_full_minute_only(clock: Clock) -> None:
    limiter, patient = Limiter(clock=clock), Patient(clock)
    limiter.admit(10, patient, print)
    limiter.release(10, limits(8000, 0))
    assert limiter.admit(20_000, patient, print) == pytest.approx(60, abs=1.5)


def test_requests_per_minute_of_the_free_plan(clock: Clock) -> None:
    limiter, patient = Limiter(Free(tokens=8000, requests=3), clock), Patient(clock)
    for _ in range(3):
        assert limiter.admit(1, patient, print) == 0.0
        limiter.release(1, limits(8000, 7000))
    assert limiter.admit(1, patient, print) == pytest.approx(60, abs=1.5)
    limiter.release(1, limits(250_000, 200_000))
    assert [limiter.admit(1, patient, print) for _ in range(9)] == [0.0] * 9


def test_a_block_holds_all_and_nobody_waits_too_long(clock: Clock) -> None:
    limiter, patient = Limiter(clock=clock), Patient(clock)
    limiter.block(7)
    assert limiter.admit(1, patient, print) == pytest.approx(7, abs=1.2)
    limiter.block(600)
    with pytest.raises(TooLong):
        limiter.admit(1, patient, print)


def test_callers_side_by_side_never_use_more_than_the_limit() -> None:
    """Each minute's tokens, whoever asks: 80 calls from 8 threads, on a clock that the sleepers move."""
    clock = Clock()
    guard = threading.Lock()
    limiter = Limiter(clock=clock)
    limiter.admit(1, Patient(clock), print)
    limiter.release(1, {"x-ratelimit-limit-tokens": "8000"})
    begun: list[tuple[float, int]] = []

    class Shared(Patient):
        def sleep(self, seconds: float, tell: Callable[[float], object]) -> None:
            with guard:
                clock.now += seconds / 2

    def call(number: int) -> None:
        tokens = 200 + number % 7 * 300
        limiter.admit(tokens, Shared(clock), print, most=1e9)
        with guard:
            begun.append((clock.now, tokens))
        limiter.release(tokens, {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(80)))
    assert len(begun) == 80
    span = max(at for at, _ in begun) - min(at for at, _ in begun)
    assert sum(tokens for _, tokens in begun) <= 8000 + span * 8000 / 60 + 2000


def test_a_stop_ends_the_waiting_at_once_and_is_no_answer() -> None:
    limiter = Limiter()
    limiter.block(60)
    with on_signals() as stop, patience() as patient:
        threading.Timer(0.05, stop.request).start()
        with pytest.raises(KeyboardInterrupt):
            limiter.admit(1, patient, print)


def test_a_stop_ends_a_call_under_way(server: FakeGroq) -> None:
    server.script = fault("hang")
    client = Client([BIG], Budget())
    with on_signals() as stop:
        threading.Timer(0.3, stop.request).start()
        with pytest.raises(KeyboardInterrupt):
            client.ask(ASKED)
    client.close()


def test_waiting_is_told_with_the_seconds_left(server: FakeGroq) -> None:
    server.script = [fault("rate_limited", headers={"retry-after": "0.4"}), say("ok")]
    events: list[dict[str, Any]] = []
    client = Client([BIG], Budget())
    with progress.watched_by(events.append):
        found = client.ask(ASKED)
    client.close()
    waiting = [event for event in events if event["event"] == "call_waiting"]
    assert [event["why"] for event in waiting] == ["rate limit"]
    assert 0.2 <= waiting[0]["seconds"] <= 0.5
    assert found.calls[-1].waited >= 0.3


def test_a_breaker_opens_and_lets_one_try_after_a_while(clock: Clock) -> None:
    breaker = Breaker(clock)
    assert breaker.allows()
    breaker.failed()
    assert (breaker.down, breaker.allows()) == (True, False)
    clock.now += DOWN
    assert (breaker.allows(), breaker.allows()) == (True, False)
    breaker.give_back()
    assert breaker.allows()
    breaker.succeeded()
    assert not breaker.down
    breaker.failed()
    clock.now += DOWN / 10
    assert breaker.allows(), "one that worked is tried sooner"


@pytest.mark.parametrize("how", ["refused", "silent", "failing"])
def test_a_service_that_is_down_is_noticed_once_for_all_its_models(
    server: FakeGroq, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("backend_agent.chat.models.CONNECT", 0.3)
    if how == "refused":
        server.down()
    server.hang = how == "silent"
    server.script = fault("overloaded")
    client = Client(chain(BIG), Budget())

    def ask(_: int) -> str:
        with pytest.raises(NoAnswer) as caught:
            client.ask(ASKED)
        return caught.value.reason

    with ThreadPoolExecutor(4) as pool:
        reasons = list(pool.map(ask, range(4)))
    asked = len(server.seen) + server.asked_models
    reasons += [ask(0) for _ in range(9)]
    assert len(server.seen) + server.asked_models == asked, "it was asked again"
    assert asked <= {"refused": 0, "silent": 2, "failing": 16 + 2}[how]
    assert all("the service is down" in reason for reason in reasons)
    client.close()


def test_the_estimate_follows_what_the_service_counts() -> None:
    model = Available(resolve(FakeListChatModel(responses=["x"])), Breaker())
    text = "word " * 3000
    first = model.estimate(text)
    for _ in range(9):
        model.counted(text, 3750)
    assert 3750 <= model.estimate(text) < first
