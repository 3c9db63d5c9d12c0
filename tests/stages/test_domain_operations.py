"""Checks of custom operations: three written by hand pass, and each fault is caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from designs import failing, numbered, task
from operations import CHECK_OUT, RETURN_LOAN, TRANSFER_MONEY, bank, bookshop, library

from backend_agent.artifacts.api import Access
from backend_agent.artifacts.domain import DomainModel, Unplaced
from backend_agent.artifacts.fields import FieldSpec
from backend_agent.artifacts.operation_access import beyond, callers, hidden_from_callers, operation_access, row_access
from backend_agent.artifacts.operation_faults import faults, written
from backend_agent.artifacts.operation_shape import loaded
from backend_agent.artifacts.operations import Creation, CustomOperation, Example, RowParameter
from backend_agent.artifacts.rules import LifecycleRule, RoleRule
from backend_agent.stages import domain
from backend_agent.stages.domain.operations import OPERATION_CHECKS

Change = dict[str, Any]


def changed(operation: CustomOperation, /, **update: Any) -> CustomOperation:
    return operation.model_copy(update=update)


def row(number: int, /, **update: Any) -> CustomOperation:
    """Return the transfer with one of its rows changed."""
    rows = list(TRANSFER_MONEY.rows)
    rows[number] = rows[number].model_copy(update=update)
    return changed(TRANSFER_MONEY, rows=rows)


def creating(**update: Any) -> CustomOperation:
    return changed(TRANSFER_MONEY, creates=[TRANSFER_MONEY.creates[0].model_copy(update=update)])


def without(text: str) -> list[str]:
    return [name for name in TRANSFER_MONEY.creates[0].fields if name != text]


MUTANTS: list[tuple[str, CustomOperation]] = [
    ("operation_names", changed(TRANSFER_MONEY, name="login")),
    ("operation_names", changed(TRANSFER_MONEY, name="freeze_account")),
    ("operation_names", changed(TRANSFER_MONEY, name="read_customer")),
    ("operation_names", changed(TRANSFER_MONEY, name="accounts")),
    ("operation_names", changed(TRANSFER_MONEY, name="account")),
    ("operation_names", changed(TRANSFER_MONEY, name="../../etc")),
    ("operation_names", changed(TRANSFER_MONEY, name="class")),
    ("operation_names", row(0, name="caller")),
    ("operation_names", row(1, name="source")),
    ("operation_names", changed(TRANSFER_MONEY, inputs=[FieldSpec(name="target_id", type="string")])),
    ("operation_references", row(0, entity="Purse")),
    ("operation_references", row(0, sets=["colour"])),
    ("operation_references", row(0, sets=["items.quantity"])),
    ("operation_references", row(0, parts=["items"])),
    ("operation_references", row(0, refers=["bank"])),
    ("operation_references", changed(TRANSFER_MONEY, roles=["king"])),
    ("operation_references", creating(entity="Payment")),
    ("operation_references", creating(fields=["amount", "colour"])),
    ("operation_limits", row(0, sets=["status"])),
    ("operation_limits", row(0, entity="User", sets=["email"])),
    ("operation_limits", row(0, anyones=True)),
    ("operation_limits", creating(fields=[*TRANSFER_MONEY.creates[0].fields, "status"])),
    ("operation_limits", creating(fields=without("amount"))),
    ("operation_limits", creating(fields=without("target_account"))),
    ("operation_limits", changed(TRANSFER_MONEY, creates=[*TRANSFER_MONEY.creates, *TRANSFER_MONEY.creates])),
    ("operation_limits", changed(TRANSFER_MONEY, result=[FieldSpec(name="source", type="integer")])),
    ("operation_examples", changed(TRANSFER_MONEY, examples=[])),
    ("operation_examples", changed(TRANSFER_MONEY, cites=[])),
    ("operation_examples", changed(TRANSFER_MONEY, examples=[Example(title="x", given={"weather": "fine"})])),
    ("operation_examples", changed(TRANSFER_MONEY, examples=[Example(title="x", expected={"weather.sun": 1})])),
    ("operation_examples", row(0, name="weather")),
    ("operation_bodies", changed(TRANSFER_MONEY, body="def transfer_money(:\n")),
    ("operation_bodies", changed(TRANSFER_MONEY, body="def move() -> None: ...\n")),
    ("operation_bodies", changed(TRANSFER_MONEY, body="def transfer_money(*, source, now): ...\n")),
    ("operation_bodies", changed(TRANSFER_MONEY, body="def transfer_money(*rows): ...\n")),
    ("operation_bodies", changed(TRANSFER_MONEY, tests="import (")),
    ("operations_listed", changed(TRANSFER_MONEY, body="", cites=["R-008"])),
    ("references", changed(TRANSFER_MONEY, cites=["R-900"])),
]


def failed(model: DomainModel) -> dict[str, list[str]]:
    return failing(domain.STAGE, {"task": task("bank"), "requirements": numbered(task("bank")), "domain": model})


def with_operations(*operations: CustomOperation) -> DomainModel:
    return bank().model_copy(update={"operations": list(operations)})


@pytest.mark.parametrize(("check", "operation"), MUTANTS, ids=lambda v: v if isinstance(v, str) else "")
def test_each_check_catches_its_mutant(check: str, operation: CustomOperation) -> None:
    model = with_operations(operation)
    assert check in failed(model)
    if check != "references":
        assert written(model) == [], "what is faulty gets no code"


def test_two_of_one_name_are_caught() -> None:
    assert "operation_names" in failed(with_operations(TRANSFER_MONEY, TRANSFER_MONEY))


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in OPERATION_CHECKS} <= {check for check, _ in MUTANTS}


@pytest.mark.parametrize("model", [bank, bookshop, library])
def test_what_is_written_by_hand_is_sound(model: Callable[[], DomainModel]) -> None:
    assert [faults(model(), operation) for operation in model().operations] == [[]]
    assert written(model()) == model().operations


def test_what_nobody_wrote_is_listed_and_no_endpoint() -> None:
    model = with_operations(changed(TRANSFER_MONEY, body=""))
    assert written(model) == []
    assert failed(model) == {}, "R-003 is listed as unplaced in the example"
    model = model.model_copy(update={"unplaced": [u for u in model.unplaced if u.requirement != "R-003"]})
    assert set(failed(model)) == {"operations_listed"}


# --- who may call -----------------------------------------------------------------------------------------------------


def test_callers_reach_no_row_that_they_may_not_read() -> None:
    allowed = operation_access(bank(), TRANSFER_MONEY)
    assert (allowed.roles, allowed.owner_roles, allowed.owner_path) == (["administrator"], ["customer"], ["customer"])
    named = changed(TRANSFER_MONEY, roles=["customer"], owner=False)
    assert operation_access(bank(), named).roles == [], "a role that reads its own rows gets no others by being named"
    assert operation_access(bank(), named).owner_roles == ["customer"]


def test_without_a_grant_an_operation_is_for_those_who_may_update() -> None:
    plain = changed(TRANSFER_MONEY, roles=[], owner=False)
    assert callers(bank(), plain) == ["administrator"]
    reading = changed(row(0, sets=[]), roles=[], owner=False, creates=[])
    assert callers(bank(), changed(reading, rows=reading.rows[:1])) == ["customer", "support_staff", "administrator"]


def test_anyones_row_is_set_by_those_only_whom_rule_or_operation_names() -> None:
    plain = changed(TRANSFER_MONEY, roles=[], owner=False)
    target = next(found for found in loaded(bank(), plain) if found.name == "target")
    assert row_access(bank(), plain, target).roles == ["administrator"]
    target = next(found for found in loaded(bank(), TRANSFER_MONEY) if found.name == "target")
    assert row_access(bank(), TRANSFER_MONEY, target) == Access()


def test_what_goes_beyond_the_rules_is_said() -> None:
    assert beyond(bank(), TRANSFER_MONEY) == [
        "customer may set balance of Account",
        "target may be an account that the caller may not read",
        "administrator may make a transfer",
    ]
    assert beyond(library(), RETURN_LOAN) == []
    assert beyond(bookshop(), CHECK_OUT) == ["customer may set stock of Book"]


def test_fields_that_some_caller_may_not_see_are_left_out() -> None:
    rule = RoleRule(
        entity="Account", operations=["read", "update"], roles=["administrator"], fields=["iban"], cites=["R-002"]
    )
    model = bank().model_copy(update={"rules": [*bank().rules, rule]})
    assert hidden_from_callers(model, TRANSFER_MONEY, "Account") == {"iban"}
    assert "is for administrator only" in " ".join(faults(model, row(0, sets=["iban"])))
    alone = changed(TRANSFER_MONEY, roles=["administrator"], owner=False)
    assert hidden_from_callers(model, alone, "Account") == set()


def test_parts_of_what_can_be_frozen_come_with_their_whole() -> None:
    base = bookshop()
    rules = [
        r.model_copy(update={"frozen_states": ["shipped"]}) if isinstance(r, LifecycleRule) else r for r in base.rules
    ]
    model = base.model_copy(update={"rules": rules})
    alone = changed(
        RETURN_LOAN, name="reprice", rows=[RowParameter(name="item", entity="OrderItem", sets=["price"])], result=[],
        examples=[Example(title="x")], body="def reprice(*, item, now): ...",
    )  # fmt: skip
    assert faults(base, alone) == []
    assert "has frozen states: take Order as a row" in " ".join(faults(model, alone))
    whole = RowParameter(name="order", entity="Order", parts=["items"], sets=["items.price"])
    assert faults(model, changed(alone, rows=[whole], body="def reprice(*, order, now): ...")) == []


def test_rows_of_one_entity_come_alike() -> None:
    twice = [RowParameter(name="cart", entity="Cart", parts=["items"]), RowParameter(name="other", entity="Cart")]
    assert "comes with different rows" in " ".join(faults(bookshop(), changed(CHECK_OUT, rows=twice)))


def test_unplaced_words_are_no_fault_beside_an_operation() -> None:
    words = Unplaced(requirement="R-003", reason="nobody asked", part="a reference")
    assert failed(bank().model_copy(update={"unplaced": [*bank().unplaced, words]})) == {}


def test_a_creation_that_stands_alone_names_its_whole() -> None:
    alone = changed(CHECK_OUT, creates=[Creation(entity="OrderItem", fields=["quantity", "price", "book"], many=True)])
    assert "a new OrderItem needs order" in " ".join(faults(bookshop(), alone))
