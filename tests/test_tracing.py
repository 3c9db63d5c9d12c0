"""Spans of OpenTelemetry's own SDK, and LangSmith's traces at a server of ours: what is told, and what is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fakes
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from backend_agent import BackendAgent, BackendTask, Settings, UserError, build_graph, progress, tracing
from backend_agent.chat.offline import DraftChatModel

EXAMPLES = Path(__file__).parents[1] / "examples"
WORDS = "A tamarillo has a title."
TASK = BackendTask.from_state({"project_name": "Shop", "type": "api_design", "requirements": [WORDS]})


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of the test are; the provider is this test's only."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def tree(found: tuple[ReadableSpan, ...]) -> dict[str, set[str]]:
    """Return the names of spans by that of their parent; '' for those that have none."""
    names = {span.context.span_id: span.name for span in found if span.context}
    above: dict[str, set[str]] = {}
    for span in found:
        above.setdefault(names[span.parent.span_id] if span.parent else "", set()).add(span.name)
    return above


def attributes(found: tuple[ReadableSpan, ...], name: str) -> list[dict[str, Any]]:
    return [dict(span.attributes or {}) for span in found if span.name == name]


def test_a_run_is_a_tree_of_session_stages_and_calls(settings: Settings, spans: InMemorySpanExporter) -> None:
    agent = BackendAgent(settings, model=DraftChatModel())
    result = agent.develop(TASK)
    found = spans.get_finished_spans()
    above = tree(found)
    assert above[""] == {"session"}
    ran = ("requirements", "domain", "architecture", "api", "quality", "documentation")
    assert above["session"] == {f"stage {name}" for name in ran}
    asked = [name for name in above if name.startswith("stage")]
    assert "stage architecture" in asked
    assert all(child.startswith("chat ") for name in asked for child in above[name])
    (session,) = attributes(found, "session")
    assert session == {
        "backend_agent.session": result.session_id, "backend_agent.type": "api_design",
        "backend_agent.outcome": "completed",
    }  # fmt: skip
    (api,) = attributes(found, "stage api")
    assert api["backend_agent.skipped"] is False
    assert api["backend_agent.author"] == result.provenance("api").author
    assert isinstance(api["backend_agent.findings"], int)
    calls = [dict(span.attributes or {}) for span in found if span.name.startswith("chat ")]
    for call in calls:
        assert call["gen_ai.request.model"]
        assert call["gen_ai.usage.input_tokens"] > 0
        assert call["backend_agent.outcome"] == "ok"
        assert call["backend_agent.purpose"]
    sums = [dict(span.attributes or {}).get("gen_ai.usage.input_tokens", 0) for span in found if "stage" in span.name]
    assert sum(sums) == sum(call["gen_ai.usage.input_tokens"] for call in calls)
    for span in found:
        assert WORDS not in span.to_json()
        assert "tamarillo" not in span.to_json().lower()


def test_what_did_no_work_is_skipped_and_parallel_stages_keep_their_parent(
    settings: Settings, spans: InMemorySpanExporter
) -> None:
    agent = BackendAgent(settings, stages=fakes.stages())
    with agent.start(fakes.TASK, pause_after=["api"]) as session:
        session.run()
        spans.clear()
        session.resume(feedback="api: be kind")
    found = spans.get_finished_spans()
    assert tree(found)[""] == {"session"}
    assert tree(found)["session"] == {f"stage {name}" for name in fakes.STAGES}
    assert all(span.parent for span in found if span.name != "session")
    assert attributes(found, "stage domain")[0]["backend_agent.skipped"] is True
    assert attributes(found, "stage api")[0]["backend_agent.skipped"] is False


def test_an_error_is_recorded_by_its_kind_and_our_own_words_only(
    settings: Settings, spans: InMemorySpanExporter
) -> None:
    def fails(_: Any) -> Any:
        raise ConnectionError("password=hunter2")

    with pytest.raises(ConnectionError):
        BackendAgent(settings, stages=fakes.stages(code=fails)).develop(fakes.TASK)
    found = spans.get_finished_spans()
    for name in ("session", "stage code"):
        (span,) = [span for span in found if span.name == name]
        assert span.status.status_code is StatusCode.ERROR
        assert [dict(event.attributes or {}) for event in span.events] == [{"exception.type": "ConnectionError"}]
        assert "hunter2" not in span.to_json()

    def refuses(_: Any) -> Any:
        raise UserError("name the flag")

    spans.clear()
    with pytest.raises(UserError):
        BackendAgent(settings, stages=fakes.stages(api=refuses)).develop(fakes.TASK)
    (span,) = [span for span in spans.get_finished_spans() if span.name == "session"]
    assert dict(span.events[0].attributes or {})["exception.message"] == "name the flag"


def test_calls_and_verifiers_of_other_threads_are_under_their_stage(spans: InMemorySpanExporter) -> None:
    def tells(name: str) -> None:
        with tracing.stage(lambda event: None) as watcher, progress.watched_by(watcher):
            progress.tell("stage_started", stage=name, title=name)
            told = [
                {"event": "call_started", "purpose": f"{name}.a", "model": "m"},
                {"event": "verifier_started", "verifier": f"of {name}"},
                {"event": "verifier_finished", "verifier": f"of {name}", "verdict": "fail"},
                {"event": "call_finished", "purpose": f"{name}.b", "model": "m", "outcome": "ok", "replayed": True},
            ]
            threads = [threading.Thread(target=lambda: [watcher(event) for event in told])]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            progress.tell("stage_finished", stage=name, title=name, findings=1, author="draft")

    side_by_side = [threading.Thread(target=tells, args=(name,)) for name in ("one", "two")]
    for thread in side_by_side:
        thread.start()
    for thread in side_by_side:
        thread.join()
    found = spans.get_finished_spans()
    above = tree(found)
    assert above["stage one"] == {"chat m", "verifier of one"}
    assert above["stage two"] == {"chat m", "verifier of two"}
    calls = sorted(attributes(found, "chat m"), key=lambda call: str(call["backend_agent.purpose"]))
    assert [call["backend_agent.outcome"] for call in calls] == ["unfinished", "ok"] * 2
    (verifier,) = [span for span in found if span.name == "verifier of one"]
    assert verifier.status.status_code is StatusCode.ERROR


def test_inside_another_graph_stages_are_under_the_callers_span(spans: InMemorySpanExporter) -> None:
    with trace.get_tracer("mine").start_as_current_span("mine"):
        build_graph(stages=fakes.stages()).invoke({"task": fakes.TASK.to_state()})
    assert tree(spans.get_finished_spans())["mine"] == {f"stage {name}" for name in fakes.STAGES}


def test_without_a_provider_or_the_package_nothing_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    def watcher(_: dict[str, Any]) -> None: ...

    with tracing.stage(watcher) as given:
        assert given is watcher
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with tracing.stage(watcher) as given, tracing.session("1", {}, lambda: "completed"):
        assert given is watcher


class _Service(BaseHTTPRequestHandler):
    """Answers as LangSmith does, and keeps what it was sent."""

    def _answer(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        self.server.sent.append((self.path, self.rfile.read(size)))  # type: ignore[attr-defined]
        body = json.dumps({"version": "0.10.0"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - as `http.server` calls them

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def langsmith() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        server.sent = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("on", [True, False])
def test_langsmith_gets_runs_when_the_environment_says_so_and_nothing_else(
    settings: Settings, langsmith: ThreadingHTTPServer, on: bool
) -> None:
    source = (
        "import sys, pathlib\nfrom backend_agent import BackendAgent, Settings\n"
        "from backend_agent.chat.offline import DraftChatModel\n"
        "agent = BackendAgent(Settings(database=pathlib.Path(sys.argv[1]), verify=False), model=DraftChatModel())\n"
        "print(agent.develop({'project_name': 'Shop', 'type': 'api_design', 'requirements': ['A kiwi has a title.']})"
        ".session_id)\n"
        "from langchain_core.tracers.langchain import wait_for_all_tracers\nwait_for_all_tracers()\n"
    )
    environ = {
        **os.environ, "LANGSMITH_TRACING": "true" if on else "false", "LANGSMITH_API_KEY": "lsv2-not-a-key",
        "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{langsmith.server_address[1]}", "LANGSMITH_PROJECT": "ours",
        "GROQ_API_KEY": "gsk-never-to-be-sent",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", source, str(settings.database)], env=environ, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    sent = langsmith.sent  # type: ignore[attr-defined]
    if not on:
        assert sent == []
        return
    told = b"".join(body for _, body in sent).decode("utf-8", "replace")
    for name in ("backend_developer", "architecture", "quality", "DraftChatModel"):
        assert f'"name":"{name}"' in told.replace('": "', '":"'), name
    assert ended.stdout.strip() in told
    assert "gsk-never-to-be-sent" not in told
