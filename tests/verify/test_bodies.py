"""Bodies of operations: a good one passes, each kind of bad one is caught, and nothing harmful is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import operations
import pytest

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operations import CustomOperation, Example
from backend_agent.chat.bodies import body_of
from backend_agent.verify import bodies
from backend_agent.verify.bodies import UNCONFINED, Examined, examine


def transfer() -> tuple[DomainModel, CustomOperation]:
    domain = operations.bank()
    return domain, next(o for o in domain.operations if o.name == "transfer_money")


def changed(old: str, new: str) -> Examined:
    domain, operation = transfer()
    assert old in operation.body
    return examine(body_of(domain, operation.model_copy(update={"body": operation.body.replace(old, new)})))


@pytest.mark.parametrize("made", [operations.bank, operations.bookshop, operations.library])
def test_bodies_that_were_written_by_hand_pass(made: Callable[[], DomainModel]) -> None:
    domain = made()
    for operation in domain.operations:
        seen = examine(body_of(domain, operation))
        assert seen.faults == []
        assert seen.ok
        assert seen.passed > 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import datetime as dt\n", "import datetime as dt\nimport os\n", "import of os"),
        ("source.balance < amount", "amount < eval('0')", "eval is not allowed"),
        ("source.balance - amount)", "source.balance + amount)", "example"),
        ('raise Refused("The balance is too small.")', "pass", "test_too_small_a_balance"),
        ("-> TransferMoneyOutcome:", "-> TransferMoneyOutcome | None:", "signature.py"),
        ("source.balance - amount)", 'source.balance - "1")', "unsupported operand"),
        ("def transfer_money(", "def move_money(", "transfer_money"),
        ("    if source.currency", "    unused = 1\n    if source.currency", "F841"),
    ],
)  # fmt: skip
def test_each_kind_of_bad_body_is_caught(old: str, new: str, said: str) -> None:
    seen = changed(old, new)
    assert not seen.ok
    assert said in " ".join(seen.faults)


def test_a_body_that_never_ends_is_stopped() -> None:
    domain, operation = transfer()
    endless = operation.body.replace(
        "    if source.balance", "    total = 0\n    while total >= 0:\n        total += 1\n    if source.balance"
    )
    body = body_of(domain, operation.model_copy(update={"body": endless, "tests": operation.tests}))
    short = replace(bodies.LIMITS, seconds=12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "LIMITS", short)
        seen = examine(body)
    assert "did not end in its time" in " ".join(seen.faults)


def test_a_body_that_takes_all_memory_is_stopped() -> None:
    hoard = (
        "    hoard = [0] * (1 << 33)\n    if len(hoard) > source.balance:\n        return None\n    if source.balance"
    )
    said = " ".join(changed("    if source.balance", hoard).faults)
    assert "MemoryError" in said or "memory" in said


def test_without_tests_it_is_refused() -> None:
    domain, operation = transfer()
    seen = examine(body_of(domain, operation.model_copy(update={"tests": "X = 1\n"})))
    assert "there is no test in it" in " ".join(seen.faults)


def test_where_nothing_confines_nothing_is_run(tmp_path: Path) -> None:
    domain, operation = transfer()
    body = body_of(domain, operation)
    assert examine(body, confine=False).not_run == UNCONFINED
    assert examine(body, confine=False, allow_unconfined=True).ok


def test_an_acceptance_example_that_does_not_hold() -> None:
    domain, operation = transfer()
    wrong = Example(title="A rich one is refused", given={"source": {"balance": 1000}, "amount": 1}, outcome="refused")
    seen = examine(body_of(domain, operation.model_copy(update={"examples": [wrong]})))
    assert "test_example_1: Failed: DID NOT RAISE" in " ".join(seen.faults)
