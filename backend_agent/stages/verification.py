"""The verification stage: runs the generated project through real tools."""

from __future__ import annotations

from backend_agent import settings
from backend_agent.artifacts import slices
from backend_agent.artifacts.verification import VerificationReport
from backend_agent.stage import Stage
from backend_agent.state import Artifacts
from backend_agent.verify.run import not_verified, verify

SWITCHED_OFF = "switched off by --no-verify: run `backend-agent verify` on the project's folder"


def draft(given: Artifacts) -> VerificationReport:
    """Verify the generated files; say of each verifier that it did not run when verification is switched off."""
    chosen = settings.current()
    if not chosen.verify:
        return not_verified(SWITCHED_OFF)
    return verify(given.code.files, chosen.postgres_url, seconds=chosen.verify_seconds)


STAGE = Stage(
    name="verification",
    title="Verification",
    artifact=VerificationReport,
    reads=("code",),
    draft=draft,
    slices={"code": slices.contents},
    settings=("verify", "postgres_url", "verify_seconds"),
)
