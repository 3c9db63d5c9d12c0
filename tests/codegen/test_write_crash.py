"""A write that fails is undone; one that is killed is finished by the next; at every step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.codegen import apply, write
from backend_agent.codegen.apply import PENDING
from backend_agent.codegen.record import BASE, FOLDER, MANIFEST, base_file
from backend_agent.errors import UserError

LINES = "".join(f"line {n}\n" for n in range(12))
FIRST = {"a.py": LINES, "clash.py": LINES, "gone/b.py": LINES, "news.py": "1\n", "gone/c.py": LINES, "binary": "x\n"}
SECOND = {
    "a.py": LINES.replace("line 9", "NINE"),
    "clash.py": LINES.replace("line 0", "NEW"),
    "news.py": "2\n",
    "deep/er/more.py": "more\n",
    "binary": "y\n",
}
THIRD = {**SECOND, "a.py": SECOND["a.py"].replace("line 5", "FIVE"), "news.py": "3\n", "gone/c.py": "again\n"}
STEPS = ("_store", "_put_aside", "_replace", "_remove", "_prune", "_still")
"""The functions that may fail; a process may also be killed while it clears up."""


class Killed(BaseException):
    """Nothing runs after it: neither what undoes, nor anything else."""


@contextmanager
def failing(at: int, error: Callable[[], BaseException], *, dead: bool) -> Iterator[list[str]]:
    """Let the step with number `at` fail, and all after it when the process is `dead`; yield those that were run."""
    ran: list[str] = []

    with pytest.MonkeyPatch.context() as patch:
        for name in (*STEPS, "_clear") if dead else STEPS:
            step = getattr(apply, name)

            def run(*args: object, name: str = name, step: Callable[..., None] = step, **more: object) -> None:
                ran.append(name)
                if len(ran) - 1 == at or (dead and len(ran) > at):
                    raise error()
                step(*args, **more)

            patch.setattr(apply, name, run)
        yield ran


def project(texts: Mapping[str, str]) -> list[GeneratedFile]:
    files = [GeneratedFile(path=path, content=content, description="") for path, content in texts.items()]
    manifest = GeneratedFile(path=MANIFEST, content=json.dumps(sorted(texts)), description="")
    return [*files, base_file(files), manifest]


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: what is killed here is a process, not the machine."""
    monkeypatch.setattr(apply.os, "fsync", lambda handle: None)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    folder = write(project(FIRST), tmp_path / "edited").folder
    for name in ("a.py", "clash.py"):
        (folder / name).write_text(LINES.replace("line 0", "MINE"))
    (folder / "binary").write_bytes(b"\xff")
    return folder


def written(source: Path, target: Path, *texts: Mapping[str, str]) -> Path:
    """Return a copy of a folder after writes that nothing disturbed."""
    shutil.copytree(source, target)
    for each in texts:
        write(project(each), target)
    return target


def killed_everywhere(edited: Path, place: Path) -> Iterator[Path]:
    """Yield copies of a folder, each killed one step later, until one is not killed."""
    for at in range(200):
        folder = written(edited, place / str(at))
        if not killed(at, folder):
            assert at > 20
            return
        yield folder


def killed(at: int, folder: Path) -> bool:
    """Write, be killed at a step; return whether there was such a step."""
    with failing(at, Killed, dead=True):
        try:
            write(project(SECOND), folder)
        except Killed:
            return True
    return False


def test_each_failure_is_undone(edited: Path, tmp_path: Path) -> None:
    before, after = tree(edited), tree(written(edited, tmp_path / "undisturbed", SECOND))
    for at in range(200):
        with failing(at, lambda: OSError(28, "No space left on device"), dead=False) as ran:
            try:
                write(project(SECOND), edited)
            except UserError as error:
                assert "No space left on device; nothing was changed" in str(error)
        if len(ran) <= at:
            break
        assert tree(edited) == before, ran
        assert not (edited / "deep").exists()
    assert at > 20
    write(project(SECOND), edited)
    assert tree(edited) == after


def test_ctrl_c_is_undone_too(edited: Path) -> None:
    before = tree(edited)
    with failing(20, KeyboardInterrupt, dead=False), pytest.raises(KeyboardInterrupt):
        write(project(SECOND), edited)
    assert tree(edited) == before


