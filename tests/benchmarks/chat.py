"""Figures of runs with a chat model: time against the critical path, tokens against the naive way, a second round."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "chat")]
AFTER = {
    "requirements": (), "domain": ("requirements",), "architecture": ("domain",), "database": ("architecture",),
    "api": ("architecture",), "security": ("api",), "performance": ("database", "api"), "testing": ("api",),
    "deployment": ("database", "api"),
}  # fmt: skip
"""By stage, whose answer it waits for."""
LATENCY = 1.0


def chat() -> None:
    """Print the figures, on bookshop and against the server on loopback."""
    import pytest
    from fake_groq import FakeGroq
    from matrix import good, offline, quick, run

    from backend_agent import settings
    from backend_agent.artifacts.task import BackendTask

    task = BackendTask.from_file(ROOT / "examples" / "bookshop.yaml")
    plain = settings.Settings(verify=False)
    offline(task)  # what is imported and cached once is not what is measured
    started = time.perf_counter()
    drafts = offline(task)
    alone = time.perf_counter() - started
    patch = pytest.MonkeyPatch()
    with FakeGroq(good) as server:
        quick(patch, server)
        patch.setattr("backend_agent.chat.asking.SECONDS", 30.0)
        run(task, plain)
        server.latency = LATENCY
        started = time.perf_counter()
        state, journal = run(task, plain)
        seconds = time.perf_counter() - started
        calls = journal.calls()
    path = critical({call.purpose: call.seconds for call in calls})
    print(f"  run, 1 s a call        {seconds:.2f} s; critical path {path:.2f} s, {seconds / path:.2f} x  (goal 1.15)")
    print(f"  one after another      {sum(call.seconds for call in calls):.2f} s for {len(calls)} calls")
    tokens_in, out = (sum(getattr(call, name) for call in calls) for name in ("tokens_in", "tokens_out"))
    cost = sum(call.cost or 0.0 for call in calls)
    print(f"  bookshop               {tokens_in:,} tokens in, {out:,} out, ${cost:.4f}")
    _tokens(task, drafts)
    with FakeGroq() as dead:
        quick(patch, dead)
        dead.down()
        started = time.perf_counter()
        state, _ = run(task, plain)
        extra = time.perf_counter() - started - alone
    patch.undo()
    same = all(state[name] == drafts[name] for name in AFTER)
    print(f"  model down             {extra:.2f} s longer than offline  (goal 5); same artifacts: {same}")


def critical(seconds: dict[str, float]) -> float:
    """Return the longest sum of latencies along the stages."""
    ends: dict[str, float] = {}
    for stage, before in AFTER.items():
        ends[stage] = max((ends[name] for name in before), default=0.0) + seconds.get(stage, 0.0)
    return max(ends.values())


def _tokens(task: Any, drafts: dict[str, Any]) -> None:
    """Print prompt tokens against the naive way, and a second round's output against the first one's."""
    from scripted import Scripted, changed, edits, write
    from test_given import naive, requests

    from backend_agent.artifacts.findings import Finding
    from backend_agent.chat.tokens import tokens
    from backend_agent.state import Artifacts

    given = Artifacts({**drafts, "task": task.to_state(), "records": {}})
    asked = requests(given)
    ours = sum(tokens(r.system + r.prompt) for r in asked.values())
    schemas = sum(tokens(json.dumps(r.schema)) for r in asked.values())
    other = naive(given, asked)
    print(f"  prompt tokens          {ours:,} and {schemas:,} of schemas; passing everything {other:,}: "
          f"{ours / other:.2f}  (goal 0.25)")  # fmt: skip

    def described(value: Any) -> None:
        value["entities"][1]["description"] = "What the shop sells."

    finding = Finding(
        stage="domain", metric="architecture", severity="major", title="Said too little", evidence="Order has no text"
    )
    own, _ = write("domain", given, changed(described))
    mended = edits(("/entities[name=Order]/description", "set", "What a customer bought, at the prices of that day."))
    again, client = write("domain", given, mended, findings=[finding], own=own.artifact)
    assert isinstance(client, Scripted)
    first, second = own.calls[0].tokens_out, again.calls[0].tokens_out
    print(f"  second round           {second:,} tokens out after {first:,}: {second / first:.3f}  (goal 0.15)")


if __name__ == "__main__":
    chat()
