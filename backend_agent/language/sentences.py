"""Prose, Markdown or plain text -> statements with their line numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_STATEMENT = 4000
"""Longest statement in characters: what a task accepts. A longer one is cut at a space."""

_ABBREVIATIONS = frozenset(
    "e.g i.e etc vs cf approx mr mrs ms dr prof no nr fig sec st inc ltd incl excl max min".split()
)
_END = re.compile(r"[.!?][\"')\]\u201d\u2019]*(?=\s)")
_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}(\s|$)")
_RULE = re.compile(r"^\s*([-*_=]\s*){3,}$")
_ITEM = re.compile(r"^(\s*)(?:[-*+\u2022\u2023\u2013]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)")
_QUOTE = re.compile(r"^\s*>+\s?")
_TABLE = re.compile(r"^\s*\|.*\|\s*$")
_OPEN_VERB = re.compile(
    r"\b(can|may|must|should|shall|will|cannot|able to|want to|wants to|need to|needs to|allowed to)\s*:$",
    re.IGNORECASE,
)
_LIST_VERB = re.compile(
    r"\b(has|have|with|includes?|contains?|consists? of|comprises?|of|are|is|records?|stores?|keeps?|holds?|following"
    r"|fields?|attributes?|properties)\b[^:]*:$",
    re.IGNORECASE,
)
_VERB_INSIDE = re.compile(
    r"\b(is|are|has|have|can|may|must|should|shall|will|belongs?|cannot|contains?|consists?|wants?|needs?)\b",
    re.IGNORECASE,
)


@dataclass
class _Block:
    """Lines that belong together: a paragraph, or one list item."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    item: str = ""
    """The kind of list marker in front, empty for a paragraph."""

    @property
    def text(self) -> str:
        return " ".join(text for _, text in self.lines)

    def line_at(self, offset: int) -> int:
        """Return the line that holds the character at `offset` of `text`."""
        end = 0
        for number, text in self.lines:
            end += len(text) + 1
            if offset < end:
                return number
        return self.lines[-1][0]


def split_statements(text: str) -> list[tuple[str, int]]:
    """Return the statements of a text with the 1-based line that each starts on.

    Headings, code blocks, comments and rules are left out. An introduction that ends in a colon is joined with the
    fragments listed under it (`Users can:` + `- add tasks`); wrapped lines are joined; several sentences of one
    paragraph or list item become several statements.
    """
    statements: list[tuple[str, int]] = []
    blocks = _blocks(text)
    position = 0
    while position < len(blocks):
        block = blocks[position]
        position += 1
        if not block.text.endswith(":") or position == len(blocks) or not blocks[position].item:
            statements += [(s, block.line_at(at)) for s, at in _sentences(block.text)]
            continue
        items = []
        marker = blocks[position].item
        while position < len(blocks) and blocks[position].item == marker:
            items.append(blocks[position])
            position += 1
        statements += _with_items(block, items)
    return [(s[:MAX_STATEMENT].rsplit(" ", 1)[0] if len(s) > MAX_STATEMENT else s, line) for s, line in statements]


def split_sentences(text: str) -> list[str]:
    """Return the sentences of one paragraph, each with its full stop if it had one."""
    return [sentence for sentence, _ in _sentences(" ".join(text.split()))]


def _with_items(intro: _Block, items: list[_Block]) -> list[tuple[str, int]]:
    """Join an introduction with its list, when the items are no sentences of their own."""
    *before, (lead, lead_at) = _sentences(intro.text)
    statements = [(s, intro.line_at(at)) for s, at in before]
    fragments = not any(_VERB_INSIDE.search(item.text) for item in items)
    if _OPEN_VERB.search(lead) and not any(
        item.text[:1].isupper() and _VERB_INSIDE.search(item.text) for item in items
    ):
        for item in items:
            body = item.text[:1].lower() + item.text[1:] if item.text[1:2].islower() else item.text
            statements.append((f"{lead[:-1].rstrip()} {body}", item.line_at(0)))
    elif fragments and _LIST_VERB.search(lead):
        listed = ", ".join(item.text.rstrip(".;,") for item in items)
        statements.append((f"{lead[:-1].rstrip()} {listed}.", intro.line_at(lead_at)))
    else:
        if _VERB_INSIDE.search(lead):
            statements.append((lead, intro.line_at(lead_at)))
        for item in items:
            statements += [(s, item.line_at(at)) for s, at in _sentences(item.text)]
    return statements


def _sentences(text: str) -> list[tuple[str, int]]:
    """Return the sentences of a text with the offset of each."""
    found: list[tuple[str, int]] = []
    start = 0
    for match in _END.finditer(text):
        if not _ends_sentence(text, match):
            continue
        if text[start : match.end()].strip():
            found.append((text[start : match.end()].strip(), start))
        start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    if text[start:].strip():
        found.append((text[start:].strip(), start))
    return [(sentence, at) for sentence, at in found if any(c.isalnum() for c in sentence)]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop closes a sentence; it does not after an abbreviation or before a lower-case word."""
    word = text[: match.start()].rsplit(None, 1)[-1].lstrip("(\"'") if text[: match.start()].strip() else ""
    initial = len(word) == 1 and word.isupper() and word != "I"
    if match.group()[0] == "." and (word.lower() in _ABBREVIATIONS or initial):
        return False
    following = text[match.end() :].lstrip()[:1]
    return bool(following) and not following.islower()


def _blocks(text: str) -> list[_Block]:
    """Group the lines of a text into paragraphs and list items."""
    text = re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)
    blocks: list[_Block] = []
    current: _Block | None = None
    fenced = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if _FENCE.match(line):
            fenced, current = not fenced, None
            continue
        if fenced or not line.strip() or _HEADING.match(line) or _RULE.match(line):
            current = None
            if _RULE.match(line) and blocks and len(blocks[-1].lines) == 1 and blocks[-1].lines[0][0] == number - 1:
                blocks.pop()  # the line above was a heading, underlined
            continue
        line = _QUOTE.sub("", line)
        item = _ITEM.match(line)
        if item or _TABLE.match(line) or current is None or _leaves_list(current, line):
            body = line[item.end() :] if item else line
            if _TABLE.match(line):
                body = ", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip(" -:"))
            current = _Block(item=_marker(item))
            blocks.append(current)
        else:
            body = line
        body = _plain(body)
        if body:
            current.lines.append((number, body))
        if _TABLE.match(line):
            current = None
    return [block for block in blocks if block.lines]


def _marker(item: re.Match[str] | None) -> str:
    """Return the kind of a list marker: its sign, or `1` for a number or letter."""
    if item is None:
        return ""
    sign = item.group().strip()[:1]
    return "1" if sign.isalnum() or sign == "(" else sign


def _leaves_list(current: _Block, line: str) -> bool:
    """Whether a line that is not indented starts a paragraph of its own behind a list."""
    return bool(current.item) and line[:1].isupper() and (line.rstrip().endswith(":") or current.text[-1:] in ".:;")


def _plain(text: str) -> str:
    """Drop Markdown's marks for emphasis, code and links."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])[*_](?=\S)([^*_]+?)(?<=\S)[*_](?![\w*])", r"\1", text)
    return " ".join(text.replace("`", "").split())
