"""Boot the service, ask it for its health and its document, stop it. Usage: RESULT START READY STOP (seconds).

Runs inside the sandbox, for from outside nobody can connect to what listens in there.
"""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

POLL_SECONDS = 0.1


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a GET; raises `OSError` when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(20 << 20).decode("utf-8", "replace")
    except http.client.HTTPException as problem:
        raise OSError(str(problem)) from problem
    finally:
        connection.close()


def wait_for(service: subprocess.Popen[bytes], port: int, path: str, deadline: float) -> tuple[int, str]:
    """Ask until the answer is 200, the service ends or time is up; return the last answer (0: none)."""
    answer = 0, ""
    while time.monotonic() < deadline and service.poll() is None:
        try:
            answer = ask(port, path)
        except OSError:
            answer = 0, ""
        if answer[0] == 200:
            break
        time.sleep(POLL_SECONDS)
    return answer


def main() -> None:
    """Write what was seen as JSON: status by path, the document, and how the service stopped."""
    result = sys.argv[1]
    start_seconds, ready_seconds, stop_seconds = map(float, sys.argv[2:])
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)]
    service = subprocess.Popen([*command, "--log-level", "warning"], stdin=subprocess.DEVNULL)
    seen: dict[str, object] = {}
    for path, seconds in (("/healthz", start_seconds), ("/readyz", ready_seconds)):
        seen[path] = wait_for(service, port, path, time.monotonic() + seconds)[0]
    seen["ended"] = service.poll()
    if service.poll() is None:
        try:
            seen["document"] = ask(port, "/openapi.json")
        except OSError:
            seen["document"] = 0, ""
        service.send_signal(signal.SIGTERM)
        try:
            seen["stopped"] = service.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            seen["stopped"] = None
            service.kill()
    Path(result).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
