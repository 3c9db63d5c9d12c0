"""Layout: where an architecture type puts the pieces, and what may import what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backend_agent.artifacts.task import ArchitectureType

if TYPE_CHECKING:
    from backend_agent.codegen.view import Project


@dataclass(frozen=True)
class Contract:
    """One import-linter contract of the generated project."""

    name: str
    type: str
    """`layers`, `forbidden` or `independence`."""
    options: Mapping[str, list[str] | bool]
    """Further keys, as import-linter calls them: `layers`, `source_modules` ..."""


@dataclass(frozen=True)
class Layout:
    """One floor plan.

    `paths` maps a piece's name to the path of its file; `{entities}`, `{entity}` and `{package}` (feature folder)
    stand for the entity's names. A piece that the layout does not place must have a path of its own.
    """

    name: ArchitectureType
    title: str
    paths: Mapping[str, str]
    contracts: Callable[[Project], list[Contract]]
    packages: Mapping[str, str] = field(default_factory=dict)
    """Docstrings of packages, by folder."""
    ports: bool = False
    """Whether services depend on protocols instead of classes."""
