"""Domain models with custom operations that somebody wrote by hand: bank, bookshop and a library."""

from __future__ import annotations

from functools import cache

from designs import domain
from operation_bodies import CHECKOUT, CHECKOUT_TESTS, RETURN, RETURN_TESTS, TRANSFER, TRANSFER_TESTS

from backend_agent.artifacts.domain import DomainModel, Entity, FieldSpec, Relation
from backend_agent.artifacts.operations import Creation, CustomOperation, Example, RowParameter
from backend_agent.artifacts.rules import OwnershipRule


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


CLOSE_VISIT = CustomOperation(
    name="close_visit",
    description="Bills a visit, and keeps what was said.",
    rows=[
        RowParameter(name="invoice", entity="Invoice", parts=["lines"], refers=["patient"], sets=["lines.amount"]),
        RowParameter(name="visit", entity="Appointment", sets=["end_time"]),
    ],
    inputs=[
        FieldSpec(name="teeth", type="integer", many=True, minimum=1, maximum=32),
        FieldSpec(name="link", type="url", optional=True),
        FieldSpec(name="mood", type="enum", values=["calm", "upset"]),
        FieldSpec(name="discount", type="decimal", scale=2, minimum=0, maximum=100, default=0),
    ],
    creates=[Creation(entity="Procedure", fields=["code", "name", "standard_fee"], many=True)],
    result=[
        FieldSpec(name="said", type="string", many=True),
        FieldSpec(name="mood_then", type="enum", values=["calm", "upset"]),
        FieldSpec(name="closed_at", type="datetime"),
    ],
    roles=["administrator", "receptionist"],
    examples=[
        Example(title="A visit is closed", given={"teeth": [1, 2], "now": "2030-02-01T10:00:00Z"}, expected={
            "mood_then": "calm", "said": ["1", "2"], "closed_at": "2030-02-01T10:00:00Z",
            "procedures.0.standard_fee": "5.00",
        }),
    ],
    body='''"""Closes a visit."""

import datetime as dt
from decimal import Decimal
from typing import Literal

from app.operations.close_visit_types import (
    AppointmentRow,
    CloseVisitOutcome,
    InvoiceLinesChanges,
    InvoiceRow,
    NewProcedure,
    VisitChanges,
)


def close_visit(
    *,
    invoice: InvoiceRow,
    visit: AppointmentRow,
    teeth: tuple[int, ...],
    link: str | None,
    mood: Literal["calm", "upset"],
    discount: Decimal,
    now: dt.datetime,
) -> CloseVisitOutcome:
    """Return all of it."""
    return CloseVisitOutcome(
        said=tuple(str(tooth) for tooth in teeth),
        mood_then=mood,
        closed_at=now,
        visit=VisitChanges(end_time=visit.start_time + dt.timedelta(hours=1)),
        invoice_lines=tuple(
            InvoiceLinesChanges(id=line.id, amount=max(line.amount - discount, Decimal(0))) for line in invoice.lines
        ),
        procedures=(
            NewProcedure(code=f"{invoice.patient.id}", name=link or "A visit", standard_fee=Decimal("5.00")),
        ),
    )
''',
    written_by="edited",
    cites=["R-007"],
)  # fmt: skip


@cache
def clinic() -> DomainModel:
    """Return the clinic with `close_visit`: frozen states, restricted and encrypted fields, lists, enumerations."""
    return domain("clinic").model_copy(update={"operations": [CLOSE_VISIT]})
