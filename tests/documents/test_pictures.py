"""The pictures of the report: everything is in them, they are well-formed, and large models stay small."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from designs import CASES, designed, domain

from backend_agent.artifacts.domain import DomainModel, Entity, FieldSpec, Relation
from backend_agent.artifacts.quality import MetricScore
from backend_agent.documents import building, charts, entities, svg

SVG = "{http://www.w3.org/2000/svg}"


def _chain(count: int) -> DomainModel:
    names = [f"Thing{i}" for i in range(count)]
    fields = [FieldSpec(name="amount", type="integer")]
    relations = [
        Relation(name="next", source=a, target=b, inverse="befores") for a, b in zip(names, names[5:], strict=False)
    ]
    kept = [Entity(name=name, fields=fields) for name in names]
    return DomainModel(name="Chain", actors=[], entities=kept, relations=relations)


def _texts(picture: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("case", CASES)
def test_entities_show_fields_and_a_line_for_each_relation(case: str) -> None:
    model = domain(case)
    picture = entities.diagram(model)
    texts = _texts(picture)
    for entity in model.entities:
        assert entity.name in texts
        assert all(f.name in texts for f in entity.fields)
    edges = [g for g in ET.fromstring(picture).iter(f"{SVG}g") if (g.get("class") or "").startswith("edge")]
    assert len(edges) == len(model.relations)


@pytest.mark.parametrize("case", CASES)
def test_every_component_is_in_the_picture(case: str) -> None:
    design = designed(case)["architecture"]
    assert {c.name for c in design.components} <= set(_texts(building.diagram(design)))


def test_large_models_show_names_only_and_huge_ones_nothing() -> None:
    assert "amount" in _texts(entities.diagram(_chain(12)))
    compact = _texts(entities.diagram(_chain(60)))
    assert "amount" not in compact
    assert "Thing59" in compact
    assert entities.diagram(_chain(130)) == ""


def test_text_in_pictures_is_escaped() -> None:
    assert "&lt;b&gt;" in svg.text(0, 0, '<b>"&')
    assert ET.fromstring(svg.drawing(1, 1, [svg.text(0, 0, "<&>")], "a<b")) is not None


@pytest.mark.parametrize(
    ("score", "shown", "grade"),
    [
        (None, "-", "none"),
        (0.0, "0", "weak"),
        (0.6999, "69", "weak"),
        (0.7, "70", "fair"),
        (0.999, "99", "good"),
        (1, "100", "good"),
    ],
)
def test_scores_are_never_rounded_up(score: float | None, shown: str, grade: str) -> None:
    assert charts.shown(score) == shown
    assert charts.grade(score) == grade
    assert shown in charts.ring(score, "overall")


def test_the_radar_names_every_metric() -> None:
    scores = [
        MetricScore(metric=m, score=s, passed_weight=1, run_weight=1, not_run_weight=0)
        for m, s in (("architecture", 1.0), ("security", None), ("testability", 0.5))
    ]
    assert _texts(charts.radar(scores)) == ["architecture", "security", "testability"]


def test_words_are_wrapped_and_cut() -> None:
    assert svg.wrapped("one two three four", 8, 5) == ["one two", "three", "four"]
    assert svg.wrapped("one two three four five", 8, 2) == ["one two", "three…"]
    assert svg.wrapped("x" * 20, 8, 2) == ["xxxxxxx…"]
