"""The budget: never exceeded by more than one call's misjudgement, whoever asks, and counted over all runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from fake_groq import FakeGroq, fault, say, serving
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from backend_agent import settings
from backend_agent.artifacts.calls import Call, covered
from backend_agent.chat.available import Request
from backend_agent.chat.budget import Budget, Reservation, Spent
from backend_agent.chat.client import Client, NoAnswer
from backend_agent.chat.journal import MemoryJournal
from backend_agent.errors import UserError
from backend_agent.settings import Settings

BIG = "groq:openai/gpt-oss-120b"


def call(tokens_in: int = 0, tokens_out: int = 0, cost: float | None = 0.0) -> Call:
    return Call(purpose="domain", model=BIG, outcome="ok", tokens_in=tokens_in, tokens_out=tokens_out, cost=cost)


@pytest.fixture
def server() -> Iterator[FakeGroq]:
    with serving() as running:
        yield running


def requests(number: int, max_output: int = 400) -> list[Request]:
    return [Request(f"domain.{n}", "You design.", f"Shop {n}", max_output=max_output) for n in range(number)]


def ask(client: Client, request: Request) -> str:
    try:
        return client.ask(request).text
    except NoAnswer as none:
        return none.reason


@pytest.mark.parametrize("seed", range(6))
def test_eight_threads_never_spend_more_than_there_is(seed: int) -> None:
    chosen = Random(seed)
    budget = Budget(max_tokens=20_000, max_cost=0.5, max_calls=60)
    lock = threading.Lock()
    most = 0

    def one(_: int) -> bool:
        nonlocal most
        with lock:
            wanted, used = chosen.randint(1, 2000), chosen.random()
        try:
            reservation = budget.reserve(wanted, wanted / 40_000)
        except Spent:
            return False
        with lock:
            most = max(most, budget.tokens)
        budget.settle(reservation, call(int(wanted * used), 0, wanted * used / 40_000))
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(120)))
    assert any(made)
    assert not all(made)
    assert budget.tokens <= 20_000
    assert budget.cost <= 0.5 + 1e-9
    assert budget.calls <= 60


@given(
    limit=st.integers(0, 5000),
    steps=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 2500), st.booleans()), max_size=20),
)
def test_it_is_exceeded_at_most_by_what_one_call_was_misjudged(limit: int, steps: list[tuple[int, int, bool]]) -> None:
    budget = Budget(max_tokens=limit)
    beyond = 0
    for wanted, used, made in steps:
        try:
            reservation = budget.reserve(wanted, 0.0)
        except Spent:
            assert budget.tokens + wanted > limit
            continue
        assert isinstance(reservation, Reservation)
        budget.settle(reservation, call(used) if made else None)
        beyond = max(beyond, used - wanted)
    assert budget.tokens <= limit + beyond


def test_a_call_waits_for_what_those_under_way_return() -> None:
    budget = Budget(max_tokens=1000)
    first = budget.reserve(900, 0.0)
    threading.Timer(0.1, lambda: budget.settle(first, call(100))).start()
    second = budget.reserve(800, 0.0)
    assert budget.tokens == 100
    budget.settle(second, None)


def test_waiting_for_the_others_ends_with_a_stop() -> None:
    budget = Budget(max_calls=1)
    budget.reserve(1, 0.0)

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        budget.reserve(1, 0.0, check)


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (Budget(max_calls=1), "budget: 1 calls are spent"),
        (Budget(max_tokens=300), "budget: too little is left of 300 tokens"),
        (Budget(max_cost=0.0000001), r"budget: too little is left of \$1e-07"),
        (Budget(max_seconds=0), "budget: 0 seconds are spent"),
    ],
)
def test_when_it_is_spent_there_is_no_answer_and_the_reason_says_so(
    server: FakeGroq, budget: Budget, says: str
) -> None:
    client = Client([BIG], budget, MemoryJournal())
    if budget.max_calls:
        client.ask(requests(1)[0])
    before = len(server.seen)
    with pytest.raises(NoAnswer, match=says):
        client.ask(requests(2)[1])
    assert len(server.seen) == before
    client.close()


def test_time_side_by_side_counts_once_and_earlier_runs_count() -> None:
    now = [0.0]
    budget = Budget(max_seconds=20, seconds=3, clock=lambda: now[0])
    with budget.clock():
        now[0] += 4
        with budget.clock():
            now[0] += 1
        assert budget.seconds == 8
    now[0] += 100
    assert (budget.seconds, budget.seconds_left()) == (8, 12)
    with budget.clock():
        now[0] += 12
        with pytest.raises(Spent, match="20 seconds"):
            budget.reserve(1, 0.0)


def test_spans_are_covered_once() -> None:
    assert covered([(5, 6), (0, 2), (1, 3), (1.5, 2)]) == 4
    assert covered([]) == 0


def test_an_unknown_price_cannot_keep_to_a_cost(server: FakeGroq) -> None:
    client = Client([FakeListChatModel(responses=["x"])], Budget(max_cost=1))
    with pytest.raises(UserError, match=r"^the price of fakelistchatmodel is unknown.*limit the tokens instead$"):
        client.ask(requests(1)[0])
    with pytest.raises(Spent, match="unknown"):
        Budget(max_cost=1, earlier=[call(cost=None)]).reserve(1, 0.1)
    assert server.seen == []


@pytest.mark.parametrize("limit", [{"max_tokens": 1200}, {"max_calls": 7}, {"max_cost": 0.0004}])
def test_eight_threads_asking_a_service_keep_to_it(server: FakeGroq, limit: dict[str, float]) -> None:
    kinds = [
        say("ok", reasoning=60),
        fault("empty"),
        fault("truncated"),
        fault("rate_limited", headers={"retry-after": "0"}),
    ]
    server.script = lambda received: kinds[int(received.prompt.split()[-1]) % 4]
    journal = MemoryJournal()
    given = Settings().with_changes(**limit)
    client = Client([BIG, "groq:openai/gpt-oss-20b"], Budget.of(given), journal)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda r: ask(client, r), requests(32)))
    client.close()
    made = journal.calls()
    assert any(text.startswith("budget: ") for text in said)
    assert sum(c.tokens_in + c.tokens_out for c in made) <= limit.get("max_tokens", 1e9)
    assert sum(c.cost or 0 for c in made) <= limit.get("max_cost", 1e9)
    assert len(made) == len(server.seen) <= limit.get("max_calls", 1e9)


def test_the_budget_is_the_sessions_and_what_it_spent_before_counts(server: FakeGroq) -> None:
    one, two = MemoryJournal(), MemoryJournal()
    one.keep("x", call())
    one.keep("y", call())
    from backend_agent.chat import journal

    client = Client([BIG])
    with settings.use(Settings(max_calls=3)):
        for current, expected in ((one, 1), (two, 3)):
            with journal.use(current):
                said = [ask(client, request) for request in requests(5)]
            assert sum(not text.startswith("budget: ") for text in said) == expected
    client.close()
    assert len(server.seen) == 4
