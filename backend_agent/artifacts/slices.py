"""Slices: what a stage sees of an artifact that it reads. What it is not shown cannot make it run again.

A slice is a pure function from an artifact to one of the same type with the rest left empty. A stage is given the
slice and nothing else, so there is no second list of what it depends on that could be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.code import Implementation
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import Category, RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask

_SENTENCES = ("requirements", "security_requirements", "integration_requirements")


def task_fields(task: BackendTask) -> BackendTask:
    """Return a task's fields without its prose: the statements are read from the requirements."""
    return task.model_copy(update={name: "" if name == "description" else [] for name in (*_SENTENCES, "description")})


def task_described(task: BackendTask) -> BackendTask:
    """Return a task's fields and its description, without its statements."""
    return task.model_copy(update={name: [] for name in _SENTENCES})


def told(analysis: RequirementsAnalysis) -> RequirementsAnalysis:
    """Return the statements as they were told, without what was thought of them."""
    return _only(analysis, lambda statement: statement.text)


def wording(
    mentions: Iterable[re.Pattern[str]] = (),
    sentences: Iterable[re.Pattern[str]] = (),
    sources: Iterable[str] = (),
    categories: Iterable[Category] = (),
    *,
    numbered: bool = False,
) -> Callable[[RequirementsAnalysis], RequirementsAnalysis]:
    """Return the slice that keeps the statements that matter, and of them the words that do.

    Args:
        mentions: patterns of which it counts whether a statement mentions them: it keeps the words that they match.
        sentences: patterns of which more counts: a statement that mentions one keeps its whole text.
        sources: fields of the task whose statements keep their whole text.
        categories: the same by category.
        numbered: whether the other statements stay too, without words: for who asks which numbers there are.
    """
    looked_for, whole = tuple(mentions), tuple(sentences)
    from_these, of_these = frozenset(sources), frozenset(categories)

    def text(statement: Statement) -> str:
        if statement.source in from_these or statement.category in of_these:
            return statement.text
        if any(pattern.search(statement.text) for pattern in whole):
            return statement.text
        found = (match.group().lower() for pattern in looked_for for match in pattern.finditer(statement.text))
        # A semicolon ends a clause: words of two mentions are not read as a third.
        return "; ".join(sorted(set(found)))

    def seen(analysis: RequirementsAnalysis) -> RequirementsAnalysis:
        found = _only(analysis, text)
        return found if numbered else RequirementsAnalysis(statements=[s for s in found.statements if s.text])

    return seen


def elements(domain: DomainModel) -> DomainModel:
    """Return the elements of a domain model, without what was left out of it and why it was read so."""
    return domain.model_copy(update={"unplaced": [], "notes": []})


def structure(design: ArchitectureDesign) -> ArchitectureDesign:
    """Return an architecture's type and its boundaries, without the prose about them."""
    kept = {"architecture_type", "service_boundaries"}
    rest = {name: "" if name == "overview" else [] for name in type(design).model_fields if name not in kept}
    return design.model_copy(update=rest)


def contents(code: Implementation) -> Implementation:
    """Return the files as they are on disk, without what is said of them."""
    bare = [file.model_copy(update={"description": "", "cites": []}) for file in code.files]
    return code.model_copy(update={"files": bare})


def _only(analysis: RequirementsAnalysis, text: Callable[[Statement], str]) -> RequirementsAnalysis:
    statements = [
        Statement(
            id=s.id, text=text(s), category=s.category, priority="medium", complexity="medium", approach="",
            source=s.source,
        )
        for s in analysis.statements
    ]  # fmt: skip
    return RequirementsAnalysis(statements=statements)
