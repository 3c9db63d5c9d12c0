"""Prose, Markdown and plain text become statements with their lines."""

from hypothesis import given
from hypothesis import strategies as st

from backend_agent.language.sentences import MAX_STATEMENT, split_sentences, split_statements

MARKDOWN = """\
Title
=====

We sell tickets. Each ticket costs
0.20 per day, e.g. on Mondays.

A book has:
- a title
- an ISBN, e.g. of 13 digits

Users can:
 * create tasks
 * delete **their** tasks

```
code is left out. Really.
```
1. As a user, I want x.
   More here.
<!-- a
comment -->
| name | type |
|------|------|
"""


def test_markdown_is_split_with_lines() -> None:
    assert split_statements(MARKDOWN) == [
        ("We sell tickets.", 4),
        ("Each ticket costs 0.20 per day, e.g. on Mondays.", 4),
        ("A book has a title, an ISBN, e.g. of 13 digits.", 7),
        ("Users can create tasks", 12),
        ("Users can delete their tasks", 13),
        ("As a user, I want x.", 18),
        ("More here.", 19),
        ("name, type", 22),
    ]


def test_a_statement_keeps_the_line_that_it_starts_on() -> None:
    assert split_statements("One sentence\nover two lines. And\nanother one.") == [
        ("One sentence over two lines.", 1),
        ("And another one.", 2),
    ]


def test_sentences_of_full_sentence_items_stay_apart() -> None:
    found = split_statements("Rules:\n- A task is open.\n- A task has a title.\n")
    assert [text for text, _ in found] == ["A task is open.", "A task has a title."]


def test_abbreviations_and_figures_end_no_sentence() -> None:
    assert split_sentences("Fees (approx. 0.20 e.g. per day) by J. Smith apply. Really!") == [
        "Fees (approx. 0.20 e.g. per day) by J. Smith apply.",
        "Really!",
    ]


def test_a_wall_of_text_is_cut() -> None:
    assert all(len(text) <= MAX_STATEMENT for text, _ in split_statements("word " * 5000))


@given(st.text(max_size=400))
def test_any_text_gives_lines_inside_it(text: str) -> None:
    lines = text.count("\n") + 1
    for statement, line in split_statements(text):
        assert statement.strip()
        assert 1 <= line <= lines
