"""Slices hold all that the drafts and the checks look at, and a stage is shown nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fakes
import pytest
from conftest import EXAMPLES

from backend_agent.artifacts import mentions, slices
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import DRAFT, Author, Kept, Written, reads_slices
from backend_agent.checkpoint import open_saver
from backend_agent.pipeline import STAGES
from backend_agent.session import Session
from backend_agent.settings import Settings, use
from backend_agent.stage import Stage
from backend_agent.state import Artifacts

CONCERNS = [
    "Users can register with an e-mail address and a password and log in.",
    "Administrators register patients; a patient has a name, a phone number and a medical note.",
    "Medical notes are sensitive and encrypted at rest; all traffic is encrypted in transit with TLS.",
    "Every change is recorded in an audit log.",
    "After 4 failed logins within 20 minutes the account is locked out.",
    "Patients are notified by email when a visit is cancelled. A visit is planned, done or cancelled.",
    "Two visits of one patient never overlap, and nothing is booked at the same time.",
    "Independent teams own separate parts and deploy independently.",
    "Load is spiky: bursts on Monday mornings, idle at night.",
    "Pages answer within 250 ms for 800 concurrent users; reads outnumber writes ten to one.",
    "The API serves 50 requests per second and calls are rate limited and throttled.",
    "Only the role nurse has permission to delete a visit; role based access control is used.",
    "Follow OWASP, GDPR, HIPAA and PCI; send security headers with HSTS; validate all input against injection.",
    "Sign in with OAuth, MFA and API keys. CORS only for the web front end; cross-origin calls are refused.",
]
"""One sentence or more about everything that stages look for in words."""
NOISY: dict[str, Any] = {
    "project_name": "Clinic",
    "description": "A clinic. Reads outnumber writes by a hundred to one.",
    "requirements": CONCERNS,
    "security_requirements": ["JWT authentication", "Encrypt personal data at rest", "CORS for the web front end"],
    "integration_requirements": ["Stripe payments", "Patients receive an SMS by Twilio"],
    "performance_requirements": {"p95_latency_ms": 90, "throughput_rps": 40, "cache": "redis"},
    "deployment_requirements": {"platform": "kubernetes", "environments": ["staging", "production"]},
    "api_requirements": {"naming": "camelCase", "pagination": "cursor", "idempotency": True},
    "frontend_context": {"framework": "react", "origin": "https://clinic.example.com"},
}
TASKS = {
    **{path.stem: BackendTask.from_file(path) for path in sorted(EXAMPLES.glob("*.yaml"))},
    "noisy": BackendTask.from_state(NOISY),
    "prose": BackendTask.from_state({"project_name": "Clinic", "description": " ".join(CONCERNS)}),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_slice_holds_all_that_the_draft_and_the_checks_look_at(name: str, settings: Settings) -> None:
    state: dict[str, Any] = {"task": TASKS[name]}
    with use(settings):
        for stage in STAGES[: [s.name for s in STAGES].index("verification") + 1]:
            names = (*stage.reads, stage.name)
            shown = {n: stage.slices.get(n, lambda whole: whole)(v) for n, v in state.items() if n in stage.reads}
            written = stage.draft(Artifacts(state, names))
            assert stage.draft(Artifacts(shown, names)) == written, stage.name
            state[stage.name] = shown[stage.name] = written
            assert stage.check(Artifacts(shown, names)) == stage.check(Artifacts(state, names)), stage.name


def test_slices_are_of_what_is_read_and_do_not_change_when_sliced_again(settings: Settings) -> None:
    state: dict[str, Any] = {"task": TASKS["noisy"]}
    with use(settings):
        for stage in STAGES[: [s.name for s in STAGES].index("code") + 1]:
            assert stage.slices.keys() <= set(stage.reads)
            state[stage.name] = stage.draft(Artifacts(state, (*stage.reads, stage.name)))
    for stage in STAGES:
        for name, part in stage.slices.items():
            assert part(part(state[name])) == part(state[name]), (stage.name, name)


def test_words_that_do_not_matter_are_gone() -> None:
    analysis = RequirementsAnalysis(
        statements=[_statement("R-001", "Users log in with JWT."), _statement("R-002", "A book has a title.")],
        superseded=[_statement("R-003", "A book has a price.")],
    )
    looked_for = mentions.MENTIONS
    assert [(s.id, s.text) for s in slices.wording(looked_for)(analysis).statements] == [("R-001", "jwt; log in")]
    numbered = slices.wording(looked_for, numbered=True)(analysis)
    assert [(s.id, s.text) for s in numbered.statements] == [("R-001", "jwt; log in"), ("R-002", "")]
    assert numbered.superseded == []
    whole = slices.wording(sentences=looked_for)(analysis).statements
    assert [s.text for s in whole] == ["Users log in with JWT."]
    assert [s.text for s in slices.wording(sources=["requirements"])(analysis).statements] == [
        "Users log in with JWT.",
        "A book has a title.",
    ]


class Modest(fakes.Counting):
    """An author that can do with slices."""

    def reads_slices(self, stage: Stage[Any]) -> bool:
        return stage.name == "domain"


class Judging(Modest):
    """One that keeps what it was given of the requirements."""

    def __init__(self) -> None:
        super().__init__()
        self.saw: list[list[str]] = []

    def write(self, stage: Stage[Any], given: Artifacts, findings: Any) -> Written:
        if stage.name == "domain":
            self.saw.append([s.approach for s in given.requirements.statements])
        return super().write(stage, given, findings)


class Thorough(Judging):
    """One that shows its chat model all that there is."""

    def reads_slices(self, stage: Stage[Any]) -> bool:
        return False


class Silent(Judging):
    """One that does not say what it reads."""

    reads_slices = None  # type: ignore[assignment]  # as if it had no such method


def test_a_stage_is_shown_its_slice_and_does_no_work_for_the_rest(settings: Settings) -> None:
    author = Judging()
    with_another_approach(author, settings)
    assert author.wrote.count("domain") == 1
    assert author.saw == [[""]]


def test_another_author_is_given_whole_artifacts_and_works_when_any_of_it_changed(settings: Settings) -> None:
    for author in (Thorough(), Silent()):
        with_another_approach(author, settings)
        assert author.wrote.count("domain") == 2
        assert author.saw == [["directly"], ["otherwise"]]


def test_the_draft_reads_slices_and_an_edited_artifact_nothing(settings: Settings) -> None:
    stage = fakes.STAGES["domain"]
    assert reads_slices(DRAFT, stage)
    assert reads_slices(Kept("digest"), stage)
    assert not reads_slices(fakes.Counting(), stage)


def with_another_approach(author: Author, settings: Settings) -> None:
    """Run a session twice; in between the approach to a requirement changes, which the domain is not shown."""
    told = replace(fakes.STAGES["domain"], slices={"requirements": slices.told})
    stages = tuple(told if stage.name == "domain" else stage for stage in fakes.stages())
    saver = open_saver(settings.database)
    try:
        session = Session.start(fakes.TASK, saver, settings, author, stages)
        session.run()
        analysis = session.artifact("requirements")
        analysis["statements"][0]["approach"] = "otherwise"
        session.edit("requirements", analysis)
        session.run()
    finally:
        saver.close()


def _statement(number: str, text: str) -> Statement:
    return Statement(
        id=number, text=text, category="functional", priority="low", complexity="high", approach="so",
        source="requirements",
    )  # fmt: skip
