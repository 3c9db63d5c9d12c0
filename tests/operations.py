"""Domain models with custom operations that somebody wrote by hand: bank, bookshop and a library."""

from __future__ import annotations

from functools import cache

from designs import domain

from backend_agent.artifacts.domain import DomainModel, Entity, FieldSpec, Relation
from backend_agent.artifacts.operations import Creation, CustomOperation, Example, RowParameter
from backend_agent.artifacts.rules import OwnershipRule

TRANSFER = '''"""Moves money from one account to another."""

import datetime as dt
from decimal import Decimal

from app.operations.transfer_money_types import (
    AccountRow,
    NewTransfer,
    Refused,
    SourceChanges,
    TargetChanges,
    TransferMoneyOutcome,
)


def transfer_money(
    *, source: AccountRow, target: AccountRow, amount: Decimal, reference: str, now: dt.datetime
) -> TransferMoneyOutcome:
    """Return both balances, moved by the amount, and the transfer that says so."""
    if source.currency != target.currency:
        raise Refused("Both accounts must be in one currency.")
    if source.balance < amount:
        raise Refused("The balance is too small.")
    return TransferMoneyOutcome(
        fee=Decimal("0.00"),
        source=SourceChanges(balance=source.balance - amount),
        target=TargetChanges(balance=target.balance + amount),
        transfer=NewTransfer(
            amount=amount,
            reference=reference,
            transfer_time=now,
            source_account_id=source.id,
            target_account_id=target.id,
        ),
    )
'''
TRANSFER_TESTS = '''"""What `transfer_money` does to plain values."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest

from app.operations.transfer_money import transfer_money
from app.operations.transfer_money_types import AccountRow, Refused, SourceChanges, TargetChanges

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def account(number: int, balance: str, currency: str = "EUR") -> AccountRow:
    return AccountRow(
        id=UUID(int=number),
        iban=f"DE{number:020}",
        currency=currency,
        balance=Decimal(balance),
        status="active",
        customer_id=UUID(int=100 + number),
        created_at=NOW,
    )


def test_the_sum_stays() -> None:
    outcome = transfer_money(
        source=account(1, "100.00"), target=account(2, "5.00"), amount=Decimal("30.25"), reference="Rent", now=NOW
    )
    assert outcome.source == SourceChanges(balance=Decimal("69.75"))
    assert outcome.target == TargetChanges(balance=Decimal("35.25"))
    assert outcome.transfer is not None
    assert outcome.transfer.source_account_id == UUID(int=1)


def test_too_small_a_balance() -> None:
    with pytest.raises(Refused, match="too small"):
        transfer_money(
            source=account(1, "10.00"), target=account(2, "5.00"), amount=Decimal("10.01"), reference="Rent", now=NOW
        )


def test_two_currencies() -> None:
    with pytest.raises(Refused, match="one currency"):
        transfer_money(
            source=account(1, "10.00"),
            target=account(2, "5.00", "USD"),
            amount=Decimal("1.00"),
            reference="Rent",
            now=NOW,
        )
'''
CHECKOUT = '''"""Turns a cart into an order."""

import datetime as dt
from decimal import Decimal

from app.operations.checkout_types import (
    CartItemsBookChanges,
    CartRow,
    CheckoutOutcome,
    NewOrder,
    NewOrderItem,
    Refused,
)


def checkout(*, cart: CartRow, now: dt.datetime) -> CheckoutOutcome:
    """Return an order for what is in the cart, and the stock that is left."""
    if not cart.items:
        raise Refused("The cart is empty.")
    for item in cart.items:
        if item.quantity > item.book.stock:
            raise Refused(f"There are only {item.book.stock} copies of {item.book.title}.")
    return CheckoutOutcome(
        total=sum((item.quantity * item.book.price for item in cart.items), Decimal(0)),
        ordered_on=now.date(),
        order=NewOrder(
            items=tuple(
                NewOrderItem(quantity=item.quantity, price=item.book.price, book_id=item.book_id)
                for item in cart.items
            ),
        ),
        cart_items_book=tuple(
            CartItemsBookChanges(id=item.book_id, stock=item.book.stock - item.quantity) for item in cart.items
        ),
    )
'''
CHECKOUT_TESTS = '''"""What `checkout` does to plain values."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest

from app.operations.checkout import checkout
from app.operations.checkout_types import BookRow, CartItemRow, CartRow, Refused

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def cart(*lines: tuple[int, int]) -> CartRow:
    items = []
    for number, (quantity, stock) in enumerate(lines, 1):
        book = BookRow(
            id=UUID(int=number),
            title="Emma",
            isbn="9780000000000",
            price=Decimal("7.50"),
            publication_date=dt.date(1815, 12, 23),
            stock=stock,
            category_id=UUID(int=9),
            created_at=NOW,
        )
        items.append(
            CartItemRow(
                id=UUID(int=100 + number), quantity=quantity, cart_id=UUID(int=50), book_id=book.id, book=book,
                created_at=NOW,
            )
        )
    return CartRow(id=UUID(int=50), customer_id=UUID(int=60), items=tuple(items), created_at=NOW)


def test_stock_and_total() -> None:
    outcome = checkout(cart=cart((2, 5), (1, 1)), now=NOW)
    assert outcome.total == Decimal("22.50")
    assert [change.stock for change in outcome.cart_items_book] == [3, 0]
    assert outcome.order is not None
    assert len(outcome.order.items) == 2


@pytest.mark.parametrize("lines", [[], [(2, 1)]])
def test_refused(lines: list[tuple[int, int]]) -> None:
    with pytest.raises(Refused):
        checkout(cart=cart(*lines), now=NOW)
'''
RETURN = '''"""Takes a book back."""

import datetime as dt
from decimal import Decimal

from app.operations.return_loan_types import LoanBookChanges, LoanChanges, LoanRow, Refused, ReturnLoanOutcome

A_DAY = Decimal("0.25")
AT_MOST = Decimal("20.00")


def return_loan(*, loan: LoanRow, now: dt.datetime) -> ReturnLoanOutcome:
    """Return what is owed for the days past the due date, and the book to its shelf."""
    if loan.returned_on is not None:
        raise Refused("The book was returned already.")
    late = max((now.date() - loan.due_on).days, 0)
    fine = min(late * A_DAY, AT_MOST)
    return ReturnLoanOutcome(
        days_late=late,
        loan=LoanChanges(returned_on=now.date(), fine=fine),
        loan_book=(LoanBookChanges(id=loan.book.id, available=True),),
    )
'''
RETURN_TESTS = '''"""What `return_loan` does to plain values."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest

from app.operations.return_loan import return_loan
from app.operations.return_loan_types import BookRow, LoanRow

NOW = dt.datetime(2026, 3, 11, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(("due", "fine"), [(dt.date(2026, 3, 12), "0"), (dt.date(2026, 3, 1), "2.50")])
def test_fine(due: dt.date, fine: str) -> None:
    book = BookRow(id=UUID(int=2), title="Emma", available=False, created_at=NOW)
    loan = LoanRow(
        id=UUID(int=1), due_on=due, returned_on=None, fine=Decimal(0), book_id=book.id, member_id=UUID(int=3),
        book=book, created_at=NOW,
    )
    outcome = return_loan(loan=loan, now=NOW)
    assert outcome.loan is not None
    assert outcome.loan.fine == Decimal(fine)
'''


