"""What the fake of Groq's service is told to say: answers, and every row of the error table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Received:
    """One completion request, as it came."""

    body: dict[str, Any]
    headers: dict[str, str]
    """Names in lower case."""

    @property
    def model(self) -> str:
        return str(self.body["model"])

    @property
    def max_tokens(self) -> int | None:
        return self.body.get("max_tokens") or self.body.get("max_completion_tokens")

    @property
    def effort(self) -> str | None:
        return self.body.get("reasoning_effort")

    @property
    def rung(self) -> str:
        """`strict`, `schema`, `json` or `text`."""
        asked = self.body.get("response_format") or {"type": "text"}
        if asked["type"] == "json_schema":
            return "strict" if asked["json_schema"].get("strict") else "schema"
        return "json" if asked["type"] == "json_object" else "text"

    @property
    def schema_name(self) -> str:
        asked = (self.body.get("response_format") or {}).get("json_schema")
        if asked:
            return str(asked["name"])
        return self.prompt.rpartition("JSON schema `")[2].partition("`")[0] if "JSON schema `" in self.prompt else ""

    @property
    def prompt(self) -> str:
        """All messages, one after the other."""
        return "\n".join(str(message.get("content")) for message in self.body["messages"])

    @property
    def tokens(self) -> int:
        return -(-len(json.dumps(self.body["messages"]).encode()) // 4)


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    text: str | None = ""
    status: int = 200
    finish: str | None = "stop"
    reasoning: int = 0
    """Reasoning tokens, counted in the output too."""
    cached: int = 0
    usage: bool | dict[str, Any] = True
    """Whether usage is told, or what is told of it."""
    refusal: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """Sent as it is, instead of a completion."""
    content_type: str = "application/json"
    latency: float | None = None
    """Seconds before the first byte; None: the server's."""
    pause: float = 0.0
    """Seconds between two chunks of a stream."""
    cut: float | None = None
    """Share (0 to 1) of the body after which the connection is closed; 0: before anything is sent."""
    stream_error: dict[str, Any] | None = None
    """Ends a stream with an error event; without streaming it is a 400."""


def say(value: Any = "", **fields: Any) -> Reply:
    """Return an answer."""
    return Reply(value if isinstance(value, str) else json.dumps(value), **fields)


def error(status: int, code: str | None, message: str, kind: str = "invalid_request_error", **more: Any) -> Reply:
    """Return an error as the service words it."""
    headers = more.pop("headers", {})
    inner = {"message": message, "type": kind, **({"code": code} if code else {}), **more}
    return Reply(status=status, body=json.dumps({"error": inner}), headers=headers)


_LEAK = "SECRET-OF-THE-ERROR-TEXT"
"""Stands in every error message: it must not show up anywhere."""
_BUSY = f"Rate limit reached for model in organization org_x {_LEAK} on"
FAULTS: dict[str, Reply] = {
    "tool_use_failed": error(400, "tool_use_failed", f"Failed to call a function {_LEAK}", failed_generation=""),
    "json_validate_failed": error(
        400, "json_validate_failed", f"Failed to validate JSON {_LEAK}", failed_generation='{"name": "cut he'
    ),
    "schema_rejected": error(400, None, f"invalid JSON schema for response_format {_LEAK}: minItems is not supported"),
    "too_long": error(400, "context_length_exceeded", f"Please reduce the length of the messages {_LEAK}"),
    "unauthorized": error(401, "invalid_api_key", f"Invalid API Key {_LEAK}"),
    "forbidden": error(403, "permission_denied", f"Not allowed {_LEAK}", "permissions_error"),
    "model_not_found": error(404, "model_not_found", f"The model does not exist {_LEAK}"),
    "too_large": error(
        413, "rate_limit_exceeded", f"Request too large {_LEAK} on tokens per minute (TPM): Limit 8000",
        "tokens",
    ),
    "rate_limited": error(
        429, "rate_limit_exceeded", f"{_BUSY} tokens per minute (TPM): Limit 8000", "tokens",
        headers={"retry-after": "1"},
    ),
    "daily_limit": error(
        429, "rate_limit_exceeded", f"{_BUSY} tokens per day (TPD): Limit 200000", "tokens",
        headers={"retry-after": "1800"},
    ),
    "flex_capacity": error(498, "capacity_exceeded", f"Flex tier capacity exceeded {_LEAK}"),
    "server_error": error(500, None, f"Internal Server Error {_LEAK}", "internal_server_error"),
    "overloaded": error(503, None, f"Service Unavailable {_LEAK}", "internal_server_error"),
    "html": Reply(status=502, body=f"<html><h1>502 Bad Gateway {_LEAK}</h1></html>", content_type="text/html"),
    "html_as_ok": Reply(body=f"<html><h1>Welcome {_LEAK}</h1></html>", content_type="text/html"),
    "not_json": Reply(body='{"id": "x", "choices": [' + _LEAK),
    "hang": Reply("{}", latency=3600),
    "dropped": Reply("{}", cut=0),
    "cut": Reply('{"name": "whole", "more": ["a", "b", "c"]}', cut=0.5),
    "stream_error": Reply(
        '{"name": "wh', stream_error={"message": f"It broke {_LEAK}", "type": "server_error", "code": "stream_failed"}
    ),
    "truncated": Reply('{"name": "cut he', finish="length"),
    "truncated_whole": Reply('{"name": "a silently short object"}', finish="length"),
    "empty": Reply(""),
    "null": Reply(None),
    "refusal": Reply(None, refusal=f"I cannot help with that {_LEAK}"),
    "filtered": Reply("", finish="content_filter"),
    "unfinished": Reply('{"name": "no finish reason"}', finish=None),
}  # fmt: skip
"""Every row of the error table, and its variants."""


def fault(name: str, **changes: Any) -> Reply:
    """Return a fault of the table, changed as asked."""
    return replace(FAULTS[name], **changes)
