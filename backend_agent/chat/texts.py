"""Free text of a chat model: what it may not hold. Templates escape it anyway; this is about what a reader would do."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1200
"""Characters of one text."""

_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>`]+|\bwww\.[^\s\"'<>`]+|\b(?:javascript|data):\S+", re.IGNORECASE
)
_PATH = re.compile(
    r"(?:^|(?<=[\s\"'`(=]))(?:~/|/(?:bin|boot|dev|etc|home|lib|mnt|opt|proc|root|srv|sys|tmp|usr|var)\b)\S*"
    r"|(?:^|(?<=[\s\"'`(=/\\]))\.\.[/\\]\S*|\b[A-Za-z]:\\\S*"
)
_SECRET = re.compile(
    r"-----BEGIN|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_\w{16,}|\b(?:sk|gsk|pk|xox[bp])[-_][A-Za-z0-9-]{12,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}|://[^\s/:@]+:[^\s/@]+@"
    r"|\b(?:pass(?:word|wd|phrase)?|secret|token|api[ _-]?key)\s*(?:[:=]|\bis\b)\s*[\"'`]?(?=\S*\d)[^\s\"'`]{6,}",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(?=[A-Za-z0-9+/_-]*[0-9])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{32,}")
_MARKUP = re.compile(
    r"<\s*/?\s*(?:script|iframe|img|svg|object|embed|style|link|meta|form|base|a)\b|\{\{|\{%|\{#|\$\{|\$\(|<!--|-->|\*/|/\*"
    r"|\"\"\"|'''|```|~~~|!\[|\]\(",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"\b(?:curl|wget|rm\s+-rf|chmod|sudo|eval|exec|__import__|os\.system|subprocess|powershell)\b\s*[-(/'\"]"
    r"|\b(?:drop|truncate)\s+(?:table|database|schema)\b|\|\s*(?:ba)?sh\b",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:instructions?|rules?|prompts?|checks?|above|previous|guidelines)\b"
    r"|\bsystem prompt\b|\byou are (?:now|an? (?:ai|assistant|language model))\b|\bas an ai\b"
    r"|\b(?:developer|admin|god|jailbreak) mode\b|</?(?:system|assistant|user|instructions?|requirements?|prompt)>"
    r"|(?:^|[>.])\s*(?:system|assistant)\s*:",
    re.IGNORECASE,
)


def fault(text: str, known: str = "") -> str | None:
    """Return why a text is not taken over; None when nothing speaks against it.

    Args:
        text: as the chat model wrote it.
        known: what the task and the draft say: an address or a path that stands there is nothing new.
    """
    if len(text) > LONGEST:
        return f"has more than {LONGEST} characters"
    odd = next((c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")), None)
    if odd is not None:
        return f"holds the control character U+{ord(odd):04X}"
    for pattern, why in (
        (_SECRET, "looks like a secret"),
        (_RANDOM, "looks like a secret"),
        (_ADDRESS, "holds an address that the task does not"),
        (_PATH, "holds a path that the task does not"),
        (_MARKUP, "holds markup or quotes that end a block"),
        (_COMMAND, "holds a command"),
        (_INSTRUCTION, "gives instructions"),
    ):
        if any(found.group() not in known for found in pattern.finditer(text)):
            return why
    return None


def is_instruction(text: str) -> bool:
    """Whether a statement speaks to whoever reads it instead of about the service: it supports nothing."""
    return _INSTRUCTION.search(text) is not None


def shown(text: str) -> str:
    """Return the beginning of a text for a finding: one line of visible ASCII."""
    line = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    return line if len(line) <= 80 else line[:77] + "..."
