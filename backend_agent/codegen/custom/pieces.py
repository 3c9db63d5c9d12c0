"""The files of custom operations: service, schemas and router where the layout has such, the rest in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from backend_agent import names
from backend_agent.artifacts.operation_faults import written
from backend_agent.codegen.custom import types
from backend_agent.codegen.custom.plan import OperationPlan, seen_by
from backend_agent.codegen.custom.schemas import OperationSchemas
from backend_agent.codegen.entities.calls import calls_of
from backend_agent.codegen.entities.elements import article
from backend_agent.codegen.imports import module_of
from backend_agent.codegen.layout import Contract
from backend_agent.codegen.piece import Piece
from backend_agent.codegen.view import EntityView, Project

PLACED = ("operation_service", "operation_schemas", "operation_router")
"""Pieces that a layout places; `{name}` stands for the operation's name."""
ABOUT = "Pure functions: what rules of no kind cover."
"""Docstring of the package that holds them."""
_STRANGERS = ["fastapi", "starlette", "sqlalchemy", "pydantic"]


@lru_cache(maxsize=4)
def plans(project: Project) -> list[OperationPlan]:
    """Return the operations of a project that have a body."""
    calls = calls_of(project)
    return [OperationPlan(project, calls, operation) for operation in written(project.given.domain)]


def pieces_of(project: Project) -> tuple[Piece, ...]:
    """Return the pieces of all operations of a project; none when it has none."""
    return tuple(piece for plan in plans(project) for piece in _pieces(project, plan))


def routers_of(project: Project) -> list[tuple[str, str]]:
    """Return the name and the module of each operation's router."""
    return [(plan.name, module_of(_place(project, "operation_router", plan.name))) for plan in plans(project)]


def contracts_of(project: Project) -> list[Contract]:
    """Return the layout's contracts, and that operations import nothing of the service."""
    found = project.layout.contracts(project)
    if not plans(project):
        return found
    inner = {path.split("/")[1] for path in project.layout.paths.values() if path.count("/") > 1}
    packages = [f"app.{name}" for name in sorted(inner)]
    options: dict[str, list[str] | bool] = {
        "source_modules": [types.PACKAGE],
        "forbidden_modules": [*packages, *_STRANGERS],
    }
    return [*found, Contract("Operations know nothing of the service", "forbidden", options)]


def packages_of(project: Project) -> Mapping[str, str]:
    """Return the docstrings of the project's packages."""
    own = {types.FOLDER: ABOUT} if plans(project) else {}
    return {**project.layout.packages, **own}


def _place(project: Project, piece: str, name: str) -> str:
    return project.layout.paths[piece].format(name=name)


def _pieces(project: Project, plan: OperationPlan) -> list[Piece]:
    name, title = plan.name, plan.title
    cites = sorted(set(plan.operation.cites))
    known = {"plan": plan, "article": article, "seen_by": seen_by}
    schemas = {"schemas": OperationSchemas(plan)}
    done = [f"{plan.pascal}Done"] if plan.answers else []
    wanted = ["CurrentCaller", "service", "problems", f"{plan.pascal}Service", *done, *(m.name for m in plan.models)]
    router = {"wanted": wanted, "decorator": _decorator(plan)}

    def piece(kind: str, path: str, about: str, *symbols: str, **context: object) -> Piece:
        return Piece(
            f"{kind}:{name}",
            f"custom/{kind.removeprefix('operation_')}.py.jinja",
            about,
            path=path,
            symbols=symbols,
            context=_always({**known, **context}),
            cites=lambda _project, _entity: cites,
        )

    found = [
        piece(
            "operation_service", _place(project, "operation_service", name), f"Loads and keeps the rows to {title}.",
            f"{plan.pascal}Service", *done,
        ),
        piece("operation_router", _place(project, "operation_router", name), f"The endpoint to {title}.", **router),
        piece(
            "types", f"{types.FOLDER}/{name}_types.py", f"What `{name}` is given, and what it brings.",
            **types.context(project.given.domain, plan.operation),
        ),
        piece(
            "body", f"{types.FOLDER}/{name}.py", plan.operation.description.replace("{", "(").replace("}", ")"),
            header=_header(plan), text=plan.operation.body,
        ),
    ]  # fmt: skip
    if plan.models:
        path = _place(project, "operation_schemas", name)
        about = f"What goes over the wire to {title}."
        found.append(piece("operation_schemas", path, about, *(m.name for m in plan.models), **schemas))
    if plan.operation.tests.strip():
        about = f"What `{name}` does to plain values."
        path = types.tests_path(plan.operation)
        own = piece("body", path, about, header=_header(plan), text=plan.operation.tests)
        found.append(Piece(f"body_tests:{name}", own.template, about, path=path, context=own.context, cites=own.cites))
    return found


def _always(context: Mapping[str, object]) -> Callable[[Project, EntityView | None], Mapping[str, object]]:
    return lambda _project, _entity: context


def _header(plan: OperationPlan) -> str:
    """Return who wrote the body, and what for: text of a comment."""
    who = plan.operation.written_by.encode("ascii", "replace").decode() or "hand"
    return f"Written by {who[:100]}; serves {', '.join(sorted(set(plan.operation.cites)))}."


def _decorator(plan: OperationPlan) -> str:
    """Return the arguments of the route's decorator."""
    e = plan.endpoint
    found = [names.python_literal(e.path), f"operation_id={names.python_literal(e.operation_id)}"]
    found.append(f"summary={names.python_literal(e.summary)}")
    if e.status != 200:
        found.append(f"status_code={e.status}")
    if e.response:
        found.append(f"response_model={e.response}")
    return ", ".join([*found, f"responses=problems({', '.join(map(str, e.errors))})"])
