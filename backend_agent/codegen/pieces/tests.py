"""Pieces of the generated project's own tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backend_agent import names
from backend_agent.artifacts.api import Property
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.codegen.piece import Piece
from backend_agent.codegen.project_tests import factories, plan, samples
from backend_agent.codegen.project_tests.case import Case, by_number
from backend_agent.codegen.project_tests.operations import path_of
from backend_agent.codegen.project_tests.source import tidied
from backend_agent.codegen.project_tests.suite import Suite
from backend_agent.codegen.render import render
from backend_agent.codegen.view import EntityView, Project


@dataclass(frozen=True)
class Tests:
    """All planned tests of a project."""

    suite: Suite
    files: Mapping[str, list[Case]]


@lru_cache(maxsize=1)
def _tests(project: Project) -> Tests:
    suite = plan.suite(project.given)
    files: dict[str, list[Case]] = {}
    for case in plan.plan_of(suite):
        files.setdefault(case.file, []).append(case)
    return Tests(suite, files)


def _path(entity: EntityView) -> str:
    return f"tests/test_{entity.entities}.py"


def _has_tests(project: Project, entity: EntityView | None) -> bool:
    return entity is not None and _path(entity) in _tests(project).files


def _of_entity(project: Project, entity: EntityView | None) -> Mapping[str, object]:
    tests = _tests(project)
    if entity is None:
        raise ValueError("the piece is one of an entity")
    cases = tests.files[_path(entity)]
    subject = tests.suite.subject(entity.name) if tests.suite.has(entity.name) else None
    known: dict[str, object] = {"s": subject, "project": project}
    text = {c.id: _text(c, known) for c in cases}
    used = set(re.findall(r"\w+", " ".join(text.values())))
    return {
        "cases": cases,
        "text": text,
        "factory_names": [name for name in _factory_names(tests.suite) if name in used],
        "what": names.title(entity.entities),
    }


def operation_pieces(project: Project) -> tuple[Piece, ...]:
    """Return a piece for the tests of each custom operation."""
    return tuple(_of_operation(project, operation) for operation in written(project.given.domain))


def _of_operation(project: Project, operation: CustomOperation) -> Piece:
    tests = _tests(project)
    cases = tests.files[path_of(operation)]
    text = {c.id: _text(c, {"s": None, "project": project}) for c in cases}
    whole = " ".join(text.values())
    used = set(re.findall(r"\w+", whole))
    title = names.title(operation.name)
    context = {
        "cases": cases,
        "text": text,
        "title": title,
        "factory_names": [name for name in _factory_names(tests.suite) if name in used],
        "patched": "{SERVICE}" in whole,
        "symbol": f"{names.pascal(operation.name)}Service",
    }
    return Piece(
        f"tests_operation:{operation.name}",
        "tests/test_operation.py.jinja",
        f"Tests of the endpoint to {title}.",
        path=path_of(operation),
        context=lambda _project, _entity: context,
        cites=lambda _project, _entity: by_number(operation.cites),
    )


def _text(case: Case, known: Mapping[str, object]) -> str:
    text = render(f"tests/cases/{case.template}.py.jinja", {**known, "case": case, **case.view})
    return tidied(text, getattr(known["s"], "variable", "target"))


def _factory_names(suite: Suite) -> list[str]:
    return ["sign_in", *(name for s in suite.subjects for name in (f"make_{s.snake}", f"{s.snake}_body"))]


def _whole(project: Project, _: EntityView | None) -> Mapping[str, object]:
    tests = _tests(project)
    suite = tests.suite
    made = [factories.factory(s) for s in suite.subjects]
    sources = " ".join(source for f in made for _, source in f.values)
    return {
        "suite": suite,
        "factories": made,
        "account_values": factories.account_values(suite),
        "helpers": {"letters": "letters(" in sources, "day": "day(" in sources},
        "factory_names": _factory_names(suite),
        "cases": {case.id: case for cases in tests.files.values() for case in cases},
        "files": tests.files,
        "next_cursor": suite.wire("next_cursor"),
        "shown": _account_names(suite),
        "expression": samples.expression,
        "constant": _constant,
    }


def _constant(prop: Property) -> str:
    """Return source of a valid value that is always the same."""
    value = samples.value(prop, 0)
    return samples.literal([value] if prop.many else value)


def _account_names(suite: Suite) -> dict[str, str]:
    """Wire names of what accounts and tokens hold."""
    wanted = ("access_token", "refresh_token", "is_active", "expires_in", "token_type", "password_hash")
    return {name: suite.wire(name) for name in wanted}


def _entity_cites(project: Project, entity: EntityView | None) -> Iterable[str]:
    return by_number(c for case in _tests(project).files[_path(entity)] for c in case.cites) if entity else ()


def _file(name: str, description: str) -> Piece:
    path = f"tests/{name}.py"

    def planned(project: Project, _: EntityView | None) -> bool:
        return not name.startswith("test_") or path in _tests(project).files

    def cites(project: Project, _: EntityView | None) -> Iterable[str]:
        return by_number(c for case in _tests(project).files.get(path, []) for c in case.cites)

    return Piece(
        f"tests_{name}", f"tests/{name}.py.jinja", description, path=path, when=planned, context=_whole, cites=cites
    )


PIECES: tuple[Piece, ...] = (
    _file("__init__", "Tests of the service, over its API."),
    _file("conftest", "The service under test and its database."),
    _file("support", "How the tests talk to the service."),
    _file("factories", "Makes rows with valid values."),
    _file("test_auth", "Registering, logging in, tokens."),
    _file("test_users", "Administration of accounts."),
    _file("test_service", "Health, headers, limits, the OpenAPI document."),
    _file("test_migration", "Migrations up, down and up again."),
    _file("test_journey", "From an account of one's own to a row, and out again."),
    _file("test_protection", "Encryption at rest and the audit log."),
    Piece(
        "tests_entity",
        "tests/test_entity.py.jinja",
        "Tests of {title} endpoints and rules.",
        scope="entity",
        path="tests/test_{entities}.py",
        when=_has_tests,
        context=_of_entity,
        cites=_entity_cites,
    ),
)
