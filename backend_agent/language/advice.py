# ruff: noqa: E501 - patterns and word lists read better unbroken
"""How a statement will be met, what is hard about it, and which technology the statements call for."""

from __future__ import annotations

import re

from backend_agent.artifacts.requirements import Category, Statement, TechnologyRecommendation
from backend_agent.artifacts.task import BackendTask

_APPROACHES: tuple[tuple[str, str], ...] = (
    (r"\b(?:hash|argon2|bcrypt)\w*\b.*\bpassword|\bpasswords?\b.*\bhash", "Passwords are kept as argon2 hashes only."),
    (r"\bjwt\b|\boauth2?\b|\brefresh tokens?\b", "Short-lived signed access tokens, and refresh tokens that are rotated at each use."),
    (r"\brole[- ]based|\brbac\b", "Every endpoint names the roles that may call it, and the service checks them in one place."),
    (r"\brate[- ]limit", "Requests are counted per account and address in a middleware; what exceeds the limit gets 429."),
    (r"\baudit|\bevery change\b.*\b(?:kept|logged|recorded)\b", "Every change is written to an audit log in the same transaction."),
    (r"\bencrypt\w*", "Sensitive columns are encrypted by the application with a key from the environment."),
    (r"\block(?:ed|s)? ?out|\bfailed log-?ins?", "Failed logins are counted per account, and the account is locked for a time."),
    (r"\bcors\b", "Only the listed origins may call the API from a browser."),
    (r"\bowasp|\bpci\b|\bgdpr|\bhipaa|\bcompli", "The controls that it names are listed with their place in the code, and what is missing is said."),
    (r"\bregister\b|\blog in\b|\bsign up\b", "Accounts are made and logged in by the authentication endpoints."),
    (r"\bsum of\b|\baverage\b|\bnumber of (?:its )?\w+s\b|\btotal\b.*\bof\b", "The value is computed in the query that reads it and never stored."),
    (r"\bsearch|\blook up\b|\bbrowse\b", "The list endpoint takes a search parameter over the named fields."),
    (r"\bfilter|\bsort", "The list endpoint takes typed filter and sort parameters that are served by indexes."),
    (r"\b(?:their|his|her|my) own\b|\bown \w+", "Ownership is part of the query, so that what belongs to others is not found."),
    (r"\bonly\b.*\b(?:can|may|are|to)\b|\bvisible to\b", "The role is checked before the service does anything."),
    (r"\banyone\b|\bwithout logging in\b|\bpublic\b", "The reading endpoints are open; writing needs an account."),
    (r"\b(?:un)?follow\b|\b(?:un)?like\b", "A link between the two is switched on with PUT and off with DELETE."),
    (r"\bcannot be (?:changed|deleted|edited|modified)|\bcancel|\bmark\b.*\bas\b|\bis \w+, \w+.* or \w+", "A state with named transitions; each is one atomic update that checks the state it starts from."),
    (r"\bonce (?:per|for)\b|\bunique\b|\bno two\b", "A unique constraint in the database; a second one is answered with 409."),
    (r"\bgreater than\b|\bat most\b|\bfrom \d+ to \d+|\bnegative\b|\bbetween \d+ and", "The bounds are checked in the API's models and again by constraints in the database."),
    (r"\btree\b|\bhierarch", "Each row may refer to a parent of its own kind; a cycle is refused."),
    (r"\bemail\b.*\b(?:when|sent)|\breceives? an\b|\bnotif", "Messages are sent by a worker of their own, outside the request."),
)  # fmt: skip
_BY_CATEGORY: dict[Category, str] = {
    "functional": "One endpoint and one service method for each action, tested through the API.",
    "data": "Tables with typed columns, foreign keys and constraints, and create, read, update and delete endpoints.",
    "security": "A control in one place of the code, with a test that fails without it.",
    "performance": "Indexes for every filter and order, bounded pages, and a figure that a load test can measure.",
    "integration": "An adapter behind an interface of its own, with time limits and retries.",
    "operations": "Settings from the environment, health endpoints, and deployment files that are checked.",
}
_CHALLENGES: tuple[tuple[str, str], ...] = (
    (r"\bsame time\b|\boverlap|\bmore \w+ than\b.*\bstock|\bstock\b|\bconcurren|\bnegative\b|\btransfers?\b", "Two requests at the same moment must not both succeed."),
    (r"\bcancel|\bmark\b|\bapprov|\bstatus\b|\bis \w+, \w+.* or \w+", "A change of state must be atomic."),
    (r"\bown\b", "What belongs to others must not be guessable by its id."),
    (r"\bencrypt", "Encrypted columns can be neither searched nor sorted."),
    (r"\bsearch|\blook up", "Search must stay fast as rows grow."),
    (r"\bsum\b|\baverage\b|\bnumber of likes|\btotal\b", "Computed values must not cost a query a row."),
    (r"\btree\b|\bhierarch", "Cycles must be refused."),
    (r"\bemail\b.*\bwhen|\bnotif|\bprovider\b|\bstripe\b|\bsmtp\b|\bpayment", "Another system may be slow or down."),
    (r"\baudit", "The log must not be open to change."),
    (r"\bms\b|\brequests? (?:a|per) second\b|\busers at", "The figure holds only on the hardware that it was measured on."),
    (r"\bdifferent (?:employee|person)", "Who enters and who approves must be two accounts."),
    (r"\brefresh token|\bjwt", "A stolen refresh token must be noticed."),
)  # fmt: skip


