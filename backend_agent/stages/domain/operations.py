"""Checks of custom operations: what holds of one before code is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from backend_agent.artifacts import operation_faults
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.stage import Check
from backend_agent.state import Artifacts


def cited(domain: DomainModel) -> set[str]:
    """Return the R-ids that operations cite."""
    return {c for operation in domain.operations for c in operation.cites}


Question = Callable[[DomainModel, CustomOperation], Iterable[str]]


def _of_all(ask: Question) -> Callable[[Artifacts], Iterable[str]]:
    """Return a check that asks one question of every custom operation."""

    def find(given: Artifacts) -> Iterator[str]:
        for operation in given.domain.operations:
            yield from (f"{operation.name[:60]}: {fault}" for fault in ask(given.domain, operation))

    return find


def _unlisted(domain: DomainModel, operation: CustomOperation) -> Iterable[str]:
    """Requirements of an operation that gets no code and stand nowhere as unplaced."""
    if operation in operation_faults.written(domain):
        return
    listed = {u.requirement for u in domain.unplaced}
    for cite in operation.cites:
        if cite not in listed:
            yield f"nobody wrote it, and {cite} is not listed as unplaced"


OPERATION_CHECKS = (
    Check(
        name="operation_names",
        title="A custom operation is called what something else is called, or what code cannot use",
        metric="maintainability",
        severity="critical",
        find=_of_all(operation_faults.names_that_clash),
        hint="Use another snake_case verb, and names of its own for parameters and results.",
    ),
    Check(
        name="operation_references",
        title="A custom operation refers to something that is not there",
        metric="architecture",
        severity="critical",
        find=_of_all(operation_faults.dangling),
        hint="Name entities, parts, fields and roles that exist.",
    ),
    Check(
        name="operation_limits",
        title="A custom operation does what no operation may",
        metric="security",
        severity="critical",
        find=_of_all(operation_faults.forbidden),
        hint="States move by transitions, computed fields by themselves; callers reach what the rules give them.",
    ),
    Check(
        name="operation_examples",
        title="A custom operation is not said by examples",
        metric="testability",
        severity="major",
        find=_of_all(operation_faults.unasked),
        hint="Give one example that is done and one that is refused, and cite the requirement.",
    ),
    Check(
        name="operation_bodies",
        title="The body of a custom operation is no function of its name and parameters",
        metric="maintainability",
        severity="critical",
        find=_of_all(lambda _, operation: operation_faults.unreadable(operation)),
        hint="One module with one function, as `backend_agent/codegen/custom/types.py` says.",
    ),
    Check(
        name="operations_listed",
        title="A custom operation without code is not listed as unplaced",
        metric="architecture",
        severity="major",
        find=_of_all(_unlisted),
        hint="Write its body, or list the requirement as unplaced with the reason.",
    ),
)
