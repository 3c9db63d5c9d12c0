"""Settings from the environment, progress and stopping: the lowest layer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backend_agent import progress, settings, stop
from backend_agent.errors import UserError
from backend_agent.settings import Settings


def test_every_field_is_an_environment_variable() -> None:
    given = Settings.from_environment({
        "BACKEND_AGENT_DATABASE": "/tmp/s.db", "BACKEND_AGENT_THRESHOLD": "0.5", "BACKEND_AGENT_MAX_ROUNDS": "0",
        "BACKEND_AGENT_VERIFY": "off", "BACKEND_AGENT_POSTGRES_URL": "postgresql://postgres@localhost/postgres",
        "BACKEND_AGENT_PROMPTS": "/tmp/prompts", "BACKEND_AGENT_VERIFY_SECONDS": "9",
        "BACKEND_AGENT_QUEUE": "postgresql://postgres@localhost/queue", "OTHER": "x",
    })  # fmt: skip
    assert given == Settings(
        database=Path("/tmp/s.db"), threshold=0.5, max_rounds=0, verify=False,
        postgres_url="postgresql://postgres@localhost/postgres", prompts=Path("/tmp/prompts"), verify_seconds=9,
        queue="postgresql://postgres@localhost/queue",
    )  # fmt: skip


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"BACKEND_AGENT_THRESHOLD": " "}).threshold == 0.7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THRESHOLD", "2"),
        ("THRESHOLD", "x"),
        ("MAX_ROUNDS", "1.5"),
        ("VERIFY", "perhaps"),
        ("POSTGRES_URL", "x"),
        ("VERIFY_SECONDS", "²"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(UserError, match=f"^BACKEND_AGENT_{name} is "):
        Settings.from_environment({f"BACKEND_AGENT_{name}": value})


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Settings(postgres_url="postgresql://me:secret@localhost/x"))
    assert "secret" not in repr(Settings(queue="postgresql://me:secret@localhost/x"))


def test_none_changes_nothing() -> None:
    assert Settings(verify=False).with_changes(verify=None, threshold=0.1) == Settings(verify=False, threshold=0.1)


def test_the_settings_in_use_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND_AGENT_THRESHOLD", "0.3")
    assert settings.current().threshold == 0.3
    with settings.use(Settings(threshold=0.9)):
        assert settings.current().threshold == 0.9
    assert settings.current().threshold == 0.3


@pytest.mark.parametrize(("platform", "part"), [("linux", ".local"), ("darwin", "Library"), ("win32", "AppData")])
def test_the_data_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, platform: str, part: str) -> None:
    monkeypatch.setattr(settings.sys, "platform", platform)
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert part in settings.data_folder().parts


def test_progress_goes_to_the_watcher_and_to_nobody_else() -> None:
    events: list[dict[str, object]] = []
    progress.tell("before")
    with progress.watched_by(events.append):
        progress.tell("inside", stage="api")
    progress.tell("after")
    assert events == [{"event": "inside", "stage": "api"}]


def test_a_stop_reaches_work_that_waits() -> None:
    waiting = threading.Event()
    with stop.on_signals() as request, stop.calling(waiting.set):
        request.request()
    assert waiting.is_set()
    late = threading.Event()
    with stop.on_signals() as request:
        request.request()
        with stop.calling(late.set):
            assert late.is_set()


def test_without_a_run_there_is_nothing_to_stop() -> None:
    with stop.calling(lambda: pytest.fail("called")):
        pass
