"""What can go wrong with a call, and what to do. The service's words are looked at here, and go nowhere else."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Do = Literal["again", "back_off", "grow", "next_model", "shrink", "step_down", "stop", "wait"]
"""again: ask once more; back_off: a little later; grow: with more room for the answer and less effort; next_model;
shrink: with less room; step_down: with less demanding words about its form; stop: the user must act; wait: as long as
the service says."""


@dataclass(frozen=True)
class Fault:
    """What went wrong."""

    outcome: str
    """A word for the ledger."""
    do: Do
    words: str
    """Our own, for the user."""
    wait: float | None = None
    """Seconds that the service asks to wait."""
    down: bool = False
    """Whether the service as a whole may be down."""
    gone: bool = False
    """Whether the model need not be asked again in this run."""
    paid: bool = False
    """Whether tokens may have been counted though no usage was told."""
    salvage: str | None = None
    """An answer that the service refused, whole by its syntax."""


class TimedOut(Exception):
    """A request took longer than it may."""


LONG = 90.0
"""Seconds that nobody waits for a limit."""
_NEXT = {
    "context_length_exceeded": Fault("too_long", "next_model", "the prompt is too long for the model"),
    "model_decommissioned": Fault("no_model", "next_model", "the service has no such model", gone=True),
    "model_not_found": Fault("no_model", "next_model", "the service has no such model", gone=True),
    "content_filter": Fault("refused", "next_model", "the service refused to answer"),
}
_INVALID = ("json_validate_failed", "tool_use_failed")
_REFUSED = ("content_filter", "refusal", "safety", "prohibited_content", "recitation", "blocklist", "spii")
_WHOLE = ("stop", "end_turn", "stop_sequence", "eos", "eos_token")
_CUT = ("length", "max_tokens", "model_length", "model_context_window_exceeded")


def of_error(error: BaseException, headers: Mapping[str, str], schema: Mapping[str, Any] | None = None) -> Fault:
    """Return what an exception of a client means.

    Args:
        error: as it was raised; told by its status and the names of its classes, so that no client must be imported.
        headers: of the response, if there was one; names in lower case.
        schema: what the answer had to fit.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"TimedOut", "APITimeoutError", "TimeoutException", "TimeoutError"}:
        if "ConnectTimeout" in names | {type(error.__cause__).__name__}:
            return Fault("unreachable", "back_off", "the service cannot be reached", down=True)
        return Fault("timed_out", "back_off", "the service did not answer in time", down=True, paid=True)
    if names & {"APIConnectionError", "TransportError", "ConnectionError"}:
        refused = "ConnectError" in names | {type(error.__cause__).__name__}
        return Fault(
            "unreachable" if refused else "cut", "back_off", "the connection broke", down=True, paid=not refused
        )
    status = _status(error)
    inner = _inner(error)
    if status is None and "APIError" in names:
        status = 400  # an error event in the middle of a stream
    if status is not None:
        return _of_status(status, inner, headers, schema)
    if isinstance(error, TypeError) and "unexpected keyword" in str(error):
        return Fault("no_options", "step_down", "the model's client does not know how to ask for a form")
    return Fault("garbled", "back_off", "what came back is no answer", down=True, paid=True)


def of_answer(text: str, finish: str | None, refusal: str | None, *, tells_end: bool) -> Fault | None:
    """Return what is wrong with an answer; None: it is whole. Looked at before anybody parses it.

    Args:
        text: what was answered.
        finish: why it ended, in the service's words; None: it did not say.
        refusal: words in which the model refused.
        tells_end: whether this model always says why it ended.
    """
    reason = (finish or "").lower()
    if refusal or reason in _REFUSED:
        return Fault("refused", "next_model", "the model refused to answer")
    if reason in _CUT:
        return Fault("truncated", "grow", "the answer was cut off at its longest")
    if (reason and reason not in _WHOLE) or (not reason and tells_end):
        return Fault("cut", "back_off", "the answer ended without saying that it is whole")
    if any("\ud800" <= character <= "\udfff" for character in text):
        return Fault("garbled", "again", "the answer holds halves of characters")
    if not text.strip():
        return Fault("empty", "next_model", "the answer was empty")
    return None


def _of_status(status: int, inner: Mapping[str, Any], headers: Mapping[str, str], schema: Any) -> Fault:
    if status in (401, 403):
        return Fault("key_refused", "stop", "the service refused the key")
    if status == 404:
        return _NEXT["model_not_found"]
    if status == 413:
        return Fault("too_large", "shrink", "the request is larger than the limit for a minute")
    if status == 429:
        return _limited(inner, headers)
    if status == 498:
        return Fault("no_capacity", "back_off", "the service has no capacity left", wait=retry_after(headers))
    if status in (408, 409) or status >= 500:
        return Fault("failed", "back_off", f"the service failed (status {status})", down=True)
    return _of_bad_request(status, inner, schema)


def _of_bad_request(status: int, inner: Mapping[str, Any], schema: Any) -> Fault:
    code = str(inner.get("code") or "")
    if code in _NEXT:
        return _NEXT[code]
    if code in _INVALID:
        salvage = _whole(inner.get("failed_generation"), schema)
        return Fault("invalid", "again", "the answer did not fit its form", paid=True, salvage=salvage)
    if code == "stream_failed" or str(inner.get("type")) in ("server_error", "internal_server_error"):
        return Fault("failed", "again", "the service failed while it answered", paid=True)
    said = f"{inner.get('param') or ''} {inner.get('message') or ''}".lower()
    if "max_tokens" in said or "max_completion_tokens" in said:
        return Fault("too_large", "shrink", "the answer may not be that long")
    # A rejected schema often comes without a code: what is not known to be something else counts as one.
    return Fault("schema_rejected", "step_down", f"the service rejected the request's form (status {status})")


def _limited(inner: Mapping[str, Any], headers: Mapping[str, str]) -> Fault:
    wait = retry_after(headers)
    said = str(inner.get("message") or "")
    if "per day" in said or re.search(r"\b[RT]PD\b", said) or (wait or 0) > LONG:
        return Fault(
            "daily_limit", "next_model", "a limit of the service is reached for today", wait=max(wait or 0, 600)
        )
    return Fault("rate_limited", "wait", "a limit of the service is reached", wait=wait)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which the service wants to be asked again; None: it does not say."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return duration(headers.get("x-ratelimit-reset-tokens", ""))
    if (seconds := duration(text)) is not None:
        return seconds
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def duration(text: str) -> float | None:
    """Return seconds from `7.66s`, `2m59.56s`, `120ms`, `1h2m` or a plain number; None: it is none of these."""
    text = text.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        return float(text)
    parts = re.findall(r"(\d{1,9}(?:\.\d{1,9})?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * {"h": 3600, "m": 60, "s": 1, "ms": 0.001}[unit] for number, unit in parts)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    for value in (
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
        getattr(error, "code", 0),
    ):
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
            return value
    return None


def _inner(error: BaseException) -> Mapping[str, Any]:
    """Return what stands inside an error's body; empty when there is none, or it is HTML."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        body = body["error"]
    return body if isinstance(body, Mapping) else {}


def _whole(text: object, schema: Mapping[str, Any] | None) -> str | None:
    """Return a refused answer if it is one whole object with known keys only; nothing is added to make it whole."""
    if not isinstance(text, str) or not text.strip() or schema is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = schema.get("properties", {})
    return text if isinstance(value, dict) and value and set(value) <= set(known) else None
