"""Statements keep their numbers while a task changes."""

from __future__ import annotations

from typing import Any

import pytest
from designs import asking
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_agent.artifacts.requirements import RequirementsAnalysis, TechnologyRecommendation
from backend_agent.artifacts.task import BackendTask
from backend_agent.changes import keep_numbers
from backend_agent.changes.statements import similarity
from backend_agent.documents.trace import traces
from backend_agent.stages import domain, requirements
from backend_agent.state import Artifacts

BOOK = "A book has a title and a price."
AUTHOR = "An author has a name and a biography."
ORDER = "Customers can cancel their own pending orders."
ADMIN = "Only administrators can create, update or delete books."
OLD = (BOOK, AUTHOR, ORDER, ADMIN)


def kept(*new: str, old: tuple[str, ...] = OLD) -> tuple[list[str], list[str]]:
    """Return the numbers of the new statements, in order, and those that are superseded."""
    found = keep_numbers(asking(*old), asking(*new))
    assert [s.text for s in found.statements] == list(new)
    return [s.id for s in found.statements], [s.id for s in found.superseded]


@pytest.mark.parametrize(
    ("new", "numbers", "superseded"),
    [
        (OLD, ["R-001", "R-002", "R-003", "R-004"], []),
        ((AUTHOR, BOOK, ADMIN, ORDER), ["R-002", "R-001", "R-004", "R-003"], []),
        (("A shelf has a room.", *OLD), ["R-005", "R-001", "R-002", "R-003", "R-004"], []),
        ((BOOK, ORDER, ADMIN), ["R-001", "R-003", "R-004"], ["R-002"]),
        ((BOOK, "An author has a name and a long biography.", ORDER, ADMIN), ["R-001", "R-002", "R-003", "R-004"], []),
        ((BOOK, AUTHOR.upper().rstrip("."), ORDER, ADMIN), ["R-001", "R-002", "R-003", "R-004"], []),
        (("Invoices are sent by post.", AUTHOR, ORDER, ADMIN), ["R-005", "R-002", "R-003", "R-004"], ["R-001"]),
        ((ADMIN, "A book has a title and a price in euros.", AUTHOR, ORDER), ["R-004", "R-001", "R-002", "R-003"], []),
        ((BOOK, BOOK, AUTHOR, ORDER, ADMIN), ["R-001", "R-005", "R-002", "R-003", "R-004"], []),
        ((), [], ["R-001", "R-002", "R-003", "R-004"]),
        (("Drivers report a fault of their van.",), ["R-005"], ["R-001", "R-002", "R-003", "R-004"]),
    ],
)  # fmt: skip
def test_numbers_stay_with_their_statements(new: tuple[str, ...], numbers: list[str], superseded: list[str]) -> None:
    assert kept(*new) == (numbers, superseded)


def test_the_better_match_wins_and_stands_in_its_place() -> None:
    old = ("A tag has a name.", "A label has a name.")
    assert kept("A tag has a name and a colour.", "A label has a name.", old=old)[0] == ["R-001", "R-002"]
    assert kept("A label has a name and a colour.", old=old) == (["R-002"], ["R-001"])


def test_a_number_is_never_given_twice_and_comes_back_with_its_words() -> None:
    first = asking(*OLD)
    second = keep_numbers(first, asking(BOOK, "Drivers report a fault of their van."))
    assert [s.id for s in second.statements] == ["R-001", "R-005"]
    third = keep_numbers(second, asking(BOOK, "Invoices are sent by post."))
    assert [s.id for s in third.statements] == ["R-001", "R-006"]
    assert [s.id for s in third.superseded] == ["R-002", "R-003", "R-004", "R-005"]
    fourth = keep_numbers(third, asking(BOOK, ORDER, "Invoices are sent by post."))
    assert [s.id for s in fourth.statements] == ["R-001", "R-003", "R-006"]
    assert [s.id for s in fourth.superseded] == ["R-002", "R-004", "R-005"]


