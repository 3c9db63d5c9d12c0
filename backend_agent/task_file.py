"""Task files: YAML, JSON, Markdown or plain text -> `BackendTask`; each fault is one line that says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError
from backend_agent.language.sentences import split_statements
from backend_agent.task_faults import explain
from backend_agent.yaml_text import Located, YamlFault, read_yaml

MAX_BYTES = 1_000_000
"""Largest task file."""

_SENTENCE_FIELDS = ("requirements", "security_requirements", "integration_requirements")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_UNDERLINE = re.compile(r"^\s*[=-]{3,}\s*$")


@dataclass(frozen=True)
class _Source:
    """Where values came from, for messages."""

    name: str
    """The file's name; empty for a dictionary."""
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)

    def fault(self, message: str, line: int | None = None) -> UserError:
        place = f"{self.name}:{line}: " if self.name and line else f"{self.name}: " if self.name else ""
        return UserError(place + message)


_Read = tuple[dict[str, Any], _Source]
"""Values of a task, and where they stand."""


def load(path: str | Path) -> BackendTask:
    """Return the task in a file. The ending says how it is read: .yaml, .yml, .json, .md; anything else is plain text.

    Raises `UserError`: one line with file, line, field and remedy.
    """
    path = Path(path)
    source = _Source(str(path))
    text = _text(path, source)
    return _build(*_READERS.get(path.suffix.lower(), _read_plain)(text, source))


def from_dict(values: Mapping[str, Any]) -> BackendTask:
    """Return the task in a plain dictionary; raises `UserError` naming field and remedy."""
    if not isinstance(values, Mapping):
        raise UserError(f"a task is a dictionary with project_name and requirements, not a {type(values).__name__}")
    if depth_of(values) > 8:
        raise UserError("the task is nested too deeply: its fields hold plain values, lists and one level of fields")
    return _build(dict(values), _Source(""))


def fields_of(text: str, ending: str, name: str) -> dict[str, Any]:
    """Return the fields that a text gives, not yet validated as a task.

    Args:
        text: YAML, JSON, Markdown or plain text.
        ending: of the file it could be, such as `.yaml`.
        name: what it is called in a message to the user.

    Raises:
        UserError: it cannot be read; with line and remedy.
    """
    source = _Source(name)
    return _READERS.get(ending, _read_plain)(_checked(text, source), source)[0]


def refuse_unsupported(task: BackendTask, path: str | Path | None = None) -> None:
    """Raise `UserError` when the task asks for something that is known but cannot be generated yet.

    Nothing is ever replaced silently by something else.

    Args:
        task: what is asked for.
        path: the file that it came from, to name the line.
    """
    from backend_agent.codegen.layouts import LAYOUTS
    from backend_agent.engines import ENGINES

    asked: tuple[tuple[str, str, list[str]], ...] = (
        ("architecture_type", task.architecture_type, list(LAYOUTS)),
        ("database_requirements.type", task.database_requirements.type, list(ENGINES)),
        ("api_requirements.style", task.api_requirements.style, ["rest"]),
    )
    for name, value, supported in asked:
        if value not in supported:
            source = _lines_of(Path(path)) if path else _Source("")
            line = source.lines.get(tuple(name.split(".")))
            raise source.fault(f"{name}: {value} is not supported yet; write one of: {', '.join(supported)}", line)


def depth_of(value: Any, limit: int = 12) -> int:
    """Return how deeply lists and dictionaries are nested, counting no further than `limit`."""
    if limit == 0 or not isinstance(value, Mapping | list | tuple):
        return 0
    parts = value.values() if isinstance(value, Mapping) else value
    return 1 + max((depth_of(part, limit - 1) for part in parts), default=0)


def _lines_of(path: Path) -> _Source:
    """Return where the values of a task file stand."""
    source = _Source(str(path))
    return _READERS.get(path.suffix.lower(), _read_plain)(_text(path, source), source)[1]


def _text(path: Path, source: _Source) -> str:
    """Read a file that may be anything."""
    try:
        if path.is_dir():
            raise source.fault("is a folder; name the task file in it")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise source.fault("there is no such file; check the path") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise source.fault(f"cannot be read ({reason.lower()}); check the path and its permissions") from None
    if len(data) > MAX_BYTES:
        raise source.fault("is larger than 1 MB; a task file is a page of sentences, so cut it down")
    if b"\0" in data[:8192]:
        raise source.fault("is not text in UTF-8 (it holds zero bytes); save it as UTF-8")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise source.fault("is not text in UTF-8; save it as UTF-8", line) from None
    return _checked(text, source)


def _checked(text: str, source: _Source) -> str:
    """Refuse text that holds nothing, or what is no text."""
    if match := _CONTROL.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise source.fault(f"holds the control character {match.group()!r}; remove it", line)
    if not text.strip():
        raise source.fault("is empty; write a name and at least one sentence about the service")
    return text


