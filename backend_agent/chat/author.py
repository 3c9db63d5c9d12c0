"""The author that asks a chat model: on top of the drafts, and never worse than they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel

from backend_agent import prompts
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.authors import Written, digest
from backend_agent.chat import questions
from backend_agent.chat.accept import Accepted, Subject, unwritten
from backend_agent.chat.asking import Debug
from backend_agent.chat.client import Client, NoAnswer
from backend_agent.chat.given import WRITTEN
from backend_agent.chat.models import chain
from backend_agent.chat.parse import AnswerFault, parse_object
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

REPAIRS = 2
"""How often an answer that is not valid is asked for again."""
Bodies = Callable[[Client, DomainModel, RequirementsAnalysis], tuple[DomainModel, Sequence[Call], Sequence[Finding]]]
"""Writes the bodies of a domain model's operations; returns the model, the calls, and what was refused."""


class ChatAuthor:
    """Has a chat model write where language and judgement count. Thread-safe; several stages may be written at once.

    Args:
        client: whom to ask; closed with the author.
        models: the names of the models that it asks, the first one first.
        bodies: who writes the code of custom operations; None: nobody, and they are listed as unplaced.
    """

    def __init__(self, client: Client, models: Sequence[str], bodies: Bodies | None = None) -> None:
        self._client = client
        self._models = tuple(models)
        self._bodies = bodies

    @property
    def name(self) -> str:
        """The chat model's name, such as `groq:openai/gpt-oss-120b`."""
        return self._models[0]

    def identity(self, stage: Stage[Any]) -> str:
        """Return what decides the answers besides inputs and findings: models, prompts, and the draft's version."""
        if stage.name not in WRITTEN:
            return f"draft {stage.version}"
        texts = [prompts.source(name) for name in ("_system", stage.name, "_repair")]
        return f"chat {digest([list(self._models), texts])} draft {stage.version}"

    def write(self, stage: Stage[Any], given: Artifacts, findings: Sequence[Finding]) -> Written:
        """Return the chat model's artifact, or the draft with a note that says why it stands in."""
        draft: Artifact = stage.draft(given)
        if stage.name not in WRITTEN:
            return Written(draft, author="draft")
        subject = Subject(stage, given, draft)
        last: Artifact | None = getattr(given, stage.name) if findings and given.has(stage.name) else None
        question = questions.further(subject, last, findings) if last else questions.first(subject)
        calls: list[Call] = []
        try:
            accepted = _answered(self._client, subject, question, calls)
        except NoAnswer as none:
            calls += none.calls
            return _standing_in(subject, last, str(none), calls)
        except AnswerFault as fault:
            return _standing_in(subject, last, f"no valid answer: {str(fault).splitlines()[0][:200]}", calls)
        accepted = self._with_bodies(subject, accepted, calls)
        if accepted.artifact == draft and last is None and not accepted.refused:
            return Written(draft, "the chat model left the draft as it is", calls)
        said = f"{len(accepted.refused)} proposals were not taken over" if accepted.refused else ""
        return Written(accepted.artifact, said, calls, accepted.refused)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _with_bodies(self, subject: Subject, accepted: Accepted, calls: list[Call]) -> Accepted:
        """Return a domain model whose operations have code; those that got none are listed as unplaced."""
        domain = accepted.artifact
        if not isinstance(domain, DomainModel) or not domain.operations:
            return accepted
        bare, refused = unwritten(domain), list(accepted.refused)
        if self._bodies is not None:
            domain, made, dropped = self._bodies(self._client, domain, subject.given.requirements)
            calls += made
            refused += dropped
        try:
            return subject.accept(unwritten(domain), refused)
        except AnswerFault:
            return Accepted(bare, refused)


def author_of(model: str | BaseChatModel, bodies: Bodies | None = None, debug: Debug | None = None) -> ChatAuthor:
    """Return the author that asks a chat model.

    Args:
        model: `provider:model`, or any LangChain chat model.
        bodies: as `ChatAuthor`.
        debug: given prompts and answers as text; None: nobody sees them.

    Raises:
        UserError: no such provider, its package is not installed, or its key is missing.
    """
    models = chain(model)
    return ChatAuthor(Client(models, debug=debug), [m.model.name for m in models], bodies)


def _answered(client: Client, subject: Subject, question: questions.Question, calls: list[Call]) -> Accepted:
    """Return the first answer that can be accepted; raises `NoAnswer`, or `AnswerFault` when repairs did not help."""
    left = REPAIRS
    while True:
        answer = client.ask(question.request())
        calls += answer.calls
        try:
            artifact, refused = question.read(parse_object(answer.text), subject)
            return subject.accept(artifact, refused)
        except AnswerFault as fault:
            if calls:
                calls[-1] = calls[-1].model_copy(update={"outcome": "invalid"})
            if left == 0:
                raise
            left -= 1
            question = question.again(answer.text, str(fault).splitlines())


def _standing_in(subject: Subject, last: Artifact | None, why: str, calls: Sequence[Call]) -> Written:
    """Return what stands when no answer can be had: the last version while it is good, else the draft."""
    if last is not None and last != subject.draft:
        try:
            kept = subject.accept(last, [])
        except AnswerFault:
            kept = None
        if kept is not None:
            return Written(kept.artifact, f"the version before stands: {why}", calls)
    return Written(subject.draft, f"draft stands in: {why}", calls, author="draft")
