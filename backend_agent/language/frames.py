# ruff: noqa: E501 - patterns and word lists read better unbroken
"""Frames around a wish: user stories, `the system shall allow users to ...`, purposes, fillers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_agent.language import lexicon

_STORY = re.compile(
    r"^(?:in order to [^,]+,\s*)?as\s+(?:an?\s+|the\s+)?(?P<who>.+?)\s*,?\s+(?:I|we)\s*(?:'d|\u2019d)?\s*"
    r"(?:(?P<can>can(?:not)?|must|should|may|am able to|need to be able to|will)\s+(?:be able to\s+)?"
    r"|(?:want|need|would like|like|wish|expect|require|have)\s+(?:(?P<to>(?:the\s+\w+\s+)?to\s+(?:be\s+able\s+to\s+)?)|(?P<thing>)))"
    r"(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_PURPOSE = re.compile(
    r",?\s+(?:so that|in order (?:to|that)|so (?:I|we|they|he|she)\b|because|in such a way that)\b.*$", re.IGNORECASE
)
_GIVEN_TAG = re.compile(r"^(?:#?[A-Z]{1,4}-?\d+#?[:.)]?|\d+[.)]|\[[^\]]*\])\s+", re.IGNORECASE)
_FILLER = re.compile(
    r"^(?:also|additionally|in addition|furthermore|moreover|then|finally|further|besides|of course|note that|for example)\s*,?\s+",
    re.IGNORECASE,
)
_SYSTEM = "|".join(sorted(lexicon.SYSTEM))
_ALLOW = re.compile(
    rf"^(?:the\s+|our\s+|this\s+)?(?:\w+\s+)?(?:{_SYSTEM})\s+(?:(?:shall|must|should|will|can|may|needs? to)\s+)?"
    r"(?:allow|let|enable|permit|provide)s?\s+(?P<only>only\s+)?(?P<who>(?:\w+\s+){0,4}?\w+)\s+"
    r"(?:the (?:ability|option|possibility) to\s+|with the ability to\s+|to\s+)(?P<what>.+)$",
    re.IGNORECASE,
)
_LET = re.compile(
    rf"^(?:the\s+|our\s+|this\s+)?(?:\w+\s+)?(?:{_SYSTEM})\s+(?:(?:shall|must|should|will)\s+)?lets?\s+(?P<only>only\s+)?"
    r"(?P<who>(?:an?\s+|the\s+)?\w+)\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_ABLE = re.compile(
    r"^(?P<who>.+?)\s+(?:is|are|shall be|should be|must be|will be|may be|shall have|have|has|should have|must have)\s+(?P<no>not\s+)?(?:only\s+)?"
    r"(?:able|allowed|permitted|entitled|authori[sz]ed|the (?:right|ability|permission|option))\s+to\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_WANT = re.compile(
    r"^(?P<who>(?:(?!\b(?:I|it|that|we)\b)[\w' -])+?)\s+(?:wants?|wish(?:es)?|would like)\s+to\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_POSSIBLE = re.compile(
    r"^it\s+(?:is|should be|must be|shall be|will be)\s+(?P<no>not\s+)?possible\s+(?:for\s+(?P<who>.+?)\s+)?to\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:no one|nobody|no other \w+|none)\s+(?:except|but|other than|besides)\s+(?P<who>.+?)\s+(?P<what>(?:can|may|must|is|are)\b.+)$",
    re.IGNORECASE,
)
_TABLE = re.compile(
    r"^(?:(?:set up|create|define|add|include|make|have|build)\s+(?:an?\s+|the\s+)?|(?:the|an?|each)\s+)?[`'\"]?(?P<name>\w+(?: \w+)?)[`'\"]?\s+table\s+"
    r"(?:(?:should|must|shall|will|can|needs? to|has to)\s+)?(?:also\s+)?(?:have|has|needs?|includes?|contains?|stores?|with|containing|having|consists? of)\s+"
    r"(?:(?:the\s+)?(?:following\s+)?(?:columns?|fields?|attributes?)\s*(?:for|:|like|such as|named|called)?\s+)?(?P<columns>.+?)(?:\s+(?:columns?|fields?|attributes?))?[.]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Frame:
    """A sentence without its frame."""

    text: str
    story: bool = False


def unwrap(sentence: str) -> Frame:
    """Turn the frames of wishes into plain sentences: `As a reader, I want to rate books` -> `reader can rate books`."""
    text = _FILLER.sub("", _GIVEN_TAG.sub("", " ".join(sentence.split())))
    text = (
        text.replace("\u2019", "'").replace("can not", "cannot").replace("can't", "cannot").replace("won't", "will not")
    )
    text = (
        re.sub(r"(?i)\bcheck ((?:[\w']+ ){1,3})in and out\b", r"check in and check out \1", text)
        .replace("  ", " ")
        .strip()
    )
    text = re.sub(r"\b(do|does|is|are|may|must|should)n't\b", r"\1 not", text)
    if match := _STORY.match(text):
        what = _PURPOSE.sub("", match["what"]).strip()
        who = re.sub(r"(?i)^(?:an?|the)\s+", "", match["who"]).strip(" ,")
        if match["to"] or match["can"]:
            modal = "cannot" if (match["can"] or "").lower() == "cannot" else "can"
            return Frame(f"{who} {modal} {what}", story=True)
        return Frame(f"{who} can have {what}", story=True)
    text = _PURPOSE.sub("", text)
    if match := _TABLE.match(text):
        from backend_agent.language.words import singular

        *front, last = match["name"].replace("_", " ").split()
        return Frame(f"Each {' '.join([*front, singular(last)])} has {match['columns']}")
    for pattern in (_ALLOW, _ABLE, _WANT, _POSSIBLE, _NOBODY, _LET):
        if not (match := pattern.match(text)):
            continue
        found = match.groupdict()
        who = found.get("who") or "Users"
        if pattern is _NOBODY:
            return Frame(f"Only {who} {found['what']}")
        if pattern is _ABLE and re.search(r"(?i)\b(that|which|who|can|may|must)\b", who):
            continue
        modal = "cannot" if found.get("no") else "can"
        only = "Only " if found.get("only") else ""
        return Frame(f"{only}{who} {modal} {found['what']}")
    return Frame(text)


def before_preposition(text: str) -> str:
    """Return the direct object: the words before the first preposition or relative that does not belong to a name."""
    depth = 0
    kept: list[str] = []
    parts = text.split()
    for i, word in enumerate(parts):
        depth += word.count("(") - word.count(")")
        low = word.lower().strip(",.;:()")
        stop = low in lexicon.PREPOSITIONS or low in lexicon.RELATIVES or low in ("they", "we", "he", "she", "i")
        if low == "to" and i and parts[i - 1].lower() == "up":
            stop = False
        if depth <= 0 and stop and kept and not (low == "of" and _counts(parts, i)):
            break
        kept.append(word)
    return " ".join(kept).strip(" ,.;")


def _counts(parts: list[str], at: int) -> bool:
    """Whether `of` belongs to a counting phrase (`a list of`) or a compound name (`date of birth`)."""
    from backend_agent.language.phrases import noun_phrase

    if parts[at - 1].lower() in (
        "list",
        "set",
        "number",
        "collection",
        "range",
        "one",
        "couple",
        "any",
        "all",
        "some",
        "each",
    ):
        return True
    return noun_phrase(" ".join(parts[max(0, at - 1) : at + 2])).head not in ("", parts[at - 1].lower())
