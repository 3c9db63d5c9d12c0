"""Pausing, editing, feedback, branching: by the stages that run, the artifacts that come out, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fakes
import pytest

from backend_agent import BackendAgent
from backend_agent.artifacts.findings import Finding
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.ledger import entries
from backend_agent.session import Session
from backend_agent.settings import Settings
from backend_agent.stage import Check

pytestmark = pytest.mark.each_database
ALL = list(fakes.STAGES)


@pytest.fixture
def saver(settings: Settings) -> Iterator[SessionSaver]:
    opened = open_saver(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def author() -> fakes.Counting:
    return fakes.Counting()


@pytest.fixture
def session(saver: SessionSaver, settings: Settings, author: fakes.Counting) -> Session:
    return Session.start(fakes.TASK, saver, settings, author, fakes.stages())


def reopened(session: Session) -> Session:
    return Session.open(session.id, session._saver, session._settings, session._author, session._all)


def test_it_pauses_where_it_was_asked_to_and_goes_on(session: Session, author: fakes.Counting) -> None:
    session.pause_after = ["architecture", "api"]
    session.run()
    assert (session.status, session.next) == ("paused", ("database", "api"))
    assert author.wrote[-1] == "architecture"
    second = reopened(session)
    second.run()
    assert (second.status, set(second.next)) == ("paused", {"security", "performance", "testing", "deployment"})
    assert second.pause_after == []
    third = reopened(second)
    third.run()
    assert third.status == "completed"
    assert sorted(author.wrote) == sorted(ALL)


def test_a_pause_behind_the_last_stage_is_the_end(session: Session) -> None:
    session.pause_after = ["documentation"]
    session.run()
    assert session.status == "completed"


def test_pausing_changes_no_artifact(session: Session, saver: SessionSaver, settings: Settings) -> None:
    straight = Session.start(fakes.TASK, saver, settings, session._author, fakes.stages())
    straight.run()
    session.pause_after = ALL
    session.run()
    while not session.finished:
        session = reopened(session)
        session.run()
    assert session.state == straight.state


def test_an_edit_is_kept_and_what_depends_on_it_runs(session: Session, author: fakes.Counting) -> None:
    session.pause_after = ["api"]
    session.run()
    author.wrote.clear()
    session.edit("domain", {**session.artifact("domain"), "notes": ["Mine."]})
    assert session.next == ("requirements",)
    second = reopened(session)
    second.run()
    assert second.status == "completed"
    assert second.artifact("domain")["notes"] == ["Mine."]
    assert second.artifact("database")["schema_overview"] == "Mine."
    assert second.pinned == ["domain"]
    assert second.result.provenance("domain").author == "edited"
    assert "domain" not in author.wrote
    assert "requirements" not in author.wrote
    assert sorted(author.wrote) == sorted(set(ALL) - {"requirements", "domain"})


def test_an_edit_of_a_finished_session_reruns_only_what_reads_it(session: Session, author: fakes.Counting) -> None:
    session.run()
    author.wrote.clear()
    session.edit("database", {**session.artifact("database"), "schema_overview": "Mine."})
    assert not session.finished
    session.run()
    assert set(author.wrote) == {"performance", "deployment", "code", "verification", "quality", "documentation"}
    assert session.artifact("code")["files"][0]["content"] == "# Mine.\n"
    author.wrote.clear()
    session.release("database")
    session.run()
    assert author.wrote[0] == "database"
    assert session.artifact("database")["schema_overview"] == "A task has a title."


def test_findings_on_an_edited_artifact_are_reported(saver: SessionSaver, settings: Settings) -> None:
    def mine(given: Any) -> Iterator[str]:
        if given.database.schema_overview == "Mine.":
            yield "schema_overview"

    found = Check(name="mine", title="Is mine", metric="architecture", severity="major", find=mine)
    made = tuple(
        fakes.Stage(s.name, s.title, s.artifact, s.reads, s.draft, (found,)) if s.name == "database" else s
        for s in fakes.stages()
    )
    session = Session.start(fakes.TASK, saver, settings, fakes.Counting(), made)
    session.run()
    session.edit("database", {**session.artifact("database"), "schema_overview": "Mine."})
    session.run()
    verdicts = {r["check"]: r["verdict"] for r in session.artifact("quality")["results"]}
    assert verdicts["database.mine"] == "fail"


def test_quality_does_not_send_work_back_to_an_edited_stage(saver: SessionSaver, settings: Settings) -> None:
    def quality(given: Any) -> Any:
        finding = Finding(stage="api", metric="security", severity="critical", title="Open", evidence="GET /")
        made = fakes.STAGES["quality"].draft(given)
        return made.model_copy(update={"findings": [finding], "weak_stages": ["api"]})

    author = fakes.Counting()
    session = Session.start(fakes.TASK, saver, settings, author, fakes.stages(quality=quality))
    session.pause_after = ["api"]
    session.run()
    session.edit("api", {**session.artifact("api"), "title": "Mine"})
    session.run()
    assert session.artifact("api")["title"] == "Mine"
    assert author.wrote.count("quality") == 1


@pytest.mark.parametrize(
    ("stage", "change", "says"),
    [
        ("api", {"naming": "kebab"}, r"^api\.naming: input should be 'snake_case' or 'camelCase'; nothing was kept$"),
        ("api", {"colour": "red"}, r"^api\.colour: extra inputs"),
        ("domain", {"notes": [1]}, r"^domain\.notes\.0: input should be a valid string"),
        ("quality", {}, "is what was measured"),
        ("apis", {}, "there is no stage 'apis'; write one of: requirements"),
    ],
)
def test_a_wrong_edit_is_one_line_and_changes_nothing(
    session: Session, stage: str, change: dict[str, Any], says: str
) -> None:
    session.run()
    before = len(session.history())
    with pytest.raises(UserError, match=says) as caught:
        session.edit(stage, {**session.state.get(stage, {}), **change})
    assert "\n" not in str(caught.value)
    assert len(session.history()) == before


def test_feedback_that_the_task_can_say_changes_the_task(session: Session) -> None:
    session.pause_after = ["api"]
    session.run()
    session.resume(feedback="api: use cursor pagination")
    assert session.task.api_requirements.pagination == "cursor"
    assert reopened(session).task == session.task
    assert session.unheard == {}
    assert session.finished


def test_other_feedback_is_kept_and_reaches_the_author(session: Session, author: fakes.Counting) -> None:
    session.run()
    author.wrote.clear()
    session.resume(feedback=["api: call orders purchases", "api: and be brief"])
    assert session.unheard == {"api": ["call orders purchases", "and be brief"]}
    assert author.heard == {"api": 2}
    assert author.wrote == ["api"]
    assert session.result.unheard == []  # this author hears what is said; drafts do not


def test_what_no_draft_can_follow_is_told(settings: Settings) -> None:
    with BackendAgent(settings, stages=fakes.stages()).start(fakes.TASK) as session:
        session.run()
        session.resume(feedback="api: call orders purchases")
        assert session.result.unheard == ["api: call orders purchases"]


@pytest.mark.parametrize("text", ["use cursors", "apis: x", "api:", ": x"])
def test_feedback_without_a_stage_is_refused(session: Session, text: str) -> None:
    session.pause_after = ["api"]
    session.run()
    with pytest.raises(UserError, match="write `stage: sentence`"):
        session.resume(feedback=text)


def rows(saver: SessionSaver, session: str) -> list[Any]:
    return [
        saver.conn.execute(
            f"SELECT * FROM {table} WHERE thread_id = ? ORDER BY 1, 2, 3, 4, 5, {6 if table == 'writes' else 1}",
            (session,),
        ).fetchall()
        for table in ("checkpoints", "versions", "writes")
    ]


def test_a_branch_begins_behind_a_stage_and_leaves_the_source_alone(
    session: Session, saver: SessionSaver, author: fakes.Counting
) -> None:
    session.run()
    before = rows(saver, session.id)
    author.wrote.clear()
    made = session.branch(after="architecture")
    assert made.next == ("database", "api")
    made.run()
    assert sorted(author.wrote) == sorted(set(ALL) - {"requirements", "domain", "architecture"})
    assert made.state == session.state
    assert rows(saver, session.id) == before
    assert [m.wrote for m in made.history()][:4] == [m.wrote for m in session.history()][:4]
    session.delete()
    assert reopened(made).state["documentation"]


def test_a_branch_with_edits_and_another_task(session: Session, author: fakes.Counting) -> None:
    session.run()
    database = {**session.artifact("database"), "schema_overview": "Mine."}
    author.wrote.clear()
    made = session.branch(
        after="architecture", edits={"database": database}, changes={"architecture_type": "hexagonal"}
    )
    made.run()
    assert made.artifact("code")["files"][0]["content"] == "# Mine.\n"
    assert made.task.architecture_type == "hexagonal"
    assert session.task.architecture_type == "layered"
    assert session.artifact("code")["files"][0]["content"] == "# A task has a title.\n"
    assert "database" not in author.wrote


def test_a_branch_from_every_checkpoint_ends_like_the_source(session: Session) -> None:
    session.run()
    for moment in session.history():
        made = session.branch(checkpoint=moment.checkpoint)
        made.run()
        assert made.state == session.state


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"after": "apis"}, "there is no stage"),
        ({"checkpoint": "nowhere"}, "has no checkpoint 'nowhere'"),
        ({"changes": {"architecture_type": "hexagon"}}, "did you mean hexagonal"),
        ({"changes": {"architecture_type": "serverless"}}, "not supported yet"),
        ({"changes": {"type": "api_design"}}, "stays one"),
        ({"changes": {"api.naming": "camelCase"}}, r"api\.naming: there is no such field"),
        ({"edits": {"api": {}}}, r"api\.title: field required"),
    ],
)
def test_a_wrong_branch_is_one_line_and_makes_nothing(
    session: Session, saver: SessionSaver, how: dict[str, Any], says: str
) -> None:
    session.run()
    with pytest.raises(UserError, match=says):
        session.branch(**how)
    assert len(entries(saver)) == 1
    assert not saver.conn.in_transaction


def test_a_changed_task_reruns_what_depends_on_it(session: Session, author: fakes.Counting) -> None:
    session.run()
    author.wrote.clear()
    session.revise(session.task.model_copy(update={"project_name": "Other"}))
    session.run()
    # The statements are the same, so nothing but what reads the task itself is written again.
    assert set(author.wrote) == {"requirements", "code", "quality", "documentation"}
    assert session.state["task"]["project_name"] == "Other"


def test_status_and_log_survive(saver: SessionSaver, settings: Settings) -> None:
    broken = Session.start(fakes.TASK, saver, settings, fakes.Counting(), fakes.stages(api=lambda given: 1 / 0))
    assert broken.status == "idle"
    with pytest.raises(ZeroDivisionError):
        broken.run()
    again = reopened(broken)
    assert again.status == "error"
    log = [(a.event, a.stage, a.detail) for a in again.activity()]
    assert log[0] == ("started", "", "")
    assert ("stage_finished", "architecture", "") in log
    assert log[-1] == ("failed", "", "ZeroDivisionError")
    assert [(e.session, e.status, e.project) for e in entries(saver)] == [(broken.id, "error", "Todo")]


def test_what_runs_is_thinking_first_and_working_then(saver: SessionSaver, settings: Settings) -> None:
    seen: list[str] = []
    session: Session

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "stage_started":
            seen.append(session.status)

    session = Session.start(fakes.TASK, saver, settings, fakes.Counting(), fakes.stages())
    session.run(watch)
    assert seen == ["thinking"] * 9 + ["working"] * 4
