"""Earlier decisions of the same user: offered to whoever writes the architecture, ignored by drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import matrix
import pytest
from fake_groq import FakeGroq

from backend_agent import BackendAgent
from backend_agent.settings import Settings

FIRST = {
    "type": "backend_architecture",
    "project_name": "Zoo",
    "requirements": ["Users can register and log in.", "A keeper has a name."],
}
SECOND = {**FIRST, "project_name": "Park", "requirements": ["Users can register and log in.", "A ranger has a name."]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGroq]:
    with FakeGroq(matrix.good) as made:
        matrix.quick(monkeypatch, made)
        yield made


def asked(server: FakeGroq) -> str:
    return next(r.prompt for r in server.seen if r.schema_name.startswith("architecture"))


def test_a_chat_model_is_shown_what_was_decided_in_other_projects(server: FakeGroq, settings: Settings) -> None:
    first = BackendAgent(settings).develop(FIRST)
    decision = first.architecture.decisions[0]
    BackendAgent(settings, model=matrix.MODEL).develop(SECOND)
    assert "### earlier decisions" in asked(server)
    assert f"Zoo ({first.architecture.architecture_type}): {decision.title}: {decision.choice}" in asked(server)


def test_a_new_database_offers_nothing_and_a_session_not_its_own(server: FakeGroq, settings: Settings) -> None:
    agent = BackendAgent(settings, model=matrix.MODEL)
    with agent.start(FIRST) as session:
        session.run()
        assert "### earlier decisions" not in asked(server)
        server.seen.clear()
        session.revise({**FIRST, "requirements": [*FIRST["requirements"], "A keeper has an age."]})
        session.run()
        assert "### earlier decisions" not in asked(server)


def test_what_is_decided_after_a_session_was_made_does_not_change_its_prompts(
    server: FakeGroq, settings: Settings
) -> None:
    agent = BackendAgent(settings, model=matrix.MODEL)
    with agent.start(SECOND, pause_after=["domain"]) as session:
        session.run()
        BackendAgent(settings).develop(FIRST)
        session.run()
    assert "### earlier decisions" not in asked(server)


def test_drafts_are_the_same_bytes_whatever_was_made_before(settings: Settings) -> None:
    BackendAgent(settings).develop(FIRST)
    after = BackendAgent(settings).develop(SECOND).plain("architecture")
    alone = replace(settings, database=settings.database.with_name("other.db"))
    assert BackendAgent(alone).develop(SECOND).plain("architecture") == after
