"""The plan equals the files; it proves every rule; each rule kind brings the tests that it must."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest
from codegen.project_tests.club import club, example

from backend_agent.artifacts.domain import Entity
from backend_agent.codegen.imports import Symbols
from backend_agent.codegen.imports import plan as files_of
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.codegen.pieces import PIECES
from backend_agent.codegen.project import _render
from backend_agent.codegen.project_tests.plan import plan, suite
from backend_agent.codegen.project_tests.subject import Subject
from backend_agent.codegen.view import Project
from backend_agent.state import Artifacts

EXAMPLES = ("todo", "bookshop", "clinic", "bank")


def given(name: str) -> Artifacts:
    return club() if name == "club" else example(name)


def rendered(artifacts: Artifacts) -> dict[str, str]:
    """Return the test files as they come from the templates, before they are formatted."""
    project = Project(artifacts, LAYOUTS[artifacts.architecture.architecture_type])
    planned = files_of(project, PIECES)
    symbols = Symbols(project, planned)
    return {f.path: _render(project, symbols, f) for f in planned if f.path.startswith("tests/")}


def functions(text: str) -> list[ast.AsyncFunctionDef | ast.FunctionDef]:
    """Return the test functions of a file, in order."""
    found = ast.parse(text).body
    return [f for f in found if isinstance(f, ast.AsyncFunctionDef | ast.FunctionDef) and f.name.startswith("test_")]


def marked(function: ast.AsyncFunctionDef | ast.FunctionDef) -> tuple[str, ...]:
    """Return the R-ids of a function's mark."""
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.requirement":
            return tuple(str(a.value) for a in call.args if isinstance(a, ast.Constant))
    return ()


@pytest.mark.parametrize("name", [*EXAMPLES, "club"])
def test_planned_tests_are_the_functions_of_the_files(name: str) -> None:
    artifacts = given(name)
    planned = Counter((c.file, c.id, c.cites) for c in plan(artifacts))
    texts = rendered(artifacts)
    written = Counter((path, f.name, marked(f)) for path, text in texts.items() for f in functions(text))
    assert written == planned


@pytest.mark.parametrize("name", [*EXAMPLES, "club"])
def test_each_test_says_what_it_proves(name: str) -> None:
    artifacts = given(name)
    proves = {(c.file, c.id): f"{c.proves}." for c in plan(artifacts)}
    for path, text in rendered(artifacts).items():
        for function in functions(text):
            assert ast.get_docstring(function) == proves[path, function.name]
            assert re.match(r"[A-Z]", proves[path, function.name])


def test_the_plan_is_the_same_from_run_to_run() -> None:
    assert [c.planned() for c in plan(club())] == [c.planned() for c in plan(club.__wrapped__())]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_rule_is_cited(name: str) -> None:
    artifacts = given(name)
    cited = {c for case in plan(artifacts) for c in case.cites}
    assert {c for rule in artifacts.domain.rules for c in rule.cites} <= cited


@pytest.mark.parametrize(
    "expected",
    [
        "test_posts.py::test_post_is_closed_to_other_owners",
        "test_posts.py::test_others_may_not_create_posts",
        "test_posts.py::test_posts_are_public",
        "test_posts.py::test_post_remark_is_for_some_roles",
        "test_posts.py::test_post_ends_at_is_after_starts_at",
        "test_posts.py::test_rating_of_post",
        "test_posts.py::test_search_posts_by_title",
        "test_posts.py::test_search_posts_by_author_display_name",
        "test_posts.py::test_list_posts_filtered",
        "test_posts.py::test_list_posts_by_author",
        "test_posts.py::test_list_posts_sorted",
        "test_posts.py::test_list_posts_default_order",
        "test_likes.py::test_like_post",
        "test_likes.py::test_like_is_shown_on_post",
        "test_follows.py::test_nobody_may_follow_themselves",
        "test_follows.py::test_follow_is_shown_on_member",
        "test_meals.py::test_new_meal_is_open",
        "test_meals.py::test_serve_meal",
        "test_meals.py::test_serve_meal_from_a_wrong_state",
        "test_meals.py::test_others_may_not_serve_meal",
        "test_meals.py::test_settle_meal_of_another_owner",
        "test_meals.py::test_meal_is_frozen",
        "test_meals.py::test_meal_lines_of_a_frozen_meal",
        "test_meals.py::test_total_of_meal",
        "test_meals.py::test_list_meals_shows_own_rows_only",
        "test_meals.py::test_administrator_sees_every_meal",
        "test_meals.py::test_meal_member_and_table_number_is_unique",
        "test_meals.py::test_list_meals_by_state",
        "test_meal_lines.py::test_meal_line_meal_and_menu_item_is_unique",
        "test_meal_lines.py::test_meal_line_under_another_meal",
        "test_menu_items.py::test_menu_item_code_is_unique",
        "test_comments.py::test_comment_is_not_below_itself",
        "test_members.py::test_one_member_for_each_owner",
        "test_auth.py::test_register_gives_no_other_role",
        "test_users.py::test_others_may_not_manage_users",
        "test_journey.py::test_journey",
    ],
)
def test_each_rule_kind_has_its_tests(expected: str) -> None:
    assert expected in {f"{c.file.removeprefix('tests/')}::{c.id}" for c in plan(club())}


def test_protection_is_tested_where_it_is_asked_for() -> None:
    names = {c.id for c in plan(given("clinic"))}
    assert {"test_patient_is_stored_encrypted", "test_changes_of_patients_are_recorded"} <= names
    assert not {c.file for c in plan(given("todo"))} & {"tests/test_protection.py"}


def test_lockout_cites_its_requirement() -> None:
    case = next(c for c in plan(given("bank")) if c.id == "test_lockout")
    assert case.cites == ("R-008",)


@pytest.mark.parametrize(
    ("entity", "variable"),
    [("Book", "book"), ("Owner", "owner_row"), ("SignIn", "sign_in_row"), ("Class", "class_"), ("Api", "api_row")],
)
def test_a_row_is_not_called_like_what_templates_use(entity: str, variable: str) -> None:
    subject = Subject(suite(club()), Entity(name=entity))
    assert subject.variable == variable
