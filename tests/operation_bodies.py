"""Bodies of custom operations and their tests, as somebody wrote them by hand."""

from __future__ import annotations

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
