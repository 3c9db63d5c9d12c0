"""The supervisor over three agents: offline, for real, and as the dev server loads it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from backend_agent.embedding.contract import client, operations, pages
from backend_agent.embedding.script import ScriptedChatModel, call
from backend_agent.embedding.supervisor import AGENTS, build_supervisor
from backend_agent.settings import Settings
from backend_agent.state import Artifacts

ROOT = Path(__file__).parents[2]
WISH = "Build me a backend for a dog-walking service where owners book walkers."
CONFIG: Any = {"configurable": {"thread_id": "1"}}
DESIGN = Settings(verify=False)


def contract(artifacts: Callable[..., Artifacts], name: str = "bookshop") -> dict[str, Any]:
    return artifacts(name, until="api").api.to_openapi()


def module(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(compile(source, "client.py", "exec"), found)
    return found


def test_it_routes_to_all_three_and_hands_the_contract_over() -> None:
    values = build_supervisor(given=DESIGN).invoke({"messages": [("user", WISH)]})
    called = [message.name for message in values["messages"] if isinstance(message, ToolMessage)]
    assert called == list(AGENTS)
    assert "Bookings" in [page["page"] for page in values["pages"]]
    ids = {operation.id for operation in operations(values["contract"])}
    assert {item["call"] for page in values["pages"] for item in page["calls"]} == ids
    assert all(callable(getattr(module(values["client"])["Client"], name)) for name in ids)
    assert values["messages"][-1].text.endswith("from one API contract.")


def test_a_question_of_the_agent_reaches_the_user_and_a_later_message_revises() -> None:
    graph = build_supervisor(given=DESIGN).copy(update={"checkpointer": InMemorySaver()})
    asked = graph.invoke({"messages": [("user", "Build me a backend")]}, CONFIG)["__interrupt__"]
    assert asked[0].value["missing"] == ["project_name", "requirements"]
    values = graph.invoke(Command(resume=WISH), CONFIG)
    assert [message.name for message in values["messages"] if isinstance(message, ToolMessage)] == list(AGENTS)
    assert "offset" in values["client"]
    values = graph.invoke({"messages": [("user", "use cursor pagination")]}, CONFIG)
    assert "cursor" in values["client"]
    assert "offset" not in values["client"]


def test_who_comes_too_early_says_what_to_do() -> None:
    model = ScriptedChatModel(script=[call("frontend_developer"), call("client_developer"), AIMessage("Sorry.")])
    values = build_supervisor(model, DESIGN).invoke({"messages": [("user", WISH)]})
    said = [message.text for message in values["messages"] if isinstance(message, ToolMessage)]
    assert said == ["There is no API contract yet: call backend_developer first."] * 2


def test_nothing_here_needs_more_than_langgraph_and_langchain_core() -> None:
    names = ("langchain", "deepagents", "langgraph_supervisor", "fastapi")
    code = f"import sys, backend_agent.embedding.supervisor; print([n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("said", [AIMessage("Hello."), call("delete_everything")])
def test_a_supervisor_that_calls_nobody_ends(said: AIMessage) -> None:
    values = build_supervisor(ScriptedChatModel(script=[said]), DESIGN).invoke({"messages": [("user", "Hello")]})
    assert len(values["messages"]) == 2


def test_pages_have_routes_calls_and_forms(artifacts: Callable[..., Artifacts]) -> None:
    books = next(page for page in pages(contract(artifacts)) if page["page"] == "Books")
    assert books["route"] == "/books"
    listed = next(item for item in books["calls"] if item["call"] == "list_books")
    assert (listed["method"], listed["path"], listed["needs_login"]) == ("GET", "/api/v1/books", False)
    form = next(form for form in books["forms"] if form["call"] == "create_book")
    assert {"title", "isbn", "price"} <= set(form["fields"])


def test_the_client_sends_what_the_contract_says(artifacts: Callable[..., Artifacts]) -> None:
    sent: list[Any] = []

    def send(*request: Any) -> Any:
        sent.append(request)
        return {"items": []}

    made = module(client(contract(artifacts)))["Client"](send)
    assert made.list_books(limit=5) == {"items": []}
    made.read_book("a/b")
    made.create_author({"name": "Kafka"})
    assert sent == [
        ("GET", "/api/v1/books", {"limit": 5}, None),
        ("GET", "/api/v1/books/a%2Fb", {}, None),
        ("POST", "/api/v1/authors", {}, {"name": "Kafka"}),
    ]


@pytest.mark.parametrize("name", ["bookshop", "clinic"])
def test_the_clients_types_hold(name: str, artifacts: Callable[..., Artifacts], tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(client(contract(artifacts, name)), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(tmp_path / "client.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_nothing_in_a_contract_becomes_code_that_is_no_name() -> None:
    evil = '"""\nimport os; os.system("x")\n"""'
    schema = {"type": "object", "properties": {"a b": {}, "class": {"enum": [evil]}}, "required": ["a b"]}
    operation = {
        "operationId": f"x(self): {evil}", "summary": evil, "tags": [evil],
        "parameters": [{"name": evil, "in": "query", "schema": {"enum": [evil]}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{evil}"}}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"anyOf": [{"type": evil}, 5]}}}}},
    }  # fmt: skip
    document = {
        "info": {"title": evil}, "components": {"schemas": {evil: schema, "None": {}}},
        "paths": {f"/{{{evil}}}/{{/}}/x\\{evil}": {"post": operation, "get": 5}, "/y": None},
    }  # fmt: skip
    import ast

    tree = ast.parse(client(document))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert len(pages(document)) == 1


def test_the_dev_server_can_load_it_under_any_name() -> None:
    entry = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["supervisor"]
    path, _, attribute = (entry["path"] if isinstance(entry, dict) else entry).partition(":")
    spec = importlib.util.spec_from_file_location("mangled__supervisor", ROOT / path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    graph = getattr(loaded, attribute)
    assert graph.checkpointer is None
    assert set(graph.get_input_jsonschema()["properties"]) == {"messages"}
    assert graph.nodes["backend_developer"].metadata == {"title": "Backend"}
