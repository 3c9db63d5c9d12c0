"""One lock a session: who runs it is the only one who does. Kept in the session database, renewed by a heartbeat."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from backend_agent.checkpoint import SessionSaver
from backend_agent.errors import BackendAgentError, UserError
from backend_agent.ledger import Ledger, now

BEAT = 5.0
"""Seconds between two signs of life."""
STALE = 60.0
"""Seconds without one, after which a holder counts as dead, wherever it runs."""


class SessionBusy(UserError):
    """Another process runs the session."""


class SessionLock:
    """Holds a session for this process while the block runs; what a holder that lost it writes is refused.

    Args:
        saver: the session database.
        session: the session's id.
    """

    def __init__(self, saver: SessionSaver, session: str) -> None:
        self._saver = saver
        self._session = session
        self._owner = uuid.uuid4().hex
        self._done = threading.Event()
        self._beating: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Take the lock; raises `UserError` naming the holder when it is held by someone alive."""
        with self._saver.cursor(alone=True) as cursor:  # of two that find it free, one takes it
            query = "SELECT pid, birth, host, since, beat FROM locks WHERE session = ?"
            row = cursor.execute(query, (self._session,)).fetchone()
            if row is not None:
                pid, birth, host, since, beat = row
                if _alive(int(pid), str(birth), str(host), float(beat)):
                    raise SessionBusy(
                        f"session {self._session} is being run by process {pid} on {host} since {since};"
                        " wait until it is done, or stop it"
                    )
                Ledger(self._saver, self._session).note("lock_taken_over", detail=f"from process {pid} on {host}")
            mine = (self._session, self._owner, os.getpid(), birth_of(os.getpid()) or "", socket.gethostname())
            cursor.execute("DELETE FROM locks WHERE session = ?", (self._session,))
            cursor.execute("INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?, ?)", (*mine, now(), time.time()))
        self._saver.own(self._session, self._owner)
        self._beating = threading.Thread(target=self._beat, name=f"lock of {self._session}", daemon=True)
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._beating is not None:
            self._beating.join()
        self._saver.own(self._session, None)
        # A database that cannot be written must not hide what ended the block; without a heartbeat the lock runs out.
        with contextlib.suppress(BackendAgentError), self._saver.cursor() as cursor:
            cursor.execute("DELETE FROM locks WHERE session = ? AND owner = ?", (self._session, self._owner))

    def _beat(self) -> None:
        while not self._done.wait(BEAT):
            with contextlib.suppress(BackendAgentError), self._saver.cursor() as cursor:
                query = "UPDATE locks SET beat = ? WHERE session = ? AND owner = ?"
                cursor.execute(query, (time.time(), self._session, self._owner))


def birth_of(pid: int) -> str | None:
    """Return when a process began, as the system counts; empty where it does not tell; None: there is none."""
    if os.name != "posix":
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return None if told[0] in "ZX" else told[19]


def _alive(pid: int, birth: str, host: str, beat: float) -> bool:
    """Whether a holder lives: a fresh sign of life, and on this machine the very process that took the lock."""
    if abs(time.time() - beat) > STALE:
        return False
    if host != socket.gethostname():
        return True
    found = birth_of(pid)
    return found is not None and (not birth or not found or found == birth)
