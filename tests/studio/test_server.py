"""LangGraph's dev server with our graphs, on the session database that the command line uses; driven over its SDK."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_groq import FakeGroq, Received, Reply, say
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import ConflictError

from backend_agent import BackendAgent, Settings
from backend_agent.checkpoint import open_saver
from backend_agent.lock import SessionLock
from backend_agent.settings import DatabaseURL

ROOT = Path(__file__).parents[2]
GRAPH = "api_design"
TASK = {
    "project_name": "Todo",
    "type": GRAPH,
    "requirements": [
        "Users can register with an email address and a password and log in.",
        "A task has a title of at most 200 characters and a completed flag.",
        "Users can create, view, update and delete their own tasks.",
    ],
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "sessions.db"


@pytest.fixture(scope="module")
def chat() -> Iterator[FakeGroq]:
    """Give the chat model that the server asks."""
    with FakeGroq(say("no JSON")) as running:
        yield running


@pytest.fixture(scope="module")
def client(database: Path, chat: FakeGroq) -> Iterator[SyncLangGraphClient]:
    with served(database.parent, database, chat) as found:
        yield found


@contextlib.contextmanager
def served(place: Path, database: Path | DatabaseURL, chat: FakeGroq) -> Iterator[SyncLangGraphClient]:
    """Run the dev server on a session database; it keeps its own state and its log in `place`."""
    pytest.importorskip("langgraph_api", reason='the dev server is not installed: pip install -e ".[studio]"')
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folder = place / "server"  # the server keeps its own state beside the configuration
    shutil.copytree(ROOT / "graphs", folder / "graphs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "langgraph.json", folder)
    command = [str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload"]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BACKEND_AGENT_")},
        "BACKEND_AGENT_DATABASE": str(database),
        "BACKEND_AGENT_VERIFY": "off",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGSMITH_TRACING": "false",
        "GROQ_API_BASE": chat.url,
        "GROQ_API_KEY": chat.key,
    }
    log = place / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/ok", server, log)
            with get_sync_client(url=f"http://127.0.0.1:{port}", timeout=60) as found_client:
                yield found_client
        finally:
            _end(server)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


def cli(database: Path | DatabaseURL, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backend_agent", *words],
        env={**os.environ, "BACKEND_AGENT_DATABASE": str(database), "BACKEND_AGENT_VERIFY": "off"},
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.needs_postgres
def test_sessions_in_postgresql_are_shared_too(tmp_path: Path, postgres_database: DatabaseURL, chat: FakeGroq) -> None:
    with served(tmp_path, postgres_database, chat) as client:
        thread = client.threads.create(graph_id=GRAPH)["thread_id"]
        client.runs.wait(thread, GRAPH, input={"task": TASK}, context={"pause_after": ["architecture"]})
        listed = json.loads(cli(postgres_database, "sessions", "--json"))
        assert [(entry["session"], entry["status"]) for entry in listed] == [(thread, "paused")]
        cli(postgres_database, "resume", thread, "-q", "-o", str(tmp_path / "out"))
        assert client.threads.get_state(thread)["values"]["api"]


def agent(database: Path) -> BackendAgent:
    return BackendAgent(Settings(database=database, verify=False))


def paused(client: SyncLangGraphClient) -> str:
    """Return a thread that stopped behind the architecture."""
    thread: str = client.threads.create(graph_id=GRAPH)["thread_id"]
    client.runs.wait(thread, GRAPH, input={"task": TASK}, interrupt_after=["architecture"])
    assert client.threads.get_state(thread)["next"] == ["api"]
    return thread


def titled(values: Any, title: str) -> dict[str, Any]:
    return {**values["architecture"], "overview": title}


def test_serves_a_graph_for_each_task_type(client: SyncLangGraphClient) -> None:
    from backend_agent.pipeline import RESULTS

    served = {assistant["graph_id"] for assistant in client.assistants.search(limit=50)}
    assert {"backend", *RESULTS} - {"backend_development"} <= served
    backend = client.assistants.search(graph_id="backend")[0]["assistant_id"]
    nodes = {node["id"]: node for node in client.assistants.get_graph(backend)["nodes"]}
    assert nodes["domain"]["metadata"]["title"] == "Domain model"


def test_forms_have_titles_and_descriptions(client: SyncLangGraphClient) -> None:
    assistant = client.assistants.search(graph_id=GRAPH)[0]["assistant_id"]
    schemas = client.assistants.get_schemas(assistant)
    task = schemas["input_schema"]["$defs"]["BackendTask"]["properties"]
    assert task["type"]["default"] == GRAPH
    context = schemas["context_schema"]["properties"]
    for name, field in [*task.items(), *context.items()]:
        assert field.get("title") or "$ref" in json.dumps(field), name  # what is referred to has its own
        assert field.get("description"), name
    assert list(context) == [
        "model", "max_tokens", "max_cost", "max_seconds", "max_calls", "pause_after", "verify", "output_folder",
    ]  # fmt: skip


def test_a_run_streams_progress_and_writes_its_files(client: SyncLangGraphClient, tmp_path: Path) -> None:
    thread = client.threads.create(graph_id=GRAPH)["thread_id"]
    context = {"output_folder": str(tmp_path / "todo"), "max_calls": 0, "verify": False}
    parts = list(
        client.runs.stream(thread, GRAPH, input={"task": TASK}, stream_mode=["custom", "tasks"], context=context)
    )
    told = [part.data for part in parts if part.event == "custom"]
    assert {"stage_started", "stage_finished"} <= {event["event"] for event in told}
    assert [event["stage"] for event in told if event["event"] == "stage_finished"][-1] == "documentation"
    written = json.loads((tmp_path / "todo" / "openapi.json").read_text(encoding="utf-8"))
    values = client.threads.get_state(thread)["values"]
    assert written["info"]["title"] == values["api"]["title"]


def test_the_context_is_not_kept(client: SyncLangGraphClient, tmp_path: Path, database: Path) -> None:
    thread = client.threads.create(graph_id=GRAPH)["thread_id"]
    folder = str(tmp_path / "nowhere-else")
    context = {"output_folder": folder, "pause_after": ["domain"]}
    client.runs.wait(thread, GRAPH, input={"task": TASK}, context=context)
    assert client.threads.get_state(thread)["next"] == ["architecture"]
    saver = open_saver(database)
    try:
        kept = list(saver.list({"configurable": {"thread_id": thread}}))
    finally:
        saver.close()
    assert kept
    assert not [found for found in kept if folder in repr(found) or "pause_after" in repr(found.metadata)]


def test_pauses_takes_an_edit_and_goes_on(client: SyncLangGraphClient) -> None:
    thread = paused(client)
    values = client.threads.get_state(thread)["values"]
    edit = {"architecture": titled(values, "Edited in Studio.")}
    client.threads.update_state(thread, edit, as_node="architecture")
    assert client.threads.get_state(thread)["next"] == ["api"]
    client.runs.wait(thread, GRAPH, input=None)
    state = client.threads.get_state(thread)
    assert state["next"] == []
    assert state["values"]["architecture"]["overview"] == "Edited in Studio."
    assert state["values"]["documentation"]


def test_history_fork_and_copy(client: SyncLangGraphClient) -> None:
    thread = paused(client)
    client.runs.wait(thread, GRAPH, input=None)
    before = client.threads.get_history(thread, limit=50)
    old = next(moment for moment in before if moment["next"] == ["api"])
    edit = {"architecture": titled(old["values"], "Another one.")}
    fork = client.threads.update_state(thread, edit, as_node="architecture", checkpoint=old["checkpoint"])
    client.runs.wait(thread, GRAPH, input=None, checkpoint=fork["checkpoint"])
    forked = client.threads.get_state(thread)["values"]
    assert forked["architecture"]["overview"] == "Another one."
    assert len(client.threads.get_history(thread, limit=50)) > len(before)
    copied = client.threads.copy(thread)["thread_id"]
    assert client.threads.get_state(copied)["values"] == forked


def test_a_thread_of_the_server_is_a_session(client: SyncLangGraphClient, database: Path) -> None:
    thread = paused(client)
    assert thread in [entry.session for entry in agent(database).sessions()]
    assert "architecture" in cli(database, "history", thread)
    with agent(database).open(thread) as session:
        assert session.result.task.project_name == "Todo"
        assert session.status == "paused"
        session.run()
        assert session.finished
    assert client.threads.get_state(thread)["values"]["documentation"]


def test_another_task_type_than_the_graphs_own(client: SyncLangGraphClient, database: Path) -> None:
    thread = client.threads.create(graph_id=GRAPH)["thread_id"]
    client.runs.wait(thread, GRAPH, input={"task": {**TASK, "type": "backend_development"}})
    with agent(database).open(thread) as session:
        assert session.stages[-3:] == ("api", "quality", "documentation")
        assert session.finished


def test_a_session_is_a_thread_of_the_server(client: SyncLangGraphClient, database: Path) -> None:
    result = agent(database).develop(TASK, pause_after=["architecture"])
    thread = result.session_id
    listed = {found["thread_id"]: found["metadata"]["graph_id"] for found in client.threads.search(limit=100)}
    assert listed[thread] == GRAPH
    assert client.threads.get_state(thread)["next"] == ["api"]
    client.runs.wait(thread, GRAPH, input=None)
    with agent(database).open(thread) as session:
        assert session.finished
        assert [entry.event for entry in session.activity()][-1] == "completed"
        assert session.status == "completed"


def test_a_session_that_another_process_runs_is_left_alone(client: SyncLangGraphClient, database: Path) -> None:
    thread = paused(client)
    before = client.threads.get_state(thread)
    saver = open_saver(database)
    try:
        with SessionLock(saver, thread):
            refused = client.runs.wait(thread, GRAPH, input=None, raise_error=False)
            assert "is being run by process" in refused["__error__"]["message"]
            with pytest.raises(ConflictError, match="is being run by process"):
                client.threads.update_state(thread, {"feedback": {"api": ["x"]}}, as_node="architecture")
            assert client.threads.get_state(thread)["checkpoint"] == before["checkpoint"]
    finally:
        saver.close()
    client.runs.wait(thread, GRAPH, input=None)
    assert client.threads.get_state(thread)["next"] == []


def test_a_chat_models_budget_is_the_sessions(client: SyncLangGraphClient, chat: FakeGroq, database: Path) -> None:
    thread = client.threads.create(graph_id=GRAPH)["thread_id"]
    context = {"model": "groq:openai/gpt-oss-120b", "max_calls": 1, "pause_after": ["requirements"]}
    client.runs.wait(thread, GRAPH, input={"task": TASK}, context=context)
    assert len(chat.seen) == 1
    client.runs.wait(thread, GRAPH, input=None, context={**context, "max_calls": 2, "pause_after": []})
    assert len(chat.seen) == 2, "the call of the run before counts"
    with agent(database).open(thread) as session:
        assert session.finished
        assert session.state["records"]["domain"]["note"] == "draft stands in: budget: 2 calls are spent"
    assert {memory.session for memory in agent(database).recall(stage="api", session=thread)} == {thread}


def test_a_run_that_is_taken_back_is_gone(client: SyncLangGraphClient, chat: FakeGroq) -> None:
    thread = client.threads.create(graph_id=GRAPH)["thread_id"]
    client.runs.wait(thread, GRAPH, input={"task": TASK}, interrupt_after=["requirements"])
    before = client.threads.get_state(thread)
    asked = threading.Event()

    def play(received: Received) -> Reply:
        if received.schema_name.startswith("architecture"):  # by now the run has kept a domain model
            asked.set()
            return say("no JSON", latency=1.0)
        return say("no JSON")

    usual, chat.script = chat.script, play
    try:
        run = client.runs.create(thread, GRAPH, input=None, context={"model": "groq:openai/gpt-oss-120b"})
        assert asked.wait(30)
        assert client.threads.get_state(thread)["values"]["domain"]
        client.runs.cancel(thread, run["run_id"], action="rollback", wait=True)
    finally:
        chat.script = usual
    assert client.threads.get_state(thread)["checkpoint"] == before["checkpoint"]
    client.runs.wait(thread, GRAPH, input=None)
    assert client.threads.get_state(thread)["values"]["documentation"]


def test_the_supervisor_builds_for_a_message(client: SyncLangGraphClient, database: Path) -> None:
    thread = client.threads.create(graph_id="supervisor")["thread_id"]
    asked = {"role": "user", "content": "Build me a backend for a dog-walking service where owners book walkers."}
    values: Any = client.runs.wait(thread, "supervisor", input={"messages": [asked]})
    assert values["messages"][-1]["content"] == "Backend, pages and client are there, from one API contract."
    assert values["contract"]["paths"]
    assert [page["page"] for page in values["pages"]]
    assert "class" in values["client"]
    assert thread not in [entry.session for entry in agent(database).sessions()]
