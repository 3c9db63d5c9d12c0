"""Run commands of the project under test, confined and bounded; stop them all at once when asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from backend_agent.errors import BackendAgentError

_START = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("jail", sys.argv[1] + "/__init__.py")
sys.modules["jail"] = importlib.util.module_from_spec(spec)
from jail.launcher import main
main(sys.argv[2], int(sys.argv[3]))
"""
_HERE = Path(__file__).parent
_GRACE_SECONDS = 5.0
_READABLE_FILES = (
    "/bin /lib /lib32 /lib64 /sbin /usr /opt /nix /proc /sys/devices/system/cpu /dev/null /dev/zero /dev/random"
    " /dev/urandom /etc/alternatives /etc/hosts /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d /etc/localtime"
    " /etc/mime.types /etc/nsswitch.conf /etc/passwd /etc/group /etc/ssl /etc/pki /usr/share/zoneinfo"
).split()
_WRITABLE_FILES = ("/dev/null",)


@dataclass(frozen=True)
class Limits:
    """Bounds of one command."""

    seconds: float = 60.0
    memory_mb: int = 4096
    """Address space of each process, and resident memory of all together."""
    processes: int = 32
    file_mb: int = 256
    """The largest file it may write."""
    output_kb: int = 2048
    """Kept of each of its two output streams; ten times as much ends it."""


@dataclass(frozen=True)
class Completed:
    """How a command ended."""

    exit_code: int | None
    """None when it was stopped."""
    stdout: str
    stderr: str
    stopped: str = ""
    """`time`, `memory`, `processes`, `output` or `cancelled`."""
    confined: tuple[str, ...] = ()
    """What it was cut off from: `network`, `processes`, `sockets`, `files`, `root` (its powers)."""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.exit_code == 0

    @property
    def output(self) -> str:
        """Both streams, the errors last."""
        return f"{self.stdout}\n{self.stderr}".strip()


class Cancelled(BaseException):
    """The verification was stopped from outside (Ctrl-C)."""


class LauncherError(BackendAgentError):
    """The launcher ended without saying how the command did."""


@dataclass
class Runner:
    """Starts commands and knows those that run."""

    confine: bool = True
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    """Reentrant: a signal's handler may call `stop` while its own thread is in `run`."""
    _stopped: bool = False

    def run(
        self,
        argv: list[str],
        cwd: Path,
        env: dict[str, str],
        limits: Limits,
        *,
        writable: Iterable[Path],
        door: tuple[str, int] | None = None,
    ) -> Completed:
        """Run a command to its end or its limits.

        Args:
            argv: the program's absolute path, and its arguments.
            cwd: where it starts.
            env: its whole environment.
            limits: its bounds.
            writable: the only folders that it may change.
            door: host and port of the one server outside its network that it may reach, at 127.0.0.1 and that port.

        Raises `Cancelled` when the runner was stopped.
        """
        own = [str(path) for path in writable]
        job = {
            "argv": argv,
            "cwd": str(cwd),
            "env": env,
            "readable": [*_READABLE_FILES, *_interpreter(), str(_HERE)],
            "writable": [*_WRITABLE_FILES, *own],
            "writable_folders": own,
            "seconds": limits.seconds,
            "memory": limits.memory_mb << 20,
            "processes": limits.processes,
            "file_size": limits.file_mb << 20,
            "door": door,
            "confine": self.confine and sys.platform == "linux",
        }
        report_end, launcher_end = os.pipe()
        try:
            command = [
                sys.executable,
                "-E",
                "-s",
                "-S",
                "-c",
                _START,
                str(_HERE / "jail"),
                json.dumps(job),
                str(launcher_end),
            ]
            process = self._start(command, launcher_end)
        except BaseException:
            os.close(report_end)
            raise
        finally:
            os.close(launcher_end)
        try:
            streams = [_Stream(pipe, limits.output_kb << 10, lambda: _end(process)) for pipe in _pipes(process)]
            try:
                process.wait(limits.seconds + _GRACE_SECONDS)
                silent = ""
            except subprocess.TimeoutExpired:
                _kill(process)
                silent = "time"
            stdout, stderr = (stream.text() for stream in streams)
            outcome = _outcome(report_end) or {"exit_code": None, "stopped": silent}
        finally:
            _kill(process)
            with self._lock:
                self._running.discard(process)
            os.close(report_end)
        if self._stopped:
            raise Cancelled
        stopped = "output" if any(s.full for s in streams) else outcome["stopped"]
        code = None if stopped else outcome["exit_code"]
        if code is None and not stopped:
            raise LauncherError(f"the launcher did not work: {stderr.strip().splitlines()[-1:]}")
        return Completed(code, stdout, stderr, stopped, tuple(outcome.get("confined", ())))

    def stop(self) -> None:
        """Kill what runs and start nothing any more. Safe to call from any thread and more than once."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _end(process)

    def _start(self, command: list[str], launcher_end: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise Cancelled
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(launcher_end,),
                start_new_session=True,
                cwd="/",
                env={},
            )
            self._running.add(process)
            return process


class _Stream:
    """Reads a pipe to its end in a thread, keeps the first bytes, calls `flooded` when there are far too many."""

    def __init__(self, pipe: IO[bytes], keep: int, flooded: Callable[[], None]) -> None:
        self.full = False
        self._kept = bytearray()
        self._arguments = (pipe, keep, flooded)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        pipe, keep, flooded = self._arguments
        seen = 0
        with pipe:
            while data := pipe.read1(65536):  # type: ignore[attr-defined]  # a buffered reader, as Popen makes it
                seen += len(data)
                self._kept += data[: max(0, keep - len(self._kept))]
                if seen > keep * 10 and not self.full:
                    self.full = True
                    flooded()

    def text(self) -> str:
        """Return what was kept, once the stream has ended."""
        self._thread.join(_GRACE_SECONDS)
        return self._kept.decode("utf-8", "replace")


def _pipes(process: subprocess.Popen[bytes]) -> list[IO[bytes]]:
    return [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the launcher to take everything down; it does so at once."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _end(process)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _outcome(report_end: int) -> dict[str, Any]:
    os.set_blocking(report_end, False)
    try:
        text = os.read(report_end, 65536)
    except BlockingIOError:
        text = b""
    outcome: dict[str, Any] = json.loads(text or b"{}")
    return outcome


def _interpreter() -> list[str]:
    """Return the folders of this Python: the environment's and, behind its links, the one it was made from."""
    homes = (sys.prefix, sys.base_prefix, sys.exec_prefix, Path(sys.executable).resolve().parent)
    places = [Path(home) for home in homes]
    return sorted({str(place) for path in places for place in (path, path.resolve())})
