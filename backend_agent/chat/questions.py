"""What is asked for one artifact: the prompt, the form of the answer, and how an answer of that form is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from backend_agent import prompts
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.chat import bounds, statements
from backend_agent.chat.accept import Subject
from backend_agent.chat.client import Request
from backend_agent.chat.given import slices
from backend_agent.chat.parse import AnswerFault, parse_object
from backend_agent.chat.schema import from_wire, to_wire, wire_schema
from backend_agent.chat.targeted import HOW, TARGETED, apply
from backend_agent.chat.tokens import tokens
from backend_agent.stage import Stage
from backend_agent.state import Json

WHOLE = 1500
"""Tokens up to which an artifact is asked for as a whole; a larger one by edits."""
OMIT: dict[str, tuple[str, ...]] = {
    "requirements": statements.OMIT,
    "domain": ("name", "operations.body", "operations.tests", "operations.written_by"),
}
"""Stages whose artifact a chat model writes as a whole, and what the wire leaves out of it: it is the draft's, or is
written later."""
_HOW_WHOLE = """\
Answer with the whole object in the form of the schema. What the draft has and you do not change is in it too, letter by
letter. Nothing before it, nothing behind it."""
_THINKING = 3000
"""Tokens for reasoning, which are a part of the answer's."""
_CHANGES = 12
"""Earlier changes that a later round is told."""


@dataclass(frozen=True)
class Question:
    """One request for an artifact, and what its answer means."""

    stage: Stage[Any]
    asked: str
    """The prompt."""
    form: Literal["whole", "edits", "mended"]
    """`mended`: edits to an answer that was not valid."""
    shown: Json
    """What edits are made on."""
    base: Artifact
    """What stands where the answer says nothing."""
    output: int
    """Tokens of the answer, reasoning included."""
    words: str = ""
    """Of the repair, behind the prompt."""

    def request(self) -> Request:
        """Return it for the client."""
        whole = self.form == "whole"
        return Request(
            purpose=self.stage.name,
            system=prompts.render("_system", {}),
            prompt=f"{self.asked}\n{self.words}" if self.words else self.asked,
            schema_name=self.stage.name if whole else f"{self.stage.name}_edits",
            schema=wire_schema(self.stage.artifact, OMIT.get(self.stage.name, ())) if whole else TARGETED,
            max_output=self.output,
            effort="medium",
        )

    def read(self, answer: Json, subject: Subject) -> tuple[Artifact, list[Finding]]:
        """Return the artifact that a parsed answer means, and what was refused; raises `AnswerFault`."""
        if self.form == "edits":
            changed = apply(self.shown, answer)
            if self.stage.name in OMIT:
                artifact, refused = subject.settled(changed)
                return _with_bodies(artifact, self.base), refused
            return subject.overlaid(self.base, self.shown, changed)
        wire = apply(self.shown, answer) if self.form == "mended" else answer
        value = from_wire(self.stage.artifact, wire)
        return subject.settled(value) if self.stage.name in OMIT else subject.replaced(self.base, value)

    def again(self, text: str, faults: Sequence[str]) -> Question:
        """Return the question that asks once more with the checker's words.

        A whole answer that is an object is mended by edits: far fewer tokens than a second one.

        Args:
            text: the answer.
            faults: what is wrong with it.
        """
        answer = _attempt(lambda: parse_object(text))
        if self.form == "edits" or answer is None:
            shown = compact(answer) if answer is not None else ""
            words = prompts.render("_repair", {"faults": list(faults), "answer": shown, "how": ""})
            return replace(self, words=words)
        wire = answer if self.form == "whole" else _attempt(lambda: apply(self.shown, answer)) or self.shown
        words = prompts.render("_repair", {"faults": list(faults), "answer": compact(wire), "how": HOW})
        return replace(self, form="mended", shown=wire, words=words)


def first(subject: Subject) -> Question:
    """Return the question for an artifact that no chat model has written yet."""
    stage, draft = subject.stage, subject.draft
    wire = to_wire(draft, OMIT.get(stage.name, ()))
    size = tokens(compact(wire))
    if stage.name in OMIT or size <= WHOLE:
        shown = lean(draft, wire) if stage.name in OMIT else wire
        output = _THINKING + 2 * max(size, 150 * len(subject.said))
        return Question(stage, _asked(subject, _HOW_WHOLE, draft=compact(shown)), "whole", shown, draft, output)
    shown = bounds.view(stage.name, draft.to_state())
    return Question(stage, _asked(subject, HOW, draft=compact(shown)), "edits", shown, draft, _THINKING)


