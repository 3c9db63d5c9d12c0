"""Noun phrases: who or what a clause is about, with its number, owner and what follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend_agent import names
from backend_agent.language import lexicon, words

_QUANTITY = re.compile(
    r"^(?P<text>one or more|one or several|at least one|a minimum of one|zero or more|any number of|a number of"
    r"|a (?:list|set|collection|range|series|group|couple) of|lists? of|up to \d+|up to \w+|at least \w+|more than one"
    r"|one to many|two or more)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_OF_COMPOUND = frozenset(
    "date time place country type kind name code reason method unit year terms level mode title point number address"
    " proof cause state city port bill rate".split()
)
_STOP = (
    lexicon.PREPOSITIONS
    | lexicon.RELATIVES
    | lexicon.PRONOUNS
    | frozenset("greater less more is are has have can may must should will cannot and or but not be".split())
)
_SKIP = (
    lexicon.DETERMINERS
    | lexicon.MANY
    | frozenset(
        "new existing given certain specific particular current other another individual following same only always"
        " also just exactly both most available respective entire whole corresponding related own".split()
    )
)


@dataclass(frozen=True)
class NounPhrase:
    """A noun with what stands before and after it."""

    text: str
    """As written."""
    words: tuple[str, ...]
    """Lower case, the last one singular, without articles and counting words: `delivery`, `address`."""
    plural: bool = False
    many: bool = False
    """Whether it speaks of any number (`several labels`, `one or more lines`, a bare plural)."""
    min_items: int = 0
    own: bool = False
    """`their own`, `his own` ..."""
    possessive: bool = False
    """`their`, `its` ..."""
    every: bool = False
    other: bool = False
    """`other`, `another`."""
    tail: str = ""
    """What follows the noun, from its first preposition or relative on."""
    before: tuple[str, ...] = field(default=())
    """The words before the noun that were left out, lower case."""

    @property
    def head(self) -> str:
        """The noun itself, singular."""
        return self.words[-1] if self.words else ""

    @property
    def name(self) -> str:
        """snake_case name, maybe empty."""
        return names.snake(" ".join(self.words))


def noun_phrase(text: str) -> NounPhrase:
    """Read one noun phrase; what follows the noun goes to `tail`."""
    whole = text.strip(" ,.;:()\"'\u201c\u201d")
    rest, many, least = whole, False, 0
    if match := _QUANTITY.match(rest):
        quantity = match["text"].lower()
        rest, many = match["rest"], not quantity.startswith("a number")
        least = 1 if quantity in ("one or more", "one or several", "at least one", "a minimum of one") else 0
    parts = rest.split()
    front: list[str] = []
    while parts and (_bare(parts[0]) in _SKIP or _bare(parts[0]) in lexicon.NUMBERS or _bare(parts[0]).isdigit()):
        front.append(_bare(parts.pop(0)))
    many = many or any(w in lexicon.MANY for w in front)
    body: list[str] = []
    end = len(parts)
    for at, word in enumerate(parts):
        low = _bare(word)
        if word.startswith("(") or (low in _STOP and not (low == "of" and _compound(parts, at))):
            end = at
            break
        if body and words.is_plural(body[-1]) and re.search(r"(?:ed|ing|given|made|taken|sold|sent|held)$", low):
            end = at
            break
        body.append(low)
        if word[-1:] in ",;:":
            end = at + 1
            break
    body = [w for w in body if w]
    plural = bool(body) and words.is_plural(body[-1])
    if body:
        body[-1] = words.singular(body[-1])
    bare_plural = plural and not any(w in ("the", "these", "those", "all", "own", "their", "its") for w in front)
    return NounPhrase(
        text=whole,
        words=tuple(body),
        plural=plural,
        many=many or bare_plural,
        min_items=least,
        own="own" in front,
        possessive=any(w in ("their", "his", "her", "its", "my", "your", "our") for w in front),
        every=any(w in ("each", "every", "any", "all") for w in front),
        other=any(w in ("other", "another") for w in front),
        tail=" ".join(parts[end:]).strip(" ,.;"),
        before=tuple(front),
    )


def _bare(word: str) -> str:
    return word.lower().strip(" ,.;:()\"'\u201c\u201d").removesuffix("'s").removesuffix("\u2019s")


def _compound(parts: list[str], at: int) -> bool:
    """Whether `of` joins two nouns into one name: `date of birth`."""
    if at == 0 or at + 1 >= len(parts) or _bare(parts[at - 1]) not in _OF_COMPOUND:
        return False
    following = _bare(parts[at + 1])
    return following.isalpha() and following not in lexicon.DETERMINERS and following not in ("at", "up", "exactly")


def split_list(text: str) -> list[str]:
    """Split an enumeration at its commas and conjunctions, not inside brackets: `a, b and c` -> three."""
    items: list[str] = []
    depth = 0
    current: list[str] = []
    for word in re.findall(r"[(\[]|[)\]]|,|[^\s,()\[\]]+", text):
        if word in "([":
            depth += 1
        elif word in ")]":
            depth = max(0, depth - 1)
        if depth == 0 and (word == "," or word.lower() in ("and", "or", "and/or", "&")):
            items.append(" ".join(current))
            current = []
        else:
            current.append(word)
    items.append(" ".join(current))
    return [_tight(item) for item in items if item.strip(" .;")]


def noun_phrases(text: str) -> list[NounPhrase]:
    """Read an enumeration of noun phrases."""
    return [p for p in (noun_phrase(item) for item in split_list(text)) if p.words]


def _tight(item: str) -> str:
    return re.sub(r"([(\[]) | ([)\],])", r"\1\2", item).strip(" .;")
