"""Prompts: Markdown templates, one a stage, rendered strictly; `_system` and `_repair` belong to all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from backend_agent import settings
from backend_agent.errors import UserError

_HERE = Path(__file__).parent
_ENVIRONMENT = Environment(
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - prompts are no HTML; user text is fenced by the templates
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def folder() -> Path:
    """Return where the built-in prompts are: beside the package in a checkout, inside it when installed."""
    shipped = _HERE / "_prompts"
    return shipped if shipped.is_dir() else _HERE.parent / "prompts"


def names() -> list[str]:
    """Return the names of all built-in prompts."""
    return sorted(path.stem for path in folder().glob("*.md"))


def source(name: str) -> str:
    """Return the text of a prompt's template: the user's own when `Settings.prompts` has one, else the built-in one.

    Raises `UserError` when there is none.
    """
    own = settings.current().prompts
    for place in [own, folder()] if own else [folder()]:
        path = place / f"{name}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise UserError(f"there is no prompt {name!r} in {folder()}")


def render(name: str, values: Mapping[str, Any]) -> str:
    """Return a prompt with its values filled in.

    Args:
        name: the stage's name, `_system` or `_repair`.
        values: everything that the template uses; a missing one is an error, never an empty place.

    Raises:
        UserError: the template is broken or uses something that is not given.
    """
    try:
        return _template(source(name)).render(**values)
    except TemplateError as error:
        raise UserError(f"prompt {name}.md: {error}; mend the template") from None


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def fence(text: str) -> str:
    """Return user text between fences that it cannot close itself."""
    marks = "~~~"
    while marks in text:
        marks += "~"
    return f"{marks}\n{text}\n{marks}"


_ENVIRONMENT.filters["fence"] = fence
