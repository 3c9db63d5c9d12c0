"""Custom operations, over the API: their acceptance examples, and who may call them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.operation_access import callers
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.operations import CustomOperation, Example
from backend_agent.artifacts.testing import PlannedKind
from backend_agent.codegen.project_tests.case import Case, by_number
from backend_agent.codegen.project_tests.example import Scene, lines_of, sent
from backend_agent.codegen.project_tests.suite import Suite

OTHER = "00000000-0000-4000-8000-000000000001"
"""Another id that no row has."""


def path_of(operation: CustomOperation) -> str:
    """Return the file with an operation's tests."""
    return f"tests/test_{operation.name}_operation.py"


def cases(suite: Suite) -> Iterator[Case]:
    """Yield the tests of all operations that have a body."""
    for operation in written(suite.domain):
        endpoint = suite.endpoint(operation.name)
        if endpoint is not None and endpoint.kind == "operation":
            yield from _cases(suite, operation, endpoint)


def _cases(suite: Suite, operation: CustomOperation, endpoint: Endpoint) -> Iterator[Case]:
    name = operation.name
    said = names.title(name)
    scene = Scene.of(suite, operation, endpoint)
    unknown = _unknown(suite, operation, endpoint)

    def case(test: str, proves: str, lines: list[str], kind: PlannedKind = "integration", given: str = "") -> Case:
        view = {"lines": lines, "given": given}
        return Case(test, path_of(operation), kind, proves, by_number(operation.cites), "operation", view)

    titles: dict[str, int] = {}
    for example in operation.examples:
        test = _test_name(operation, example, titles)
        lines = lines_of(scene, example) if scene else None
        if lines is not None:
            patched = ", monkeypatch: pytest.MonkeyPatch" if "now" in example.given else ""
            yield case(test, _sentence(example.title), lines, given=patched)
    status = "assert response.status_code == "
    yield case(
        f"test_{name}_needs_a_token",
        f"Who is not logged in cannot {said}",
        [f"response = await api.anonymous.post({unknown})", f"{status}401"],
        "security",
    )
    denied = [r for r in suite.roles if r not in callers(suite.domain, operation)]
    if denied:
        roles = ", ".join(map(names.python_literal, denied))
        yield case(
            f"test_others_may_not_{name}",
            f"Who has no role for it may not {said}",
            [f"for role in [{roles}]:", "    caller = await sign_in(api, role)",
             f"    response = await caller.post({unknown})", f"    {status}403"],
            "security",
        )  # fmt: skip
    if operation.rows and callers(suite.domain, operation):
        role = names.python_literal(callers(suite.domain, operation)[0])
        yield case(
            f"test_{name}_with_an_unknown_row",
            f"To {said} with what does not exist is answered with 404",
            [f"caller = await sign_in(api, {role})", f"response = await caller.post({unknown})", f"{status}404"],
        )
    if scene and scene.owner_role:
        lines = scene.of_another()
        if lines is not None:
            proves = f"To {said} with what belongs to somebody else is answered with 404"
            yield case(f"test_{name}_of_another_owner", proves, lines, "security")


def _unknown(suite: Suite, operation: CustomOperation, endpoint: Endpoint) -> str:
    """Return the arguments of a call with valid values and ids that nothing has."""
    path = f'"{endpoint.path}"'
    if operation.rows:
        head, _, tail = endpoint.path.partition("{")
        path = f'f"{head}{{UNKNOWN}}{tail.partition("}")[2]}"'
    model = suite.model(endpoint.request)
    if model is None:
        return path
    ids = {f"{row.name}_id" for row in operation.rows[1:]}
    pairs = [
        f"{names.python_literal(suite.wire(p.name))}: " + (names.python_literal(OTHER) if p.name in ids else sent(p))
        for p in model.properties
    ]
    return f"{path}, {{{', '.join(pairs)}}}"


def _test_name(operation: CustomOperation, example: Example, taken: dict[str, int]) -> str:
    words = names.snake(example.title)[:60].strip("_") or "example"
    taken[words] = taken.get(words, 0) + 1
    return f"test_{operation.name}_{words}" + (f"_{taken[words]}" if taken[words] > 1 else "")


def _sentence(text: str) -> str:
    """Return a title as the docstring of a test: one line, without its full stop."""
    plain = " ".join(text.split()).replace("\\", "").replace('"', "'").rstrip(".") or "An example"
    return plain[0].upper() + plain[1:]
