"""What code of a chat model may do: its syntax tree holds nothing but computation over what it is given.

The list is of what is allowed: modules without side effects, and definitions. Everything else is named with its line.
This is the first gate, not the only one: such code is also run confined before it is taken over.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from backend_agent import syntax

MODULES = frozenset(
    "__future__ bisect calendar collections dataclasses datetime decimal enum fractions functools heapq itertools"
    " math operator re statistics string typing uuid".split()
)
"""Standard modules that read no file, open no connection and start no process."""
TEST_MODULES = MODULES | {"pytest"}

_CALLS = frozenset(
    "__import__ breakpoint compile delattr eval exec exit getattr globals help input locals memoryview open print quit"
    " setattr super vars".split()
)
"""Builtins that reach beyond what was given, or around the types."""
_ATTRIBUTES = frozenset(
    "attrgetter methodcaller f_back f_globals f_locals f_builtins gi_frame cr_frame ag_frame tb_frame mro"
    " monkeypatch importorskip format_map now today utcnow uuid1 uuid4 getnode".split()
)
"""Ways around the gate, and clocks and chance: the same call must bring the same outcome."""
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
_LARGEST = 40_000
_DEEPEST = 60


def faults(source: str, *, own: Collection[str], tests: bool = False) -> list[str]:
    """Return what a module does that it may not, each with its line; empty: nothing.

    Args:
        source: the module's text.
        own: whole names of the project's modules that it may import from.
        tests: whether it is a module of tests, which may import pytest.
    """
    if len(source) > _LARGEST:
        return [f"it is longer than {_LARGEST:,} characters"]
    try:
        tree = syntax.parse(source)
        _measure(tree)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    except (ValueError, RecursionError, MemoryError):
        return ["it cannot be read as Python"]
    found = list(_top(tree))
    for node in ast.walk(tree):
        found += [f"line {getattr(node, 'lineno', 1)}: {what}" for what in _of(node, own, tests=tests)]
    return list(dict.fromkeys(found))


def _measure(tree: ast.AST, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise RecursionError
    for child in ast.iter_child_nodes(tree):
        _measure(child, depth + 1)


def _top(tree: ast.Module) -> Iterator[str]:
    """Whatever would run when the module is imported."""
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not isinstance(node, _DEFINITIONS):
            yield f"line {node.lineno}: only imports, constants, functions and classes stand at the top"


def _of(node: ast.AST, own: Collection[str], *, tests: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (_import(alias.name, own, tests=tests) for alias in node.names if not _may(alias.name, own, tests))
    elif isinstance(node, ast.ImportFrom):
        yield from _import_from(node, own, tests=tests)
    elif isinstance(node, ast.Name):
        if node.id in _CALLS or _is_inner(node.id):
            yield f"{node.id} is not allowed"
    elif isinstance(node, ast.Attribute):
        if node.attr in _ATTRIBUTES or _is_inner(node.attr):
            yield f".{node.attr} is not allowed"
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and "__" in node.value:
            yield "a text with __ in it is not allowed"
    elif isinstance(node, ast.Global | ast.Nonlocal | ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
        yield f"{type(node).__name__.lower().removesuffix('functiondef')} is not allowed: the function is pure"
    elif isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and not _leaves(node):
        yield "a loop without an end is not allowed"
    elif isinstance(node, ast.Try | ast.TryStar):
        yield from _swallowed(node)


def _import(name: str, own: Collection[str], *, tests: bool) -> str:
    allowed = ", ".join(sorted({*(TEST_MODULES if tests else MODULES), *own}))
    return f"import of {name[:60]} is not allowed; allowed are: {allowed}"


def _may(name: str, own: Collection[str], tests: bool) -> bool:  # noqa: FBT001 - as its callers have it
    return name in own or name in (TEST_MODULES if tests else MODULES)


def _import_from(node: ast.ImportFrom, own: Collection[str], *, tests: bool) -> Iterator[str]:
    name = node.module or ""
    if node.level:
        yield "a relative import is not allowed; write the module's whole name"
    elif not _may(name, own, tests):
        yield _import(name, own, tests=tests)
    if any(alias.name == "*" for alias in node.names):
        yield "import * is not allowed"
    yield from (f"{a.name} is not allowed" for a in node.names if a.name in _ATTRIBUTES or _is_inner(a.name))


def _is_inner(name: str) -> bool:
    """Whether a name reaches for the inside of objects: `__class__`."""
    return name.startswith("__") and name.endswith("__") and name != "__future__"


def _leaves(loop: ast.While) -> bool:
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in ast.walk(loop))


def _swallowed(node: ast.Try | ast.TryStar) -> Iterator[str]:
    for handler in node.handlers:
        if handler.type is None or (
            isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
        ):
            yield "catching every exception is not allowed: name the one that is meant"
