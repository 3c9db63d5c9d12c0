"""Requirements as a chat model analyses them: what is asked for stays in the user's words, by number and line."""

from __future__ import annotations

from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.chat import texts
from backend_agent.chat.bounds import refusal
from backend_agent.state import Json

OMIT = ("superseded", "statements.text", "statements.source", "statements.line")
"""Left off the wire: the draft's, whatever a chat model says."""
_DECIDED = ("category", "priority", "complexity", "approach", "challenges")


def settled(draft: RequirementsAnalysis, value: Json, known: str) -> tuple[Json, list[Finding]]:
    """Return an analysis in which no statement is lost, added or reworded, and what was refused.

    Args:
        draft: whose statements count.
        value: the chat model's analysis, as plain values; statements by `id`, without their text.
        known: what the task says.
    """
    refused: list[Finding] = []
    proposed = {s.get("id"): s for s in _dicts(value.get("statements"))}
    numbers = {s.id for s in draft.statements}
    refused += [
        refusal("requirements", f"statements[id={number}]", "is no statement of the task")
        for number in proposed
        if number not in numbers
    ]
    statements = []
    for old in (s.to_state() for s in draft.statements):
        place = f"statements[id={old['id']}]"
        new = proposed.get(old["id"])
        if new is None:
            refused.append(refusal("requirements", place, "cannot be left out"))
            statements.append(old)
            continue
        rewritten = next((k for k in ("text", "source", "line") if k in new and new[k] != old[k]), None)
        if rewritten:
            refused.append(refusal("requirements", f"{place}/{rewritten}", "is the user's own and stays as it is"))
        decided = {key: new[key] for key in _DECIDED if key in new}
        why = _bad(decided, known)
        if why:
            refused.append(refusal("requirements", place, why))
            decided = {key: decided[key] for key in ("category", "priority", "complexity") if key in decided}
        statements.append({**old, **decided})
    recommendations = []
    for number, item in enumerate(_dicts(value.get("recommendations"))):
        cites = item.get("cites") or []
        unknown = [c for c in cites if c not in numbers] if isinstance(cites, list) else []
        why = f"cites {texts.shown(str(unknown[0]))}, which is no requirement" if unknown else _bad(item, known)
        if not cites:
            why = "cites no requirement"
        if why:
            refused.append(refusal("requirements", f"recommendations/{number}", why))
        else:
            recommendations.append(item)
    superseded = [s.to_state() for s in draft.superseded]
    return {"statements": statements, "superseded": superseded, "recommendations": recommendations}, refused


def _dicts(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _bad(value: Json, known: str) -> str | None:
    """Return what is wrong with a text in a statement's analysis or in a recommendation."""
    for item in value.values():
        for text in item if isinstance(item, list) else [item]:
            if isinstance(text, str) and (why := texts.fault(text, known)):
                return why
    return None