def approach(text: str, category: Category) -> str:
    """Return in one sentence how a statement will be met."""
    for pattern, answer in _APPROACHES:
        if re.search(pattern, text, re.IGNORECASE):
            return answer
    return _BY_CATEGORY[category]


def challenges(text: str) -> list[str]:
    """Return what is hard about a statement; at most three."""
    return [answer for pattern, answer in _CHALLENGES if re.search(pattern, text, re.IGNORECASE)][:3]


def recommendations(task: BackendTask, statements: list[Statement]) -> list[TechnologyRecommendation]:
    """Return the technologies that the statements call for; each cites them."""

    def cites(pattern: str) -> list[str]:
        return [s.id for s in statements if re.search(pattern, s.text, re.IGNORECASE)]

    every = [s.id for s in statements if s.category in ("functional", "data")][:1] or [statements[0].id]
    database = task.database_requirements.type
    data = [s.id for s in statements if s.category == "data"] or every
    found = [
        TechnologyRecommendation(
            concern="API",
            choice="FastAPI",
            reason="Typed requests and answers, and the OpenAPI document from the same types.",
            cites=every,
        ),
        TechnologyRecommendation(
            concern="Database",
            choice="PostgreSQL" if database == "postgresql" else "SQLite" if database == "sqlite" else database,
            reason="The data is relational: it has references, unique values and states that constraints protect.",
            cites=data,
        ),
        TechnologyRecommendation(
            concern="Data access",
            choice="SQLAlchemy Core (async) with Alembic",
            reason="Explicit SQL, and migrations that are tested up and down.",
            cites=data,
        ),
    ]
    wanted: tuple[tuple[str, str, str, str], ...] = (
        ("Authentication", "PyJWT and argon2 (pwdlib)", "Signed tokens without server sessions; a password hash that resists guessing.", r"\bjwt\b|\boauth|\blog in\b|\bpassword|\bregister\b|\bown\b|\bauthenticat"),
        ("Encryption at rest", "AES-256-GCM (cryptography)", "Authenticated encryption of single columns, with the key in the environment.", r"\bencrypt"),
        ("Cache", "Redis" if "redis" in (task.performance_requirements.cache, task.database_requirements.cache) else "In-process cache", "Reads that outnumber writes are answered without the database.", r"\bcache|\breads outnumber|\breads to one write"),
        ("Mail", "An SMTP adapter behind a port", "Messages must not hold up a request.", r"\bsmtp\b|\bemails? when\b|\breceive an email|\btold by email"),
        ("Payments", "The provider's API behind a port", "The provider can be replaced, and faked in tests.", r"\bstripe\b|\bpaypal\b|\bpayment"),
        ("Deployment", "Kubernetes" if task.deployment_requirements.platform == "kubernetes" else "Docker", "As the task asks; the image runs as a user without rights.", r"\bkubernetes\b|\bdocker\b|^Environments"),
    )  # fmt: skip
    for concern, choice, reason, pattern in wanted:
        if ids := cites(pattern):
            found.append(TechnologyRecommendation(concern=concern, choice=choice, reason=reason, cites=ids[:8]))
    return found
