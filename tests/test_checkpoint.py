"""The saver: as LangGraph's own, with each value stored once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import fakes
import ormsgpack
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver

from backend_agent.checkpoint import SessionSaver, open_saver
from backend_agent.errors import UserError
from backend_agent.pipeline import build_graph
from backend_agent.settings import DatabaseURL

pytestmark = pytest.mark.each_database
TASK = {"task": fakes.TASK.to_state()}


@pytest.fixture
def saver(database: Path | DatabaseURL) -> Iterator[SessionSaver]:
    opened = open_saver(database)
    yield opened
    opened.close()


def config(thread: str = "1", **more: str) -> Any:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": "", **more}}


def fill(saver: Any, thread: str = "1") -> list[Any]:
    """Three checkpoints; `a` changes in the first and third, `b` in the second."""
    place, made = config(thread), []
    values: dict[str, Any] = {}
    versions: dict[str, str] = {}
    for step, (channel, value) in enumerate([("a", {"n": 1}), ("b", ["x"]), ("a", {"n": 2})]):
        values, versions = {**values, channel: value}, {**versions, channel: f"{step + 1:032}.0"}
        checkpoint = {**empty_checkpoint(), "id": f"{step:08}", "channel_values": values, "channel_versions": versions}
        place = saver.put(place, checkpoint, {"source": "loop", "step": step}, {channel: versions[channel]})
        saver.put_writes(place, [("a", step), ("b", [step])], task_id=f"t{step}", task_path="p")
        made.append(place)
    return made


def as_plain(found: Any) -> Any:
    return (
        found.config, found.checkpoint["id"], found.checkpoint["channel_values"], found.checkpoint["channel_versions"],
        {k: found.metadata[k] for k in ("source", "step")}, found.parent_config, found.pending_writes,
    )  # fmt: skip


@pytest.mark.parametrize("which", [None, 0, 1, 2])
def test_gives_back_what_langgraphs_memory_saver_does(saver: SessionSaver, which: int | None) -> None:
    memory = InMemorySaver()
    ours, theirs = fill(saver), fill(memory)
    mine = saver.get_tuple(config() if which is None else ours[which])
    other = memory.get_tuple(config() if which is None else theirs[which])
    assert mine
    assert other
    assert as_plain(mine) == as_plain(other)


@pytest.mark.parametrize(
    "asked",
    [{}, {"limit": 2}, {"limit": 0}, {"filter": {"step": 1}}, {"filter": {"source": "other"}}, {"before": "00000002"}],
)
def test_lists_as_langgraphs_memory_saver_does(saver: SessionSaver, asked: dict[str, Any]) -> None:
    memory = InMemorySaver()
    fill(saver), fill(memory), fill(saver, "2"), fill(memory, "2")
    options = {**asked, "before": config(checkpoint_id=asked["before"])} if "before" in asked else asked
    mine = [as_plain(found) for found in saver.list(config(), **options)]
    assert mine == [as_plain(found) for found in memory.list(config(), **options)]


def test_a_half_used_list_holds_no_lock(saver: SessionSaver) -> None:
    fill(saver)
    half = saver.list(config())
    next(half)
    assert saver.get_tuple(config())


def test_writes_of_a_task_are_kept_once(saver: SessionSaver) -> None:
    place = fill(saver)[-1]
    saver.put_writes(place, [("a", "other")], task_id="t2")
    found = saver.get_tuple(place)
    assert found
    assert found.pending_writes == [("t2", "a", 2), ("t2", "b", [2])]


def test_deleting_a_thread_leaves_the_others_whole(saver: SessionSaver) -> None:
    fill(saver), fill(saver, "2")
    saver.delete_thread("1")
    assert saver.get_tuple(config()) is None
    kept = saver.get_tuple(config("2"))
    assert kept
    assert kept.checkpoint["channel_values"] == {"a": {"n": 2}, "b": ["x"]}
    saver.delete_thread("2")
    assert saver.conn.execute("SELECT count(*) FROM contents").fetchone() == (0,)


async def test_the_async_methods_do_the_same(saver: SessionSaver) -> None:
    made = fill(saver)
    found = await saver.aget_tuple(made[1])
    assert found == saver.get_tuple(made[1])
    assert [f async for f in saver.alist(config())] == list(saver.list(config()))
    await saver.aput_writes(made[1], [("c", 1)], "t9")
    await saver.aput(made[2], {**empty_checkpoint(), "id": "9"}, {"source": "loop"}, {})
    await saver.adelete_thread("1")
    assert await saver.aget_tuple(config()) is None


async def test_a_graph_runs_on_it_in_an_event_loop(saver: SessionSaver) -> None:
    graph = build_graph(stages=fakes.stages()).copy(update={"checkpointer": saver})
    values = await graph.ainvoke(TASK, config())
    assert values["documentation"]
    assert len([s async for s in graph.aget_state_history(config())]) > 9


def test_history_and_forks(saver: SessionSaver) -> None:
    author = fakes.Counting()
    graph = build_graph(stages=fakes.stages(), author=author).copy(update={"checkpointer": saver})
    graph.invoke(TASK, config())
    history = list(graph.get_state_history(config()))
    past = next(s for s in history if s.next == ("architecture",))
    author.wrote.clear()
    again = graph.invoke(None, past.config)
    assert "domain" not in author.wrote
    assert again["documentation"] == history[0].values["documentation"]
    edited = {**past.values["domain"], "notes": ["edited"]}
    fork = graph.update_state(past.config, {"domain": edited})
    assert graph.invoke(None, fork)["database"]["schema_overview"] == "edited"
    assert len(list(graph.get_state_history(config()))) > len(history)
    assert past.values == next(s for s in graph.get_state_history(config()) if s.config == past.config).values


def test_each_distinct_value_is_stored_once(saver: SessionSaver) -> None:
    big = [{"text": f"statement number {i} of many"} for i in range(20_000)]
    place = config()
    for step in range(20):
        versions = {"big": "1", "n": str(step)}
        checkpoint = {
            **empty_checkpoint(), "id": f"{step:08}", "channel_values": {"big": big, "n": step},
            "channel_versions": versions,
        }  # fmt: skip
        new = versions if step == 0 else {"n": str(step)}
        place = saver.put(place, checkpoint, {"source": "loop"}, new)  # type: ignore[arg-type]
        saver.put_writes(place, [("big", big)], task_id="t")
    assert saver.conn.execute("SELECT count(*) FROM contents WHERE length(value) > 10000").fetchone() == (1,)


def test_size_of_a_session_against_its_artifacts(tmp_path: Path) -> None:
    def code(given: Any) -> Any:
        made = fakes.STAGES["code"].draft(given)
        texts = [Random(n).randbytes(900).hex() for n in range(300)]  # hardly to be compressed
        files = [made.files[0].model_copy(update={"content": text, "path": f"f{n}"}) for n, text in enumerate(texts)]
        return made.model_copy(update={"files": files})

    path = tmp_path / "s.db"
    saver = open_saver(path)
    graph = build_graph(stages=fakes.stages(code=code)).copy(update={"checkpointer": saver})
    values = graph.invoke(TASK, config())
    saver.close()
    assert path.stat().st_size <= 1.5 * sum(len(json.dumps(v)) for v in values.values())


def test_a_row_never_makes_an_object(saver: SessionSaver) -> None:
    """A forged row names a class to build; what comes back is data."""
    evil = ormsgpack.packb(
        ormsgpack.Ext(2, ormsgpack.packb(("subprocess", "Popen", {"args": ["touch", "/tmp/never"]})))
    )
    import zlib

    fill(saver)
    saver.conn.execute("UPDATE contents SET type = 'msgpack', value = ?", (zlib.compress(evil),))
    found = saver.get_tuple(config())
    assert found
    assert not Path("/tmp/never").exists()
    for value in found.checkpoint["channel_values"].values():
        assert type(value).__module__ == "builtins"


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database at all " * 100)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for path in (text, other, tmp_path):
        with pytest.raises(UserError, match="BACKEND_AGENT_DATABASE"):
            open_saver(path)


def test_many_may_open_a_new_database_at_once(database: Path | DatabaseURL) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def use(number: int) -> int:
        saver = open_saver(database)
        fill(saver, str(number))
        found = len(list(saver.list(config(str(number)))))
        saver.close()
        return found

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(use, range(12))) == [3] * 12


def test_size_of_a_bookshop_session(tmp_path: Path) -> None:
    from backend_agent import BackendAgent, BackendTask
    from backend_agent.settings import Settings

    path = tmp_path / "s.db"
    task = BackendTask.from_file(Path(__file__).parents[1] / "examples" / "bookshop.yaml")
    result = BackendAgent(Settings(database=path, verify=False)).develop(task)
    artifacts = [json.dumps(result.plain(name)) for name in ("task", *fakes.STAGES)]
    assert path.stat().st_size <= 1.5 * sum(map(len, artifacts))
