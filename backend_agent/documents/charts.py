"""Charts: the ring of the overall score and the radar of the metrics, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from backend_agent.artifacts.quality import MetricScore
from backend_agent.documents import svg

GOOD = 0.9
FAIR = 0.7


def grade(score: float | None) -> str:
    """Return the class that colours a score: `good`, `fair`, `weak`, or `none` when nothing ran."""
    if score is None:
        return "none"
    return "good" if score >= GOOD else "fair" if score >= FAIR else "weak"


def shown(score: float | None) -> str:
    """Return a score as a whole percentage, rounded down; a dash when nothing ran."""
    return "-" if score is None else str(math.floor(score * 100 + 1e-9))


def ring(score: float | None, label: str) -> Markup:
    """Return the overall score as a ring, from the top clockwise."""
    size, radius = 184.0, 76.0
    around = 2 * math.pi * radius
    filled = around * (score or 0)
    middle = size / 2
    circle: dict[str, svg.Attribute] = {"cx": middle, "cy": middle, "r": radius, "fill": "none"}
    parts = [
        svg.element("circle", **circle, class_="track"),
        svg.element(
            "circle",
            **circle,
            class_=f"value {grade(score)}",
            stroke_dasharray=f"{filled:.1f} {around:.1f}",
            transform=f"rotate(-90 {middle:g} {middle:g})",
        ),
        svg.text(middle, middle + 12, shown(score), "figure", "middle"),
        svg.text(middle, middle + 36, label, "caption", "middle"),
    ]
    return svg.drawing(size, size, parts, f"{label}: {shown(score)} of 100", "chart ring")


def radar(metrics: Sequence[MetricScore]) -> Markup:
    """Return the metrics as a polygon; a metric without a score leaves its corner in the middle."""
    width, height, radius = 372.0, 250.0, 84.0
    cx, cy = width / 2, height / 2

    def corner(number: int, share: float) -> tuple[float, float]:
        angle = 2 * math.pi * number / len(metrics) - math.pi / 2
        return cx + radius * share * math.cos(angle), cy + radius * share * math.sin(angle)

    def polygon(shares: Sequence[float], class_: str) -> Markup:
        corners = (corner(i, s) for i, s in enumerate(shares))
        points = " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in corners)
        return svg.element("polygon", points=points, class_=class_)

    parts = [polygon([step] * len(metrics), "web") for step in (0.25, 0.5, 0.75, 1.0)]
    for i, metric in enumerate(metrics):
        x, y = corner(i, 1)
        parts.append(svg.element("line", x1=cx, y1=cy, x2=x, y2=y, class_="web"))
        x, y = corner(i, 1.16)
        anchor = "middle" if abs(x - cx) < 8 else "start" if x > cx else "end"
        parts.append(svg.text(x, y + 4, metric.metric, "caption", anchor))
    parts.append(polygon([m.score or 0 for m in metrics], "area"))
    parts += [svg.element("circle", cx=x, cy=y, r=3.5, class_="dot") for x, y in
              (corner(i, m.score or 0) for i, m in enumerate(metrics))]  # fmt: skip
    return svg.drawing(width, height, parts, "Score by metric", "chart radar")
