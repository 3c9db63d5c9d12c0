"""Noun phrases and enumerations."""

from backend_agent.language.phrases import noun_phrase, noun_phrases, split_list


def test_number_owner_and_tail() -> None:
    phrase = noun_phrase("one or more delivery addresses of the customer")
    assert phrase.words == ("delivery", "address")
    assert (phrase.many, phrase.min_items, phrase.tail) == (True, 1, "of the customer")
    own = noun_phrase("their own pending orders")
    assert (own.own, own.possessive, own.head) == (True, True, "order")


def test_compounds_with_of_are_one_name() -> None:
    assert noun_phrase("date of birth").name == "date_of_birth"
    assert noun_phrase("a title of at most 200 characters").name == "title"


def test_lists_are_split_outside_of_brackets() -> None:
    assert split_list("a size (small, medium or large), a colour and weight") == [
        "a size (small, medium or large)",
        "a colour",
        "weight",
    ]
    assert [p.name for p in noun_phrases("books, authors and categories")] == ["book", "author", "category"]
