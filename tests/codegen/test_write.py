"""Writing: a folder is complete or untouched, what the user did there survives, and nothing is written outside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.codegen import WriteReport, write
from backend_agent.codegen.record import BASE, FOLDER, MANIFEST, base_file
from backend_agent.errors import UserError


def file(path: str, content: str = "x\n", *, executable: bool = False) -> GeneratedFile:
    return GeneratedFile(path=path, content=content, description="", executable=executable)


def test_writes_into_a_new_folder(tmp_path: Path) -> None:
    target = write([file("a.txt", "1\r\n2\n"), file("b/run", executable=True)], tmp_path / "deep" / "out").folder
    assert (target / "a.txt").read_bytes() == b"1\r\n2\n"
    assert (target / "b" / "run").stat().st_mode & 0o777 == 0o755
    assert [p.name for p in target.parent.iterdir()] == ["out"]


def test_writes_into_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (write([file("a.txt")], tmp_path / "out").folder / "a.txt").is_file()


@pytest.mark.parametrize("path", ["../up.txt", "/etc/x", "a/../../b", "a//b", ".", "a\\b", "a\0b"])
def test_refuses_paths_that_lead_outside(tmp_path: Path, path: str) -> None:
    with pytest.raises(UserError, match="is no path inside the project"):
        write([file("ok.txt"), file(path)], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        write([file("a.txt")], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_refuses_a_file_and_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(UserError, match="is not a folder"):
            write([file("a.txt")], tmp_path / name)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was changed"):
        write([file("a"), file("a/b")], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose another folder"):
        write([file("a")], tmp_path / "file" / "out")


LINES = "one\ntwo\nthree\nfour\nfive\n"
FIRST = {
    "same.py": LINES,
    "both.py": LINES,
    "clash.py": LINES,
    "mine.py": LINES,
    "old/gone.py": LINES,
    "app/news.py": "1\n",
}
SECOND = {
    "same.py": LINES,
    "both.py": LINES.replace("five", "FIVE"),
    "clash.py": LINES.replace("one", "NEW"),
    "mine.py": LINES,
    "app/news.py": "2\n",
    "app/more.py": "more\n",
}


def project(texts: Mapping[str, str], **task: Any) -> list[GeneratedFile]:
    """Return generated files with their record."""
    files = [file(path, content) for path, content in texts.items()]
    record = [file(f"{FOLDER}/artifacts/task.json", json.dumps(task)), base_file(files), file(MANIFEST, "{}")]
    return [*files, *record]


def tree(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A project that was generated and edited."""
    folder = write(project(FIRST), tmp_path / "out").folder
    (folder / "both.py").write_text(LINES.replace("one", "ONE"))
    (folder / "clash.py").write_text(LINES.replace("one", "MINE"))
    (folder / "mine.py").write_text("mine\n")
    (folder / "notes.txt").write_text("my own")
    return folder


def test_what_the_user_did_survives_and_is_reported(out: Path) -> None:
    report = write(project(SECOND), out)
    assert report == WriteReport(
        folder=out,
        unchanged=["same.py"],
        updated=["app/news.py"],
        added=["app/more.py"],
        kept=["mine.py"],
        merged=["both.py"],
        deleted=["old/gone.py"],
        conflicts=report.conflicts,
    )
    assert [conflict.path for conflict in report.conflicts] == ["clash.py"]
    there = tree(out)
    assert there["both.py"].decode() == LINES.replace("one", "ONE").replace("five", "FIVE")
    assert there["clash.py"].startswith(b"<<<<<<< yours\nMINE\n")
    assert (there["mine.py"], there["notes.txt"], there["app/news.py"]) == (b"mine\n", b"my own", b"2\n")
    assert not (out / "old").exists()
    assert json.loads(there[BASE])["files"] == SECOND
    assert sorted(p for p in there if p.startswith(FOLDER)) == [f"{FOLDER}/artifacts/task.json", BASE, MANIFEST]


def test_the_same_again_changes_nothing_and_still_says_what_is_open(out: Path) -> None:
    write(project(SECOND), out)
    before = tree(out)
    report = write(project(SECOND), out)
    assert tree(out) == before
    assert report.kept == ["both.py", "mine.py"]
    assert [conflict.note for conflict in report.conflicts] == ["still has the markers of an earlier merge"]
    (out / "clash.py").write_text("solved\n")
    assert write(project(SECOND), out).conflicts == []


def test_a_dry_run_says_the_same_and_writes_nothing(out: Path) -> None:
    before = tree(out)
    dry = write(project(SECOND), out, dry_run=True)
    assert tree(out) == before
    real = write(project(SECOND), out)
    assert dry.to_state() == {**real.to_state(), "dry_run": True}
    assert dry.lines()[:-1] == real.lines()[:-1]
    assert dry.summary().startswith("nothing was written; it would be: 1 added, 1 updated")
    assert json.loads(json.dumps(real.to_state()))["merged"] == ["both.py"]