def further(subject: Subject, last: Artifact, findings: Sequence[Finding]) -> Question:
    """Return the question for a better version of what a chat model wrote, after findings or the user's feedback.

    Args:
        subject: what it is about.
        last: the chat model's version.
        findings: what is to be mended.
    """
    stage = subject.stage
    own = stage.name in OMIT
    shown, old = (
        lean(one, _without(one.to_state(), stage.name)) if own else bounds.view(stage.name, one.to_state())
        for one in (last, subject.draft)
    )
    told = [f"{f.title}: {f.evidence}{'. ' + f.hint if f.hint else ''}" for f in findings]
    asked = _asked(subject, HOW, last=compact(shown), findings=told, tried=changes(old, shown)[:_CHANGES])
    return Question(stage, asked, "edits", shown, last, _THINKING)


def _asked(
    subject: Subject,
    how: str,
    *,
    draft: str = "",
    last: str = "",
    findings: Sequence[str] = (),
    tried: Sequence[str] = (),
) -> str:
    stage = subject.stage
    own = subject.draft if isinstance(subject.draft, RequirementsAnalysis) else None
    values = {"given": slices(stage.name, subject.given, own), "how": how.strip(), "draft": draft, "last": last}
    return prompts.render(stage.name, {**values, "findings": list(findings), "tried": list(tried)})


def compact(value: Any) -> str:
    """Return a value as JSON without spaces, in the order that it has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lean(value: Any, plain: Any) -> Any:
    """Return plain values without those that are a field's default: they go without saying.

    Args:
        value: an artifact, a list of them, or a part.
        plain: the same as plain values, of the state or of the wire.
    """
    if isinstance(value, list):
        return [lean(item, one) for item, one in zip(value, plain, strict=True)]
    if not isinstance(value, Artifact):
        return plain
    found = {}
    for name, info in type(value).model_fields.items():
        own = getattr(value, name)
        if name in plain and (
            name == "kind" or info.is_required() or own != info.get_default(call_default_factory=True)
        ):
            found[name] = lean(own, plain[name]) if isinstance(own, Artifact | list) else plain[name]
    return found


def changes(old: Any, new: Any, place: str = "") -> list[str]:
    """Return where a value differs from an earlier one, as lines with paths."""
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return [line for key in {**old, **new} for line in changes(old.get(key), new.get(key), f"{place}/{key}")]
    if isinstance(old, list) and isinstance(new, list):
        before, now = ({_key(item): item for item in items} for items in (old, new))
        return [
            line
            for key in {**before, **now}
            for line in changes(before.get(key), now.get(key), f"{place}[{'='.join(key)}]")
        ]
    return [f"{place} was {'added' if old is None else 'taken away' if new is None else 'changed'}"]


def _key(item: Any) -> tuple[str, ...]:
    if isinstance(item, dict):
        found = [key for key in ("source", "kind", "entity", "field") if isinstance(item.get(key), str)]
        key = bounds.key_of(item)
        return tuple(str(item[k]) for k in ([key] if key else []) + found)
    return (str(item),)


def _without(value: Json, stage: str) -> Json:
    """Return an artifact's value without what the wire leaves out."""
    made = dict(value)
    for path in OMIT.get(stage, ()):
        name, _, inner = path.partition(".")
        if not inner:
            made.pop(name, None)
        else:
            made[name] = [{k: v for k, v in item.items() if k != inner} for item in made.get(name, [])]
    return made


def _with_bodies(artifact: Artifact, last: Artifact) -> Artifact:
    """Return a domain model with the code of the operations that did not change since the last version."""
    if not isinstance(artifact, DomainModel) or not isinstance(last, DomainModel) or not last.operations:
        return artifact
    nothing = {"body": "", "tests": "", "written_by": ""}
    written = {o.name: o for o in last.operations}
    operations = [
        written[o.name] if o.name in written and written[o.name].model_copy(update=nothing) == o else o
        for o in artifact.operations
    ]
    return artifact.model_copy(update={"operations": operations})


def _attempt(get: Any) -> Json | None:
    try:
        found: Json = get()
    except AnswerFault:
        return None
    return found
