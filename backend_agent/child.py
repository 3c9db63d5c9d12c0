"""A process that `many.developers.InProcess` starts: takes tasks as lines of JSON, tells what goes on as such lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from backend_agent.agent import BackendAgent
from backend_agent.errors import BackendAgentError


def main() -> int:
    """Develop tasks until there are no more, or until this is stopped."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything prints must not get between the lines
    agent = BackendAgent()
    try:
        for line in sys.stdin:
            _develop(agent, json.loads(line), told)
    except (KeyboardInterrupt, BrokenPipeError):  # asked to stop, or nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), told.fileno())
    told.close()
    return 0


def _develop(agent: BackendAgent, job: Mapping[str, Any], told: TextIO) -> None:
    def tell(**what: Any) -> None:
        told.write(json.dumps(what) + "\n")
        told.flush()

    try:
        with agent.start(job["task"], pause_after=job["pause_after"]) as session:
            tell(session=session.id)
            session.run(lambda event: tell(event=event))
    except BackendAgentError as error:
        tell(error=str(error), expected=True)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - told, like all that fails
        tell(error=f"bug in backend-agent: {type(error).__name__}: {error}", expected=False)
    else:
        tell(done=True)


if __name__ == "__main__":
    sys.exit(main())
