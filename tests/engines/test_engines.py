"""The registry of database products."""

from __future__ import annotations

import pytest

from backend_agent.artifacts.database import Column
from backend_agent.engines import ENGINES, engine
from backend_agent.engines.rendering import portable_type
from backend_agent.errors import UserError


def test_each_is_registered_under_its_own_name():
    assert {name: e.name for name, e in ENGINES.items()} == {"postgresql": "postgresql", "sqlite": "sqlite"}
    for found in ENGINES.values():
        assert found.dialect().name == found.name
        assert found.title
        assert found.requirement
        assert (found.image is None) == (found.port is None)


@pytest.mark.parametrize(
    ("name", "url", "wanted"),
    [
        ("postgresql", "postgresql://a:b@host/db", "postgresql+asyncpg://a:b@host/db"),
        ("postgresql", "postgres://host/db?x=1", "postgresql+asyncpg://host/db?x=1"),
        ("postgresql", "postgresql+asyncpg://host/db", "postgresql+asyncpg://host/db"),
        ("sqlite", "sqlite:///./app.db", "sqlite+aiosqlite:///./app.db"),
    ],
)
def test_urls_get_the_driver(name, url, wanted):
    assert engine(name).async_url(url) == wanted


@pytest.mark.parametrize(("name", "url"), [("postgresql", "mysql://secret@host/db"), ("sqlite", "app.db")])
def test_foreign_urls_are_refused_without_repeating_them(name, url):
    with pytest.raises(UserError, match="must start with") as caught:
        engine(name).async_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["mysql", "", "x" * 500])
def test_others_are_refused_in_one_line(name):
    with pytest.raises(UserError, match=r"postgresql or sqlite$") as caught:
        engine(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "kind", ["uuid", "string", "text", "integer", "decimal", "boolean", "date", "time", "datetime", "json", "encrypted"]
)
def test_every_column_type_is_rendered(kind):
    column = Column(name="a", type=kind, length=9, precision=12, scale=2)
    for found in ENGINES.values():
        assert type(found.column_type(column)) is type(portable_type(column))
        assert found.column_type(column).compile(found.dialect())
