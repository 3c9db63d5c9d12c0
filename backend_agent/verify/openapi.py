"""openapi.json is a valid OpenAPI document."""

from __future__ import annotations

import json

from backend_agent.verify.evidence import last_lines, tidy
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier, stopped

DOCUMENT = "openapi.json"
_METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


def examine(project: ProjectUnderTest) -> Outcome:
    """Validate the document against the specification, references too; in the sandbox, for it may refer to anything."""
    text = project.text(DOCUMENT)
    if text is None:
        return Outcome([Fault(f"there is no {DOCUMENT}")])
    try:
        document = json.loads(text)
        operations = [
            operation.get("operationId", "")
            for item in document["paths"].values()
            for method, operation in item.items()
            if method in _METHODS
        ]
    except (ValueError, KeyError, AttributeError) as problem:
        return Outcome([Fault(f"{DOCUMENT}: {type(problem).__name__}: {problem}")])
    workspace = project.workspace("openapi")
    completed = workspace.python("-m", "openapi_spec_validator", "--validation-errors", "all", DOCUMENT)
    if completed.stopped:
        return Outcome([stopped(completed, "openapi-spec-validator")])
    twice = [name for name in sorted(set(operations)) if operations.count(name) > 1]
    faults = [Fault(f"operationId {name} is used more than once") for name in twice]
    if not completed.ok:
        faults.append(Fault(tidy(last_lines(completed.output, 12), *workspace.folders)))
    return Outcome(faults, detail=f"{len(operations)} operations")


VERIFIER = Verifier(
    name="openapi",
    title="openapi.json is a valid OpenAPI document",
    metric="architecture",
    severity="major",
    tool="openapi-spec-validator",
    examine=examine,
    stage="api",
    effort=2,
)
