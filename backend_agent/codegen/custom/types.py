'''Types of a custom operation, and the contract for whoever writes its body.

An operation is one pure function. It is given typed rows, which it cannot change, and returns what is to change; the
service around it loads and locks the rows, keeps what the function returns in one transaction, and answers the caller.

**Files**, in the project and alike in isolation (`isolated`); imports are absolute, so both see the same text:

- `app/operations/transfer_money_types.py`: every type, generated (`sources`). Nobody writes or repeats a type.
- `app/operations/transfer_money.py`: the body, as it stands in `CustomOperation.body`.
- `tests/test_transfer_money_body.py`: its tests, as they stand in `CustomOperation.tests`.

Run `python -m pytest` in the folder that holds `app` and `tests`.

**The body** is one module with one public function, named like the operation, with exactly the parameters that
`signature` returns: all by name; rows first, then inputs, then `now` (the moment of the call, aware, in UTC). It may
import `datetime`, `decimal`, `math`, `re`, `dataclasses`, `collections`, `itertools`, `functools`, `typing`, `uuid`
(the type) and its own types module; nothing else. It may have helper functions and constants. It has no side effects:
it reads no clock, file, network or random number. It keeps to `mypy --strict`.

- It returns the outcome (`TransferMoneyOutcome`). For each row parameter with `sets` the outcome has an attribute of
  that name: `None` leaves the row as it is, `SourceChanges(balance=...)` sets **every** field that the class has. For
  parts and for rows that are referred to it is a tuple, and each of its items has the `id` of the row.
- New rows: `transfer=NewTransfer(...)` or `None` where at most one may be made; a tuple where there may be several; a
  part of a new row stands inside it (`NewOrder(items=(NewOrderItem(...),))`). Ids, versions, time stamps, defaults and
  first states are the service's. The owner too, when the creation does not name the relation to it.
- Result values are attributes of the outcome, always given.
- `raise Refused("One plain sentence.")` refuses: the caller gets 409 with the words, and nothing is changed.
- The types check the bounds of every field when an object is made, and refuse what breaks one (`Refused`): a balance
  below zero needs no check of its own unless it should have words of its own. Decimals have at most as many digits
  behind the point as the field: round.
- A row has `id`, the entity's stored fields, its references (`customer_id`), `created_at`, and the rows that come along
  (`cart.items`, each with `book`). Fields that some caller may not see are left out. Several values are tuples.

The acceptance examples become tests of their own, of the body alone and over HTTP: they are not repeated here.

**The tests** are plain functions, with no fixture but pytest's own, that import the function and its types:

    import datetime as dt
    from decimal import Decimal
    from uuid import UUID

    import pytest

    from app.operations.transfer_money import transfer_money
    from app.operations.transfer_money_types import AccountRow, Refused

**An example**, for an operation `transfer_money` with the rows `source` and `target` (`Account`, both set `balance`),
the inputs `amount` and `reference`, and one new `Transfer` (`tests/operations.py` has it whole, and two more):

    """Moves money from one account to another."""

    import datetime as dt
    from decimal import Decimal

    from app.operations.transfer_money_types import (
        AccountRow, NewTransfer, Refused, SourceChanges, TargetChanges, TransferMoneyOutcome,
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
            source=SourceChanges(balance=source.balance - amount),
            target=TargetChanges(balance=target.balance + amount),
            transfer=NewTransfer(
                amount=amount, reference=reference, transfer_time=now,
                source_account_id=source.id, target_account_id=target.id,
            ),
        )
'''

from __future__ import annotations

from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts import columns
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.artifacts.operation_access import hidden_from_callers
from backend_agent.artifacts.operation_shape import (
    NOW,
    Created,
    created,
    loaded,
    new_class,
    outcome_class,
    row_class,
)
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.codegen.custom import bounds
from backend_agent.codegen.custom.examples import example_tests
from backend_agent.codegen.entities.attributes import PYTHON_TYPES, literal_type
from backend_agent.codegen.render import render

FOLDER = "app/operations"
PACKAGE = "app.operations"
"""Where operations live, in every layout."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of a generated dataclass, or one parameter."""

    name: str
    annotation: str
    default: str = ""
    check: str = ""
    """The line that checks its bounds; may be empty."""


@dataclass(frozen=True)
class DataClass:
    """One generated dataclass."""

    name: str
    doc: str
    attributes: tuple[Attribute, ...]

    @property
    def checks(self) -> list[str]:
        return [a.check for a in self.attributes if a.check]


def sources(domain: DomainModel, operation: CustomOperation) -> dict[str, str]:
    """Return the generated types module of an operation, by path; raises `KeyError` for names that do not exist."""
    return {f"{FOLDER}/{operation.name}_types.py": render("custom/types.py.jinja", context(domain, operation))}


def context(domain: DomainModel, operation: CustomOperation) -> dict[str, object]:
    """Return what the template of the types module sees."""
    classes = [*_rows(domain, operation), *_changes(domain, operation), *_new(domain, operation)]
    classes.append(_outcome(domain, operation))
    used = sorted({c.check.partition("(")[0] for d in classes for c in d.attributes if c.check})
    return {"operation": operation, "classes": classes, "used": used}


