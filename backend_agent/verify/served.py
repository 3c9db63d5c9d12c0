"""The running service's own OpenAPI document is the designed one."""

from __future__ import annotations

import json

from backend_agent.artifacts.openapi_compare import differences
from backend_agent.verify import surroundings
from backend_agent.verify.boot import boot
from backend_agent.verify.openapi import DOCUMENT
from backend_agent.verify.project import ProjectUnderTest
from backend_agent.verify.verifier import Fault, Outcome, Verifier


def examine(project: ProjectUnderTest) -> Outcome:
    """Compare openapi.json with what the booted service serves."""
    surroundings.need(project)
    text = project.text(DOCUMENT)
    if text is None:
        return Outcome([Fault(f"there is no {DOCUMENT}")])
    served = boot(project).document
    if served is None:
        return Outcome([Fault("the running service serves no /openapi.json")])
    try:
        designed_document, served_document = json.loads(text), json.loads(served)
        found = differences(designed_document, served_document)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        return Outcome([Fault(f"the documents cannot be compared: {type(problem).__name__}: {problem}")])
    return Outcome([Fault(line) for line in found], detail=f"{len(served_document.get('paths', {}))} paths served")


VERIFIER = Verifier(
    name="served",
    title="The running service's OpenAPI document equals openapi.json",
    metric="architecture",
    severity="major",
    tool="fastapi",
    examine=examine,
    effort=6,
)
