"""What of a chat model's answer is taken over: validated, checked, and never worse than the draft."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.domain import DomainModel, Unplaced
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.chat import elements, statements, trial, widening
from backend_agent.chat.bounds import Overlay
from backend_agent.chat.parse import AnswerFault, pointer
from backend_agent.language.later import is_service_matter
from backend_agent.language.reading import SOURCES
from backend_agent.stage import Stage
from backend_agent.state import Artifacts, Json

_SHOWN = 12
"""Faults that one repair names."""
_UNWRITTEN = "It needs code of its own, and none that holds was written."


class Subject:
    """What one artifact is judged by.

    Args:
        stage: whose artifact it is.
        given: what the stage reads.
        draft: what the stage's own draft is for the same.
    """

    def __init__(self, stage: Stage[Any], given: Artifacts, draft: Artifact) -> None:
        self.stage = stage
        self.given = given
        self.draft = draft
        self._analysis: RequirementsAnalysis = draft if isinstance(draft, RequirementsAnalysis) else given.requirements
        self.said = {s.id: s.text for s in self._analysis.statements}
        task = given.task.to_state() if given.has("task") else {}
        self.refused: list[Finding] = []
        """What was not taken over of the answer that was read last."""
        self.known = json.dumps([task, draft.to_state(), self.said], ensure_ascii=False)

    def settled(self, value: Json) -> Artifact:
        """Return requirements or a domain model, as far as they may differ from the draft.

        Raises:
            AnswerFault: it is not valid, in the words of the checker.
        """
        return self._domain(value) if self.stage.name == "domain" else self._requirements(value)

    def replaced(self, base: Artifact, value: Json) -> Artifact:
        """Return `base` with what may change of a whole answer; as `settled`."""
        return self.overlaid(base, base.to_state(), self._valid(value).to_state())

    def overlaid(self, base: Artifact, shown: Json, proposed: Json) -> Artifact:
        """Return `base` with what may change of the differences between `shown` and `proposed`; as `settled`."""
        overlay = Overlay(self.stage.name, self.said, self.known)
        made = overlay.put(base.to_state(), shown, proposed)
        self.refused = overlay.refused
        return self._valid(made)

    def accept(self, artifact: Artifact) -> Any:
        """Return the artifact when it is no worse than the draft; raises `AnswerFault` with what is worse."""
        if artifact == self.draft:
            return self.draft
        try:
            faults = self._worse(pending(artifact) if isinstance(artifact, DomainModel) else artifact)
        except trial.Unusable as unusable:
            faults = [str(unusable)]
        if faults:
            raise AnswerFault("\n".join(faults))
        return artifact

    def _worse(self, artifact: Artifact) -> list[str]:
        if not isinstance(artifact, DomainModel) or not isinstance(self.draft, DomainModel):
            return self._failing(artifact)
        if faults := self._failing(artifact):
            return faults
        results = trial.followed(self.given, artifact)
        return trial.worse(results, trial.followed(self.given, self.draft) if trial.failing(results) else [])

    def _failing(self, artifact: Artifact) -> list[str]:
        """Return what is worse by the stage's own checks."""
        own = trial.judged(self.stage, self.given, artifact)
        return trial.worse(own, trial.judged(self.stage, self.given, self.draft) if trial.failing(own) else [])

    def _valid(self, value: Json) -> Artifact:
        try:
            artifact: Artifact = self.stage.artifact.from_state(value)
        except ValidationError as error:
            raise AnswerFault("\n".join(words(error))) from None
        return artifact

    def _requirements(self, value: Json) -> Artifact:
        own = {s.id: {"text": s.text, "source": s.source, "line": s.line} for s in self._analysis.statements}
        nobody: Json = {"text": "", "source": "", "line": None}
        items = value.get("statements")
        if isinstance(items, list):
            filled = [{**own.get(str(s.get("id")), nobody), **s} if isinstance(s, dict) else s for s in items]
            value = {**value, "statements": filled}
        whole = self._valid({**value, "superseded": []})
        draft = self.draft if isinstance(self.draft, RequirementsAnalysis) else self._analysis
        made, self.refused = statements.settled(draft, whole.to_state(), self.known)
        return self._valid(made)

    def _domain(self, value: Json) -> Artifact:
        found, draft = self._valid({"name": "", **value}), self.draft
        if not isinstance(found, DomainModel) or not isinstance(draft, DomainModel):
            raise TypeError("the domain stage writes a DomainModel")
        domain, self.refused = elements.cited(found, draft, self.said)
        faults = list(elements.faults(domain, draft, self.known))
        own = trial.judged(self.stage, self.given, domain) if not faults else []
        faults += trial.worse([r for r in own if any(f.severity == "critical" for f in r.findings)], [])
        if faults:  # what follows reads references that resolve
            raise AnswerFault("\n".join(faults[:_SHOWN]))
        domain, wide = widening.narrowed(domain, draft, self.said)
        self.refused += wide
        faults = widening.unguarded(domain, draft, self.said)
        domain = elements.listed(domain, self.said, self._asked())
        faults += _uncovered(domain, draft)
        if faults:
            raise AnswerFault("\n".join(faults[:_SHOWN]))
        return domain

    def _asked(self) -> list[str]:
        """Return the R-ids of the statements that a domain model answers."""
        found = self._analysis.statements
        return [s.id for s in found if s.source in SOURCES and not is_service_matter(s.text)]


def _uncovered(domain: DomainModel, draft: DomainModel) -> list[str]:
    """Return, as words for a repair, the statements that the draft places and the model does not."""
    missing = {u.requirement for u in domain.unplaced if not u.part} - {u.requirement for u in draft.unplaced}
    lost = sorted((elements.covered(draft) & missing) - elements.covered(domain))
    return [f"/unplaced: {number} is placed in the draft and nowhere in yours; place it" for number in lost]


def unwritten(domain: DomainModel) -> DomainModel:
    """Return the model without the operations whose body nobody wrote; their statements are listed as unplaced."""
    written = [operation for operation in domain.operations if operation.body]
    return pending(domain).model_copy(update={"operations": written})


def pending(domain: DomainModel) -> DomainModel:
    """Return the model with the statements of operations that have no body yet among the unplaced."""
    covered = elements.covered(domain.model_copy(update={"operations": [o for o in domain.operations if o.body]}))
    listed = {u.requirement for u in domain.unplaced}
    waiting = {c: o.name.replace("_", " ") for o in reversed(domain.operations) if not o.body for c in o.cites}
    lost = [
        Unplaced(requirement=cite, reason=_UNWRITTEN, part=name if cite in covered else "")
        for cite, name in sorted(waiting.items())
        if cite not in listed
    ]
    return domain.model_copy(update={"unplaced": [*domain.unplaced, *lost]}) if lost else domain


def words(error: ValidationError) -> list[str]:
    """Return a checker's faults as lines with JSON pointers; nothing of the answer's own text stands in them."""
    found = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False)[:_SHOWN]:
        place = ""
        for step in fault["loc"]:
            place = pointer(place, step)
        found.append(f"{place or '/'}: {fault['msg'][:200]}")
    return found
