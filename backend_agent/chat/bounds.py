"""What a chat model may change behind the domain stage: texts, measures and a few numbers.

Tables, endpoints, access, headers, tests, commands and settings follow from the domain model; a proposal about them is
refused and told to the user. What may change is also what is shown: the rest of a draft costs tokens for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from backend_agent.artifacts.findings import Finding
from backend_agent.chat import texts
from backend_agent.state import Json

KEYS = (
    "operation_id",
    "name",
    "title",
    "clause",
    "status",
    "architecture_type",
    "role",
    "id",
    "source_table",
    "metric",
)
"""By the first of these that an item has, it is known again."""
_MORE = 12
"""Items that a list may grow by."""
_TITLE = "A proposal of the chat model was not taken over"


@dataclass(frozen=True)
class Open:
    """What may change at one place."""

    kind: Literal["text", "items", "number", "amount"]
    low: float = 0
    high: float = 0
    pattern: str = ""


TEXT = Open("text")
ITEMS = Open("items")
_CPU = Open("amount", pattern=r"[1-9][0-9]{0,2}|[1-9][0-9]{1,4}m")
_MEMORY = Open("amount", pattern=r"[1-9][0-9]{0,4}(Mi|Gi)")

OPEN: Mapping[str, Mapping[str, Open]] = {
    "architecture": {
        "overview": TEXT, "components/*/responsibility": TEXT, "communication_patterns/*/reason": TEXT,
        "data_flow": ITEMS, "service_boundaries/*/reason": TEXT, "scalability_strategy": ITEMS,
        "reliability_strategy": ITEMS, "security_strategy": ITEMS, "observability_strategy": ITEMS, "decisions": ITEMS,
    },
    "database": {
        "schema_overview": TEXT, "tables/*/description": TEXT, "performance_optimizations": ITEMS,
        "security_measures": ITEMS, "migration_strategy": ITEMS, "backup_strategy": ITEMS,
    },
    "api": {
        "authentication/description": TEXT, "endpoints/*/summary": TEXT, "error_handling/*/when": TEXT,
        "security_considerations": ITEMS,
    },
    "security": {
        "data_protection/encryption_in_transit/detail": TEXT, "data_protection/encryption_in_transit/reason": TEXT,
        "data_protection/secrets/reason": TEXT, "data_protection/retention": ITEMS, "input_validation": ITEMS,
        "monitoring": ITEMS, "compliance/*/measure": TEXT,
    },
    "performance": {
        "caching_strategy/*/max_age_seconds": Open("number", 0, 3600), "database_optimization": ITEMS,
        "load_balancing": ITEMS, "asynchronous_processing": ITEMS, "cdn_strategy": ITEMS, "monitoring": ITEMS,
    },
    "testing": {"overview": TEXT, "automation": ITEMS},
    "deployment": {
        "cloud_deployment/replicas_min": Open("number", 1, 50), "cloud_deployment/replicas_max": Open("number", 1, 100),
        "cloud_deployment/cpu_request": _CPU, "cloud_deployment/cpu_limit": _CPU,
        "cloud_deployment/memory_request": _MEMORY, "cloud_deployment/memory_limit": _MEMORY,
        "cloud_deployment/reasons": ITEMS, "environment_management/environments/*/purpose": TEXT,
        "environment_management/variables/*/description": TEXT, "monitoring": ITEMS, "backup_recovery": ITEMS,
    },
}  # fmt: skip
"""By stage and path; `*` is any item."""


def refusal(stage: str, place: str, why: str) -> Finding:
    """Return what the user is told of a proposal that was not taken over; it is no part of a score."""
    return Finding(
        stage=stage, metric="security", severity="major", title=_TITLE, evidence=f"{texts.shown(place)}: {why}"
    )


def view(stage: str, value: Json) -> Json:
    """Return the part of an artifact that may change, with the keys by which items are known."""
    found: Json = _pruned(value, OPEN[stage], ())
    return found


def _pruned(value: Any, rules: Mapping[str, Open], path: tuple[str, ...]) -> Any:
    if "/".join(path) in rules:
        return _bare(value)
    if isinstance(value, list):
        return [_pruned(item, rules, (*path, "*")) for item in value]
    if isinstance(value, dict):
        found = {k: _pruned(v, rules, (*path, k)) for k, v in value.items() if _leads(rules, (*path, k))}
        key = key_of(value) if path and path[-1] == "*" else None
        return {key: value[key], **found} if key and key not in found else found
    return value


def _bare(value: Any) -> Any:
    """Return a value without what is empty."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if v not in ("", None, [])}
    return value


def _leads(rules: Mapping[str, Open], path: tuple[str, ...]) -> bool:
    at = "/".join(path)
    return any(rule == at or rule.startswith(f"{at}/") for rule in rules)


def key_of(item: Json) -> str | None:
    """Return the key by which an item of a list is known; None when it has none."""
    return next((key for key in KEYS if isinstance(item.get(key), str | int)), None)


