"""Endpoints of the entities: lists, rows, transitions, toggles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from backend_agent import names
from backend_agent.artifacts import access, columns, queries, references
from backend_agent.artifacts.api import Endpoint, EndpointKind
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.rules import Operation, RangeRule, ToggleRule, UniqueRule
from backend_agent.stages.api import models, parameters, paths

_METHODS: dict[str, Literal["GET", "POST", "PATCH", "DELETE"]] = {
    "list": "GET",
    "read": "GET",
    "create": "POST",
    "update": "PATCH",
    "delete": "DELETE",
}


@dataclass(frozen=True)
class Style:
    """How names and pages look on the wire, and the operation ids that are taken."""

    naming: parameters.Naming
    pagination: Literal["offset", "cursor"]
    ids: paths.OperationIds = field(default_factory=paths.OperationIds)


def entity_endpoints(domain: DomainModel, entity: str, style: Style) -> list[Endpoint]:
    """Return the endpoints of an entity, those of its lifecycle at the end."""
    parent = access.parent_relation(domain, entity)
    found = []
    for operation in access.OPERATIONS:
        if operation == "update" and not models.update_properties(domain, entity):
            continue
        allowed = access.access(domain, entity, operation)
        common: dict[str, Any] = {
            "kind": operation,
            "method": _METHODS[operation],
            "tag": names.kebab(names.plural(entity)),
            "entity": entity,
            "parent": parent.target if parent else None,
            "access": allowed,
            "cites": operation_cites(domain, entity, operation),
        }
        found.append(_operation(domain, entity, operation, style, common))
    return [*found, *_transitions(domain, entity, style.ids)]


def _operation(
    domain: DomainModel, entity: str, operation: Operation, style: Style, common: dict[str, Any]
) -> Endpoint:
    a_row, many = names.article(names.title(entity)), names.title(names.plural(entity))
    above = parameters.parent_key(domain, entity)
    read = f"{entity}Read"
    request = {
        "create": f"{entity}Create" if models.create_properties(domain, entity) else None,
        "update": f"{entity}Update",
    }.get(operation)
    whole = operation in ("list", "create")
    keys = above if whole else [*above, parameters.row_key(entity)]
    query = parameters.of_list(domain, entity, style.naming, style.pagination) if operation == "list" else []
    return Endpoint(
        operation_id=style.ids.take(
            f"{operation}_{names.plural(entity) if operation == 'list' else names.snake(entity)}"
        ),
        path=paths.collection(domain, entity) if whole else paths.item(domain, entity),
        summary={
            "list": f"List {many}",
            "read": f"Read {a_row}",
            "create": f"Create {a_row}",
            "update": f"Change {a_row}",
            "delete": f"Delete {a_row}",
        }[operation],
        parameters=[*keys, *query],
        request=request,
        response={"list": f"{entity}Page", "delete": None}.get(operation, read),
        status={"create": 201, "delete": 204}.get(operation, 200),
        errors=_errors(
            domain, entity, operation, has_body=request is not None, has_input=bool(keys or query or request)
        ),
        **common,
    )


def _errors(domain: DomainModel, entity: str, operation: Operation, *, has_body: bool, has_input: bool) -> list[int]:
    """Return the problem statuses that can really happen."""
    allowed = access.access(domain, entity, operation)
    found = {429}
    if not allowed.public:
        found.add(401)
    if access.may_be_refused(domain, allowed) or _writes_restricted_field(domain, entity, operation):
        found.add(403)
    if operation not in ("list", "create") or access.parent_relation(domain, entity) is not None:
        found.add(404)
    if _may_conflict(domain, entity, operation):
        found.add(409)
    if has_body:
        found.add(413)
    if has_input:
        found.add(422)
    return sorted(found)


def _writes_restricted_field(domain: DomainModel, entity: str, operation: Operation) -> bool:
    """Whether some role that may call it is refused for a field in the payload."""
    if operation not in ("create", "update"):
        return False
    allowed = access.access(domain, entity, operation)
    callers = {*allowed.roles, *allowed.owner_roles} or set(access.roles(domain))
    written = {f.name for f in columns.stored_fields(domain, entity) if not f.server_set}
    return any(written & set(rule.fields) and callers - set(rule.roles) for rule in access.field_rules(domain, entity))


def _may_conflict(domain: DomainModel, entity: str, operation: Operation) -> bool:
    frozen = is_frozen_sometimes(domain, entity)
    if operation == "update":
        return True
    if operation == "delete":
        parent = access.parent_relation(domain, entity)
        return frozen or bool(references.blockers(domain, entity)) or bool(parent and parent.min_items)
    if operation == "create":
        parent = access.parent_relation(domain, entity)
        return (
            has_unique(domain, entity)
            or access.needs_profile(domain, entity) is not None
            or bool(parent and is_frozen_sometimes(domain, parent.target))
            or any(has_unique(domain, r.source) for r in models.part_relations(domain, entity))
        )
    return False


def is_frozen_sometimes(domain: DomainModel, entity: str) -> bool:
    """Whether rows of `entity`, or of what they are part of, can be in a state that forbids changes."""
    chain = [entity, *(step.target for step in access.ancestors(domain, entity))]
    rules = [columns.lifecycle(domain, name) for name in chain]
    return any(rule is not None and rule.frozen_states for rule in rules)


def has_unique(domain: DomainModel, entity: str) -> bool:
    """Whether making a row of `entity` can break uniqueness."""
    return (
        any(f.unique for f in columns.stored_fields(domain, entity))
        or any(r.cardinality == "one_to_one" for r in domain.relations_from(entity))
        or any(isinstance(rule, UniqueRule) for rule in domain.rules_of(entity))
    )


def _transitions(domain: DomainModel, entity: str, ids: paths.OperationIds) -> list[Endpoint]:
    rule = columns.lifecycle(domain, entity)
    if rule is None:
        return []
    parent = access.parent_relation(domain, entity)
    found = []
    for transition in rule.transitions:
        allowed = access.transition_access(domain, rule, transition)
        refused = [403] if access.may_be_refused(domain, allowed) else []
        one = names.snake(entity)
        found.append(
            Endpoint(
                operation_id=ids.take(f"{transition.name}_{one}", f"make_{transition.name}_{one}"),
                kind="transition",
                method="POST",
                path=f"{paths.item(domain, entity)}/{names.kebab(transition.name)}",
                summary=f"{names.title(transition.name).capitalize()} {names.article(names.title(entity))}",
                tag=names.kebab(names.plural(entity)),
                entity=entity,
                parent=parent.target if parent else None,
                transition=transition.name,
                access=allowed,
                parameters=[*parameters.parent_key(domain, entity), parameters.row_key(entity)],
                response=f"{entity}Read",
                errors=sorted({401, *refused, 404, 409, 422, 429} - ({401} if allowed.public else set())),
                cites=sorted({*transition.cites, *rule.cites, *domain.entity(entity).cites}),
            )
        )
    return found


def toggle_endpoints(domain: DomainModel, rule: ToggleRule, style: Style) -> list[Endpoint]:
    """Return the endpoints that switch a link on and off."""
    target = next((r.target for r in domain.relations_from(rule.entity) if r.name == rule.object), None)
    subject = next((r.target for r in domain.relations_from(rule.entity) if r.name == rule.subject), None)
    if target is None or subject is None:
        return []
    allowed = access.toggle_access(domain, rule)
    refused = [403] if access.may_be_refused(domain, allowed) else []
    conflict = [409] if rule.not_self or subject != ACCOUNT else []
    found = []
    kinds: tuple[tuple[EndpointKind, Literal["PUT", "DELETE"], str], ...] = (
        ("toggle_on", "PUT", rule.on),
        ("toggle_off", "DELETE", rule.off),
    )
    for kind, method, verb in kinds:
        found.append(
            Endpoint(
                operation_id=style.ids.take(
                    f"{names.snake(verb)}_{names.snake(target)}", f"{kind}_{names.snake(rule.entity)}"
                ),
                kind=kind,
                method=method,
                path=f"{paths.item_alone(target)}/{names.kebab(rule.on)}",
                summary=f"{names.title(verb).capitalize()} {names.article(names.title(target))}",
                tag=names.kebab(names.plural(target)),
                entity=rule.entity,
                access=allowed,
                parameters=[parameters.row_key(target)],
                status=204,
                errors=[401, *refused, 404, *(conflict if kind == "toggle_on" or subject != ACCOUNT else []), 422, 429],
                cites=sorted({*rule.cites, *domain.entity(rule.entity).cites}),
            )
        )
    return found


def operation_cites(domain: DomainModel, entity: str, operation: Operation) -> list[str]:
    """Return the R-ids from which an endpoint follows: the entity, and the rules about the operation."""
    cites = list(domain.entity(entity).cites)
    cites += [c for rule in access.ownership_rules(domain, entity, operation) for c in rule.cites]
    cites += [c for rule in access.role_rules(domain, entity, operation) for c in rule.cites]
    cites += [c for rule in access.public_rules(domain, entity, operation) for c in rule.cites]
    if operation == "list":
        cites += [c for f in queries.filters(domain, entity) for c in f.cites]
        cites += [c for rule in queries.search_rules(domain, entity) for c in rule.cites]
        cites += [c for rule in queries.sort_rules(domain, entity) for c in rule.cites]
    if operation in ("create", "update"):
        for rule in domain.rules_of(entity):
            if isinstance(rule, UniqueRule | RangeRule):
                cites += rule.cites
    if operation in ("update", "delete"):
        lifecycle = columns.lifecycle(domain, entity)
        cites += lifecycle.cites if lifecycle is not None and lifecycle.frozen_states else []
    parent = access.parent_relation(domain, entity)
    cites += parent.cites if parent else []
    return sorted(set(cites))
