"""The architecture diagram: callers on the left, the database on the right, and what lies between."""

from __future__ import annotations

from markupsafe import Markup

from backend_agent.artifacts.architecture import ArchitectureDesign, Component
from backend_agent.documents import svg
from backend_agent.documents.layered import Box, Line, Placed, Route, draw

WIDTH = 232.0
LINE = 16.0
HEAD = 34.0
TEXT = 33
"""Characters in a line of a box."""
LINES = 4
MARGIN = 14.0
MOST_DOORS = 8
"""Beyond so many, a caller's lines go only to components that no other component leads to."""
STYLES = {"sql": "SQL", "message": "message"}


def _words(component: Component) -> list[str]:
    return svg.wrapped(component.responsibility, TEXT, LINES)


def _clients(design: ArchitectureDesign) -> list[str]:
    names = {c.name for c in design.components}
    return list(dict.fromkeys(p.source for p in design.communication_patterns if p.source not in names))


def reduced(edges: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the edges without those that a longer way already says, in order."""
    ahead: dict[str, set[str]] = {}
    for a, b in edges:
        ahead.setdefault(a, set()).add(b)

    def reaches(start: str, end: str, without: tuple[str, str]) -> bool:
        seen: set[str] = set()
        todo = [start]
        while todo:
            name = todo.pop()
            for following in ahead.get(name, ()):
                if (name, following) == without or following in seen:
                    continue
                if following == end:
                    return True
                seen.add(following)
                todo.append(following)
        return False

    return [e for e in dict.fromkeys(edges) if not reaches(e[0], e[1], e)]


def _box(component: Component, place: Placed, kind: str) -> Markup:
    x, y = place.x, place.y
    parts = [
        svg.element("title", component.responsibility),
        svg.element("rect", x=x, y=y, width=WIDTH, height=place.box.height, rx=10, class_="box"),
        svg.element("rect", x=x, y=y, width=5, height=place.box.height, rx=2.5, class_="edge-bar"),
        svg.text(x + 18, y + 23, svg.clipped(component.name, 28), "name"),
    ]
    parts += [svg.text(x + 18, y + HEAD + 10 + LINE * i, line, "field") for i, line in enumerate(_words(component))]
    return svg.group(parts, class_=f"component {kind}")


def _client(name: str, place: Placed) -> Markup:
    parts = [
        svg.element("rect", x=place.x, y=place.y, width=place.box.width, height=place.box.height, rx=23, class_="box"),
        svg.text(place.x + place.box.width / 2, place.y + 28, svg.clipped(name, 18), "name", "middle"),
        svg.text(place.x + place.box.width / 2, place.y + 64, "over HTTPS", "type", "middle"),
    ]
    return svg.group(parts, class_="component client")


def _arrow(route: Route, label: str) -> Markup:
    (x, y) = route.points[-1]
    direction = 1 if route.leftwards else -1
    head = f"M{svg.number(x + 8 * direction)} {svg.number(y - 4.5)} L{svg.number(x)} {svg.number(y)} "
    head += f"L{svg.number(x + 8 * direction)} {svg.number(y + 4.5)} z"
    aside = len(route.points) == 3 and route.points[0][0] == route.points[-1][0]
    parts = [
        svg.element("title", f"{route.line.source} to {route.line.target}"),
        svg.element("path", d=svg.curve(route.points, aside=aside), class_="line"),
        svg.element("path", d=head, class_="tip"),
    ]
    if label:
        parts.append(svg.text(x - 14, y - 6, label, "type", "end"))
    return svg.group(parts, class_="edge")


def diagram(design: ArchitectureDesign) -> Markup:
    """Return the architecture diagram of a design as SVG."""
    clients = _clients(design)
    boxes = [Box(name, 150, 46) for name in clients]
    boxes += [Box(c.name, WIDTH, HEAD + LINE * len(_words(c)) + 12) for c in design.components]
    height = {b.name: b.height for b in boxes}
    styles = {(p.source, p.target): p.style for p in design.communication_patterns}
    doors = [e for e, style in styles.items() if style == "http"]
    inside = set(reduced([e for e in styles if e not in doors or len(doors) > MOST_DOORS]))
    edges = [e for e in styles if e in inside or (e in doors and len(doors) <= MOST_DOORS)]
    found = draw(boxes, [Line(a, b, height[a] / 2) for a, b in edges if a in height], column_gap=70, head=46)
    labelled: set[str] = set()
    parts = []
    for route in found.routes:
        label = STYLES.get(styles[route.line.source, route.line.target], "")
        if label in labelled:
            label = ""
        labelled.add(label)
        parts.append(_arrow(route, label))
    parts += [_client(name, found.boxes[name]) for name in clients]
    targets = {b for _, b in edges}
    for component in design.components:
        kind = (
            "store"
            if not component.depends_on and component.name in targets and component.name == "Database"
            else "inner"
        )
        parts.append(_box(component, found.boxes[component.name], kind))
    size = (found.width + 2 * MARGIN + 30, found.height + 2 * MARGIN)
    picture = svg.group(parts, transform=f"translate({svg.number(MARGIN)} {svg.number(MARGIN)})")
    return svg.drawing(*size, [picture], "Architecture", "diagram building")
