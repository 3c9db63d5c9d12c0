"""One lock a session: refused while its holder lives, taken over when it died, and no writing without it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fakes
import pytest

from backend_agent import lock
from backend_agent.authors import DRAFT
from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.lock import SessionLock
from backend_agent.session import Session
from backend_agent.settings import Settings

pytestmark = pytest.mark.each_database
HOLDER = """
import sys, time
from backend_agent.checkpoint import open_saver
from backend_agent.lock import SessionLock
with SessionLock(open_saver(sys.argv[1]), "s"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def saver(settings: Settings) -> Iterator[SessionSaver]:
    opened = open_saver(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def holder(settings: Settings, saver: SessionSaver) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.database)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_and_told_who_holds_it(saver: SessionSaver, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(UserError, match=rf"is being run by process {holder.pid} on \S+ since 2") as caught,
        SessionLock(saver, "s"),
    ):
        pass
    assert "\n" not in str(caught.value)
    with SessionLock(saver, "another"):
        pass


@pytest.mark.parametrize("reaped", [True, False])
def test_a_dead_holders_lock_is_taken_over(saver: SessionSaver, holder: subprocess.Popen[str], reaped: bool) -> None:
    holder.kill()
    if reaped:
        holder.wait()
    else:
        time.sleep(0.3)  # it is a zombie now: its number still stands in the process table
    with SessionLock(saver, "s"):
        pid = saver.conn.execute("SELECT pid FROM locks WHERE session = 's'").fetchone()[0]
        assert pid == os.getpid()
    assert saver.conn.execute("SELECT count(*) FROM locks").fetchone() == (0,)


def test_a_process_that_got_the_number_of_a_dead_one_is_not_the_holder(saver: SessionSaver) -> None:
    with SessionLock(saver, "s"):
        saver.conn.execute("UPDATE locks SET birth = '1'")
        saver.conn.commit()
        with SessionLock(saver, "s"):
            pass


@pytest.mark.parametrize(("age", "taken"), [(1, False), (lock.STALE + 5, True)])
def test_on_another_machine_the_heartbeat_decides(saver: SessionSaver, age: float, taken: bool) -> None:
    row = ("s", "x", 1, "", "elsewhere", "then", time.time() - age)
    saver.conn.execute("INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    saver.conn.commit()
    if taken:
        with SessionLock(saver, "s"):
            pass
    else:
        with pytest.raises(UserError, match="process 1 on elsewhere"), SessionLock(saver, "s"):
            pass


def test_a_holder_gives_signs_of_life(saver: SessionSaver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.05)
    with SessionLock(saver, "s"):
        first = saver.conn.execute("SELECT beat FROM locks").fetchone()[0]
        time.sleep(0.3)
        assert saver.conn.execute("SELECT beat FROM locks").fetchone()[0] > first


def test_who_lost_the_lock_writes_nothing_more(settings: Settings, saver: SessionSaver) -> None:
    def steal(given: object) -> object:
        other = open_saver(settings.database)
        with other.cursor() as cursor:
            cursor.execute("UPDATE locks SET owner = 'other'")
        other.close()
        return fakes.STAGES["database"].draft(given)  # type: ignore[arg-type]

    session = Session.start(fakes.TASK, saver, settings, DRAFT, fakes.stages(database=steal))
    with pytest.raises(UserError, match="taken over"):
        session.run()
    assert "database" not in session.state
    assert "architecture" in session.state


def test_the_same_session_twice_in_one_process_is_refused(settings: Settings, saver: SessionSaver) -> None:
    session: Session

    def again(given: object) -> object:
        with pytest.raises(UserError, match=f"process {os.getpid()} "):
            session.run()
        return fakes.STAGES["domain"].draft(given)  # type: ignore[arg-type]

    session = Session.start(fakes.TASK, saver, settings, DRAFT, fakes.stages(domain=again))
    session.run()
    assert session.finished


def test_a_session_that_is_run_is_not_edited_or_deleted(
    settings: Settings, saver: SessionSaver, tmp_path: Path
) -> None:
    session = Session.start(fakes.TASK, saver, settings, DRAFT, fakes.stages())
    session.run()
    with SessionLock(saver, session.id):
        with pytest.raises(UserError, match="is being run"):
            session.edit("domain", session.artifact("domain"))
        with pytest.raises(UserError, match="is being run"):
            session.delete()
    session.delete()
    with pytest.raises(UserError, match="there is no session"):
        Session.open(session.id, saver, settings, DRAFT, fakes.stages())
