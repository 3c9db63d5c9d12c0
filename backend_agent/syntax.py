"""Syntax trees, one thread at a time.

Python 3.11 counts the depth of a tree for the whole interpreter: when the garbage collector lets another thread run in
the middle of `ast.parse`, and that one parses too, either may end in a `SystemError`.
"""

from __future__ import annotations

import ast
import threading

LOCK = threading.RLock()
"""Held while a syntax tree is made: here, and around libraries that make some, as LangGraph does of nodes' sources."""


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a module; raises as `ast.parse` does."""
    with LOCK:
        return ast.parse(source)
