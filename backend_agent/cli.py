"""The command line: develop a task, take a session up again, verify a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from backend_agent.artifacts.task import BackendTask
    from backend_agent.result import Result
    from backend_agent.settings import Settings

app = typer.Typer(
    name="backend-agent",
    help="A task in plain sentences becomes a running, tested backend project.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: Rich, with all that it loads, would triple the time to show it
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Folder for the project: new, empty, or generated before.", show_default="its name"
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything but write; say what would change.")]
_NoVerify = Annotated[bool, typer.Option("--no-verify", help="Design and write, but do not run the project.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object instead of a report.")]

Db = Annotated[
    str | None,
    typer.Option("--db", help="Where sessions are kept: a file, or postgresql://user@host/name.", show_default=False),
]
Model = Annotated[
    str | None,
    typer.Option("--model", "-m", help="Chat model, such as groq:openai/gpt-oss-120b.", show_default="drafts only"),
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=0, help="Budget: tokens to and from chat models.")]
MaxCost = Annotated[float | None, typer.Option("--max-cost", min=0, help="Budget: US dollars.")]
MaxSeconds = Annotated[int | None, typer.Option("--max-seconds", min=0, help="Budget: seconds in calls and waiting.")]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", min=0, help="Budget: requests.")]
Prompts = Annotated[
    Path | None, typer.Option("--prompts", help="Folder whose prompt files stand in for ours of the same name.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Print prompts and answers of chat models.")]
AllowUnconfined = Annotated[
    bool, typer.Option("--allow-unconfined", help="Run a chat model's code also where the system cannot confine it.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from backend_agent import __version__

        typer.echo(f"backend-agent {__version__}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    db: Db = None,
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A task in plain sentences becomes a running, tested backend project."""
    if db is not None and isinstance(context.command, typer.core.TyperGroup):
        context.default_map = {name: {"db": db} for name in context.command.commands}


