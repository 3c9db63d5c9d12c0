"""Bodies that break one constraint each."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Property
from backend_agent.artifacts.rules import RangeRule
from backend_agent.codegen.project_tests import factories, samples
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject

SERVER_SET = ("id", "created_at")


def cases(s: Subject) -> Iterator[Case]:
    """Yield the tests of what one entity's bodies may not hold."""
    yield from _create(s)
    yield from _update(s)
    yield from _references(s)
    yield from _part_references(s)
    yield from _order(s)


def _create(s: Subject) -> Iterator[Case]:
    fields = [p.field or "" for p in s.create_model]
    wrong = [f for p in s.create_model if p.field not in s.restricted for f in samples.faults(p)]
    if wrong:
        yield s.case(
            f"test_create_{s.snake}_refuses",
            f"Each value that {s.one} may not have is refused, and the answer names it",
            "refused_values",
            kind="unit",
            cites=s.field_cites(fields),
            faults=[(s.wire(f.property), f.source, f.name) for f in wrong],
            references=[(s.wire(p.name), "[UNKNOWN]" if p.many else "UNKNOWN") for p, _ in s.references if p.required],
        )
    required = [s.wire(p.name) for p in s.create_model if p.required]
    if required:
        yield s.case(
            f"test_create_{s.snake}_needs",
            f"{s.one.capitalize()} is not made without a value that it must have",
            "missing_values",
            kind="unit",
            cites=s.field_cites([p.field or "" for p in s.create_model if p.required]),
            required=required,
        )
    sent = {p.name for p in s.create_model}
    own = [f.name for f in s.spec.fields if f.server_set]
    owner = [f"{name}_id" for name in s.owner_path[:1] if s.takes_owner]
    closed = [name for name in (*SERVER_SET, *own, *owner) if name not in sent]
    if s.create.request is None:
        return
    yield s.case(
        f"test_create_{s.snake}_refuses_what_the_service_sets",
        f"What the service sets of {s.one} cannot be sent",
        "closed_values",
        kind="security",
        cites=s.field_cites(own),
        names=[s.wire(name) for name in closed],
    )


def _update(s: Subject) -> Iterator[Case]:
    update = s.endpoint("update")
    if update is None or not s.update_model:
        return
    first: list[samples.Fault] = []
    for prop in s.writable(s.role_for(update)):
        first += list(samples.faults(prop))[-1:]
    faults = [(s.wire(f.property), f.source, f.name) for f in first]
    yield s.case(
        f"test_update_{s.snake}_refuses",
        f"An update of {s.one} holds the version that was read, and its values keep to the same limits",
        "refused_changes",
        kind="unit",
        cites=s.field_cites([p.field or "" for p in s.update_model]),
        update=update,
        faults=[*faults, ("version", "None", "version-null")],
    )


def _references(s: Subject) -> Iterator[Case]:
    found = [(p, r) for p, r in s.references if p.field not in s.restricted]
    if found:
        yield s.case(
            f"test_create_{s.snake}_refers_to_rows_that_exist",
            f"{s.one.capitalize()} is not made with the id of something that does not exist",
            "unknown_references",
            cites=[c for _, r in found for c in s.cites(r)],
            names=[(s.wire(p.name), "[UNKNOWN]" if p.many else "UNKNOWN") for p, _ in found],
        )


def _part_references(s: Subject) -> Iterator[Case]:
    for prop in s.parts:
        child = s.part_of(prop)
        if child is None or prop.model is None:
            continue
        source = factories.part(s, prop, unknown=True)
        if "UNKNOWN" in source:
            yield s.case(
                f"test_create_{s.snake}_with_{prop.name}_of_nothing",
                f"{s.one.capitalize()} is not made with {child.titles} of something that does not exist",
                "part_references",
                cites=s.cites(child.parent_relation),
                name=s.wire(prop.name),
                part=source,
            )


def _order(s: Subject) -> Iterator[Case]:
    for rule in s.rules:
        if not isinstance(rule, RangeRule) or not rule.after:
            continue
        later, earlier = s.settable(rule.field), s.settable(rule.after)
        if later and earlier:
            update = s.endpoint("update")
            yield s.case(
                f"test_{s.snake}_{rule.field}_is_after_{rule.after}",
                f"The {_words(later)} of {s.one} comes after its {_words(earlier)}",
                "order_of_values",
                cites=rule.cites,
                update=update if any(p.name == later.name for p in s.update_model) else None,
                later=s.wire(later.name),
                earlier=s.wire(earlier.name),
            )


def _words(prop: Property) -> str:
    return prop.name.replace("_", " ")
