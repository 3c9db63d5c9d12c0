"""Weaknesses that bandit and ruff do not know: rules of our own over the service's syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from backend_agent import syntax
from backend_agent.artifacts.findings import Severity
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier

Weakness = tuple[str, str, Severity]
"""What is wrong, what to do, and how bad it is."""

_SQL_CALLS = frozenset({"text", "execute", "exec_driver_sql", "executescript", "fetch", "fetchrow", "fetchval"})


def examine(project: ProjectUnderTest) -> Outcome:
    """Read every module of the service; nothing is run."""
    faults = []
    paths = [path for path in project.files if path.startswith("app/") and path.endswith(".py")]
    for path in paths:
        try:
            tree = syntax.parse(project.text(path) or "")
        except (SyntaxError, ValueError):
            continue  # the verifier of imports says so
        constants = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found = _of_call(node, constants)
                faults += [Fault(f"{path}:{node.lineno}: {what}", hint, severity) for what, hint, severity in found]
    return Outcome(sorted(faults, key=lambda fault: fault.evidence), detail=f"{len(paths)} files")


def _of_call(call: ast.Call, constants: set[str]) -> Iterator[Weakness]:
    name = _name(call.func)
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if name == "decode" and "jwt" in ast.unparse(call.func).lower():
        yield from _of_token(call, given)
    if (
        name == "add_middleware"
        and "*" in _strings(given.get("allow_origins"))
        and _is(given, "allow_credentials", True)
    ):
        yield "any origin may call with the caller's credentials", "name the origins in allow_origins", "critical"
    if name == "FastAPI" and _is(given, "debug", True):
        yield "debug mode shows the inside of the service to callers", "leave debug out", "major"
    if name in _SQL_CALLS and call.args and _is_composed(call.args[0], constants):
        yield "SQL is put together from values", "use bind parameters", "critical"
    if name == "create_async_engine" and _is(given, "echo", True):
        yield "every statement with its values goes into the log", "leave echo out", "major"


def _of_token(call: ast.Call, given: dict[str, ast.expr]) -> Iterator[Weakness]:
    options = given.get("options")
    if isinstance(options, ast.Dict):
        switched = {
            key.value
            for key, value in zip(options.keys, options.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and value.value is False
        }
        if "verify_signature" in switched:
            yield "a token's signature is not verified", "leave verify_signature out", "critical"
        if "verify_exp" in switched:
            yield "a token never expires", "leave verify_exp out", "critical"
    elif "algorithms" not in given and len(call.args) < 3:
        yield "a token may choose its own algorithm", "give algorithms", "critical"
    if "none" in {algorithm.lower() for algorithm in _strings(given.get("algorithms"))}:
        yield "a token without a signature is accepted", "take none out of algorithms", "critical"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is(given: dict[str, ast.expr], name: str, value: object) -> bool:
    node = given.get(name)
    return isinstance(node, ast.Constant) and node.value is value


def _strings(node: ast.expr | None) -> set[str]:
    if node is None:
        return set()
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _constants(tree: ast.Module) -> set[str]:
    """Return the names that only ever run over literals: `for pragma in ("a", "b")`."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.target, ast.Name)]
    over_literals = {
        id(loop.target)
        for loop in loops
        if isinstance(loop.iter, ast.Tuple | ast.List) and all(isinstance(e, ast.Constant) for e in loop.iter.elts)
    }
    literal: set[str] = set()
    other: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            (literal if id(node) in over_literals else other).add(node.id)
        elif isinstance(node, ast.arg):
            other.add(node.arg)
    return literal - other


def _is_composed(node: ast.expr, constants: set[str]) -> bool:
    """Whether a string is made of parts that are not all literals: an f-string, `+`, `%` or `.format`."""

    def fixed(part: ast.expr) -> bool:
        return isinstance(part, ast.Constant) or (isinstance(part, ast.Name) and part.id in constants)

    if isinstance(node, ast.JoinedStr):
        return not all(fixed(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return bool(_strings(node)) and not (fixed(node.left) and fixed(node.right))
    return isinstance(node, ast.Call) and _name(node.func) == "format" and isinstance(node.func, ast.Attribute)


VERIFIER = Verifier(
    name="weaknesses",
    title="No token, origin or statement is handled carelessly",
    metric="security",
    severity="critical",
    tool="python",
    examine=examine,
)
