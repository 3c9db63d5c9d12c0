"""Briefs of many kinds become sound models; these are the readings that matter."""

from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import Statement
from backend_agent.language.reading import read
from backend_agent.rules import RULES


def model(*sentences: str) -> DomainModel:
    """Read sentences as the statements of a task."""
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
        for i, text in enumerate(sentences, start=1)
    ]
    return read("Test", statements, [kind.read for kind in RULES])


def _relation(found: DomainModel, source: str, name: str) -> tuple[str, str, bool]:
    relation = next(r for r in found.relations_from(source) if r.name == name)
    return relation.target, relation.cardinality, relation.owned


def test_owned_children_and_their_sum() -> None:
    found = model(
        "A timesheet belongs to an employee and has one or more entries; an entry has a date and hours.",
        "The total of a timesheet is the sum of the hours of its entries.",
    )
    assert _relation(found, "TimesheetEntry", "timesheet") == ("Timesheet", "many_to_one", True)
    (rule,) = [r for r in found.rules if r.kind == "derived"]
    assert (rule.entity, rule.field, rule.relation, rule.factors) == ("Timesheet", "total", "entries", ["hours"])


def test_many_to_many_from_both_sides() -> None:
    found = model("A course has many participants and a title.", "A participant has a name and many courses.")
    assert {r.cardinality for r in found.relations if {r.source, r.target} == {"Course", "Participant"}} == {
        "many_to_many"
    }


def test_self_relations_and_trees() -> None:
    found = model(
        "An employee has a name and reports to another employee.",
        "A folder has a name; folders form a tree.",
        "A task has a title. A task can have subtasks.",
    )
    assert _relation(found, "Employee", "manager")[0] == "Employee"
    assert found.relations_from("Folder")[0].is_tree
    assert found.relations_from("Task")[0].is_tree


def test_containers_with_quantities() -> None:
    found = model("A product has a name and a price.", "Shoppers have a basket with products and quantities.")
    assert _relation(found, "BasketItem", "basket") == ("Basket", "many_to_one", True)
    assert [r.fields for r in found.rules if r.kind == "unique"] == [["basket", "product"]]


def test_deeds_become_things() -> None:
    found = model(
        "A course has a title.",
        "Students can enroll in courses, once per course.",
        "Students can view their own enrolments.",
    )
    assert {r.name for r in found.relations_from("Enrolment")} == {"course", "student"}
    assert [r.fields for r in found.rules if r.kind == "unique"] == [["student", "course"]]


def test_tables_of_columns() -> None:
    found = model("The products table should have columns for product_id, product_name, price and created_at.")
    assert [f.name for f in found.entity("Product").fields] == ["product_name", "price"]


def test_definitions_with_a_colon() -> None:
    found = model("Venue: name, address, capacity (integer)")
    assert [f.name for f in found.entity("Venue").fields] == ["name", "address", "capacity"]


def test_guests_may_be_strangers_or_actors() -> None:
    strangers = model("A room has a number.", "Guests can view rooms.", "Managers can add rooms.")
    assert [r.kind for r in strangers.rules if r.entity == "Room"] == ["role", "public"]
    actors = model("A room has a number.", "Guests can sign up and book a room.")
    assert [a.name for a in actors.actors] == ["guest"]


def test_what_fits_nothing_is_listed_with_a_reason() -> None:
    found = model(
        "A room has a number.",
        "A room cannot be booked twice for the same time.",
        "Users receive an email when a room is free.",
        "Expenses above 500 must be approved by a different manager.",
        "The frobnicator hums.",
    )
    reasons = {u.requirement: u.reason for u in found.unplaced}
    assert "overlap" in reasons["R-002"]
    assert "messages" in reasons["R-003"]
    assert "second person" in reasons["R-004"]
    assert "R-005" in reasons


def test_statements_about_the_service_are_no_gaps_of_the_model() -> None:
    found = model(
        "A note has a text.",
        "Users can create notes.",
        "All requests are logged in an audit log.",
        "95 % of requests answer within 100 ms.",
    )
    assert found.unplaced == []


def test_contradictions_and_repetitions_are_merged() -> None:
    found = model(
        "A book has a title.", "A book has a title of at most 80 characters and a price.", "Books have a title."
    )
    book = found.entity("Book")
    assert [f.name for f in book.fields] == ["title", "price"]
    assert book.field("title").max_length == 80
    assert book.field("title").cites == ["R-001", "R-002", "R-003"]


def test_reserved_words_get_safe_names() -> None:
    found = model(
        "A class has a type, a metadata, an order and a class.",
        "A user has a nickname.",
        "An order has a user.",
        "A metadata has a value.",
    )
    names = {e.name for e in found.entities}
    assert {"Class", "User", "Order", "MetadataRecord"} <= names
    assert {f.name for f in found.entity("Class").fields} >= {"class_type"}
    assert {r.name for r in found.relations_from("Class")} >= {"class_metadata", "order"}
    assert _relation(found, "Order", "user")[0] == "User"


def test_without_an_administrator_somebody_still_makes_accounts() -> None:
    found = model("A book has a title.", "Librarians can add books.", "Members can register and borrow books.")
    assert [a.name for a in found.actors if a.administrator] == ["administrator"]
    assert any("makes the accounts" in note for note in found.notes)


def test_the_same_text_gives_the_same_model() -> None:
    text = ("Members can follow other members.", "A post has a text.", "Members can like posts.")
    assert model(*text) == model(*text)
