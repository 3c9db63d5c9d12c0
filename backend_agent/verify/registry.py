"""All verifiers, in the order of the report. To add one: a module, a line here, and a project that it must catch."""

from __future__ import annotations

from backend_agent.verify import (
    bandit,
    boot,
    contracts,
    dependencies,
    imports,
    lint,
    migrations,
    openapi,
    secrets,
    served,
    tests,
    types,
    weaknesses,
)
from backend_agent.verify.verifier import Verifier

VERIFIERS: tuple[Verifier, ...] = (
    imports.VERIFIER,
    lint.VERIFIER,
    types.VERIFIER,
    contracts.VERIFIER,
    dependencies.VERIFIER,
    bandit.VERIFIER,
    weaknesses.VERIFIER,
    secrets.VERIFIER,
    openapi.VERIFIER,
    boot.VERIFIER,
    served.VERIFIER,
    migrations.SQLITE,
    migrations.POSTGRESQL,
    tests.SQLITE,
    tests.POSTGRESQL,
)
