"""Writing: the folder is complete or untouched, and nothing is written outside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.codegen import write
from backend_agent.errors import UserError


def file(path: str, content: str = "x\n", *, executable: bool = False) -> GeneratedFile:
    return GeneratedFile(path=path, content=content, description="", executable=executable)


def test_writes_into_a_new_folder(tmp_path: Path) -> None:
    target = write([file("a.txt", "1\r\n2\n"), file("b/run", executable=True)], tmp_path / "deep" / "out")
    assert (target / "a.txt").read_bytes() == b"1\r\n2\n"
    assert (target / "b" / "run").stat().st_mode & 0o777 == 0o755
    assert [p.name for p in target.parent.iterdir()] == ["out"]


def test_writes_into_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (write([file("a.txt")], tmp_path / "out") / "a.txt").is_file()


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
