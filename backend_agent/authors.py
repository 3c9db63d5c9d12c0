"""Authors: who writes a stage's artifact. The draft author is deterministic and always there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.findings import Finding
from backend_agent.settings import Settings
from backend_agent.stage import Stage
from backend_agent.state import Artifacts


class Written(NamedTuple):
    """What an author brings: the artifact, and how it came to be."""

    artifact: Artifact
    note: str = ""
    """On how it came to be; empty: as expected."""
    calls: Sequence[Call] = ()
    """Of a chat model, in order; failed ones too."""
    refused: Sequence[Finding] = ()
    """What a chat model proposed and was not taken over. Told to the user; no part of a score."""
    author: str = ""
    """Who wrote it, when that is not the author that was asked: `draft`, where the draft stands in."""


class Author(Protocol):
    """Whoever can write the artifact of any stage."""

    @property
    def name(self) -> str:
        """`draft`, `edited`, or the chat model's name; kept in the artifact's provenance."""
        ...

    def identity(self, stage: Stage[Any]) -> str:
        """Return all that, besides inputs and findings, decides what is written: model, prompt text ..."""
        ...

    def write(self, stage: Stage[Any], given: Artifacts, findings: Sequence[Finding]) -> Written:
        """Return the artifact, and how it came to be.

        Args:
            stage: what is to be written.
            given: the artifacts that the stage reads.
            findings: what quality had to say of the last version; empty the first time.

        Raises:
            AuthorError: no valid artifact could be had.
        """
        ...


class DraftAuthor:
    """Writes each stage's own draft: complete, valid and the same bytes every time."""

    name = "draft"

    def identity(self, stage: Stage[Any]) -> str:
        """Return the draft's version."""
        return f"draft {stage.version}"

    def write(
        self,
        stage: Stage[Any],
        given: Artifacts,
        findings: Sequence[Finding],  # noqa: ARG002 - a draft has one answer
    ) -> Written:
        """Return the draft."""
        return Written(stage.draft(given))


DRAFT: Author = DraftAuthor()


class Kept:
    """Keeps an artifact that the user edited: what it reads may change, it does not.

    Args:
        content: the artifact's digest.
    """

    name = "edited"

    def __init__(self, content: str) -> None:
        self._content = content

    def identity(self, stage: Stage[Any]) -> str:  # noqa: ARG002 - the same for every stage
        """Return what was edited, by its digest."""
        return self._content

    def write(
        self,
        stage: Stage[Any],
        given: Artifacts,
        findings: Sequence[Finding],  # noqa: ARG002 - the user decided
    ) -> Written:
        """Return the artifact as it is."""
        return Written(getattr(given, stage.name), "edited by hand and kept")


def fingerprint(stage: Stage[Any], author: Author, inputs: Mapping[str, str], heard: str, settings: Settings) -> str:
    """Return a SHA-256 (hex) over everything that decides a stage's artifact.

    Args:
        stage: whose artifact it is.
        author: who writes it.
        inputs: by name, the digest of what is read.
        heard: digest of quality's findings that the author was given; empty for none.
        settings: those that `stage.settings` names count.
    """
    return digest(
        {
            "stage": stage.name,
            "author": author.name,
            "identity": author.identity(stage),
            "inputs": inputs,
            "heard": heard,
            "settings": {name: _setting(getattr(settings, name)) for name in stage.settings},
        }
    )


def digest(value: Any) -> str:
    """Return the SHA-256 (hex) of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _setting(value: object) -> object:
    """Return plain JSON; of a path or an address only whether it is there."""
    return value if isinstance(value, bool | int | float) else value is not None
