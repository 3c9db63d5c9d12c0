"""The stage: the draft, put together."""

from __future__ import annotations

from backend_agent.artifacts import needs, slices
from backend_agent.artifacts.api import DataModel
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.security import Authentication, DataProtection, SecurityConfig
from backend_agent.stage import Stage
from backend_agent.stages.security import wants
from backend_agent.stages.security.checks import CHECKS
from backend_agent.stages.security.compliance import STANDARDS, compliance
from backend_agent.stages.security.grants import authorization, cited
from backend_agent.stages.security.headers import headers
from backend_agent.state import Artifacts


def draft(given: Artifacts) -> SecurityConfig:
    """Return how the generated service protects itself, for this task."""
    return SecurityConfig(
        authentication=_authentication(given),
        authorization=authorization(given),
        data_protection=_data_protection(given),
        input_validation=_input_validation(given),
        security_headers=headers(given),
        monitoring=_monitoring(given),
        compliance=compliance(given),
    )


def _authentication(given: Artifacts) -> Authentication:
    lockout = needs.lockout(given.requirements)
    actors = (c for a in given.domain.actors if a.registers for c in a.cites)
    cites = cited([*wants.asking(given.requirements, wants.SIGN_IN), *actors])
    low, high = password_bounds(given)
    return Authentication(password_min_length=low, password_max_length=high, lockout=lockout, cites=cites)


def password_bounds(given: Artifacts) -> tuple[int, int]:
    """Return the lengths of a password that a new account may have, as the API's models say."""
    standard = Authentication()
    for model in given.api.data_models:
        if model.name in ("RegisterRequest", "UserCreate"):
            for prop in model.properties:
                if prop.name == "password":
                    return (
                        prop.min_length or standard.password_min_length,
                        prop.max_length or standard.password_max_length,
                    )
    return standard.password_min_length, standard.password_max_length


def _data_protection(given: Artifacts) -> DataProtection:
    fields = needs.encrypted_fields(given.requirements, given.domain)
    audit = needs.audit_log(given.requirements)
    secrets = ["JWT_SECRET", "DATABASE_URL", *(["ENCRYPTION_KEY"] if fields else [])]
    return DataProtection(
        encryption_at_rest=fields,
        encryption_in_transit=Measure(
            name="HTTPS only",
            detail="TLS ends at the proxy in front of the service; Strict-Transport-Security keeps browsers on HTTPS.",
            reason="Tokens and passwords are in the requests.",
        ),
        secrets=Measure(
            name="Secrets from the environment",
            detail=f"{', '.join(secrets)} are read from the environment; no file of the project holds one.",
            reason="Outside development the service refuses to start without them.",
        ),
        audit_log=bool(audit),
        cites=cited([*audit, *(needs.encryption(given.requirements) if fields else [])]),
    )


def _request_models(given: Artifacts) -> list[DataModel]:
    return [m for m in given.api.data_models if m.purpose in ("create", "update", "part", "auth")]


def _input_validation(given: Artifacts) -> list[Measure]:
    models = _request_models(given)
    bounded = sum(p.max_length is not None or p.maximum is not None for m in models for p in m.properties)
    choices = sum(p.type == "enum" for m in models for p in m.properties)
    ranges = cited(c for r in given.domain.rules if r.kind == "range" for c in r.cites)
    rates = wants.asking(given.requirements, wants.RATE)
    measures = [
        Measure(
            name="Closed request models",
            detail=f"{len(models)} request models refuse unknown properties; {bounded} properties are bounded "
            f"and {choices} are "
            "closed lists.",
            reason="What is not described cannot be set: owner, role, state and derived values are the service's.",
            cites=cited([*wants.asking(given.requirements, wants.VALIDATION), *ranges]),
        ),
        Measure(
            name="Bound parameters",
            detail="Values reach the database as parameters of the statement; orders and filters come from "
            "closed lists.",
            reason="No text of a client becomes SQL.",
            cites=wants.asking(given.requirements, wants.VALIDATION),
        ),
    ]
    if limits := given.api.rate_limiting:
        measures.append(
            Measure(
                name="Limited requests",
                detail="; ".join(f"{r.scope}: {r.requests} in {r.seconds} s" for r in limits)
                + "; lists at most 100 rows; bodies of bounded size.",
                reason="One caller cannot use up what all share; each process counts for itself.",
                cites=rates,
            )
        )
    return measures


def _monitoring(given: Artifacts) -> list[Measure]:
    lockout = needs.lockout(given.requirements)
    measures = [
        Measure(
            name="Failed logins",
            detail=f"Each failure is kept by email; from the {lockout.attempts}th within "
            f"{lockout.window_minutes} minutes on, "
            "logins answer 429.",
            reason="Guessing is slowed down and can be seen.",
            cites=lockout.cites,
        ),
        Measure(
            name="Refused requests",
            detail="/metrics counts answers by route and status; a rise of 401, 403 or 429 deserves an alert.",
            reason="Attacks look like refusals first.",
        ),
        Measure(
            name="Reused refresh tokens",
            detail="A refresh token that is used a second time ends all tokens of its login.",
            reason="One of the two who held it was a thief.",
        ),
    ]
    if audit := needs.audit_log(given.requirements):
        measures.append(
            Measure(
                name="Audit log",
                detail="Table audit_log: account, operation, entity, row and changed fields of every change.",
                reason="Who did what, after the fact.",
                cites=audit,
            )
        )
    return measures


STAGE = Stage(
    name="security",
    title="Security",
    artifact=SecurityConfig,
    reads=("task", "requirements", "domain", "api"),
    draft=draft,
    checks=CHECKS,
    slices={
        "task": slices.task_fields,
        "requirements": slices.wording(
            mentions=(*wants.MENTIONS, *(standard.asked for standard in STANDARDS)),
            sentences=needs.SENTENCES,
            sources=("frontend_context",),
        ),
        "domain": slices.elements,
    },
)
