"""Progress in notebooks: bars while a run goes on, without being asked for; plain lines elsewhere.

Bars need `tqdm`, and `ipywidgets` to be drawn by the page (extra `[jupyter]`); without them there are lines of text.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from backend_agent.live import Shown
from backend_agent.progress import Watcher

_FORMAT = "{desc} {bar} {n_fmt}/{total_fmt}"
_ENDS = ("stage_finished", "stage_skipped")


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel; IPython on a terminal is none."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return getattr(found, "kernel", None) is not None


def progress() -> Watcher:
    """Return who shows a run's progress: bars in a notebook, else lines. For `on_progress=progress()`."""
    if in_notebook() and importlib.util.find_spec("tqdm"):
        return Bars()
    return Shown(Console(file=sys.stdout, force_terminal=False)).__enter__()


@contextmanager
def watching(given: Watcher | None) -> Iterator[Watcher | None]:
    """Give the caller's watcher; where there is none, in a notebook, bars that end with the block."""
    if given is not None or not in_notebook() or threading.current_thread() is not threading.main_thread():
        yield given
        return
    made = progress()
    try:
        yield made
        if isinstance(made, Bars):
            made.rest()
    finally:
        if isinstance(made, Bars):
            made.close()  # of a run that failed, the bar stays as far as it came


class Bars:
    """A bar that counts stages and names those at work."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._open: dict[str, str] = {}

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event of a run."""
        kind = event["event"]
        if kind == "session_started":
            self.close()
            self._bar = _bar(int(event.get("stages", 0)))
        key = str(event.get("verifier") or event.get("stage") or "")
        if kind in ("stage_started", "verifier_started"):
            self._open[key] = str(event.get("title", key))
        elif kind in (*_ENDS, "verifier_finished"):
            self._open.pop(key, None)
        if self._bar is not None:
            if kind in _ENDS:
                self._bar.total = max(self._bar.total, self._bar.n + 1)  # a rerun is one more
                self._bar.update(1)
            self._bar.set_description_str(", ".join(self._open.values()) or "done")

    def rest(self) -> None:
        """Say that the run paused, when stages are left: that is no failure."""
        if self._bar is not None and self._bar.n < self._bar.total:
            left = self._bar.total - self._bar.n
            self._bar.total = self._bar.n
            self._bar.set_description_str(f"paused, {left} to go")

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._open = None, {}


def _bar(total: int) -> Any:
    """Return a bar drawn by the page, where that can be; else one of text."""
    if importlib.util.find_spec("ipywidgets"):
        from tqdm.notebook import tqdm
    else:
        from tqdm.std import tqdm
    return tqdm(total=total, bar_format=_FORMAT, file=sys.stdout)
