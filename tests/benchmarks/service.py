"""The generated service against the usual idiom, side by side on one PostgreSQL."""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from backend_agent import BackendAgent, BackendTask
from backend_agent.settings import Settings

HERE = Path(__file__).parent
TASK = HERE.parents[1] / "examples" / "todo.yaml"
ROWS, ROUNDS, SECONDS, CONNECTIONS = 200, 5, 3.0, 16


def compare(server: str, folder: Path) -> None:
    """Print requests per second of both, and their ratio.

    Args:
        server: a PostgreSQL server on which a database may be made and dropped.
        folder: an empty folder for the generated project.
    """
    task = BackendTask.from_file(TASK).to_state()
    task["database_requirements"]["type"] = "postgresql"
    agent = BackendAgent(Settings(database=folder / "s.db", verify=False))
    project = agent.develop(task).write(folder / "todo").folder
    with database(server) as url:
        environ = {
            **os.environ, "DATABASE_URL": url, "JWT_SECRET": secrets.token_urlsafe(32), "LOG_LEVEL": "WARNING",
            "ENVIRONMENT": "production", "RATE_LIMIT_ANONYMOUS": "0", "RATE_LIMIT_ACCOUNT": "0",
            "RATE_LIMIT_LOGIN": "0",
        }  # fmt: skip
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=project, env=environ, check=True,
                       capture_output=True)  # fmt: skip
        with (
            serving("app.main:app", project, environ) as ours,
            serving("service:app", HERE / "idiom", environ) as usual,
        ):
            token, ids = fill(ours, url)
            for label, paths in (
                ("GET one row", [f"/api/v1/tasks/{i}" for i in ids[:50]]),
                (
                    "GET list of 20",
                    ["/api/v1/tasks?limit=20", *(f"/api/v1/tasks?limit=20&offset={n}" for n in (20, 60))],
                ),
            ):
                same(ours, usual, token, paths)
                measure(label, ours, usual, token, paths)


def measure(label: str, ours: int, usual: int, token: str, paths: list[str]) -> None:
    """Take turns, so that whatever else the machine does hits both."""
    figures: dict[int, list[float]] = {ours: [], usual: []}
    for number in range(ROUNDS + 1):
        for port in (ours, usual) if number % 2 else (usual, ours):
            rate = load(port, token, paths)
            if number:  # the first round warms both up
                figures[port].append(rate)
    mine, other = (statistics.median(figures[port]) for port in (ours, usual))
    print(f"  {label:<16} generated {mine:7.0f}/s   idiom {other:7.0f}/s   ratio {mine / other:.2f}  (goal 1.3)")


def load(port: int, token: str, paths: list[str]) -> float:
    """Return requests per second, measured by another process."""
    command = [sys.executable, str(HERE / "load.py"), str(port), token, str(SECONDS), str(CONNECTIONS), *paths]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make a database, and drop it at the end."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]  # the name is made here
        try:
            yield server.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]  # as above


@contextmanager
def serving(application: str, folder: Path, environ: dict[str, str]) -> Iterator[int]:
    """Serve with one worker; give the port when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        application,
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(command, cwd=folder, env=environ)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def call(port: int, method: str, path: str, token: str = "", body: Any = None) -> Any:
    """Call and return the JSON answer."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read()[:300]!r}") from error


def fill(port: int, url: str) -> tuple[str, list[str]]:
    """Register, log in and make rows, each with two labels; return the token and the ids."""
    account = {"email": "bench@example.com", "password": "correct horse battery staple"}
    call(port, "POST", "/auth/register", body=account)
    token = call(port, "POST", "/auth/login", body=account)["access_token"]
    labels = [call(port, "POST", "/labels", token, {"name": n, "colour": "red"})["id"] for n in ("home", "work")]
    body = {"title": "Write the report", "description": "x" * 200, "priority": "high", "label_ids": labels}
    ids = [call(port, "POST", "/tasks", token, body)["id"] for _ in range(ROWS)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return token, ids


def same(ours: int, usual: int, token: str, paths: list[str]) -> None:
    """Both must give the same answers, or the comparison says nothing."""
    for path in (paths[0], paths[-1]):
        mine, other = (call(port, "GET", path.removeprefix("/api/v1"), token) for port in (ours, usual))
        if mine != other:
            raise SystemExit(f"{path}: the answers differ:\n{mine}\n{other}")
