"""What a project keeps of its own making: artifacts, and text and hash of every file, the base for regeneration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from backend_agent import names
from backend_agent.artifacts.code import GeneratedFile
from backend_agent.errors import UserError

FOLDER = ".backend-agent"
BASE = f"{FOLDER}/base.json"
MANIFEST = f"{FOLDER}/manifest.json"
FORMAT = 1
RECORDED = (
    "task", "requirements", "domain", "architecture", "database", "api", "security", "performance", "testing",
    "deployment", "verification", "quality",
)  # fmt: skip


def record_files(state: Mapping[str, Any], files: list[GeneratedFile]) -> list[GeneratedFile]:
    """Return the artifacts as JSON, `base.json`, and `manifest.json` with the SHA-256 of every file.

    Args:
        state: artifacts by name, plain JSON values.
        files: the project's files.
    """
    kept = [
        GeneratedFile(
            path=f"{FOLDER}/artifacts/{name}.json",
            content=json.dumps(state[name], indent=2, ensure_ascii=False) + "\n",
            description=f"The {name} artifact that this project was made from.",
        )
        for name in RECORDED
        if name in state
    ]
    kept.append(base_file(files))
    hashes = {f.path: hashlib.sha256(f.content.encode()).hexdigest() for f in [*files, *kept]}
    manifest = json.dumps({"format": FORMAT, "files": dict(sorted(hashes.items()))}, indent=2) + "\n"
    return [
        *kept,
        GeneratedFile(path=MANIFEST, content=manifest, description="SHA-256 of every generated file."),
    ]


def is_record(path: str) -> bool:
    """Return whether a path belongs to the record, which is no part of what the user works on."""
    return path.startswith(f"{FOLDER}/")


def own_path(path: str) -> str:
    """Return a path that may be generated; raises `UserError`: the record on disk may come from anywhere."""
    if path.casefold().startswith(".git/"):
        raise UserError(f"{path[:80]!r} belongs to git")
    return names.module_path(path)


def base_file(files: Iterable[GeneratedFile]) -> GeneratedFile:
    """Return `base.json`: the text of every file as it is generated now, save for the record's own."""
    texts = {f.path: f.content for f in files if not is_record(f.path)}
    # ASCII: one picture character would make a string of all files four times as large in memory.
    content = json.dumps({"format": FORMAT, "files": dict(sorted(texts.items()))}, indent=2, ensure_ascii=True) + "\n"
    return GeneratedFile(path=BASE, content=content, description="Every file as it was generated, for the next merge.")


def read_base(content: bytes, where: object) -> dict[str, str]:
    """Return the texts in a `base.json`, by path.

    Raises:
        UserError: it is damaged, or of a format that this release does not know.
    """
    remedy = "restore it from a backup or version control, or choose another folder"
    try:
        read = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is damaged ({type(error).__name__}): {remedy}") from error
    if isinstance(read, Mapping) and isinstance(read.get("format"), int) and read["format"] > FORMAT:
        raise UserError(f"{where} was written by a newer release: upgrade backend-agent, or choose another folder")
    files = read.get("files") if isinstance(read, Mapping) and read.get("format") == FORMAT else None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise UserError(f"{where} is damaged (no list of files): {remedy}")
    try:
        return {own_path(path): text for path, text in files.items() if not is_record(path)}
    except UserError as error:
        raise UserError(f"{where} is damaged ({error}): {remedy}") from error
