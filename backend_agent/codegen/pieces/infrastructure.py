"""Pieces that exist once a project: what every service needs around its entities."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from backend_agent.codegen import citations, infrastructure
from backend_agent.codegen.piece import Piece
from backend_agent.codegen.view import EntityView, Project

Answer = Callable[[Project, EntityView | None], bool]
HERE = "infrastructure/"

encrypted: Answer = lambda project, _: project.encrypted  # noqa: E731 - one word each, as a table
audited: Answer = lambda project, _: project.audit  # noqa: E731
administered: Answer = lambda project, _: bool(project.administrators)  # noqa: E731
ported: Answer = lambda project, _: project.ports  # noqa: E731
cached: Answer = lambda project, _: bool(project.given.performance.caching_strategy)  # noqa: E731


def _cursor_symbols(project: Project, _: EntityView | None) -> Iterable[str]:
    return ("encode_cursor", "decode_cursor") if project.cursor else ()


def _cipher_symbols(project: Project, _: EntityView | None) -> Iterable[str]:
    return ("EncryptedString",) if project.encrypted else ()


def _user_symbols(project: Project, _: EntityView | None) -> Iterable[str]:
    return [alias.name for alias in infrastructure.account(project).plan.aliases]


def _user_models(project: Project, _: EntityView | None) -> Iterable[str]:
    return [m.name for m in project.account.models]


def _concrete(*symbols: str) -> Callable[[Project, EntityView | None], Iterable[str]]:
    return lambda project, _: [project.concrete(s) for s in symbols]


CORE = (
    Piece(
        "settings",
        f"{HERE}settings.py.jinja",
        "Settings from the environment.",
        symbols=("Settings", "get_settings"),
        context=infrastructure.settings_context,
        cites=citations.settings,
    ),
    Piece(
        "errors",
        f"{HERE}errors.py.jinja",
        "What the service refuses, and why.",
        symbols=(
            "ServiceError", "NotFound", "Conflict", "Forbidden", "Unauthenticated", "Invalid", "TooManyRequests",
        ),
    ),
    Piece("clock", f"{HERE}clock.py.jinja", "The time, read in one place.", symbols=("utcnow",)),
    Piece(
        "caller",
        f"{HERE}caller.py.jinja",
        "Who calls, in which role.",
        symbols=("Caller", "Role"),
        cites=citations.authorization,
    ),
    Piece(
        "pagination",
        f"{HERE}pagination.py.jinja",
        "Pages of a list.",
        symbols=("Page", "PageQuery"),
        more_symbols=_cursor_symbols,
        context=lambda project, _: {"page_size": project.given.performance.default_page_size},
    ),
    Piece(
        "tokens",
        f"{HERE}tokens.py.jinja",
        "Access tokens.",
        more_symbols=_concrete("Tokens"),
        cites=citations.authentication,
    ),
    Piece(
        "passwords",
        f"{HERE}passwords.py.jinja",
        "Password hashes.",
        more_symbols=_concrete("Passwords"),
        cites=citations.authentication,
    ),
    Piece(
        "encryption",
        f"{HERE}encryption.py.jinja",
        "Encrypts personal data.",
        symbols=("cipher",),
        when=encrypted,
        cites=citations.encryption,
    ),
    Piece(
        "observability",
        f"{HERE}observability.py.jinja",
        "Logs and measurements.",
        symbols=("REQUEST_SECONDS", "configure_logging"),
        cites=citations.observability,
    ),
)  # fmt: skip

DATABASE = (
    Piece(
        "tables_base",
        f"{HERE}tables_base.py.jinja",
        "What all tables share.",
        symbols=("metadata", "UtcDateTime"),
        more_symbols=_cipher_symbols,
        cites=citations.encryption,
    ),
    Piece(
        "database",
        f"{HERE}database.py.jinja",
        "Connections for reading and for writing.",
        symbols=("Database",),
        cites=citations.performance,
    ),
    Piece("schema", f"{HERE}schema.py.jinja", "All tables.", context=infrastructure.schema_context),
    Piece(
        "work",
        f"{HERE}work.py.jinja",
        "How services reach the database.",
        more_symbols=_concrete("UnitOfWork", "Repositories"),
        context=infrastructure.work_context,
    ),
    Piece(
        "work_port",
        f"{HERE}work_port.py.jinja",
        "The unit of work, as the services need it.",
        symbols=("UnitOfWork", "Repositories"),
        when=ported,
        context=infrastructure.work_context,
    ),
    Piece(
        "security_ports",
        f"{HERE}security_ports.py.jinja",
        "Tokens and passwords, as the services need them.",
        symbols=("Passwords", "Tokens"),
        when=ported,
        cites=citations.authentication,
    ),
    Piece(
        "audit_table",
        f"{HERE}audit_table.py.jinja",
        "Table of the audit log.",
        symbols=("audit_log_table",),
        when=audited,
        cites=citations.audit,
    ),
    Piece(
        "audit_repository",
        f"{HERE}audit_repository.py.jinja",
        "Keeps who changed what, and when.",
        more_symbols=_concrete("AuditLogRepository"),
        when=audited,
        cites=citations.audit,
    ),
    Piece(
        "audit_port",
        f"{HERE}audit_port.py.jinja",
        "The audit log, as the services need it.",
        symbols=("AuditLogRepository",),
        when=lambda project, _: project.ports and project.audit,
        cites=citations.audit,
    ),
)

ACCOUNTS = (
    Piece(
        "user",
        f"{HERE}user.py.jinja",
        "Accounts: who logs in.",
        symbols=("User", "UserDraft", "UserCredentials", "StoredRefreshToken", "LoginSession"),
        more_symbols=_user_symbols,
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "user_tables",
        f"{HERE}user_tables.py.jinja",
        "Tables of accounts, refresh tokens and failed logins.",
        symbols=("users_table", "refresh_tokens_table", "login_failures_table"),
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "user_repository",
        f"{HERE}user_repository.py.jinja",
        "SQL of accounts.",
        more_symbols=_concrete("UserRepository", "RefreshTokenRepository", "LoginFailureRepository"),
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "user_port",
        f"{HERE}user_port.py.jinja",
        "Where accounts are kept, as the services need it.",
        symbols=("UserRepository", "RefreshTokenRepository", "LoginFailureRepository"),
        when=ported,
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "auth_service",
        f"{HERE}auth_service.py.jinja",
        "Turns credentials into tokens.",
        symbols=("AuthenticationService",),
        context=infrastructure.account_context,
        cites=citations.authentication,
    ),
    Piece(
        "user_service",
        f"{HERE}user_service.py.jinja",
        "Administration of accounts.",
        symbols=("UserService",),
        when=administered,
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "user_schemas",
        "entities/schemas.py.jinja",
        "What goes over the wire about accounts.",
        more_symbols=_user_models,
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "auth_router",
        f"{HERE}auth_router.py.jinja",
        "Endpoints for logging in and out.",
        context=infrastructure.account_context,
        cites=citations.authentication,
    ),
    Piece(
        "user_router",
        f"{HERE}user_router.py.jinja",
        "Endpoints for the administration of accounts.",
        when=administered,
        context=infrastructure.account_context,
        cites=citations.accounts,
    ),
    Piece(
        "create_admin",
        f"{HERE}create_admin.py.jinja",
        "Makes an administrator's account.",
        path="app/create_admin.py",
        when=administered,
        context=infrastructure.account_context,
        cites=citations.authorization,
    ),
)

HTTP = (
    Piece(
        "problems",
        f"{HERE}problems.py.jinja",
        "Errors on the wire.",
        symbols=("FieldError", "Problem", "ProblemResponse", "add_problems", "problems"),
    ),
    Piece(
        "middleware",
        f"{HERE}middleware.py.jinja",
        "What happens around every request.",
        symbols=("BodyLimit", "RequestContext", "SecurityHeaders"),
        context=infrastructure.headers_context,
        cites=citations.headers,
    ),
    Piece(
        "rate_limits",
        f"{HERE}rate_limits.py.jinja",
        "Who calls, and how often.",
        symbols=("IdentifyCaller", "LoginLimit", "login_counter"),
        context=infrastructure.rates_context,
        cites=citations.rate_limits,
    ),
    Piece(
        "http_cache",
        f"{HERE}http_cache.py.jinja",
        "Answers that may be kept.",
        symbols=("HttpCache",),
        when=cached,
        cites=citations.performance,
    ),
    Piece("health_router", f"{HERE}health_router.py.jinja", "Liveness, readiness, measurements."),
    Piece(
        "dependencies",
        f"{HERE}dependencies.py.jinja",
        "What endpoints are given.",
        symbols=("CurrentCaller", "OptionalCaller", "service"),
        cites=citations.authorization,
    ),
    Piece(
        "routers",
        f"{HERE}routers.py.jinja",
        "All endpoints.",
        symbols=("routes",),
        context=infrastructure.routers_context,
    ),
    Piece(
        "main",
        f"{HERE}main.py.jinja",
        "The service, put together.",
        path="app/main.py",
        symbols=("create_app",),
        context=infrastructure.main_context,
        cites=citations.headers,
    ),
)

PIECES: tuple[Piece, ...] = (*CORE, *DATABASE, *ACCOUNTS, *HTTP)
