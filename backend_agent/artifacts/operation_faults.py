"""What is wrong with a custom operation, one line a fault. One that has any gets neither code nor an endpoint."""

from __future__ import annotations

import ast
import keyword
import re
from collections import Counter
from collections.abc import Iterator

from backend_agent import names, syntax
from backend_agent.artifacts import access
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.columns import stored_fields
from backend_agent.artifacts.domain import DomainModel, FieldSpec, Relation
from backend_agent.artifacts.operation_access import callers
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.artifacts.rules import LifecycleRule, ToggleRule

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TAKEN_NAMES = frozenset(
    """register login refresh logout me auth users user audit health healthz readyz base work security settings
    encryption operations app shared metrics tokens passwords""".split()
)
_TAKEN_PARAMETERS = names.RESERVED_FIELDS | {
    "now", "caller", "outcome", "repositories", "types", "service", "body", "owner_id", "refusal", "change", "new",
}  # fmt: skip
_ENDINGS = ("", "Service", "Request", "Result", "Done", "Outcome")
"""What an operation's classes are called: its own name with one of these behind it."""


def faults(domain: DomainModel, operation: CustomOperation) -> list[str]:
    """Return what is wrong with an operation, in plain words; empty: code can be made of it."""
    found = [*names_that_clash(domain, operation), *dangling(domain, operation)]
    return [*found, *forbidden(domain, operation), *unasked(domain, operation), *unreadable(operation)]


def written(domain: DomainModel) -> list[CustomOperation]:
    """Return the operations that become code and an endpoint: those with a body and without a fault."""
    return [o for o in domain.operations if o.body.strip() and not faults(domain, o)]


# --- names ------------------------------------------------------------------------------------------------------------


