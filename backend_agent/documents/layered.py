"""Layered drawing of a graph: what points is left of what it points at. Deterministic; sizes in pixels.

The steps are those of Sugiyama, Tagawa and Toda (1981): turn circles round, put nodes into columns, let long edges pass
through columns as small empty nodes, order each column by its neighbours, then find heights by least squares.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 8
PASSAGE = 16.0
"""Height kept free where a long edge passes through a column."""


@dataclass(frozen=True)
class Box:
    """A node to place."""

    name: str
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """An edge from the row at `row` pixels below the top of its source to the target."""

    source: str
    target: str
    row: float


@dataclass(frozen=True)
class Placed:
    """A box with its place."""

    box: Box
    x: float
    y: float


@dataclass(frozen=True)
class Route:
    """The points of an edge from source to target; `leftwards` when it runs against the reading direction."""

    line: Line
    points: tuple[tuple[float, float], ...]
    leftwards: bool = False


@dataclass(frozen=True)
class Drawing:
    """Everything placed, from (0, 0)."""

    boxes: dict[str, Placed]
    routes: list[Route]
    width: float
    height: float


@dataclass
class _Graph:
    """Columns of names; a passage is called by the NUL character, its edge and its column."""

    columns: list[list[str]]
    heights: dict[str, float]
    left: dict[str, list[str]] = field(default_factory=dict)
    right: dict[str, list[str]] = field(default_factory=dict)

    def join(self, a: str, b: str) -> None:
        self.right.setdefault(a, []).append(b)
        self.left.setdefault(b, []).append(a)


def draw(
    boxes: Sequence[Box], lines: Sequence[Line], *, column_gap: float = 96, row_gap: float = 26, head: float = 26
) -> Drawing:
    """Return the drawing. Lines to the same box, or to an unknown one, are not routed.

    Args:
        boxes: nodes, in an order that decides where nothing else does.
        lines: edges.
        column_gap: pixels between columns.
        row_gap: pixels between boxes of a column.
        head: height of a box's head, where lines arrive when there are few.
    """
    if not boxes:
        return Drawing({}, [], 0, 0)
    sizes = {b.name: b for b in boxes}
    real = [line for line in lines if line.source != line.target and {line.source, line.target} <= sizes.keys()]
    column = _columns([b.name for b in boxes], real)
    graph, chains = _graph(boxes, real, column)
    _order(graph)
    tops = _heights(graph, row_gap)
    widths = [max((sizes[n].width for n in names if n in sizes), default=0.0) for names in graph.columns]
    lefts = [sum(widths[:i]) + column_gap * i for i in range(len(widths))]
    placed = {b.name: Placed(b, lefts[column[b.name]], tops[b.name]) for b in boxes}
    routes = _routes(real, chains, placed, graph, tops, lefts, widths, head)
    height = max(p.y + p.box.height for p in placed.values())
    passing = max((y for r in routes for _, y in r.points), default=0.0)
    return Drawing(placed, routes, lefts[-1] + widths[-1], max(height, passing))


def _forward(names: list[str], lines: Sequence[Line]) -> dict[str, list[str]]:
    """Return what each node points at, with circles broken: an edge that closes one counts the other way round."""
    ahead: dict[str, list[str]] = {n: [] for n in names}
    outgoing: dict[str, list[str]] = {n: [] for n in names}
    for line in lines:
        outgoing[line.source].append(line.target)
    open_, done = set[str](), set[str]()
    for start in names:
        stack = [] if start in done else [(start, iter(outgoing[start]))]
        while stack:
            name, rest = stack[-1]
            open_.add(name)
            following = next(rest, None)
            if following is None:
                open_.discard(name)
                done.add(name)
                stack.pop()
            elif following in open_:
                ahead[following].append(name)
            else:
                ahead[name].append(following)
                if following not in done:
                    stack.append((following, iter(outgoing[following])))
    return ahead


def _columns(names: list[str], lines: Sequence[Line]) -> dict[str, int]:
    """Return the column of each node: as far right as it can be, then as near as it can be to what points at it."""
    ahead = _forward(names, lines)
    depth: dict[str, int] = {}
    todo = list(names)
    while todo:
        for name in [n for n in todo if all(f in depth for f in ahead[n])]:
            depth[name] = max((depth[f] + 1 for f in ahead[name]), default=0)
        todo = [n for n in todo if n not in depth]
    behind: dict[str, list[str]] = {n: [] for n in names}
    for name in names:
        for following in ahead[name]:
            behind[following].append(name)
    for name in sorted(names, key=lambda n: -depth[n]):
        if behind[name]:
            depth[name] = max(depth[name], min(depth[b] for b in behind[name]) - 1)
    deepest = max(depth.values())
    return {name: deepest - d for name, d in depth.items()}


def _graph(
    boxes: Sequence[Box], lines: Sequence[Line], column: dict[str, int]
) -> tuple[_Graph, dict[int, tuple[str, ...]]]:
    count = max(column.values()) + 1
    graph = _Graph([[] for _ in range(count)], {b.name: b.height for b in boxes})
    for box in boxes:
        graph.columns[column[box.name]].append(box.name)
    chains: dict[int, tuple[str, ...]] = {}
    for number, line in enumerate(lines):
        a, b = column[line.source], column[line.target]
        if a == b:
            chains[number] = (line.source, line.target)
            continue
        start, end = (line.source, line.target) if a < b else (line.target, line.source)
        between = [f"\0{number}:{c}" for c in range(min(a, b) + 1, max(a, b))]
        for c, name in zip(range(min(a, b) + 1, max(a, b)), between, strict=True):
            graph.columns[c].append(name)
            graph.heights[name] = PASSAGE
        chain = (start, *between, end)
        for one, two in pairwise(chain):
            graph.join(one, two)
        chains[number] = chain
    return graph, chains


def _crossings(graph: _Graph) -> int:
    """Return how many pairs of edges cross: the inversions among their right ends, taken in the order of their left."""
    total = 0
    for first, second in pairwise(graph.columns):
        place = {n: i for i, n in enumerate(second)}
        before: list[int] = []
        for name in first:
            for end in sorted(place[t] for t in graph.right.get(name, [])):
                at = bisect_right(before, end)
                total += len(before) - at
                before.insert(at, end)
    return total


def _order(graph: _Graph) -> None:
    """Order the columns so that few edges cross: each node goes to the middle of its neighbours."""
    best, fewest = [list(c) for c in graph.columns], _crossings(graph)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 0
        numbers = range(1, len(graph.columns)) if rightwards else range(len(graph.columns) - 2, -1, -1)
        for number in numbers:
            neighbours = graph.left if rightwards else graph.right
            beside = graph.columns[number - 1 if rightwards else number + 1]
            place = {n: i for i, n in enumerate(beside)}
            middle = {}
            for i, name in enumerate(graph.columns[number]):
                found = [place[n] for n in neighbours.get(name, []) if n in place]
                middle[name] = sum(found) / len(found) if found else float(i)
            graph.columns[number].sort(key=middle.__getitem__)
        if (now := _crossings(graph)) < fewest:
            best, fewest = [list(c) for c in graph.columns], now
    graph.columns = best


def _fit(wanted: list[float], sizes: list[float], gap: float) -> list[float]:
    """Return tops in order, without overlap, as near as possible to the wanted ones (pool adjacent violators)."""
    offsets = [0.0]
    for size in sizes[:-1]:
        offsets.append(offsets[-1] + size + gap)
    pools: list[tuple[float, int]] = []
    for value in (w - o for w, o in zip(wanted, offsets, strict=True)):
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (b, m), (a, n) = pools.pop(), pools.pop()
            pools.append(((a * n + b * m) / (n + m), n + m))
    flat = [value for value, count in pools for _ in range(count)]
    return [f + o for f, o in zip(flat, offsets, strict=True)]


def _heights(graph: _Graph, gap: float) -> dict[str, float]:
    tops: dict[str, float] = {}
    for names in graph.columns:
        tops.update(zip(names, _fit([0.0] * len(names), [graph.heights[n] for n in names], gap), strict=True))

    def centre(name: str) -> float:
        return tops[name] + graph.heights[name] / 2

    for sweep in range(SWEEPS):
        numbers = range(len(graph.columns)) if sweep % 2 else range(len(graph.columns) - 1, -1, -1)
        for number in numbers:
            names = graph.columns[number]
            wanted = []
            for name in names:
                beside = [*graph.left.get(name, []), *graph.right.get(name, [])]
                middle = sum(centre(n) for n in beside) / len(beside) if beside else centre(name)
                wanted.append(middle - graph.heights[name] / 2)
            sizes = [graph.heights[n] for n in names]
            tops.update(zip(names, _fit(wanted, sizes, gap), strict=True))
    least = min(tops.values())
    return {name: round(top - least, 1) for name, top in tops.items()}


def _arrivals(lines: Sequence[Line], placed: dict[str, Placed], head: float) -> dict[int, float]:
    """Return where each line meets its target: along its side from the head down, in the order of the sources."""
    arrivals: dict[int, float] = {}
    for name, place in placed.items():
        coming = [i for i, line in enumerate(lines) if line.target == name]
        coming.sort(key=lambda i: placed[lines[i].source].y + lines[i].row)
        step = min(12.0, (place.box.height - head) / len(coming)) if coming else 0.0
        for rank, number in enumerate(coming):
            arrivals[number] = place.y + head / 2 + step * rank
    return arrivals


def _routes(
    lines: Sequence[Line],
    chains: dict[int, tuple[str, ...]],
    placed: dict[str, Placed],
    graph: _Graph,
    tops: dict[str, float],
    lefts: list[float],
    widths: list[float],
    head: float,
) -> list[Route]:
    arrivals = _arrivals(lines, placed, head)
    at = {name: number for number, names in enumerate(graph.columns) for name in names}
    routes = []
    for number, line in enumerate(lines):
        source, target = placed[line.source], placed[line.target]
        start_y, end_y = source.y + line.row, arrivals[number]
        leftwards = source.x > target.x
        through = [n for n in chains[number] if n.startswith("\0")]
        if leftwards:
            through.reverse()
        middle: list[tuple[float, float]] = []
        for name in through:
            y = tops[name] + PASSAGE / 2
            left, right = lefts[at[name]], lefts[at[name]] + widths[at[name]]
            middle += [(right, y), (left, y)] if leftwards else [(left, y), (right, y)]
        if source.x == target.x:
            side = source.x + max(source.box.width, target.box.width)
            points = [(source.x + source.box.width, start_y), (side + 28, (start_y + end_y) / 2)]
            points.append((target.x + target.box.width, end_y))
        elif leftwards:
            points = [(source.x, start_y), *middle, (target.x + target.box.width, end_y)]
        else:
            points = [(source.x + source.box.width, start_y), *middle, (target.x, end_y)]
        routes.append(Route(line, tuple((round(x, 1), round(y, 1)) for x, y in points), leftwards))
    return routes
