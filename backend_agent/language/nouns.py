# ruff: noqa: E501 - patterns and word lists read better unbroken
"""What nouns and verbs say of things: people, places, values; and how a deed is called."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.language import fields, lexicon, states, words
from backend_agent.language.clause import Clause
from backend_agent.language.phrases import NounPhrase, noun_phrase

HAS = frozenset(
    "have carry contain include consist_of consist comprise hold store need require bear possess own need_have use".split()
)
LISTED = re.compile(r"^(?:[-*]\s*)?(?P<who>[A-Z][\w ]{1,40}?)\s*(?::\s*(?P<what>\S.*?)|\((?P<inside>[^()]*,.*)\))\.?$")
"""`Book: title, ISBN` or `Book (title, ISBN)`."""
GROUPS = frozenset("tag label group categorize categorise classify link associate".split())
ACTIVE = frozenset(
    "belong refer reference relate sit link live work stay happen occur apply fall come point concern".split()
)
"""Verbs that say where something belongs also in the active voice."""
BELONGS = frozenset(
    "belong refer reference relate link associate assign write make place create attach sit stand live give take teach"
    " author direct produce publish sell issue provide offer connect cover concern tie address post submit own raise"
    " treat perform organize organise host run upload lead manage supervise record file send request book point appear"
    " hold store keep locate schedule happen tag categorize categorise classify group label allocate house take".split()
)
NOMINALS = {
    "review": "review", "rate": "rating", "comment": "comment", "reserve": "reservation", "book": "booking",
    "borrow": "loan", "apply": "application", "enroll": "enrolment", "enrol": "enrolment", "bid": "bid", "vote": "vote",
    "donate": "donation", "rent": "rental", "hire": "hire", "reply": "reply", "transfer": "transfer", "pay": "payment",
    "subscribe": "subscription", "purchase": "purchase", "buy": "purchase", "order": "order", "register_for": "registration",
    "sign_up_for": "registration", "answer": "answer", "message": "message",
}  # fmt: skip
"""Verbs whose doing is kept as a thing of its own."""
OWNERS = frozenset("author owner creator writer poster uploader originator".split())
"""Who made or holds a row, whatever role it has: `only by its author`."""
NO_OBJECT = frozenset("register log_in login sign_up sign_in log_out logout sign_out signup join leave become".split())
ATTRIBUTES = re.compile(
    r"(?i)(?:^|,\s*|\s)(?:with|including|containing|giving|specifying|stating)\s+(?P<what>(?!which|one\b|whom).+)$"
)
"""What is given with a deed: `with a rating from 1 to 5 and a comment`."""


NO_NAME = (
    lexicon.DETERMINERS
    | lexicon.RELATIVES
    | frozenset(
        "my myself sure up along prior what how why not to be is are and or better specifically sometime also now then ability able"
        " exit know set see".split()
    )
)


def nominal(verb: str, rest: str) -> str | None:
    """Return the noun for what a verb does to something, when the doing is kept: `review` -> `review`."""
    if verb in ("register", "sign_up") and re.match(r"(?i)for\s+(?:an? |the |courses?|events?)", rest):
        return "registration"
    return NOMINALS.get(verb)


def says_where(clause: Clause) -> bool:
    """Whether a clause says where something belongs: `is written by`, `belongs to`, `takes place in`."""
    verb = clause.verb
    if verb == "take":
        return clause.rest.lower().startswith("place ") or clause.passive
    return verb in ACTIVE or (clause.passive and verb in BELONGS)


def is_person(phrase: NounPhrase, verb: str = "") -> bool:
    """Whether a noun phrase speaks of people: from a list, or from its ending together with a human verb."""
    head = phrase.head
    if head in lexicon.PERSONS:
        return True
    if head in lexicon.NOT_PERSONS or head in lexicon.SYSTEM or not head.isalpha():
        return False
    human = verb in lexicon.ACTION_VERBS and verb not in ("show", "list", "hold", "display", "open", "close")
    return human and bool(re.search(r"(?:er|or|ist|ian|ant|eer|ee|man|woman|ess|user)$", head)) and len(head) > 4


def essential(phrase: NounPhrase) -> list[str]:
    """Return the words of a thing's name without states and superlatives: `pending orders` -> `order`."""
    parts = [w for w in phrase.words if w not in ("unique", "optional", "required")]
    while len(parts) > 1:
        first = parts[0]
        tags = words.lemmas(first)
        stateful = (
            first in states.STATE_WORDS
            or (first.endswith("ed") and "NOUN" not in tags)
            or first
            in (
                "newest",
                "latest",
                "oldest",
                "cheapest",
                "best",
                "recent",
                "upcoming",
                "public",
                "private",
                "single",
                "personal",
            )
        )
        if not stateful or (first == "open" and parts[-1] == "house"):
            break
        parts = parts[1:]
    return parts


