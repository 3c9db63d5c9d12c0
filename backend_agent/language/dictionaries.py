"""Dictionaries: the word lists of lemminflect and TextBlob, read only where a word is looked up.

The packages parse all 200 000 lines before the first answer, half a second in which nothing else happens; a task uses
some hundred of them. What is answered is the same.
"""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

Entry = dict[str, tuple[str, ...]]


class WordList:
    """Lines `word,...` in the order of their words; a word's lines are parsed when it is looked up.

    Args:
        path: a gzipped file.
        parse: from a line to a part of the word's entry.
        fixed: entries that hold whatever the file says.
    """

    def __init__(self, path: Path, parse: Callable[[str], Entry], fixed: dict[str, Entry]) -> None:
        self._lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        self._parse = parse
        self._fixed = fixed

    def get(self, word: str, default: Entry) -> Entry:
        """Return a word's entry; `default` when it has none."""
        if word in self._fixed:
            return self._fixed[word]
        first = bisect_left(self._lines, word, key=_word)
        entry: Entry = {}
        for i in takewhile(lambda i: _word(self._lines[i]) == word, range(first, len(self._lines))):
            entry.update(self._parse(self._lines[i]))
        return entry or default


@cache
def lemmatizer() -> Any:
    """Return lemminflect's `Lemmatizer`."""
    from lemminflect.codecs.LemmaLUCodec import LemmaLUCodec
    from lemminflect.core.Lemmatizer import Lemmatizer
    from lemminflect.core.LexicalUtils import categoryToUPos

    def parse(line: str) -> Entry:
        _, category, forms = LemmaLUCodec.fromString(line)
        return {categoryToUPos(category): forms}

    made = Lemmatizer()
    made.lemma_dict = WordList(Path(made.lemma_lu_fn), parse, {})
    return made


@cache
def inflections() -> Any:
    """Return lemminflect's `Inflections`."""
    from lemminflect.codecs.InflectionLUCodec import InflectionLUCodec
    from lemminflect.core.Inflections import Inflections

    def parse(line: str) -> Entry:
        entry: Entry = InflectionLUCodec.fromString(line)[2]
        return entry

    made = Inflections()
    made.infl_dict = WordList(Path(made.infl_lu_fn), parse, InflectionLUCodec.updateForAuxMod({}))
    return made


def read_tags_quickly(english: ModuleType) -> None:
    """Give TextBlob's lexicon of English (`textblob.en`) a faster way to load: `word tag ...`, a word a line."""
    lexicon = english.lexicon

    def load() -> None:
        text = Path(lexicon.path).read_text(encoding="utf-8")
        dict.update(lexicon, re.findall(r"^(?!;;;)(\S+) (\S+)", text, re.MULTILINE))

    lexicon.load = load


def _word(line: str) -> str:
    return line.partition(",")[0]
