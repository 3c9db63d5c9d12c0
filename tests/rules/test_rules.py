# ruff: noqa: E501 - one case a line
"""Each kind of rule: what it looks like in text, and what it says."""

from typing import Any

import pytest

from backend_agent.artifacts.requirements import Statement
from backend_agent.artifacts.rules import Rule
from backend_agent.language.reading import read
from backend_agent.rules import RULES, kind_of, says

BASE = (
    "Members can register and log in.",
    "A recipe has a title, a text, a course (starter, main or dessert) and a preparation time in minutes.",
    "A cook has a name.",
    "A recipe belongs to a cook.",
)


def rules(*sentences: str) -> list[Rule]:
    """Return the rules of some sentences on top of a small base."""
    statements = [
        Statement(
            id=f"R-{i:03}",
            text=text,
            category="functional",
            priority="medium",
            complexity="low",
            approach="-",
            source="requirements",
        )
        for i, text in enumerate((*BASE, *sentences), start=1)
    ]
    return read("Test", statements, [kind.read for kind in RULES]).rules


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (["Members can create, view, update and delete their own shopping lists."], {"kind": "ownership", "entity": "ShoppingList", "path": ["member"], "operations": ["list", "read", "create", "update", "delete"]}),
        (["Members can review recipes with a rating from 1 to 5."], {"kind": "ownership", "entity": "Review", "path": ["member"], "operations": ["create", "update", "delete"]}),
        (["Only editors can add and remove recipes."], {"kind": "role", "entity": "Recipe", "operations": ["create", "delete"], "roles": ["editor"]}),
        (["As an editor, I want to add cooks."], {"kind": "role", "entity": "Cook", "operations": ["create", "update"], "roles": ["editor"]}),
        (["A recipe has a cost.", "Costs are visible to editors only.", "Only editors can delete recipes."], {"kind": "role", "entity": "Recipe", "operations": ["update", "delete"], "roles": ["editor"]}),
        (["Anyone can browse recipes."], {"kind": "public", "entity": "Recipe", "operations": ["list", "read"]}),
        (["Recipes are public."], {"kind": "public", "entity": "Recipe"}),
        (["Recipes can be viewed by anyone."], {"kind": "public", "entity": "Recipe"}),
        (["A recipe is draft, published or withdrawn. A published recipe cannot be changed."], {"kind": "lifecycle", "entity": "Recipe", "initial": "draft", "frozen_states": ["published", "withdrawn"]}),
        (["Members can review recipes, once per recipe."], {"kind": "unique", "entity": "Review", "fields": ["member", "recipe"]}),
        (["The title of a recipe must be unique per cook."], {"kind": "unique", "entity": "Recipe", "fields": ["title", "cook"]}),
        (["No two recipes may have the same title and cook."], {"kind": "unique", "entity": "Recipe", "fields": ["title", "cook"]}),
        (["The preparation time of a recipe must be greater than 0."], {"kind": "range", "entity": "Recipe", "field": "preparation_time", "minimum": 0, "exclusive_minimum": True}),
        (["An event has a name, a start date and an end date."], {"kind": "range", "entity": "Event", "field": "end_date", "after": "start_date"}),
        (["An event has an opening day and a closing day.", "The closing day must be after the opening day."], {"kind": "range", "field": "closing_day", "after": "opening_day"}),
        (["An invoice has one or more lines; a line has an amount.", "The total of an invoice is the sum of its lines."], {"kind": "derived", "entity": "Invoice", "field": "total", "function": "sum", "relation": "lines", "factors": ["amount"]}),
        (["Members can review recipes with a rating from 1 to 5.", "Each recipe shows its average rating."], {"kind": "derived", "entity": "Recipe", "field": "average_rating", "function": "average", "relation": "reviews", "factors": ["rating"]}),
        (["A cook shows its number of recipes."], {"kind": "derived", "entity": "Cook", "field": "recipe_count", "function": "count", "relation": "recipes"}),
        (["Members can like and unlike recipes; a recipe shows whether the current member likes it."], {"kind": "derived", "entity": "Recipe", "field": "liked_by_me", "function": "exists", "relation": "likes"}),
        (["Members can follow other members. Members cannot follow themselves."], {"kind": "toggle", "entity": "Follow", "subject": "follower", "object": "followed", "on": "follow", "off": "unfollow", "not_self": True}),
        (["Members can search recipes by title or cook."], {"kind": "search", "entity": "Recipe", "fields": ["title", "cook.name"]}),
        (["Recipes can be searched by title."], {"kind": "search", "entity": "Recipe", "fields": ["title"]}),
        (["Members can filter recipes by course and cook."], {"kind": "filter", "entity": "Recipe", "fields": ["course", "cook"]}),
        (["Members can sort recipes by preparation time."], {"kind": "sort", "entity": "Recipe", "fields": ["preparation_time"], "default": None}),
        (["Members can list recipes sorted by title."], {"kind": "sort", "entity": "Recipe", "fields": ["title"], "default": "title"}),
    ],
)  # fmt: skip
def test_reading(sentences: list[str], expected: dict[str, Any]) -> None:
    found = rules(*sentences)
    assert any(expected.items() <= rule.model_dump().items() for rule in found), found


