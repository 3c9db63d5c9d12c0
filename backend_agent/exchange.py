"""Sessions as folders of plain JSON files: exported from one database, imported into another, the same to the byte."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend_agent.checkpoint import KEEP, SessionSaver
from backend_agent.errors import UserError
from backend_agent.tables import Cursor

FORMAT = 1
"""Of the folder; raised when its files change."""
_TABLES = {
    "sessions": ("session", "session project status made changed pause_after"),
    "activity": ("session", "time event stage detail"),
    "versions": ("thread_id", "checkpoint_ns channel version content"),
    "writes": ("thread_id", "checkpoint_ns checkpoint_id task_id task_path idx channel content"),
    "checkpoints": ("thread_id", "checkpoint_ns checkpoint_id parent_checkpoint_id type checkpoint metadata"),
}
"""Table: the column that names the session, and the columns that are exported."""
_MEMORY = "memory.json"
_KINDS = ("null", "empty", "msgpack", "bytes", "bytearray")
"""Kinds of stored values that hold data and nothing else."""


def export(saver: SessionSaver, session: str, folder: Path, remembered: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write a session into a new or empty folder: `session.json`, and each distinct value once under `values/`.

    What is remembered of its finished runs goes into `memory.json`, as `memory.told` gives it.

    Raises:
        UserError: the folder holds other files, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is not empty; name a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _write(saver, session, made)
            if remembered:
                (made / _MEMORY).write_text(_text(list(remembered)), encoding="utf-8")
            made.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({(error.strerror or str(error)).lower()})") from None


def bring_in(saver: SessionSaver, folder: Path) -> str:
    """Add an exported session to the database: as a whole, or not at all. Return its id.

    Raises:
        UserError: the folder is no exported session, was changed, or the session is there already.
    """
    try:
        told = json.loads((folder / "session.json").read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise UserError(f"{folder}: is no exported session of format {FORMAT}")
        session = str(told["sessions"][0]["session"])
        with saver.cursor(alone=True) as cursor:
            if cursor.execute("SELECT 1 FROM checkpoints WHERE thread_id = ?", (session,)).fetchone():
                raise UserError(f"session {session} is in this database already; delete it first to import it anew")
            cursor.execute("DELETE FROM sessions WHERE session = ?", (session,))
            for name in sorted({row["content"] for table in ("versions", "writes") for row in told[table]}):
                kind, body = _read_value(saver, folder, str(name))
                row = (bytes.fromhex(name), kind, zlib.compress(body, 6))
                cursor.execute(KEEP, row)
            for table in _TABLES:
                for row in told[table]:
                    _insert(saver, cursor, table, session, row)
    except OSError as error:
        raise UserError(
            f"{error.filename or folder}: cannot be read ({(error.strerror or str(error)).lower()})"
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(f"{folder}: is no exported session ({type(error).__name__.lower()}: {error})") from None
    return session


def remembered_in(folder: Path) -> list[dict[str, Any]]:
    """Return what is remembered of an exported session; raises `UserError` when that is not what `export` wrote."""
    try:
        found = json.loads((folder / _MEMORY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / _MEMORY}: cannot be read ({type(error).__name__.lower()}: {error})") from None
    kinds = {"project": str, "stage": str, "time": str, "artifact": dict}
    if not isinstance(found, list) or not all(
        isinstance(row, dict)
        and row.keys() == kinds.keys()
        and all(isinstance(row[k], kinds[k]) for k in kinds)
        and row["stage"].isidentifier()
        for row in found
    ):
        raise UserError(f"{folder / _MEMORY}: is not what `export` wrote; export the session again")
    return found


def _write(saver: SessionSaver, session: str, folder: Path) -> None:
    with saver.cursor(alone=True) as cursor:  # one transaction: what is read fits together
        told: dict[str, Any] = {"format": FORMAT}
        for table, (key, columns) in _TABLES.items():
            names = columns.split()
            order = "number" if table == "activity" else ", ".join(str(n + 1) for n in range(len(names) - 1))
            query = f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ? ORDER BY {order}"
            rows = cursor.execute(query, (session,)).fetchall()
            told[table] = [dict(zip(names, row, strict=True)) for row in rows]
        values = folder / "values"
        values.mkdir()
        for row in (*told["versions"], *told["writes"]):
            content, row["content"] = row["content"], row["content"].hex()
            path = values / f"{row['content']}.json"
            if not path.exists():
                kind, body = cursor.execute("SELECT type, value FROM contents WHERE content = ?", (content,)).fetchone()
                path.write_text(_text(_plain(saver, kind, zlib.decompress(body))), encoding="utf-8")
    for row in told["checkpoints"]:
        row["checkpoint"] = _plain(saver, row.pop("type"), zlib.decompress(row["checkpoint"]))
        row["metadata"] = row["metadata"].decode()
    (folder / "session.json").write_text(_text(told), encoding="utf-8")


def _insert(saver: SessionSaver, cursor: Cursor, table: str, session: str, given: dict[str, Any]) -> None:
    key, columns = _TABLES[table]
    row = dict(given)
    if "content" in row:
        row["content"] = bytes.fromhex(row["content"])
    if table == "checkpoints":
        kind, body = _stored(saver, row["checkpoint"])
        row |= {"type": kind, "checkpoint": zlib.compress(body, 6), "metadata": row["metadata"].encode()}
    names = columns.split()
    values = {name: row[name] for name in names} | {key: session}
    marks = ", ".join("?" for _ in values)
    cursor.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def _read_value(saver: SessionSaver, folder: Path, name: str) -> tuple[str, bytes]:
    if len(bytes.fromhex(name)) != hashlib.sha256().digest_size:
        raise ValueError("a value has no proper name")
    path = folder / "values" / f"{name}.json"
    kind, body = _stored(saver, json.loads(path.read_text(encoding="utf-8")))
    if saver.name_of(kind, body).hex() != name:
        raise UserError(f"{path}: was changed since it was exported; use `edit` after the import instead")
    return kind, body


def _plain(saver: SessionSaver, kind: str, body: bytes) -> dict[str, Any]:
    """Return a stored value as plain JSON; its bytes only where JSON cannot say the same."""
    if kind == "msgpack":
        value = saver.serde.loads_typed((kind, body))
        try:
            text = json.dumps(value, allow_nan=False)
            if saver.serde.dumps_typed(json.loads(text)) == (kind, body):
                return {"value": value}
        except (TypeError, ValueError):
            pass
    return {"kind": kind, "base64": base64.b64encode(body).decode()}


def _stored(saver: SessionSaver, given: dict[str, Any]) -> tuple[str, bytes]:
    if "value" in given:
        kind, body = saver.serde.dumps_typed(given["value"])
    else:
        kind, body = str(given["kind"]), base64.b64decode(given["base64"], validate=True)
    if kind not in _KINDS:
        raise ValueError(f"a value is of kind {kind[:40]}")
    return kind, body


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