def _money(name: str) -> FieldSpec:
    return FieldSpec(name=name, type="decimal", scale=2, minimum=0, exclusive_minimum=True, cites=["R-003"])


TRANSFER_MONEY = CustomOperation(
    name="transfer_money",
    description="Moves an amount from one account to another.",
    rows=[
        RowParameter(name="source", entity="Account", sets=["balance"]),
        RowParameter(name="target", entity="Account", sets=["balance"], anyones=True),
    ],
    inputs=[_money("amount"), FieldSpec(name="reference", type="string", min_length=1, max_length=200)],
    creates=[
        Creation(
            entity="Transfer",
            fields=["amount", "reference", "transfer_time", "source_account", "target_account"],
        )
    ],
    result=[FieldSpec(name="fee", type="decimal", scale=2)],
    roles=["administrator"],
    owner=True,
    examples=[
        Example(
            title="An amount moves from one balance to the other",
            given={
                "source": {"balance": "100.00", "currency": "EUR"},
                "target": {"balance": "5.00", "currency": "EUR"},
                "amount": "30.25",
            },
            expected={
                "source.balance": "69.75", "target.balance": "35.25", "fee": "0.00", "transfer.amount": "30.25",
            },
        ),
        Example(
            title="More than there is cannot be moved",
            given={"source": {"balance": "10.00", "currency": "EUR"}, "target": {"currency": "EUR"}, "amount": "10.01"},
            outcome="refused",
        ),
    ],
    body=TRANSFER,
    tests=TRANSFER_TESTS,
    written_by="edited",
    cites=["R-003"],
)  # fmt: skip
CHECK_OUT = CustomOperation(
    name="checkout",
    description="Turns a cart into an order and takes its books out of stock.",
    rows=[RowParameter(name="cart", entity="Cart", parts=["items"], refers=["items.book"], sets=["items.book.stock"])],
    creates=[
        Creation(entity="Order", fields=[]),
        Creation(entity="OrderItem", fields=["quantity", "price", "book"], many=True),
    ],
    result=[FieldSpec(name="total", type="decimal", scale=2), FieldSpec(name="ordered_on", type="date")],
    roles=["customer"],
    examples=[
        Example(
            title="A cart becomes an order and its books leave the stock",
            given={"cart": {"items": [{"quantity": 2, "book": {"stock": 5, "price": "7.50"}}]}},
            expected={"total": "15.00", "cart.items.0.book.stock": 3, "order.items.0.quantity": 2},
        ),
        Example(
            title="More copies than are in stock cannot be had",
            given={"cart": {"items": [{"quantity": 2, "book": {"stock": 1}}]}},
            outcome="refused",
        ),
    ],
    body=CHECKOUT,
    tests=CHECKOUT_TESTS,
    written_by="edited",
    cites=["R-007"],
)
RETURN_LOAN = CustomOperation(
    name="return_loan",
    description="Takes a book back and works out what is owed for being late.",
    rows=[
        RowParameter(name="loan", entity="Loan", refers=["book"], sets=["returned_on", "fine", "book.available"]),
    ],
    result=[FieldSpec(name="days_late", type="integer")],
    examples=[
        Example(
            title="Ten days late cost two and a half",
            given={
                "loan": {"due_on": "2026-03-01", "returned_on": None, "book": {"available": False}},
                "now": "2026-03-11T09:00:00Z",
            },
            expected={"days_late": 10, "loan.fine": "2.50", "loan.book.available": True},
        ),
        Example(
            title="A book is returned once",
            given={"loan": {"due_on": "2026-03-01", "returned_on": "2026-03-02"}},
            outcome="refused",
        ),
    ],
    body=RETURN,
    tests=RETURN_TESTS,
    written_by="edited",
    cites=["R-002"],
)


