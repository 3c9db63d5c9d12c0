"""Accounts: registering, logging in, tokens, and what administrators do with accounts."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.testing import PlannedKind
from backend_agent.codegen.project_tests.case import Case, by_number
from backend_agent.codegen.project_tests.suite import Suite

AUTH = "tests/test_auth.py"
USERS = "tests/test_users.py"

_REGISTER = (
    ("test_register", "Who registers can log in, and the answer does not hold the password"),
    ("test_register_with_a_taken_email", "An email has one account, however it is written"),
    ("test_register_refuses", "A weak password or a wrong email gives no account"),
    ("test_register_gives_no_other_role", "Nobody gives themselves more rights by registering"),
)
_LOGIN = (
    ("test_login", "The right password gives tokens, and the access token says who one is"),
    (
        "test_wrong_password_and_unknown_email_look_alike",
        "A failed login does not tell whether the email has an account",
    ),
    ("test_inactive_account_cannot_log_in", "An account that is not active gives no tokens"),
)
_SESSION = (
    ("test_refresh_gives_new_tokens", "A refresh token yields the next pair of tokens"),
    ("test_refresh_token_is_good_for_one_use", "A second use of a refresh token ends the whole login"),
    ("test_unknown_refresh_token", "A made-up refresh token is refused"),
    ("test_logout", "After logging out the refresh token is of no use"),
    ("test_me", "The own account can be read"),
    ("test_bad_access_token", "A token that is expired, forged, unsigned or incomplete is refused"),
)
_HASHED = ("test_passwords_are_hashed", "The database keeps an Argon2id hash in place of a password")
_USERS = (
    ("test_create_user", "An account made by an administrator can log in"),
    ("test_create_user_with_a_taken_email", "An email has one account"),
    ("test_create_user_refuses", "A weak password, a wrong email or an unknown role gives no account"),
    ("test_list_users", "An administrator sees all accounts and no password hashes"),
    ("test_update_user", "An administrator changes the role of an account"),
    ("test_update_user_with_an_old_version", "A change of an account that was changed since it was read is refused"),
    ("test_locked_user_is_logged_out", "An account that is switched off gets no more tokens"),
    ("test_unknown_user", "An id that no account has is answered with 404"),
    ("test_users_need_a_token", "Without a token nobody gets at accounts"),
    ("test_others_may_not_manage_users", "Only administrators manage accounts"),
)
_INTEGRATION = frozenset({"test_me", "test_update_user_with_an_old_version", "test_unknown_user", "test_list_users"})


def cases(suite: Suite) -> Iterator[Case]:
    """Yield the tests about accounts."""
    login = suite.endpoint("login")
    if login is None:
        return
    cites = list(login.cites)
    if suite.registers and suite.endpoint("register"):
        for name, proves in _REGISTER:
            if name != "test_register_gives_no_other_role" or suite.not_registering:
                yield _case(AUTH, name, proves, cites)
    for name, proves in (*_LOGIN, *_SESSION):
        yield _case(AUTH, name, proves, cites)
    if suite.endpoint("register") or suite.endpoint("create_user"):
        yield _case(AUTH, *_HASHED, cites)
    yield _case(
        AUTH,
        "test_lockout",
        "After too many failed logins even the right password has to wait",
        suite.wants.lockout or cites,
    )
    if suite.administrator and suite.endpoint("create_user"):
        managing = [*cites, *suite.wants.roles] if suite.wants.roles else cites
        for name, proves in _USERS:
            if name != "test_others_may_not_manage_users" or len(suite.roles) > len(suite.administrators):
                yield _case(USERS, name, proves, managing)


def _case(file: str, name: str, proves: str, cites: list[str]) -> Case:
    kind: PlannedKind = "integration" if name in _INTEGRATION else "security"
    return Case(name, file, kind, proves, by_number(cites))
