"""The code stage: drafts hold what their designs say; each check catches its mutant."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from designs import CASES, designed, failing

from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.security import Header
from backend_agent.stages import testing
from backend_agent.stages.code import STAGE
from backend_agent.state import Artifacts

Mutant = Callable[[Implementation], Implementation]


@cache
def coded(case: str) -> dict[str, Any]:
    state = designed(case)
    state["testing"] = testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))
    return {**state, "code": STAGE.draft(Artifacts(state, STAGE.reads))}


def replaced(path: str, old: str, new: str) -> Mutant:
    """Return a mutant with other text in the one file whose path ends so."""

    def mutate(code: Implementation) -> Implementation:
        (found,) = [f for f in code.files if f.path.endswith(path)]
        assert old in found.content, f"{path} does not hold {old!r}"
        changed = found.model_copy(update={"content": found.content.replace(old, new)})
        return code.model_copy(update={"files": [changed if f is found else f for f in code.files]})

    return mutate


def added(path: str, content: str = "") -> Mutant:
    file = GeneratedFile(path=path, content=content, description="")
    return lambda code: code.model_copy(update={"files": [*code.files, file]})


def uncited(requirement: str) -> Mutant:
    return lambda code: code.model_copy(
        update={"files": [f.model_copy(update={"cites": [r for r in f.cites if r != requirement]}) for f in code.files]}
    )


def found_in(case: str, mutate: Mutant) -> dict[str, list[str]]:
    state = coded(case)
    return failing(STAGE, {**state, "code": mutate(state["code"])})


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, coded(case)) == {}


def test_two_drafts_are_the_same_bytes() -> None:
    state = coded("todo")
    assert STAGE.draft(Artifacts(state, STAGE.reads)) == state["code"]


@pytest.mark.parametrize(
    ("case", "check", "mutate"),
    [
        ("todo", "paths", added("../outside.py")),
        ("todo", "paths", added("/etc/passwd")),
        ("todo", "paths", added("APP/main.py")),
        ("todo", "parses", added("app/broken.py", "def f(:\n")),
        ("todo", "routed", replaced("api/routes/auth.py", 'operation_id="login"', 'operation_id="signin"')),
        ("todo", "routed", added("app/again.py", 'operation_id="login"\n')),
        ("todo", "migrated", replaced("0001_initial.py", '"tasks",\n', '"taks",\n')),
        ("todo", "migrated", replaced("0001_initial.py", 'op.drop_table("tasks")', "pass")),
        ("todo", "migrated", replaced("0001_initial.py", 'sa.Column("title"', 'sa.Column("titel"')),
        ("todo", "indexed", replaced("0001_initial.py", '"uq_users_email"', '"uq_users"')),
        ("todo", "indexed", replaced("tables/users.py", '"ix_refresh_tokens_family_id"', '"ix_family"')),
        ("todo", "headers", replaced("middleware.py", "nosniff", "sniff")),
        ("bookshop", "headers", replaced("settings.py", "https://shop.example.com", "https://example.com")),
        ("todo", "limits", replaced("services/auth.py", "LOCKOUT_ATTEMPTS = 5", "LOCKOUT_ATTEMPTS = 500")),
        ("todo", "limits", replaced("rate_limits.py", "settings.rate_limit_login, ", "settings.rate_limit_login, 9")),
        ("todo", "limits", replaced("settings.py", "rate_limit_account: int = Field(", "rate: int = Field(")),
        ("todo", "tokens", replaced("tokens.py", 'ALGORITHM = "HS256"', 'ALGORITHM = "none"')),
        ("todo", "tokens", replaced("services/auth.py", "timedelta(days=14)", "timedelta(days=1400)")),
        ("todo", "tokens", replaced("schemas/users.py", "min_length=12", "min_length=4")),
        ("clinic", "protected", replaced("tables/patients.py", "EncryptedString()", "sa.Text()")),
        ("bookshop", "cached", replaced("http_cache.py", '"list_books": 30', '"list_books": 3000')),
        ("todo", "cached", replaced("settings.py", "database_pool_size", "pool_size")),
        ("todo", "variables", replaced("settings.py", "    log_level:", "    level:")),
        ("todo", "variables", replaced(".env.example", "LOG_LEVEL", "LEVEL")),
        ("todo", "deployed", replaced("Dockerfile", "python:3.11-slim", "python:latest")),
        ("todo", "deployed", replaced("compose.yaml", "\n  migrate:\n", "\n  migration:\n")),
        ("todo", "deployed", replaced("Makefile", "\nlint:", "\ncheck:")),
        ("todo", "secrets", added("app/key.py", 'JWT_SECRET = "hQ3v9ZkX2mP8sW5tY7bN4cL6"\n')),
        ("todo", "secrets", added("deploy/id.pem", "-----BEGIN PRIVATE " + "KEY-----\n")),
        ("todo", "secrets", added("notes.md", "postgresql://app:hunter2@db/app\n")),
        ("todo", "unfinished", added("app/later.py", "raise NotImplementedError\n")),
        ("todo", "unfinished", added("app/later.py", "# TODO\n")),
        ("todo", "served", uncited("R-001")),
        ("todo", "contracts", replaced("pyproject.toml", "[[tool.importlinter.contracts]]", "[[tool.other]]")),
        ("todo", "contracts", lambda code: code.model_copy(update={"layout": "monolithic"})),
        ("todo", "tested", replaced("tests/test_service.py", "def test_", "def try_")),
    ],
)
def test_each_check_catches_its_mutant(case: str, check: str, mutate: Mutant) -> None:
    assert check in found_in(case, mutate)


def test_a_designed_header_without_code_is_found() -> None:
    state = coded("todo")
    headers = state["security"].security_headers
    more = headers.model_copy(update={"headers": [*headers.headers, Header(name="X-New", value="1")]})
    security = state["security"].model_copy(update={"security_headers": more})
    assert failing(STAGE, {**state, "security": security}) == {"headers": ["X-New: 1"]}


def test_an_audit_log_that_nothing_writes_is_found() -> None:
    state = coded("clinic")
    code = state["code"]
    silent = [f.model_copy(update={"content": f.content.replace("audit.record(", "audit.skip(")}) for f in code.files]
    assert "protected" in failing(STAGE, {**state, "code": code.model_copy(update={"files": silent})})
