"""The drawing of graphs: nothing overlaps, lines start and end at their boxes, circles end somewhere."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend_agent.documents.building import reduced
from backend_agent.documents.layered import Box, Drawing, Line, draw


def _drawn(count: int, pairs: list[tuple[int, int]]) -> Drawing:
    boxes = [Box(f"n{i}", 80 + 10 * (i % 5), 40 + 15 * (i % 4)) for i in range(count)]
    return draw(boxes, [Line(f"n{a % count}", f"n{b % count}", 20) for a, b in pairs])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=30))
def test_boxes_never_overlap_and_lines_meet_their_boxes(count: int, pairs: list[tuple[int, int]]) -> None:
    found = _drawn(count, pairs)
    assert len(found.boxes) == count
    for a, b in combinations(found.boxes.values(), 2):
        apart = a.x + a.box.width <= b.x or b.x + b.box.width <= a.x
        assert apart or a.y + a.box.height <= b.y or b.y + b.box.height <= a.y
    for place in found.boxes.values():
        assert place.x >= 0
        assert place.y >= 0
        assert place.x + place.box.width <= found.width
        assert place.y + place.box.height <= found.height + 0.1
    for route in found.routes:
        for (x, y), name in ((route.points[0], route.line.source), (route.points[-1], route.line.target)):
            place = found.boxes[name]
            assert x in (place.x, round(place.x + place.box.width, 1))
            assert place.y - 0.1 <= y <= place.y + place.box.height + 0.1


def test_lines_point_to_the_right_where_there_is_no_circle() -> None:
    found = _drawn(6, [(0, 1), (1, 2), (0, 3), (3, 2), (4, 2), (5, 0)])
    assert not any(r.leftwards for r in found.routes)
    assert found.boxes["n5"].x < found.boxes["n0"].x < found.boxes["n1"].x < found.boxes["n2"].x


def test_a_circle_has_one_line_back() -> None:
    found = _drawn(3, [(0, 1), (1, 2), (2, 0)])
    assert sum(r.leftwards for r in found.routes) == 1


def test_the_same_graph_is_drawn_the_same() -> None:
    pairs = [(0, 5), (1, 5), (2, 6), (3, 6), (4, 7), (5, 8), (6, 8), (7, 8)]
    assert _drawn(9, pairs) == _drawn(9, pairs)


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([], []).boxes == {}


def test_what_a_longer_way_says_is_left_out() -> None:
    assert reduced([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d")]) == [("a", "b"), ("b", "c"), ("c", "d")]
