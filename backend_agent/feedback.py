"""Feedback: a sentence about a stage. Some sentences say what a field of the task says; those change the task."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend_agent.artifacts.task import BackendTask
from backend_agent.edits import changed
from backend_agent.errors import UserError

_SAYS: tuple[tuple[str, str, str, str], ...] = (
    ("api", r"(cursor|keyset)[ -](based )?(pagination|paging|pages?)|(page|paginate)\w* (by|with|using) (a )?cursors?",
     "api_requirements.pagination", "cursor"),
    ("api", r"offset[ -](based )?(pagination|paging|pages?)|(page|paginate)\w* (by|with|using) (an )?offsets?",
     "api_requirements.pagination", "offset"),
    ("api", r"camel ?case", "api_requirements.naming", "camelCase"),
    ("api", r"snake[ _]?case", "api_requirements.naming", "snake_case"),
    ("architecture", r"hexagonal|ports and adapters", "architecture_type", "hexagonal"),
    ("architecture", r"clean[ _]architecture", "architecture_type", "clean_architecture"),
    ("architecture", r"layered", "architecture_type", "layered"),
    ("architecture", r"(modular )?monolith(ic)?", "architecture_type", "monolithic"),
    ("database", r"postgres(ql)?", "database_requirements.type", "postgresql"),
    ("database", r"sqlite", "database_requirements.type", "sqlite"),
    ("deployment", r"kubernetes|k8s", "deployment_requirements.platform", "kubernetes"),
    ("deployment", r"docker( compose)?", "deployment_requirements.platform", "docker"),
)  # fmt: skip
"""Stage, what the sentence must say as a whole, and the field and value of the task that say the same."""
_AROUND = r"(please )?(use |with |make it |switch to |change to |go |go for |prefer )?(an? |the )?"
_BEHIND = r"( architecture| database| deployment| names| naming| instead| please)*"


def split(text: str, stages: Sequence[str]) -> tuple[str, str]:
    """Return stage and sentence of `stage: sentence`; raises `UserError` when it is not of that form."""
    stage, colon, sentence = text.partition(":")
    stage, sentence = stage.strip().lower(), " ".join(sentence.split())
    if not colon or stage not in stages or not sentence:
        raise UserError(f"feedback {text[:60]!r}: write `stage: sentence`; stages are: {', '.join(stages)}")
    return stage, sentence[:4000]


def heard(stage: str, sentence: str, task: BackendTask) -> BackendTask | None:
    """Return the task as the sentence changes it; None when no field of the task can say it.

    Only a sentence that says nothing else is taken so: half of one is not what the user said.
    """
    found = setting(sentence, stage)
    return changed(task, dict([found])) if found else None


def setting(sentence: str, stage: str | None = None) -> tuple[str, str] | None:
    """Return the field of the task and the value that a sentence says as a whole; None when it says no such thing.

    Args:
        sentence: such as `use cursor pagination`.
        stage: whose field it must be; None: any.
    """
    plain = sentence.strip().rstrip(".!").lower()
    for about, pattern, field, value in _SAYS:
        if stage in (about, None) and re.fullmatch(f"{_AROUND}({pattern}){_BEHIND}", plain):
            return field, value
    return None
