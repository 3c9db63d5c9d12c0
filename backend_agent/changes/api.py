"""What changes for callers of an API from one version to the next, and what of it breaks them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend_agent.artifacts.api import APISpecification, Endpoint
from backend_agent.changes.api_access import access_changes
from backend_agent.changes.api_models import model_changes
from backend_agent.changes.api_values import ApiChange, parameter_changes

__all__ = ["ApiChange", "api_changes"]


def api_changes(old: APISpecification, new: APISpecification) -> list[ApiChange]:
    """Return what callers notice, each classed as breaking or not, with the reason; the breaking first."""
    found = list(_whole(old, new))
    pairs, gone, made = _matched(old.endpoints, new.endpoints)
    found += [_breaks("endpoint_removed", _name(e), "removed", "calls are answered with 404 or 405") for e in gone]
    found += [_fine("endpoint_added", _name(e), "added", "nobody calls it yet") for e in made]
    for before, after in pairs:
        found += _endpoint(before, after)
    found += model_changes(old, new, pairs)
    return sorted(dict.fromkeys(found), key=lambda c: not c.breaking)


def _whole(old: APISpecification, new: APISpecification) -> Iterator[ApiChange]:
    """Yield changes of what holds for every endpoint."""
    if old.base_url != new.base_url:
        told = f"{old.base_url} -> {new.base_url}"
        yield _breaks("base_url_changed", "the API", told, "no path is where it was")
    if old.naming != new.naming:
        yield _breaks("naming_changed", "the API", f"{old.naming} -> {new.naming}", "properties have other names")
    if old.pagination != new.pagination:
        yield _breaks(
            "pagination_changed", "lists", f"{old.pagination} -> {new.pagination}", "pages are asked for otherwise"
        )
    if old.authentication.scheme != new.authentication.scheme:
        yield _breaks("authentication_changed", "the API", "another scheme", "tokens are not accepted any more")
    limits = {limit.scope: limit for limit in old.rate_limiting}
    for limit in new.rate_limiting:
        before = limits.get(limit.scope)
        rate = limit.requests / limit.seconds
        told = f"{limit.requests} requests in {limit.seconds} s"
        if before is None:
            yield _breaks("rate_limit_added", limit.scope, told, "callers are refused where they were not")
        elif rate < before.requests / before.seconds:
            yield _breaks("rate_limit_lowered", limit.scope, told, "callers are refused sooner")
        elif rate > before.requests / before.seconds:
            yield _fine("rate_limit_raised", limit.scope, told, "callers may do more")


def _matched(
    old: list[Endpoint], new: list[Endpoint]
) -> tuple[list[tuple[Endpoint, Endpoint]], list[Endpoint], list[Endpoint]]:
    """Return endpoints of both versions that are the same: by method and path, else by their operation id."""
    here = {(e.method, _path(e)): e for e in new}
    pairs = [(e, here[e.method, _path(e)]) for e in old if (e.method, _path(e)) in here]
    taken_old, taken_new = {e.operation_id for e, _ in pairs}, {e.operation_id for _, e in pairs}
    named = {e.operation_id: e for e in new if e.operation_id not in taken_new}
    moved = [(e, named[e.operation_id]) for e in old if e.operation_id not in taken_old and e.operation_id in named]
    pairs += moved
    taken_old |= {e.operation_id for e, _ in moved}
    taken_new |= {e.operation_id for _, e in moved}
    gone = [e for e in old if e.operation_id not in taken_old]
    return pairs, gone, [e for e in new if e.operation_id not in taken_new]


def _path(endpoint: Endpoint) -> str:
    """Return the path as callers see it: what a parameter is called is not part of it."""
    return re.sub(r"\{\w+\}", "{}", endpoint.path)


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _endpoint(old: Endpoint, new: Endpoint) -> Iterator[ApiChange]:
    where = _name(new)
    if old.method != new.method:
        yield _breaks("method_changed", where, f"{old.method} -> {new.method}", "calls are answered with 405")
    if _path(old) != _path(new):
        yield _breaks("path_changed", where, f"{old.path} -> {new.path}", "calls are answered with 404")
    if old.operation_id != new.operation_id:
        told = f"{old.operation_id} -> {new.operation_id}"
        yield _fine("operation_renamed", where, told, "requests stay; generated clients name the call otherwise")
    if old.status != new.status:
        yield _breaks("status_changed", where, f"{old.status} -> {new.status}", "callers expect the former status")
    for status in sorted(set(new.errors) - set(old.errors)):
        yield _fine("problem_added", where, f"may answer {status}", "problems all have one form")
    for status in sorted(set(old.errors) - set(new.errors)):
        yield _fine("problem_removed", where, f"never answers {status}", "nobody needs a problem")
    if old.request is None and new.request is not None:
        yield _breaks("body_added", where, f"wants a body ({new.request})", "calls without one are refused")
    if old.request is not None and new.request is None:
        yield _breaks("body_removed", where, f"takes no body ({old.request})", "what callers send is not read")
    if old.response is not None and new.response is None:
        yield _breaks(
            "answer_removed", where, f"answers without {old.response}", "callers read a body that is not there"
        )
    if old.response is None and new.response is not None:
        yield _fine("answer_added", where, f"answers {new.response}", "nobody reads it yet")
    yield from access_changes(where, old.access, new.access)
    yield from parameter_changes(where, old, new)


def _breaks(kind: str, where: str, what: str, reason: str) -> ApiChange:
    return ApiChange(kind=kind, where=where, what=what, breaking=True, reason=reason)


def _fine(kind: str, where: str, what: str, reason: str) -> ApiChange:
    return ApiChange(kind=kind, where=where, what=what, breaking=False, reason=reason)
