"""Domain models that statements support are taken over, whatever the draft made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted import BY_NAME, Scripted, author, changed, write

from backend_agent.artifacts import access
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.task import BackendTask
from backend_agent.chat.questions import OMIT
from backend_agent.chat.schema import to_wire
from backend_agent.chat.widening import mentions
from backend_agent.stages import domain, requirements
from backend_agent.state import Artifacts

MODELS = Path(__file__).parents[1] / "golden" / "models"


def designed(*sentences: str) -> Artifacts:
    task = BackendTask.from_state({"project_name": "Club", "requirements": list(sentences)})
    state: dict[str, Any] = {"task": task, "records": {}}
    for stage in (requirements.STAGE, domain.STAGE):
        state[stage.name] = stage.draft(Artifacts(state, stage.reads))
    return Artifacts(state)


@pytest.mark.parametrize("name", sorted(path.stem for path in MODELS.glob("*.yaml")))
def test_a_model_written_by_hand_is_taken_over_as_it_is(name: str, artifacts: Any) -> None:
    golden = DomainModel.model_validate(yaml.safe_load((MODELS / f"{name}.yaml").read_text(encoding="utf-8")))
    given = artifacts(name)
    assert golden != given.domain
    written, client = write("domain", given, to_wire(golden, OMIT["domain"]))
    assert written.artifact == golden
    assert (list(written.refused), len(client.asked)) == ([], 1)


def test_what_a_statement_opens_may_be_opened() -> None:
    given = designed(
        "Members can register and log in.", "A match has a title and a date.", "Members can create matches.",
        "The list of all matches is there for visitors too.",
    )  # fmt: skip
    rule = {"kind": "public", "entity": "Match", "operations": ["list", "read"], "cites": ["R-004"]}

    def opened(value: Any) -> None:
        value["rules"] = [r for r in value["rules"] if r["kind"] != "public"] + [rule]
        value["unplaced"] = []

    written, _ = write("domain", given, changed(opened))
    assert not written.refused
    assert access.access(written.artifact, "Match", "list").public
    rule["cites"] = ["R-002"]
    if not access.access(given.domain, "Match", "list").public:
        refused, _ = write("domain", given, changed(opened), {"edits": []}, {"edits": []})
        assert not access.access(refused.artifact, "Match", "list").public


def test_an_entity_that_the_draft_missed_comes_in_with_its_statement() -> None:
    given = designed(
        "Members can register and log in.", "A match has a title and a date.", "Members hand in scorecards."
    )

    def more(value: Any) -> None:
        value["entities"] = [e for e in value["entities"] if e["name"] != "Scorecard"]
        value["entities"].append({
            "name": "Scorecard", "cites": ["R-003"],
            "fields": [{"name": "points", "type": "integer", "minimum": 0, "cites": ["R-003"]}],
        })  # fmt: skip

    written, _ = write("domain", given, changed(more))
    assert "Scorecard" in {e.name for e in written.artifact.entities}
    assert not written.refused


MOVE = {
    "name": "move_points", "description": "Moves points from one scorecard to another.", "rows": [], "inputs": [],
    "creates": [], "result": [{"name": "points", "type": "integer", "cites": ["R-003"]}],
    "roles": ["member"], "owner": False, "cites": ["R-003"],
    "examples": [
        {"title": "Nothing moves.", "given": [], "outcome": "done", "expected": [{"key": "points", "value_json": "0"}]}
    ],
}  # fmt: skip
BODY = """import datetime as dt

from app.operations.move_points_types import MovePointsOutcome


def move_points(*, now: dt.datetime) -> MovePointsOutcome:
    return MovePointsOutcome(points=0)
"""


@pytest.mark.parametrize("writes", [True, False])
def test_an_operation_stands_when_its_body_was_written_else_its_statement_is_listed(writes: bool) -> None:
    given = designed(
        "Members can register and log in.", "A scorecard has points.", "Points are reshuffled by a secret formula.",
    )  # fmt: skip

    def bodies(client: Any, model: DomainModel, analysis: Any) -> Any:
        written = [o.model_copy(update={"body": BODY}) for o in model.operations]
        return (model.model_copy(update={"operations": written}) if writes else model), [], []

    client = Scripted([changed(lambda value: value.update(operations=[MOVE]))])
    wanted = BY_NAME["domain"]
    shown = Artifacts({name: getattr(given, name) for name in wanted.reads}, wanted.reads)
    made = author(client, bodies).write(wanted, shown, []).artifact
    assert [o.name for o in made.operations] == (["move_points"] if writes else [])
    assert writes or "R-003" in {u.requirement for u in made.unplaced}


@pytest.mark.parametrize(("text", "name", "found"), [
    ("Members like posts.", "PostLike", True),
    ("A category has a parent.", "Category", True),
    ("Orders are cancelled by customers.", "cancellation", True),
    ("Users can register.", "Backdoor", False),
    ("A task has a title.", "is_admin", False),
])  # fmt: skip
def test_statements_mention_names_in_any_form(text: str, name: str, found: bool) -> None:
    assert mentions(text, name) is found
