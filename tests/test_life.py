"""The life of a project: generated, edited by hand, its database filled, revised twice. Edits and rows stay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

EXAMPLE = Path(__file__).parents[1] / "examples" / "bookshop.yaml"
SERVICE = "app/features/books/service.py"
STAMP = "2024-01-02 03:04:05+00"
ROWS: dict[str, dict[str, Any]] = {
    "users": {"email": "ann@example.com", "password_hash": "x", "role": "customer"},
    "authors": {"name": "Ursula", "biography": "Born in Berkeley."},
    "categories": {"name": "Novels", "parent_id": None},
    "books": {"title": "The Dispossessed", "isbn": "9780060512750", "price": "12.50", "publication_date": "1974-05-01",
              "stock": 3, "category_id": "categories"},
    "orders": {"status": "pending", "customer_id": "users"},
    "reviews": {"rating": 5, "comment": "Good.", "customer_id": "users", "book_id": "books"},
    "books_authors": {"book_id": "books", "author_id": "authors"},
}  # fmt: skip
"""A row a table; what is called like a table is that table's row."""


class Shop:
    """The folder that a user works in: a task file, the project, a database; each command is a process of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.project = folder / "shop"
        self.url = url
        self.environ = {**os.environ, "BACKEND_AGENT_DATABASE": str(folder / "sessions.db")}
        self.ids = {table: str(uuid.uuid4()) for table in ROWS}

    def agent(self, *arguments: str, code: int = 0) -> Any:
        """Run `backend-agent`, see its exit code, and return the report."""
        return json.loads(self._run(self.folder, "-m", "backend_agent", *arguments, "--no-verify", "--json", code=code))

    def tool(self, *arguments: str) -> str:
        """Run a tool of the project in its folder."""
        return self._run(self.project, "-m", *arguments)

    def _run(self, folder: Path, *arguments: str, code: int = 0) -> str:
        environ = {**self.environ, "DATABASE_URL": self.url, "JWT_SECRET": "x" * 48}
        ended = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == code, ended.stdout[-3000:] + ended.stderr[-3000:]
        return ended.stdout

    def change(self, path: str, old: str, new: str) -> None:
        """Edit a file by hand."""
        file = self.project / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def task(self, name: str, *changes: tuple[str, str]) -> str:
        """Write a task file in which sentences differ from those of the example."""
        text = EXAMPLE.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def fill(self) -> None:
        """Insert a row into each table."""
        with psycopg.connect(self.url) as connection:
            for table, given in ROWS.items():
                row = {
                    name: self.ids.get(value, value) if name.endswith("_id") else value for name, value in given.items()
                }
                if table != "books_authors":
                    row |= {"id": self.ids[table], "created_at": STAMP, "updated_at": STAMP}
                columns = sql.SQL(", ").join(map(sql.Identifier, row))
                marks = sql.SQL(", ").join(sql.Placeholder() * len(row))
                query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), columns, marks)
                connection.execute(query, list(row.values()))

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the row of each table, by column."""
        found = {}
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            for table in ROWS:
                found[table] = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchone()
        return {table: row or {} for table, row in found.items()}


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    name = f"backend_agent_life_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Shop(tmp_path, f"{postgres_url.rpartition('/')[0]}/{name}")
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


SUBTITLE = (
    "a publication date and a number in stock",
    "a publication date, an optional subtitle and a number in stock",
)
PUBLISHER = (
    "  - Anyone can browse",
    "  - A publisher has a name and an optional website. A book may belong to a publisher.\n  - Anyone can browse",
)
VITA = ("an author has a name and a biography", "an author has a name and a vita")
SHORTER = ("A book has a title,", "A book has a title of at most 120 characters,")


@pytest.mark.slow
@pytest.mark.needs_postgres
def test_edited_by_hand_revised_twice_and_migrated_with_rows_in_it(shop: Shop) -> None:
    session = shop.agent("develop", shop.task("bookshop.yaml"), "-o", "shop")["session_id"]
    shop.tool("alembic", "upgrade", "head")
    shop.fill()
    before = shop.rows()
    edit(shop)

    report = shop.agent("revise", session, shop.task("one.yaml", SUBTITLE, PUBLISHER), "-o", "shop")
    assert report["written"]["conflicts"] == []
    edited(shop)
    shop.tool("alembic", "upgrade", "head")
    wanted = {**before, "books": {**before["books"], "subtitle": None, "publisher_id": None}}
    assert shop.rows() == wanted

    task = shop.task("two.yaml", SUBTITLE, PUBLISHER, VITA, SHORTER)
    report = shop.agent("revise", session, task, "-o", "shop", "--rename", "authors.biography=authors.vita")
    assert report["written"]["conflicts"] == []
    edited(shop)
    shop.tool("alembic", "upgrade", "head")
    author = {"vita" if name == "biography" else name: value for name, value in before["authors"].items()}
    assert shop.rows() == {**wanted, "authors": author}
    assert author["vita"] == "Born in Berkeley."
    shop.tool("alembic", "check")
    with psycopg.connect(shop.url) as connection, pytest.raises(psycopg.errors.DataError):
        connection.execute("UPDATE books SET title = %s", ["x" * 121])

    assert "test_the_shelf" in shop.tool("pytest", "-v", "-p", "no:cacheprovider", "tests/test_books.py")
    assert " passed" in shop.tool("pytest", "-q", "-p", "no:cacheprovider")


def edit(shop: Shop) -> None:
    """Change a service, a page and a test; add a file, delete another."""
    shop.change(
        SERVICE, '"""Books, and the rules about them."""', '"""Books, and where they stand."""\n\n    shelf = "A"'
    )
    shop.change("README.md", "This code is yours.", "This code is ours. Ask Ann.")
    with (shop.project / "tests" / "test_books.py").open("a") as file:
        file.write(
            "\n\ndef test_the_shelf() -> None:\n    from app.features.books.service import BookService\n\n"
            '    assert BookService.shelf == "A"\n'
        )
    (shop.project / "NOTES.md").write_text("Ours.\n")
    (shop.project / "docs" / "deployment.md").unlink()


def edited(shop: Shop) -> None:
    """See that all of that is still there, beside what is new."""
    service = (shop.project / SERVICE).read_text()
    assert 'shelf = "A"' in service
    assert "publisher_id" in service, "what was generated did not come"
    assert "This code is ours. Ask Ann." in (shop.project / "README.md").read_text()
    assert "def test_the_shelf" in (shop.project / "tests" / "test_books.py").read_text()
    assert (shop.project / "NOTES.md").read_text() == "Ours.\n"
    assert not (shop.project / "docs" / "deployment.md").exists()
