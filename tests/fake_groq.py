"""A server on loopback that speaks Groq's chat-completions protocol: JSON and SSE, usage, limits, and faults as asked.

    with FakeGroq() as server:
        server.script = {"domain": [fault("overloaded"), say({"entities": []})], "*": say({"edits": []})}
        ChatGroq(base_url=server.url, api_key=server.key, ...)
        assert server.seen[0].max_tokens == 4000

In tests: `with serving() as server:`, which sets GROQ_API_BASE and GROQ_API_KEY too.

`server.script` says what is answered. It is one of
- a `Reply`: the same each time;
- a list of scripts: one after the other; the last one stays;
- a dictionary by schema name, `*` for all others (text requests too); each value is a script of its own. The name is
  that of `response_format`, or the one that the prompt of the lower rungs names (JSON schema `domain`);
- a function that takes a `Received` and returns a script, evaluated anew for each request.

`say(value)` is an answer (a string as it is, all else as JSON; `finish="length"`, `cached=`, `reasoning=`, `latency=`
and all other fields of `Reply`). `fault(name)` is a row of the error table, `FAULTS` has the names; fields may be
changed: `fault("rate_limited", headers={"retry-after": "2"})`. `server.latency` is for every answer that names none.

`server.tokens_per_minute` and `server.requests_per_minute` switch on limits as the service keeps them: prompt and
`max_tokens` count before the call, 413 above the limit, 429 with `retry-after` until there is room again.
`server.models` is what `GET /models` lists. `server.down()` refuses connections from then on; `server.hang = True`
accepts and says nothing. `server.seen` holds the completion requests, in order of arrival; `server.most` the largest
number that were under way at once; `server.asked_models` counts questions for the list of models.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import pytest
from groq_replies import FAULTS, Received, Reply, error, fault, say

__all__ = ["FAULTS", "FakeGroq", "Received", "Reply", "error", "fault", "say", "serving"]
Script = Any
"""A `Reply`, or a list, dictionary or function of scripts; see above."""


class FakeGroq:
    """The server; runs inside a `with` block. The module's docstring says how it is scripted."""

    def __init__(self, script: Script = None) -> None:
        self.script: Script = say({}) if script is None else script
        self.key = "gsk_fake_0123456789abcdefghij"
        self.models = ["openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"]
        self.headers: dict[str, str] = {}
        self.latency = 0.0
        self.hang = False
        self.tokens_per_minute: int | None = None
        self.requests_per_minute: int | None = None
        self.seen: list[Received] = []
        self.asked_models = 0
        self.most = 0
        self.under_way = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._used: dict[int, int] = {}
        self._spent: list[tuple[float, int]] = []
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.fake = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """For `base_url`: the host only."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def down(self) -> None:
        """Close all connections, and refuse new ones."""
        if not self.closing.is_set():
            self.closing.set()
            self._http.shutdown()
            self._thread.join()
            self._http.hang_up()
            self._http.server_close()

    def reply_to(self, received: Received) -> Reply:
        """Return what the script says."""
        with self.lock:
            self.seen.append(received)
            return self._limited(received) or self._resolved(self.script, received)

    def _resolved(self, script: Script, received: Received) -> Reply:
        if isinstance(script, Reply):
            return script
        if isinstance(script, dict):
            return self._resolved(script.get(received.schema_name, script.get("*", say({}))), received)
        if isinstance(script, list):
            number = self._used.get(id(script), 0)
            self._used[id(script)] = number + 1
            return self._resolved(script[min(number, len(script) - 1)], received)
        return self._resolved(script(received), received)

    def _limited(self, received: Received) -> Reply | None:
        """Return the refusal when a limit is reached; else count the request."""
        now = time.monotonic()
        wanted = received.tokens + (received.max_tokens or 0)
        self._spent = [(at, tokens) for at, tokens in self._spent if at > now - 60]
        free = {"x-ratelimit-limit-tokens": str(self.tokens_per_minute)} if self.tokens_per_minute else {}
        if self.tokens_per_minute and wanted > self.tokens_per_minute:
            return fault("too_large", headers=free)
        over = self.requests_per_minute and len(self._spent) >= self.requests_per_minute
        used = sum(tokens for _, tokens in self._spent)
        if over or (self.tokens_per_minute and used + wanted > self.tokens_per_minute):
            wait = self._spent[0][0] + 60 - now
            return fault("rate_limited", headers={**free, "retry-after": str(int(wait) + 1)})
        self._spent.append((now, wanted))
        return None

    def limits(self) -> dict[str, str]:
        """Return the rate-limit headers of an answer."""
        if not self.tokens_per_minute:
            return {}
        left = self.tokens_per_minute - sum(tokens for _, tokens in self._spent)
        reset = (self.tokens_per_minute - left) / self.tokens_per_minute * 60
        return {
            "x-ratelimit-limit-tokens": str(self.tokens_per_minute), "x-ratelimit-remaining-tokens": str(left),
            "x-ratelimit-reset-tokens": f"{reset:.3f}s", "x-ratelimit-limit-requests": "1000",
            "x-ratelimit-remaining-requests": "999", "x-ratelimit-reset-requests": "1m26.4s",
        }  # fmt: skip


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
    fake: FakeGroq

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are part of the tests."""

    def hang_up(self) -> None:
        for open_one in list(self._open):
            with contextlib.suppress(OSError):
                open_one.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def do_GET(self) -> None:
        fake = self.server.fake
        fake.asked_models += 1
        if fake.hang:
            fake.closing.wait(3600)
        elif self.path != "/openai/v1/models":
            self._send(error(404, None, f"Unknown request URL: GET {self.path}"))
        elif self._authorized():
            listed = [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in fake.models]
            self._send(Reply(body=json.dumps({"object": "list", "data": listed})))

    def do_POST(self) -> None:
        fake = self.server.fake
        text = self.rfile.read(int(self.headers.get("content-length", "0")))
        if fake.hang:
            fake.closing.wait(3600)
        elif self.path != "/openai/v1/chat/completions":
            self._send(error(404, None, f"Unknown request URL: POST {self.path}"))
        elif self._authorized():
            received = Received(json.loads(text), {name.lower(): value for name, value in self.headers.items()})
            with fake.lock:
                fake.under_way += 1
                fake.most = max(fake.most, fake.under_way)
            try:
                self._answer(received, fake.reply_to(received))
            finally:
                with fake.lock:
                    fake.under_way -= 1

    def _authorized(self) -> bool:
        right = self.headers.get("authorization") == f"Bearer {self.server.fake.key}"
        if not right:
            self._send(FAULTS["unauthorized"])
        return right

    def _answer(self, received: Received, reply: Reply) -> None:
        fake = self.server.fake
        fake.closing.wait(fake.latency if reply.latency is None else reply.latency)
        if reply.body is None and received.body.get("stream"):
            self._stream(received, reply)
        elif reply.stream_error is not None:
            self._send(replace(reply, status=400, body=json.dumps({"error": reply.stream_error})))
        else:
            self._send(
                reply if reply.body is not None else replace(reply, body=json.dumps(_completion(received, reply)))
            )

    def _send(self, reply: Reply) -> None:
        body = (reply.body or "").encode()
        self._begin(reply, {"content-length": str(len(body))})
        self._write(body if reply.cut is None else body[: int(len(body) * reply.cut)], cut=reply.cut is not None)

    def _stream(self, received: Received, reply: Reply) -> None:
        text = reply.text or ""
        size = max(1, len(text) // 8)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        if reply.cut is not None:
            pieces = pieces[: int(len(pieces) * reply.cut)]
        self._begin(reply, {"transfer-encoding": "chunked"}, kind="text/event-stream")
        if reply.cut == 0:
            return
        for number, piece in enumerate(pieces):
            self._event(
                _chunk(received, {"role": "assistant", "content": piece} if number == 0 else {"content": piece})
            )
            self.server.fake.closing.wait(reply.pause)
        if reply.cut is not None:
            self.close_connection = True
        elif reply.stream_error is not None:
            self._event({"error": reply.stream_error}, "error")
            self._write(b"0\r\n\r\n")
        else:
            last = _chunk(received, {"refusal": reply.refusal} if reply.refusal else {}, reply.finish)
            if reply.usage:
                last["x_groq"] = {"id": "req_fake", "usage": _usage(received, reply)}
            self._event(last)
            self._write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")

    def _event(self, data: dict[str, Any], name: str = "") -> None:
        text = (f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n"
        self._write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())

    def _begin(self, reply: Reply, more: dict[str, str], kind: str | None = None) -> None:
        fake = self.server.fake
        if reply.cut == 0:
            self.close_connection = True
            return
        self.send_response(reply.status)
        named = {"content-type": kind or reply.content_type, "x-request-id": f"req_fake_{len(fake.seen)}"}
        for name, value in {**named, **fake.limits(), **fake.headers, **reply.headers, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, data: bytes, *, cut: bool = False) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        if cut:
            self.close_connection = True


def _usage(received: Received, reply: Reply) -> dict[str, Any]:
    if isinstance(reply.usage, dict):
        return reply.usage
    out = -(-len((reply.text or "").encode("utf-8", "surrogatepass")) // 4) + reply.reasoning
    return {
        "prompt_tokens": received.tokens, "completion_tokens": out, "total_tokens": received.tokens + out,
        "prompt_tokens_details": {"cached_tokens": reply.cached},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning},
        "queue_time": 0.01, "prompt_time": 0.01, "completion_time": 0.1, "total_time": 0.12,
    }  # fmt: skip


def _completion(received: Received, reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text, **({"refusal": reply.refusal} if reply.refusal else {})}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}
    made = {"id": "chatcmpl-x", "object": "chat.completion", "created": 1, "model": received.model, "choices": [choice]}
    return {**made, **({"usage": _usage(received, reply)} if reply.usage else {}), "x_groq": {"id": "req_fake"}}


def _chunk(received: Received, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {
        "id": "chatcmpl-x", "object": "chat.completion.chunk", "created": 1, "model": received.model,
        "choices": [choice],
    }  # fmt: skip


@contextlib.contextmanager
def serving(script: Script = None) -> Iterator[FakeGroq]:
    """Run a server, and have the environment name it and its key; back-offs are short meanwhile."""
    with pytest.MonkeyPatch.context() as patch, FakeGroq(script) as server:
        patch.setenv("GROQ_API_BASE", server.url)
        patch.setenv("GROQ_API_KEY", server.key)
        patch.setattr("backend_agent.chat.available.PAUSE", 0.01)
        patch.setattr("backend_agent.chat.asking.PAUSE", 0.01)
        yield server
