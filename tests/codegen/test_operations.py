"""Custom operations: types and bodies in isolation, and the service around them in every layout."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from designs import redesigned, task
from operations import CHECK_OUT, CLOSE_VISIT, RETURN_LOAN, TRANSFER_MONEY, bank, bookshop, clinic, library

from backend_agent.artifacts.code import Implementation
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.codegen import LAYOUTS, generate, write
from backend_agent.codegen.custom.types import isolated, signature, sources
from backend_agent.stages import testing
from backend_agent.state import Artifacts
from backend_agent.verify.run import verify

Model = Callable[[], DomainModel]
WRITTEN: dict[str, tuple[str, Model, CustomOperation]] = {
    "transfer_money": ("bank", bank, TRANSFER_MONEY),
    "checkout": ("bookshop", bookshop, CHECK_OUT),
    "return_loan": ("todo", library, RETURN_LOAN),
    "close_visit": ("clinic", clinic, CLOSE_VISIT),
}
PLACES = {
    "layered": "app/services/{}.py",
    "monolithic": "app/features/{}/service.py",
    "hexagonal": "app/application/{}.py",
    "clean_architecture": "app/use_cases/{}.py",
}


@cache
def generated(name: str, layout: str, engine: str = "") -> Implementation:
    case, model, _ = WRITTEN[name]
    given = task(case).model_copy(update={"architecture_type": layout})
    if engine:
        database = given.database_requirements.model_copy(update={"type": engine})
        given = given.model_copy(update={"database_requirements": database})
    return drawn(redesigned(case, task=given, domain=model()))


def drawn(state: dict[str, Any]) -> Implementation:
    state["testing"] = testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))
    return generate(Artifacts(state))


def run(folder: Path, *command: str, **environ: str) -> str:
    """Run a module of Python in a folder; what it complains of fails the test."""
    known = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False,
        env={**known, "PYTHONDONTWRITEBYTECODE": "1", **environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def put(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


# --- in isolation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_a_body_and_its_tests_run_without_the_service(tmp_path: Path, name: str) -> None:
    _, model, operation = WRITTEN[name]
    put(tmp_path, isolated(model(), operation))
    assert " passed" in run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
    examples = tmp_path / "tests" / f"test_{name}_examples.py"
    assert examples.read_text(encoding="utf-8").count("def test_") == len(operation.examples)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("transfer_money", "target.balance + amount", "target.balance"),
        ("transfer_money", 'raise Refused("The balance is too small.")', "amount = source.balance"),
        ("checkout", "item.book.stock - item.quantity", "item.book.stock"),
        ("checkout", "NewOrderItem(quantity=item.quantity", "NewOrderItem(quantity=1"),
        ("return_loan", "available=True", "available=False"),
    ],
)
def test_examples_tell_a_wrong_body(tmp_path: Path, name: str, right: str, wrong: str) -> None:
    _, model, operation = WRITTEN[name]
    assert right in operation.body
    put(tmp_path, isolated(model(), operation.model_copy(update={"body": operation.body.replace(right, wrong)})))
    command = ("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", f"tests/test_{name}_examples.py")
    with pytest.raises(AssertionError, match="1 failed"):
        run(tmp_path, *command)


def test_the_head_of_the_function_and_its_types_say_the_same() -> None:
    head = signature(TRANSFER_MONEY)
    assert head == (
        "def transfer_money(*, source: AccountRow, target: AccountRow, amount: Decimal, reference: str, "
        "now: dt.datetime) -> TransferMoneyOutcome:"
    )
    (text,) = sources(bank(), TRANSFER_MONEY).values()
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Refused", "AccountRow", "SourceChanges", "TargetChanges", "NewTransfer", "TransferMoneyOutcome"]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("SourceChanges(balance=Decimal('-0.01'))", "The balance must be at least 0."),
        ("SourceChanges(balance=Decimal('10000000000'))", "The balance must be at most 9999999999.99."),
        ("SourceChanges(balance=Decimal('1') / 3)", "The balance has more than 2 digits behind the point."),
        ("SourceChanges(balance=Decimal('NaN'))", "The balance is no number."),
        ("transfer(amount=Decimal(0))", "The amount must be greater than 0."),
        ("transfer(reference='')", "The reference must have 1 to 200 characters."),
        ("transfer(reference='a' * 201)", "The reference must have 1 to 200 characters."),
        ("transfer(reference='a\\0')", "The reference is not written as it must be."),
    ],
)
def test_types_keep_the_bounds_of_their_fields(tmp_path: Path, made: str, words: str) -> None:
    (text,) = sources(bank(), TRANSFER_MONEY).values()
    put(tmp_path, {"types_of_it.py": text, "try_it.py": TRY.format(made=made)})
    assert run(tmp_path, "try_it").strip() == words


TRY = """
import datetime as dt
from decimal import Decimal
from uuid import UUID

from types_of_it import NewTransfer, Refused, SourceChanges


def transfer(amount=Decimal(1), reference="Rent"):
    return NewTransfer(
        amount=amount, reference=reference, transfer_time=dt.datetime.now(dt.UTC),
        source_account_id=UUID(int=1), target_account_id=UUID(int=2),
    )


try:
    {made}
except Refused as refusal:
    print(refusal)
