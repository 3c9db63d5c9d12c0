"""Evidence: what a tool printed, made the same from run to run and short enough to read."""

from __future__ import annotations

import re
import sys

_LONGEST = 1000
_LONGEST_LINE = 240
_VARYING = [
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"(?<=://)[^\s/@]+@"), "<account>@"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "<address>"),
    (re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}"), r"\1:<port>"),
    (re.compile(r"('127\.0\.0\.1'|'localhost'), \d{2,5}"), r"\1, <port>"),
    (re.compile(r"\bbackend_agent_verify_\w+"), "<database>"),
    (re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|seconds)\b(?! limit)"), "<duration>"),
    (re.compile(r"\b(pid|process) \[?\d+\]?"), r"\1 <pid>"),
]


def tidy(text: str, *folders: str) -> str:
    """Return `text` without what differs between two runs: folders of this run, times, ports, random identifiers.

    Args:
        text: what a tool said.
        folders: paths that are dropped from it, with the slash behind them.
    """
    for folder in sorted(folders, key=len, reverse=True):
        text = text.replace(f"{folder}/", "").replace(folder, ".")
    for prefix in sorted({sys.prefix, sys.base_prefix}, key=len, reverse=True):
        text = text.replace(prefix, "<python>")
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def last_lines(text: str, count: int = 4) -> str:
    """Return the last lines that say something; of a traceback, what was raised and where."""
    return "\n".join([line[:_LONGEST_LINE] for line in text.splitlines() if line.strip()][-count:])