def isolated(domain: DomainModel, operation: CustomOperation) -> dict[str, str]:
    """Return types, body and tests by path: a folder in which `python -m pytest` runs, without the service.

    Besides the body's own tests it holds those that the acceptance examples are.
    """
    found = {"app/__init__.py": "", f"{FOLDER}/__init__.py": "", "tests/__init__.py": "", **sources(domain, operation)}
    found[f"{FOLDER}/{operation.name}.py"] = operation.body
    if operation.tests.strip():
        found[tests_path(operation)] = operation.tests
    found[f"tests/test_{operation.name}_examples.py"] = example_tests(domain, operation, PACKAGE)
    return found


def tests_path(operation: CustomOperation) -> str:
    """Return where the body's own tests live."""
    return f"tests/test_{operation.name}_body.py"


def signature(operation: CustomOperation) -> str:
    """Return the head of the function, on one line: `def transfer_money(*, source: AccountRow, ...) -> ...:`."""
    given = [f"{r.name}: {row_class(r.entity)}" for r in operation.rows]
    given += [f"{i.name}: {field_type(i)}" for i in operation.inputs]
    return f"def {operation.name}(*, {', '.join([*given, f'{NOW}: dt.datetime'])}) -> {outcome_class(operation)}:"


def field_type(field: FieldSpec) -> str:
    """Return the type of a field's value: `Decimal`, `tuple[str, ...]`, `str | None`."""
    kind = literal_type(field.values) if field.type == "enum" else PYTHON_TYPES[field.type]
    if field.many:
        return f"tuple[{kind}, ...]"
    return f"{kind} | None" if field.optional else kind


def _rows(domain: DomainModel, operation: CustomOperation) -> list[DataClass]:
    """Return the classes of rows, those that stand inside others first."""
    nested: dict[str, dict[str, tuple[str, Attribute]]] = {}
    for found in loaded(domain, operation):
        nested.setdefault(found.entity, {})
        if found.relation is None:
            continue
        around = found.relation.target if found.is_part else found.relation.source
        kind = row_class(found.entity)
        annotation = f"tuple[{kind}, ...]" if found.is_part else f"{kind} | None" if found.relation.optional else kind
        nested.setdefault(around, {})[found.path[-1]] = (found.entity, Attribute(found.path[-1], annotation))
    ordered = sorted(nested, key=lambda e: _height(nested, e))
    return [
        DataClass(
            row_class(name),
            f"{names.article(names.title(name)).capitalize()}, as it is kept.",
            (*_stored(domain, operation, name), *(a for _, a in nested[name].values())),
        )
        for name in ordered
    ]


def _height(nested: dict[str, dict[str, tuple[str, Attribute]]], entity: str) -> int:
    return 1 + max((_height(nested, inner) for inner, _ in nested[entity].values()), default=0)


def _stored(domain: DomainModel, operation: CustomOperation, entity: str) -> list[Attribute]:
    hidden = hidden_from_callers(domain, operation, entity)
    fields = [f for f in columns.stored_fields(domain, entity) if f.name not in hidden]
    found = [Attribute("id", "UUID"), *(Attribute(f.name, field_type(f)) for f in fields)]
    found += [_reference(r) for r in domain.relations_from(entity) if r.cardinality != "many_to_many"]
    return [*found, Attribute("created_at", "dt.datetime")]


def _reference(relation: Relation) -> Attribute:
    return Attribute(columns.relation_column(relation), "UUID | None" if relation.optional else "UUID")


def _changes(domain: DomainModel, operation: CustomOperation) -> list[DataClass]:
    classes = []
    for found in loaded(domain, operation):
        if not found.sets:
            continue
        fields = {f.name: f for f in domain.entity(found.entity).fields}
        own = [_checked(domain, found.entity, fields[name]) for name in found.sets]
        key = [Attribute("id", "UUID")] if found.path else []
        doc = f"What is set of {'one of the ' if found.many else 'the '}{names.title(found.name)}."
        classes.append(DataClass(found.changes, doc, (*key, *own)))
    return classes


def _checked(domain: DomainModel, entity: str, field: FieldSpec) -> Attribute:
    return Attribute(field.name, field_type(field), check=bounds.check(domain, entity, field))


def _new(domain: DomainModel, operation: CustomOperation) -> list[DataClass]:
    made = created(domain, operation)
    return [_new_row(domain, new, made) for new in reversed(made)]


def _new_row(domain: DomainModel, new: Created, made: list[Created]) -> DataClass:
    own = [_checked(domain, new.entity, f) for f in new.fields]
    references = [_reference(r) for r in new.relations]
    parts = [
        Attribute(part.name, f"tuple[{new_class(part.entity)}, ...]", check=bounds.parts(part.inside))
        for part in made
        if part.inside in new.parts and part.inside is not None
    ]
    title = names.article(f"new {names.title(new.entity)}").capitalize()
    return DataClass(new_class(new.entity), f"{title}.", (*own, *references, *parts))


def _outcome(domain: DomainModel, operation: CustomOperation) -> DataClass:
    found = []
    for row in loaded(domain, operation):
        if row.sets:
            many = bool(row.path)
            found.append(_maybe(row.name, row.changes, many=many))
    found += [_maybe(c.name, new_class(c.entity), many=c.many) for c in created(domain, operation) if not c.inside]
    results = [Attribute(r.name, field_type(r)) for r in operation.result]
    doc = f"What `{operation.name}` brings."
    return DataClass(outcome_class(operation), doc, (*results, *found))


def _maybe(name: str, kind: str, *, many: bool) -> Attribute:
    return Attribute(name, f"tuple[{kind}, ...]", "()") if many else Attribute(name, f"{kind} | None", "None")