def test_recommendations_cite_the_kept_numbers() -> None:
    advice = TechnologyRecommendation(concern="Data", choice="SQL", reason="", cites=["R-001"])
    new = asking(AUTHOR, BOOK).model_copy(update={"recommendations": [advice]})
    assert keep_numbers(asking(*OLD), new).recommendations[0].cites == ["R-002"]


words = st.lists(st.sampled_from("a book has one title price author name order of the".split()), min_size=1, max_size=7)
texts = st.lists(words.map(" ".join), max_size=8)


@settings(max_examples=60, deadline=None)
@given(texts, texts)
def test_whatever_changes_numbers_stay_unique_and_nothing_is_lost(old: list[str], new: list[str]) -> None:
    found = keep_numbers(asking(*old), asking(*new))
    assert found == keep_numbers(asking(*old), asking(*new))
    numbers = [s.id for s in (*found.statements, *found.superseded)]
    assert len(numbers) == len(set(numbers))
    assert {s.id for s in asking(*old).statements} <= set(numbers)
    former = {s.id: s.text for s in asking(*old).statements}
    assert all(former[s.id] == s.text for s in found.superseded)
    assert keep_numbers(found, asking(*new)).statements == found.statements


def test_similarity_knows_words_in_another_order() -> None:
    assert similarity("Books have a price and a title", "Books have a title and a price") == 1
    assert similarity(BOOK, "Drivers report a fault of their van.") < 0.6


def task(*statements: str) -> BackendTask:
    return BackendTask.model_validate({"project_name": "Shop", "requirements": list(statements)})


def analysed(given_task: BackendTask, before: RequirementsAnalysis | None = None) -> Artifacts:
    state: dict[str, Any] = {"task": given_task, **({"requirements": before} if before else {})}
    return Artifacts({"task": given_task, "requirements": requirements.STAGE.draft(Artifacts(state))})


def test_the_stage_keeps_the_numbers_of_its_former_artifact() -> None:
    first = analysed(task(BOOK, AUTHOR, ORDER))
    assert analysed(first.task, first.requirements).requirements == first.requirements
    second = analysed(task("A shelf has a room.", AUTHOR, ORDER), first.requirements)
    assert [s.id for s in second.requirements.statements] == ["R-004", "R-002", "R-003"]
    assert [s.id for s in second.requirements.superseded] == ["R-001"]
    assert [r.check for r in requirements.STAGE.check(second) if r.verdict != "pass"] == []


@pytest.mark.parametrize("mutant", ["twice", "gap"])
def test_numbers_that_are_wrong_are_found(mutant: str) -> None:
    given_ = analysed(task("A shelf has a room.", AUTHOR), analysed(task(BOOK, AUTHOR)).requirements)
    found = given_.requirements
    former = [] if mutant == "gap" else [found.superseded[0].model_copy(update={"id": "R-002"})]
    broken = found.model_copy(update={"superseded": former})
    results = requirements.STAGE.check(Artifacts({"task": given_.task, "requirements": broken}))
    assert "requirements.numbered" in [r.check for r in results if r.verdict == "fail"]


def test_what_is_superseded_is_traced_as_such_and_read_by_nobody() -> None:
    state = analysed(task("A shelf has a room.", AUTHOR), analysed(task(BOOK, AUTHOR)).requirements)
    made: dict[str, Any] = {"task": state.task, "requirements": state.requirements}
    made["domain"] = domain.STAGE.draft(Artifacts(made))
    assert {e.name for e in made["domain"].entities} == {"User", "Shelf", "Author"}
    found = traces(Artifacts(made))
    assert [(t.requirement, t.status) for t in found][-1] == ("R-001", "superseded")
    assert "superseded" not in {t.status for t in found[:-1]}
    assert "R-001" not in {u.requirement for u in made["domain"].unplaced}