def names_that_clash(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    """Yield names that code cannot use, or that something else has."""
    name = operation.name
    if not _usable(name) or name in _TAKEN_NAMES or name in _ids_of_others(domain):
        yield f"{name[:60]!r} cannot be its name: it is reserved, or something else is called so"
    if name in {names.plural(e.name) for e in domain.entities}:
        yield f"{name[:60]!r} cannot be its name: a module is called so"
    taken = {e.name for e in domain.entities}
    for ending in _ENDINGS:
        if f"{names.pascal(name)}{ending}" in taken:
            yield f"{name[:60]!r} cannot be its name: an entity is called {names.pascal(name)}{ending}"
    if sum(o.name == name for o in domain.operations) > 1:
        yield f"two operations are called {name[:60]}"
    given = [*(r.name for r in operation.rows), *(i.name for i in operation.inputs)]
    ids = [f"{r.name}_id" for r in operation.rows]
    for wrong in [n for n in [*given, *(r.name for r in operation.result)] if not _usable(n) or n in _TAKEN_PARAMETERS]:
        yield f"{wrong[:60]!r} cannot be the name of a parameter or a result"
    yield from (f"two parameters are called {n}" for n in _twice([*given, *ids]))


def _usable(name: str) -> bool:
    fits = len(name) <= names.MAX_LENGTH and _NAME.fullmatch(name) is not None
    return fits and not keyword.iskeyword(name) and not keyword.issoftkeyword(name)


def _ids_of_others(domain: DomainModel) -> set[str]:
    """Return the operation ids that the rest of the model gives to endpoints."""
    found = set()
    for entity in domain.entities:
        one = names.snake(entity.name)
        found |= {f"list_{names.plural(entity.name)}", *(f"{verb}_{one}" for verb in access.OPERATIONS)}
    for rule in domain.rules:
        if isinstance(rule, LifecycleRule):
            one = names.snake(rule.entity)
            found |= {f"{start}{t.name}_{one}" for t in rule.transitions for start in ("", "make_")}
        elif isinstance(rule, ToggleRule):
            target = next((r.target for r in domain.relations_from(rule.entity) if r.name == rule.object), "")
            found |= {f"{names.snake(verb)}_{names.snake(target)}" for verb in (rule.on, rule.off)}
    return found


def _twice(found: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(found).items() if count > 1)


# --- references -------------------------------------------------------------------------------------------------------


def dangling(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    """Yield names in the operation that refer to nothing."""
    known = {e.name: e for e in domain.entities}
    for entity in [*(r.entity for r in operation.rows), *(c.entity for c in operation.creates)]:
        if entity not in known:
            yield f"{entity[:60]} is no entity"
    if any(e not in known for e in [*(r.entity for r in operation.rows), *(c.entity for c in operation.creates)]):
        return
    roles = access.roles(domain)
    yield from (f"{role[:60]} is no role" for role in operation.roles if role not in roles)
    try:
        loaded = shape.loaded(domain, operation)
    except KeyError as error:
        yield str(error.args[0])[:200]
        return
    for row in operation.rows:
        paths = {found.path for found in loaded if found.row is row}
        for text in row.sets:
            *path, _ = text.split(".")
            if tuple(path) not in paths:
                yield f"{row.name}.{text[:80]} is not among what comes along"
    for found in loaded:
        fields = {f.name for f in domain.entity(found.entity).fields}
        yield from (f"{found.entity} has no field {name[:60]}" for name in found.sets if name not in fields)
    for creation in operation.creates:
        fields = {f.name for f in domain.entity(creation.entity).fields}
        ones = {r.name for r in domain.relations_from(creation.entity) if r.cardinality != "many_to_many"}
        for name in creation.fields:
            if name not in fields | ones:
                yield f"{creation.entity} has no field or reference {name[:60]}"


# --- what it may not do -----------------------------------------------------------------------------------------------


def forbidden(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    """Yield what an operation may not do: change states, identity or ownership, or what its callers may not.

    Nothing is said of one whose names refer to nothing.
    """
    if any(dangling(domain, operation)):
        return
    loaded = shape.loaded(domain, operation)
    for entity in dict.fromkeys([*(found.entity for found in loaded), *(c.entity for c in operation.creates)]):
        if domain.entity(entity).kind != "record":
            yield f"{entity}: accounts and links are no rows of an operation"
    for found in loaded:
        yield from _forbidden_fields(domain, operation, found.entity, found.sets)
        if found.sets and not found.is_part:
            yield from _frozen_above(domain, operation, found.entity)
    if operation.rows and operation.rows[0].anyones:
        yield f"{operation.rows[0].name} is the first row: it cannot be anyone's"
    yield from _forbidden_creations(domain, operation)
    yield from _differently_nested(loaded)
    for name in _twice(shape.outcome_names(domain, operation)) + _twice(shape.answer_names(domain, operation)):
        yield f"two things in its outcome are called {name}"
    if not callers(domain, operation):
        yield "nobody may call it: no role may use all of its rows"


def _forbidden_fields(
    domain: DomainModel, operation: CustomOperation, entity: str, sets: tuple[str, ...] | list[str]
) -> Iterator[str]:
    may = {f.name for f in shape.settable(domain, entity)}
    known = {f.name for f in domain.entity(entity).fields}
    who = callers(domain, operation)
    for name in sets:
        if name in known and name not in may:
            yield f"{entity}.{name} is a state or computed: an operation cannot set it"
        for rule in access.field_rules(domain, entity):
            if name in rule.fields and set(who) - set(rule.roles):
                yield f"{entity}.{name} is for {', '.join(rule.roles)} only, and others may call it"


def _frozen_above(domain: DomainModel, operation: CustomOperation, entity: str) -> Iterator[str]:
    """A part cannot be changed while its whole is frozen: the whole must be a row of the operation."""
    rows = {r.entity for r in operation.rows}
    for step in access.ancestors(domain, entity):
        rules = [r for r in domain.rules_of(step.target) if isinstance(r, LifecycleRule) and r.frozen_states]
        if rules and step.target not in rows:
            yield f"{entity} is a part of {step.target}, which has frozen states: take {step.target} as a row"


def _forbidden_creations(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    yield from (f"it creates {name} twice: say `many`" for name in _twice([c.entity for c in operation.creates]))
    for new in shape.created(domain, operation):
        yield from _forbidden_fields(domain, operation, new.entity, new.creation.fields)
        missing = [
            f.name for f in stored_fields(domain, new.entity) if f.name not in new.creation.fields and _needed(f)
        ]
        given = {r.name for r in new.relations}
        maker = access.creator_relation(domain, new.entity)
        missing += [
            relation.name
            for relation in domain.relations_from(new.entity)
            if _must_be_given(relation) and relation.name not in given and relation not in (new.inside, maker)
        ]
        if missing:
            yield f"a new {new.entity} needs {', '.join(missing)}"
        owner = domain.owner_of(new.entity)
        if owner and owner.name in given:
            yield from _frozen_above(domain, operation, new.entity)


def _needed(field: FieldSpec) -> bool:
    return not (field.server_set or field.optional or field.many or field.default is not None)


def _must_be_given(relation: Relation) -> bool:
    return (relation.min_items > 0) if relation.cardinality == "many_to_many" else not relation.optional


def _differently_nested(loaded: list[shape.Loaded]) -> Iterator[str]:
    """Rows of one entity have one class: each must bring the same along."""
    along: dict[str, set[frozenset[str]]] = {}
    for found in loaded:
        inner = frozenset(
            other.path[-1]
            for other in loaded
            if other.row is found.row and other.path[:-1] == found.path and other.path
        )
        along.setdefault(found.entity, set()).add(inner)
    yield from (f"{entity} comes with different rows at different places" for entity, w in along.items() if len(w) > 1)
    for found in loaded:
        if found.path and found.entity == found.row.entity:
            yield f"{found.row.name} cannot bring along a {found.entity}: it is one itself"


# --- what it must have ------------------------------------------------------------------------------------------------


def unasked(domain: DomainModel, operation: CustomOperation) -> Iterator[str]:
    """Yield what is missing: examples that say what it does, and something that it brings."""
    if any(dangling(domain, operation)):
        return
    if not operation.cites:
        yield "it cites no requirement"
    if not operation.examples:
        yield "it has no acceptance example"
    if not shape.outcome_names(domain, operation):
        yield "it brings nothing: no row is changed or made, and there is no result"
    known = set(shape.parameters(operation))
    roots = {*shape.outcome_names(domain, operation), *(r.name for r in operation.rows)}
    roots |= {c.name for c in shape.created(domain, operation) if not c.inside}
    for example in operation.examples:
        yield from (f"an example gives {n[:60]}, which is no parameter" for n in example.given if n not in known)
        for path in example.expected:
            if path.split(".")[0] not in roots:
                yield f"an example expects {path[:60]}, which it does not bring"


def unreadable(operation: CustomOperation) -> Iterator[str]:
    """Yield why body or tests are no Python with the function; nothing is run."""
    for title, text in (("body", operation.body), ("tests", operation.tests)):
        if not text.strip():
            continue
        try:
            tree = syntax.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            yield f"its {title} is no Python: {str(error)[:120]}"
            continue
        if title == "body":
            made = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == operation.name]
            if len(made) != 1:
                yield f"its body defines no function {operation.name}"
            else:
                yield from _other_parameters(made[0], operation)


def _other_parameters(function: ast.FunctionDef, operation: CustomOperation) -> Iterator[str]:
    arguments = function.args
    by_name = [a.arg for a in (*arguments.args, *arguments.kwonlyargs)]
    extra = arguments.posonlyargs or arguments.vararg or arguments.kwarg
    if extra or sorted(by_name) != sorted(shape.parameters(operation)):
        yield f"{operation.name} must take exactly {', '.join(shape.parameters(operation))}"
