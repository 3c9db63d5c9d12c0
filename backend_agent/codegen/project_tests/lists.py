"""Lists: pages, filters, order, search, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend_agent import names
from backend_agent.artifacts import queries
from backend_agent.artifacts.api import Endpoint, Parameter, Property
from backend_agent.artifacts.rules import FilterRule, LifecycleRule, SearchRule, SortRule
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject

NEEDLE = "zebra"
ROWS = 3


def cases(s: Subject) -> Iterator[Case]:
    """Yield the tests of one entity's list."""
    listing = s.endpoint("list")
    if listing is None or (s.single and not listing.access.roles):
        return
    yield from _pages(s, listing)
    yield from _filters(s, listing)
    yield from _sorts(s, listing)
    yield from _searches(s, listing)
    yield s.case(
        f"test_list_{s.plural}_costs_the_same_for_more_rows",
        f"A list of {s.titles} takes as many statements for many rows as for one",
        "cost",
        kind="performance",
        cites=s.cites(listing),
    )


def _pages(s: Subject, listing: Endpoint) -> Iterator[Case]:
    order = _parameter(listing, "sort")
    newest = order is None or order.default in (None, f"-{s.wire('created_at')}") or _stamped(s, str(order.default))
    yield s.case(
        f"test_list_{s.plural}_page_by_page",
        f"Going through the pages of a list of {s.titles} shows each row once, in order",
        "pages",
        cites=s.cites(listing),
        newest=newest,
        rows=ROWS,
    )
    wrong = ['{"limit": 0, "offset": -1}' if _parameter(listing, "offset") else '{"limit": 0}']
    wrong += ['{"limit": 101, "sort": "surprise"}' if order else '{"limit": 101}']
    wrong += [] if _parameter(listing, "offset") else ['{"cursor": "no-cursor"}']
    yield s.case(
        f"test_list_{s.plural}_refuses_bad_parameters",
        f"A list of {s.titles} is bounded, and asked for in known terms only",
        "bad_parameters",
        kind="unit",
        cites=s.cites(listing),
        wrong=wrong,
        role=s.role_for(listing),
    )


def _stamped(s: Subject, default: str) -> bool:
    """Whether a default order is newest first by a time stamp that the service sets."""
    field = names.snake(default)
    stamps = [f.name for f in s.spec.fields if f.server_set and f.type == "datetime"]
    return default.startswith("-") and field in stamps


def _parameter(listing: Endpoint, purpose: str) -> Parameter | None:
    return next((p for p in listing.parameters if p.purpose == purpose), None)


def _rule_cites(s: Subject, kind: type[FilterRule | SortRule | SearchRule], field: str) -> list[str]:
    found = [c for r in s.rules if isinstance(r, kind) and field in r.fields for c in r.cites]
    return found or s.field_cites([field])


def _filters(s: Subject, listing: Endpoint) -> Iterator[Case]:
    plain: list[tuple[str, str, str, str]] = []
    cites: list[str] = []
    for parameter in [p for p in listing.parameters if p.purpose == "filter" and p.field]:
        field = parameter.field or ""
        prop = s.settable(field)
        mine = _rule_cites(s, FilterRule, field)
        lifecycle = next((r for r in s.rules if isinstance(r, LifecycleRule) and r.field == field), None)
        if lifecycle:
            other = next((v for v in s.spec.field(field).values if v != lifecycle.initial), None)
            if other:
                yield s.case(
                    f"test_list_{s.plural}_by_{field}",
                    f"A list of {s.titles} can be narrowed by {field.replace('_', ' ')}",
                    "filter_by_state",
                    cites=mine,
                    parameter=parameter.name,
                    column=field,
                    state=other,
                )
        elif prop and s.is_plain(prop) and not prop.many:
            if s.value(prop, 0) != s.value(prop, 1):
                plain.append((parameter.name, s.wire(prop.name), s.value(prop, 0), s.value(prop, 1)))
                cites += mine
        elif prop and field not in s.restricted and not (s.takes_owner and [field] == s.owner_path):
            yield from _by_reference(s, parameter, prop, mine)
        elif s.takes_owner and [field] == s.owner_path and s.oversees(listing):
            shown = next((p for p in s.read_model if p.field == field), None)
            if shown:
                yield s.case(
                    f"test_list_{s.plural}_by_{field}",
                    f"A list of {s.titles} can be narrowed to those of one {field.replace('_', ' ')}",
                    "filter_by_owner",
                    cites=mine,
                    parameter=parameter.name,
                    name=s.wire(shown.name),
                )
    if plain:
        yield s.case(
            f"test_list_{s.plural}_filtered",
            f"A list of {s.titles} can be narrowed to exact values",
            "filters",
            cites=cites,
            filters=plain,
        )


