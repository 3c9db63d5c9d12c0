"""Things that need each other: a first row can always be made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_agent.artifacts.domain import Relation
from backend_agent.language.cycles import broken


def relation(source: str, target: str, **more: object) -> Relation:
    return Relation.model_validate(
        {"name": target.lower(), "source": source, "target": target, "inverse": source.lower(), **more}
    )


def test_of_a_circle_the_last_relation_gives_way() -> None:
    kept, notes = broken([relation("A", "B"), relation("B", "C"), relation("C", "A")])
    assert [r.optional for r in kept] == [False, False, True]
    assert notes == ["C and a need each other: for there to be a first, a c's a is optional."]


def test_a_part_keeps_its_whole() -> None:
    kept, _ = broken([relation("Order", "Line"), relation("Line", "Order", owned=True)])
    assert [r.optional for r in kept] == [True, False]


def test_an_account_needs_nothing() -> None:
    kept, notes = broken([relation("User", "Club")])
    assert kept[0].optional
    assert notes == ["An account is made before anything else: its club is optional."]


def test_a_thing_does_not_need_its_own_kind() -> None:
    kept, _ = broken([relation("Person", "Person")])
    assert kept[0].optional


@pytest.mark.parametrize("more", [{"optional": True}, {"cardinality": "many_to_many"}])
def test_what_is_not_needed_stays_as_it_is(more: dict[str, object]) -> None:
    given_ = [relation("A", "B"), relation("B", "A", **more)]
    assert broken(given_) == (given_, [])


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), st.booleans()), max_size=12))
def test_afterwards_everything_can_be_made_in_some_order(edges: list[tuple[str, str, bool]]) -> None:
    kept, _ = broken([relation(s, t, optional=o) for s, t, o in edges])
    needs = {e: {r.target for r in kept if r.source == e and not r.optional} for e in "ABCDE"}
    made: set[str] = set()
    for _ in needs:
        made |= {e for e, wanted in needs.items() if wanted <= made}
    assert made == set("ABCDE")
