"""Custom operations: what a service does that no rule kind covers, as a typed function with acceptance examples."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.fields import FieldSpec


class RowParameter(Artifact):
    """A stored row that the operation is about; callers name it by its id."""

    name: str
    """snake_case parameter, such as `source`."""
    entity: str
    parts: list[str] = Field(default_factory=list)
    """Inverse names of owned relations whose rows come along, such as `lines`."""
    refers: list[str] = Field(default_factory=list)
    """Relations whose row comes along: of the row (`book`), or of its parts (`lines.book`)."""
    sets: list[str] = Field(default_factory=list)
    """Fields that the operation may change: of the row (`balance`), of its parts (`lines.quantity`), of what they
    refer to (`lines.book.stock`). Empty: all is only read."""
    anyones: bool = False
    """Whether it may be a row that the caller may not read: the target of a transfer. It is in no answer. Never the
    first row."""


class Creation(Artifact):
    """Rows that the operation may add."""

    entity: str
    fields: list[str]
    """Field and many_to_one relation names that it sets. A part of another row that is created too leaves the relation
    to it out: it is then given inside that row (`NewOrder(items=(NewOrderItem(...),))`)."""
    many: bool = False
    """Whether it may add several; else at most one. What is given inside another row may always be several."""


class Example(Artifact):
    """One acceptance example: what goes in, and what must come out."""

    title: str
    """One plain sentence."""
    given: dict[str, Any] = Field(default_factory=dict)
    """By parameter: a plain value, or for a row its fields (its parts by inverse name, as lists; what is referred to by
    the relation's name). `now` may be given too. What is left out is made up."""
    outcome: Literal["done", "refused"] = "done"
    expected: dict[str, Any] = Field(default_factory=dict)
    """What must hold afterwards, by path: a result's name, `source.balance`, `cart.lines.0.book.stock` or, of a new
    row, `order.items.0.quantity`, with its value. Empty when refused."""


class CustomOperation(Artifact):
    """A pure function over typed values; generated code loads the rows, calls it, and keeps what it brings.

    `body` is untrusted: it is checked and run confined before it counts (`verify.bodies`).
    """

    name: str
    """snake_case verb, such as `transfer_money`; the endpoint's and the function's name."""
    description: str
    rows: list[RowParameter] = Field(default_factory=list)
    """The first is in the path, when there is one; the others are ids in the request."""
    inputs: list[FieldSpec] = Field(default_factory=list)
    """Plain values in the request."""
    creates: list[Creation] = Field(default_factory=list)
    result: list[FieldSpec] = Field(default_factory=list)
    """Plain values in the answer, besides the rows."""
    roles: list[str] = Field(default_factory=list)
    """Who may call it; empty: whoever may update the first row (read it, when it is only read)."""
    owner: bool = False
    """Whether the owner of the first row may call it too (on top of `roles`)."""
    examples: list[Example] = Field(default_factory=list)
    body: str = ""
    """Python source of one module with the function; empty: nobody wrote it yet, and there is no endpoint."""
    tests: str = ""
    """Python source of its own tests (pytest)."""
    written_by: str = ""
    """`draft`, `edited` or the chat model's name; stands in the generated file."""
    cites: list[str]
    """R-ids, at least one."""
