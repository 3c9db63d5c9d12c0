"""A conversation as a task: what is asked for so far, what is missing, and what a later message changes.

The messages are all there is to go by: a parent graph that keeps nothing else keeps the project too, because each
answer of this agent carries the task that it answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import inflection
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from backend_agent import feedback, names, task_file
from backend_agent.artifacts.task import BackendTask
from backend_agent.embedding.message import Said, a_name, read
from backend_agent.errors import UserError
from backend_agent.pipeline import STAGES
from backend_agent.state import Json

KEY = "backend_agent"
"""Where this agent's messages carry what it needs to know later, in `additional_kwargs`."""
QUESTIONS = {
    ("project_name",): "What is the project called?",
    ("requirements",): "What should {name} do? Some sentences are enough, such as: Owners can book walkers. A dog has a"
    " name and a breed.",
    ("project_name", "requirements"): "What should be built? Give it a name, and say in some sentences what it does,"
    " such as: It is called Pawtrail. Owners can book walkers. A dog has a name and a breed.",
}
_STAGES = tuple(stage.name for stage in STAGES)
_ADD = re.compile(
    r"\A(?:please )?(?:add|introduce|include) (?:an? |the )?(?:new )?(?:(?:field|attribute|property|column) )?"
    r"(?:(?:called|named|for) )?(?:the |an? )?[\"'`]?([\w -]+?)[\"'`]?(?: (?:field|attribute|property|column))?"
    r" (?:to|for|on) (?:the |an? |each |every |all )?([\w -]+?)\.?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Understood:
    """What a conversation asks for."""

    fields: Json = field(default_factory=dict)
    """Of the task, as far as they are known."""
    said: Mapping[str, list[str]] = field(default_factory=dict)
    """By stage, feedback that no field of the task can say."""
    begins_anew: bool = True
    """Whether this is another project than the one that was answered last."""
    missing: tuple[str, ...] = ()
    """What has to be asked for: `project_name`, `requirements`."""

    @property
    def question(self) -> str:
        """The question about what is missing."""
        return QUESTIONS[self.missing].format(name=str(self.fields.get("project_name", "it"))[:80])

    def task(self) -> BackendTask:
        """Return the task; raises `UserError` when it is not valid or asks for what is not supported."""
        task = task_file.from_dict(self.fields)
        task_file.refuse_unsupported(task)
        return task


def understand(messages: Sequence[AnyMessage]) -> Understood:
    """Return what a conversation asks for; raises `UserError` when a task in it cannot be read."""
    task, start = _answered(messages)
    fields: Json = dict(task or {})
    said: dict[str, list[str]] = {}
    asked: tuple[str, ...] = ()
    begins_anew = task is None
    for message in messages[start:]:
        if isinstance(message, AIMessage):
            about = _mark(message).get("asked", asked)
            asked = tuple(about) if isinstance(about, list) else asked
        elif isinstance(message, HumanMessage):
            heard = read(message.text)
            if task is not None and _is_another(heard, fields):
                fields, said, begins_anew = {}, {}, True
            fields = _with(fields, heard, message.text, asked, said, later=not begins_anew)
            asked = ()
    named = bool(fields.get("project_name"))
    says = bool(fields.get("requirements") or fields.get("description"))
    missing = tuple(name for name, there in (("project_name", named), ("requirements", says)) if not there)
    return Understood(fields, said, begins_anew, missing)


def reply(text: str, name: str, **mark: Any) -> AIMessage:
    """Return a message of this agent; `mark` is what it needs to know later."""
    return AIMessage(content=text, name=name, additional_kwargs={KEY: mark})


def _answered(messages: Sequence[AnyMessage]) -> tuple[Json | None, int]:
    """Return the task that was answered last, and where the messages begin that came after it (or after a refusal)."""
    task: Json | None = None
    start = 0
    for position, message in enumerate(messages):
        mark = _mark(message)
        if isinstance(mark.get("task"), dict):
            try:
                task, start = task_file.from_dict(mark["task"]).to_state(), position + 1
            except UserError:  # of another release, or not ours: then it tells nothing
                continue
        elif mark.get("refused"):
            start = position + 1
    return task, start


def _mark(message: AnyMessage) -> Json:
    mark = message.additional_kwargs.get(KEY) if isinstance(message, AIMessage) else None
    return mark if isinstance(mark, dict) else {}


def _is_another(heard: Said, fields: Json) -> bool:
    """Whether a message asks for another project than the one in `fields`."""
    name = heard.fields.get("project_name") or (heard.name if heard.asks_for_service else "")
    return bool(name) and str(name).strip().lower() != str(fields.get("project_name", "")).lower()


def _with(
    fields: Json, heard: Said, text: str, asked: tuple[str, ...], said: dict[str, list[str]], *, later: bool
) -> Json:
    """Return fields as a message adds to and changes them; `said` takes what only an author can hear."""
    made = {**fields, **heard.fields}
    if heard.name and (not made.get("project_name") or not heard.asks_for_service):
        made["project_name"] = heard.name
    sentences = list(heard.sentences)
    if asked == ("project_name",) and not heard.name and not heard.fields and (name := a_name(text)):
        made["project_name"], sentences = name, []
    for sentence in sentences:
        stage, colon, rest = sentence.partition(":")
        about = stage.strip().lower() if colon and stage.strip().lower() in _STAGES else None
        if setting := feedback.setting(rest if about else sentence, about):
            _set(made, *setting)
        elif about and rest.strip():
            said.setdefault(about, []).append(" ".join(rest.split())[:4000])
        else:
            _add(made, _as_statement(sentence) if later else sentence)
    return made


def _set(fields: Json, path: str, value: str) -> None:
    group, dot, name = path.partition(".")
    if not dot:
        fields[group] = value
        return
    given = fields.get(group)
    fields[group] = {**(given if isinstance(given, dict) else {}), name: value}


def _add(fields: Json, sentence: str) -> None:
    given = fields.get("requirements", [])
    fields["requirements"] = [*(given if isinstance(given, list) else [given]), sentence[:4000]]


def _as_statement(sentence: str) -> str:
    """Return a wish as the statement that it comes to: `Add a weight to dogs` -> `A dog has a weight.`."""
    found = _ADD.match(sentence)
    if found is None:
        return sentence
    what, owner = found.group(1).strip(), inflection.singularize(found.group(2).strip().lower())
    return f"{_with_article(owner).capitalize()} has {_with_article(what)}."


def _with_article(noun: str) -> str:
    plural = noun.endswith("s") and not noun.endswith("ss")
    return noun if plural else names.article(noun)