"""


# --- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", WRITTEN)
def test_files_stand_where_the_layout_says(name: str, layout: str) -> None:
    operation = WRITTEN[name][2]
    files = {f.path: f for f in generated(name, layout).files}
    places = [
        PLACES[layout].format(name),
        f"app/operations/{name}.py",
        f"app/operations/{name}_types.py",
        f"tests/test_{name}_operation.py",
        *([f"tests/test_{name}_body.py"] if operation.tests else []),
    ]
    for path in places:
        assert files[path].cites == operation.cites
    body = files[f"app/operations/{name}.py"].content
    assert body.startswith(f"# Written by edited; serves {operation.cites[0]}.\n")
    assert ast.dump(ast.parse(body)) == ast.dump(ast.parse(operation.body))


def test_without_an_operation_no_file_tells_of_one() -> None:
    case, model, operation = WRITTEN["transfer_money"]
    gone = model().model_copy(update={"operations": [operation.model_copy(update={"body": ""})]})
    bare = redesigned(case, domain=gone.model_copy(update={"operations": []}))
    unwritten = redesigned(case, domain=gone)
    assert [f for f in drawn(unwritten).files if "transfer_money" in f.path + f.content] == []
    assert {f.path: f.content for f in drawn(unwritten).files} == {f.path: f.content for f in drawn(bare).files}


def test_a_header_is_one_line_whoever_wrote_it() -> None:
    case, model, operation = WRITTEN["transfer_money"]
    hostile = operation.model_copy(update={"written_by": 'x\nimport os\u2028os.system("id")'})
    state = redesigned(case, domain=model().model_copy(update={"operations": [hostile]}))
    body = drawn(state).file("app/operations/transfer_money.py").content
    assert body.splitlines()[0].startswith("# Written by x import os")
    assert ast.dump(ast.parse(body)) == ast.dump(ast.parse(operation.body))


def test_an_operation_that_goes_away_takes_its_files_along(tmp_path: Path) -> None:
    case, model, _ = WRITTEN["transfer_money"]
    write(generated("transfer_money", "layered").files, tmp_path / "project")
    bare = redesigned(case, domain=model().model_copy(update={"operations": []}))
    layered = bare["architecture"].model_copy(update={"architecture_type": "layered"})
    write(drawn({**bare, "architecture": layered}).files, tmp_path / "project")
    assert [str(p) for p in (tmp_path / "project").rglob("*transfer_money*")] == []


# --- the running service ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("transfer_money", "hexagonal"),
        ("transfer_money", "layered"),
        ("checkout", "monolithic"),
        ("checkout", "clean_architecture"),
        ("return_loan", "layered"),
        ("close_visit", "hexagonal"),
    ],
)
def test_everything_that_runs_passes(name: str, layout: str) -> None:
    server = os.environ.get("BACKEND_AGENT_POSTGRES_URL")
    report = verify(generated(name, layout, "postgresql" if server else "sqlite").files, server)
    assert [f"{run.verifier}: {f.title}: {f.evidence}" for run in report.runs for f in run.findings] == []
    absent = {run.verifier: run.reason for run in report.runs if run.verdict == "not_run"}
    assert all("PostgreSQL" in reason and not server for reason in absent.values()), absent
    assert {test.verdict for test in report.tests} == {"pass"}
    assert any(f"test_{name}_" in test.id for test in report.tests)


TOGETHER = """
import asyncio
from decimal import Decimal

import pytest

from tests.factories import make_account
from tests.support import Api


async def test_the_sum_stays_when_many_transfer_at_once(api: Api) -> None:
    rows = [await make_account(api) for _ in range(3)]
    for row in rows:
        await api.database.change("accounts", row.id, balance=Decimal("50.00"), currency="EUR")
    pairs = [(rows[i % 3], rows[(i + 1 + i % 2) % 3]) for i in range(20)]
    answers = await asyncio.gather(
        *(
            source.owner.post(
                f"/accounts/{source.id}/transfer-money",
                {"target_id": target.id, "amount": f"{10 + i}.00", "reference": "x"},
            )
            for i, (source, target) in enumerate(pairs)
        )
    )
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 409}, statuses
    assert statuses.count(200) >= 3
    balances = [await api.database.value("accounts", row.id, "balance") for row in rows]
    assert sum(balances) == Decimal("150.00")
    assert min(balances) >= 0
    assert await api.database.count("transfers") == statuses.count(200)
    versions = [await api.database.value("accounts", row.id, "version") for row in rows]
    assert sum(versions) == 3 + 2 * statuses.count(200)
"""


@pytest.fixture
def own_database(postgres_url: str) -> Iterator[str]:
    name = f"operations_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            place = postgres_url.partition("://")[2].rsplit("/", 1)[0]
            yield f"postgresql+asyncpg://{place}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.mark.slow
@pytest.mark.needs_postgres
def test_twenty_transfers_at_once_keep_the_sum(tmp_path: Path, own_database: str) -> None:
    folder = write(generated("transfer_money", "hexagonal", "postgresql").files, tmp_path / "project").folder
    (folder / "tests" / "test_together.py").write_text(TOGETHER, encoding="utf-8")
    wanted = ("pytest", "-q", "-p", "no:cacheprovider", "tests/test_together.py")
    assert "1 passed" in run(folder, *wanted, TEST_DATABASE_URL=own_database)
