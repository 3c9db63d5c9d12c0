"""Strings that match a pattern, and strings that do not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_agent.codegen.project_tests import patterns

PATTERNS = [
    r"^[0-9]{13}$",
    r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",
    r"^[A-Z]{3}$",
    r"^\+?[0-9 ()-]{6,20}$",
    r"^(?:INV|CN)-\d{4,}$",
    r"^[^@\s]+@[a-z.]+$",
    r"^#[0-9a-fA-F]{6}$",
    r"^\d{5}(-\d{4})?$",
    r"^[a-z]+(?:-[a-z]+)*$",
    r"^.{2,8}$",
    r"^\w+\s\w+$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_matching_strings_match_and_differ(pattern: str) -> None:
    found = [patterns.matching(pattern, index) for index in range(5)]
    assert all(re.fullmatch(pattern, text) for text in found)
    assert len(set(found)) == 5
    assert found == sorted(found)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_counter_run_holds_a_counter(pattern: str) -> None:
    run = patterns.counter_run(pattern)
    assert run
    middle = f"{7:0{run.width}d}" if run.digits else ("Q" if run.upper else "q") * run.width
    assert re.fullmatch(pattern, f"{run.before}{middle}{run.after}")


@pytest.mark.parametrize("pattern", PATTERNS[:-2])
def test_refused_strings_do_not_match(pattern: str) -> None:
    text = patterns.refused(pattern)
    assert text is not None
    assert not re.search(pattern, text)


def test_length_bounds_are_kept() -> None:
    assert len(patterns.matching("^[a-z]+$", 3, shortest=12, longest=20)) == 12
    assert len(patterns.matching("^[a-z]*$", 3, shortest=0, longest=4)) == 4


@pytest.mark.parametrize("pattern", ["^(?=x)x$", r"^\d\p{L}$", "^(ab$", "^a)$", "^[a-z"])
def test_unsupported_patterns_are_said(pattern: str) -> None:
    with pytest.raises(patterns.UnsupportedPattern):
        patterns.matching(pattern, 0)


CLASSES = st.sampled_from(["[A-Z]", "[0-9]", "[a-z0-9]", r"\d", "x", "-", r"\.", "(?:ab|cd)"])
REPEATS = st.sampled_from(["", "{2}", "{1,3}", "+", "?", "{4,}"])


@given(st.lists(st.tuples(CLASSES, REPEATS), min_size=1, max_size=6), st.integers(0, 20))
def test_any_pattern_of_the_subset_is_matched(parts: list[tuple[str, str]], index: int) -> None:
    pattern = "^" + "".join(chars + repeat for chars, repeat in parts) + "$"
    assert re.fullmatch(pattern, patterns.matching(pattern, index))
