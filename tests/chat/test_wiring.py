"""A chat model in sessions, reports and on the command line; the service is the one on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matrix
import pytest
from fake_groq import FakeGroq, fault, say
from rich.console import Console
from typer.testing import CliRunner

from backend_agent import BackendAgent, BackendTask
from backend_agent.chat.offline import DraftChatModel
from backend_agent.commands import app
from backend_agent.errors import UserError
from backend_agent.live import Shown
from backend_agent.settings import Settings

TODO = Path(__file__).parents[2] / "examples" / "todo.yaml"
TASK = BackendTask.from_file(TODO)
WHO = "An intruder <script>alert(1)</script> reads it."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGroq]:
    with FakeGroq(matrix.good) as made:
        matrix.quick(monkeypatch, made)
        yield made


def refusing(received: Any) -> Any:
    """Answer well, save that the API's summary is hostile, and performance is overloaded."""
    if received.schema_name == "api_edits":
        change = {
            "path": "/endpoints[operation_id=me]/summary",
            "op": "set",
            "value_json": json.dumps(WHO),
            "cites": [],
        }
        return say({"edits": [change]}, cached=40, reasoning=7)
    return fault("refusal") if received.schema_name == "performance" else matrix.good(received)


def test_the_ledger_is_in_result_text_json_and_html(server: FakeGroq, settings: Settings, tmp_path: Path) -> None:
    from backend_agent.report import result_json, result_text

    server.script = refusing
    result = BackendAgent(settings, model=matrix.MODEL).develop(TASK)
    rows = {row.stage: row for row in result.ledger}
    assert list(rows)[:2] == ["requirements", "domain"]
    assert set(rows) & {"code", "verification", "quality", "documentation"} == set()
    assert (rows["api"].author, rows["api"].tokens_cached, rows["api"].tokens_reasoning) == (matrix.MODEL, 40, 7)
    assert rows["performance"].author == "draft"
    assert result.provenance("performance").note.startswith("draft stands in: ")
    assert result.provenance("code").author == "draft"
    assert [finding.stage for finding in result.refused] == ["api"]
    assert result.spent.calls == sum(row.calls for row in result.ledger) == len(server.seen)
    assert result.spent.cost == pytest.approx(sum(row.cost or 0 for row in result.ledger))
    written = result.write(tmp_path / "out")
    text = result_text(result, tmp_path / "out", written).plain
    for part in ("chat model", "tokens in", "Drafts stand in (1)", "Proposals not taken over (1)"):
        assert part in text
    plain = json.loads(result_json(result, tmp_path / "out", written))["chat_model"]
    assert plain["total"]["calls"] == len(server.seen)
    assert plain["refused"][0]["stage"] == "api"
    page = (tmp_path / "out" / "report.html").read_text()
    assert 'id="chat-model"' in page
    assert page.count("<script>alert") == 0
    assert page.rstrip().endswith("</html>")


def test_without_a_chat_model_nothing_is_said_of_one(settings: Settings, tmp_path: Path) -> None:
    result = BackendAgent(settings).develop(TASK)
    assert result.ledger == []
    result.write(tmp_path / "out")
    assert "chat-model" not in (tmp_path / "out" / "report.html").read_text()


def test_any_langchain_chat_model_will_do(settings: Settings) -> None:
    offline = BackendAgent(settings).develop(TASK)
    result = BackendAgent(settings, model=DraftChatModel()).develop(TASK)
    assert {row.cost for row in result.ledger} == {None}
    assert result.spent.price == "unknown"
    for stage in ("domain", "api", "code", "quality"):
        assert result.plain(stage) == offline.plain(stage)


def test_a_run_with_the_model_down_writes_the_files_of_an_offline_run(
    server: FakeGroq, settings: Settings, tmp_path: Path
) -> None:
    server.down()
    offline, result = (BackendAgent(settings, model=model).develop(TASK) for model in (None, matrix.MODEL))
    files, others = ({f.path: f.content for f in each.files()} for each in (offline, result))
    differing = [path for path in files if files[path] != others.get(path)]
    assert files.keys() == others.keys()
    assert [p for p in differing if p not in (
        "report.html", ".backend-agent/base.json", ".backend-agent/manifest.json")] == []  # fmt: skip


