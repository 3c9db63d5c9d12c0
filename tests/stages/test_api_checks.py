"""Every check of the API stage passes the drafts, and catches a specification with the fault that it looks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from operations import bank

from backend_agent.artifacts.api import Access, APISpecification, DataModel, Endpoint, Property
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages.api import STAGE
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
CASES = ["todo", "bookshop", "clinic", "bank", "transfers"]
"""The examples, and the bank with a custom operation."""


@cache
def drafted(case: str) -> dict[str, Any]:
    """Return what the stage reads, for a golden model; with its own artifact."""
    domain = yaml.safe_load((ROOT / "tests/golden/models" / f"{case}.yaml").read_text(encoding="utf-8"))
    task = BackendTask.model_validate(yaml.safe_load((ROOT / "examples" / f"{case}.yaml").read_text(encoding="utf-8")))
    texts = [s.text for s in [*task.requirements, *task.security_requirements]]
    requirements = RequirementsAnalysis(
        statements=[
            Statement(
                id=f"R-{number:03}", text=text, category="functional", priority="medium", complexity="low",
                approach="directly", source="requirements",
            )
            for number, text in enumerate(texts, start=1)
        ]
    )  # fmt: skip
    return with_api({"task": task, "domain": DomainModel.model_validate(domain), "requirements": requirements})


def given(case: str) -> dict[str, Any]:
    if case == "transfers":
        return with_api({**drafted("bank"), "domain": bank()})
    return dict(drafted(case))


def with_api(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "api": STAGE.draft(Artifacts(values))}


def endpoint(api: APISpecification, operation_id: str) -> Endpoint:
    return next(e for e in api.endpoints if e.operation_id == operation_id)


ANY = Access()
PUBLIC = Access(public=True)
ADMINISTRATOR = Access(roles=["administrator"])


def owner(role: str, *path: str, roles: tuple[str, ...] = ()) -> Access:
    return Access(roles=list(roles), owner_roles=[role], owner_path=list(path))


@pytest.mark.parametrize("case", CASES)
def test_draft_passes_its_checks_and_is_the_same_twice(case):
    values = given(case)
    assert [f.evidence for r in STAGE.check(Artifacts(values)) for f in r.findings] == []
    assert values["api"].to_state() == STAGE.draft(Artifacts(values)).to_state()
    assert APISpecification.from_state(values["api"].to_state()) == values["api"]


Mutation = Callable[[APISpecification], APISpecification]


def at(operation_id: str, /, **update: Any) -> Mutation:
    """Return a mutation of one endpoint."""

    def apply(api: APISpecification) -> APISpecification:
        found = [e.model_copy(update=update) if e.operation_id == operation_id else e for e in api.endpoints]
        return api.model_copy(update={"endpoints": found})

    return apply


def without(operation_id: str) -> Mutation:
    return lambda api: api.model_copy(
        update={"endpoints": [e for e in api.endpoints if e.operation_id != operation_id]}
    )


def parameter(operation_id: str, which: str, /, **update: Any) -> Mutation:
    """Return a mutation of one parameter; without an update it is taken out."""

    def apply(api: APISpecification) -> APISpecification:
        old = endpoint(api, operation_id).parameters
        new = [p.model_copy(update=update) if p.name == which else p for p in old if update or p.name != which]
        return at(operation_id, parameters=new)(api)

    return apply


def prop(model_name: str, which: str, /, **update: Any) -> Mutation:
    """Return a mutation of one property; without an update it is taken out."""

    def edit(found: DataModel) -> DataModel:
        old = found.properties
        new = [p.model_copy(update=update) if p.name == which else p for p in old if update or p.name != which]
        return found.model_copy(update={"properties": new})

    return lambda api: api.model_copy(
        update={"data_models": [edit(m) if m.name == model_name else m for m in api.data_models]}
    )


def added(model: str, new: Property) -> Mutation:
    return lambda api: api.model_copy(
        update={
            "data_models": [
                m.model_copy(update={"properties": [*m.properties, new]}) if m.name == model else m
                for m in api.data_models
            ]
        }
    )


def planted(like: str, **update: Any) -> Mutation:
    """Return a mutation that adds an endpoint, made after another one."""
    return lambda api: api.model_copy(
        update={"endpoints": [*api.endpoints, endpoint(api, like).model_copy(update=update)]}
    )


MUTANTS: list[tuple[str, str, Mutation]] = [
    ("nothing_is_hidden", "bank", planted("list_users", operation_id="dump_users", path="/dump", access=ANY)),
    ("nothing_is_hidden", "bank", planted("freeze_account", operation_id="thaw_account", transition="thaw")),
    ("nothing_is_hidden", "bank", planted("me", operation_id="debug", kind="operation", path="/debug")),
    ("nothing_is_hidden", "bank", planted("login", operation_id="register", kind="register", path="/auth/register")),
    ("nobody_more_is_admitted", "bank", at("list_users", access=ANY)),
    ("nobody_more_is_admitted", "bank", at("create_customer", access=ANY)),
    ("nobody_more_is_admitted", "bank", at("update_account", access=owner("customer", "customer"))),
    ("nobody_more_is_admitted", "bank", at("close_account", access=owner("customer", "customer"))),
    ("nobody_more_is_admitted", "bank", at("list_transfers", access=owner("customer", "target_account", "customer"))),
    ("nobody_more_is_admitted", "bookshop", at("list_carts", access=PUBLIC)),
    ("nobody_more_is_admitted", "transfers", at("transfer_money", access=ANY)),
    ("rules_are_offered", "transfers", without("transfer_money")),
    ("operations_tell_no_more", "transfers", added("TransferMoneyResult", Property(name="iban", type="string"))),
    ("operations_tell_no_more", "transfers", prop("TransferMoneyRequest", "target_id")),
    ("entities_are_offered", "bookshop", without("create_book")),
    ("rules_are_offered", "bookshop", without("cancel_order")),
    ("lists_are_searchable", "bookshop", parameter("list_books", "search")),
    ("lists_are_searchable", "todo", parameter("list_tasks", "priority")),
    ("lists_are_searchable", "todo", parameter("list_tasks", "sort")),
    ("lists_are_searchable", "todo", parameter("list_tasks", "sort", values=["created_at"])),
    ("operations_are_unique", "todo", at("read_task", operation_id="list_tasks")),
    ("operations_are_unique", "todo", at("read_task", path="/labels/{id}")),
    ("models_are_known", "todo", at("read_task", response="Nothing")),
    ("models_are_known", "todo", prop("TaskPage", "items", model="Nothing")),
    ("models_are_known", "todo", at("create_task", request=None)),
    ("path_keys_are_declared", "todo", parameter("read_task", "task_id")),
    ("path_keys_are_declared", "todo", at("read_task", path="/tasks/{id}")),
    ("problems_are_named", "todo", at("read_task", errors=[401, 422, 429])),
    ("problems_are_named", "todo", at("read_task", errors=[401, 404, 418, 422, 429])),
    ("methods_mean_what_they_say", "todo", at("update_task", method="PUT")),
    ("methods_mean_what_they_say", "todo", at("delete_task", status=200)),
    ("methods_mean_what_they_say", "todo", at("delete_task", request="TaskCreate")),
    ("names_are_regular", "todo", at("list_tasks", path="/Tasks")),
    ("names_are_regular", "todo", at("list_tasks", operation_id="listTasks")),
    ("names_are_regular", "todo", parameter("list_tasks", "priority", name="taskPriority")),
    ("everything_is_cited", "todo", at("read_task", cites=[])),
    (
        "everything_is_cited",
        "todo",
        lambda a: a.model_copy(update={"data_models": [m.model_copy(update={"cites": []}) for m in a.data_models]}),
    ),
    ("nothing_public_by_accident", "bookshop", at("create_book", access=PUBLIC)),
    ("nothing_public_by_accident", "bookshop", at("list_authors", access=PUBLIC)),
    ("owners_are_admitted", "todo", at("read_task", access=ADMINISTRATOR)),
    ("owners_are_admitted", "todo", at("read_task", access=owner("user", "other"))),
    ("only_named_roles_are_admitted", "todo", at("read_task", access=ANY)),
    ("only_named_roles_are_admitted", "bookshop", at("create_book", access=Access(roles=["customer"]))),
    ("only_named_roles_are_admitted", "bookshop", at("create_book", access=owner("customer", "category"))),
    ("transitions_are_guarded", "bookshop", at("ship_order", access=Access(roles=["administrator", "customer"]))),
    ("transitions_are_guarded", "bookshop", at("ship_order", access=owner("customer", "customer"))),
    ("transitions_are_guarded", "bookshop", at("ship_order", transition="explode")),
    ("accounts_are_for_administrators", "bookshop", at("list_users", access=ANY)),
    ("accounts_are_for_administrators", "bookshop", at("create_user", access=Access(roles=["customer"]))),
    ("access_is_consistent", "todo", at("read_task", access=Access(owner_roles=["user"]))),
    ("access_is_consistent", "todo", at("read_task", access=Access(public=True, roles=["user"]))),
    ("access_is_consistent", "todo", at("read_task", access=Access(roles=["king"]))),
    ("answers_hold_no_secret", "todo", added("UserRead", Property(name="password_hash", type="string"))),
    ("lists_do_not_tell", "clinic", parameter("list_patients", "limit", purpose="filter", field="medical_notes")),
    ("lists_do_not_tell", "clinic", parameter("list_patients", "limit", purpose="sort", values=["-medical_notes"])),
    (
        "lists_do_not_tell",
        "clinic",
        parameter("list_patients", "limit", purpose="search", description="Words to find in name or medical notes."),
    ),
    (
        "lists_do_not_tell",
        "clinic",
        parameter("list_appointments", "limit", purpose="search", description="Words to find in patient medical notes"),
    ),
    ("lists_are_bounded", "todo", parameter("list_tasks", "limit")),
    ("lists_are_bounded", "todo", parameter("list_tasks", "limit", maximum=1_000_000)),
    ("paging_is_cheap", "todo", parameter("list_tasks", "offset", maximum=None)),
    ("paging_is_cheap", "todo", parameter("list_tasks", "offset")),
    ("requests_are_bounded", "todo", prop("TaskCreate", "title", max_length=None)),
    ("requests_are_bounded", "bookshop", prop("BookCreate", "stock", maximum=None)),
    ("requests_are_bounded", "bookshop", prop("BookCreate", "author_ids", max_items=None)),
    ("requests_are_bounded", "bookshop", parameter("list_books", "search", max_length=None)),
    ("server_sets_its_fields", "todo", added("TaskCreate", Property(name="user_id", type="uuid"))),
    ("server_sets_its_fields", "clinic", added("InvoiceCreate", Property(name="status", type="string", max_length=9))),
    ("updates_are_locked", "todo", prop("TaskUpdate", "version")),
    ("fields_are_bounded_alike", "todo", prop("TaskCreate", "title", max_length=500)),
    ("fields_are_bounded_alike", "todo", prop("TaskUpdate", "priority", values=["low"])),
    ("fields_are_bounded_alike", "bookshop", prop("BookCreate", "price", minimum=-1)),
    ("fields_are_bounded_alike", "bookshop", prop("ReviewCreate", "rating", maximum=6)),
    ("fields_are_bounded_alike", "bookshop", prop("BookCreate", "isbn", pattern=None)),
    ("passwords_are_long", "todo", prop("RegisterRequest", "password", min_length=4)),
    ("calls_are_limited", "todo", lambda a: a.model_copy(update={"rate_limiting": a.rate_limiting[:2]})),
]


@pytest.mark.parametrize(("check", "case", "mutate"), MUTANTS, ids=lambda v: v if isinstance(v, str) else "")
def test_check_catches_its_mutant(check, case, mutate):
    values = given(case)
    values["api"] = mutate(values["api"])
    found = next(c for c in STAGE.checks if c.name == check).run("api", Artifacts(values))
    assert found.verdict == "fail"
    assert all(f.evidence for f in found.findings)


def test_every_check_has_a_mutant():
    assert {name for name, _, _ in MUTANTS} == {c.name for c in STAGE.checks}
