"""Rendering: user text is text, in Markdown and in HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from backend_agent.artifacts.database import Measure
from backend_agent.documents.render import code, environment, fence, measures, plain

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def _text(source: str) -> str:
    """Return what a reader sees of inline Markdown."""
    tokens = MARKDOWN.parseInline(source)[0].children or []
    return "".join(t.content for t in tokens)


@pytest.mark.parametrize(
    "text",
    [
        "**bold**",
        "a | b",
        "<b>x</b>",
        "[a](javascript:1)",
        "`code`",
        "# no heading",
        "&lt;",
        "12) twelve",
        "1. one",
        "snake_case_name",
        "_x_",
    ],
)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    assert _text(plain(text)) == text
    page = MARKDOWN.render(f"{plain(text)}\n")
    assert page.startswith("<p>")
    assert "<b>" not in page
    assert "<a" not in page


@given(st.text(alphabet=st.sampled_from("ab|`*_<>[]()#\\!&\n -1.~{}"), max_size=30))
def test_a_table_keeps_its_columns(text: str) -> None:
    page = MARKDOWN.render(f"| a | b |\n|---|---|\n| {plain(text)} | {code(text)} |\n")
    assert page.count("<td>") == 2


@given(st.text(alphabet=st.sampled_from("ab`\n~"), max_size=40))
def test_a_fence_holds_its_text(text: str) -> None:
    tokens = MARKDOWN.parse(f"{fence(text)}\n")
    assert [t.type for t in tokens] == ["fence"]


def test_measures_are_a_list_with_requirements() -> None:
    text = measures([Measure(name="A|b", detail="Does *it*.", reason="Why.", cites=["R-001", "R-002"])])
    assert text == "- **A\\|b.** Does \\*it\\*. Why. (R-001, R-002)\n"


def test_html_escapes_by_itself_and_undefined_names_fail() -> None:
    html = environment("html")
    assert html.from_string("{{ x }}").render(x="<script>") == "&lt;script&gt;"
    with pytest.raises(Exception, match="undefined"):
        html.from_string("{{ y }}").render()
