"""What every service does around its entities: health, headers, limits, its document, its migrations."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.testing import PlannedKind
from backend_agent.codegen.project_tests.case import Case, by_number
from backend_agent.codegen.project_tests.crud import change
from backend_agent.codegen.project_tests.suite import Suite

SERVICE = "tests/test_service.py"
MIGRATIONS = "tests/test_migration.py"
JOURNEY = "tests/test_journey.py"
PROTECTION = "tests/test_protection.py"


def cases(suite: Suite) -> Iterator[Case]:
    """Yield the tests of the service as a whole."""
    wants = suite.wants

    def case(name: str, proves: str, kind: PlannedKind = "integration", cites: list[str] | None = None) -> Case:
        return Case(name, SERVICE, kind, proves, by_number(cites or []))

    yield case("test_health", "The service says that it is alive and ready")
    yield case("test_not_ready_without_database", "The service is not ready while its database does not answer")
    yield case("test_metrics", "The service measures its requests")
    yield case("test_security_headers", "Every answer has the security headers", "security")
    yield case("test_request_id", "A request keeps the id that it came with, when the id is a plain one")
    yield case("test_problem_details", "A refusal is told as problem details")
    yield case("test_body_that_is_no_json", "A body that cannot be read is refused as any other wrong body")
    yield case("test_body_too_large", "A body over the limit is refused before it is read", "security")
    yield case("test_cors", "Only the listed origins may call from a browser", "security", wants.cors)
    yield case("test_rate_limit", "Too many requests are told to wait", "security", wants.rate_limit)
    yield case(
        "test_login_rate_limit", "Too many logins from one address are told to wait", "security", wants.rate_limit
    )
    yield case("test_secrets_are_required", "In production the service does not start without its secrets", "security")
    yield case("test_openapi_document", "The service's document is the designed one")
    for name, proves in (
        ("test_migrations_go_up_and_down", "The migrations leave nothing behind when they are taken back"),
        ("test_migrations_make_the_tables_of_the_code", "The migrated tables are those that the code reads and writes"),
    ):
        yield Case(name, MIGRATIONS, "integration", proves)
    if suite.journey:
        cites = [*suite.account_cites, *suite.journey.cites(suite.journey.spec, suite.journey.create)]
        proves = f"Somebody gets an account, logs in, makes {suite.journey.one} and reads it, and logs out"
        yield Case("test_journey", JOURNEY, "e2e", proves, by_number(cites))
    yield from _protection(suite)


def _protection(suite: Suite) -> Iterator[Case]:
    wants = suite.wants
    for entity, fields in wants.encrypted.items():
        if suite.has(entity):
            subject = suite.subject(entity)
            columns = [f for f in fields if any(p.field == f for p in subject.plain)]
            if not columns:
                continue
            yield Case(
                f"test_{subject.snake}_is_stored_encrypted",
                PROTECTION,
                "security",
                f"Personal data of {subject.one} is not readable in the database",
                by_number(wants.encryption),
                "encrypted",
                {"s": subject, "columns": columns},
            )
    if wants.audit:
        for subject in suite.subjects:
            yield Case(
                f"test_changes_of_{subject.plural}_are_recorded",
                PROTECTION,
                "security",
                f"The audit log says who made and who changed {subject.one}",
                by_number(wants.audit),
                "audited",
                {"s": subject, "change": change(subject, subject.endpoint("update"))},
            )
