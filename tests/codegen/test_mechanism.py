"""The mechanism: pieces, symbols, layouts, tidy text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from designs import designed
from jinja2 import UndefinedError

from backend_agent import names
from backend_agent.codegen import LAYOUTS, PIECES, Piece
from backend_agent.codegen.custom.pieces import PLACED
from backend_agent.codegen.imports import Symbols, plan
from backend_agent.codegen.migrations import revision
from backend_agent.codegen.render import TEMPLATES, environment, tidy
from backend_agent.codegen.view import Project
from backend_agent.names import RESERVED_CLASSES
from backend_agent.state import Artifacts


def project(case: str = "bookshop", layout: str = "layered") -> Project:
    return Project(Artifacts(designed(case)), LAYOUTS[layout])


def test_pieces_have_names_of_their_own_and_templates() -> None:
    assert len({p.name for p in PIECES}) == len(PIECES)
    for piece in PIECES:
        environment().get_template(piece.template)


def test_no_template_is_an_orphan() -> None:
    used = {p.template for p in PIECES} | {revision.TEMPLATE}
    folder = TEMPLATES / "python-fastapi" / "infrastructure"
    names = {str(p.relative_to(folder.parent)) for p in folder.rglob("*.jinja")}
    assert names - used == set()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_place_every_piece_that_has_no_path(layout: str) -> None:
    placed = set(LAYOUTS[layout].paths)
    known = {p.name for p in PIECES}
    assert set(PLACED) <= placed
    placed -= set(PLACED)
    assert placed <= known, "a layout places what is no piece"
    only_with_ports = {n for n in known - placed if n.endswith(("_port", "_ports"))}
    without = {p.name for p in PIECES if p.path is None} - placed
    assert without == (set() if LAYOUTS[layout].ports else only_with_ports)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_imports_follow_from_the_layout(layout: str) -> None:
    view = project(layout=layout)
    files = plan(view, PIECES)
    symbols = Symbols(view, files)
    for file in files:
        for symbol in file.piece.exports(view, file.entity):
            assert symbols.module(symbol).replace(".", "/") == file.path.removesuffix(".py")
    here = symbols.module("BookService")
    assert symbols.use(here, ("BookService",)) == ""
    assert symbols.use("elsewhere", ("BookService",)) == f"from {here} import BookService"


def test_ports_are_what_services_see_and_classes_implement_them() -> None:
    assert project(layout="hexagonal").concrete("BookRepository") == "SqlBookRepository"
    assert project(layout="hexagonal").concrete("Tokens") == "JwtTokens"
    assert project(layout="layered").concrete("BookRepository") == "BookRepository"


def test_a_symbol_that_no_piece_defines_is_an_error() -> None:
    view = project()
    with pytest.raises(KeyError, match="no piece defines Nothing"):
        Symbols(view, plan(view, PIECES)).use("here", ("Nothing",))


def test_one_symbol_in_two_modules_is_an_error() -> None:
    view = project()
    twin = Piece("twin", "infrastructure/clock.py.jinja", "", symbols=("utcnow",), path="app/twin.py")
    with pytest.raises(ValueError, match="utcnow is defined in"):
        Symbols(view, plan(view, (*PIECES, twin)))


def test_two_pieces_at_one_path_are_an_error() -> None:
    twin = replace(PIECES[0], name="twin", path=LAYOUTS["layered"].paths[PIECES[0].name])
    with pytest.raises(ValueError, match="both want"):
        plan(project(), (PIECES[0], twin))


def test_undefined_names_in_templates_are_errors() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_tidy_sorts_imports_and_drops_unused_ones() -> None:
    source = "import sys\nimport os\nfrom app.b import B\nfrom app.a import A\n\nprint(os,A)\n"
    assert tidy({"app/x.py": source, "note.txt": "as  it is"}) == {
        "app/x.py": "import os\n\nfrom app.a import A\n\nprint(os, A)\n",
        "note.txt": "as  it is",
    }


def test_a_template_that_makes_no_python_is_an_error() -> None:
    with pytest.raises(ValueError, match="ruff"):
        tidy({"app/x.py": "def f(:\n"})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_infrastructure_symbols_are_reserved(layout: str) -> None:
    view = project("clinic", layout)
    pieces = [p for p in PIECES if p.scope == "project" and p.place(view.layout, None) and p.when(view, None)]
    symbols = {s for p in pieces for s in p.exports(view, None) if s[0].isupper() and not s.isupper()}
    entities = {s.removesuffix("Repository").removesuffix("Service") for s in symbols if not s.startswith("User")}
    own = {"", "Authentication"} | {s for s in entities if s.startswith(("Sql", "Jwt", "Argon2"))}
    assert entities - own - RESERVED_CLASSES - {n for n in entities if names.pascal(n) != n} == set()
