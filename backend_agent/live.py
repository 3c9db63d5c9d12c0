"""Live progress on a terminal; plain lines where there is none."""

from __future__ import annotations

import math
import sys
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.status import Status
from rich.text import Text

from backend_agent.progress import Watcher


class Display(Protocol):
    """A context in which progress is shown."""

    def __enter__(self) -> Watcher | None:
        """Return who is to be told."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clean the screen up."""
        ...


class Silent:
    """Shows nothing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


class Shown:
    """A line for each stage and verifier that ended; on a terminal also what is going on.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = Status("starting", console=console) if console.is_terminal else None
        self._open: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        """By purpose, what a call to a chat model is at."""

    def __enter__(self) -> Watcher:
        if self._status:
            self._status.start()
        return self._told

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def _told(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        title = str(event.get("title", ""))
        if kind == "session_started":
            self._console.print(f"session {event['session']}", style="dim", markup=False, highlight=False)
        if kind in ("stage_started", "verifier_started"):
            self._open[_key(event)] = title
        elif kind in ("stage_finished", "stage_skipped", "verifier_finished"):
            self._open.pop(_key(event), None)
            self._console.print(_line(event), markup=False, highlight=False, soft_wrap=True)
        elif kind.startswith("call_"):
            self._call(kind, event)
        if self._status and self._open:
            self._status.update(self._shown())

    def _call(self, kind: str, event: dict[str, Any]) -> None:
        purpose = str(event.get("purpose", ""))
        if kind == "call_finished":
            self._calls.pop(purpose, None)
        elif kind == "call_waiting":
            why = str(event.get("why") or "rate limit").replace("_", " ")
            self._calls[purpose] = f"waiting {math.ceil(event.get('seconds', 0))} s: {why}"
        else:
            self._calls[purpose] = f"{event.get('tokens', 0):,} tokens"

    def _shown(self) -> Text:
        """Return what is going on, each stage with what its calls are at; nothing of it is markup."""
        parts = []
        for stage, title in self._open.items():
            at = [text for purpose, text in self._calls.items() if purpose.partition(".")[0] == stage]
            parts.append(f"{title} ({'; '.join(at)})" if at else title)
        return Text(", ".join(parts))


def watcher() -> Display:
    """Return a display on standard error."""
    return Shown(Console(file=sys.stderr))


def _key(event: dict[str, Any]) -> str:
    return str(event.get("verifier") or event.get("stage"))


def _line(event: dict[str, Any]) -> str:
    title = str(event.get("title", ""))
    if event["event"] == "stage_skipped":
        return f"= {title}: unchanged"
    if event["event"] == "verifier_finished":
        verdict = str(event.get("verdict", ""))
        sign = {"pass": "✓", "fail": "✗"}.get(verdict, "-")
        return f"    {sign} {title}: {event.get('detail') or verdict.replace('_', ' ')}"
    found = event.get("findings", 0)
    rest = f", {found} finding{'s' if found > 1 else ''}" if found else ""
    return f"✓ {title} ({event.get('seconds', 0.0):.2f} s{rest})"
