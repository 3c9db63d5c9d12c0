"""What a revision costs, and that it gives what a fresh run gives: each sentence of bookshop, changed in three ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import revising
from revisions import Revision, bookshop, revisions

from backend_agent import BackendAgent
from backend_agent.session import Session
from backend_agent.settings import Settings

REVISIONS = list(revisions())
WORDINGS = [revision for revision in REVISIONS if revision.kind == "wording"]
SAMPLE = [
    revision
    for revision in REVISIONS
    if revision.what.startswith(("Customers can review", "Stripe", "a rating", "Only administrators can create ->"))
]
LITTLE = {"requirements", "domain", "database", "quality", "documentation"}
"""What other words reach: what reads the sentences, the schema (something was delivered), and what quotes them."""
QUOTED = {"architecture"}
"""What stays outside of the service is quoted by a decision."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> BackendAgent:
    return BackendAgent(Settings(database=tmp_path_factory.mktemp("revised") / "sessions.db", verify=False))


@pytest.fixture(scope="module")
def base(agent: BackendAgent) -> Iterator[Session]:
    with agent.start(bookshop()) as session:
        session.run()
        yield session


def revised(base: Session, revision: Revision) -> tuple[Session, set[str]]:
    """Return a branch with the revised task, run, and the stages that worked."""
    worked: set[str] = set()
    session = base.branch()
    session.revise(revision.task)
    session.run(lambda event: worked.add(event["stage"]) if event["event"] == "stage_started" else None)
    return session, worked


def compare(agent: BackendAgent, base: Session, revision: Revision) -> list[str]:
    mine, _ = revised(base, revision)
    with mine, agent.start(revision.task) as fresh:
        fresh.run()
        return revising.differences(mine, fresh)


@pytest.mark.parametrize("revision", WORDINGS, ids=lambda revision: revision.what)
def test_other_words_reach_what_reads_or_quotes_them(base: Session, revision: Revision) -> None:
    session, worked = revised(base, revision)
    with session:
        assert worked <= LITTLE | QUOTED
        assert "requirements" in worked
        before, after = base.state["code"]["files"], session.state["code"]["files"]
        assert before == after


def test_a_sentence_about_what_stays_outside_reaches_no_code_when_it_goes(base: Session) -> None:
    revision = next(r for r in REVISIONS if r.kind == "removal" and r.what.startswith("Stripe"))
    session, worked = revised(base, revision)
    with session:
        assert not worked & {"api", "security", "code", "verification"}


def test_another_bound_reaches_the_code(base: Session) -> None:
    revision = next(r for r in REVISIONS if r.what.startswith("a rating"))
    session, worked = revised(base, revision)
    with session:
        assert {"domain", "api", "database", "code", "verification"} <= worked
        assert base.state["code"]["files"] != session.state["code"]["files"]


@pytest.mark.parametrize("revision", SAMPLE, ids=lambda revision: revision.what)
def test_a_revised_session_is_a_fresh_one_with_a_history(
    agent: BackendAgent, base: Session, revision: Revision
) -> None:
    assert compare(agent, base, revision) == []


@pytest.mark.slow
@pytest.mark.parametrize("revision", REVISIONS, ids=lambda revision: revision.what)
def test_every_revision_is_a_fresh_run_with_a_history(agent: BackendAgent, base: Session, revision: Revision) -> None:
    assert compare(agent, base, revision) == []