def test_a_killed_write_is_finished_by_the_same(edited: Path, tmp_path: Path) -> None:
    expected = tree(written(edited, tmp_path / "undisturbed", SECOND))
    for folder in killed_everywhere(edited, tmp_path):
        done = tree(folder).get(BASE) == expected[BASE] and not (folder / PENDING).exists()
        dry = write(project(SECOND), folder, dry_run=True)
        report = write(project(SECOND), folder)
        assert tree(folder) == expected
        assert {conflict.path for conflict in report.conflicts} == {"clash.py"} | (set() if done else {"binary"})
        assert dry.to_state() == {**report.to_state(), "dry_run": True}


def test_a_killed_write_is_finished_before_another(edited: Path, tmp_path: Path) -> None:
    finished = tree(written(edited, tmp_path / "finished", SECOND, THIRD))
    never_begun = tree(written(edited, tmp_path / "never", THIRD))
    for folder in killed_everywhere(edited, tmp_path):
        expected = finished if (folder / PENDING).exists() or "more.py" in str(list(tree(folder))) else never_begun
        dry = write(project(THIRD), folder, dry_run=True)
        report = write(project(THIRD), folder)
        assert tree(folder) == expected
        assert dry.to_state() == {**report.to_state(), "dry_run": True}


def test_edits_after_the_kill_survive(edited: Path, tmp_path: Path) -> None:
    for folder in killed_everywhere(edited, tmp_path):
        there = folder / "a.py"
        there.write_text(there.read_text().replace("line 3", "LATER"))
        (folder / "news.py").unlink()
        report = write(project(THIRD), folder)
        assert there.read_text() == (THIRD["a.py"].replace("line 0", "MINE").replace("line 3", "LATER")), (
            "both edits and both changes"
        )
        assert not (folder / "news.py").exists()
        assert "news.py" in report.kept_deleted


def test_finishing_may_be_killed_too(edited: Path, tmp_path: Path) -> None:
    expected = tree(written(edited, tmp_path / "undisturbed", SECOND))
    for number, folder in enumerate(killed_everywhere(edited, tmp_path)):
        if number % 5 == 0:
            for at in range(0, 40, 3):
                killed(at, folder)
            write(project(SECOND), folder)
            assert tree(folder) == expected


def test_finishing_may_fail_and_be_tried_again(edited: Path, tmp_path: Path) -> None:
    folder = next(f for f in killed_everywhere(edited, tmp_path) if (f / PENDING).exists())
    before = tree(folder)
    said = pytest.raises(UserError, match="Permission denied; the next write into it goes on from there")
    with failing(16, lambda: OSError(13, "Permission denied"), dead=False), said:
        write(project(SECOND), folder)
    left = {path: content for path, content in before.items() if not path.startswith(f"{FOLDER}/pending/")}
    assert tree(folder) == left
    write(project(SECOND), folder)
    assert tree(folder) == tree(written(edited, tmp_path / "undisturbed", SECOND))


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"texts": {"../x": ["", false]}, "results": {}, "conflicts": []}', '{"texts": {".git/x": 1}}'],
)
def test_a_damaged_journal_is_one_line(edited: Path, content: str) -> None:
    (edited / PENDING).write_text(content)
    before = tree(edited)
    with pytest.raises(UserError, match=r"pending\.json is damaged"):
        write(project(SECOND), edited)
    assert tree(edited) == before


def test_a_file_that_changes_meanwhile_stops_it(edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_aside = apply._put_aside

    def slow(place: Path, *args: object, **more: object) -> None:
        put_aside(place, *args, **more)  # type: ignore[arg-type]
        (edited / "news.py").write_text("meanwhile")

    before = tree(edited)
    monkeypatch.setattr(apply, "_put_aside", slow)
    with pytest.raises(UserError, match=r"news\.py was changed while"):
        write(project(SECOND), edited)
    assert tree(edited) == {**before, "news.py": b"meanwhile"}


def test_two_do_not_write_into_one_folder(edited: Path) -> None:
    with apply.alone(edited), pytest.raises(UserError, match="another process"):
        write(project(SECOND), edited)
    assert write(project(SECOND), edited).updated == ["news.py"]
