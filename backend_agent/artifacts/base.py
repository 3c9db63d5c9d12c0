"""What all artifacts share."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

SHOWN = 600
"""Characters of an artifact that IPython prints."""


class Artifact(BaseModel):
    """Base of every artifact and of every part of one.

    Instances are frozen; unknown fields are refused; attribute docstrings become the descriptions in
    the JSON schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, ser_json_inf_nan="strings")

    def _repr_html_(self) -> str:
        """Show the artifact in a notebook."""
        from backend_agent.documents.shown import html

        return html(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - as IPython calls it
        """Show at most so much of it on a terminal, and beside the picture in a notebook's file."""
        told = "..." if cycle else repr(self)
        printer.text(told if len(told) <= SHOWN else f"{told[:SHOWN]} ... and {len(told) - SHOWN} characters more")

    def to_state(self) -> dict[str, Any]:
        """Return the artifact as plain JSON values, as it is kept in graph state."""
        return self.model_dump(mode="json")

    @classmethod
    def from_state(cls, value: object) -> Self:
        """Validate plain JSON values from graph state; raises `pydantic.ValidationError`."""
        return cls.model_validate(value)


class Provenance(Artifact):
    """Who wrote an artifact, and from what."""

    author: str
    """`draft`, or the chat model's name such as `groq:openai/gpt-oss-120b`."""
    fingerprint: str
    """SHA-256 (hex) over the inputs, findings, prompt and author."""
    note: str = ""
    """Why the draft stands in for a chat model, when it does."""


Priority = Literal["high", "medium", "low"]
Complexity = Literal["low", "medium", "high"]
