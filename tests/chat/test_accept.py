"""What of an answer is taken over: what may change, what may not, and what no statement asks for."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import changed, edits, write

from backend_agent.artifacts import access
from backend_agent.artifacts.domain import DomainModel
from backend_agent.chat import trial
from backend_agent.chat.bounds import OPEN, view
from backend_agent.chat.given import WRITTEN
from backend_agent.state import Artifacts


@pytest.fixture
def todo(artifacts: Any) -> Artifacts:
    given: Artifacts = artifacts("todo")
    return given


@pytest.fixture
def shop(artifacts: Any) -> Artifacts:
    given: Artifacts = artifacts("bookshop")
    return given


def told(written: Any) -> str:
    return " | ".join(finding.evidence for finding in written.refused)


def test_what_may_change_is_taken_over(shop: Artifacts) -> None:
    written, client = write(
        "api", shop,
        edits(
            ("/endpoints[operation_id=list_books]/summary", "set", "Find books"),
            ("/security_considerations", "add", {"name": "Guessing", "detail": "Ids are random.", "cites": ["R-001"]}),
        ),
    )  # fmt: skip
    by_id = {e.operation_id: e for e in written.artifact.endpoints}
    assert by_id["list_books"].summary == "Find books"
    assert written.artifact.security_considerations[-1].name == "Guessing"
    assert not written.refused
    assert written.artifact.model_copy(
        update={"endpoints": shop.api.endpoints, "security_considerations": shop.api.security_considerations}
    ) == shop.api  # fmt: skip
    assert "owner_path" not in client.asked[0].prompt.partition("## The draft")[2]  # what may not change costs nothing


@pytest.mark.parametrize(("stage", "path", "op", "value"), [
    ("api", "/endpoints", "add", {"operation_id": "dump", "kind": "list", "method": "GET", "path": "/dump"}),
    ("api", "/endpoints[operation_id=create_book]", "remove", None),
    ("api", "/endpoints[operation_id=create_book]/access", "set", {"public": True}),
    ("api", "/base_url", "set", "/"),
    ("database", "/tables", "add", {"name": "backdoors", "columns": []}),
    ("database", "/tables[name=books]/columns", "set", []),
    ("architecture", "/architecture_type", "set", "hexagonal"),
    ("architecture", "/components", "add", {"name": "Debug shell", "responsibility": "Runs commands."}),
    ("testing", "/unit_testing", "set", []),
])  # fmt: skip
def test_what_follows_from_the_domain_model_is_not_up_to_a_chat_model(
    stage: str, path: str, op: str, value: Any, shop: Artifacts
) -> None:
    change = edits((path, op, value))
    written, client = write(stage, shop, change, change, change)
    assert written.artifact == getattr(shop, stage)
    # Either the edit is refused with a finding, or it names what was never shown and is sent back.
    assert written.refused or written.note.startswith("draft stands in: no valid answer")
    assert len(client.asked) <= 3


@pytest.mark.parametrize("change", [
    lambda v: v["authentication"].update(password_min_length=1),
    lambda v: v["authentication"].update(token_algorithm="none"),
    lambda v: v["authentication"].update(access_token_minutes=999_999),
    lambda v: v["authentication"]["lockout"].update(attempts=100_000),
    lambda v: v["authorization"].update(administrator_roles=["customer"]),
    lambda v: v["authorization"]["public"].append("create_book"),
    lambda v: v["security_headers"].update(headers=[]),
    lambda v: v["security_headers"].update(cors_origins=["*"]),
    lambda v: v["security_headers"]["headers"][0].update(value="max-age=0"),
])  # fmt: skip
def test_weaker_authentication_is_refused_and_nothing_else_changes(change: Any, shop: Artifacts) -> None:
    def both(value: Any) -> None:
        change(value)
        value["monitoring"][0]["detail"] = "Failures are counted by account."

    written, _ = write("security", shop, changed(both))
    assert {finding.stage for finding in written.refused} == {"security"}
    expected = shop.security.to_state()
    expected["monitoring"][0]["detail"] = "Failures are counted by account."
    assert written.artifact.to_state() == expected


def test_amounts_have_their_form_and_their_bounds(shop: Artifacts) -> None:
    def change(value: Any) -> None:
        value["cloud_deployment"].update(memory_limit="1Gi", cpu_limit="1; rm -rf /", replicas_max=10_000)
        value["containerization"]["base_image"] = "evil/python:latest"
        value["ci_cd_pipeline"].append({"name": "Ship", "command": "make ship"})

    written, _ = write("deployment", shop, changed(change))
    assert written.artifact.cloud_deployment.memory_limit == "1Gi"
    expected = shop.deployment.to_state()
    expected["cloud_deployment"]["memory_limit"] = "1Gi"
    assert written.artifact.to_state() == expected
    assert len(written.refused) == 4


def test_items_keep_the_requirements_that_they_serve(shop: Artifacts) -> None:
    def change(value: Any) -> None:
        value["database_optimization"] = [
            {"name": "All", "detail": "Everything is fast.", "reason": "", "cites": ["R-777"]}
        ]

    written, _ = write("performance", shop, changed(change))
    cited = {c for m in shop.performance.database_optimization for c in m.cites}
    assert cited <= {c for m in written.artifact.database_optimization for c in m.cites}
    assert "cites R-777, which is no requirement" in told(written)


def test_a_version_that_fails_more_checks_than_the_draft_is_sent_back(shop: Artifacts) -> None:
    def change(value: Any) -> None:
        value["cloud_deployment"].update(memory_request="64Gi", memory_limit="1Mi")

    written, client = write("deployment", shop, changed(change), {"edits": []}, {"edits": []})
    assert written.artifact == shop.deployment
    assert "Resources are sane" in client.asked[1].prompt


@pytest.mark.parametrize("stage", [name for name in WRITTEN if name in OPEN])
def test_each_open_place_exists(stage: str, shop: Artifacts) -> None:
    shown = view(stage, getattr(shop, stage).to_state())
    for path in OPEN[stage]:
        assert _there(shown, path.split("/")), path


def _there(value: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    if steps[0] == "*":
        return not value or any(_there(item, steps[1:]) for item in value)
    return isinstance(value, dict) and steps[0] in value and _there(value[steps[0]], steps[1:])


# --- the domain model -------------------------------------------------------------------------------------------------


def callers(domain: DomainModel) -> dict[tuple[str, str], Any]:
    return {(e.name, o): access.access(domain, e.name, o) for e in domain.entities for o in access.OPERATIONS}


@pytest.mark.parametrize("rule", [
    {"kind": "public", "entity": "Order", "operations": ["list", "read"], "cites": ["R-007"]},
    {"kind": "public", "entity": "User", "operations": ["list", "read"], "cites": ["R-001"]},
    {"kind": "role", "entity": "Book", "operations": ["create", "update", "delete"], "roles": ["customer"],
     "cites": ["R-001"]},
    {"kind": "role", "entity": "Order", "operations": ["delete"], "roles": ["customer"], "cites": ["R-015"]},
])  # fmt: skip
def test_access_that_no_statement_gives_is_taken_back(rule: dict[str, Any], shop: Artifacts) -> None:
    written, _ = write("domain", shop, changed(lambda value: value["rules"].append(rule)))
    assert f"rules of {rule['entity']}" in told(written)
    assert callers(written.artifact) == callers(shop.domain)


def test_restrictions_of_the_draft_stay(shop: Artifacts) -> None:
    def open_all(value: Any) -> None:
        value["rules"] = [r for r in value["rules"] if r["kind"] not in ("ownership", "role")]

    written, _ = write("domain", shop, changed(open_all))
    assert callers(written.artifact) == callers(shop.domain)


def test_nobody_becomes_an_administrator_or_registers_as_one(shop: Artifacts) -> None:
    def promote(value: Any) -> None:
        for actor in value["actors"]:
            actor["administrator"] = True
            actor["registers"] = True

    written, _ = write("domain", shop, changed(promote))
    then = {a.name: (a.administrator, a.registers) for a in shop.domain.actors}
    assert {a.name: (a.administrator, a.registers) for a in written.artifact.actors} == then
    assert "actors[name=customer]/administrator" in told(written)


@pytest.mark.parametrize("cites", [[], ["R-999"], ["R-001"]])
def test_an_entity_that_nobody_asked_for_goes_with_all_that_is_about_it(cites: list[str], shop: Artifacts) -> None:
    def add(value: Any) -> None:
        value["entities"].append({
            "name": "Backdoor", "fields": [{"name": "command", "type": "text", "cites": cites}], "cites": cites,
        })  # fmt: skip
        value["relations"].append({
            "name": "user", "source": "Backdoor", "target": "User", "inverse": "backdoors", "cites": cites,
        })  # fmt: skip
        value["rules"].append({"kind": "public", "entity": "Backdoor", "operations": ["list"], "cites": cites})

    written, _ = write("domain", shop, changed(add))
    assert written.artifact == shop.domain
    assert "entities[name=Backdoor]" in told(written)


def test_fields_that_give_power_need_a_statement_that_names_them(shop: Artifacts) -> None:
    def add(value: Any) -> None:
        user = next(e for e in value["entities"] if e["name"] == "User")
        user["fields"].append({"name": "is_admin", "type": "boolean", "cites": ["R-002"]})
        for field in user["fields"]:
            field["sensitive"] = False

    written, _ = write("domain", shop, changed(add))
    assert written.artifact == shop.domain
    assert "User.fields[name=is_admin]" in told(written)


@pytest.mark.parametrize("change", [
    lambda v: v["entities"][1].update(name="os.system"),
    lambda v: v["entities"][1]["fields"][0].update(name="x); import os; (y"),
    lambda v: v["entities"][1]["fields"][0].update(pattern="^(a+)+$"),
    lambda v: v["relations"][0].update(inverse="class"),
    lambda v: v["relations"][0].update(target="Nowhere"),
    lambda v: v["rules"][0].update(entity="../../etc"),
    lambda v: v["actors"][0].update(name="admin'; DROP TABLE users; --"),
])  # fmt: skip
def test_names_that_code_cannot_bear_never_get_in(change: Any, shop: Artifacts) -> None:
    written, _ = write("domain", shop, changed(change))
    assert callers(written.artifact) == callers(shop.domain)
    names = " ".join(e.name for e in written.artifact.entities)
    assert "os.system" not in names
    assert trial.judged.__name__  # the checks are those of the stage, and pass as for the draft
    text = written.artifact.model_dump_json()
    assert not any(bad in text for bad in ("import os", "(a+)+", '"class"', "Nowhere", "../", "DROP"))


def test_no_statement_is_lost(shop: Artifacts) -> None:
    def forget(value: Any) -> None:
        value["rules"] = [r for r in value["rules"] if r["kind"] != "search"]

    written, _ = write("domain", shop, changed(forget), {"edits": []}, {"edits": []})
    placed = {c for r in written.artifact.rules for c in r.cites} | {u.requirement for u in written.artifact.unplaced}
    assert {c for r in shop.domain.rules for c in r.cites} <= placed


def test_operations_without_code_are_listed_and_not_promised(shop: Artifacts) -> None:
    unplaced = shop.domain.unplaced
    cite = unplaced[0].requirement if unplaced else "R-024"

    def add(value: Any) -> None:
        value["operations"] = [{
            "name": "settle_account", "description": "Settles what is owed.", "rows": [], "inputs": [], "creates": [],
            "result": [], "roles": ["administrator"], "owner": False, "examples": [], "cites": [cite],
        }]  # fmt: skip

    written, _ = write("domain", shop, changed(add))
    assert written.artifact.operations == []
    assert cite in {u.requirement for u in written.artifact.unplaced} | {
        c for e in shop.domain.entities for c in e.cites
    }
