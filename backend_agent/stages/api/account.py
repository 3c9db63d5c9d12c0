"""Endpoints and data models of accounts: register, log in, tokens, administration."""

from __future__ import annotations

from typing import Literal

from backend_agent.artifacts import access, columns
from backend_agent.artifacts.api import Access, DataModel, Endpoint, Property
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, FieldSpec
from backend_agent.stages.api import models, parameters, properties

READ, CREATE, UPDATE, PAGE = f"{ACCOUNT}Read", f"{ACCOUNT}Create", f"{ACCOUNT}Update", f"{ACCOUNT}Page"
EMAIL_LENGTH = 254
PASSWORD_MIN = 12
PASSWORD_MAX = 128
_OWN = {"email", "password", "password_hash", "role", "is_active"}
_ANYONE = Access(public=True)


def _email(domain: DomainModel) -> Property:
    given = next((f.max_length for f in domain.entity(ACCOUNT).fields if f.name == "email"), None)
    return Property(
        name="email",
        type="email",
        max_length=given or EMAIL_LENGTH,
        description="Kept in lower case.",
        field="email",
    )


def _password(*, new: bool) -> Property:
    return Property(name="password", type="string", min_length=PASSWORD_MIN if new else 1, max_length=PASSWORD_MAX)


def _role(values: list[str], *, required: bool = True) -> Property:
    return Property(name="role", type="enum", values=values, required=required)


def data_models(domain: DomainModel, pagination: Literal["offset", "cursor"], cites: list[str]) -> list[DataModel]:
    """Return the data models about accounts."""
    own = [f for f in columns.stored_fields(domain, ACCOUNT) if f.name not in _OWN]
    payload = [properties.payload_field(domain, ACCOUNT, f, "create") for f in own if not f.server_set]
    payload += [properties.reference(r, "create") for r in domain.relations_from(ACCOUNT)]
    token = Property(name="refresh_token", type="string", min_length=1, max_length=512)
    registering = access.registering(domain)
    read = [
        Property(name="id", type="uuid"),
        Property(name="email", type="email", field="email"),
        *(properties.read_field(domain, ACCOUNT, f) for f in own),
        *(properties.read_field(domain, ACCOUNT, f) for f in _derived(domain)),
        *(properties.reference(r, "read") for r in domain.relations_from(ACCOUNT)),
        _role(access.roles(domain)),
        Property(name="is_active", type="boolean"),
        *models.STAMPS,
    ]
    pair = [
        Property(name="access_token", type="string"),
        Property(name="refresh_token", type="string"),
        Property(name="token_type", type="string"),
        Property(name="expires_in", type="integer", description="Seconds until the access token expires."),
    ]
    found = [
        DataModel(name=READ, purpose="read", entity=ACCOUNT, properties=read, description="An account."),
        DataModel(
            name="LoginRequest",
            purpose="auth",
            entity=ACCOUNT,
            properties=[_email(domain), _password(new=False)],
            description="E-mail and password.",
        ),
        DataModel(
            name="RefreshRequest",
            purpose="auth",
            entity=ACCOUNT,
            properties=[token],
            description="A refresh token, as it was given out.",
        ),
        DataModel(
            name="TokenPair", purpose="auth", entity=ACCOUNT, properties=pair, description="Tokens of one login."
        ),
    ]
    if registering:
        role = [_role(registering)] if len(registering) > 1 else []
        found.append(
            DataModel(
                name="RegisterRequest",
                purpose="auth",
                entity=ACCOUNT,
                properties=[_email(domain), _password(new=True), *role, *payload],
                description="A new account of one's own.",
            )
        )
    if access.administrators(domain):
        changes = [
            _role(access.roles(domain), required=False),
            Property(name="is_active", type="boolean", required=False),
        ]
        found += [
            DataModel(
                name=CREATE,
                purpose="create",
                entity=ACCOUNT,
                properties=[_email(domain), _password(new=True), _role(access.roles(domain)), *payload],
                description="A new account, made by an administrator.",
            ),
            DataModel(
                name=UPDATE,
                purpose="update",
                entity=ACCOUNT,
                properties=[properties.VERSION, *changes],
                description="Changes of an account; what is left out stays.",
            ),
            models.page_model(PAGE, READ, ACCOUNT, pagination, []).model_copy(
                update={"description": "One page of accounts."}
            ),
        ]
    return [m.model_copy(update={"cites": cites}) for m in found]


def _derived(domain: DomainModel) -> list[FieldSpec]:
    derived = columns.derived_names(domain, ACCOUNT)
    return [f for f in domain.entity(ACCOUNT).fields if f.name in derived]


def auth_endpoints(domain: DomainModel, cites: list[str]) -> list[Endpoint]:
    """Return the endpoints under `/auth`."""
    common = {"tag": "auth", "entity": ACCOUNT, "cites": cites, "method": "POST", "access": _ANYONE}
    found = []
    if access.registering(domain):
        found.append(
            Endpoint(
                operation_id="register",
                kind="register",
                path="/auth/register",
                summary="Make an account of one's own",
                request="RegisterRequest",
                response=READ,
                status=201,
                errors=[409, 413, 422, 429],
                **common,
            )
        )
    return [
        *found,
        Endpoint(
            operation_id="login",
            kind="login",
            path="/auth/login",
            summary="Get tokens for an e-mail and a password",
            request="LoginRequest",
            response="TokenPair",
            errors=[401, 413, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="refresh",
            kind="refresh",
            path="/auth/refresh",
            summary="Exchange a refresh token for new tokens",
            request="RefreshRequest",
            response="TokenPair",
            errors=[401, 413, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="logout",
            kind="logout",
            path="/auth/logout",
            summary="End a login: its refresh tokens are of no use any more",
            request="RefreshRequest",
            status=204,
            errors=[413, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="me",
            kind="me",
            path="/auth/me",
            summary="The own account",
            response=READ,
            errors=[401, 429],
            **{**common, "method": "GET", "access": Access()},
        ),
    ]


def administration_endpoints(
    domain: DomainModel, pagination: Literal["offset", "cursor"], cites: list[str]
) -> list[Endpoint]:
    """Return the endpoints under `/users`; none without an administrator."""
    administrators = access.administrators(domain)
    if not administrators:
        return []
    refused = [403] if access.may_be_refused(domain, Access(roles=administrators)) else []
    key = parameters.row_key(ACCOUNT)
    common = {"tag": "users", "entity": ACCOUNT, "cites": cites, "access": Access(roles=administrators)}
    return [
        Endpoint(
            operation_id="list_users",
            kind="list",
            method="GET",
            path="/users",
            summary="List accounts",
            parameters=parameters.paging(pagination),
            response=PAGE,
            errors=[401, *refused, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="create_user",
            kind="create",
            method="POST",
            path="/users",
            summary="Make an account with any role",
            request=CREATE,
            response=READ,
            status=201,
            errors=[401, *refused, 409, 413, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="read_user",
            kind="read",
            method="GET",
            path="/users/{user_id}",
            summary="Read an account",
            parameters=[key],
            response=READ,
            errors=[401, *refused, 404, 422, 429],
            **common,
        ),
        Endpoint(
            operation_id="update_user",
            kind="update",
            method="PATCH",
            path="/users/{user_id}",
            summary="Change an account's role, or lock it",
            parameters=[key],
            request=UPDATE,
            response=READ,
            errors=[401, *refused, 404, 409, 413, 422, 429],
            **common,
        ),
    ]
