"""Live progress on a terminal; plain lines where there is none."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.status import Status

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
        if self._status and self._open:
            self._status.update(", ".join(self._open.values()))


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
