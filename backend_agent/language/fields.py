# ruff: noqa: E501 - patterns and word lists read better unbroken
"""Attributes in words -> typed fields: `an optional title of at most 200 characters` -> FieldSpec."""

from __future__ import annotations

import re
from typing import Any

from backend_agent import names
from backend_agent.artifacts.domain import FieldSpec, FieldType
from backend_agent.language import lexicon, words
from backend_agent.language.phrases import NounPhrase, noun_phrase, split_list

SHORT, LONG_NAME = 200, 48
_N = r"(-?\d+(?:,\d{3})*(?:\.\d+)?|" + "|".join(lexicon.NUMBERS) + r")"
_UNIT = r"(?:characters?|chars?|letters?|symbols?)"
_MAX_LENGTH = re.compile(
    rf"(?:at most|up to|no more than|maximum(?: of)?|max\.?(?: of)?|not? longer than|less than|within|limited to)\s+{_N}\s+{_UNIT}",
    re.IGNORECASE,
)
_MIN_LENGTH = re.compile(
    rf"(?:at least|minimum(?: of)?|min\.?|no fewer than|no less than)\s+{_N}\s+{_UNIT}", re.IGNORECASE
)
_BOTH_LENGTH = re.compile(rf"(?:between\s+|from\s+)?{_N}\s*(?:and|to|-|\u2013)\s*{_N}\s+{_UNIT}", re.IGNORECASE)
_EXACT_LENGTH = re.compile(
    rf"(?:of|with|exactly|has|is|have)?\s*{_N}[\s-]+(?P<what>digits?|characters?|letters?|numeric)\b(?:\s+(?:long|number|code))?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?:from|between|\bof)?\s*{_N}\s*(?:to|and|-|\u2013|\.\.\.?|through)\s*{_N}(?!\s*{_UNIT})", re.IGNORECASE
)
_ABOVE = re.compile(rf"(?:greater than|more than|larger than|above|over|exceed(?:s|ing)?)\s+{_N}", re.IGNORECASE)
_AT_LEAST = re.compile(
    rf"(?:at least|minimum(?: of)?|min\.?|not? (?:less|lower|smaller) than|never below|starting (?:at|from))\s+{_N}(?!\s*{_UNIT})",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    rf"(?:at most|maximum(?: of)?|max\.?|up to|no more than|not? (?:more|greater|higher) than|less than|below|under)\s+{_N}(?!\s*{_UNIT})",
    re.IGNORECASE,
)
_DEFAULT = re.compile(r"(?:defaults? (?:to|is|of)|by default|default)\s*:?\s*['\"]?([\w-]+)['\"]?", re.IGNORECASE)
_OPTIONAL = re.compile(
    r"\b(optional(?:ly)?|if (?:any|known|given|available)|may be (?:empty|missing|blank)|nullable|possibly|maybe|not required|not mandatory)\b",
    re.IGNORECASE,
)
_REQUIRED = re.compile(r"\b(required|mandatory|compulsory)\b", re.IGNORECASE)
_UNIQUE = re.compile(r"\b(unique|distinct)\b", re.IGNORECASE)
_ENUM_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_ENUM_OF = re.compile(
    r"(?:\bof\b|\beither\b|:|\bbeing\b|\bis\b|\bwith (?:the )?values?\b|\bone of\b|\bsuch as\b)\s+(?:either\s+|one of\s+)?(?P<list>[A-Za-z][\w -]*(?:,\s*[\w -]+)*,?\s+(?:or|and)\s+[\w -]+)$",
    re.IGNORECASE,
)
_SHARED_HEAD = re.compile(
    r"\b((?:an? |the |their |its )?)(?:given )?(start|starting|begin|opening|arrival|departure|first|billing|minimum|check-in|pickup|net|home"
    r"|created|source|from) and (?:an? )?(\w+) (\w+)\b(?!\s+\w+\s+of)",
    re.IGNORECASE,
)
COUNT = re.compile(
    r"(?i)^(?:the |an? |their |its )?(?:total )?(?:(?P<which>maximum|minimum|maximal|minimal|expected|remaining|allowed) )?number of "
    r"(?:\w+ )*?(?P<what>\w+)(?= (?:of )?(?:at |from |between |greater |up to )|$)"
)
_TYPES: dict[str, FieldType] = {
    "string": "string", "text": "text", "integer": "integer", "int": "integer", "number": "integer", "decimal": "decimal",
    "float": "decimal", "boolean": "boolean", "bool": "boolean", "date": "date", "datetime": "datetime", "time": "time",
    "timestamp": "datetime", "email": "email", "url": "url", "yes/no": "boolean",
}  # fmt: skip
_PATTERNS: dict[str, tuple[str, int, int]] = {
    "isbn": (r"^[0-9]{13}$", 13, 13),
    "iban": (r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", 15, 34),
    "currency": (r"^[A-Z]{3}$", 3, 3),
    "bic": (r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$", 8, 11),
    "slug": (r"^[a-z0-9]+(-[a-z0-9]+)*$", 1, 200),
    "vin": (r"^[A-HJ-NPR-Z0-9]{17}$", 17, 17),
    "handle": (r"^[A-Za-z0-9_]+$", 1, 50),
    "ean": (r"^[0-9]{13}$", 13, 13),
}
_BY_HEAD: tuple[tuple[FieldType, frozenset[str]], ...] = (
    ("email", frozenset("email e-mail mail".split())),
    ("phone", frozenset("phone telephone mobile fax cellphone".split())),
    ("url", frozenset("url website link homepage uri webpage photo image picture avatar logo thumbnail video".split())),
    ("date", frozenset("date day birthday deadline dob birthdate".split())),
    ("datetime", frozenset("time timestamp datetime moment instant".split())),
    ("decimal", frozenset("price fee amount cost balance total subtotal salary budget wage rent deposit fine charge revenue"
                          " tax discount weight height length width depth distance temperature percentage latitude longitude"
                          " area volume ratio rate hour hours income payment value premium limit commission tip donation".split())),
    ("integer", frozenset("quantity count stock age year capacity size duration rank points score rating pages minutes"
                          " days seats copies floor level mileage attempts places units position"
                          " point minute seat copy page place unit attempt".split())),
    ("text", frozenset("description biography bio comment content body text note notes summary message instructions details"
                       " instruction detail reason terms term address explanation remark remarks abstract hours overview"
                       " history question answer caption review feedback opinion resume profile story about".split())),
    ("boolean", frozenset("flag completed active available published verified enabled archived done public private featured"
                          " approved visible paid deleted".split())),
)  # fmt: skip
_ORDINALS = frozenset(
    "tooth page floor chapter episode season round week lap level step line row seat table lane track".split()
)
_MONEY_UNSIGNED = frozenset("temperature latitude longitude balance value discount".split())
_OFTEN_OPEN = frozenset(
    "due_date deadline reminder_date completed_at closed_at cancelled_at return_date due_time".split()
)
_SENSITIVE = frozenset(
    "email phone address birth birthday dob birthdate ssn passport iban salary diagnosis allergy medical health income gender"
    " nationality religion location".split()
)


def number(text: str) -> float:
    """Return the number in digits or words; raises `ValueError`."""
    low = text.lower().replace(",", "")
    return float(lexicon.NUMBERS[low]) if low in lexicon.NUMBERS else float(low)


def bounds(text: str) -> dict[str, Any]:
    """Return the limits of a value that a text speaks of: minimum, maximum, exclusive_minimum; maybe nothing."""
    found: dict[str, Any] = {}
    if match := _ABOVE.search(text):
        found |= {"minimum": number(match[1]), "exclusive_minimum": True}
    elif match := _RANGE.search(text):
        low, high = number(match[1]), number(match[2])
        if low < high:
            return {"minimum": low, "maximum": high}
    elif match := _AT_LEAST.search(text):
        found |= {"minimum": number(match[1])}
    if re.search(r"\bpositive\b", text, re.IGNORECASE):
        found |= {"minimum": 0.0, "exclusive_minimum": True}
    if re.search(r"\b(?:non-?negative|(?:never|not|cannot)\b[^.]*\b(?:negative|below zero))", text, re.IGNORECASE):
        found |= {"minimum": 0.0}
    rest = _ABOVE.sub("", _AT_LEAST.sub("", text))
    if match := _AT_MOST.search(rest):
        found |= {"maximum": number(match[1])}
    return found


def lengths(text: str) -> dict[str, Any]:
    """Return min_length, max_length and pattern that a text speaks of; maybe nothing."""
    if match := _BOTH_LENGTH.search(text):
        return {"min_length": int(number(match[1])), "max_length": int(number(match[2]))}
    found: dict[str, Any] = {}
    if match := _MAX_LENGTH.search(text):
        found["max_length"] = int(number(match[1]))
    if match := _MIN_LENGTH.search(text):
        found["min_length"] = int(number(match[1]))
    if not found and (match := _EXACT_LENGTH.search(text)):
        size = int(number(match[1]))
        if 0 < size <= 1000:
            found = {"min_length": size, "max_length": size}
            if match["what"].lower().startswith(("digit", "numeric")):
                found["pattern"] = f"^[0-9]{{{size}}}$"
    return found


def enumeration(text: str) -> list[str]:
    """Return the snake_case values of `low, medium or high`; empty when it is no list of bare words."""
    items = split_list(re.sub(r"(?i)^(?:either|one of|the values?|values)\s+", "", text.strip(" .;:()")))
    values: list[str] = []
    for item in items:
        parts = item.split()
        if not 1 <= len(parts) <= 4 or parts[0].lower() in lexicon.DETERMINERS or not item[:1].isalpha():
            return []
        value = names.snake(item)[:LONG_NAME]
        if not value or any(p.lower() in ("is", "are", "has", "with", "optional", "unique", "by") for p in parts):
            return []
        if value not in values:
            values.append(value)
    return values if len(values) > 1 else []


def split_attributes(text: str) -> list[str]:
    """Split an attribute list; enumerations (`a status of active, frozen or closed`) and bounds stay whole."""
    items = split_list(_SHARED_HEAD.sub(r"\1\2 \4, \3 \4", _protect(text)))
    return [item.replace("␟", ",").replace("␞", " or ").replace("␝", " and ") for item in items]


def _protect(text: str) -> str:
    """Hide commas and conjunctions that belong to one attribute."""

    def hide(match: re.Match[str]) -> str:
        inner = re.sub(r",\s*(or|and)\s+", r" \1 ", match.group())
        inner = re.sub(r"\s+or\s+", "␞", inner)
        inner = re.sub(r"\s+and\s+", "␝", inner) if "between" in inner or "date and time" in inner.lower() else inner
        return inner.replace(",", "␟")

    word = r"(?!(?:an?|the|its|their|one|some|several|many)\b)[A-Za-z][\w-]*(?:\s(?!(?:an?|the|or|and|its|their|with)\b)[A-Za-z][\w-]*){0,2}"
    text = re.sub(r"(?i)\b(?:one|two|zero|at least one) or (?:more|several|many)\b", hide, text)
    text = re.sub(rf"(?i)\bbetween {_N} and {_N}", hide, text)
    text = re.sub(
        rf"(?i)\b(?:greater than|more than|above|at least|over) {_N} (?:and|but) (?:at most|less than|no more than|below|up to|not more than) {_N}",
        _hide_and,
        text,
    )
    text = re.sub(r"(?i)\bdate and time\b", hide, text)
    text = re.sub(r"\d,\d{3}", hide, text)
    return re.sub(
        rf"(?i)(?:\bof|\beither|:|\bbeing|\bone of|\bwhich is|\bis)\s+{word}(?:\s*,\s*{word})*,?\s+or\s+{word}",
        hide,
        text,
    )


def field(item: str, entity: str, cites: list[str]) -> FieldSpec | None:
    """Read one attribute of an entity; None when it gives no name.

    Args:
        item: the attribute in words, such as `a unique ISBN of 13 digits`.
        entity: the entity's name, for reserved names.
        cites: R-ids.
    """
    text = " ".join(item.replace("_", " ").split())
    if moment := re.search(r"(?i)date and time of (?:the )?(\w+)", text):
        return _spec([moment[1].lower(), "time"], entity, "datetime", {"optional": bool(_OPTIONAL.search(text))}, cites)
    if count := COUNT.match(text):
        noun = words.singular(count["what"])
        parts = [count["which"].lower(), inflect(noun)] if count["which"] else [noun, "count"]
        return _spec(parts, entity, "integer", {"minimum": 0} | _facts("integer", parts, text, []), cites)
    values = _values(text)
    phrase = noun_phrase(re.sub(r"\([^)]*\)", " ", text).strip() or text)
    name_words = [
        w for w in phrase.words if w not in ("optional", "unique", "required", "mandatory", "distinct", "optionally")
    ]
    if whether := re.match(
        r"(?i)(?:a flag for\s+|an indication of\s+)?(?:whether|if)\s+(?:it|they|he|she|the \w+)\s+(?:is|are|has been|was|were)\s+([\w ]+)",
        text,
    ):
        name_words = whether[1].lower().split()[:3]
        return _spec(name_words, entity, "boolean", {"default": False}, cites)
    if not name_words:
        return None
    if phrase.plural and not phrase.many:
        name_words[-1] = inflect(name_words[-1])
    name_words, kind = _kind(name_words, phrase, text, values)
    facts: dict[str, Any] = {"optional": bool(_OPTIONAL.search(text)), "unique": bool(_UNIQUE.search(text))}
    facts |= _facts(kind, name_words, text, values)
    if phrase.many and kind not in ("enum", "text", "boolean", "decimal", "integer") and _is_listed(phrase, text):
        facts |= {"many": True}
        name_words = [*name_words[:-1], inflect(name_words[-1])]
    elif phrase.plural and phrase.many and kind == "text" and name_words[-1] != "hours":
        name_words = [*name_words[:-1], inflect(name_words[-1])]
    return _spec(name_words, entity, kind, facts, cites)


def inflect(word: str) -> str:
    """Return the plural of a word."""
    return names.plural(word)


def _hide_and(match: re.Match[str]) -> str:
    return re.sub(r"\s+(?:and|but)\s+", "␝", match.group())


def _is_listed(phrase: NounPhrase, text: str) -> bool:
    return bool(re.match(r"(?i)(?:an? |the )?(?:list|set|collection)s? of\b", text)) or phrase.many


def _values(text: str) -> list[str]:
    for match in _ENUM_IN_BRACKETS.finditer(text):
        if (found := enumeration(match[1])) and not (_OPTIONAL.search(match[1]) or _UNIQUE.search(match[1])):
            return found
    if (match2 := _ENUM_OF.search(text)) and not lengths(text):
        return enumeration(match2["list"])
    return []


def _kind(  # noqa: C901, PLR0911, PLR0912 - one line a kind of noun
    parts: list[str], phrase: NounPhrase, text: str, values: list[str]
) -> tuple[list[str], FieldType]:
    """Return the words of the name and the type."""
    head, tail = (parts[0] if "of" in parts[1:] else parts[-1]), phrase.tail.lower()
    if values:
        return parts, "enum"
    explicit = re.search(r"\((?:an? )?(\w+(?:/\w+)?)\)", text)
    if explicit and (given := _TYPES.get(explicit[1].lower())) is not None:
        return parts, given
    if head == "number":
        if match := re.match(r"(?:currently |still )?(in|on|of)\s+(\w+)", tail):
            noun = words.singular(match[2])
            return ([noun] if match[1] != "of" else [noun, "count"]), "integer"
        if len(parts) > 1:
            if any(p in ("phone", "telephone", "mobile", "fax") for p in parts):
                return parts, "phone"
            return parts, "integer" if parts[-2] in _ORDINALS else "string"
    if head == "address" and len(parts) > 1 and parts[-2] in ("email", "e-mail", "mail"):
        return parts[:-1], "email"
    if head == "address" and len(parts) > 1 and parts[-2] in ("web", "url", "website"):
        return parts, "url"
    if head == "date" and (match := re.match(r"(?:on|at|by|from) which the (\w+) (\w+)", tail)):
        return [match[1], match[2], "on"], "date"
    if head == "flag" and len(parts) > 1:
        return parts[:-1], "boolean"
    if head in ("time", "timestamp") and len(parts) > 1 and parts[-2] in ("opening", "closing"):
        return parts, "time"
    if head == "date" and re.search(r"\bdate and time\b", text, re.IGNORECASE):
        return parts, "datetime"
    if head in ("hour", "hours") and "opening" in parts:
        return [*parts[:-1], "hours"], "text"
    if head == "at" or (parts[-1:] == ["at"] and len(parts) > 1):
        return parts, "datetime"
    if parts[-1] == "updated" and "last" in parts:
        return parts, "datetime"
    if parts[-1] == "on" and len(parts) > 1:
        return parts, "date"
    if parts[0] in ("is", "has") and len(parts) > 1:
        return parts, "boolean"
    if unit := re.match(
        r"in (hours?|euros?|eur|usd|dollars?|pounds?|kg|kilograms?|km|kilomet\w+|met\w+|cm|percent|%|lit\w+|minutes?|days?|weeks?|months?|years?|seconds?|pieces?|grams?)\b",
        tail,
    ):
        whole = re.match(r"minute|day|week|month|year|second|piece", unit[1])
        return parts, "integer" if whole else "decimal"
    for kind, heads in _BY_HEAD:
        if head in heads or (len(parts) == 1 and inflect(head) in heads):
            return parts, kind
    if any(p in ("phone", "telephone") for p in parts):
        return parts, "phone"
    if bounds(text) and not lengths(text):
        return parts, "integer"
    return parts, "string"


def _facts(kind: FieldType, parts: list[str], text: str, values: list[str]) -> dict[str, Any]:
    """Return the constraints of a field of a kind."""
    head = parts[-1]
    facts: dict[str, Any] = {}
    size = lengths(text)
    if kind == "enum":
        facts["values"] = values
        if (match := _DEFAULT.search(text)) and names.snake(match[1]) in values:
            facts["default"] = names.snake(match[1])
    elif kind == "string":
        facts |= {"min_length": 1, "max_length": SHORT}
        if head in _PATTERNS:
            pattern, low, high = _PATTERNS[head]
            facts |= {"pattern": pattern, "min_length": low, "max_length": high}
            if head == "iban":
                facts["unique"] = True
        facts |= size
    elif kind == "text":
        facts |= size
    elif kind in ("email", "phone", "url"):
        facts["max_length"] = {"email": 254, "phone": 32, "url": 2048}[kind]
        facts |= {k: v for k, v in size.items() if k == "max_length"}
    elif kind in ("integer", "decimal"):
        if head in ("latitude", "longitude"):
            facts["scale"] = 6
        elif head not in _MONEY_UNSIGNED or head in ("balance", "discount"):
            facts["minimum"] = 1 if head == "quantity" or (parts[-2:-1] and parts[-2] in _ORDINALS) else 0
        if limit := bounds(text):
            facts |= limit
    elif kind == "boolean":
        facts["default"] = bool(re.search(r"default(?:s)?(?: to| is|:)?\s+(?:true|yes|on)", text, re.IGNORECASE))
    if re.match(r"(?i)^(?:an?|the)\s+(?:time|timestamp)$", text):
        facts["server_set"] = True
    return facts


def _spec(parts: list[str], entity: str, kind: FieldType, facts: dict[str, Any], cites: list[str]) -> FieldSpec | None:
    name = names.snake(" ".join(parts))
    if not name or not name[0].isalpha():
        return None
    safe = names.field_name(name, entity)
    optional = bool(facts.pop("optional", False)) or name in _OFTEN_OPEN
    bare = set(parts)
    sensitive = kind in ("email", "phone") or bool(bare & _SENSITIVE)
    number_kind = kind in ("integer", "decimal")
    facts = {k: v for k, v in facts.items() if number_kind or k not in ("minimum", "maximum", "exclusive_minimum")}
    stock = ["Number in stock."] if parts == ["stock"] else [""]
    return FieldSpec(
        name=safe, type=kind, optional=optional, sensitive=sensitive, cites=cites, description=stock[0], **facts
    )
