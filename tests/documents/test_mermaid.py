"""Mermaid: no label, however hostile, leaves its quotes; words are words."""

from __future__ import annotations

import re

import pytest
from designs import CASES, designed, domain
from hypothesis import given
from hypothesis import strategies as st

from backend_agent.documents import mermaid

PLAIN = re.compile(r"^[A-Za-z0-9 .,/_()*+#;-]*$")
HOSTILE = [
    'x"] --> evil["y',
    "```\n# heading",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "<script>alert(1)</script>",
    "a\nb\r\nc\u2028d",
    "DROP TABLE users; --",
    "#quot;",
    "Книга 📚 \x00\x1b[31m",
    "x" * 300,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_hold_plain_characters_and_codes_only(text: str) -> None:
    label = mermaid.escape(text)
    assert PLAIN.match(label)
    assert all(re.fullmatch(r"#\d+;", code) for code in re.findall(r"#[^;]*;?", label))


@given(st.text(max_size=200))
def test_any_text_is_one_bounded_line(text: str) -> None:
    label = mermaid.escape(text)
    assert PLAIN.match(label)
    assert "\n" not in label
    assert len(re.sub(r"#\d+;", "x", label)) <= mermaid.LONGEST


@given(st.text(max_size=60))
def test_any_text_gives_a_word(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_]+", mermaid.word(text))


@pytest.mark.parametrize("name", ["end", "End", "style", "class", "graph"])
def test_keywords_are_no_words(name: str) -> None:
    assert mermaid.word(name).lower() != name.lower()


@pytest.mark.parametrize("case", CASES)
def test_diagrams_name_everything(case: str) -> None:
    state = designed(case)
    entities = mermaid.entity_diagram(domain(case))
    tables = mermaid.table_diagram(state["database"])
    parts = mermaid.component_diagram(state["architecture"])
    assert all(f"    {e.name} {{" in entities for e in domain(case).entities)
    assert all(f"    {t.name} {{" in tables for t in state["database"].tables)
    assert all(mermaid.escape(c.name) in parts for c in state["architecture"].components)


def test_states_move_along_the_transitions() -> None:
    rule = next(r for r in domain("bookshop").rules if r.kind == "lifecycle")
    text = mermaid.state_diagram(rule)
    assert text.startswith("stateDiagram-v2\n")
    assert text.count("-->") == 1 + sum(len(t.sources) for t in rule.transitions)
