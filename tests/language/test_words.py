# ruff: noqa: E501 - sentences stay on one line
"""Tags, lemmas and plurals."""

import subprocess
import sys

import pytest

from backend_agent.language import words


@pytest.mark.parametrize(
    ("word", "expected"),
    [("categories", "category"), ("addresses", "address"), ("status", "status"), ("people", "person"), ("series", "series"),
     ("IBANs", "iban"), ("staff", "staff"), ("children", "child"), ("class", "class")],
)  # fmt: skip
def test_singular(word: str, expected: str) -> None:
    assert words.singular(word) == expected


def test_a_word_behind_a_modal_is_a_verb() -> None:
    tags = {t.lower: t.tag for t in words.tokens("Customers can review a book and filter tasks.")}
    assert tags["review"] == "VB"
    assert tags["book"] == "NN"


def test_participles() -> None:
    assert [words.participle(v) for v in ("ship", "freeze", "pay", "cancel")] == [
        "shipped",
        "frozen",
        "paid",
        "cancelled",
    ]


def test_particles_belong_to_their_verb() -> None:
    assert words.with_particle(["log", "in", "and"], 0) == ("log_in", 2)
    assert words.with_particle(["check", "out", "their"], 0) == ("check_out", 2)
    assert words.with_particle(["write", "in", "ink"], 0) == ("write", 1)


def test_foreign_scripts_and_emoji_are_no_words() -> None:
    assert [t.text for t in words.tokens("Книга 📚 has a title")][-3:] == ["has", "a", "title"]


def test_threads_that_ask_first_at_once_are_told_the_same() -> None:
    source = (
        "from concurrent.futures import ThreadPoolExecutor\nfrom threading import Barrier\n"
        "from backend_agent.language import words\nbarrier = Barrier(8)\n"
        "def ask(_):\n    barrier.wait()\n"
        "    return [(t.text, t.tag) for t in words.tokens.__wrapped__('Reviewers moderated Ursula quickly.')],"
        " words.lemmas.__wrapped__('moderated'), words.participle.__wrapped__('write')\n"
        "with ThreadPoolExecutor(8) as pool:\n    print(len({repr(told) for told in pool.map(ask, range(8))}))\n"
    )
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "1\n", ended.stderr
