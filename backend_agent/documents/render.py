"""Rendering: two Jinja2 environments. HTML escapes by itself; Markdown escapes every expression that is not marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from backend_agent.artifacts.database import Measure
from backend_agent.documents import mermaid
from backend_agent.documents.describe import bounds, column_type, property_type, who, wire
from backend_agent.names import plural, title

TEMPLATES = Path(__file__).parent / "templates"
_SPECIAL = re.compile(
    r"[\\`*\[\]<>|{}~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)|^(?=[#>+-])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])"
)


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def plain(value: object) -> str:
    """Return text that Markdown shows as it is, in one line; spaces at its ends stay, they may join words."""
    line = re.sub(r"\s+", " ", str(value))
    return _SPECIAL.sub(lambda m: f"\\{m.group()}" if m.group() else "\\", line)


def finalize(value: object) -> str:
    """Return what an expression writes: escaped, unless it is Markdown."""
    return value if isinstance(value, Markdown) else plain("" if value is None else value)


def code(value: object) -> Markdown:
    """Return a code span, safe inside a table; empty for nothing."""
    text = " ".join(str(value).replace("`", "'").split()).replace("|", "\\|")
    return Markdown(f"`{text}`" if text else "")


def codes(values: list[str]) -> Markdown:
    """Return code spans with commas."""
    return Markdown(", ".join(code(v) for v in values))


def fence(text: str, language: str = "mermaid") -> Markdown:
    """Return a fenced block; the fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Markdown(f"{ticks}{language}\n{text}\n{ticks}")


def measures(items: Sequence[Measure]) -> Markdown:
    """Return a list of measures: name, what is done, why, and who asked."""
    lines = []
    for item in items:
        cites = f" ({', '.join(item.cites)})" if item.cites else ""
        why = f" {plain(item.reason)}" if item.reason else ""
        lines.append(f"- **{plain(item.name)}.** {plain(item.detail)}{why}{cites}")
    return Markdown("\n".join([*lines, ""]))


def breakable(path: str) -> Markup:
    """Return a path that HTML may break before a slash."""
    return Markup("<wbr>/").join(escape(part) for part in path.split("/"))


def counted(things: Sequence[object], noun: str, many: str = "") -> str:
    """Return how many there are, with the noun: `1 column`, `3 columns`."""
    return f"{len(things)} {noun if len(things) == 1 else many or title(plural(noun))}"


@cache
def environment(kind: str) -> jinja2.Environment:
    """Return the environment for `html` or `md`; undefined names fail."""
    html = kind == "html"
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701 - Markdown is escaped by `finalize`
        undefined=jinja2.StrictUndefined,
        finalize=(lambda value: "" if value is None else value) if html else finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(words=title, code=code, codes=codes, fence=fence, who=who, breakable=breakable, counted=counted)
    made.filters.update(
        column_type=column_type, property_type=property_type, bounds=bounds, measures=measures, wire=wire
    )
    made.globals.update(mermaid=mermaid)
    return made


def render(template: str, **view: Any) -> str:
    """Return a template's text: `api.md` or `report.html`. Ends with one newline."""
    found = environment(template.rpartition(".")[2]).get_template(f"{template}.jinja")
    text = re.sub(r"\n{3,}", "\n\n", found.render(**view))
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
