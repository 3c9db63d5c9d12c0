"""What changes in the data that callers send and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from backend_agent.artifacts.api import APISpecification, DataModel, Endpoint, Property
from backend_agent.changes.api_values import ApiChange, limits

Direction = Literal["request", "answer"]
_WIDER = {
    ("integer", "decimal"), ("string", "text"), ("text", "string"), *((t, s) for t in ("email", "url", "phone", "enum",
    "uuid", "date", "time", "datetime") for s in ("string", "text")),
}  # fmt: skip
"""Types of which the second takes every value of the first, as JSON shows them."""
Limited = dict[str, float | None]


def model_changes(
    old: APISpecification, new: APISpecification, pairs: Sequence[tuple[Endpoint, Endpoint]]
) -> Iterator[ApiChange]:
    """Yield the changes of every data model that endpoints of both versions send or answer, each once."""
    before, after = ({m.name: m for m in api.data_models} for api in (old, new))
    waiting: list[tuple[str, str, Direction]] = []
    for was, now in pairs:
        waiting += [(was.request, now.request, "request")] if was.request and now.request else []
        waiting += [(was.response, now.response, "answer")] if was.response and now.response else []
    seen: set[tuple[str, str, Direction]] = set()
    while waiting:
        step = waiting.pop(0)
        one, other, direction = step
        if step in seen or one not in before or other not in after:
            continue
        seen.add(step)
        yield from _model(before[one], after[other], direction)
        known = {p.name: p for p in after[other].properties}
        for prop in before[one].properties:
            same = known.get(prop.name)
            if prop.model and same is not None and same.model:
                waiting.append((prop.model, same.model, direction))


def _model(old: DataModel, new: DataModel, direction: Direction) -> Iterator[ApiChange]:
    before, after = {p.name: p for p in old.properties}, {p.name: p for p in new.properties}
    for name, prop in after.items():
        if name not in before:
            yield _added(new.name, prop, direction)
    for name, prop in before.items():
        where = f"{new.name}.{name}"
        if name not in after:
            reason = "callers who send it are refused" if direction == "request" else "callers read what is not there"
            yield ApiChange(kind="property_removed", where=where, what="removed", breaking=True, reason=reason)
        elif direction == "request":
            yield from _sent(where, prop, after[name])
        else:
            yield from _read(where, prop, after[name])


def _added(model: str, prop: Property, direction: Direction) -> ApiChange:
    needed = direction == "request" and prop.required
    if direction == "answer":
        reason = "callers pass over what they do not know"
    else:
        reason = "payloads without it are refused" if needed else "it may be left out"
    told = f"added, {'required' if prop.required else 'optional'}" if direction == "request" else "added"
    return ApiChange(kind="property_added", where=f"{model}.{prop.name}", what=told, breaking=needed, reason=reason)


def _type(prop: Property) -> str:
    return f"list of {prop.type}" if prop.many else prop.type


def _wider(old: Property, new: Property) -> bool:
    """Return whether the new type takes every value of the old one."""
    return old.many == new.many and (old.type == new.type or (old.type, new.type) in _WIDER)


def _sent(where: str, old: Property, new: Property) -> Iterator[ApiChange]:
    """Yield changes of a property that callers send: stricter breaks, looser does not."""
    if _type(old) != _type(new):
        breaking = not _wider(old, new)
        reason = "values of the former type are refused" if breaking else "values of the former type are still taken"
        yield ApiChange(
            kind="type_changed", where=where, what=f"{_type(old)} -> {_type(new)}", breaking=breaking, reason=reason
        )
    if old.required != new.required:
        kind, told = ("required", "required now") if new.required else ("optional", "optional now")
        reason = "payloads without it are refused" if new.required else "it may still be sent"
        yield ApiChange(kind=f"became_{kind}", where=where, what=told, breaking=new.required, reason=reason)
    if old.nullable != new.nullable:
        told = "may be null now" if new.nullable else "may not be null any more"
        reason = "values are still taken" if new.nullable else "null is refused"
        yield ApiChange(kind="null_changed", where=where, what=told, breaking=not new.nullable, reason=reason)
    if old.default != new.default:
        reason = "callers who leave it out get something else"
        told = f"default {old.default} -> {new.default}"
        yield ApiChange(kind="default_changed", where=where, what=told, breaking=old.default is not None, reason=reason)
    yield from limits(where, old, new)


def _read(where: str, old: Property, new: Property) -> Iterator[ApiChange]:
    """Yield changes of a property that callers read: what they are not prepared for breaks."""
    if _type(old) != _type(new):
        breaking = not _wider(new, old)
        reason = "callers read values of another type" if breaking else "every value has the former type too"
        yield ApiChange(
            kind="type_changed", where=where, what=f"{_type(old)} -> {_type(new)}", breaking=breaking, reason=reason
        )
    if old.required and not new.required:
        reason = "callers rely on it"
        yield ApiChange(kind="became_optional", where=where, what="may be missing now", breaking=True, reason=reason)
    if old.nullable != new.nullable:
        told = "may be null now" if new.nullable else "is never null now"
        reason = "callers do not expect null" if new.nullable else "callers are prepared for more"
        yield ApiChange(kind="null_changed", where=where, what=told, breaking=new.nullable, reason=reason)
    made, gone = [v for v in new.values if v not in old.values], [v for v in old.values if v not in new.values]
    if made and old.values:
        reason = "callers do not know the value"
        yield ApiChange(kind="value_added", where=where, what=", ".join(made), breaking=True, reason=reason)
    if gone and new.values:
        reason = "callers are prepared for more"
        yield ApiChange(kind="value_removed", where=where, what=", ".join(gone), breaking=False, reason=reason)