@app.command()
def develop(
    task: Annotated[Path, typer.Argument(help="Task file: YAML, JSON, Markdown or plain text.")],
    output: _Output = None,
    architecture: Annotated[
        str | None, typer.Option("--architecture", "-a", help="Instead of the task's architecture_type.")
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", "-d", help="Instead of the task's database_requirements.type.")
    ] = None,
    pause_after: Annotated[
        str, typer.Option("--pause-after", help="Stages, such as architecture,api: stop there to look and to edit.")
    ] = "",
    no_verify: _NoVerify = False,
    model: Model = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    prompts: Prompts = None,
    debug: Debug = False,
    allow_unconfined: AllowUnconfined = False,
    db: Db = None,
    dry_run: _DryRun = False,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Turn a task file into a backend project that was run and judged.

    A folder that was generated before is merged with: what you edited, added or deleted stays so.

    Exit codes: 0 all well; 1 written, but a critical finding or a failed verifier stands in the report; 2 the task,
    an option or the folder is wrong; 3 a bug of backend-agent; 4 written, with conflicts between your edits and what
    is new; 130 stopped by Ctrl-C.
    """
    from backend_agent import task_file
    from backend_agent.agent import BackendAgent

    wanted = _with_options(task_file.load(task), architecture, database)
    task_file.refuse_unsupported(wanted, task)
    folder = _usable(output or Path(_folder_name(wanted.project_name)), wanted)
    settings = settings_of(
        no_verify,
        model=model,
        max_tokens=max_tokens,
        max_cost=max_cost,
        max_seconds=max_seconds,
        max_calls=max_calls,
        prompts=prompts,
        allow_unconfined=allow_unconfined or None,
        database=db,
    )
    with _watcher(quiet or as_json) as watch:
        result = BackendAgent(settings, debug=said if debug else None).develop(
            wanted, watch, pause_after=listed(pause_after)
        )
    if result.due:
        paused(result, quiet=quiet, as_json=as_json)
    _finish(result, folder, dry_run=dry_run, quiet=quiet, as_json=as_json)


@app.command()
def resume(
    session: Annotated[str, typer.Argument(help="The session's id, as `develop` printed it.")],
    output: _Output = None,
    feedback: Annotated[
        list[str] | None, typer.Option("--feedback", help="Such as 'api: use cursor pagination'; may be repeated.")
    ] = None,
    no_verify: _NoVerify = False,
    model: Model = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    prompts: Prompts = None,
    debug: Debug = False,
    allow_unconfined: AllowUnconfined = False,
    db: Db = None,
    dry_run: _DryRun = False,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Go on with a stopped session; nothing finished is repeated."""
    from backend_agent.agent import BackendAgent

    if output:
        _usable(output)
    settings = settings_of(
        no_verify,
        model=model,
        max_tokens=max_tokens,
        max_cost=max_cost,
        max_seconds=max_seconds,
        max_calls=max_calls,
        prompts=prompts,
        allow_unconfined=allow_unconfined or None,
        database=db,
    )
    with _watcher(quiet or as_json) as watch:
        result = BackendAgent(settings, debug=said if debug else None).resume(session, watch, feedback=feedback or ())
    if result.due:
        paused(result, quiet=quiet, as_json=as_json)
    folder = _usable(output or Path(_folder_name(result.task.project_name)), result.task)
    _finish(result, folder, dry_run=dry_run, quiet=quiet, as_json=as_json)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A project that backend-agent generated, edited or not.")],
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Run a generated project and report what holds.

    Imports, lint, types, security, migrations, boot, its own tests, and what else `develop` runs.

    Exit codes: 0 all that ran passed; 1 something failed; 2 there is no such project.
    """
    from backend_agent import progress, stop
    from backend_agent.report import verification_json, verification_text
    from backend_agent.verify import run

    settings = settings_of(no_verify=False)
    with _watcher(quiet or as_json) as watch, progress.watched_by(watch), stop.on_signals():
        report = run.verify(folder, settings.postgres_url, seconds=settings.verify_seconds)
    if as_json:
        typer.echo(verification_json(report))
    elif not quiet:
        _print(verification_text(report))
    raise typer.Exit(1 if any(run.verdict == "fail" for run in report.runs) else 0)


def _with_options(task: BackendTask, architecture: str | None, database: str | None) -> BackendTask:
    """Return the task as the options change it, validated like the file."""
    from backend_agent import task_file

    if architecture is None and database is None:
        return task
    values = task.to_state()
    if architecture is not None:
        values["architecture_type"] = architecture
    if database is not None:
        values["database_requirements"] = {**values["database_requirements"], "type": database}
    return task_file.from_dict(values)


def settings_of(no_verify: bool, **changes: object) -> Settings:
    """Return the environment's settings, as the options change them; None: not given."""
    from backend_agent.errors import UserError
    from backend_agent.settings import Settings

    folder = changes.get("prompts")
    if isinstance(folder, Path) and not folder.is_dir():
        raise UserError(f"--prompts {folder}: there is no such folder")
    return Settings.from_environment().with_changes(verify=False if no_verify else None, **changes)


def said(text: str) -> None:
    """Print what `--debug` shows, beside the report."""
    typer.echo(text, err=True)


def _folder_name(project: str) -> str:
    from backend_agent import names

    return names.kebab(project) or "service"


def _usable(folder: Path, task: BackendTask | None = None) -> Path:
    """Return the folder when a project may be written there: said before the work, not after it."""
    from backend_agent.codegen.write import check_folder

    check_folder(folder.absolute(), task.to_state() if task else None)
    return folder


def _finish(result: Result, folder: Path, *, dry_run: bool, quiet: bool, as_json: bool) -> None:
    from backend_agent.report import failed, result_json, result_text

    written = result.write(folder, dry_run=dry_run)
    if as_json:
        typer.echo(result_json(result, folder, written))
    elif not quiet:
        _print(result_text(result, folder, written))
    raise typer.Exit(4 if written.conflicts else 1 if failed(result) else 0)


def listed(text: str) -> list[str]:
    """Return the words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def paused(result: Result, *, quiet: bool, as_json: bool) -> None:
    """Say what a paused session waits for, and how to go on; end the command."""
    from backend_agent.report import paused_json, paused_text

    if as_json:
        typer.echo(paused_json(result))
    elif not quiet:
        _print(paused_text(result))
    raise typer.Exit(0)


def _print(text: Any) -> None:
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(text)


def _watcher(silent: bool) -> Any:
    from backend_agent.live import Silent, watcher

    return Silent() if silent else watcher()