@pytest.mark.parametrize(
    ("sentence", "name", "facts"),
    [
        ("Only draft or published recipes can be withdrawn.", "withdraw", {"sources": ["draft", "published"]}),
        ("Editors can publish recipes.", "publish", {"roles": ["editor"], "owner": False}),
        ("Members can withdraw their own published recipes.", "withdraw", {"sources": ["published"], "owner": True}),
        ("A published recipe cannot be withdrawn.", "withdraw", {"sources": ["draft"]}),
        ("Editors can mark recipes as published.", "publish", {"roles": ["editor"]}),
        ("A withdrawn recipe can be reopened.", "reopen", {"sources": ["withdrawn"], "target": "draft"}),
        (
            "Members can withdraw their own recipes only while they are draft.",
            "withdraw",
            {"sources": ["draft"], "owner": True},
        ),
    ],
)
def test_transitions(sentence: str, name: str, facts: dict[str, Any]) -> None:
    found = rules(
        "A recipe is draft, published or withdrawn.",
        "Members can create their own recipes.",
        "Editors can delete recipes.",
        sentence,
    )
    (life,) = [r for r in found if r.kind == "lifecycle"]
    transition = next(t for t in life.transitions if t.name == name)
    assert {key: getattr(transition, key) for key in facts} == facts
    assert "R-008" in life.cites


def test_a_field_for_some_roles_only() -> None:
    found = rules("A cook has a name and a salary.", "The salary of a cook is visible to managers only.")
    role = next(r for r in found if r.kind == "role" and r.fields)
    assert (role.entity, role.fields, role.roles) == ("Cook", ["salary"], ["manager"])


def test_every_kind_is_registered_once_and_speaks() -> None:
    names = [kind.name for kind in RULES]
    assert len(names) == len(set(names)) == 11
    found = rules(
        "Members can create, view, update and delete their own shopping lists.",
        "Only editors can add and remove recipes.",
        "Anyone can browse recipes and search recipes by title.",
        "A recipe is draft, published or withdrawn. A published recipe cannot be changed.",
        "Members can review a recipe, once per recipe, with a rating from 1 to 5.",
        "Each recipe shows its average rating.",
        "Members can follow other members.",
        "Members can filter recipes by course and sort them by title.",
        "An event has a name, a start date and an end date.",
    )
    assert {rule.kind for rule in found} == set(names)
    for rule in found:
        assert isinstance(rule, kind_of(rule).rule)
        sentence = says(rule)
        assert sentence.endswith(".")
        assert "_" not in sentence
