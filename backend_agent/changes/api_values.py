"""ApiChange, and what changes about the values that callers send: stricter bounds break, looser ones do not."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Endpoint, Parameter, Property
from backend_agent.artifacts.base import Artifact

_LOWER = {"minimum": "at least", "min_length": "characters at least", "min_items": "items at least"}
_UPPER = {
    "maximum": "at most",
    "max_length": "characters at most",
    "max_items": "items at most",
    "scale": "digits after the point",
}


class ApiChange(Artifact):
    """One change that callers of the API can notice."""

    kind: str
    """Such as `endpoint_removed`."""
    where: str
    """`GET /books`, `BookCreate.title`, or the role or list that it is about."""
    what: str
    breaking: bool
    """Whether callers of the old version fail, or are answered something that they do not expect."""
    reason: str


def parameter_changes(where: str, old: Endpoint, new: Endpoint) -> Iterator[ApiChange]:
    """Yield the changes of query parameters; those of the path are part of it."""
    before, after = ({p.name: p for p in e.parameters if p.location == "query"} for e in (old, new))
    for name, parameter in after.items():
        if name not in before:
            reason = "calls without it are refused" if parameter.required else "it may be left out"
            yield ApiChange(
                kind="parameter_added",
                where=f"{where} ?{name}",
                what="added, required" if parameter.required else "added",
                breaking=parameter.required,
                reason=reason,
            )
    for name, parameter in before.items():
        if name not in after:
            reason = "callers who send it get another list, or a refusal"
            yield ApiChange(
                kind="parameter_removed", where=f"{where} ?{name}", what="removed", breaking=True, reason=reason
            )
        else:
            yield from _parameter(f"{where} ?{name}", parameter, after[name])


def _parameter(where: str, old: Parameter, new: Parameter) -> Iterator[ApiChange]:
    if old.type != new.type:
        wider = new.type == "string" or (old.type, new.type) == ("integer", "decimal")
        reason = "values of the former type are still taken" if wider else "values of the former type are refused"
        told = f"{old.type} -> {new.type}"
        yield ApiChange(kind="type_changed", where=where, what=told, breaking=not wider, reason=reason)
    if old.required != new.required:
        told = "required now" if new.required else "optional now"
        reason = "calls without it are refused" if new.required else "it may still be sent"
        kind = "became_required" if new.required else "became_optional"
        yield ApiChange(kind=kind, where=where, what=told, breaking=new.required, reason=reason)
    if old.default != new.default:
        reason = "callers who leave it out get something else"
        told = f"default {old.default} -> {new.default}"
        yield ApiChange(kind="default_changed", where=where, what=told, breaking=True, reason=reason)
    yield from limits(where, old, new)


def limits(where: str, old: Parameter | Property, new: Parameter | Property) -> Iterator[ApiChange]:
    """Yield the changes of bounds, patterns and lists of values that callers must keep to."""
    for name, words in _LOWER.items():
        was, now = getattr(old, name, None), getattr(new, name, None)
        if was != now:
            yield _bound(
                where, words, was, now, stricter=(now or 0) > (was or 0) if name != "minimum" else _above(was, now)
            )
    for name, words in _UPPER.items():
        was, now = getattr(old, name, None), getattr(new, name, None)
        if was != now and not (name == "scale" and None in (was, now)):
            yield _bound(where, words, was, now, stricter=now is not None and (was is None or now < was))
    exclusive = getattr(old, "exclusive_minimum", False), getattr(new, "exclusive_minimum", False)
    if exclusive[0] != exclusive[1] and old.minimum == new.minimum:
        yield _bound(where, "bound itself", *("refused" if e else "allowed" for e in exclusive), stricter=exclusive[1])
    pattern = getattr(old, "pattern", None), getattr(new, "pattern", None)
    if pattern[0] != pattern[1]:
        yield _bound(where, "pattern", *pattern, stricter=pattern[1] is not None)
    yield from _values(where, old.values, new.values)


def _above(was: float | None, now: float | None) -> bool:
    return now is not None and (was is None or now > was)


def _bound(where: str, words: str, was: object, now: object, *, stricter: bool) -> ApiChange:
    return ApiChange(
        kind="stricter" if stricter else "looser",
        where=where,
        what=f"{words}: {'any' if was is None else was} -> {'any' if now is None else now}",
        breaking=stricter,
        reason="values that were taken are refused" if stricter else "every former value is still taken",
    )


def _values(where: str, old: list[str], new: list[str]) -> Iterator[ApiChange]:
    made, gone = [v for v in new if v not in old], [v for v in old if v not in new]
    if gone and new:
        reason = "callers who send it are refused"
        yield ApiChange(kind="value_removed", where=where, what=", ".join(gone), breaking=True, reason=reason)
    if made and old:
        reason = "nobody sends it yet"
        yield ApiChange(kind="value_added", where=where, what=", ".join(made), breaking=False, reason=reason)
