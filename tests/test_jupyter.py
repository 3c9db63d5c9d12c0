"""What notebooks show: fragments that are escaped and need nothing from outside; bars in a kernel, lines elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from backend_agent import BackendAgent, BackendTask, Result, Settings, jupyter, memory
from backend_agent.artifacts.calls import Call
from backend_agent.session import Session

TASK = BackendTask.from_state(
    {
        "project_name": "Todo",
        "requirements": [
            "Users can register with an email address and a password and log in.",
            "A task has a title of at most 200 characters and a completed flag.",
            "Users can create, view, update and delete their own tasks.",
            "Nobody likes <script>alert('x')</script> & such.",
        ],
    }
)
VOID = {"br", "hr", "img", "meta", "input"}


class Balanced(HTMLParser):
    """Raises where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        for name, value in attrs:
            assert name not in ("src", "href", "onclick", "onload", "onerror")
            assert name == "xmlns" or "//" not in (value or ""), value
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)


def shown(value: Any) -> Balanced:
    html = value._repr_html_()
    assert html == value._repr_html_()
    assert not re.search(r"@import|url\(", re.sub(r"<pre.*?</pre>", "", html, flags=re.DOTALL))
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert "script" not in parser.seen
    return parser


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("jupyter")
    with BackendAgent(Settings(database=folder / "sessions.db", verify=False)).start(TASK) as started:
        started.run()
        yield started


@pytest.mark.parametrize("stage", ["requirements", "domain", "architecture", "database", "api", "quality", "testing"])
def test_artifacts_show_themselves(session: Session, stage: str) -> None:
    seen = shown(getattr(session.result, stage)).seen
    assert "table" in seen
    assert ("svg" in seen) == (stage in ("domain", "architecture", "quality"))


def test_task_and_result_show_themselves(session: Session) -> None:
    assert "table" in shown(TASK).seen
    assert "&lt;script&gt;" in TASK._repr_html_()
    assert {"svg", "table"} <= shown(session.result).seen
    assert repr(session.result).startswith("<Result Todo: backend development, score ")


def test_branches_are_a_tree(session: Session) -> None:
    branch = session.branch(after="architecture", changes={"architecture_type": "hexagonal"})
    assert "branch 1, idle" in str(session.tree())
    branch.run()
    session.branch(after="domain")
    lines = str(session.tree()).splitlines()
    ends = [line.rpartition("<- ")[2] for line in lines if "<- " in line]
    assert sorted(ends) == ["branch 1, completed", "branch 2, idle", "this session, completed"]
    assert any(line.startswith("  edited: task") for line in lines)
    assert "svg" in shown(session.tree()).seen
    assert session._repr_html_() == session.tree()._repr_html_()
    assert "origin, completed" in branch._repr_html_()


def test_a_fork_inside_a_session_is_in_the_tree(session: Session) -> None:
    old = next(moment for moment in session.history() if "database" in moment.wrote)
    place = {"configurable": {"thread_id": session.id, "checkpoint_id": old.checkpoint}}
    session._graph.update_state(place, {"feedback": {"api": ["x"]}}, as_node="api")
    parents = [moment.parent for moment in session.history()]
    assert parents.count(old.checkpoint) == 2
    assert "svg" in shown(session.tree()).seen


def test_differences_show_their_lines(session: Session) -> None:
    other = session.branch(after="architecture", changes={"api_requirements": {"naming": "camelCase"}})
    other.run()
    found = session.diff(other)
    seen = shown(found)
    assert {"details", "table", "pre"} <= seen.seen
    assert "Nothing differs" in session.diff(session)._repr_html_()


def test_what_is_remembered_shows_itself(session: Session) -> None:
    (found,) = memory.recall(session._saver.place, session=session.id, stage="domain")
    assert {"svg", "table"} <= shown(found).seen
    assert "Todo, domain, " in found._repr_html_()
    assert repr(found) == f"<Memory Todo, domain, {found.time}: {session.id}>"
    assert replace(found, artifact={"of": "another release"})._repr_html_() is None


def test_the_ledger_shows_itself() -> None:
    call = Call(purpose="domain", model="groq:x", outcome="ok", tokens_in=1200, tokens_out=5, cost=0.25)
    record = {"author": "groq:x", "note": "1 proposal was not taken over: <b>"}
    found = Result("", {"records": {"domain": record}, "calls": {"domain": [call.to_state()]}}).ledger
    assert "table" in shown(found).seen
    text = found._repr_html_()
    assert "&lt;b&gt;" in text
    assert text.count("1,200") == 3, "a line, the sum, and the sentence above"
    assert repr(found) == "<Ledger: 1 call, 1,200 tokens in (0 cached), 5 out (0 reasoning), cost $0.2500>"
    waiting = {"author": "draft", "note": "draft stands in: budget: 0 calls are spent"}
    (row,) = Result("", {"records": {"domain": waiting, "api": {"author": "draft", "note": ""}}}).ledger
    assert (row.stage, row.calls, row.note) == ("domain", 0, waiting["note"])
    assert "No chat model was asked." in Result("", {}).ledger._repr_html_()


def test_a_terminal_prints_a_part() -> None:
    told: list[str] = []
    many = TASK.model_copy(update={"description": "x" * 5000})
    many._repr_pretty_(SimpleNamespace(text=told.append), False)
    assert len(told[0]) < 700
    assert told[0].endswith("characters more")


EVENTS = [
    {"event": "session_started", "session": "s", "stages": 2},
    {"event": "stage_started", "stage": "api", "title": "API"},
    {"event": "stage_finished", "stage": "api", "title": "API", "seconds": 0.1, "findings": 0},
    {"event": "stage_skipped", "stage": "code", "title": "Code"},
    {"event": "stage_started", "stage": "api", "title": "API"},
    {"event": "stage_finished", "stage": "api", "title": "API", "seconds": 0.1, "findings": 0},
]


def test_lines_where_there_is_no_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    watcher = jupyter.progress()
    for event in EVENTS:
        watcher(event)
    assert capsys.readouterr().out == "session s\n✓ API (0.10 s)\n= Code: unchanged\n✓ API (0.10 s)\n"
    with jupyter.watching(None) as silent:
        assert silent is None


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


@pytest.mark.usefixtures("kernel")
def test_bars_in_a_notebook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = jupyter.importlib.util.find_spec
    monkeypatch.setattr(jupyter.importlib.util, "find_spec", lambda name: None if name == "ipywidgets" else found(name))
    with jupyter.watching(None) as bars:
        assert isinstance(bars, jupyter.Bars)
        for event in EVENTS:
            bars(event)
        assert (bars._bar.n, bars._bar.total) == (3, 3)
    assert "done" in capsys.readouterr().out
    with jupyter.watching(None) as bars:
        bars(EVENTS[0])
    assert "paused, 2 to go" in capsys.readouterr().out
    with jupyter.watching(print) as given:
        assert given is print


@pytest.mark.usefixtures("kernel")
def test_a_run_in_a_notebook_asks_for_no_watcher(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(jupyter, "progress", lambda: told.append)
    BackendAgent(settings).develop({"project_name": "Todo", "type": "api_design", "description": "A list of tasks."})
    assert told[0]["stages"] == 6
    assert sum(event["event"] == "stage_finished" for event in told) == 6
