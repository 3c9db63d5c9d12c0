"""The short report: what a session or a verification brought, as text for a terminal and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.verification import VerificationReport, VerifierRun
from backend_agent.codegen.written import WriteReport
from backend_agent.documents.ledger import outcomes, summary
from backend_agent.result import Result

DESIGNS = ("requirements", "domain", "architecture", "database", "api", "security", "performance", "testing",
           "deployment", "code")  # fmt: skip
"""What there is to look at in a paused session."""
_SHOWN = 8
"""Findings, unplaced requirements and verifiers that are listed; the rest is counted."""
_ORDER = {"critical": 0, "major": 1, "minor": 2}


def failed(result: Result) -> bool:
    """Return whether something stands in the report that must not be overlooked."""
    critical = any(f.severity == "critical" for f in result.quality.findings) if result.has("quality") else False
    runs = result.verification.runs if result.has("verification") else []
    return critical or any(run.verdict == "fail" for run in runs)


def result_text(result: Result, folder: Path, written: WriteReport) -> Text:
    """Return the report that ends `develop`."""
    text = Text()
    text.append(f"\n{result.task.project_name}", style="bold")
    text.append(f" {'would be' if written.dry_run else 'is'} in {folder}: {written.summary()}\n\n")
    _written(text, written)
    _scores(text, result)
    for label, value in _figures(result):
        text.append(f"  {label:<18}{value}\n")
    _chat(text, result)
    if result.has("domain"):
        unplaced = [f"{u.requirement} {u.part or u.reason}".strip() for u in result.domain.unplaced]
        _listed(text, "Not covered by the code", unplaced, "yellow")
    _listed(text, "Feedback kept for a chat model; no draft can follow it", result.unheard, "yellow")
    if result.has("verification"):
        _runs(text, result.verification.runs)
    if result.has("quality"):
        _findings(text, result.quality.findings)
    text.append(f"\n  session {result.session_id}\n")
    if result.has("documentation") and any(p.path == "report.html" for p in result.documentation.pages):
        text.append(f"  report  {folder / 'report.html'}\n")
    if result.has("code") and not written.dry_run:
        text.append(f"  next    cd {folder} && make run\n")
    return text


def result_json(result: Result, folder: Path, written: WriteReport) -> str:
    """Return the report that ends `develop --json`."""
    quality = result.quality if result.has("quality") else None
    verification = result.verification if result.has("verification") else None
    return json.dumps(
        {
            "project_name": result.task.project_name,
            "session_id": result.session_id,
            "folder": str(folder),
            "ok": not failed(result) and not written.conflicts,
            "written": written.to_state(),
            "overall_score": quality.overall_score if quality else None,
            "confidence_score": quality.confidence_score if quality else None,
            "metrics": {m.metric: m.score for m in quality.metrics} if quality else {},
            "unplaced": [u.to_state() for u in result.domain.unplaced] if result.has("domain") else [],
            "unheard": result.unheard,
            "chat_model": _plain_chat(result),
            "verifiers": [_plain_run(run) for run in verification.runs] if verification else [],
            "findings": [f.to_state() for f in quality.findings] if quality else [],
        },
        indent=2,
    )


def _chat(text: Text, result: Result) -> None:
    """Say what chat models were asked, where drafts stand in, and what was not taken over."""
    if not result.ledger:
        return
    text.append(f"  {'chat model':<18}{summary(result.spent)}\n")
    text.append(f"  {'':<18}{outcomes(result.spent) or 'never asked'}\n")
    drafts = [f"{row.stage}: {row.note}" for row in result.ledger if row.author == "draft"]
    _listed(text, "Drafts stand in", drafts, "yellow")
    _listed(text, "Proposals not taken over", [f"{f.stage}: {f.evidence}" for f in result.refused], "yellow")


def _plain_chat(result: Result) -> dict[str, Any] | None:
    if not result.ledger:
        return None
    return {
        "stages": [row.plain() for row in result.ledger],
        "total": result.spent.plain(),
        "refused": [finding.to_state() for finding in result.refused],
    }


def paused_text(result: Result) -> Text:
    """Return what is said when a session stops where it was asked to."""
    session = result.session_id
    last = [name for name in DESIGNS if result.has(name)] or ["requirements"]
    text = Text()
    text.append(f"\n{result.task.project_name}", style="bold")
    text.append(f" is paused before {', '.join(result.due)}\n\n")
    text.append(f"  look at it  backend-agent show {session} {last[-1]}\n")
    text.append(f"  change it   backend-agent edit {session} {last[-1]}\n")
    text.append(f"  go on       backend-agent resume {session}\n")
    _chat(text, result)
    _listed(text, "Feedback kept for a chat model; no draft can follow it", result.unheard, "yellow")
    return text


def paused_json(result: Result) -> str:
    """Return the same for `--json`."""
    values = {"project_name": result.task.project_name, "session_id": result.session_id, "paused": True}
    return json.dumps(
        {**values, "due": list(result.due), "unheard": result.unheard, "chat_model": _plain_chat(result)}, indent=2
    )


def verification_text(report: VerificationReport) -> Text:
    """Return the report of `verify`."""
    text = Text()
    _runs(text, report.runs, everything=True)
    _findings(text, [f for run in report.runs for f in run.findings])
    return text


def verification_json(report: VerificationReport) -> str:
    """Return the report of `verify --json`."""
    return json.dumps(report.to_state(), indent=2)


def _plain_run(run: VerifierRun) -> dict[str, Any]:
    return run.model_dump(mode="json", include={"verifier", "verdict", "tool", "version", "reason", "detail"})


def _written(text: Text, written: WriteReport) -> None:
    """Say about which files the user must decide; of a dry run, what would become of each. No line is left out."""
    for line in written.lines()[:-1] if written.dry_run else []:
        text.append(f"  {line}\n", style="red" if line.startswith("CONFLICT") else "")
    if written.conflicts and not written.dry_run:
        text.append(f"  Conflicts with your edits ({len(written.conflicts)})\n", style="bold red")
        for conflict in written.conflicts:
            text.append(f"    {conflict.path} {conflict.note}\n")
    if written.dry_run or written.conflicts:
        text.append("\n")


def _scores(text: Text, result: Result) -> None:
    if not result.has("quality"):
        return
    quality = result.quality
    overall = "no score" if quality.overall_score is None else _figure(quality.overall_score)
    text.append(f"  {'score':<18}", style="bold")
    text.append(f"{overall}", style="bold")
    text.append(f"   confidence {_figure(quality.confidence_score)}\n")
    for metric in quality.metrics:
        score = "no check ran" if metric.score is None else f"{_figure(metric.score)}  {_bar(metric.score)}"
        weak = metric.score is not None and metric.score < 0.7
        text.append(f"    {metric.metric:<16}{score}\n", style="red" if weak else "")
    text.append("\n")


def _figure(score: float) -> str:
    """Return two digits, rounded down: 1.00 means that nothing failed."""
    return f"{math.floor(score * 100 + 1e-9) / 100:.2f}"


def _bar(score: float) -> str:
    return "█" * math.floor(score * 20)


def _figures(result: Result) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if result.has("requirements"):
        found.append(("requirements", str(len(result.requirements.statements))))
    if result.has("database"):
        found.append(("tables", str(len(result.database.tables))))
    if result.has("api"):
        found.append(("endpoints", str(len(result.api.endpoints))))
    if result.has("code"):
        found.append(("files", str(len(result.code.files))))
    if result.has("verification") and result.verification.tests:
        tests = result.verification.tests
        passed = sum(test.verdict == "pass" for test in tests)
        found.append(("its own tests", f"{passed} of {len(tests)} passed"))
    return found


def _runs(text: Text, runs: Sequence[VerifierRun], *, everything: bool = False) -> None:
    for run in runs if everything else []:
        text.append(f"  {run.title}: {run.verdict.replace('_', ' ')}")
        text.append(f" ({run.detail or run.reason})\n" if run.detail or run.reason else "\n")
    if not everything:
        _listed(text, "Failed", [run.title for run in runs if run.verdict == "fail"], "red")
        absent = [f"{run.title}: {run.reason}" for run in runs if run.verdict == "not_run"]
        _listed(text, "Not run (lowers the confidence)", absent, "yellow")


def _findings(text: Text, findings: Sequence[Finding]) -> None:
    ordered = sorted(findings, key=lambda f: _ORDER[f.severity])
    _listed(text, "Findings", [f"{f.severity}: {f.title}: {f.evidence}" for f in ordered], "")


def _listed(text: Text, title: str, lines: Sequence[str], style: str) -> None:
    if not lines:
        return
    text.append(f"\n  {title} ({len(lines)})\n", style=f"bold {style}".strip())
    for line in lines[:_SHOWN]:
        short = " ".join(line.split())
        text.append(f"    {short if len(short) <= 160 else short[:157] + '...'}\n")
    if len(lines) > _SHOWN:
        text.append(f"    and {len(lines) - _SHOWN} more in the report\n")
