"""Which indexes the database stage makes: each list has its own, no column stands in one twice."""

from __future__ import annotations

from stages.test_database import model, schema

from backend_agent.stages.database import STAGE
from backend_agent.state import Artifacts


def test_a_filter_has_an_index_though_the_order_can_have_none():
    values = model(
        [{"name": "Play", "fields": [{"name": "done", "type": "date"}, {"name": "plot", "type": "text"}]}],
        rules=[
            {"kind": "filter", "entity": "Play", "fields": ["done"]},
            {"kind": "sort", "entity": "Play", "fields": ["plot"], "default": "plot"},
        ],
    )
    assert ["done"] in [i.columns for i in schema(values).table("plays").indexes]
    assert not [f for r in STAGE.check(Artifacts(values)) for f in r.findings]


def test_a_unique_constraint_stands_for_an_index_in_its_own_order_only():
    values = model(
        [{"name": "Play", "fields": [{"name": "number", "type": "integer"}]}],
        [{"name": "holder", "source": "Play", "target": "User", "inverse": "plays"}],
        [
            {"kind": "unique", "entity": "Play", "fields": ["number", "holder"]},
            {"kind": "ownership", "entity": "Play", "path": ["holder"], "actor": "user", "operations": ["list"]},
            {"kind": "sort", "entity": "Play", "fields": ["number"], "default": "number"},
        ],
    )
    assert ["holder_id", "number", "id"] in [i.columns for i in schema(values).table("plays").indexes]
    assert not [f for r in STAGE.check(Artifacts(values)) for f in r.findings]


def test_what_narrows_and_orders_is_in_the_index_once():
    values = model(
        [{"name": "Play", "fields": [{"name": "viewer", "type": "string", "max_length": 40}]}],
        rules=[
            {"kind": "filter", "entity": "Play", "fields": ["viewer"]},
            {"kind": "sort", "entity": "Play", "fields": ["viewer"], "default": "viewer"},
        ],
    )
    assert [i.columns for i in schema(values).table("plays").indexes] == [["viewer", "id"], ["created_at", "id"]]
