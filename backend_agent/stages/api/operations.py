"""Endpoints and data models of custom operations."""

from __future__ import annotations

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts import operation_shape as shape
from backend_agent.artifacts.api import DataModel, Endpoint, Property
from backend_agent.artifacts.domain import DomainModel, FieldSpec
from backend_agent.artifacts.operation_access import callers, operation_access
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.stages.api import parameters, paths, properties


def request_name(operation: CustomOperation) -> str | None:
    """Return the data model of the request; None when there is nothing to send."""
    return f"{names.pascal(operation.name)}Request" if operation.rows[1:] or operation.inputs else None


def result_name(domain: DomainModel, operation: CustomOperation) -> str | None:
    """Return the data model of the answer; None when there is nothing to say."""
    return f"{names.pascal(operation.name)}Result" if shape.answer_names(domain, operation) else None


def endpoint(domain: DomainModel, operation: CustomOperation) -> Endpoint:
    """Return the endpoint of an operation."""
    first = operation.rows[0].entity if operation.rows else None
    allowed = operation_access(domain, operation)
    request, response = request_name(operation), result_name(domain, operation)
    refused = {403} if set(callers(domain, operation)) != set(access.roles(domain)) else set()
    missing = {404} if operation.rows else set()
    sent = {413, 422} if request else {422} if operation.rows else set()
    return Endpoint(
        operation_id=operation.name,
        kind="operation",
        method="POST",
        path=f"{paths.item_alone(first) if first else ''}/{names.kebab(operation.name)}",
        summary=names.title(operation.name).capitalize(),
        tag=names.kebab(names.plural(first)) if first else "operations",
        entity=first,
        access=allowed,
        parameters=[parameters.row_key(first)] if first else [],
        request=request,
        response=response,
        status=200 if response else 204,
        errors=sorted({401, 409, 429} | refused | missing | sent),
        cites=sorted(set(operation.cites)),
    )


def data_models(domain: DomainModel, operation: CustomOperation) -> list[DataModel]:
    """Return the data models of an operation's request and answer, as far as it has them."""
    request, response = request_name(operation), result_name(domain, operation)
    title = names.title(operation.name)
    found = []
    if request:
        sent = [_row_id(row.name, row.entity) for row in operation.rows[1:]]
        sent += [properties.payload_field(domain, "", field, "create") for field in operation.inputs]
        found.append(
            DataModel(name=request, purpose="request", properties=sent, description=f"What it takes to {title}.")
        )
    if response:
        found.append(
            DataModel(
                name=response,
                purpose="result",
                properties=_answered(domain, operation),
                description=f"What came of it to {title}.",
            )
        )
    return [m.model_copy(update={"cites": sorted(set(operation.cites))}) for m in found]


def _row_id(name: str, entity: str) -> Property:
    return Property(name=f"{name}_id", type="uuid", description=f"Id of {names.article(names.title(entity))}.")


def _answered(domain: DomainModel, operation: CustomOperation) -> list[Property]:
    rows = [Property(name=r.name, type="model", model=f"{r.entity}Read") for r in shape.shown(operation)]
    made = [
        Property(
            name=new.answer,
            type="uuid",
            many=new.creation.many,
            nullable=not new.creation.many,
            description=f"Id of the new {names.title(new.entity)}.",
        )
        for new in shape.created(domain, operation)
        if not new.inside
    ]
    return [*rows, *made, *(_result(domain, field) for field in operation.result)]


def _result(domain: DomainModel, field: FieldSpec) -> Property:
    return properties.read_field(domain, "", field).model_copy(update={"field": None})
