"""Documentation: the pages, and what became of each requirement."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact


class Trace(Artifact):
    """One requirement, all the way to the tests that ran."""

    requirement: str
    text: str
    status: Literal["proved", "failed", "designed", "unplaced", "superseded"]
    """proved: a test of it ran and all passed; failed: one failed; designed: placed, no test ran; unplaced; superseded:
    the task does not say it any more."""
    partial: bool = False
    """Whether some words of it are not covered (`note` says which); the status is about the rest."""
    entities: list[str] = Field(default_factory=list)
    endpoints: list[str] = Field(default_factory=list)
    tables: list[str] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)
    tests: list[str] = Field(default_factory=list)
    note: str = ""


class Page(Artifact):
    path: str
    """Below the project's folder: `docs/api.md`, `report.html`."""
    title: str
    content: str


class Documentation(Artifact):
    pages: list[Page]
    traceability: list[Trace]
