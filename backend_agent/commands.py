"""The command line's part about kept sessions: look, edit, branch, list, move, delete."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backend_agent.cli import (
    AllowUnconfined,
    Db,
    Debug,
    MaxCalls,
    MaxCost,
    MaxSeconds,
    MaxTokens,
    Model,
    Prompts,
    app,
    resume,
    settings_of,
)

if TYPE_CHECKING:
    from backend_agent.agent import BackendAgent
    from backend_agent.artifacts.base import Artifact
    from backend_agent.session import Session
    from backend_agent.settings import Settings

__all__ = ["app"]

_Session = Annotated[str, typer.Argument(help="The session's id; `sessions` lists them.", show_default=False)]
_Stage = Annotated[str, typer.Argument(help="A stage, such as api.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(
    session: _Session,
    stage: _Stage,
    db: Db = None,
    as_json: _Json = False,
    in_browser: Annotated[bool, typer.Option("--open", help="Open it as a page in the browser.")] = False,
) -> None:
    """Print an artifact of a session as YAML, in the form that `edit --file` takes; or open it as a page."""
    from backend_agent import edits
    from backend_agent.errors import UserError

    with _agent(db).open(session) as opened:
        value = opened.result.plain(stage) if stage in (*opened.stages, "task") else None
        if value is None:
            there = ", ".join(["task", *(name for name in opened.stages if opened.result.has(name))])
            raise UserError(f"session {session} has no {stage[:60]!r} yet; it has: {there}")
        if in_browser:
            _open_page(stage, f"{opened.task.project_name}: {stage}", getattr(opened.result, stage))
            return
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else edits.as_yaml(value).rstrip("\n"))


@app.command()
def edit(
    session: _Session,
    stage: _Stage,
    file: Annotated[Path | None, typer.Option("--file", help="YAML or JSON; without it, $EDITOR is opened.")] = None,
    release: Annotated[bool, typer.Option("--release", help="Undo: the stage writes it again.")] = False,
    db: Db = None,
) -> None:
    """Replace an artifact. It is validated first, and kept by reruns; findings on it are reported.

    Exit codes: 0 kept; 2 not valid: one line names the field, and nothing was kept.
    """
    from backend_agent import edits

    with _agent(db).open(session) as opened:
        if release:
            opened.release(stage)
        elif file is not None:
            opened.edit(stage, edits.load(file))
        else:
            _edit_by_hand(opened, stage)
    typer.echo(f"kept; `backend-agent resume {session}` reruns what depends on it")


@app.command()
def history(
    session: _Session,
    log: Annotated[bool, typer.Option("--log", help="The activity log instead of the checkpoints.")] = False,
    db: Db = None,
    as_json: _Json = False,
) -> None:
    """List a session's checkpoints: when, what the step wrote, the score, what is due next."""
    from dataclasses import asdict

    with _agent(db).open(session) as opened:
        found: list[Any] = list(opened.activity() if log else opened.history())
    if as_json:
        typer.echo(json.dumps([asdict(item) for item in found], indent=2))
        return
    for item in found:
        if log:
            typer.echo(" ".join(part for part in (item.time[:19], item.event, item.stage, item.detail) if part))
            continue
        score = "" if item.score is None else f"  score {item.score:.2f}"
        wrote = ("edited: " if item.edited else "") + (", ".join(item.wrote) or "-")
        due = f"  next: {', '.join(item.next)}" if item.next else ""
        typer.echo(f"{item.checkpoint}  {item.time[:19]}  {wrote}{score}{due}")


@app.command()
def sessions(db: Db = None, as_json: _Json = False) -> None:
    """List all sessions, the one that changed last first."""
    from dataclasses import asdict

    found = _agent(db).sessions()
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in found], indent=2))
        return
    for entry in found:
        typer.echo(f"{entry.session}  {entry.changed[:19]}  {entry.status:<9}  {entry.project}")


@app.command()
def delete(session: _Session, db: Db = None) -> None:
    """Delete a session with its history. Folders that were written stay."""
    with _agent(db).open(session) as opened:
        opened.delete()


@app.command()
def branch(
    session: _Session,
    after: Annotated[str | None, typer.Option("--after", help="The stage after which it leaves.")] = None,
    checkpoint: Annotated[str | None, typer.Option("--checkpoint", help="Or a checkpoint of `history`.")] = None,
    edits: Annotated[list[str] | None, typer.Option("--edit", help="stage=file: an artifact to replace.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="field=value of the task, such as architecture_type=hexagonal.")
    ] = None,
    db: Db = None,
) -> None:
    """Begin a new session from a step of an old one, which is not changed. Prints the new one's id."""
    from backend_agent import edits as edited

    replaced = {stage: edited.load(Path(file)) for stage, file in (_pair(text, "--edit") for text in edits or [])}
    with _agent(db).open(session) as opened:
        fields = {name: edited.plain(value) for name, value in (_pair(text, "--set") for text in changes or [])}
        made = opened.branch(after=after, checkpoint=checkpoint, edits=replaced, changes=fields)
        typer.echo(made.id)


@app.command()
def revise(
    session: _Session,
    task: Annotated[Path, typer.Argument(help="The whole task as it is now.", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="As for `develop`.")] = None,
    renames: Annotated[
        list[str] | None, typer.Option("--rename", help="table.old=table.new: keeps the values of a renamed column.")
    ] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Design and write, but do not run the project.")
    ] = False,
    model: Model = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    prompts: Prompts = None,
    debug: Debug = False,
    allow_unconfined: AllowUnconfined = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    db: Db = None,
    as_json: _Json = False,
) -> None:
    """Take a changed task into a session: only what depends on the change runs again.

    Exit codes: as `develop`.
    """
    from backend_agent import task_file
    from backend_agent.agent import BackendAgent

    wanted = task_file.load(task)
    pairs = [_pair(text, "--rename") for text in renames or []]
    with BackendAgent(settings_of(no_verify, database=db)).open(session) as opened:
        opened.revise(wanted, dict(pairs))
    try:
        resume(
            session,
            output=output,
            db=db,
            no_verify=no_verify,
            model=model,
            max_tokens=max_tokens,
            max_cost=max_cost,
            max_seconds=max_seconds,
            max_calls=max_calls,
            prompts=prompts,
            debug=debug,
            allow_unconfined=allow_unconfined,
            quiet=quiet,
            as_json=as_json,
        )
    except typer.Exit:  # as every command ends
        if not (quiet or as_json):
            _say_of_migration(session, db)
        raise


