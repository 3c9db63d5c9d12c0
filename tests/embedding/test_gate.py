"""Gates: somebody is asked behind a stage; the answer approves, says what to change, or brings an edited artifact."""

from __future__ import annotations

from typing import Any

import fakes
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from backend_agent.errors import UserError
from backend_agent.gate import gates, with_gates
from backend_agent.order import needs_deferring
from backend_agent.pipeline import RESULTS, build_graph, stages_for

TASK = {"task": fakes.TASK.to_state()}
STAGES = tuple(fakes.STAGES.values())
DESIGNS = [name for name in fakes.STAGES if name not in ("verification", "quality")]


class Asked:
    """A graph with gates in a thread, and the stages that its author wrote."""

    def __init__(self, *review_after: str, until: str | None = None) -> None:
        self.author = fakes.Counting()
        graph = build_graph(until=until, stages=STAGES, author=self.author, review_after=review_after)
        self._graph = graph.copy(update={"checkpointer": InMemorySaver()})
        self._config: Any = {"configurable": {"thread_id": "1"}}
        self.values = self._graph.invoke(TASK, self._config)

    @property
    def questions(self) -> list[dict[str, Any]]:
        return [interrupt.value for interrupt in self.values.get("__interrupt__", [])]

    def answer(self, said: Any) -> None:
        self.values = self._graph.invoke(Command(resume=said), self._config)

    @property
    def state(self) -> dict[str, Any]:
        values: dict[str, Any] = self._graph.get_state(self._config).values
        return values


@pytest.mark.parametrize("names", [[name] for name in DESIGNS] + [["database", "security"], ["api", "code"], DESIGNS])
def test_each_stage_runs_once_and_each_gate_asks_once(names: list[str]) -> None:
    asked = Asked(*names)
    seen = []
    while asked.questions:
        assert len(asked.questions) == 1
        seen.append(asked.questions[0]["review"])
        assert asked.questions[0]["artifact"] == asked.state[seen[-1]]
        asked.answer("approve")
    assert sorted(seen) == sorted(names)
    assert sorted(asked.author.wrote) == sorted(fakes.STAGES)


@pytest.mark.parametrize("kind", RESULTS)
def test_gates_never_make_two_stages_wait_for_all(kind: str) -> None:
    chosen = stages_for(kind, STAGES)
    for name in DESIGNS:
        if name in {stage.name for stage in chosen}:
            assert len(needs_deferring(with_gates(chosen, gates(chosen, [name])))) <= 1


def test_nothing_behind_a_gate_runs_before_the_answer() -> None:
    asked = Asked("architecture")
    assert asked.author.wrote == ["requirements", "domain", "architecture"]
    assert asked.questions[0]["title"] == "Architecture"


@pytest.mark.parametrize("yes", ["approve", "OK.", True, {"approve": True}, {"approve": "yes"}])
def test_there_are_several_ways_to_say_yes(yes: Any) -> None:
    asked = Asked("architecture")
    asked.answer(yes)
    assert asked.values["documentation"]["pages"]


def test_feedback_that_the_task_can_say_changes_it_and_is_asked_about_again() -> None:
    asked = Asked("api")
    asked.answer("use cursor pagination")
    assert asked.state["task"]["api_requirements"]["pagination"] == "cursor"
    assert asked.questions[0]["review"] == "api"
    asked.answer("approve")
    assert asked.values["documentation"]["pages"]


def test_other_feedback_is_kept_for_the_author_and_shown() -> None:
    asked = Asked("architecture")
    asked.answer({"feedback": "name the components after animals"})
    assert asked.state["feedback"] == {"architecture": ["name the components after animals"]}
    assert asked.author.heard == {"architecture": 1}
    assert asked.questions[0]["kept_for_a_chat_model"] == ["name the components after animals"]
    asked.answer("approve")
    assert asked.values["documentation"]["pages"]


def test_an_edited_artifact_is_kept_and_what_follows_reads_it() -> None:
    asked = Asked("architecture")
    asked.answer({"artifact": {**asked.questions[0]["artifact"], "overview": "By hand."}})
    assert asked.values["architecture"]["overview"] == "By hand."
    assert asked.state["pinned"] == {"architecture": True}
    assert asked.author.wrote.count("architecture") == 1


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"artifact": {"overview": 5}}, "architecture."),
        ("", "cannot be read"),
        (False, "cannot be read"),
        (7, "approve;"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(bad: Any, says: str) -> None:
    asked = Asked("architecture")
    asked.answer(bad)
    assert says in asked.questions[0]["fault"]
    assert asked.author.wrote == ["requirements", "domain", "architecture"]
    asked.answer("approve")
    assert asked.values["documentation"]["pages"]


def test_what_was_approved_is_not_asked_about_again() -> None:
    asked = Asked("architecture", "api")
    asked.answer("approve")
    asked.answer("use camelCase")
    assert [question["review"] for question in asked.questions] == ["api"]


def test_stages_that_cannot_be_reviewed_are_refused() -> None:
    with pytest.raises(UserError, match="there is no stage 'apis'"):
        build_graph(review_after=["apis"])
    with pytest.raises(UserError, match="quality is what was measured"):
        build_graph(review_after=["quality"])
