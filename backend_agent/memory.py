"""Memory: finished artifacts in a LangGraph store, by session, artifact type and time; listed, fetched and searched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgraph.store.base import BaseStore
from langgraph.store.sqlite import SqliteStore
from markupsafe import escape
from pydantic import ValidationError

from backend_agent import postgres
from backend_agent.artifacts.base import Artifact
from backend_agent.checkpoint import WAIT
from backend_agent.earlier import Pattern
from backend_agent.errors import UserError
from backend_agent.faults import FAULTS, unusable
from backend_agent.ledger import now
from backend_agent.settings import DatabaseURL
from backend_agent.state import Artifacts

FILES = ("code", "documentation")
"""Artifacts that are files: the session itself keeps them, and they follow from the others."""
ROOT = "artifacts"
"""First part of every namespace: `("artifacts", session, artifact type)`; the key is the time."""
_PAGE = 200
_PROJECTS = 3
_DECISIONS = 6
_LONGEST = 300
"""Characters of each part of a decision that is offered."""


@dataclass(frozen=True, repr=False)
class Memory:
    """An artifact of a finished run."""

    session: str
    project: str
    stage: str
    """The artifact's type, named like its stage."""
    time: str
    """When the run finished: ISO 8601, UTC."""
    artifact: Mapping[str, Any]
    """Plain JSON values."""

    def __repr__(self) -> str:
        return f"<Memory {self.project}, {self.stage}, {self.time}: {self.session}>"

    def _repr_html_(self) -> str | None:
        try:
            artifact: Artifact = getattr(Artifacts({self.stage: self.artifact}), self.stage)
        except ValidationError:  # another release made it: shown as the text above
            return None
        return f"<p>{escape(f'{self.project}, {self.stage}, {self.time}')}</p>{artifact._repr_html_()}"


def remember(place: Path | DatabaseURL, session: str, project: str, artifacts: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep the artifacts of a finished run, those that are not the same as the last ones of the session.

    Args:
        place: the session database.
        session: whose they are.
        project: its name.
        artifacts: by stage, plain JSON values; those that are files are left to the session.
    """
    with _Store(place) as store:
        time = now()
        for stage, artifact in artifacts.items():
            if stage in FILES:
                continue
            part = (ROOT, session, stage)
            last = max(store.search(part, limit=_PAGE), key=lambda item: item.key, default=None)
            if last is None or last.value["artifact"] != artifact:
                store.put(part, time, {"project": project, "artifact": dict(artifact)}, index=False)


def recall(
    place: Path | DatabaseURL, text: str = "", *, session: str | None = None, stage: str | None = None
) -> list[Memory]:
    """Return what is remembered, newest first.

    Args:
        place: the session database.
        text: words that must all stand in the artifact or in the project's name, in any case; empty: all.
        session: only this session's.
        stage: only this type.
    """
    words = text.casefold().split()
    found: list[Memory] = []
    with _Store(place) as store:
        part = (ROOT, session) if session else (ROOT,)
        offset = 0
        while items := store.search(part, limit=_PAGE, offset=offset):
            offset += len(items)
            for item in items:
                _, owner, kind = item.namespace
                value = item.value
                hay = f"{value['project']} {json.dumps(value['artifact'], ensure_ascii=False)}".casefold()
                if stage in (None, kind) and all(word in hay for word in words):
                    found.append(Memory(owner, value["project"], kind, item.key, value["artifact"]))
    return sorted(found, key=lambda memory: (memory.time, memory.session, memory.stage), reverse=True)


def patterns(place: Path | DatabaseURL, session: str, before: str) -> list[Pattern]:
    """Return decisions of other projects' architectures, the newest project's first: a few of each of a few projects.

    Args:
        place: the session database.
        session: whose architecture is to be written; its own are left out.
        before: ISO 8601, UTC: later ones are left out, so that a session is offered the same ones whenever it goes on.
    """
    found: dict[str, Memory] = {}
    for memory in recall(place, stage="architecture"):
        if memory.session != session and memory.time < before and memory.project not in found:
            found[memory.project] = memory
    return [
        Pattern(
            memory.project,
            str(memory.artifact["architecture_type"]),
            *(" ".join(str(decision[key]).split())[:_LONGEST] for key in ("title", "choice", "reason")),
        )
        for memory in [*found.values()][:_PROJECTS]
        for decision in memory.artifact["decisions"][:_DECISIONS]
    ]


def told(place: Path | DatabaseURL, session: str) -> list[dict[str, Any]]:
    """Return what is remembered of a session, oldest first: `project`, `stage`, `time` and `artifact`, plain JSON."""
    return [
        {"project": m.project, "stage": m.stage, "time": m.time, "artifact": dict(m.artifact)}
        for m in reversed(recall(place, session=session))
    ]


def relearn(place: Path | DatabaseURL, session: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember of a session what `told` gave in another database."""
    with _Store(place) as store:
        for row in rows:
            value = {"project": row["project"], "artifact": dict(row["artifact"])}
            store.put((ROOT, session, row["stage"]), row["time"], value, index=False)


def forget(place: Path | DatabaseURL, session: str, stages: Sequence[str]) -> None:
    """Delete what is remembered of a session."""
    with _Store(place) as store:
        for stage in stages:
            for item in store.search((ROOT, session, stage), limit=10_000):
                store.delete(item.namespace, item.key)


class _Store:
    """The store in a session database, for a block; faults of the database are `UserError`."""

    def __init__(self, place: Path | DatabaseURL) -> None:
        self._place = place
        self._close: Callable[[], None] = lambda: None

    def __enter__(self) -> BaseStore:
        try:
            return self._in_postgres(self._place) if isinstance(self._place, DatabaseURL) else self._in_sqlite()
        except BaseException as error:
            self._close()
            if isinstance(error, FAULTS):
                raise unusable(self._place, error) from None
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._close()
        if isinstance(self._place, DatabaseURL) and isinstance(error, postgres.driver().Error):
            error = postgres.fault(error)
        if isinstance(error, FAULTS):
            raise unusable(self._place, error) from None

    def _in_sqlite(self) -> BaseStore:
        connection = sqlite3.connect(str(self._place), timeout=WAIT, check_same_thread=False, isolation_level=None)
        self._close = connection.close
        _prepare(connection)
        store = SqliteStore(connection)
        store.setup()
        return store

    def _in_postgres(self, place: DatabaseURL) -> BaseStore:
        connection = postgres.connect(place, WAIT)
        self._close = connection.close
        try:
            from langgraph.store.postgres import PostgresStore
        except ImportError:
            raise UserError(postgres.MISSING) from None
        postgres.prepare_store(connection, PostgresStore.MIGRATIONS)
        store = PostgresStore(connection.for_store())
        store.setup()
        return store


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the store's tables in one transaction: by itself it makes them one by one, and two processes collide."""
    exists = "SELECT count(*) FROM sqlite_master WHERE name = 'store_migrations'"
    if connection.execute(exists).fetchone()[0]:
        return
    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        SqliteStore(model).setup()
        tables = model.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        steps = model.execute("SELECT v FROM store_migrations").fetchall()
    finally:
        model.close()
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute(exists).fetchone()[0]:
            for (sql,) in tables:
                connection.execute(sql)
            connection.executemany("INSERT INTO store_migrations (v) VALUES (?)", steps)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
