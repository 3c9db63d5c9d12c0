"""The plan: which tests a generated project gets; the testing stage lists them, the files are written from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend_agent.codegen.project_tests import (
    access,
    accounts,
    crud,
    derived,
    lifecycle,
    lists,
    operations,
    service,
    toggles,
    uniqueness,
    validation,
)
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject
from backend_agent.codegen.project_tests.suite import Suite
from backend_agent.codegen.project_tests.wants import wants
from backend_agent.state import Artifacts

TOPICS: tuple[Callable[[Subject], Iterator[Case]], ...] = (
    crud.cases,
    lists.cases,
    validation.cases,
    uniqueness.cases,
    derived.cases,
    lifecycle.cases,
    access.cases,
)
"""Topics of the tests of one entity, in the order of its file."""
WHOLE: tuple[Callable[[Suite], Iterator[Case]], ...] = (
    accounts.cases,
    toggles.cases,
    operations.cases,
    service.cases,
)
"""Topics of the tests of the whole service."""


def suite(given: Artifacts) -> Suite:
    """Return the tests' view of the requirements, the domain and the API."""
    return Suite(given.domain, given.api, wants(given.requirements, given.domain))


def plan(given: Artifacts) -> list[Case]:
    """Return all planned tests: those of the entities in the order of the domain, then those of the whole service.

    Pure; reads requirements, domain and api only.
    """
    return plan_of(suite(given))


def plan_of(whole: Suite) -> list[Case]:
    """Return all planned tests of a suite; a name comes once in a file."""
    found = [case for subject in whole.subjects for topic in TOPICS for case in topic(subject)]
    found += [case for topic in WHOLE for case in topic(whole)]
    return list({(case.file, case.id): case for case in reversed(found)}.values())[::-1]
