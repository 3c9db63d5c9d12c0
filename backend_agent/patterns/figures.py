"""Figures: the numbers that the task wants reached, each with the statement that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend_agent.artifacts import slices
from backend_agent.artifacts.performance import PerformanceTarget
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask

_SECONDS = re.compile(
    r"\b(?:within|under|below|in less than|less than|at most|no more than|faster than|in)\s+"
    r"(half a|a|one|two|three|\d+(?:[.,]\d+)?)\s*(milliseconds?|msecs?|ms|seconds?|secs?|s)\b",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"(\d[\d,. ]*)\s*(?:rps\b|(?:requests?|calls|transactions|queries)\s+(?:per|a|/)\s*(second|minute))", re.IGNORECASE
)
_USERS = re.compile(
    r"(\d[\d,. ]*)\s+(?:concurrent|simultaneous|active)\s+(?:users?|people|sessions|clients|connections)"
    r"|(\d[\d,. ]*)\s+(?:users?|people|members|customers|clients)\s+(?:using it|at (?:once|the same time|a time)"
    r"|concurrently|simultaneously|online)",
    re.IGNORECASE,
)
_RATIO = re.compile(
    r"reads? outnumber(?:s|ed)? writes? (?:by )?(a hundred|a thousand|ten|\d+) (?:to one|to 1|times)", re.IGNORECASE
)
SENTENCES = (_SECONDS, _RATE, _USERS, _RATIO)
SOURCES = ("performance_requirements",)
"""A statement that mentions one of SENTENCES, or is of SOURCES, is read further; no other is read at all."""
_SPEED_WORDS = re.compile(
    r"\b(answer|respond|response|return|load|latency|p95|search|request|page|serve)", re.IGNORECASE
)
_WORDS = {
    "half a": 0.5,
    "a": 1.0,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "a hundred": 100.0,
    "a thousand": 1000.0,
    "ten": 10.0,
}

_ABOUT = {
    "p95_latency_ms": r"\bms\b|millisecond|latency",
    "throughput_rps": r"per second|rps|throughput",
    "concurrent_users": r"\busers?\b",
    "read_write_ratio": r"\breads?\b",
}


@dataclass(frozen=True)
class Figures:
    """What must be reached; None: the task does not say."""

    latency: PerformanceTarget | None = None
    throughput: PerformanceTarget | None = None
    users: PerformanceTarget | None = None
    read_write_ratio: float | None = None
    ratio_cites: tuple[str, ...] = ()

    @property
    def targets(self) -> list[PerformanceTarget]:
        """All figures that are targets, in a fixed order."""
        return [t for t in (self.latency, self.throughput, self.users) if t]

    @property
    def requests_per_second(self) -> float:
        """The load to plan for: the throughput asked for, else one request a second from each concurrent user."""
        if self.throughput:
            return self.throughput.value
        return self.users.value if self.users else 0.0

    @property
    def cites(self) -> list[str]:
        """The statements behind the figures."""
        return sorted({c for t in self.targets for c in t.cites} | set(self.ratio_cites))


def task_seen(task: BackendTask) -> BackendTask:
    """Return the slice of a task in which figures are looked for: its fields, and a description that has one."""
    return slices.task_described(task) if _RATIO.search(task.description) else slices.task_fields(task)


def _value(text: str) -> float:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return float(text.strip().rstrip(".,").replace(",", "").replace(" ", ""))


def _shows(statement: Statement, name: str, value: float) -> bool:
    """Whether the statement's text holds the number, and is about the figure."""
    numbers = re.findall(r"\d+(?:[ ,]\d{3})*(?:\.\d+)?", statement.text)
    held = any(float(n.replace(",", "").replace(" ", "")) == value for n in numbers)
    return held and re.search(_ABOUT[name], statement.text, re.IGNORECASE) is not None


def _cites(requirements: RequirementsAnalysis, name: str, value: float) -> list[str]:
    return [s.id for s in requirements.statements if s.source == "performance_requirements" and _shows(s, name, value)]


def _said(statement: Statement) -> dict[str, float]:
    text = statement.text
    found: dict[str, float] = {}
    if (match := _SECONDS.search(text)) and (statement.category == "performance" or _SPEED_WORDS.search(text)):
        unit = 1.0 if match.group(2).lower().startswith("m") else 1000.0
        amount = match.group(1).lower()
        found["p95_latency_ms"] = _value(amount if amount in _WORDS else amount.replace(",", ".")) * unit
    if match := _RATE.search(text):
        found["throughput_rps"] = _value(match.group(1)) / (60 if (match.group(2) or "").lower() == "minute" else 1)
    if match := _USERS.search(text):
        found["concurrent_users"] = _value(match.group(1) or match.group(2))
    if match := _RATIO.search(text):
        found["read_write_ratio"] = _value(match.group(1))
    return found


def figures(task: BackendTask, requirements: RequirementsAnalysis) -> Figures:
    """Return the figures of `performance_requirements`; those it leaves out are read from the statements' text."""
    asked = task.performance_requirements
    values: dict[str, tuple[float, list[str]]] = {}
    for name in ("p95_latency_ms", "throughput_rps", "concurrent_users", "read_write_ratio"):
        value = getattr(asked, name)
        if value is not None:
            values[name] = (float(value), _cites(requirements, name, float(value)))
    for statement in requirements.statements:
        if statement.source == "performance_requirements":
            continue
        for name, value in _said(statement).items():
            if name not in values:
                values[name] = (value, [statement.id])
    if "read_write_ratio" not in values and (match := _RATIO.search(task.description)):
        values["read_write_ratio"] = (_value(match.group(1)), [])
    ratio = values.get("read_write_ratio")

    def target(name: str) -> PerformanceTarget | None:
        if name not in values:
            return None
        value, cites = values[name]
        return PerformanceTarget.model_validate({"metric": name, "value": value, "cites": cites})

    return Figures(
        latency=target("p95_latency_ms"),
        throughput=target("throughput_rps"),
        users=target("concurrent_users"),
        read_write_ratio=ratio[0] if ratio else None,
        ratio_cites=tuple(ratio[1]) if ratio else (),
    )