def _read_yaml(text: str, source: _Source) -> _Read:
    try:
        located = read_yaml(text)
    except YamlFault as fault:
        raise source.fault(fault.message, fault.line) from None
    return _mapping(located, source)


def _mapping(located: Located, source: _Source) -> _Read:
    if not isinstance(located.value, dict):
        raise source.fault("holds no fields; begin with `project_name: ...` and `requirements:`", 1)
    values = dict(located.value)
    lines = dict(located.lines)
    for name in _SENTENCE_FIELDS:
        value = values.get(name)
        if isinstance(value, str):  # a block of prose instead of a list
            first = located.text_lines.get((name,), lines.get((name,), 1))
            values[name] = [{"text": t, "line": first + line - 1} for t, line in split_statements(value)]
        elif isinstance(value, list):
            values[name] = [_with_line(item, lines.get((name, i))) for i, item in enumerate(value)]
    return values, _Source(source.name, lines)


def _with_line(item: Any, line: int | None) -> Any:
    if isinstance(item, str):
        return {"text": item, "line": line}
    if isinstance(item, dict) and "text" in item and "line" not in item:
        return {**item, "line": line}
    return item


def _read_json(text: str, source: _Source) -> _Read:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in found:
            if key in seen:
                places = [m.start() for m in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
                line = text.count("\n", 0, places[1]) + 1 if len(places) > 1 else None
                raise source.fault(f"the field {key[:60]!r} is given twice; keep one", line)
            seen[key] = value
        return seen

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise source.fault(f"is not valid JSON ({error.msg.lower()}); mend it there", error.lineno) from None
    except RecursionError:
        raise source.fault("is nested too deeply; a task has one level of fields") from None
    except ValueError as error:
        raise source.fault(f"is not valid JSON ({error}); mend it") from None
    try:
        lines = read_yaml(text.replace("\t", " ")).lines  # JSON is YAML enough to know where things stand
    except YamlFault:
        lines = {}
    return _mapping(Located(value, lines, {}), source)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _read_markdown(text: str, source: _Source) -> _Read:
    values: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    if match := _FRONT_MATTER.match(text):
        fields, located = _read_yaml("\n" + match.group(1), source)
        values, lines = dict(fields), dict(located.lines)
        text = "\n" * text.count("\n", 0, match.end()) + text[match.end() :]
    if "project_name" not in values:
        for number, line in enumerate(text.split("\n"), start=1):
            if heading := _HEADING.match(line):
                values["project_name"], lines["project_name",] = _plain(heading.group(1)), number
                break
        else:
            values["project_name"] = _from_file_name(source.name)
    return _with_prose(values, lines, text, source)


def _read_plain(text: str, source: _Source) -> _Read:
    rows = text.split("\n")
    first = next(i for i, row in enumerate(rows) if row.strip())
    following = rows[first + 1].strip() if first + 1 < len(rows) else ""
    name = rows[first].strip().lstrip("#").strip()
    underlined = bool(_UNDERLINE.match(following))
    is_name = len(name) <= 80 and name[-1:] not in ".!?:;," and (not following or underlined) and first + 1 < len(rows)
    if not is_name:
        return _with_prose({"project_name": _from_file_name(source.name)}, {}, text, source)
    rows[first] = ""
    if underlined:
        rows[first + 1] = ""
    return _with_prose({"project_name": name}, {("project_name",): first + 1}, "\n".join(rows), source)


def _with_prose(values: dict[str, Any], lines: dict[tuple[str | int, ...], int], text: str, source: _Source) -> _Read:
    given = values.get("requirements", [])
    found = split_statements(text)
    prose = [{"text": sentence, "line": line} for sentence, line in found]
    values["requirements"] = [*given, *prose] if isinstance(given, list) else given
    start = len(given) if isinstance(given, list) else 0
    lines.update({("requirements", start + i): line for i, (_, line) in enumerate(found)})
    return values, _Source(source.name, lines)


def _from_file_name(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", Path(name).stem.strip("._- "))).strip().capitalize() or "Service"


def _plain(text: str) -> str:
    """Return a heading without Markdown's marks: `**My** [shop](x)` -> `My shop`."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[*_`]{1,3}", "", text)).strip()


_READERS: dict[str, Callable[[str, _Source], _Read]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": _read_json,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
}


def _build(values: dict[str, Any], source: _Source) -> BackendTask:
    """Validate; the first fault in the order of the file becomes the message."""
    from pydantic import ValidationError

    name = values.get("project_name")
    if isinstance(name, str):
        values = {**values, "project_name": " ".join(name.split())}
    try:
        return BackendTask.model_validate(values)
    except ValidationError as error:
        faults = [explain(fault, source.lines) for fault in error.errors(include_url=False)]
    faults.sort(key=lambda fault: (fault.line or 0, fault.minor))
    more = len({fault.line for fault in faults}) - 1
    also = f" (and {more} more {'faults' if more > 1 else 'fault'})" if more else ""
    raise source.fault(faults[0].message + also, faults[0].line)
