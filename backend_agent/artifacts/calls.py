"""Call: one request to a chat model, as the ledger keeps it. No prompt, no answer and no key stand in it."""

from __future__ import annotations

from collections.abc import Iterable

from backend_agent.artifacts.base import Artifact


class Call(Artifact):
    """One request to a chat model, whatever came of it."""

    purpose: str
    """What it was for: a stage's name, or `domain.transfer_money` for the body of an operation."""
    model: str
    """As it was configured, such as `groq:openai/gpt-oss-120b`."""
    outcome: str
    """`ok`; else what went wrong, such as `rate_limited`, `truncated`, `invalid`, `timed_out`, `refused`."""
    tokens_in: int = 0
    """Of the prompt, as the service counted; estimated when it did not say."""
    tokens_cached: int = 0
    """Of those, the ones that it had cached."""
    tokens_out: int = 0
    """Of the answer, reasoning included."""
    tokens_reasoning: int = 0
    estimated: bool = False
    """Whether the token counts are ours, because the service gave none."""
    seconds: float = 0.0
    """From the request to the end of the answer."""
    waited: float = 0.0
    """Seconds of waiting for a rate limit before the request."""
    cost: float | None = None
    """US dollars; None: the model's price is unknown."""
    replayed: bool = False
    """Whether a finished call of an earlier run of this session was used again, and nothing paid. The figures are those
    of the call that was."""


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return how much time some spans cover together."""
    total, until = 0.0, float("-inf")
    for begun, ended in sorted(spans):
        total += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return total
