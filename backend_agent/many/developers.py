"""Who develops one of many tasks: this thread, or a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from backend_agent import stop, task_file
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import BackendAgentError, UserError
from backend_agent.many import Given
from backend_agent.progress import Watcher
from backend_agent.result import Result
from backend_agent.session import Session
from backend_agent.settings import PREFIX, Settings

Open = Callable[[str], Session]


class InThread:
    """Develops in the thread that calls it.

    Args:
        start: makes a session of a task.
    """

    def __init__(self, start: Callable[[Given], Session]) -> None:
        self._start = start

    def __call__(self, task: Given, begun: Callable[[str], None], watcher: Watcher) -> Result:
        """As `many.Developer`."""
        with self._start(task) as session:
            begun(session.id)
            return Result(session.id, session.run(watcher), session.next)

    def close(self) -> None:
        """Nothing is kept open."""


class InProcess:
    """Develops in a process for each thread that calls it: two tasks then really run at the same time.

    The processes share the session database. They take settings and the chat model's name, no object of this process.

    Args:
        settings: how.
        open_session: opens a kept session.
        pause_after: stages after which to stop.
    """

    def __init__(self, settings: Settings, open_session: Open, pause_after: Sequence[str]) -> None:
        self._settings = settings
        self._open = open_session
        self._pause_after = list(pause_after)
        self._own = threading.local()
        self._all: list[Child] = []

    def __call__(self, task: Given, begun: Callable[[str], None], watcher: Watcher) -> Result:
        """As `many.Developer`."""
        job = {"task": valid(task).to_state(), "pause_after": self._pause_after}
        child: Child | None = getattr(self._own, "child", None)
        if child is None or not child.alive:
            child = self._own.child = Child(self._settings)
            self._all.append(child)
        return result_of(self._open, child.develop(job, begun, watcher))

    def close(self) -> None:
        """End the processes."""
        for child in self._all:
            child.close()


class Child:
    """A process that develops tasks, one after the other. What it is given and tells are lines of JSON.

    Args:
        settings: how.
    """

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend_agent.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(settings, os.environ),
            start_new_session=True,  # Ctrl-C reaches this process, which stops the others
        )

    @property
    def alive(self) -> bool:
        """Whether it still takes tasks."""
        return self._process.poll() is None

    def develop(self, job: Mapping[str, Any], begun: Callable[[str], None], watcher: Watcher) -> str:
        """Return the session's id when it has ended well; raise what it failed with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        session = ""
        with stop.calling(self._process.terminate):
            with contextlib.suppress(BrokenPipeError):  # it died: the end of what it tells says so
                self._process.stdin.write(json.dumps(job) + "\n")
                self._process.stdin.flush()
            for line in self._process.stdout:
                told = json.loads(line)
                if "session" in told:
                    session = told["session"]
                    begun(session)
                elif "done" in told:
                    return session
                elif "error" in told:
                    raise (UserError if told["expected"] else BackendAgentError)(told["error"])
                else:
                    watcher(told["event"])
            code = self._process.wait()
        if code == 0:
            raise KeyboardInterrupt  # it was asked to stop
        remedy = f"`resume {session}` goes on" if session else "try it again"
        raise BackendAgentError(f"the process that developed this ended with {code}; {remedy}")

    def close(self) -> None:
        """End it; a task that it is at stops, and can be resumed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def valid(task: Given) -> BackendTask:
    """Return the task, validated; raises `UserError`."""
    task = task if isinstance(task, BackendTask) else task_file.from_dict(task)
    task_file.refuse_unsupported(task)
    return task


def result_of(open_session: Open, session_id: str) -> Result:
    """Return what another process made of a session."""
    with open_session(session_id) as session:
        return Result(session.id, session.state, session.next)


def environment(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which `Settings.from_environment` gives these settings."""
    rest = {name: value for name, value in base.items() if not name.startswith(PREFIX)}
    return rest | {
        PREFIX + item.name.upper(): _text(value)
        for item in fields(settings)
        if (value := getattr(settings, item.name)) is not None
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(getattr(value, "whole", value))  # an address of a database shows itself without its password