class Overlay:
    """Puts what a chat model proposes over an artifact, as far as it may.

    Args:
        stage: the stage's name.
        cites: the R-ids that there are.
        known: what the task and the drafts say.
    """

    def __init__(self, stage: str, cites: Collection[str], known: str) -> None:
        self.refused: list[Finding] = []
        self._stage = stage
        self._rules = OPEN[stage]
        self._cites = frozenset(cites)
        self._known = known

    def put(self, base: Json, shown: Json, proposed: Json) -> Json:
        """Return `base` with the permitted differences between `shown` and `proposed`.

        Args:
            base: the whole artifact.
            shown: the part of it that the chat model saw.
            proposed: what it made of that part.
        """
        merged: Json = self._put(base, shown, proposed, (), "")
        return merged

    def _refuse(self, place: str, why: str) -> None:
        self.refused.append(refusal(self._stage, place or "/", why))

    def _put(self, base: Any, shown: Any, proposed: Any, path: tuple[str, ...], place: str) -> Any:
        if proposed == shown:
            return base
        rule = self._rules.get("/".join(path))
        if rule is not None:
            return self._open(rule, base, shown, proposed, place)
        if isinstance(base, dict) and isinstance(shown, dict) and isinstance(proposed, dict):
            return self._dict(base, shown, proposed, path, place)
        if isinstance(base, list) and isinstance(shown, list) and isinstance(proposed, list):
            return self._list(base, shown, proposed, path, place)
        self._refuse(place, "follows from the domain model")
        return base

    def _dict(self, base: Json, shown: Json, proposed: Json, path: tuple[str, ...], place: str) -> Json:
        made = dict(base)
        for key, value in proposed.items():
            at = f"{place}/{key}"
            if key in shown:
                made[key] = self._put(base.get(key), shown[key], value, (*path, key), at)
            elif (rule := self._rules.get("/".join((*path, key)))) is not None:
                made[key] = self._open(rule, base.get(key), None, value, at)
            elif value not in ("", None, [], {}) and base.get(key) != value:
                self._refuse(at, "follows from the domain model")
        for key in shown:
            if key not in proposed and shown[key] not in ("", None, []):
                self._refuse(f"{place}/{key}", "cannot be left out")
        return made

    def _list(self, base: list[Any], shown: list[Any], proposed: list[Any], path: tuple[str, ...], place: str) -> Any:
        old, new = _keyed(shown), _keyed(proposed)
        made = []
        for item in base:
            key = _key(item)
            if key in old and key in new:
                made.append(self._put(item, old[key], new[key], (*path, "*"), f"{place}[{key[0]}={key[1]}]"))
                continue
            if key in old:
                self._refuse(f"{place}[{key[0]}={key[1]}]", "cannot be left out: it follows from the domain model")
            made.append(item)
        for key in new:
            if key not in old:
                self._refuse(f"{place}[{key[0]}={key[1]}]", "cannot be added: it does not follow from the domain model")
        return made

    def _open(self, rule: Open, base: Any, shown: Any, proposed: Any, place: str) -> Any:
        if rule.kind == "items":
            return self._items(base, shown or [], proposed, place)
        why = self._wrong(rule, proposed)
        if why:
            self._refuse(place, why)
            return base
        return proposed

    def _wrong(self, rule: Open, proposed: Any) -> str | None:
        if rule.kind == "number":
            fits = isinstance(proposed, int) and not isinstance(proposed, bool) and rule.low <= proposed <= rule.high
            return None if fits else f"must be a whole number from {rule.low:g} to {rule.high:g}"
        if not isinstance(proposed, str) or not proposed.strip():
            return "must be a text"
        if rule.kind == "amount":
            return None if re.fullmatch(rule.pattern, proposed, re.ASCII) else "is no amount in the form of the draft"
        return texts.fault(proposed, self._known)

    def _items(self, base: list[Any], shown: list[Any], proposed: Any, place: str) -> list[Any]:
        """Return a list of measures, flows or decisions: good items are taken, bad ones are what they were."""
        if not isinstance(proposed, list):
            self._refuse(place, "must be a list")
            return base
        before = {_key(item): item for item in base}
        whole = {_key(item): (item, old) for item, old in zip(base, shown, strict=False)}
        made: list[Any] = []
        for number, item in enumerate(proposed):
            key = _key(item)
            if key in whole and item in whole[key]:
                made.append(before[key])
                continue
            why = self._bad_item(item)
            if why is None and len(made) >= len(base) + _MORE:
                why = "is one too many"
            if why is None:
                made.append(item)
                continue
            self._refuse(f"{place}/{number}", why)
            if key in before:
                made.append(before[key])
        return self._with_lost(base, made, place)

    def _bad_item(self, item: Any) -> str | None:
        for key, text in _texts(item):
            if key == "cites":
                if text not in self._cites:
                    return f"cites {texts.shown(text)}, which is no requirement"
            elif why := texts.fault(text, self._known):
                return why
        return None

    def _with_lost(self, base: list[Any], made: list[Any], place: str) -> list[Any]:
        """Return the list with the items back whose requirements nothing in it cites any more."""
        cited = {cite for item in made for cite in _cites(item)}
        kept = list(made)
        for item in base:
            lost = [cite for cite in _cites(item) if cite not in cited]
            if lost and item not in kept:
                self._refuse(f"{place}[{'='.join(_key(item))}]", f"cannot be left out: it serves {', '.join(lost)}")
                kept.append(item)
                cited |= set(_cites(item))
        return kept


def _key(item: Any) -> tuple[str, str]:
    key = key_of(item) if isinstance(item, dict) else None
    return (key, str(item[key])) if key else ("", str(item))


def _keyed(items: Sequence[Any]) -> dict[tuple[str, str], Any]:
    return {_key(item): item for item in items}


def _cites(item: Any) -> list[str]:
    return [c for c in item.get("cites", []) if isinstance(c, str)] if isinstance(item, dict) else []


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, str(name))
