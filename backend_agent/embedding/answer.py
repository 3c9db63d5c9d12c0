"""The answer: what a run brought, short in words for a chat and structured for whoever works on with it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from backend_agent import names
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.documentation import Trace
from backend_agent.artifacts.task import ArchitectureType, DatabaseType, TaskType
from backend_agent.result import Result

Part = Literal["openapi", "trace", "files"]
"""Parts of an answer that can be long."""
CONTRACT: tuple[Part, ...] = ("openapi",)
"""Those that are given unless told otherwise: what other agents build on."""


class EndpointLine(Artifact):
    """One endpoint of the API."""

    method: str
    path: str
    summary: str
    public: bool
    """Whether anyone may call it, without logging in."""


class NotCovered(Artifact):
    """A requirement, or a part of one, that nothing in the design covers."""

    requirement: str
    """The R-id."""
    text: str
    reason: str


class ProjectFile(Artifact):
    """One file of the generated project."""

    path: str
    content: str


class Answer(Artifact):
    """What the agent brings back, as `structured_response`: plain JSON values that this class types."""

    project_name: str
    type: TaskType
    architecture_type: ArchitectureType
    database_type: DatabaseType
    overall_score: float | None = None
    """Mean of the metrics that have a score, 0 to 1; None when nothing was judged."""
    confidence_score: float | None = None
    """`overall_score` times the share of checks that ran, 0 to 1."""
    scores: dict[str, float | None] = Field(default_factory=dict)
    """By metric; None when no check of it ran."""
    verified: Literal["pass", "fail", "not run"] = "not run"
    """Whether the generated project was run, and what came of it."""
    entities: list[str] = Field(default_factory=list)
    tables: list[str] = Field(default_factory=list)
    endpoints: list[EndpointLine] = Field(default_factory=list)
    openapi: dict[str, Any] | None = None
    """The API contract: an OpenAPI 3.1 document."""
    unplaced: list[NotCovered] = Field(default_factory=list)
    """What the task asks for and nothing covers."""
    folder: str | None = None
    """Where the project was written; None: it was not."""
    file_count: int = 0
    conflicts: list[str] = Field(default_factory=list)
    """Files in which edits by hand and what is new are in conflict."""
    files: list[ProjectFile] = Field(default_factory=list)
    trace: list[Trace] = Field(default_factory=list)
    """Each requirement with the endpoints, tables and tests that serve it."""
    session: str = ""
    """The LangGraph thread that keeps the run; empty when nothing keeps it."""


def answer_of(result: Result, parts: Collection[Part] = CONTRACT, output: Path | None = None) -> Answer:
    """Return the answer of a finished run.

    Args:
        result: what the run brought.
        parts: which of the long parts to give.
        output: the folder in which to write the project, in a folder that is named after it; None: nothing is written.

    Raises:
        UserError: the folder cannot be written.
    """
    task = result.task
    files = result.files() if output or "files" in parts else []
    given: dict[str, Any] = {
        "project_name": task.project_name,
        "type": task.type,
        "architecture_type": task.architecture_type,
        "database_type": task.database_requirements.type,
        "session": result.session_id,
        "file_count": len(files),
        "files": [ProjectFile(path=f.path, content=f.content) for f in files] if "files" in parts else [],
    }
    if result.has("domain"):
        texts = {s.id: s.text for s in result.requirements.statements}
        given["entities"] = [entity.name for entity in result.domain.entities]
        given["unplaced"] = [
            NotCovered(requirement=u.requirement, text=u.part or texts.get(u.requirement, ""), reason=u.reason)
            for u in result.domain.unplaced
        ]
    if result.has("database"):
        given["tables"] = [table.name for table in result.database.tables]
    if result.has("api"):
        base = result.api.base_url
        given["endpoints"] = [
            EndpointLine(
                method=e.method,
                path=e.path if e.kind == "health" else base + e.path,
                summary=e.summary,
                public=e.access.public,
            )
            for e in result.api.endpoints
        ]
        given["openapi"] = result.api.to_openapi() if "openapi" in parts else None
    if result.has("quality"):
        given["overall_score"] = result.quality.overall_score
        given["confidence_score"] = result.quality.confidence_score
        given["scores"] = {metric.metric: metric.score for metric in result.quality.metrics}
    if result.has("verification"):
        verdicts = {run.verdict for run in result.verification.runs}
        given["verified"] = "fail" if "fail" in verdicts else "pass" if "pass" in verdicts else "not run"
    if result.has("documentation") and "trace" in parts:
        given["trace"] = result.documentation.traceability
    if output is not None:
        folder = output / (names.kebab(task.project_name) or "service")
        given["conflicts"] = [conflict.path for conflict in result.write(folder).conflicts]
        given["folder"] = str(folder)
    return Answer(**given)


def in_words(answer: Answer) -> str:
    """Return an answer in some short sentences, for a chat."""
    kinds: tuple[tuple[str, list[Any]], ...] = (
        ("entity", answer.entities), ("table", answer.tables), ("endpoint", answer.endpoints),
    )  # fmt: skip
    counts = [f"{len(found)} {name if len(found) == 1 else names.plural(name)}" for name, found in kinds if found]
    said = [f"{answer.project_name}: {', '.join(counts) or 'designed'}."]
    said.append(f"Architecture {answer.architecture_type}, database {answer.database_type}.")
    if answer.overall_score is not None:
        confidence = f" (confidence {answer.confidence_score:.2f})" if answer.confidence_score is not None else ""
        said.append(f"Score {answer.overall_score:.2f}{confidence}.")
    if answer.type == "backend_development":
        said.append({"pass": "It was run and passed.", "fail": "It was run and something failed.",
                     "not run": "It was not run."}[answer.verified])  # fmt: skip
    if answer.folder:
        said.append(f"{answer.file_count} files in {answer.folder}.")
    if answer.conflicts:
        said.append(f"In conflict with edits by hand: {_listed(answer.conflicts)}.")
    if answer.unplaced:
        left = [f"{item.requirement} ({item.text.rstrip('.')[:80]})" for item in answer.unplaced]
        said.append(f"Not covered: {_listed(left)}.")
    return " ".join(said)


def _listed(items: list[str], most: int = 3) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return "; ".join(items[:most]) + more
