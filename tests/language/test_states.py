# ruff: noqa: E501 - sentences stay on one line
"""States suggest transitions."""

import pytest

from backend_agent.language.states import looks_like_states, plan, reachable, transition_verb


@pytest.mark.parametrize(
    ("state", "verb"),
    [("shipped", "ship"), ("cancelled", "cancel"), ("paid", "pay"), ("picked_up", "pick_up"), ("missed", "miss"), ("void", "void"),
     ("ready", "make_ready"), ("in_review", "submit_for_review"), ("purple", "mark_purple")],
)  # fmt: skip
def test_verbs(state: str, verb: str) -> None:
    assert transition_verb(state) == verb


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            ["pending", "paid", "shipped", "delivered", "cancelled"],
            {"pay": ["pending"], "ship": ["paid"], "deliver": ["shipped"], "cancel": ["pending", "paid", "shipped"]},
        ),
        (
            ["submitted", "accepted", "rejected", "paid"],
            {"accept": ["submitted"], "reject": ["submitted"], "pay": ["accepted"]},
        ),
        (["active", "frozen", "closed"], {"freeze": ["active"], "close": ["active", "frozen"]}),
        (["draft", "published", "cancelled"], {"publish": ["draft"], "cancel": ["draft", "published"]}),
        (
            ["pending", "captured", "refunded", "failed"],
            {"capture": ["pending"], "refund": ["captured"], "fail": ["pending"]},
        ),
    ],
)
def test_plans(values: list[str], expected: dict[str, list[str]]) -> None:
    transitions = plan(values, ["R-001"])
    assert {t.name: t.sources for t in transitions} == expected
    assert reachable(values[0], transitions) == set(values)


def test_kinds_of_things_are_no_states() -> None:
    assert not looks_like_states(["single", "double", "suite"])
    assert looks_like_states(["draft", "issued", "paid"])
