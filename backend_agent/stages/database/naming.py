"""Names of constraints and indexes: readable, deterministic, and short enough for every product."""

from __future__ import annotations

import hashlib

MAX_NAME = 63
"""PostgreSQL cuts longer identifiers off (NAMEDATALEN - 1)."""


class Names:
    """Gives out names that are unique in one schema: indexes share their name space across tables."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, prefix: str, table: str, *parts: str) -> str:
        """Return `ix_reviews_book_id`; a long or taken one ends in a digest of the whole."""
        full = "_".join([prefix, table, *parts])
        if len(full) > MAX_NAME or full in self._taken:
            digest = hashlib.sha256("\0".join([prefix, table, *parts]).encode()).hexdigest()[:8]
            full = f"{full[: MAX_NAME - 9]}_{digest}"
        self._taken.add(full)
        return full
