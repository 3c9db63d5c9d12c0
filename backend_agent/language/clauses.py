"""Sentences -> clauses: subject, verbs, what follows, and under which condition."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from backend_agent.language import frames, lexicon, words
from backend_agent.language.clause import Clause
from backend_agent.language.phrases import noun_phrases
from backend_agent.language.sentences import split_sentences
from backend_agent.language.words import Token

_SUBORDINATE = frozenset("when once if unless while until whenever provided as_soon_as".split())
_BUILT = frozenset(
    "system database application app api backend service platform website schema table software solution".split()
)
"""What an imperative asks the engineer for (`Design a database`), rather than what it lets users do."""
_NEGATIONS = frozenset("not never n't no".split())


def clauses(requirement: str, text: str) -> list[Clause]:
    """Return the clauses of a statement in order."""
    found: list[Clause] = []
    for sentence in split_sentences(text):
        frame = frames.unwrap(sentence)
        for piece in re.split(r"\s*;\s+|\s+[\u2013\u2014]\s+", frame.text):
            if piece.strip(" .,"):
                parsed = _parse(requirement, piece.strip(" .,"))
                told_by = parsed[0].subject if parsed else ""
                found += [replace(c, story=frame.story and c.subject == told_by and not found) for c in parsed]
    before = ""
    for i, clause in enumerate(found):
        if clause.subject.lower() in ("it", "they") and before:
            found[i] = replace(clause, subject=before)
        elif clause.subject and not clause.relative:
            before = clause.subject
    return [_with_phrases(clause) for clause in found]


def _with_phrases(clause: Clause) -> Clause:
    direct = frames.before_preposition(clause.rest)
    return replace(
        clause, subjects=tuple(noun_phrases(clause.subject)), objects=tuple(noun_phrases(direct)) if direct else ()
    )


def _parse(requirement: str, piece: str) -> list[Clause]:
    """Parse one piece of a sentence: take conditions and relative clauses off, then split at the verbs."""
    start = piece[:4]
    piece, condition = _take_condition(piece)
    relative = ""
    if match := re.search(r",\s+which\s+(?=\w+)", piece):
        piece, relative = piece[: match.start()], piece[match.end() :]
    main = _split(requirement, piece)
    if condition and main:
        leading = piece[:4] != start
        first = 0 if leading else len(main) - 1
        main = [replace(clause, condition=condition if i >= first else "") for i, clause in enumerate(main)]
    if relative and main:
        subject = main[-1].subject
        extra = _split(requirement, f"{subject or 'It'} {relative}")
        plain = [clause.text.removeprefix(clause.subject).strip() for clause in extra]
        main += [
            replace(clause, relative=True, modal=main[-1].modal, text=text)
            for clause, text in zip(extra, plain, strict=True)
        ]
    return main


def _take_condition(piece: str) -> tuple[str, str]:
    """Separate `when ...`, `once ...`, `unless ...` from the rest of a piece."""
    if (
        match := re.match(
            r"(?i)((?:when|once|if|while|whenever|as soon as|as long as|after|before)\b[^,]+),\s+(.+)$", piece
        )
    ) and re.search(r"\b(is|are|has|have|was|been|\w+s|\w+ed)\b", match.group(1)):
        return match.group(2), match.group(1)
    match = re.search(
        r"(?i),?\s+(?:but\s+)?((?:only\s+)?(?:when|once|if|unless|while|until|whenever|as soon as"
        r"|as long as|provided that)"
        r"\s+(?!per\b|a (?:day|week|month|year)\b|for\b)\w+.*)$",
        piece,
    )
    if match:
        return piece[: match.start()], match.group(1)
    return piece, ""


@dataclass
class _Walk:
    """State while walking over the tokens of a piece."""

    text: str
    toks: tuple[Token, ...]

    def span(self, start: int, end: int) -> str:
        """Return the text of the tokens from `start` up to `end`."""
        if start >= end or start >= len(self.toks):
            return ""
        return self.text[self.toks[start].start : self.toks[min(end, len(self.toks)) - 1].end].strip(" ,;.")


def _split(requirement: str, piece: str) -> list[Clause]:
    toks = words.tokens(piece)
    walk = _Walk(piece, toks)
    start = _predicate(toks, 0)
    if start is None:
        return [_without_predicate(requirement, walk)]
    found: list[Clause] = []
    subject = walk.span(0, start)
    at = start
    while at < len(toks):
        clause, end, same = _predicate_clause(requirement, walk, subject, at, found)
        found.append(clause)
        if end >= len(toks):
            break
        if same:
            at = end
            continue
        following = _predicate(toks, end)
        if following is None:
            break
        subject = walk.span(end, following)
        at = following
    return found


def _without_predicate(requirement: str, walk: _Walk) -> Clause:
    """Read a piece that has no finite verb: an imperative, or a bare phrase."""
    toks = walk.toks
    if toks and toks[0].text.isalpha() and words.verb(toks[0].lower) in lexicon.ACTION_VERBS and len(toks) > 1:
        lows = [t.lower for t in toks]
        base, used = words.with_particle(lows, 0)
        verbs = [base]
        while (more := _more_verbs(toks, used, passive=False, base_form=True)) is not None:
            base, taken = words.with_particle(lows, more)
            verbs.append(base)
            used = more + taken
        rest = walk.span(used, len(toks))
        built = any(w in _BUILT for w in frames.before_preposition(rest).lower().split())
        subject, modal = ("", "") if built else ("Users", "can")
        return Clause(requirement, walk.text, subject=subject, modal=modal, verbs=tuple(verbs), rest=rest)
    return Clause(requirement, walk.text, rest=walk.text)


def _predicate(toks: tuple[Token, ...], start: int) -> int | None:
    """Return the index of the first word of the predicate at or behind `start`."""
    depth = 0
    for i in range(start, len(toks)):
        token = toks[i]
        depth += (token.text == "(") - (token.text == ")")
        if depth or not token.finite or (i == 0 and token.tag != "MD"):
            continue
        if i > start and toks[i - 1].lower in ("who", "which", "that", "whose"):
            continue
        if token.tag in ("VBZ", "VBP") and token.lower not in ("is", "are", "has", "have") and i > 0:
            previous = toks[i - 1]
            if previous.tag in ("CC", ",") and i > start:
                continue
        return i
    for i in range(max(start, 1), len(toks)):
        token, previous = toks[i], toks[i - 1]
        known = words.verb(token.lower) in lexicon.ACTION_VERBS | lexicon.STRUCTURE_VERBS
        if (
            known
            and words.can_be_verb(token.lower)
            and previous.tag in ("NNS", "NNPS", "NN", "NNP", "PRP", "RB")
            and (
                words.is_plural(previous.lower)
                or previous.lower in ("staff", "people", "they", "we", "public")
                or token.tag in ("VBZ", "VBP", "VB", "VBD")
                or (
                    token.lower.endswith("s")
                    and not words.is_plural(previous.lower)
                    and i + 1 < len(toks)
                    and toks[i + 1].tag in ("DT", "PRP$", "IN", "TO", "CD", "JJ")
                )
            )
        ):
            return i
    return None


def _predicate_clause(
    requirement: str, walk: _Walk, subject: str, at: int, before: list[Clause]
) -> tuple[Clause, int, bool]:
    """Read the predicate that starts at `at`.

    Returns its clause, where the next part starts, and whether that part is another predicate of the same subject.
    """
    toks = walk.toks
    modal, negated, passive = "", False, False
    i = at
    if toks[i].tag == "MD":
        modal = toks[i].lower
        negated = modal == "cannot"
        modal = "can" if modal == "cannot" else modal
        i += 1
    elif not toks[at].finite and before:
        modal = before[-1].modal
        negated = False
    while i < len(toks) and (toks[i].tag == "RB" or toks[i].lower in _NEGATIONS or toks[i].lower in ("only", "also")):
        negated = negated or toks[i].lower in _NEGATIONS
        i += 1
    while i < len(toks) and toks[i].lower in ("do", "does") and i + 1 < len(toks):
        i += 1
        while i < len(toks) and toks[i].lower in _NEGATIONS:
            negated, i = True, i + 1
    verbs: list[str] = []
    lows = [t.lower for t in toks]
    while i < len(toks):
        if toks[i].lower in ("be", "is", "are", "was", "were", "been") and _is_passive(toks, i):
            passive = True
            i += 1
            while i < len(toks) and (toks[i].tag == "RB" or lows[i] in _NEGATIONS):
                negated = negated or lows[i] in _NEGATIONS
                i += 1
        base, used = words.with_particle(lows, i)
        verbs.append(base)
        i += used
        more = _more_verbs(
            toks, i, passive=passive, base_form=bool(modal) or toks[at].tag in ("VBP", "VB", "NN", "NNS")
        )
        if more is None:
            break
        i = more
    end, same = _end_of(toks, i, base_form=bool(modal) or toks[at].tag in ("VBP", "VB", "NN", "NNS"))
    rest_end = end
    while rest_end > i and toks[rest_end - 1].tag in ("CC", ","):
        rest_end -= 1
    only = bool(re.match(r"(?i)only\b", subject)) or bool(re.search(r"(?i)\b(only|alone|exclusively)$", subject))
    clean = re.sub(r"(?i)^only\s+|\s+(only|alone|exclusively)$", "", subject)
    clean = re.sub(r"(?i)^(and|or|but|also|then|neither)\s+", "", clean)
    return (
        Clause(
            requirement,
            f"{subject} {walk.span(at, rest_end)}".strip(),
            subject=clean,
            verbs=tuple(verbs),
            rest=walk.span(i, rest_end),
            modal=modal,
            negated=negated,
            only=only,
            passive=passive,
        ),
        end,
        same,
    )


def _is_passive(toks: tuple[Token, ...], at: int) -> bool:
    """Whether a form of `be` at `at` makes a passive: a participle that is not the first of a list of states."""
    i = at + 1
    while i < len(toks) and (toks[i].tag == "RB" or toks[i].lower in _NEGATIONS):
        i += 1
    if i >= len(toks) or not (toks[i].tag in ("VBN", "VBD") or toks[i].lower.endswith("ed")):
        return False
    if toks[at].lower == "be":
        return True
    following = toks[i + 1].lower if i + 1 < len(toks) else ""
    return following not in (",", "or", "and")


def _more_verbs(toks: tuple[Token, ...], i: int, *, passive: bool, base_form: bool) -> int | None:
    """Return where the next verb of `create, view and delete` stands, when the verbs so far have no object yet."""
    j = i
    while j < len(toks) and (toks[j].tag in ("CC", ",") or toks[j].text == "/") and toks[j].lower != "but":
        j += 1
    if j == i or j >= len(toks):
        return None
    token = toks[j]
    if passive:
        return j if token.tag in ("VBN", "VBD") else None
    if not base_form or not words.can_be_verb(token.lower) or token.tag in ("DT", "PRP$", "VBZ", "VBN", "MD"):
        return None
    if token.tag in ("NNS", "JJ") and token.lower not in lexicon.ACTION_VERBS:
        return None
    return j if token.lower in lexicon.ACTION_VERBS or token.tag in ("VB", "VBP") else None


def _end_of(toks: tuple[Token, ...], start: int, *, base_form: bool) -> tuple[int, bool]:
    """Return where the next subject or predicate starts behind a conjunction, and whether it is a predicate."""
    depth = 0
    for i in range(start, len(toks)):
        depth += (toks[i].text == "(") - (toks[i].text == ")")
        if depth or not (toks[i].tag in ("CC", ",") or toks[i].lower in ("and", "but")):
            continue
        j = i + 1
        while j < len(toks) and (toks[j].tag in ("CC", ",", "RB") or toks[j].lower in _NEGATIONS):
            j += 1
        if j >= len(toks):
            return len(toks), False
        token = toks[j]
        if token.finite and not (token.tag == "VBZ" and token.lower not in ("is", "has") and not _verbish(toks, j)):
            return _before_negation(toks, i, j), True
        if _third_person(toks, j):
            return j, True
        if base_form and _opens_phrase(toks, j):
            return _before_negation(toks, i, j), True
        if _new_subject(toks, j):
            return j, False
    return len(toks), False


def _third_person(toks: tuple[Token, ...], at: int) -> bool:
    """Whether a verb that the tagger took for a plural stands at `at`: `has a name and reports to another employee`."""
    token = toks[at]
    following = toks[at + 1].lower if at + 1 < len(toks) else ""
    known = words.verb(token.lower) in lexicon.STRUCTURE_VERBS | lexicon.ACTION_VERBS
    return token.lower.endswith("s") and known and following in ("to", "into") and words.can_be_verb(token.lower)


def _before_negation(toks: tuple[Token, ...], i: int, j: int) -> int:
    """Return `j`, or the place of a negation between `i` and `j` (`but not move money`)."""
    return next((k for k in range(i, j) if toks[k].lower in _NEGATIONS), j)


def _verbish(toks: tuple[Token, ...], at: int) -> bool:
    """Whether a word tagged as a verb is followed by something that a verb governs."""
    following = toks[at + 1].tag if at + 1 < len(toks) else ""
    return following in ("DT", "PRP$", "IN", "TO", "CD", "JJ", "VBN", "NN", "NNS", "RB", "PRP") and words.can_be_verb(
        toks[at].lower
    )


def _opens_phrase(toks: tuple[Token, ...], at: int) -> bool:
    """Whether a base-form verb with an object of its own stands at `at`: `and mark orders as shipped`."""
    token = toks[at]
    if not words.can_be_verb(token.lower) or token.tag in ("DT", "PRP$", "CD", "MD", "VBN", "VBZ", "VBG"):
        return False
    known = token.lower in lexicon.ACTION_VERBS
    following = toks[at + 1] if at + 1 < len(toks) else None
    if known and at > 0 and toks[at - 1].lower in _NEGATIONS:
        return True
    if following is None:
        return token.tag == "VB" and known
    if following.lower in ("in", "out", "up") and known:
        return True
    if following.tag in ("DT", "PRP$", "PRP", "CD") or following.lower in ("only", "all", "any", "each", "whether"):
        return token.tag in ("VB", "VBP") or known
    return known and (
        following.tag in ("NNS", "NNPS", "JJ") or (token.tag == "VB" and following.tag in ("NN", "IN", "TO"))
    )


def _new_subject(toks: tuple[Token, ...], at: int) -> bool:
    """Whether a noun phrase with a predicate behind it starts at `at`."""
    for i in range(at, min(at + 7, len(toks))):
        token = toks[i]
        if token.tag in ("CC", ",", "IN", "TO") and token.lower != "of":
            return False
        acts = i > at and words.verb(token.lower) in lexicon.ACTION_VERBS and toks[i - 1].tag in ("NNS", "NNPS")
        if (
            acts
            and i + 1 < len(toks)
            and words.is_plural(toks[i - 1].lower)
            and toks[i + 1].tag in ("DT", "PRP$", "NNS", "PRP", "CD", "NN")
        ):
            return True
        if token.finite and i > at:
            plain = token.tag == "MD" or token.lower in ("is", "are", "has", "have")
            return plain or (_verbish(toks, i) and toks[i - 1].tag not in ("DT", "JJ", "PRP$", "CD"))
    return False
