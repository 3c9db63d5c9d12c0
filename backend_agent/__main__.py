"""`backend-agent` and `python -m backend_agent`: runs the command line and turns errors into exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

from backend_agent.errors import BackendAgentError

OK, WRONG_INPUT, BUG, STOPPED = 0, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        import typer

        from backend_agent.commands import app

        code = typer.main.get_command(app)(args=arguments, prog_name="backend-agent", standalone_mode=False)
    except KeyboardInterrupt:
        code = STOPPED
    except BrokenPipeError:  # such as `| head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except BackendAgentError as error:
        return _say(f"error: {error}", WRONG_INPUT)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug ends in a log that can be sent
        if hasattr(error, "format_message"):  # a usage error; its class lives in click or in typer, by version
            hint = "; see `backend-agent --help`"
            return _say(f"error: {error.format_message().rstrip('.')}{hint}", WRONG_INPUT)
        return _say(f"bug in backend-agent: {type(error).__name__}; please report it with {_log()}", BUG)
    if code == STOPPED:  # Typer makes this number of Ctrl-C too
        return _say("stopped; `backend-agent resume SESSION` goes on where this ended", STOPPED)
    return code if isinstance(code, int) else OK


def run() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main())


def _say(text: str, code: int) -> int:
    print(" ".join(text.split()), file=sys.stderr)
    return code


def _log() -> str:
    from backend_agent import __version__

    handle, path = tempfile.mkstemp(prefix="backend-agent-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"backend-agent {__version__}, Python {sys.version}\n{traceback.format_exc()}")
    return path


if __name__ == "__main__":
    run()
