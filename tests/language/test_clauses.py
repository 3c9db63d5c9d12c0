# ruff: noqa: E501 - sentences stay on one line
"""Sentences become clauses."""

from backend_agent.language.clauses import clauses


def _shape(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(c.subject, c.verbs, c.rest) for c in clauses("R-001", text)]


def test_verbs_share_their_object() -> None:
    assert _shape("Users can create, view, update and delete their own tasks.") == [
        ("Users", ("create", "view", "update", "delete"), "their own tasks")
    ]


def test_each_verb_with_its_object() -> None:
    assert _shape(
        "Only administrators can update or delete books, authors and categories, and mark orders as shipped or delivered."
    ) == [
        ("administrators", ("update", "delete"), "books, authors and categories"),
        ("administrators", ("mark",), "orders as shipped or delivered"),
    ]


def test_semicolons_and_new_subjects_open_clauses() -> None:
    assert [s for s, _, _ in _shape("A claim is made for one invoice and is submitted or paid; its total is a sum.")] == [
        "A claim", "A claim", "its total",
    ]  # fmt: skip


def test_user_stories_lose_their_frame_and_purpose() -> None:
    (clause,) = clauses(
        "R-001", "As a receptionist, I want to register patients with their name, so that they can be contacted."
    )
    assert (clause.subject, clause.modal, clause.verbs, clause.story) == ("receptionist", "can", ("register",), True)
    assert clause.rest == "patients with their name"


def test_frames_of_allowing() -> None:
    for text in (
        "The system shall allow users to rate books.",
        "Users are able to rate books.",
        "It should be possible for users to rate books.",
        "Users want to rate books.",
    ):
        (clause,) = clauses("R-001", text)
        assert (clause.subject.lower(), clause.modal, clause.verbs, clause.rest) == ("users", "can", ("rate",), "books")


def test_conditions_are_taken_off() -> None:
    (clause,) = clauses("R-001", "A transfer cannot be changed or deleted once it is executed.")
    assert (clause.passive, clause.negated, clause.verbs) == (True, True, ("change", "delete"))
    assert clause.condition == "once it is executed"


def test_a_relative_clause_is_a_clause_of_its_own() -> None:
    found = clauses("R-001", "Customers can check out their cart, which creates an order and reduces the stock.")
    assert [(c.verbs, c.relative) for c in found] == [(("check_out",), False), (("create",), True), (("reduce",), True)]


def test_negation_behind_but() -> None:
    found = clauses("R-001", "Support staff can view accounts but not move money.")
    assert [(c.verbs, c.negated) for c in found] == [(("view",), False), (("move",), True)]


def test_relative_subjects_are_not_split() -> None:
    (clause,) = clauses("R-001", "Members who have unpaid fines cannot borrow copies.")
    assert (clause.verbs, clause.negated) == (("borrow",), True)


def test_imperatives_speak_of_users() -> None:
    (clause,) = clauses("R-001", "Create and delete notes")
    assert (clause.subject, clause.verbs) == ("Users", ("create", "delete"))
    (clause,) = clauses("R-001", "Design a database for a blog system.")
    assert clause.subject == ""