def test_a_dry_run_into_a_new_folder(tmp_path: Path) -> None:
    assert write(project(FIRST), tmp_path / "out", dry_run=True).added == sorted(FIRST)
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_deleted_stays_deleted(out: Path) -> None:
    for name in ("same.py", "app/news.py"):
        (out / name).unlink()
    report = write(project(SECOND), out)
    assert (report.kept_deleted, report.outdated_deletions) == (["app/news.py", "same.py"], ["app/news.py"])
    assert not (out / "same.py").exists()
    assert not (out / "app/news.py").exists()
    assert "app/news.py was deleted by you" in "\n".join(report.lines())


def test_a_folder_without_a_record_of_its_own_gets_one(tmp_path: Path) -> None:
    folder = write([file("a.txt", LINES)], tmp_path / "out").folder
    (folder / "a.txt").write_text(LINES.replace("one", "ONE"))
    assert write([file("a.txt", LINES + "six\n")], folder).merged == ["a.txt"]


def test_a_link_is_neither_followed_nor_replaced(out: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "news.py").write_text("1\n")
    (out / "app" / "news.py").unlink()
    (out / "app").rmdir()
    (out / "app").symlink_to(tmp_path / "outside")
    (out / "same.py").unlink()
    (out / "same.py").symlink_to(tmp_path / "outside" / "news.py")
    report = write(project({**SECOND, "same.py": "other\n"}), out)
    assert tree(tmp_path / "outside") == {"news.py": b"1\n"}
    assert (out / "same.py").is_symlink()
    assert (out / "same.py.new").read_text() == "other\n"
    notes = {conflict.path: conflict.note for conflict in report.conflicts}
    assert "lies behind the link app" in notes["app/more.py"]
    assert "is a link: it stays" in notes["same.py"]


@pytest.mark.parametrize("place", [FOLDER, f"{FOLDER}/artifacts", BASE, f"{FOLDER}/artifacts/task.json"])
def test_a_record_behind_a_link_is_refused(out: Path, tmp_path: Path, place: str) -> None:
    (out / place).rename(tmp_path / "moved")
    (out / place).symlink_to(tmp_path / "moved")
    before = tree(out), tree(tmp_path / "moved") if (tmp_path / "moved").is_dir() else None
    with pytest.raises(UserError, match="link"):
        write(project(SECOND), out)
    assert (tree(out), tree(tmp_path / "moved") if (tmp_path / "moved").is_dir() else None) == before


def test_a_file_that_differs_in_case_only_is_said(out: Path) -> None:
    (out / "APP").mkdir()
    (out / "More.py").write_text("mine")
    report = write(project({**FIRST, "more.py": "x", "clash.py": LINES}), out)
    assert "differs from your More.py in case only" in report.conflicts[0].note
    assert (out / "more.py.new").read_text() == "x"
    with pytest.raises(UserError, match="differ in case only"):
        write([file("a/b"), file("a/B")], out)


def test_a_read_only_file_keeps_its_mode(out: Path) -> None:
    (out / "app/news.py").chmod(0o444)
    (out / "both.py").chmod(0o755)
    write(project(SECOND), out)
    assert (out / "app/news.py").read_text() == "2\n"
    assert (out / "app/news.py").stat().st_mode & 0o777 == 0o444
    assert (out / "both.py").stat().st_mode & 0o777 == 0o755


def test_a_new_file_may_be_run(out: Path) -> None:
    write([*project(FIRST), file("run", executable=True)], out)
    assert os.access(out / "run", os.X_OK)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is damaged"),
        ("\xff", "is damaged"),
        ("[]", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ('{"format": 1, "files": {"a": 1}}', "is damaged"),
        ('{"format": 1, "files": {"../a": "x"}}', "is damaged"),
        ('{"format": 1, "files": {".git/config": "x"}}', "is damaged"),
        ('{"format": 2, "files": {}}', "newer release"),
        (None, "is missing"),
    ],
)
def test_a_damaged_base_is_one_line(out: Path, content: str | None, says: str) -> None:
    (out / BASE).unlink()
    if content is not None:
        (out / BASE).write_bytes(content.encode("latin-1"))
    before = tree(out)
    with pytest.raises(UserError, match=says) as caught:
        write(project(SECOND), out)
    assert BASE in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "choose another folder" in str(caught.value)
    assert tree(out) == before


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ({"project_name": "Shop"}, {"project_name": "Clinic"}, "holds the project 'Shop', not 'Clinic'"),
        ({"type": "backend_development"}, {"type": "api_design"}, "holds a whole project"),
        ({"type": "api_design"}, {"type": "backend_development"}, ""),
    ],
)
def test_one_project_is_not_replaced_by_another(
    tmp_path: Path, first: dict[str, str], second: dict[str, str], says: str
) -> None:
    folder = write(project(FIRST, **first), tmp_path / "out").folder
    if says:
        with pytest.raises(UserError, match=says):
            write(project(SECOND, **second), folder)
    else:
        assert write(project(SECOND, **second), folder).conflicts == []


def test_a_stale_artifact_goes(out: Path) -> None:
    write([*project(FIRST), file(f"{FOLDER}/artifacts/api.json")], out)
    write(project(FIRST), out)
    assert not (out / FOLDER / "artifacts" / "api.json").exists()
