"""Making, reading, changing and deleting rows."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Endpoint, Property
from backend_agent.artifacts.domain import Relation
from backend_agent.codegen.project_tests import samples
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject


def cases(s: Subject) -> Iterator[Case]:
    """Yield the tests of the five operations on one entity."""
    yield from _create(s)
    yield from _update(s)
    yield from _delete(s)
    yield from _last_part(s)
    yield from _unknown(s)
    yield from _tree(s)


def change(s: Subject, endpoint: Endpoint | None, index: int = 1) -> str:
    """Return source of a body that changes one property (none when there is none), without the version."""
    fields = s.writable(s.role_for(endpoint)) if endpoint else []
    return f', "{s.wire(fields[0].name)}": {s.value(fields[0], index)}' if fields else ""


def _create(s: Subject) -> Iterator[Case]:
    read = s.endpoint("read")
    hidden = [s.wire(p.name) for p in s.parts]
    yield s.case(
        f"test_create_{s.snake}",
        f"A new {s.title} keeps all that was sent and can be read back",
        "create",
        cites=s.cites(s.spec, s.create),
        hidden=hidden,
        read=read,
    )
    optional = [p for p in s.plain if not p.required and not p.many]
    if optional and s.create_model:
        yield s.case(
            f"test_create_{s.snake}_with_required_values_only",
            f"What a new {s.title} leaves out gets its default",
            "defaults",
            cites=s.field_cites([p.field or "" for p in optional]),
            required=[s.wire(p.name) for p in s.create_model if p.required],
            defaults={s.wire(p.name): samples.literal(_default(p)) for p in optional},
        )


def _default(prop: Property) -> str | int | float | bool | None:
    """Return a default as it is read on the wire."""
    if prop.type == "decimal" and prop.default is not None:
        return f"{float(prop.default):.{2 if prop.scale is None else prop.scale}f}"
    return prop.default


def _update(s: Subject) -> Iterator[Case]:
    update = s.endpoint("update")
    if update is None or not change(s, update):
        return
    links = [
        (p, s.suite.subject(r.target))
        for p in s.update_model
        if p.many and (r := s.relation(p.field)) and s.suite.has(r.target) and not s.suite.subject(r.target).takes_owner
    ]
    yield s.case(
        f"test_update_{s.snake}",
        "An update changes what was sent, keeps the rest and counts the version up",
        "update",
        cites=s.cites(update),
        update=update,
        changes=[(s.wire(p.name), s.value(p, 1)) for p in s.writable(s.role_for(update))],
        links=[(s.wire(p.name), f"[({target.make()}).id]") for p, target in links],
    )
    yield s.case(
        f"test_update_{s.snake}_with_an_old_version",
        f"An update of {s.one} that somebody else has changed since it was read is refused",
        "old_version",
        cites=s.cites(update),
        update=update,
        change=change(s, update),
    )


def _delete(s: Subject) -> Iterator[Case]:
    delete, read = s.endpoint("delete"), s.endpoint("read")
    if delete is None:
        return
    if read:
        yield s.case(
            f"test_delete_{s.snake}",
            f"A deleted {s.title} is gone",
            "delete",
            cites=s.cites(delete),
            delete=delete,
            read=read,
        )
    for child, relation in _restricting(s):
        yield s.case(
            f"test_delete_{s.snake}_in_use_by_{child.snake}",
            f"{s.one.capitalize()} that {child.one} refers to stays",
            "in_use",
            cites=s.cites(relation, delete),
            delete=delete,
            child=child,
            given=_reference(s, child, relation),
        )


def _last_part(s: Subject) -> Iterator[Case]:
    relation, delete, listing = s.parent_relation, s.endpoint("delete"), s.endpoint("list")
    if s.parent and relation and delete and listing and relation.min_items == 1:
        yield s.case(
            f"test_last_{s.snake}_of_{s.parent.snake}_stays",
            f"{s.parent.one.capitalize()} keeps at least one {s.title}",
            "last_part",
            cites=s.cites(relation),
            delete=delete,
            listing=listing,
        )


def _restricting(s: Subject) -> Iterator[tuple[Subject, Relation]]:
    for relation in s.suite.domain.relations_to(s.name):
        required = not relation.optional and not relation.owned and relation.cardinality != "many_to_many"
        if required and s.suite.has(relation.source) and s.suite.subject(relation.source).settable(relation.name):
            yield s.suite.subject(relation.source), relation


def _reference(s: Subject, child: Subject, relation: Relation) -> str:
    """Source of arguments for the factory of `child` that make it refer to the row of `s`."""
    prop = child.settable(relation.name)
    name = child.wire(prop.name) if prop else ""
    same = child.takes_owner and s.takes_owner and child.owner_role == s.owner_role
    owner = f"{s.variable}.owner, " if same else ""
    return f"{owner}{name}={s.variable}.id"


def _unknown(s: Subject) -> Iterator[Case]:
    wanted = [e for k in ("read", "update", "delete") if (e := s.endpoint(k))]
    listing = s.endpoint("list")
    if s.parent and listing:
        wanted.append(listing)
    calls = [
        (e.method, s.role_for(e), s.unknown(e), '{"version": 1}' if e.kind == "update" else "None") for e in wanted
    ]
    calls += [(e.method, s.role_for(e), s.unknown(e), "None") for e in s.transitions]
    if calls:
        yield s.case(
            f"test_unknown_{s.snake}",
            f"An id that no {s.title} has is answered with 404",
            "unknown",
            cites=s.cites(s.spec),
            calls=calls,
        )
    read = s.endpoint("read")
    if s.parent and read:
        yield s.case(
            f"test_{s.snake}_under_another_{s.parent.snake}",
            f"{s.one.capitalize()} is found under its own {s.parent.title} only",
            "other_parent",
            cites=s.cites(s.parent_relation),
            read=read,
        )


def _tree(s: Subject) -> Iterator[Case]:
    update = s.endpoint("update")
    for relation in s.relations:
        prop = s.settable(relation.name)
        if relation.is_tree and update and prop and any(p.field == relation.name for p in s.update_model):
            yield s.case(
                f"test_{s.snake}_is_not_below_itself",
                f"No {s.title} becomes its own {relation.name} or that of {s.one} above it",
                "tree",
                cites=s.cites(relation),
                update=update,
                name=s.wire(prop.name),
            )
