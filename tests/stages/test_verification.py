"""The verification stage."""

from __future__ import annotations

import pytest
from verify.sample import generated

from backend_agent import settings
from backend_agent.artifacts.code import Implementation
from backend_agent.settings import Settings
from backend_agent.stages import verification
from backend_agent.state import Artifacts
from backend_agent.verify import lint, openapi
from backend_agent.verify import run as verify_run

CODE = Implementation(target="python-fastapi", layout="layered", files=generated()).to_state()


def test_verifies_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_run.verify, "__kwdefaults__", _with_verifiers())
    with settings.use(Settings(verify=True)):
        report = verification.STAGE.draft(Artifacts({"code": CODE}, verification.STAGE.reads))
    assert [(run.verifier, run.verdict) for run in report.runs] == [("lint", "pass"), ("openapi", "pass")]


def _with_verifiers() -> dict[str, object]:
    return {**(verify_run.verify.__kwdefaults__ or {}), "verifiers": (lint.VERIFIER, openapi.VERIFIER)}


def test_switched_off_is_not_run() -> None:
    with settings.use(Settings(verify=False)):
        report = verification.STAGE.draft(Artifacts({"code": CODE}, verification.STAGE.reads))
    assert {(run.verdict, run.reason) for run in report.runs} == {("not_run", verification.SWITCHED_OFF)}
    assert report.tests == []


def test_the_setting_is_part_of_the_fingerprint() -> None:
    assert set(verification.STAGE.settings) >= {"verify", "postgres_url"}
