"""Words looked up one by one are what the packages say of them when they load everything."""

from __future__ import annotations

import random
import sys

from lemminflect.codecs.InflectionLUCodec import InflectionLUCodec
from lemminflect.codecs.LemmaLUCodec import LemmaLUCodec

from backend_agent.language import dictionaries, words


def test_lemmas_and_inflections_are_those_of_lemminflect() -> None:
    for made, held, codec, path in (
        (dictionaries.lemmatizer(), "lemma_dict", LemmaLUCodec, "lemma_lu_fn"),
        (dictionaries.inflections(), "infl_dict", InflectionLUCodec, "infl_lu_fn"),
    ):
        known = codec.load(getattr(made, path))
        looked_up = getattr(made, held)
        sample = random.Random(1).sample(sorted(known), 5000)
        for word in [*sample, *sorted(known)[:50], *sorted(known)[-50:], "can", "be", "dare"]:
            assert looked_up.get(word, {}) == known.get(word, {}), word
        for word in ("", ",", "qqqq", "zzzzz", "\uffff"):
            assert word not in known
            assert looked_up.get(word, {"NOUN": ("none",)}) == {"NOUN": ("none",)}


def test_tags_are_those_of_textblob() -> None:
    words.load()
    english = sys.modules["textblob.en"]
    package = sys.modules["textblob._text"]
    whole = package.Lexicon(path=english.lexicon.path)
    assert len(whole) > 90_000
    assert dict(whole.items()) == dict(english.lexicon.items())
