"""How many tokens a text is, without a tokenizer: those of the services must be downloaded first."""

from __future__ import annotations

BYTES_A_TOKEN = 3
"""Low on purpose: English has four or more, so the estimate is rather too high than too low."""


def tokens(text: str) -> int:
    """Return an estimate of the tokens in `text`: a third of its UTF-8 bytes, rounded up."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_A_TOKEN)
