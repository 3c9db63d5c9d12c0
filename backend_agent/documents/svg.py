"""SVG by hand: text is always escaped, colours come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

Attribute = str | float | int


def number(value: float) -> str:
    """Return a coordinate with at most one digit after the point."""
    return f"{value:.1f}".removesuffix(".0")


def element(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """Return an element. `class_` becomes `class`, `_` in names becomes `-`; plain strings inside are escaped."""
    written = Markup("")
    for key, value in attributes.items():
        shown = number(value) if isinstance(value, float | int) else value
        written += Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), shown)
    inside = Markup("").join(escape(child) for child in children)
    if not children:
        return Markup("<{}{}/>").format(Markup(name), written)  # noqa: S704 - the name is a constant of the caller
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 - as above


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "") -> Markup:
    """Return one line of text."""
    extra = {"text_anchor": anchor} if anchor else {}
    return element("text", words, x=x, y=y, class_=class_, **extra)


def group(children: Iterable[Markup], **attributes: Attribute) -> Markup:
    """Return a group."""
    return element("g", Markup("").join(children), **attributes)


def drawing(width: float, height: float, children: Iterable[Markup], title: str, class_: str = "") -> Markup:
    """Return the whole picture, which shrinks with the page as long as its text stays legible."""
    return element(
        "svg",
        element("title", title),
        Markup("").join(children),
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        style=f"min-width:{number(min(width, 640 + width / 3))}px",
        role="img",
        class_=class_,
        xmlns="http://www.w3.org/2000/svg",
    )


def curve(points: Sequence[tuple[float, float]], *, aside: bool = False) -> str:
    """Return the path through points with level tangents; `aside`: it leaves and comes back on the same side."""
    (x, y), *_ = points
    path = [f"M{number(x)} {number(y)}"]
    if aside:
        (x1, _), (x2, y2) = points[1], points[-1]
        path.append(f"C{number(x1)} {number(y)} {number(x1)} {number(y2)} {number(x2)} {number(y2)}")
        return " ".join(path)
    for (x1, y1), (x2, y2) in pairwise(points):
        if y1 == y2:
            path.append(f"L{number(x2)} {number(y2)}")
        else:
            middle = (x1 + x2) / 2
            path.append(f"C{number(middle)} {number(y1)} {number(middle)} {number(y2)} {number(x2)} {number(y2)}")
    return " ".join(path)


def clipped(words: str, limit: int) -> str:
    """Return at most `limit` characters."""
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def wrapped(words: str, limit: int, lines: int) -> list[str]:
    """Return words in lines of at most `limit` characters; what does not fit ends with an ellipsis."""
    found: list[str] = []
    line = ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > limit:
            found.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    found = [clipped(part, limit) for part in [*found, line] if part]
    if len(found) <= lines:
        return found
    return [*found[: lines - 1], found[lines - 1].rstrip("…")[: limit - 1].rstrip(" ,;") + "…"]