def prepositional(text: str) -> list[tuple[str, NounPhrase]]:
    """Return the prepositions of a text with the noun phrases behind each."""
    found: list[tuple[str, NounPhrase]] = []
    pattern = r"\b(?:" + "|".join(sorted(lexicon.PREPOSITIONS - {"of", "including", "except", "than"})) + r")\b"
    pieces = re.split(rf"(?i)({pattern})(?=\s)", text)
    for i in range(1, len(pieces) - 1, 2):
        if re.match(r"\s*\d", pieces[i + 1]):
            continue  # `from 1 to 5 stars and a comment` is a range, not a place
        for item in fields.split_attributes(pieces[i + 1]):
            phrase = noun_phrase(item)
            if phrase.words:
                found.append((pieces[i].lower(), phrase))
    return found


def without_prefix(text: str) -> str:
    """Return an attribute list without `the following fields:` in front."""
    return re.sub(
        r"(?i)^(?:(?:the )?(?:following )?(?:columns?|fields?|attributes?|properties)\s*(?:for|:|like|such as|of)?\s*|of\s+)",
        "",
        text,
    )


def is_thing(noun: str, text: str) -> bool:
    """Whether a noun for the service is used for a thing that it keeps."""
    return bool(
        re.search(
            rf"(?i)\b(?:an?|each|every|several|many|more|all|their|own|of)\s+(?:\w+\s+)?(?:{noun}|{names.plural(noun)})\b|\b{names.plural(noun)}\b",
            text,
        )
    )


def field_like(phrase: NounPhrase) -> bool:
    """Whether a noun is the name of a value rather than of a thing (`email addresses`, `images`, `start time`)."""
    if phrase.head in ("tag", "keyword", "hour", "number", "name", "title", "quantity", "date", "time"):
        if phrase.head == "title" and phrase.plural:
            return False
        return phrase.head != "tag" or bool(re.match(r"(?i)a list of", phrase.text))
    spec = fields.field(phrase.text.split(" with ")[0], "Thing", [])
    return spec is None or (spec.type in (
        "email", "phone", "url", "date", "datetime", "decimal", "integer", "time"
    ) and phrase.head not in ("payment", "charge", "fine", "video", "photo", "picture", "image", "page", "place", "seat",
                              "copy", "unit", "deposit", "attempt", "position", "fee", "day", "donation", "website", "limit",
                              "link", "mail", "tip", "discount", "tax", "point", "premium", "floor", "level", "budget",
                              "score", "rating"))  # fmt: skip


def is_verbal(phrase: NounPhrase) -> bool:
    """Whether a noun names no thing."""
    return phrase.head in lexicon.IMMATERIAL


def is_container(clause: Clause) -> bool:
    """Whether somebody has something that holds things: `a basket with products and quantities`."""
    return (
        bool(re.match(r"(?i)(?:an?|one|their own)\s+[\w -]+?\s+(?:with|of|for)\s+\w+", clause.rest))
        and "quantit" in clause.rest
    )


def names_thing(clause: Clause) -> bool:
    """Whether the object of a verb is what the verb makes already (`book an appointment`)."""
    made = {"order": "order", "message": "message"}
    if clause.verb in made and any(o.head == made[clause.verb] for o in clause.objects):
        return True
    return bool(
        clause.verb == "book"
        and clause.objects
        and clause.objects[0].head
        in ("appointment", "meeting", "session", "slot", "lesson", "visit", "table", "booking")
    )
