"""The author that asks a chat model: on top of the drafts, and never without an artifact."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from scripted import BY_NAME, MODEL, Scripted, author, changed, edits, shown, write

from backend_agent import settings
from backend_agent.artifacts.findings import Finding
from backend_agent.chat.client import NoAnswer
from backend_agent.chat.given import WRITTEN
from backend_agent.state import Artifacts

FINDING = Finding(
    stage="domain", metric="architecture", severity="major", title="Too little is said", evidence="Task has no notes"
)


@pytest.fixture
def todo(artifacts: Any) -> Artifacts:
    given: Artifacts = artifacts("todo")
    return given


@pytest.mark.parametrize("stage", WRITTEN)
def test_without_an_answer_the_draft_stands_in_and_says_why(stage: str, todo: Artifacts) -> None:
    written, _ = write(stage, todo, NoAnswer("it is down"))
    assert written.artifact == getattr(todo, stage)
    assert written.note == "draft stands in: it is down"
    assert written.author == "draft"


@pytest.mark.parametrize("stage", ["code", "verification", "quality", "documentation"])
def test_what_is_measured_or_made_from_designs_is_nobodys_opinion(stage: str, todo: Artifacts) -> None:
    client = Scripted([])
    plain = replace(BY_NAME[stage], draft=lambda _: todo.domain)
    written = author(client).write(plain, todo, [FINDING])
    assert (written.author, written.artifact) == ("draft", todo.domain)
    assert client.asked == []


@pytest.mark.parametrize("stage", WRITTEN)
def test_a_draft_that_is_found_right_stays(stage: str, todo: Artifacts) -> None:
    def same(request: Any) -> Any:
        return {"edits": []} if request.schema_name.endswith("_edits") else shown(request)

    written, client = write(stage, todo, same)
    assert written.artifact == getattr(todo, stage)
    assert written.note == "the chat model left the draft as it is"
    assert (len(client.asked), written.refused, written.author) == (1, (), "")


def test_small_artifacts_are_asked_for_as_a_whole_and_large_ones_by_edits(artifacts: Any) -> None:
    forms = {}
    for stage in WRITTEN:
        _, client = write(stage, artifacts("bookshop"), NoAnswer("-"))
        forms[stage] = client.asked[0].schema_name == stage
    assert [stage for stage, whole in forms.items() if whole] == [
        "requirements", "domain", "security", "performance", "deployment",
    ]  # fmt: skip


def test_an_answer_that_is_not_valid_is_mended_with_the_checkers_words(todo: Artifacts) -> None:
    def wrong(value: Any) -> None:
        value["statements"][1]["priority"] = "urgent"

    mend = edits(("/statements[id=R-002]/priority", "set", "high"))
    written, client = write("requirements", todo, changed(wrong), mend)
    assert written.artifact.statements[1].priority == "high"
    first, second = client.asked
    assert second.prompt.startswith(first.prompt)  # what is cached stays so
    assert "/statements/1/priority: Input should be 'high', 'medium' or 'low'" in second.prompt
    assert [call.outcome for call in written.calls] == ["invalid", "ok"]
    assert written.calls[1].tokens_out * 5 < written.calls[0].tokens_out


@pytest.mark.parametrize("answer", ["", "no JSON", '{"statements": [', "[]", '{"statements": NaN}', {"statements": []}])
def test_answers_that_stay_wrong_leave_the_draft(answer: Any, todo: Artifacts) -> None:
    written, client = write("domain", todo, answer, answer, answer, answer)
    assert written.artifact == todo.domain
    assert len({request.prompt for request in client.asked}) == len(client.asked)  # no question is asked twice
    assert 2 <= len(client.asked) <= 3
    assert written.note.startswith("draft stands in: no valid answer: ")
    assert len(written.note) < 300
    assert [call.outcome for call in written.calls] == ["invalid"] * len(client.asked)


def test_there_are_two_repairs_and_no_more(todo: Artifacts) -> None:
    wrong = ['{"a"', "[1]", "2", '{"edits": []}']
    written, client = write("domain", todo, *wrong)
    assert (written.artifact, len(client.asked)) == (todo.domain, 3)


def test_a_budget_that_ends_between_repairs_leaves_the_draft_and_the_calls(todo: Artifacts) -> None:
    written, _ = write("domain", todo, "{", NoAnswer("budget: 1 calls are spent"))
    assert written.artifact == todo.domain
    assert written.note == "draft stands in: budget: 1 calls are spent"
    assert len(written.calls) == 1


def test_a_second_round_shows_the_own_version_and_asks_for_edits(todo: Artifacts) -> None:
    def better(value: Any) -> None:
        value["entities"][1]["description"] = "What somebody wants to get done."

    own, first = write("domain", todo, changed(better))
    again = edits(("/entities[name=Label]/description", "set", "A word to find tasks by."))
    written, client = write("domain", todo, again, findings=[FINDING], own=own.artifact)
    assert [e.description for e in written.artifact.entities] == [
        "", "What somebody wants to get done.", "A word to find tasks by.",
    ]  # fmt: skip
    prompt = client.asked[0].prompt
    assert "Too little is said: Task has no notes" in prompt
    assert "/entities[Task]/description was added" in prompt  # what was tried before
    assert shown(client.asked[0])["entities"][1]["description"] == "What somebody wants to get done."
    assert written.calls[0].tokens_out < 0.15 * own.calls[0].tokens_out
    assert client.asked[0].prompt.index("## What is given") > 0
    assert first.asked[0].schema_name == "domain"


def test_without_an_answer_in_the_second_round_the_version_before_stands(todo: Artifacts) -> None:
    own, _ = write("architecture", todo, edits(("/overview", "set", "Tasks, kept for whoever writes them.")))
    written, _ = write("architecture", todo, NoAnswer("it is down"), findings=[FINDING], own=own.artifact)
    assert written.artifact == own.artifact
    assert written.note == "the version before stands: it is down"


def test_identity_holds_models_prompts_and_the_drafts_version_but_no_budget(tmp_path: Any) -> None:
    one = author(Scripted([]))
    stage = BY_NAME["api"]
    before = one.identity(stage)
    assert one.name == MODEL
    assert before.endswith(f"draft {stage.version}")
    with settings.use(settings.Settings(max_calls=1, max_cost=0.01)):
        assert one.identity(stage) == before
    (tmp_path / "api.md").write_text("mine {{ how }}")
    with settings.use(settings.Settings(prompts=tmp_path)):
        assert one.identity(stage) != before
        assert one.identity(BY_NAME["database"]) == author(Scripted([])).identity(BY_NAME["database"])
    assert one.identity(BY_NAME["code"]) == f"draft {BY_NAME['code'].version}"


def test_requirements_keep_number_text_and_line(todo: Artifacts) -> None:
    def rewrite(value: Any) -> None:
        value["statements"][0]["text"] = "Everybody may do everything."
        value["statements"][2] = {**value["statements"][2], "category": "security", "approach": "By the owner's id."}
        del value["statements"][3]
        value["statements"].append({**value["statements"][0], "id": "R-099"})

    written, _ = write("requirements", todo, changed(rewrite))
    kept = [(s.id, s.text, s.source, s.line) for s in written.artifact.statements]
    assert kept == [(s.id, s.text, s.source, s.line) for s in todo.requirements.statements]
    assert (written.artifact.statements[2].category, written.artifact.statements[2].approach) == (
        "security", "By the owner's id.",
    )  # fmt: skip
    said = " ".join(f.evidence for f in written.refused)
    for place in ("statements[id=R-001]/text", "statements[id=R-004]", "statements[id=R-099]"):
        assert place in said


def test_nothing_of_the_answer_stands_in_a_fault_that_is_kept(todo: Artifacts) -> None:
    answer = {"entities": "my secret prose", "actors": []}
    written, _ = write("domain", todo, answer, answer, answer)
    assert "secret prose" not in written.note
    assert "secret prose" not in json.dumps([f.to_state() for f in written.refused])
