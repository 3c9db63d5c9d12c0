"""The fault matrix: each fault at each stage alone, and random mixes. Every run ends in a valid result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matrix
import pytest
from fake_groq import FakeGroq
from groq_replies import FAULTS

from backend_agent import settings
from backend_agent.artifacts.task import BackendTask
from backend_agent.chat.given import WRITTEN
from backend_agent.state import Json

TODO = BackendTask.from_file(Path(__file__).parents[2] / "examples" / "todo.yaml")
PLAIN = settings.Settings(verify=False)
EACH = [(name, stage) for name in FAULTS for stage in WRITTEN]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeGroq]:
    patch = pytest.MonkeyPatch()
    with FakeGroq() as made:
        matrix.quick(patch, made)
        yield made
    patch.undo()


@pytest.fixture(scope="module")
def drafts() -> Json:
    return matrix.offline(TODO)


def alone(name: str, stage: str, server: FakeGroq, drafts: Json) -> None:
    server.script = matrix.script({stage: [name, "*"]})
    if name in matrix.STOPPING:
        assert "GROQ_API_KEY" in matrix.refused_key(TODO, PLAIN)
        return
    state, kept = matrix.run(TODO, PLAIN)
    matrix.holds(state, drafts, PLAIN, kept)
    if name not in ("schema_rejected", "unfinished"):  # a looser form, or a model that is not known to tell, may do
        assert state["records"][stage]["author"] == "draft", state["records"][stage]["note"]
    assert all(c["outcome"] != "ok" or c["purpose"] != stage or name == "schema_rejected"
               for c in state["calls"][stage]) or state["records"][stage]["author"] != "draft"  # fmt: skip


@pytest.mark.parametrize(("name", "stage"), [EACH[i * len(WRITTEN) + i % len(WRITTEN)] for i in range(len(FAULTS))])
def test_each_fault_at_one_stage(name: str, stage: str, server: FakeGroq, drafts: Json) -> None:
    alone(name, stage, server, drafts)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "stage"), EACH)
def test_each_fault_at_each_stage(name: str, stage: str, server: FakeGroq, drafts: Json) -> None:
    alone(name, stage, server, drafts)


def mix(seed: int, server: FakeGroq, drafts: Json) -> None:
    faults, given = matrix.mixed(seed)
    server.script = matrix.script(faults)
    state, kept = matrix.run(TODO, given)
    matrix.holds(state, drafts, given, kept)


@pytest.mark.parametrize("seed", range(13))
def test_some_random_mixes(seed: int, server: FakeGroq, drafts: Json) -> None:
    mix(seed, server, drafts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(500))
def test_random_mixes(seed: int, server: FakeGroq, drafts: Json) -> None:
    mix(seed, server, drafts)


def test_no_answer_that_was_cut_is_taken_over(server: FakeGroq, drafts: Json) -> None:
    """An answer that ends too early, at any of many places, is no answer: not of the whole, and not of the edits."""
    whole = '{"edits": [{"path": "/overview", "op": "set", "value_json": "\\"Cut.\\"", "cites": []}]}'
    places = iter(range(0, len(whole), 7))

    def answer(received: matrix.Received) -> object:
        if received.schema_name == "architecture_edits":
            at = next(places, None)
            return matrix.say(whole[:at] if at is not None else "")
        return matrix.good(received)

    server.script = answer
    for _ in range(3):
        state, kept = matrix.run(TODO, PLAIN)
        matrix.holds(state, drafts, PLAIN, kept)
        assert state["records"]["architecture"]["author"] == "draft"


def test_with_the_model_down_from_the_start_the_result_is_the_offline_one(drafts: Json) -> None:
    patch = pytest.MonkeyPatch()
    with FakeGroq() as dead:
        matrix.quick(patch, dead)
        dead.down()
        state, kept = matrix.run(TODO, PLAIN)
    patch.undo()
    matrix.holds(state, drafts, PLAIN, kept)
    assert {record["author"] for record in state["records"].values()} == {"draft"}
    same = [key for key in drafts if key not in ("records", "calls")]
    assert {key: state[key] for key in same} == {key: drafts[key] for key in same}
    checks = {stage: record["checks"] for stage, record in drafts["records"].items()}
    assert {stage: record["checks"] for stage, record in state["records"].items()} == checks
