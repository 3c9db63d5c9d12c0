"""Nodes: a stage as a node of the graph. Reads and validates, writes and validates, or finds that nothing changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from langgraph.config import get_stream_writer
from pydantic import ValidationError

from backend_agent import progress, settings, tracing
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.authors import Author, Kept, digest, fingerprint, reads_slices
from backend_agent.errors import UserError
from backend_agent.stage import Stage
from backend_agent.state import Artifacts, Json, State

Slice = Callable[[Any], Artifact]


class Seen(NamedTuple):
    """An artifact as a stage is shown it, and its digest."""

    artifact: Artifact
    digest: str


class Node(Protocol):
    """A node of the graph."""

    def __call__(self, state: State) -> Json:
        """Return what the stage wrote; nothing when nothing changed."""
        ...


class Known:
    """What is known of the values in a graph's state: validated once, not once for each stage that reads them.

    A value is the same when it is the same object: nodes return new values and never change old ones.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._typed: dict[str, tuple[object, Artifact]] = {}
        self._digests: dict[str, tuple[object, str]] = {}
        self._slices: dict[tuple[str, Slice], tuple[object, Seen]] = {}

    def artifact(self, name: str, value: Any) -> Artifact:
        """Return a state value as its artifact; raises `UserError`."""
        with self._lock:
            known = self._typed.get(name)
            if known is None or known[0] is not value:
                known = self._typed[name] = (value, _typed(name, value))
            return known[1]

    def learn(self, name: str, value: Any, artifact: Artifact) -> None:
        """Take over a value that was just validated."""
        with self._lock:
            self._typed[name] = (value, artifact)

    def digest(self, name: str, value: Any) -> str:
        """Return a state value's digest."""
        with self._lock:
            known = self._digests.get(name)
            if known is None or known[0] is not value:
                known = self._digests[name] = (value, digest(value))
            return known[1]

    def seen(self, name: str, value: Any, part: Slice | None) -> Seen:
        """Return what a stage is shown of a state value: a slice, or the whole; raises `UserError`."""
        whole = self.artifact(name, value)
        if part is None:
            return Seen(whole, self.digest(name, value))
        with self._lock:
            known = self._slices.get((name, part))
            if known is None or known[0] is not value:
                shown = part(whole)
                known = self._slices[name, part] = (value, Seen(shown, digest(shown.to_state())))
            return known[1]


def node_of(stage: Stage[Any], author: Author, known: Known, version: str | None) -> Node:
    """Return the node that runs `stage`.

    Args:
        stage: what runs.
        author: who writes.
        known: shared by the nodes of one graph.
        version: the graph's version, for the node that comes first and writes it into the state.
    """

    def node(state: State) -> Json:
        with tracing.stage(get_stream_writer()) as watcher, progress.watched_by(watcher):
            written = _run(stage, author, known, state)
        return {**written, "graph_version": version} if version and written else written

    return node


def reruns(name: str, state: State, limit: int) -> bool:
    """Return whether running a stage again may help: it has not heard these findings, and has tries left."""
    record = state.get("records", {}).get(name, {})
    heard = _heard(_findings(name, state))
    if state.get("pinned", {}).get(name):
        return False
    return bool(heard) and heard != record.get("heard") and record.get("reruns", 0) < limit


def _run(stage: Stage[Any], author: Author, known: Known, state: State) -> Json:
    inputs = {name: state[name] for name in stage.reads if name in state}  # type: ignore[literal-required]  # a key a stage
    records = {name: record for name, record in state.get("records", {}).items() if name in stage.reads}
    findings = _findings(stage.name, state)
    old = state.get("records", {}).get(stage.name)
    # Without new findings those of the last rerun count on: what they brought is kept.
    heard = _heard(findings) or (old or {}).get("heard", "")
    if state.get("pinned", {}).get(stage.name):
        author = Kept(known.digest(stage.name, state[stage.name]))  # type: ignore[literal-required]  # as above
    shown = {name: known.seen(name, value, stage.slices.get(name)) for name, value in inputs.items()}
    told_whole = not reads_slices(author, stage)
    read = {name: known.seen(name, value, None) for name, value in inputs.items()} if told_whole else shown
    digests = {name: seen.digest for name, seen in read.items()}
    if told_whole or stage.judges:
        digests["checks"] = digest({name: record.get("checks", []) for name, record in records.items()})
    if said := _said(stage.name, state):
        digests["feedback"] = digest([finding.evidence for finding in said])
    print_now = fingerprint(stage, author, digests, heard, settings.current())
    told = {"stage": stage.name, "title": stage.title}
    if old and stage.name in state and old["fingerprint"] == print_now and not _asked_for_reruns(stage.name, state):
        progress.tell("stage_skipped", **told)
        return {}
    progress.tell("stage_started", **told)
    started = time.perf_counter()
    if not findings and heard:  # the inputs changed since those findings
        heard = ""
        print_now = fingerprint(stage, author, digests, heard, settings.current())
    names = (*stage.reads, stage.name)
    before = {stage.name: state[stage.name]} if stage.name in state else {}  # type: ignore[literal-required]  # as above
    given = {name: seen.artifact for name, seen in read.items()}
    written = author.write(stage, Artifacts({**given, **before, "records": records}, names), [*findings, *said])
    value = written.artifact.to_state()
    final = stage.artifact.from_state(value)
    known.learn(stage.name, value, final)
    judged = {name: seen.artifact for name, seen in shown.items()}
    checks = stage.check(Artifacts({**judged, stage.name: final, "records": records}, names))
    progress.tell(
        "stage_finished",
        **told,
        seconds=time.perf_counter() - started,
        findings=sum(len(check.findings) for check in checks),
        note=written.note,
        author=written.author or author.name,
    )
    record = {
        "author": written.author or author.name,
        "fingerprint": print_now,
        "note": written.note,
        "heard": heard,
        "reruns": (old or {}).get("reruns", 0) + 1 if findings else 0,
        "checks": [check.to_state() for check in checks],
    }
    if written.refused:
        record["refused"] = [finding.to_state() for finding in written.refused]
    calls = [*state.get("calls", {}).get(stage.name, []), *(call.to_state() for call in written.calls)]
    return {stage.name: value, "records": {stage.name: record}, **({"calls": {stage.name: calls}} if calls else {})}


def _typed(name: str, value: Any) -> Artifact:
    """Return a value of the state, validated."""
    try:
        artifact: Artifact = getattr(Artifacts({name: value}), name)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in (name, *fault["loc"]))
        raise UserError(f"{place}: {fault['msg'].lower()}; mend it in what was given to the graph") from None
    return artifact


def _findings(name: str, state: State) -> list[Finding]:
    """Return what quality has to say to a stage that it found weak."""
    if "quality" not in state or name == "quality":
        return []
    assessment = QualityAssessment.from_state(state["quality"])
    return [f for f in assessment.findings if f.stage == name] if name in assessment.weak_stages else []


def _said(name: str, state: State) -> list[Finding]:
    """Return what the user has to say to a stage, in the form in which its author hears anything."""
    return [
        Finding(stage=name, metric="architecture", severity="major", title="The user says", evidence=text)
        for text in state.get("feedback", {}).get(name, [])
    ]


def _asked_for_reruns(name: str, state: State) -> bool:
    """Return whether this is quality, and it sent work back: then it judges again, even if nothing came of it."""
    return name == "quality" and bool(QualityAssessment.from_state(state["quality"]).weak_stages)


def _heard(findings: list[Finding]) -> str:
    return digest([f.to_state() for f in findings]) if findings else ""
