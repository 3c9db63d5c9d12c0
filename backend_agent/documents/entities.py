"""The entity diagram: boxes with fields, each relation a row from which its line starts."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from backend_agent.artifacts.domain import DomainModel, Entity, FieldSpec, Relation
from backend_agent.documents import svg
from backend_agent.documents.layered import Box, Drawing, Line, Route, draw

HEAD = 30.0
ROW = 20.0
PAD = 8.0
MOST_FIELDS = 9
"""Fields shown in a box; the rest is counted."""
MARGIN = 14.0
COMPACT = 40
"""Beyond so many entities their boxes show names only."""
MOST_ENTITIES = 120
"""Beyond so many there is no picture: nobody could read it."""


def _type(field: FieldSpec) -> str:
    name = "choice" if field.type == "enum" else field.type
    return f"{name}[]" if field.many else name


def _rows(domain: DomainModel, entity: Entity) -> tuple[list[Relation], list[FieldSpec], int]:
    if len(domain.entities) > COMPACT:
        return [], [], 0
    relations = domain.relations_from(entity.name)
    fields = entity.fields[:MOST_FIELDS] if len(entity.fields) > MOST_FIELDS + 1 else entity.fields
    return relations, fields, len(entity.fields) - len(fields)


def _width(domain: DomainModel, entity: Entity) -> float:
    relations, fields, _ = _rows(domain, entity)
    longest = max(
        [
            len(svg.clipped(entity.name, 26)) + 3,
            *(len(svg.clipped(f.name, 24)) + len(_type(f)) + 4 for f in fields),
            *(len(svg.clipped(r.name, 30)) + 5 for r in relations),
        ]
    )
    return float(min(250, max(132, 30 + longest * 6.5)))


def _height(domain: DomainModel, entity: Entity) -> float:
    relations, fields, more = _rows(domain, entity)
    rows = len(relations) + len(fields) + bool(more)
    return HEAD + ROW * rows + (PAD if rows or len(domain.entities) <= COMPACT else 0)


def _row(domain: DomainModel, number: int) -> float:
    """Return where the line of a relation starts, from the top of its box."""
    return HEAD / 2 if len(domain.entities) > COMPACT else HEAD + ROW * (number + 0.5) + PAD / 2


def _placed(domain: DomainModel) -> Drawing:
    boxes = [Box(e.name, _width(domain, e), _height(domain, e)) for e in domain.entities]
    lines = [
        Line(r.source, r.target, _row(domain, i))
        for e in domain.entities
        for i, r in enumerate(domain.relations_from(e.name))
    ]
    return draw(boxes, lines, head=HEAD)


def _box(domain: DomainModel, entity: Entity, x: float, y: float, width: float) -> Markup:
    relations, fields, more = _rows(domain, entity)
    height = _height(domain, entity)
    kind = "entity" if entity.kind == "record" else f"entity {entity.kind}"
    parts = [
        svg.element("title", entity.description or entity.name),
        svg.element("rect", x=x, y=y, width=width, height=height, rx=8, class_="box"),
        svg.element(
            "path",
            d=f"M{svg.number(x)} {svg.number(y + HEAD)} v{svg.number(8 - HEAD)} q0 -8 8 -8 h{svg.number(width - 16)} "
            f"q8 0 8 8 v{svg.number(HEAD - 8)} z",
            class_="head",
        ),
        svg.text(x + 12, y + 20, svg.clipped(entity.name, 26), "name"),
    ]
    line = y + HEAD + PAD / 2
    for relation in relations:
        mark = "?" if relation.optional else ""
        parts.append(svg.text(x + 12, line + 14, svg.clipped(relation.name, 30) + mark, "relation"))
        line += ROW
    for field in fields:
        parts.append(svg.text(x + 12, line + 14, svg.clipped(field.name, 24), "field"))
        shown = _type(field) + ("?" if field.optional else "")
        parts.append(svg.text(x + width - 12, line + 14, shown, "type unique" if field.unique else "type", "end"))
        line += ROW
    if more:
        parts.append(svg.text(x + 12, line + 14, f"and {more} more", "type"))
    return svg.group(parts, class_=kind)


def _ends(relation: Relation, route: Route) -> Iterator[Markup]:
    """Yield the marks of an edge: a crow's foot where there are many, a bar where there is one."""
    (x1, y1), (x2, y2) = route.points[0], route.points[-1]
    aside = len(route.points) == 3 and route.points[0][0] <= route.points[1][0] >= route.points[-1][0]
    out = -1 if route.leftwards else 1
    into = 1 if route.leftwards or aside else -1
    many_source = relation.cardinality != "one_to_one"
    yield _mark(x1, y1, out, many=many_source)
    yield _mark(x2, y2, into, many=relation.cardinality == "many_to_many")


def _mark(x: float, y: float, direction: int, *, many: bool) -> Markup:
    if many:
        tip = f"{svg.number(x + 11 * direction)} {svg.number(y)}"
        path = f"M{svg.number(x)} {svg.number(y - 5)} L{tip} L{svg.number(x)} {svg.number(y + 5)}"
    else:
        bar = x + 7 * direction
        path = f"M{svg.number(bar)} {svg.number(y - 5)} V{svg.number(y + 5)}"
    return svg.element("path", d=path, class_="mark")


def _edge(relation: Relation, route: Route) -> Markup:
    kind = "edge" + (" optional" if relation.optional else "") + (" owned" if relation.owned else "")
    aside = route.points[0][0] <= route.points[-1][0] < route.points[1][0] if len(route.points) == 3 else False
    return svg.group(
        [
            svg.element("title", f"{relation.source}.{relation.name}: {relation.target}"),
            svg.element("path", d=svg.curve(route.points, aside=aside), class_="line"),
            *_ends(relation, route),
        ],
        class_=kind,
    )


def _loop(x: float, y: float, width: float, row: float) -> Markup:
    """Draw a relation of an entity to itself at its right side."""
    right, start, end = x + width, y + row, y + HEAD / 2
    path = f"M{svg.number(right)} {svg.number(start)} C{svg.number(right + 34)} {svg.number(start)} "
    path += f"{svg.number(right + 34)} {svg.number(end)} {svg.number(right)} {svg.number(end)}"
    parts = [
        svg.element("path", d=path, class_="line"),
        _mark(right, start, 1, many=True),
        _mark(right, end, 1, many=False),
    ]
    return svg.group(parts, class_="edge optional")


def diagram(domain: DomainModel) -> Markup:
    """Return the entity diagram of a domain model as SVG; nothing for a model that is too large for one picture."""
    if len(domain.entities) > MOST_ENTITIES:
        return Markup("")
    found = _placed(domain)
    relations = [r for e in domain.entities for r in domain.relations_from(e.name)]
    routed = [r for r in relations if r.source != r.target]
    parts = [_edge(relation, route) for relation, route in zip(routed, found.routes, strict=True)]
    for entity in domain.entities:
        place = found.boxes[entity.name]
        for i, relation in enumerate(domain.relations_from(entity.name)):
            if relation.source == relation.target:
                parts.append(_loop(place.x, place.y, place.box.width, _row(domain, i)))
    parts += [
        _box(domain, e, found.boxes[e.name].x, found.boxes[e.name].y, found.boxes[e.name].box.width)
        for e in domain.entities
    ]
    # loops and arcs of the last column reach 36 pixels to the right
    size = (found.width + 2 * MARGIN + 36, found.height + 2 * MARGIN)
    inside = svg.group(parts, transform=f"translate({svg.number(MARGIN)} {svg.number(MARGIN)})")
    return svg.drawing(*size, [inside], f"Entities of {domain.name}", "diagram entities")
