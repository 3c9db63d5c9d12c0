"""The graph: order, skipping, reruns, smaller graphs, progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import fakes
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from backend_agent import order, settings
from backend_agent.artifacts.database import Measure
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.task import BackendTask
from backend_agent.authors import DRAFT
from backend_agent.errors import UserError
from backend_agent.pipeline import RESULTS, STAGES, build_graph, graph_version, stages_for
from backend_agent.state import Artifacts

TASK = {"task": fakes.TASK.to_state()}
ALL = [stage.name for stage in fakes.STAGES.values()]


def assessment(round_: int, **findings: str) -> QualityAssessment:
    """An assessment that sends back the stages named, with one finding each."""
    return QualityAssessment(
        metrics=[], overall_score=0.1, confidence_score=0.1, results=[], recommendations=[],
        findings=[
            Finding(stage=stage, metric="security", severity="major", title=text, evidence="here")
            for stage, text in findings.items()
        ],
        weak_stages=sorted(findings), round=round_,
    )  # fmt: skip


def judging(*rounds: dict[str, str]) -> Callable[[Artifacts], QualityAssessment]:
    """A quality stage with prepared answers, one a round; good enough after the last."""

    def draft(given: Artifacts) -> QualityAssessment:
        number = given.quality.round if given.has("quality") else 0
        return assessment(number + 1, **(rounds[number] if number < len(rounds) else {}))

    return draft


def ran(author: fakes.Counting, **drafts: Any) -> tuple[list[str], dict[str, Any]]:
    """Run a whole graph; return the stages written, in order, and the values."""
    values = build_graph(stages=fakes.stages(**drafts), author=author).invoke(TASK)
    return author.wrote, values


def test_every_stage_runs_once_and_after_what_it_reads() -> None:
    wrote, _ = ran(fakes.Counting())
    assert sorted(wrote) == sorted(ALL)
    for stage in fakes.STAGES.values():
        for read in stage.reads:
            if read != "task":
                assert wrote.index(read) < wrote.index(stage.name)


def test_edges_are_the_transitive_reduction() -> None:
    following = order.successors(STAGES)
    assert following["requirements"] == ("domain",)
    assert set(following["architecture"]) == {"database", "api"}
    assert following["code"] == ("verification",)
    assert following["quality"] == ("documentation",)
    assert order.needs_deferring(STAGES) == {"code"}


def test_registry_is_in_an_order_in_which_everything_read_comes_first() -> None:
    seen = {"task", "released"}
    for stage in STAGES:
        assert set(stage.reads) <= seen
        seen.add(stage.name)


@pytest.mark.parametrize(
    ("weak", "again"),
    [
        (["api"], ["api", "security", "performance", "testing", "deployment", "code"]),
        (["security"], ["security", "code"]),
        (["database", "security"], ["database", "security", "performance", "deployment", "code"]),
        (["domain", "api"], [n for n in ALL if n not in ("requirements", "quality", "documentation", "verification")]),
    ],
)
def test_a_rerun_reaches_each_successor_once(weak: list[str], again: list[str]) -> None:
    """Every draft takes the round into its artifact, so that nothing is skipped for being the same."""
    author = fakes.Counting()
    rounds = [dict.fromkeys(weak, "weak")]
    wrote, _ = ran(author, quality=judging(*rounds), **_changing())
    second = wrote[wrote.index("quality") + 1 :]
    assert second.count("code") == 1
    assert second[-1] == "documentation"
    assert sorted(n for n in second if n not in ("verification", "quality", "documentation")) == sorted(again)
    assert sorted(author.heard) == sorted(weak)


def _changing() -> dict[str, Any]:
    """Drafts whose artifacts differ from call to call, so that nothing behind them is skipped for being the same."""
    calls: list[str] = []

    def changing(name: str, field: str, value: Callable[[str], Any]) -> Callable[[Artifacts], Any]:
        def draft(given: Artifacts) -> Any:
            calls.append(name)
            return fakes.STAGES[name].draft(given).model_copy(update={field: value(str(len(calls)))})

        return draft

    return {
        "domain": changing("domain", "notes", lambda n: [n]),
        "architecture": changing("architecture", "overview", str),
        "database": changing("database", "schema_overview", str),
        "api": changing("api", "title", str),
        "security": changing("security", "input_validation", lambda n: [Measure(name=n, detail=n)]),
    }


def test_a_rerun_that_brings_the_same_artifact_stops_there() -> None:
    author = fakes.Counting()
    wrote, values = ran(author, quality=judging({"api": "weak"}))
    assert wrote[wrote.index("quality") + 1 :] == ["api", "quality", "documentation"]
    assert values["quality"]["round"] == 2


def test_reruns_are_bounded() -> None:
    author = fakes.Counting()
    with settings.use(settings.Settings(max_rounds=2)):
        wrote, _ = ran(author, quality=judging(*({"api": f"weak {i}"} for i in range(9))))
    assert wrote.count("api") == 3
    assert wrote[-1] == "documentation"


def test_the_same_findings_are_not_sent_twice() -> None:
    author = fakes.Counting()
    wrote, _ = ran(author, quality=judging(*({"api": "the same"} for _ in range(9))))
    assert wrote.count("api") == 2


def test_no_rounds_no_reruns() -> None:
    author = fakes.Counting()
    with settings.use(settings.Settings(max_rounds=0)):
        wrote, _ = ran(author, quality=judging({"api": "weak"}))
    assert wrote.count("api") == 1


class Thread:
    """A thread that keeps its state from run to run, also under another graph."""

    def __init__(self) -> None:
        self.saver = InMemorySaver()
        self.events: list[dict[str, Any]] = []

    def run(self, given: Any = None, *, stages: Any = None, author: Any = DRAFT) -> dict[str, Any]:
        """Run with a new input and return the whole state, records included."""
        self.events.clear()
        graph = build_graph(stages=stages or fakes.stages(), author=author).copy(update={"checkpointer": self.saver})
        config: Any = {"configurable": {"thread_id": "1"}}
        self.events.extend(graph.stream(given or TASK, config, stream_mode="custom"))
        values: dict[str, Any] = graph.get_state(config).values
        return values

    def stages(self, event: str) -> list[str]:
        return [e["stage"] for e in self.events if e["event"] == event]


def test_running_again_with_the_same_input_does_no_work() -> None:
    thread = Thread()
    first = thread.run()
    assert thread.run() == first
    assert thread.stages("stage_finished") == []
    assert sorted(thread.stages("stage_skipped")) == sorted(ALL)


def test_a_changed_task_reruns_only_what_depends_on_the_change() -> None:
    thread = Thread()
    thread.run()
    changed = BackendTask.from_state({**fakes.TASK.to_state(), "description": "New words."})
    thread.run({"task": changed.to_state()})
    # The statements are the same, so only what reads the task itself works again; nothing follows from that.
    assert thread.stages("stage_finished") == ["requirements", "code", "quality", "documentation"]


def test_settings_that_a_stage_names_are_part_of_its_fingerprint() -> None:
    thread = Thread()
    with settings.use(settings.Settings(verify=False)):
        thread.run()
    with settings.use(settings.Settings(verify=True)):
        thread.run()
    assert thread.stages("stage_finished") == ["verification"]


def test_another_version_of_a_draft_writes_again() -> None:
    thread = Thread()
    thread.run()
    thread.run(stages=tuple(replace(s, version=2) if s.name == "documentation" else s for s in fakes.stages()))
    assert thread.stages("stage_finished") == ["documentation"]


def test_another_author_writes_again() -> None:
    thread = Thread()
    thread.run()
    author = fakes.Counting()
    thread.run(author=author)
    assert sorted(author.wrote) == sorted(ALL)


def test_what_a_rerun_brought_is_kept_when_nothing_changed() -> None:
    thread, author = Thread(), fakes.Counting()
    stages = fakes.stages(quality=judging({"api": "weak"}))
    thread.run(stages=stages, author=author)
    author.wrote.clear()
    thread.run(stages=stages, author=author)
    assert author.wrote == []


def test_records_hold_provenance_and_checks() -> None:
    records = Thread().run()["records"]
    assert set(records) == set(ALL)
    assert records["api"]["author"] == "draft"
    assert len(records["api"]["fingerprint"]) == 64
    assert records["api"]["checks"] == []


def test_the_state_holds_plain_values_and_the_graphs_version() -> None:
    import json

    state = Thread().run()
    assert json.loads(json.dumps(state)) == state
    assert state["graph_version"] == graph_version(fakes.stages())


def test_a_stage_reads_only_what_it_says() -> None:
    def nosy(given: Artifacts) -> Any:
        return given.api

    with pytest.raises(KeyError, match="not among what this stage reads"):
        ran(fakes.Counting(), database=nosy)


def test_a_bad_artifact_is_refused_before_it_is_kept() -> None:
    from pydantic import ValidationError

    def bad(given: Artifacts) -> Any:
        return fakes.STAGES["api"].draft(given).model_copy(update={"title": 5})

    with pytest.warns(UserWarning, match="serializer"), pytest.raises(ValidationError):
        ran(fakes.Counting(), api=bad)


def test_a_bad_value_in_the_state_is_one_line() -> None:
    with pytest.raises(UserError, match=r"task\.project_name"):
        build_graph(stages=fakes.stages()).invoke({"task": {"requirements": ["x"]}})


@pytest.mark.parametrize("kind", RESULTS)
def test_each_task_type_runs_what_its_result_needs(kind: str) -> None:
    chosen = [stage.name for stage in stages_for(kind)]
    assert {"requirements", "domain", "architecture", "quality", "documentation"} <= set(chosen)
    assert set(RESULTS[kind]) <= set(chosen)
    author = fakes.Counting()
    values = build_graph(until=kind, stages=tuple(fakes.STAGES.values()), author=author).invoke(TASK)
    assert sorted(author.wrote) == sorted(n for n in values if n != "task")


def test_api_design_stops_after_the_api() -> None:
    chosen = [stage.name for stage in stages_for("api_design")]
    assert chosen == ["requirements", "domain", "architecture", "api", "quality", "documentation"]


def test_until_a_stage_ends_with_it() -> None:
    assert [stage.name for stage in stages_for("database")][-1] == "database"


def test_until_something_unknown_is_refused() -> None:
    with pytest.raises(UserError, match="neither a task type nor a stage"):
        build_graph(until="design")


def test_progress_tells_of_every_stage() -> None:
    thread = Thread()
    thread.run()
    assert sorted(thread.stages("stage_started")) == sorted(ALL) == sorted(thread.stages("stage_finished"))
    assert all(event["title"] for event in thread.events)


def test_the_graph_shows_its_name_titles_and_schemas() -> None:
    graph = build_graph()
    assert graph.name == "backend_developer"
    assert graph.nodes["api"].metadata == {"title": "API"}
    assert "BackendTask" in graph.get_input_jsonschema()["$defs"]
    assert "records" not in graph.get_output_jsonschema()["properties"]
    assert graph.checkpointer is None


def test_the_graph_can_be_a_node_of_another() -> None:
    from langgraph.graph import END, START, StateGraph

    from backend_agent.state import State

    parent = StateGraph(State)
    parent.add_node("develop", build_graph(stages=fakes.stages()))
    parent.add_edge(START, "develop")
    parent.add_edge("develop", END)
    values = parent.compile().invoke(TASK)  # type: ignore[arg-type]
    assert values["documentation"]["pages"]


async def test_the_graph_runs_in_an_event_loop() -> None:
    values = await build_graph(stages=fakes.stages()).ainvoke(TASK)
    assert values["code"]["files"]
