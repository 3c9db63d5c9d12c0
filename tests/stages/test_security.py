"""The security stage: grants equal access, numbers equal the task's, statuses are honest; mutants are caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from designs import CASES, asking, designed, domain, failing, numbered, redesigned, task

from backend_agent.artifacts import needs
from backend_agent.artifacts.security import EncryptedField, RoleGrant, SecurityConfig
from backend_agent.stages.security import STAGE
from backend_agent.stages.security.compliance import OWASP


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, designed(case)) == {}


@pytest.mark.parametrize("case", CASES)
def test_grants_equal_the_endpoints_access(case: str) -> None:
    state = designed(case)
    authorization = state["security"].authorization
    for grant in authorization.grants:
        for endpoint in state["api"].endpoints:
            access = endpoint.access
            anyone = not access.public and not access.roles and not access.owner_roles
            held = endpoint.operation_id in grant.any_row
            assert held == (not access.public and (grant.role in access.roles or anyone))


def test_a_customer_of_the_bookshop_has_own_orders_only() -> None:
    grant = next(g for g in designed("bookshop")["security"].authorization.grants if g.role == "customer")
    assert {"list_orders", "read_order", "cancel_order"} <= set(grant.own_rows)
    assert not {"list_orders", "create_book", "ship_order"} & set(grant.any_row)
    assert {"list_books", "read_book"} <= set(designed("bookshop")["security"].authorization.public)


@pytest.mark.parametrize(
    ("text", "attempts", "minutes"),
    [
        ("After five failed logins within 15 minutes the user is locked out.", 5, 15),
        ("Accounts are locked after 3 wrong passwords.", 3, 15),
        ("Ten failed login attempts in an hour lock the account.", 10, 60),
        ("Lock users out after 8 unsuccessful logins in 30 minutes.", 8, 30),
        ("Passwords must be hashed.", 5, 15),
    ],
)
def test_lockout_numbers_are_read_from_statements(text: str, attempts: int, minutes: int) -> None:
    lockout = needs.lockout(asking(text))
    assert (lockout.attempts, lockout.window_minutes) == (attempts, minutes)
    assert bool(lockout.cites) == ("hashed" not in text)


@pytest.mark.parametrize(
    ("text", "audit", "encrypted"),
    [
        ("Every change to a patient's record must be kept in an audit log.", True, False),
        ("Every change of a price is recorded.", True, False),
        ("Personal health data must be encrypted at rest.", False, True),
        ("Encryption of personal data at rest", False, True),
        ("All traffic must be encrypted in transit.", False, False),
        ("Auditors may read invoices.", False, False),
    ],
)
def test_audit_and_encryption_are_read_from_statements(text: str, audit: bool, encrypted: bool) -> None:
    assert bool(needs.audit_log(asking(text))) == audit
    assert bool(needs.encryption(asking(text))) == encrypted


def test_encrypted_fields_are_the_columns_of_the_schema() -> None:
    for case in CASES:
        state = designed(case)
        columns = {(t.entity, c.field) for t in state["database"].tables for c in t.columns if c.type == "encrypted"}
        listed = {(f.entity, f.field) for f in state["security"].data_protection.encryption_at_rest}
        assert listed == columns
    assert listed == {("Customer", "full_name"), ("Customer", "email"), ("Customer", "phone_number")}


def test_what_stays_readable_is_said() -> None:
    item = next(i for i in designed("bank")["security"].compliance if i.clause == "Encryption at rest")
    assert item.status == "partly met"
    assert "iban" in item.measure


def test_the_front_end_is_the_only_origin() -> None:
    assert designed("bookshop")["security"].security_headers.cors_origins == ["https://shop.example.com"]
    assert designed("todo")["security"].security_headers.cors_origins == []


def test_statements_that_are_met_are_cited_and_others_are_not() -> None:
    requirements = asking("JWT authentication", "OAuth2 with JWT", "Service to service authentication", "CORS for all")
    security = redesigned("todo", requirements=requirements)["security"]
    assert "R-001" in security.authentication.cites
    assert not {"R-002", "R-003"} & set(security.authentication.cites)
    assert "R-004" not in security.security_headers.cites
    assert "cors_asked" in failing(STAGE, redesigned("todo", requirements=requirements))


@pytest.mark.parametrize(
    ("text", "standard", "clauses"),
    [
        ("OWASP API Security Top 10", "OWASP API Security Top 10", 10),
        ("PCI DSS", "PCI DSS 4.0", 7),
        ("Must comply with the GDPR", "GDPR", 4),
        ("HIPAA", "HIPAA Security Rule", 5),
        ("Passwords must be hashed", "", 0),
    ],
)
def test_standards_are_judged_when_asked_for(text: str, standard: str, clauses: int) -> None:
    items = redesigned("todo", requirements=asking(text))["security"].compliance
    assert {i.standard for i in items} == ({standard} if standard else set())
    assert len(items) == clauses


def test_card_numbers_are_not_met() -> None:
    model = domain("bank")
    card = model.entity("Account").fields[0].model_copy(update={"name": "card_number"})
    entities = [
        e.model_copy(update={"fields": [*e.fields, card]}) if e.name == "Account" else e for e in model.entities
    ]
    changed = model.model_copy(update={"entities": entities})
    items = redesigned("bank", domain=changed, requirements=numbered(task("bank")))["security"].compliance
    assert next(i for i in items if i.clause.startswith("3 ")).status == "not met"


Config = SecurityConfig


def _auth(config: Config, **changes: Any) -> Config:
    return config.model_copy(update={"authentication": config.authentication.model_copy(update=changes)})


def _authorization(config: Config, **changes: Any) -> Config:
    return config.model_copy(update={"authorization": config.authorization.model_copy(update=changes)})


def _grant(config: Config, role: str, **more: list[str]) -> Config:
    grants = [
        g.model_copy(update={k: [*getattr(g, k), *v] for k, v in more.items()}) if g.role == role else g
        for g in config.authorization.grants
    ]
    return _authorization(config, grants=grants)


def _without(config: Config, operation: str) -> Config:
    grants = [
        RoleGrant(role=g.role, any_row=[o for o in g.any_row if o != operation], own_rows=g.own_rows)
        for g in config.authorization.grants
    ]
    return _authorization(config, grants=grants)


def _headers(config: Config, **changes: Any) -> Config:
    return config.model_copy(update={"security_headers": config.security_headers.model_copy(update=changes)})


def _protection(config: Config, **changes: Any) -> Config:
    return config.model_copy(update={"data_protection": config.data_protection.model_copy(update=changes)})


def _all_met(config: Config) -> Config:
    items = [i.model_copy(update={"status": "met"}) for i in config.compliance]
    return config.model_copy(update={"compliance": items})


MUTANTS: list[tuple[str, Callable[[Config], Config]]] = [
    ("grants_equal_access", lambda c: _grant(c, "customer", any_row=["list_transfers"])),
    ("grants_equal_access", lambda c: _without(c, "read_customer")),
    ("every_endpoint_granted", lambda c: _without(c, "freeze_account")),
    ("public_is_harmless", lambda c: _authorization(c, public=[*c.authorization.public, "delete_account"])),
    ("default_role", lambda c: _authorization(c, default_role="administrator")),
    ("administrators_manage", lambda c: _grant(c, "support_staff", any_row=["create_user"])),
    ("administrators_manage", lambda c: _authorization(c, administrator_roles=["customer"])),
    ("tokens", lambda c: _auth(c, password_hashing="md5")),
    ("tokens", lambda c: _auth(c, refresh_rotation=False)),
    ("tokens", lambda c: _auth(c, access_token_minutes=1440)),
    ("lockout", lambda c: _auth(c, lockout=c.authentication.lockout.model_copy(update={"attempts": 50}))),
    ("encryption", lambda c: _protection(c, encryption_at_rest=[])),
    ("encryption", lambda c: _protection(c, encryption_at_rest=[EncryptedField(entity="Account", field="iban")])),
    ("encryption", _all_met),
    ("audit", lambda c: _protection(c, audit_log=False)),
    ("headers", lambda c: _headers(c, headers=c.security_headers.headers[1:])),
    ("cors", lambda c: _headers(c, cors_origins=["*"])),
    ("cors", lambda c: _headers(c, cors_origins=["https://evil.example"])),
    ("compliance", _all_met),
    ("compliance", lambda c: c.model_copy(update={"compliance": c.compliance[3:]})),
    ("rates", lambda c: c.model_copy(update={"input_validation": c.input_validation[:2]})),
    ("passwords_agree", lambda c: _auth(c, password_min_length=8)),
]


@pytest.mark.parametrize(("name", "mutate"), MUTANTS)
def test_a_check_catches_its_mutant(name: str, mutate: Callable[[Config], Config]) -> None:
    state = designed("bank")
    assert name in failing(STAGE, {**state, "security": mutate(state["security"])})


def test_unlimited_requests_are_caught() -> None:
    state = designed("bank")
    api = state["api"].model_copy(update={"rate_limiting": []})
    assert "rates" in failing(STAGE, {**state, "api": api})


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in STAGE.checks} == {name for name, _ in MUTANTS} | {"cors_asked"}
    assert len(OWASP.clauses) == 10