def test_a_budget_holds_over_resuming_and_the_rest_are_drafts(server: FakeGroq, settings: Settings) -> None:
    given = settings.with_changes(max_calls=3)
    paused = BackendAgent(given, model=matrix.MODEL).develop(TASK, pause_after=["domain"])
    assert len(server.seen) == 2
    result = BackendAgent(given, model=matrix.MODEL).resume(paused.session_id)
    assert len(server.seen) == 3
    drafts = [row for row in result.ledger if row.author == "draft"] + [
        name for name in matrix.WRITTEN if result.provenance(name).note == "draft stands in: budget: 3 calls are spent"
    ]
    assert len(drafts) >= 6


def test_drafts_do_not_go_on_by_accident_where_a_chat_model_began(server: FakeGroq, settings: Settings) -> None:
    paused = BackendAgent(settings, model=matrix.MODEL).develop(TASK, pause_after=["domain"])
    with pytest.raises(UserError, match="add --model groq:openai/gpt-oss-120b, or --model draft"):
        BackendAgent(settings).resume(paused.session_id)
    result = BackendAgent(settings, model="draft").resume(paused.session_id)
    assert result.provenance("domain").author == matrix.MODEL
    assert result.provenance("api").author == "draft"
    assert len(server.seen) == 2
    assert BackendAgent(settings).resume(paused.session_id).plain("api") == result.plain("api")


def test_feedback_that_no_field_says_reaches_the_chat_model(server: FakeGroq, settings: Settings) -> None:
    said = "speak of errands, not of tasks"
    with BackendAgent(settings, model=matrix.MODEL).start(TASK) as session:
        session.run()
        before = len(server.seen)
        session.resume(feedback=f"api: {said}")
        assert said in "".join(r.prompt for r in server.seen[before:])
        assert {r.schema_name for r in server.seen[before:]} == {"api_edits"}
        assert session.result.unheard == []


def test_a_missing_key_is_one_line_before_anything_is_done(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(UserError, match="GROQ_API_KEY is not set"):
        BackendAgent(settings, model=matrix.MODEL).develop(TASK)
    assert BackendAgent(settings).sessions() == []


def test_the_command_line_takes_model_budget_and_prompts(
    server: FakeGroq, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND_AGENT_DATABASE", str(settings.database))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "domain.md").write_text("MY WORDS {{ how }} {{ given }} ## The draft\n\n{{ draft | fence }}")
    options = ["--model", matrix.MODEL, "--max-calls", "5", "--max-tokens", "900000", "--max-cost", "1",
               "--prompts", str(tmp_path / "mine"), "--no-verify", "--json"]  # fmt: skip
    done = CliRunner().invoke(app, ["develop", str(TODO), "-o", str(tmp_path / "out"), *options])
    assert done.exit_code == 0, done.output
    chat = json.loads(done.stdout)["chat_model"]
    assert chat["total"]["calls"] == 5
    assert any("MY WORDS" in r.prompt for r in server.seen)
    bad = CliRunner().invoke(app, ["develop", str(TODO), "-o", str(tmp_path / "x"), "--prompts", str(tmp_path / "no")])
    assert isinstance(bad.exception, UserError)


def test_prompts_and_answers_are_shown_only_when_asked_for(server: FakeGroq, settings: Settings) -> None:
    shown: list[str] = []
    BackendAgent(settings, model=matrix.MODEL, debug=shown.append).develop(TASK, pause_after=["requirements"])
    text = "\n".join(shown)
    assert "R-001" in text
    assert server.key not in text


def test_what_a_call_is_at_is_shown_on_a_terminal() -> None:
    console = Console(force_terminal=True, width=200, record=True)
    shown = Shown(console)
    watch = shown.__enter__()
    for event in (
        {"event": "stage_started", "stage": "domain", "title": "Domain model"},
        {"event": "call_tokens", "purpose": "domain", "tokens": 1234},
    ):
        watch(event)
    assert shown._shown().plain == "Domain model (1,234 tokens)"
    watch({"event": "call_waiting", "purpose": "domain.move", "seconds": 11.2, "why": "rate limit"})
    assert shown._shown().plain == "Domain model (1,234 tokens; waiting 12 s: rate limit)"
    watch({"event": "call_finished", "purpose": "domain"})
    watch({"event": "call_finished", "purpose": "domain.move"})
    assert shown._shown().plain == "Domain model"
    shown.__exit__(None, None, None)
