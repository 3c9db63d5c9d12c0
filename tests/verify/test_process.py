"""The sandbox: what a command cannot do, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_agent.verify.process import Cancelled, Completed, Limits, Runner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the launcher needs a POSIX system")
LIMITS = Limits(seconds=20)


@pytest.fixture(params=[True, False], ids=["confined", "fallback"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    runner = Runner(confine=request.param)
    yield runner
    runner.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private = tmp_path / "private"
    private.mkdir()
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        path.chmod(path.stat().st_mode | 0o011)
    return private


def python(runner: Runner, folder: Path, code: str, limits: Limits = LIMITS) -> Completed:
    environment = {"PATH": "/usr/bin:/bin"}
    return runner.run([sys.executable, "-c", code], folder, environment, limits, writable=[folder])


def confined(runner: Runner, folder: Path, what: str) -> None:
    if what not in python(runner, folder, "pass").confined:
        pytest.skip(f"not confined here: {what}")


def test_gives_code_and_output(runner: Runner, folder: Path) -> None:
    done = python(runner, folder, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (done.exit_code, done.stdout, done.stderr, done.stopped) == (7, "out\n", "err\n", "")
    assert not done.ok


def test_a_signal_shows_in_the_code(runner: Runner, folder: Path) -> None:
    assert python(runner, folder, "import os; os.kill(os.getpid(), 9)").exit_code == 128 + 9


def test_the_environment_is_clean(runner: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "secret")
    done = python(runner, folder, "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))")
    assert done.stdout == "['PATH']\n"


def test_descriptors_do_not_leak(runner: Runner, folder: Path) -> None:
    done = python(runner, folder, "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert done.stdout == "[0, 1, 2]\n"


def test_writes_in_its_own_folder(runner: Runner, folder: Path) -> None:
    assert python(runner, folder, "open('x', 'w').write('y')").ok
    assert (folder / "x").read_text() == "y"


def test_time_is_limited(runner: Runner, folder: Path) -> None:
    started = time.monotonic()
    done = python(runner, folder, "import time; time.sleep(60)", Limits(seconds=0.5))
    assert (done.stopped, done.exit_code) == ("time", None)
    assert time.monotonic() - started < 10


def test_memory_of_a_process_is_limited(runner: Runner, folder: Path) -> None:
    done = python(runner, folder, "bytearray(1 << 30)", Limits(memory_mb=512))
    assert "MemoryError" in done.stderr


def test_memory_of_all_together_is_limited(runner: Runner, folder: Path) -> None:
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        x = b"x" * (150 << 20)
        time.sleep(20)
time.sleep(20)
"""
    assert python(runner, folder, code, Limits(memory_mb=400, seconds=15)).stopped == "memory"


def test_processes_are_limited(runner: Runner, folder: Path) -> None:
    # Bounded by itself as well, so that a launcher that fails this test does not take the machine along.
    code = """
import os, time
for _ in range(60):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""
    assert python(runner, folder, code, Limits(processes=16, seconds=15)).stopped == "processes"


def test_the_kernel_bounds_what_forks_too_fast(runner: Runner, folder: Path) -> None:
    code = """
import os, time
for number in range(300):
    try:
        child = os.fork()
    except BlockingIOError:
        print("refused", flush=True)
        break
    if child == 0:
        time.sleep(20)
        os._exit(0)
"""
    done = python(runner, folder, code, Limits(processes=16, seconds=15))
    assert "refused" in done.stdout or done.stopped == "processes"


def test_files_are_limited(runner: Runner, folder: Path) -> None:
    done = python(runner, folder, "open('x', 'wb').write(bytes(3 << 20))", Limits(file_mb=1))
    assert not done.ok
    assert (folder / "x").stat().st_size <= 1 << 20


def test_output_is_limited(runner: Runner, folder: Path) -> None:
    done = python(runner, folder, "while True: print('x' * 1000)", Limits(output_kb=10, seconds=15))
    assert done.stopped == "output"
    assert len(done.stdout) == 10 << 10


def test_nothing_is_left_that_left_its_group(runner: Runner, folder: Path) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("alive", "w").write("")
        time.sleep(1.5)
        open("survived", "w").write("")
        os._exit(0)
    os._exit(0)
while not os.path.exists("alive"):
    time.sleep(0.01)
"""
    assert python(runner, folder, code).ok
    time.sleep(2)
    assert (folder / "alive").exists()
    assert not (folder / "survived").exists()


def test_outbound_network_is_denied(folder: Path) -> None:
    runner = Runner()
    confined(runner, folder, "network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = python(runner, folder, f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=2)")
    assert "ConnectionRefusedError" in done.stderr
    done = python(runner, folder, "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)")
    assert "unreachable" in done.stderr


def test_loopback_inside_works(folder: Path) -> None:
    code = (
        "import socket as s; a = s.create_server(('127.0.0.1', 0)); s.create_connection(a.getsockname()); print('ok')"
    )
    assert python(Runner(), folder, code).stdout == "ok\n"


def test_writes_outside_are_denied(runner: Runner, folder: Path, tmp_path: Path) -> None:
    if os.getuid() != 0:
        confined(runner, folder, "files")
    done = python(runner, folder, f"open({str(tmp_path / 'x')!r}, 'w')")
    assert "PermissionError" in done.stderr


def test_reads_outside_are_denied(folder: Path, tmp_path: Path) -> None:
    runner = Runner()
    confined(runner, folder, "files")
    (tmp_path / "private-note").write_text("x")
    done = python(runner, folder, f"open({str(tmp_path / 'private-note')!r})")
    assert "PermissionError" in done.stderr


def test_sockets_of_services_are_out_of_reach(folder: Path) -> None:
    runner = Runner()
    confined(runner, folder, "sockets")
    done = python(runner, folder, "import os; print(os.listdir('/run'))")
    assert done.stdout in ("[]\n", "")


def test_other_processes_cannot_be_killed(folder: Path) -> None:
    runner = Runner()
    confined(runner, folder, "processes")
    with subprocess.Popen(["sleep", "20"]) as other:
        done = python(runner, folder, f"import os; os.kill({other.pid}, 9)")
        assert "ProcessLookupError" in done.stderr
        assert other.poll() is None
        other.kill()


def test_root_is_left(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("this is not root")
    assert python(Runner(), folder, "import os; print(os.getuid() == 0)").stdout == "False\n"


def test_stop_ends_what_runs_and_starts_nothing_more(runner: Runner, folder: Path) -> None:
    threading.Timer(0.7, runner.stop).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        python(runner, folder, "import time; time.sleep(60)", Limits(seconds=60))
    assert time.monotonic() - started < 10
    with pytest.raises(Cancelled):
        python(runner, folder, "pass")


def test_dies_with_whoever_started_it(folder: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from backend_agent.verify.process import Limits, Runner
inner = "import time; open('alive', 'w').close(); time.sleep(2); open('survived', 'w').close(); time.sleep(60)"
folder = Path({str(folder)!r})
Runner().run([sys.executable, "-c", inner], folder, {{}}, Limits(seconds=60), writable=[folder])
"""
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        for _ in range(100):
            if (folder / "alive").exists():
                break
            time.sleep(0.1)
        parent.send_signal(signal.SIGKILL)
    time.sleep(3)
    assert (folder / "alive").exists()
    assert not (folder / "survived").exists()


def test_a_program_that_is_not_there(runner: Runner, folder: Path) -> None:
    done = runner.run(["/no/such/program"], folder, {}, LIMITS, writable=[folder])
    assert not done.ok
