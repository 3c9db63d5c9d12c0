"""Edits: what a user gives in place of an artifact or of a field of the task, validated before it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from backend_agent import task_file
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError
from backend_agent.stage import Stage
from backend_agent.yaml_text import YamlFault, read_yaml

MEASURED = ("verification", "quality")
"""Artifacts that say what was seen: nobody edits those."""
_MAX_BYTES = 20_000_000


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, and nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the base class
        """Write every value out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    odd = set(text) & {"\r", "\x85", "\u2028", "\u2029", "\ufeff"}  # YAML takes these for line breaks, or drops them
    style = '"' if odd else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def valid(stage: Stage[Any], given: Artifact | Mapping[str, Any]) -> dict[str, Any]:
    """Return an artifact as plain JSON values; raises `UserError` naming the first field that is wrong."""
    if stage.name in MEASURED:
        raise UserError(f"{stage.name} is what was measured, it is not edited; edit the design that it judges")
    value = given.to_state() if isinstance(given, Artifact) else given
    try:
        kept: dict[str, Any] = stage.artifact.from_state(value).to_state()
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        place = ".".join(str(part) for part in (stage.name, *faults[0]["loc"]))
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        said = " ".join(faults[0]["msg"].removeprefix("Value error, ").split())
        raise UserError(f"{place}: {said[:1].lower()}{said[1:]}{more}; nothing was kept") from None
    return kept


def load(path: Path) -> dict[str, Any]:
    """Return the fields in a YAML or JSON file; raises `UserError` with file and line."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UserError(f"{path}: is larger than 20 MB; an artifact is a page of fields")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({(error.strerror or str(error)).lower()}); check the path") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not text in UTF-8; save it as UTF-8") from None
    return read(text, str(path))


def read(text: str, name: str) -> dict[str, Any]:
    """Return the fields in a YAML or JSON text; raises `UserError` with `name` and line."""
    try:
        value = json.loads(text)  # an artifact as `show --json` prints it, whatever its size
    except (json.JSONDecodeError, RecursionError):
        try:
            value = read_yaml(text).value
        except YamlFault as fault:
            place = f"{name}:{fault.line}" if fault.line else name
            raise UserError(f"{place}: {fault.message}") from None
    if not isinstance(value, dict):
        raise UserError(f"{name}: holds no fields; begin with what `show --json` prints")
    return value


def as_yaml(value: Mapping[str, Any]) -> str:
    """Return fields as YAML that `load` reads back to the same values."""
    return yaml.dump(dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def plain(text: str) -> Any:
    """Return a value of a command line: `true`, `5`, `[a, b]` as YAML reads them, anything else as it is."""
    try:
        return read_yaml(text).value
    except YamlFault:
        return text


def changed(task: BackendTask, changes: Mapping[str, Any]) -> BackendTask:
    """Return a task in which fields differ, `database_requirements.type` too; raises `UserError` naming the field."""
    if not changes:
        return task
    values = task.to_state()
    for name, value in changes.items():
        place: Any = values
        *parts, last = name.split(".")
        for part in parts:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise UserError(f"{name[:60]}: there is no such field; write one of: {', '.join(values)}")
        place[last] = value
    made = task_file.from_dict(values)
    same_kind(task, made)
    return made


def same_kind(old: BackendTask, new: BackendTask) -> None:
    """Raise `UserError` when a task asks for another kind of result, or for what cannot be generated."""
    if old.type != new.type:
        raise UserError(f"type: a session of type {old.type} stays one; `develop` a task of type {new.type} anew")
    task_file.refuse_unsupported(new)
