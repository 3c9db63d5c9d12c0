"""Words: tokens with their part of speech, lemmas, singulars and verb forms. Libraries are loaded when first used."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import inflection

from backend_agent.language import dictionaries, lexicon

_TOKEN = re.compile(r"[A-Za-zÀ-ÿ]+(?:[-'\u2019][A-Za-zÀ-ÿ0-9]+)*|\d+(?:[.,]\d+)*%?|[^\sA-Za-z0-9]")
_PARTICLES = frozenset("in out up down off on away back over".split())
_IRREGULAR = {
    "people": "person", "data": "data", "staff": "staff", "media": "media", "series": "series", "status": "status",
    "hours": "hours", "news": "news", "criteria": "criterion", "children": "child", "premises": "premises",
    "address": "address", "bus": "bus", "lens": "lens", "basis": "basis", "details": "detail",
}  # fmt: skip
_BRITISH = {"canceled": "cancelled", "labeled": "labelled", "traveled": "travelled", "modeled": "modelled"}
_FINITE = frozenset("is are was were has have had does do did".split())
_MODALS = frozenset("can could may might must shall should will would cannot".split())
_LIBRARIES = threading.RLock()
"""Held while a library is asked: both load their tables when first used, and show half of them to other threads."""


@dataclass(frozen=True)
class Token:
    """A word with its Penn tag; `lemma` is the base form of a verb, the singular of a noun, else the word."""

    text: str
    tag: str
    start: int = 0
    end: int = 0
    """Offsets in the sentence."""

    @property
    def lower(self) -> str:
        """The word in lower case."""
        return self.text.lower()

    @property
    def finite(self) -> bool:
        """Whether it can open the predicate of a clause."""
        return self.tag in ("MD", "VBZ", "VBP") or self.lower in _FINITE


@lru_cache(maxsize=8192)
def lemmas(word: str) -> dict[str, tuple[str, ...]]:
    """Return the lemmas of a word by part of speech (`NOUN`, `VERB`, `ADJ` ...)."""
    with _LIBRARIES:
        return dict(dictionaries.lemmatizer().getAllLemmas(word.lower()))


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """Return the singular of a noun, in lower case."""
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if len(low) < 4 or not low.endswith("s") or low.endswith("ss"):
        nouns = lemmas(low).get("NOUN", ()) if low.isascii() and len(low) > 2 else ()
        return nouns[0] if nouns else low
    nouns = lemmas(low).get("NOUN", ())
    return nouns[0] if nouns else inflection.singularize(low)


@lru_cache(maxsize=8192)
def is_plural(word: str) -> bool:
    """Whether a noun is a plural."""
    return singular(word) != word.lower()


@lru_cache(maxsize=8192)
def verb(word: str) -> str:
    """Return the base form of a verb, in lower case; the word itself when it is none."""
    low = word.lower()
    return lemmas(low).get("VERB", (low,))[0]


@lru_cache(maxsize=8192)
def can_be_verb(word: str) -> bool:
    """Whether the word has a verb reading."""
    return "VERB" in lemmas(word.lower()) or word.lower() in lexicon.ACTION_VERBS


@lru_cache(maxsize=2048)
def participle(base: str) -> str:
    """Return the past participle of a verb: `ship` -> `shipped`."""
    with _LIBRARIES:
        forms = dictionaries.inflections().getInflection(base, "VBN") or (base,)
    return _BRITISH.get(str(forms[0]), str(forms[0]))


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tagged tokens of a sentence; a verb after a modal is a verb, a noun after an article a noun."""
    spans = list(_TOKEN.finditer(text))
    found = [m.group().replace("\u2019", "'") for m in spans]
    tagged = zip(found, _tags(found), spans, strict=True)
    return tuple(_mend([Token(word, tag, span.start(), span.end()) for word, tag, span in tagged]))


def load() -> None:
    """Load the lexicons now (about 0.1 s) rather than with the first sentence."""
    tokens("Readers can rate books.")
    participle("rate")


@lru_cache(maxsize=1)
def _tagger() -> Callable[..., str]:
    """Return the tagger of TextBlob.

    The package's own start imports all of NLTK (0.8 s), of which the tagger uses nothing; so its two modules are loaded
    from their files.
    """
    package = find_spec("textblob")
    if package is None or package.origin is None:
        raise ImportError("textblob is not installed")
    folder = Path(package.origin).parent
    found: list[ModuleType] = []
    for name, path in (("textblob._text", folder / "_text.py"), ("textblob.en", folder / "en" / "__init__.py")):
        module = sys.modules.get(name)
        if module is None:
            spec = spec_from_file_location(name, path)
            if spec is None or spec.loader is None:
                raise ImportError(f"{path} cannot be loaded")
            module = module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        found.append(module)
    dictionaries.read_tags_quickly(found[-1])
    parse: Callable[..., str] = found[-1].parse
    return parse


def _tags(found: list[str]) -> list[str]:
    """Return the Penn tags of the words; the tagger is given one text without slashes and special entities."""
    plain = [re.sub(r"[^A-Za-z0-9.,;:!?()'-]", "x", word) for word in found]
    if not plain:
        return []
    with _LIBRARIES:
        text = _tagger()(" ".join(plain), tokenize=False, tags=True, chunks=False, relations=False, lemmata=False)
    tagged = text.split()
    parts = [piece for sentence in tagged for piece in sentence]
    if len(parts) != len(found):
        return ["NN"] * len(found)
    return [str(part[1]) for part in parts]


def _mend(found: list[Token]) -> list[Token]:
    """Mend what the tagger is known to get wrong."""
    for i, token in enumerate(found):
        before = found[i - 1] if i else None
        back = i - 1
        while back >= 0 and found[back].tag == "RB":
            back -= 1
        low = token.lower
        tag = token.tag
        if low in _MODALS:
            tag = "MD"
        elif low.isalpha() and not low.isascii():
            tag = "NN"
        elif low in ("and", "or", "but", "nor"):
            tag = "CC"
        elif (
            back >= 0 and found[back].tag == "MD" and low.isalpha() and low not in ("not", "only", "never", "a", "the")
        ):
            tag = "RB" if tag == "RB" else "VB"
        elif low in _FINITE:
            tag = "VBZ" if low in ("is", "has", "does", "was") else "VBP"
        elif (
            tag in ("VBZ", "VBP", "VB")
            and before is not None
            and (
                before.tag in ("DT", "PRP$", "CD", "JJ", "JJR", "JJS", "POS")
                or (before.tag == "IN" and before.lower not in ("that", "who", "which"))
            )
        ):
            tag = "NNS" if tag == "VBZ" else "NN"
        elif (
            tag in ("NN", "NNS", "NNP", "VBN", "VBD")
            and before is not None
            and before.lower == "to"
            and (low in lexicon.ACTION_VERBS or low in ("be", "have"))
        ):
            tag = "VB"
        found[i] = replace(token, tag=tag)
    return found


def with_particle(words: list[str], at: int) -> tuple[str, int]:
    """Return the verb at `at` with its particle (`log in` -> `log_in`) and how many words it takes.

    Words: lower-case words of the clause.
    """
    base = verb(words[at])
    if at + 1 < len(words) and words[at + 1] in _PARTICLES:
        joined = f"{base}_{words[at + 1]}"
        following = words[at + 2] if at + 2 < len(words) else ""
        if joined in lexicon.ACTION_VERBS or joined in ("log_in", "log_out", "sign_in", "sign_up", "check_out"):
            return joined, 2
        if not following or not following[0].isalnum() or following in ("and", "or"):
            return joined, 2
    return base, 1
