# ruff: noqa: E501 - sentences stay on one line
"""Whatever is written, a valid model comes out, twice the same."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages import domain, requirements
from backend_agent.state import Artifacts

_NOUNS = st.sampled_from(
    "book user order class metadata item list category Книга 📚 naïve a1 x'; DROP TABLE books;-- ".split(" ")
)
_WORDS = st.sampled_from(
    "a an the user users book books order orders class has have is are can may must not only own their and or , ; . with of from 1 to 5 one more"
    " belongs unique optional status draft paid cancelled create delete cancel search by sum total likes follow when once which who As I want so that"
    " table columns form tree each number between greater than most per day email '; -- DROP 😀 ß Ж \u202e ( ) : \" '".split(
        " "
    )
)
_HOSTILE = [
    "Robert'); DROP TABLE students;-- has a name.",
    "A " + "x" * 300 + " has a name.",
    "A book has a " + "very " * 200 + "long title.",
    "📚 has 😀 and 🎉.",
    "Книга имеет название и автора.",
    "A ../../etc/passwd has a name. A {{ 7*7 }} has a ${HOME}.",
    "A class has a class, an import, a None, a __init__, a self and a lambda.",
    "A book. A book. A book has books. Books have books with books and quantities.",
    "is is is has has, and or; of of",
    "A user has a user and users. Users have users.",
    "A metadata belongs to a metadata; a registry has a type and an id.",
    "An order is , or .",
    "The total is the sum of the sum of its total.",
    "Only only administrators only can only only delete only.",
    "(((((((((((((((((((((",
    "A book has a status of a, b or c. A book is d, e or f.",
    "\x00\x01\u202e\ufeff",
]


def _task(*texts: str) -> BackendTask | None:
    kept = [t for t in (" ".join(text.split()) for text in texts) if t]
    return BackendTask.model_validate({"project_name": "T", "requirements": kept}) if kept else None


def _sound(task: BackendTask) -> None:
    state: dict[str, object] = {"task": task}
    given_ = Artifacts(state)
    analysis = requirements.STAGE.draft(given_)
    state["requirements"] = RequirementsAnalysis.from_state(analysis.to_state())
    found = domain.STAGE.draft(given_)
    assert found == domain.STAGE.draft(given_)
    state["domain"] = type(found).from_state(found.to_state())
    failed = {r.check: [f.evidence for f in r.findings] for r in domain.STAGE.check(given_) if r.verdict == "fail"}
    failed.pop("domain.unplaced", None)
    assert failed == {}
    for entity in found.entities:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", entity.name)


@pytest.mark.parametrize("text", _HOSTILE)
def test_hostile_statements(text: str) -> None:
    task = _task(text)
    if task is not None:
        _sound(task)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_WORDS, min_size=1, max_size=14).map(" ".join), min_size=1, max_size=5))
def test_word_salad(sentences: list[str]) -> None:
    task = _task(*sentences)
    if task is not None:
        _sound(task)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_any_text(texts: list[str]) -> None:
    task = _task(*texts)
    if task is not None:
        _sound(task)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(_NOUNS, _NOUNS, _NOUNS), min_size=1, max_size=4))
def test_structured_sentences_over_hostile_nouns(triples: list[tuple[str, str, str]]) -> None:
    sentences = [
        s
        for a, b, c in triples
        for s in (
            f"A {a} has a {b}, a unique {c} and one or more {b}s.",
            f"A {a} belongs to a {c} and is new, {b}, paid or cancelled.",
            f"Users can create their own {a}s and cancel {b}s.",
            f"Only administrators can manage {a}s, {b}s and {c}s.",
        )
    ]
    task = _task(*sentences)
    if task is not None:
        _sound(task)
