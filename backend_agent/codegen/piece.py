"""Piece: one kind of file of the generated project.

How to add a piece:

1. Write `templates/python-fastapi/<folder>/<name>.py.jinja`. It sees `project` (`view.Project`), for entity pieces
   also `entity` (`view.EntityView`), and whatever the piece's `context` adds. Undefined names are errors.
2. Import symbols of other pieces by `{{ use("BookService", "NotFound") }}`: the lines follow from the layout, never
   from typing. Over-importing is fine: what is not used is removed by ruff, order and layout of code are ruff's too.
   `{{ concrete("BookRepository") }}` is the implementing class where a layout has ports (`SqlBookRepository`).
3. Register it in `pieces/infrastructure.py`, `pieces/entities.py` or `pieces/tests.py`:
   `Piece("service", "entities/service.py.jinja", scope="entity", symbols=("{Entity}Service",), description="...")`.
4. Place it: give it a line in each layout under `layouts/`, or a fixed `path` when it is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from backend_agent.codegen.layout import Layout
from backend_agent.codegen.view import EntityView, Project


def _nothing(_project: Project, _entity: EntityView | None) -> Mapping[str, object]:
    return {}


def _always(_project: Project, _entity: EntityView | None) -> bool:
    return True


def _entity_cites(_project: Project, entity: EntityView | None) -> Iterable[str]:
    return entity.cites if entity else ()


def _no_symbols(_project: Project, _entity: EntityView | None) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Piece:
    """One kind of file: once a project, or once an entity (the account entity has pieces of its own).

    In `symbols`, `path` and `description`, `{Entity}`, `{entity}`, `{entities}`, `{package}` and `{title}` stand for
    the entity's names; in `symbols`, `{Sql}` is the prefix of implementing classes (empty in layouts without ports).
    """

    name: str
    template: str
    description: str
    scope: Literal["project", "entity"] = "project"
    symbols: tuple[str, ...] = ()
    """What other pieces may import from it."""
    more_symbols: Callable[[Project, EntityView | None], Iterable[str]] = _no_symbols
    """Symbols that depend on the artifacts, such as an entity's enumerations."""
    path: str | None = None
    """Where it lives when that is the same in all layouts."""
    when: Callable[[Project, EntityView | None], bool] = _always
    """Whether the project (or the entity) has it at all."""
    context: Callable[[Project, EntityView | None], Mapping[str, object]] = _nothing
    """Further template variables: typed view objects, not dictionaries."""
    cites: Callable[[Project, EntityView | None], Iterable[str]] = _entity_cites
    """R-ids that the file serves."""

    def place(self, layout: Layout, entity: EntityView | None) -> str | None:
        """Return the path of the file; None when the layout has no place for such a piece."""
        pattern = self.path or layout.paths.get(self.name)
        return pattern and pattern.format_map(_placeholders(entity))

    def describe(self, entity: EntityView | None) -> str:
        """Return the description of the file."""
        return self.description.format_map(_placeholders(entity))

    def exports(self, project: Project, entity: EntityView | None) -> list[str]:
        """Return the names that the file defines for others."""
        known = {**_placeholders(entity), "Sql": "Sql" if project.ports else ""}
        return [*(s.format_map(known) for s in self.symbols), *self.more_symbols(project, entity)]


def _placeholders(entity: EntityView | None) -> dict[str, str]:
    if entity is None:
        return {}
    return {
        "Entity": entity.name,
        "entity": entity.variable,
        "entities": entity.entities,
        "package": entity.package,
        "title": entity.title,
    }