@app.command()
def diff(
    session: _Session,
    other: Annotated[str, typer.Argument(help="The session to compare it with.", show_default=False)],
    files: Annotated[bool, typer.Option("--files", help="With the lines that differ in files.")] = False,
    db: Db = None,
    as_json: _Json = False,
) -> None:
    """Print what differs between two sessions: designs, tables, API changes (breaking ones marked), files."""
    with _agent(db).open(session) as opened, _agent(db).open(other) as second:
        found = opened.diff(second)
    if as_json:
        typer.echo(json.dumps(found.to_state(), indent=2, ensure_ascii=False))
    else:
        typer.echo(found.to_text(files=files) or "no difference")


@app.command(name="export")
def export_session(
    session: _Session,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
    db: Db = None,
) -> None:
    """Write a session with its history into a folder of plain JSON files."""
    with _agent(db).open(session) as opened:
        opened.export(folder)


@app.command(name="import")
def import_session(
    folder: Annotated[Path, typer.Argument(help="A folder that `export` wrote.", show_default=False)],
    db: Db = None,
) -> None:
    """Add an exported session to this database. Prints its id."""
    with _agent(db).bring_in(folder) as opened:
        typer.echo(opened.id)


@app.command()
def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Leave as soon as the queue is empty.")] = False,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Never run projects on this machine.")] = False,
) -> None:
    """Take tasks that `develop_many(executor="workers")` hands over; also those whose worker died. One at a time.

    The queue is BACKEND_AGENT_QUEUE, or the PostgreSQL database that keeps sessions. Needs the extra [workers].
    """
    from backend_agent.agent import BackendAgent
    from backend_agent.many import workers

    settings = settings_of(no_verify)
    workers.address_of(settings)
    from backend_agent.many.serve import serve

    def start(here: Settings, task: Mapping[str, Any], *, pause_after: Sequence[str], session_id: str) -> Session:
        agent = BackendAgent(here.with_changes(verify=False if no_verify else None))
        return agent.start(task, pause_after=pause_after, session_id=session_id)

    serve(settings, start, typer.echo, drain=drain)


def _open_page(stage: str, heading: str, artifact: Artifact) -> None:
    """Write an artifact as a page into a new folder of the user's own, and open it. Prints where it is."""
    import webbrowser

    from backend_agent.documents.artifact_html import artifact_page
    from backend_agent.errors import UserError

    path = Path(tempfile.mkdtemp(prefix="backend-agent-")) / f"{stage}.html"
    path.write_text(artifact_page(heading, artifact), encoding="utf-8")
    if not webbrowser.open(path.as_uri()):
        raise UserError(f"no browser could be started (BROWSER may name one); the page is {path}")
    typer.echo(str(path))


def _say_of_migration(session: str, db: str | None) -> None:
    """Print what whoever migrates should know: values that go, rows that stand in the way, possible renames."""
    from backend_agent import changes

    with _agent(db).open(session) as opened:
        found = changes.notes(opened.result.database) if opened.result.has("database") else []
    for note in found:
        typer.echo(f"  migration: {note.title}: {note.evidence}")
        typer.echo(f"             {note.hint}")


def _pair(text: str, option: str) -> tuple[str, str]:
    from backend_agent.errors import UserError

    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise UserError(f"{option} {text[:60]!r}: write name=value")
    return name.strip(), value.strip()


def _edit_by_hand(opened: Any, stage: str) -> None:
    """Open $EDITOR. What was typed is not lost when it is not valid."""
    from backend_agent import edits
    from backend_agent.errors import UserError

    before = edits.as_yaml(opened.artifact(stage))
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UserError("no editor is set: set EDITOR, or give a file with --file")
    handle, name = tempfile.mkstemp(prefix=f"{stage}-", suffix=".yaml")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(before)
    path = Path(name)
    try:
        ended = subprocess.run([*shlex.split(editor), name], check=False)
    except OSError as error:
        path.unlink()
        raise UserError(f"EDITOR {editor!r} cannot be started ({error.strerror}); give a file with --file") from None
    if ended.returncode or path.read_text(encoding="utf-8", errors="replace") == before:
        path.unlink()
        raise UserError(f"nothing was changed in {stage}, so nothing was kept")
    try:
        opened.edit(stage, edits.load(path))
    except UserError as error:
        raise UserError(f"{error}; your text is in {path}") from None
    path.unlink()


def _agent(db: str | None) -> BackendAgent:
    from backend_agent import agent

    return agent.BackendAgent(settings_of(no_verify=False, database=db))
