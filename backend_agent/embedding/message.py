"""A chat message as a part of a task: fields that were pasted, a project's name, and sentences about the service.

Rules only. What no rule takes apart stays a sentence: it becomes a statement of the task, and is listed when nothing in
the design covers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend_agent import task_file
from backend_agent.artifacts.task import BackendTask
from backend_agent.language.sentences import split_statements
from backend_agent.state import Json

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(rf"^(?:{'|'.join(BackendTask.model_fields)})[ \t]*:", re.MULTILINE)
_HEADING = re.compile(r"\A\s*#{1,3}[ \t]+(.{1,80}?)[ \t#]*$", re.MULTILINE)
_POLITE = (
    r"(?:(?:hi|hello|hey|please|can you|could you|would you|now|then|so|ok|let's|i want you to|i need you to)[,! ]+)*"
)
_VERB = r"(?:build|create|make|develop|design|generate|write|implement|give me|i need|we need|i want|we want|i'd like)"
_ARTICLE = r"(?:(?:an?|another|some|my|our)\s+|the\s+(?=(?:back[ -]?end|api|server)\b))"
_LEAD = re.compile(
    rf"\A\s*{_POLITE}{_VERB}(?:\s+(?:me|us))?\s+{_ARTICLE}(.+?)(?=[.!?:](?:\s|$)|\n\s*\n|\Z)[.!?:]?",
    re.IGNORECASE | re.DOTALL,
)
_GENERAL = "small simple new little complete full rest good nice backend web whole basic this that".split()
_KIND = (
    r"(?:rest(?:ful)? )?(?:back[ -]?ends?|apis?|servers?|services?|applications?|apps?|systems?|platforms?|projects?)"
)
_SERVICE = re.compile(rf"\b(?:{_KIND}|shop|store|site|website|tracker|marketplace)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[,;]?\s+(where(?:in)?|in which|that|which|who|so that|with|to|for)\s+(.*)\Z", re.IGNORECASE | re.DOTALL
)
_CALLED = re.compile(
    r",?\s*\b(?:called|named|titled)\s+(?:\"([^\"\n]{1,80})\"|“([^”\n]{1,80})”|'([^'\n]{1,80})'"
    r"|((?-i:[A-Z0-9])[\w&-]*(?: (?-i:[A-Z0-9])[\w&-]*){0,4}))",
    re.IGNORECASE,
)
_NAME_ALONE = re.compile(
    r"\A\s*(?:(?:it|the (?:project|service|app)|this)(?: is|'s| should be| shall be)? (?:called|named)|call it|name it"
    r"|rename (?:it|the project) to|(?:the )?(?:project(?:'s)? )?name(?: is| should be|:)|project:)"
    r"\s*[\"“']?(.{1,80}?)[\"”']?[.!]?\s*\Z",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\n(?=[ \t]*[A-Za-z]{2,20}:[ \t])")
"""Before a line such as `api: use cursor pagination`: it is a sentence of its own."""
_GREETING = re.compile(
    r"\A\W*(?:hi|hello|hey|good (?:morning|day|evening)|thanks?(?: you)?)( there| all)?\W*\Z", re.IGNORECASE
)
_LETS = re.compile(r"\A(?:lets?|allows?|enables?)\s+((?:\w+\s+)?\w+s)\s+(?:to\s+)?(.+)\Z", re.IGNORECASE | re.DOTALL)
_HANDING = re.compile(
    r"\A(?:(?:here (?:is|are)|this is|(?:use|take|see|build|develop|create|implement)"
    r" (?:this|that|it|the following|what follows))\b[^.!?]*)?[:.]?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Said:
    """What a message says."""

    fields: Json = field(default_factory=dict)
    """Of a task that was pasted as YAML or JSON."""
    name: str = ""
    """The project's name; empty when none is said."""
    asks_for_service: bool = False
    """Whether it begins as a request for a service: `Build me a backend ...`."""
    sentences: tuple[str, ...] = ()


