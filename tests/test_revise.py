"""Revising and comparing sessions with the real stages: what reruns, what comes out, and what is kept of before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend_agent import BackendAgent, BackendTask
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.session import Session
from backend_agent.settings import Settings

HISTORY = ("revisions", "renames")
"""Of the schema: what a fresh run has not."""
TASK: dict[str, Any] = {
    "project_name": "Todo",
    "requirements": [
        "Users can register with an email address and a password and log in.",
        "A task has a title of at most 200 characters and a completed flag.",
        "Users can create, view, update and delete their own tasks.",
    ],
}
CHANGED = {
    **TASK,
    "requirements": [
        *TASK["requirements"][:1],
        TASK["requirements"][1].replace("a completed", "a due date and a completed"),
        TASK["requirements"][2],
    ],
}


@pytest.fixture
def agent(settings: Settings) -> BackendAgent:
    return BackendAgent(settings)


@pytest.fixture
def session(agent: BackendAgent) -> Iterator[Session]:
    with agent.start(TASK) as started:
        started.run()
        yield started


def stages_run(session: Session) -> list[str]:
    ran: list[str] = []
    session.run(lambda event: ran.append(event["stage"]) if event["event"] == "stage_started" else None)
    return ran


def test_the_same_task_again_does_no_work(session: Session) -> None:
    before = session.state
    session.revise(TASK)
    # The schema is looked at again, because from now on there is something that was delivered.
    assert set(stages_run(session)) <= {"database"}
    assert {k: v for k, v in session.state.items() if k not in ("records", "released")} == {
        k: v for k, v in before.items() if k != "records"
    }


def test_a_changed_sentence_gives_what_a_fresh_run_gives_and_a_migration(session: Session, agent: BackendAgent) -> None:
    session.revise(CHANGED)
    session.run()
    with agent.start(CHANGED) as fresh:
        fresh.run()
        for name in ("requirements", "domain", "architecture", "api", "security", "performance", "deployment"):
            assert session.state[name] == fresh.state[name], name
        mine, theirs = session.state["database"], fresh.state["database"]
        assert {k: v for k, v in mine.items() if k not in HISTORY} == {
            k: v for k, v in theirs.items() if k not in HISTORY
        }
        ours = {f["path"]: f["content"] for f in session.state["code"]["files"]}
        clean = {f["path"]: f["content"] for f in fresh.state["code"]["files"]}
        differing = {p for p in ours.keys() | clean.keys() if ours.get(p) != clean.get(p)}
        assert all(
            p.startswith(("migrations/versions/", "tests/")) or "migration" in ours.get(p, "") for p in differing
        )
        added = [p for p in ours if p.startswith("migrations/versions/0002")]
        assert len(added) == 1
        assert "due_date" in ours[added[0]]
    assert len(DatabaseSchema.from_state(mine).revisions) == 1


def test_an_edited_schema_is_reached_by_a_migration_too(session: Session) -> None:
    schema = session.artifact("database")
    table = next(t for t in schema["tables"] if t["name"] == "tasks")
    column = next(c for c in table["columns"] if c["name"] == "title")
    column["length"] = 500
    session.edit("database", schema)
    session.run()
    assert len(session.artifact("database")["revisions"]) == 1
    assert any(f["path"].startswith("migrations/versions/0002") for f in session.state["code"]["files"])


def test_numbers_stay_with_their_statements(session: Session) -> None:
    reordered = {**TASK, "requirements": list(reversed(TASK["requirements"]))}
    before = {s["text"]: s["id"] for s in session.artifact("requirements")["statements"]}
    session.revise(reordered)
    session.run()
    assert {s["text"]: s["id"] for s in session.artifact("requirements")["statements"]} == before


def test_what_differs_between_two_sessions(session: Session, agent: BackendAgent) -> None:
    made = session.branch(after="architecture")
    made.run()
    assert not session.diff(made)
    made.revise(CHANGED)
    made.run()
    found = session.diff(made)
    assert "due_date" in found.to_text(files=True)
    assert found.api
    assert any(f.path.startswith("migrations/versions/0002") for f in found.files)


def test_a_branch_of_a_task_file_is_a_project_of_its_own(session: Session, tmp_path: Path) -> None:
    made = session.branch(after="domain", changes={"architecture_type": "hexagonal"})
    made.run()
    paths = {f["path"] for f in made.state["code"]["files"]}
    assert any(p.startswith("app/ports/") for p in paths)
    assert isinstance(made.task, BackendTask)
    assert not any(p.startswith("migrations/versions/0002") for p in paths)
