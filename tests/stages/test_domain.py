# ruff: noqa: E501 - sentences stay on one line
"""The domain stage against the golden models, and checks that catch a broken model."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages import domain, requirements
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tests" / "golden" / "models"


def given_of(task: BackendTask) -> dict[str, Any]:
    """Return the state after the two stages, as plain values."""
    state: dict[str, Any] = {"task": task.to_state()}
    state["requirements"] = requirements.STAGE.draft(Artifacts(state)).to_state()
    state["domain"] = domain.STAGE.draft(Artifacts(state)).to_state()
    return state


def example(name: str) -> dict[str, Any]:
    """Return the state of an example task."""
    text = (ROOT / "examples" / f"{name}.yaml").read_text(encoding="utf-8")
    return given_of(BackendTask.model_validate(yaml.safe_load(text)))


def substance(model: DomainModel) -> dict[str, set[str]]:
    """Return what a model says: everything but the order, the citations, descriptions and notes."""

    def plain(part: Any) -> str:
        values = part.model_dump(
            exclude={"cites", "description", "fields"}
            if hasattr(part, "kind") and not hasattr(part, "rules") and part.__class__.__name__ == "Entity"
            else {"cites", "description"}
        )
        for transition in values.get("transitions", []):
            transition.pop("cites")
        return str(sorted(values.items()))

    return {
        "actors": {plain(a) for a in model.actors},
        "entities": {plain(e) for e in model.entities},
        "fields": {f"{e.name}: {plain(f)}" for e in model.entities for f in e.fields},
        "relations": {plain(r) for r in model.relations},
        "rules": {plain(r) for r in model.rules},
        "unplaced": {u.requirement for u in model.unplaced},
    }


@pytest.mark.parametrize("name", ["todo", "bookshop", "clinic", "bank"])
def test_drafts_match_the_golden_models(name: str) -> None:
    wanted = DomainModel.model_validate(yaml.safe_load((MODELS / f"{name}.yaml").read_text(encoding="utf-8")))
    state = example(name)
    assert substance(DomainModel.from_state(state["domain"])) == substance(wanted)


@pytest.mark.parametrize("name", ["todo", "bookshop", "clinic", "bank"])
def test_examples_pass_all_checks(name: str) -> None:
    given = Artifacts(example(name))
    failed = [r.check for r in domain.STAGE.check(given) if r.verdict != "pass"]
    assert failed == []
    assert domain.STAGE.draft(given) == given.domain


def test_every_element_cites_a_statement() -> None:
    model = Artifacts(example("bookshop")).domain
    assert all(r.cites for r in model.relations)
    assert all(r.cites for r in model.rules)
    assert all(e.cites for e in model.entities)
    assert all(a.cites for a in model.actors)


def _rules(model: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r for r in model["rules"] if r["kind"] == kind]


def _forget(model: dict[str, Any]) -> None:
    model["unplaced"] = []


def _point_nowhere(model: dict[str, Any]) -> None:
    model["relations"][0]["target"] = "Nothing"


def _cite_nothing(model: dict[str, Any]) -> None:
    model["entities"][1]["cites"] = ["R-900"]


def _lose_the_way(model: dict[str, Any]) -> None:
    _rules(model, "ownership")[0]["path"] = ["elsewhere"]


def _name_no_field(model: dict[str, Any]) -> None:
    _rules(model, "search")[0]["fields"] = ["authors.shoe_size"]


def _name_no_actor(model: dict[str, Any]) -> None:
    _rules(model, "role")[0]["roles"] = ["king"]


def _double(model: dict[str, Any]) -> None:
    model["entities"].append(model["entities"][1])


def _misname(model: dict[str, Any]) -> None:
    model["entities"][1]["fields"][0]["name"] = "metadata"


def _name_like_the_own_id(model: dict[str, Any]) -> None:
    entity = model["entities"][1]
    entity["fields"][0]["name"] = f"{entity['name'].lower()}_id"


def _name_like_a_draft(model: dict[str, Any]) -> None:
    model["entities"].append({"name": "BookDraft", "kind": "record", "fields": [], "cites": ["R-001"]})


def _name_like_a_class_of_the_service(model: dict[str, Any]) -> None:
    model["entities"].append({"name": "UserCredentials", "kind": "record", "fields": [], "cites": ["R-001"]})


def _name_a_relation_like_its_entity(model: dict[str, Any]) -> None:
    relation = model["relations"][0]
    relation["name"] = relation["source"].lower()


def _name_a_relation_in_two_words(model: dict[str, Any]) -> None:
    model["relations"][0]["inverse"] = "book's pages"


def _name_a_role_with_a_quote(model: dict[str, Any]) -> None:
    model["actors"][0]["name"] = "staff' OR 1=1"


def _name_a_transition_out_of_its_path(model: dict[str, Any]) -> None:
    _rules(model, "lifecycle")[0]["transitions"][0]["name"] = "../cancel"


def _a_value_that_is_code(model: dict[str, Any]) -> None:
    field = next(f for e in model["entities"] for f in e["fields"] if f["values"])
    field["values"].append("x = 1")


def _name_a_field_like_a_keyword(model: dict[str, Any]) -> None:
    model["entities"][1]["fields"][0]["name"] = "class"


def _lock_out(model: dict[str, Any]) -> None:
    for actor in model["actors"]:
        actor["registers"] = actor["administrator"] = False


def _strand(model: dict[str, Any]) -> None:
    _rules(model, "lifecycle")[0]["transitions"][0]["target"] = "cancelled"


def _two_accounts(model: dict[str, Any]) -> None:
    model["entities"][1]["kind"] = "account"


def _impossible(model: dict[str, Any]) -> None:
    model["entities"][1]["fields"][0]["min_length"] = 900


@pytest.mark.parametrize(
    ("check", "mutate"),
    [
        ("placed", _forget),
        ("references", _point_nowhere),
        ("references", _cite_nothing),
        ("references", _lose_the_way),
        ("references", _name_no_field),
        ("references", _name_no_actor),
        ("distinct", _double),
        ("names", _misname),
        ("names", _name_like_the_own_id),
        ("names", _name_like_a_draft),
        ("names", _name_like_a_class_of_the_service),
        ("names", _name_a_relation_like_its_entity),
        ("names", _name_a_relation_in_two_words),
        ("names", _name_a_role_with_a_quote),
        ("names", _name_a_transition_out_of_its_path),
        ("names", _a_value_that_is_code),
        ("names", _name_a_field_like_a_keyword),
        ("managed", _lock_out),
        ("states", _strand),
        ("account", _two_accounts),
        ("satisfiable", _impossible),
    ],
)
def test_each_check_catches_its_mutant(check: str, mutate: Any) -> None:
    state = example("bookshop")
    if check == "placed":
        for kind in ("actors", "entities", "relations", "rules"):
            for part in state["domain"][kind]:
                part["cites"] = [c for c in part["cites"] if c != "R-011"]
    mutate(state["domain"])
    failed = {r.check for r in domain.STAGE.check(Artifacts(state)) if r.verdict == "fail"}
    assert f"domain.{check}" in failed


def test_prose_gives_a_sound_model() -> None:
    task = BackendTask.model_validate(
        {
            "project_name": "Library",
            "description": "Members of the public can become members; a member has a card number, a name and an email address. The library owns"
            " titles, and of each title one or more copies. Each copy carries a barcode and sits on a shelf. Members can look up titles by author"
            " or subject. Librarians add new titles. Only the head librarian may remove members.",
        }
    )
    model = Artifacts(given_of(task)).domain
    assert {e.name for e in model.entities} == {"User", "Member", "Title", "Copy", "Shelf"}
    assert model.actor("member").profile == "Member"
    assert [r.target for r in model.relations_from("Copy")] == ["Title", "Shelf"]
    assert [(r.entity, r.operations) for r in model.rules if r.kind == "role" and r.roles == ["head_librarian"]] == [
        ("Member", ["delete"])
    ]


def test_entities_that_would_clash_in_code_get_another_name() -> None:
    task = BackendTask.model_validate(
        {
            "project_name": "Press",
            "requirements": [
                "A book has a title.",
                "A book draft has a text and a book.",
                "Users can register.",
                "Users can create book drafts.",
            ],
        }
    )
    state = given_of(task)
    model = Artifacts(state).domain
    assert {e.name for e in model.entities} == {"User", "Book", "BookDraftRecord"}
    assert {r.source for r in model.relations} == {"BookDraftRecord"}
    assert [note for note in model.notes if "BookDraftRecord" in note]
    assert [r.check for r in domain.STAGE.check(Artifacts(state)) if r.verdict == "fail"] == []
