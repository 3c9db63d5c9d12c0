"""Implementation: every file of the generated project."""

from __future__ import annotations

from pydantic import Field

from backend_agent.artifacts.base import Artifact


class GeneratedFile(Artifact):
    path: str
    """POSIX path inside the project; never absolute, never with `..`."""
    content: str
    description: str
    cites: list[str] = Field(default_factory=list)
    """R-ids that it serves."""
    executable: bool = False


class Implementation(Artifact):
    target: str
    """`python-fastapi`."""
    layout: str
    files: list[GeneratedFile]
    """Ordered by path."""

    def file(self, path: str) -> GeneratedFile:
        """Return the file at `path`; raises `KeyError`."""
        for file in self.files:
            if file.path == path:
                return file
        raise KeyError(path)
