"""Which module defines which symbol: import lines follow from the pieces and the layout."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from backend_agent.codegen.piece import Piece
from backend_agent.codegen.view import EntityView, Project


@dataclass(frozen=True)
class Planned:
    """One file to be rendered."""

    path: str
    piece: Piece
    entity: EntityView | None


def module_of(path: str) -> str:
    """Return the dotted module of a Python file: `app/core/errors.py` -> `app.core.errors`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def plan(project: Project, pieces: tuple[Piece, ...]) -> list[Planned]:
    """Return the files of the project, ordered by path. Raises `ValueError` for two pieces at one path."""
    files: dict[str, Planned] = {}
    for piece in pieces:
        for entity in project.entities if piece.scope == "entity" else (None,):
            path = piece.place(project.layout, entity)
            if path is None or not piece.when(project, entity):
                continue
            if path in files:
                raise ValueError(f"{piece.name} and {files[path].piece.name} both want {path}")
            files[path] = Planned(path, piece, entity)
    return [files[path] for path in sorted(files)]


class Symbols:
    """The modules of all symbols of a project."""

    def __init__(self, project: Project, files: list[Planned]) -> None:
        self._modules: dict[str, str] = {}
        for file in files:
            for symbol in file.piece.exports(project, file.entity):
                module = module_of(file.path)
                if self._modules.setdefault(symbol, module) != module:
                    raise ValueError(f"{symbol} is defined in {self._modules[symbol]} and in {module}")

    def module(self, symbol: str) -> str:
        """Return the module that defines `symbol`; raises `KeyError`."""
        if symbol not in self._modules:
            raise KeyError(f"no piece defines {symbol}: add it to the symbols of the piece, or place it in the layout")
        return self._modules[symbol]

    def use(self, here: str, wanted: tuple[str, ...]) -> str:
        """Return the import lines for `wanted` in module `here`; what `here` defines itself is left out."""
        by_module: defaultdict[str, list[str]] = defaultdict(list)
        for symbol in dict.fromkeys(wanted):
            if (module := self.module(symbol)) != here:
                by_module[module].append(symbol)
        return "\n".join(f"from {m} import {', '.join(sorted(by_module[m]))}" for m in sorted(by_module))