def read(text: str) -> Said:
    """Return what a message says; raises `UserError` when it holds a task that cannot be read."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")[: task_file.MAX_BYTES]
    fields, rest = _pasted(text)
    if fields and _HANDING.match(" ".join(rest.split())):
        return Said(fields=fields)
    name = ""
    if heading := _HEADING.match(rest):
        name, rest = _name(heading.group(1)), rest[heading.end() :]
    asks, about, first, rest = _request(rest)
    sentences = [first] if first else []
    for sentence, _ in split_statements(_ABOUT.sub("\n\n", rest)):
        if alone := _NAME_ALONE.match(sentence):
            name = _name(alone.group(1)) or name
        elif not sentence.endswith("?") and not _GREETING.match(sentence):
            sentences.append(sentence)
    return Said(fields, name or about, asks, tuple(sentences))


def a_name(text: str) -> str:
    """Return the name that is the answer to `what is it called?`; empty when the answer is no name."""
    alone = _NAME_ALONE.match(text)
    return _name(alone.group(1) if alone else text.strip().strip("\"'“”").rstrip("."))


def _pasted(text: str) -> tuple[Json, str]:
    """Return the fields of a task in a message, and the text around it."""
    for fence in _FENCE.finditer(text):
        kind, body = fence.group(1).lower(), fence.group(2)
        if kind in ("json", "yaml", "yml") or _FIELD.search(body) or body.lstrip().startswith("{"):
            return _fields(body), f"{text[: fence.start()]}\n\n{text[fence.end() :]}"
    if text.lstrip().startswith("{"):
        return _fields(text), ""
    found = _FIELD.search(text)
    return (_fields(text[found.start() :]), text[: found.start()]) if found else ({}, text)


def _fields(text: str) -> Json:
    return task_file.fields_of(text, ".json" if text.lstrip().startswith("{") else ".yaml", "the task in the message")


def _request(text: str) -> tuple[bool, str, str, str]:
    """Return whether a text begins as a request, the name in it, what it says of the service, and the rest."""
    lead = _LEAD.match(text)
    if lead is None or not (_SERVICE.search(lead.group(1)) or _CALLED.search(lead.group(1))):
        return False, "", "", text
    subject = " ".join(lead.group(1).split())
    name = ""
    if called := _CALLED.search(subject):
        name = _name(next(group for group in called.groups() if group))
        subject = subject[: called.start()] + subject[called.end() :]
    subject, says = _clause(
        re.sub(rf"\A(?:(?:{'|'.join(_GENERAL)}) )*{_KIND} (?:for|of|behind) (?:an?|the|my|our)? ?", "", subject)
    )
    if lead.group().rstrip().endswith(":") and not says:
        # A list follows: an introduction that reads as a sentence of its own keeps its items apart.
        return True, name or _subject(subject), "", text[lead.end() :]
    return True, name or _subject(subject), says, text[lead.end() :]


def _clause(subject: str) -> tuple[str, str]:
    """Return what is asked for, and what is said of it behind `where`, `with`, `to` ..., as a sentence."""
    clause = _CLAUSE.search(subject)
    if clause is None:
        return subject, ""
    word, body = clause.group(1).lower(), clause.group(2).strip(" ,;.…")
    before = subject[: clause.start()]
    if word == "for":  # `a booking API for a clinic where ...`
        inner, says = _clause(re.sub(r"\A(?:an?|the|my|our) ", "", body))
        return (before if _subject(before) else inner), says
    lets = _LETS.match(body)
    if lets:
        body = f"{lets.group(1)} can {lets.group(2)}"
    elif word == "to":
        body = f"Users can {body}"
    elif word == "with":
        body = f"Users can manage {body}"
    elif word in ("that", "which", "who"):
        body = f"The service {body}"
    return before, f"{body[:1].upper()}{body[1:]}." if body else ""


def _subject(text: str) -> str:
    """Return the name that a thing asked for gives a project: `dog-walking service` -> `Dog-walking service`."""
    plain = re.sub(r"\s+(?:rest )?(?:back[ -]?end|api|server)s?(?:\s+(?:service|app|application|system))?\Z", "", text,
                   flags=re.IGNORECASE)  # fmt: skip
    words = plain.split()
    while words and words[0].lower() in _GENERAL:
        words.pop(0)
    if not words or len(words) > 6 or re.fullmatch(_KIND, " ".join(words), re.IGNORECASE):
        return ""
    return _name(" ".join(words))


def _name(text: str) -> str:
    """Return a name as a task accepts it; empty when nothing of it can be one."""
    plain = " ".join("".join(c if c.isalnum() or c in " -_.,&'()+:" else " " for c in text).split())[:80].strip(" .,:-")
    if len(plain.split()) > 12 or not re.search("[A-Za-z]", plain):
        return ""
    return plain[:1].upper() + plain[1:] if plain.islower() else plain