@cache
def bank() -> DomainModel:
    """Return the bank with `transfer_money`."""
    return domain("bank").model_copy(update={"operations": [TRANSFER_MONEY]})


@cache
def bookshop() -> DomainModel:
    """Return the bookshop with order items and `checkout`."""
    base = domain("bookshop")
    item = Entity(
        name="OrderItem",
        fields=[
            FieldSpec(name="quantity", type="integer", minimum=1, cites=["R-007"]),
            FieldSpec(name="price", type="decimal", scale=2, minimum=0, cites=["R-007"]),
        ],
        cites=["R-007"],
    )
    relations = [
        Relation(name="order", source="OrderItem", target="Order", inverse="items", owned=True, cites=["R-007"]),
        Relation(name="book", source="OrderItem", target="Book", inverse="order_items", cites=["R-007"]),
    ]
    return base.model_copy(
        update={
            "entities": [*base.entities, item],
            "relations": [*base.relations, *relations],
            "operations": [CHECK_OUT],
        }
    )


@cache
def library() -> DomainModel:
    """Return a small library with `return_loan`, on the ground of the todo example."""
    base = domain("todo")
    book = Entity(
        name="Book",
        fields=[
            FieldSpec(name="title", type="string", min_length=1, max_length=200, cites=["R-002"]),
            FieldSpec(name="available", type="boolean", default=True, cites=["R-002"]),
        ],
        cites=["R-002"],
    )
    loan = Entity(
        name="Loan",
        fields=[
            FieldSpec(name="due_on", type="date", cites=["R-002"]),
            FieldSpec(name="returned_on", type="date", optional=True, cites=["R-002"]),
            FieldSpec(name="fine", type="decimal", scale=2, minimum=0, default=0, cites=["R-002"]),
        ],
        cites=["R-002"],
    )
    relations = [
        Relation(name="book", source="Loan", target="Book", inverse="loans", cites=["R-002"]),
        Relation(name="member", source="Loan", target="User", inverse="loans", cites=["R-002"]),
    ]
    role = base.actors[0].name
    rules = [
        OwnershipRule(entity="Loan", path=["member"], actor=role, operations=["list", "read"], cites=["R-002"]),
    ]
    return base.model_copy(
        update={
            "entities": [*base.entities, book, loan],
            "relations": [*base.relations, *relations],
            "rules": [*base.rules, *rules],
            "operations": [RETURN_LOAN],
        }
    )