def _by_reference(s: Subject, parameter: Parameter, prop: Property, cites: list[str]) -> Iterator[Case]:
    relation = s.relation(parameter.field)
    if relation is None or not s.suite.has(relation.target):
        return
    target = s.suite.subject(relation.target)
    owned = _owner_of_target(s, target)
    yield s.case(
        f"test_list_{s.plural}_by_{relation.name}",
        f"A list of {s.titles} can be narrowed to one {target.title}",
        "filter_by_reference",
        cites=cites,
        parameter=parameter.name,
        name=s.wire(prop.name),
        target=target.make(owned),
        many=prop.many,
    )


def _owner_of_target(s: Subject, target: Subject) -> str:
    """Return the variable of the account whose row the target must be; empty: any will do, so it gets its own."""
    same = target.takes_owner and s.takes_owner and target.owner_role == s.owner_role and bool(s.group)
    return "owner" if same and (target.closed or not target.single) else ""


def _sorts(s: Subject, listing: Endpoint) -> Iterator[Case]:
    order = _parameter(listing, "sort")
    if order is None:
        return
    orders: list[tuple[str, str]] = []
    cites: list[str] = []
    for value in [v for v in order.values if not v.startswith("-")]:
        prop = next((p for p in s.plain if s.wire(p.name) == value), None)
        if prop is None or prop.many:
            continue
        values = list(dict.fromkeys(s.value(prop, i) for i in range(ROWS)))
        orders.append((value, f"[{', '.join(values)}]"))
        cites += _rule_cites(s, SortRule, prop.field or "")
    if orders:
        yield s.case(
            f"test_list_{s.plural}_sorted",
            f"A list of {s.titles} can be sorted, up and down",
            "sorts",
            cites=cites,
            orders=orders,
        )
    default = next((p for p in s.plain if s.wire(p.name) == str(order.default).lstrip("-")), None)
    if default and not default.many:
        values = [s.value(default, i) for i in range(ROWS)]
        yield s.case(
            f"test_list_{s.plural}_default_order",
            f"A list of {s.titles} that asks for no order is sorted by {default.name.replace('_', ' ')}",
            "default_order",
            cites=_rule_cites(s, SortRule, default.field or ""),
            name=s.wire(default.name),
            values=values,
            descending=str(order.default).startswith("-"),
        )


def _searches(s: Subject, listing: Endpoint) -> Iterator[Case]:
    parameter = _parameter(listing, "search")
    if parameter is None:
        return
    open_paths = queries.search_fields(s.suite.domain, s.name)
    for rule in [r for r in s.rules if isinstance(r, SearchRule) and set(r.fields) & set(open_paths)]:
        for path in [p for p in rule.fields if p in open_paths]:
            setup = _search_setup(s, path)
            if setup:
                yield s.case(
                    f"test_search_{s.plural}_by_{path.replace('.', '_')}",
                    f"A search finds {s.titles} by {path.replace('.', ' ').replace('_', ' ')}, and no others",
                    "search",
                    cites=rule.cites,
                    parameter=parameter.name,
                    **({"profile": "", **setup}),
                )
        yield s.case(
            f"test_search_{s.plural}_takes_wildcards_as_they_are",
            f"A percent sign in a search for {s.titles} means itself",
            "search_wildcard",
            kind="security",
            cites=rule.cites,
            parameter=parameter.name,
        )


def _needle(prop: Property | None) -> tuple[str, str] | None:
    """Return a value to be found and the word that finds it, as source."""
    if prop is None or prop.many:
        return None
    if prop.pattern:
        value = samples.value(prop, 1)
        return samples.literal(value), samples.literal(value)
    long, short = f"{NEEDLE.capitalize()} stripes", NEEDLE.capitalize()
    room = 200 if prop.max_length is None else prop.max_length
    if prop.type in ("email", "url") or room < len(short):
        value = samples.value(prop, 1)
        return samples.literal(value), samples.literal(value)
    return samples.literal(long if room >= len(long) else short), samples.literal(NEEDLE)


def _search_setup(s: Subject, path: str) -> dict[str, Any] | None:
    first, _, field = path.partition(".")
    if not field:
        prop = s.settable(first)
        needle = _needle(prop)
        return (
            {"given": f"{s.wire(prop.name)}={needle[0]}", "target": "", "word": needle[1]} if prop and needle else None
        )
    relation, prop = s.relation(first), s.settable(first)
    if relation is None or not s.suite.has(relation.target):
        return None
    target = s.suite.subject(relation.target)
    found = target.settable(field)
    needle = _needle(found)
    if found is None or needle is None:
        return None
    if prop is None:
        mine = s.takes_owner and [first] == s.owner_path and target.is_profile and target.made_by_owner
        profile = target.make("owner", f"{target.wire(found.name)}={needle[0]}")
        return {"profile": profile, "account": target.new_owner, "word": needle[1]} if mine else None
    owner = _owner_of_target(s, target)
    name = s.wire(prop.name)
    return {
        "target": target.make(owner, f"{target.wire(found.name)}={needle[0]}"),
        "given": f"{name}=[target.id]" if prop.many else f"{name}=target.id",
        "word": needle[1],
    }
