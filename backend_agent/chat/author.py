"""The author that asks a chat model: on top of the drafts, and never worse than they are."""

from __future__ import annotations

import threading
import weakref
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
from backend_agent.chat.accept import Subject, unwritten
from backend_agent.chat.asking import Debug
from backend_agent.chat.bodies import write_bodies
from backend_agent.chat.client import Client, NoAnswer
from backend_agent.chat.given import WRITTEN
from backend_agent.chat.models import chain, resolve
from backend_agent.chat.parse import AnswerFault, parse_object
from backend_agent.documents.ledger import STANDS_IN
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

REPAIRS = 2
"""How often an answer that is not valid is asked for again."""
Bodies = Callable[[Client, DomainModel, RequirementsAnalysis], tuple[DomainModel, Sequence[Call], Sequence[Finding]]]
"""Writes the bodies of a domain model's operations; returns the model, the calls, and what was refused."""


class ChatAuthor:
    """Has a chat model write where language and judgement count. Thread-safe; several stages may be written at once.

    Args:
        model: `provider:model`, or any LangChain chat model; its client is made when it is first needed.
        bodies: who writes the code of custom operations; None: nobody, and they are listed as unplaced.
        debug: given prompts and answers as text; None: nobody sees them.
    """

    def __init__(
        self, model: str | BaseChatModel, bodies: Bodies | None = write_bodies, debug: Debug | None = None
    ) -> None:
        self._model = model.strip() if isinstance(model, str) else model
        self._bodies = bodies
        self._debug = debug
        self._lock = threading.Lock()
        self._made: Client | None = None

    @property
    def name(self) -> str:
        """The chat model's name, such as `groq:openai/gpt-oss-120b`."""
        return self._model if isinstance(self._model, str) else resolve(self._model).model.name

    def identity(self, stage: Stage[Any]) -> str:
        """Return what decides the answers besides inputs and findings: models, prompts, and the draft's version."""
        if stage.name not in WRITTEN:
            return f"draft {stage.version}"
        used = ("_system", stage.name, "_repair", *(["_operation"] if stage.name == "domain" else []))
        texts = [prompts.source(name) for name in used]
        return f"chat {digest([self.name, texts])} draft {stage.version}"

    def reads_slices(self, stage: Stage[Any]) -> bool:
        """Return whether what a stage's draft reads is all that is looked at here: a prompt shows more."""
        return stage.name not in WRITTEN

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
            artifact = _answered(self._client(), subject, question, calls)
        except NoAnswer as none:
            calls += none.calls
            return _standing_in(subject, last, str(none), calls)
        except AnswerFault as fault:
            return _standing_in(subject, last, f"no valid answer: {str(fault).splitlines()[0][:200]}", calls)
        artifact = self._with_bodies(subject, artifact, calls)
        if artifact == draft and last is None and not subject.refused:
            return Written(draft, "the chat model left the draft as it is", calls)
        count = len(subject.refused)
        said = f"{count} proposal{'s were' if count > 1 else ' was'} not taken over" if count else ""
        return Written(artifact, said, calls, subject.refused)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._made is not None:
                self._made.close()
                self._made = None

    def prepare(self) -> None:
        """Find out whether the chat model can be asked at all.

        Raises:
            UserError: no such provider, its package is not installed, or its key is missing.
        """
        self._client()

    def _client(self) -> Client:
        with self._lock:
            if self._made is None:
                self._made = Client(chain(self._model), debug=self._debug)
                weakref.finalize(self, self._made.close)  # a branch may go on when the session that it left is closed
            return self._made

    def _with_bodies(self, subject: Subject, artifact: Artifact, calls: list[Call]) -> Artifact:
        """Return a domain model whose operations have code; those that got none are listed as unplaced."""
        if not isinstance(artifact, DomainModel) or not artifact.operations:
            return artifact
        domain = artifact
        if self._bodies is not None:
            domain, made, dropped = self._bodies(self._client(), domain, subject.given.requirements)
            calls += made
            subject.refused += dropped
        try:
            accepted: Artifact = subject.accept(unwritten(domain))
        except AnswerFault:
            return unwritten(artifact)
        return accepted


def _answered(client: Client, subject: Subject, question: questions.Question, calls: list[Call]) -> Artifact:
    """Return the first answer that can be accepted; raises `NoAnswer`, or `AnswerFault` when repairs did not help."""
    left = REPAIRS
    while True:
        answer = client.ask(question.request())
        calls += answer.calls
        try:
            accepted: Artifact = subject.accept(question.read(parse_object(answer.text), subject))
        except AnswerFault as fault:
            if calls:
                calls[-1] = calls[-1].model_copy(update={"outcome": "invalid"})
            again = question.again(answer.text, str(fault).splitlines())
            if left == 0 or again == question:  # the same question has the same answer
                raise
            left -= 1
            question = again
        else:
            return accepted


def _standing_in(subject: Subject, last: Artifact | None, why: str, calls: Sequence[Call]) -> Written:
    """Return what stands when no answer can be had: the last version while it is good, else the draft."""
    if last is not None and last != subject.draft:
        try:
            kept: Artifact = subject.accept(last)
        except AnswerFault:
            pass  # it does not fit what it reads any more
        else:
            return Written(kept, f"the version before stands: {why}", calls, subject.refused)
    return Written(subject.draft, f"{STANDS_IN}{why}", calls, subject.refused, author="draft")
