"""The three-way merge: every outcome, both ways to merge a text, and that no edit is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend_agent.codegen import merge_text as texts
from backend_agent.codegen.disk import Folder
from backend_agent.codegen.merge import After, Foreign, MergePlan, Outcome, plan

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BASE = "one\ntwo\nthree\nfour\nfive\n"
MINE = "ONE\ntwo\nthree\nfour\nfive\n"
NEW = "one\ntwo\nthree\nfour\nFIVE\n"
BOTH = "ONE\ntwo\nthree\nfour\nFIVE\n"
CLASH = (
    "<<<<<<< yours\nMINE\n||||||| generated before\none\n=======\nNEW\n>>>>>>> generated now\ntwo\nthree\nfour\nfive\n"
)


def only(base: str | None, new: str | None, there: Any, path: str = "a.py", **more: Any) -> Outcome:
    """Return what becomes of one file."""
    disk = {path: there.encode() if isinstance(there, str) else there, **more} if there is not None else more
    made = plan({} if base is None else {path: base}, {} if new is None else {path: new}, disk)
    assert len(made.outcomes) == 1
    return made.outcomes[0]


@pytest.mark.parametrize(
    ("base", "new", "there", "kind", "content"),
    [
        (BASE, BASE, BASE, "unchanged", None),
        (BASE, NEW, NEW, "unchanged", None),
        (None, NEW, NEW, "unchanged", None),
        (BASE, NEW, BASE, "updated", NEW),
        (None, NEW, None, "added", NEW),
        (BASE, BASE, MINE, "kept", None),
        (BASE, BASE, b"\xff\x00", "kept", None),
        (BASE, NEW, BOTH, "kept", None),
        (BASE, NEW, MINE, "merged", BOTH),
        (BASE, BASE.replace("one", "NEW"), BASE.replace("one", "MINE"), "conflict", CLASH),
        (BASE, None, BASE, "deleted", None),
        (BASE, None, MINE, "conflict", None),
        (BASE, BASE, None, "kept_deleted", None),
        (BASE, NEW, None, "kept_deleted", None),
    ],
)
def test_every_outcome(base: str | None, new: str | None, there: Any, kind: str, content: str | None) -> None:
    outcome = only(base, new, there)
    assert (outcome.kind, outcome.content) == (kind, content.encode() if content else None)
    assert outcome.place == ""
    assert bool(outcome.note) == (kind == "conflict" or (there is None and base not in (None, new)))


def test_what_is_gone_on_both_sides_is_no_news() -> None:
    assert plan({"a": "x"}, {}, {}) == MergePlan(())


def test_what_was_never_generated_is_not_looked_at() -> None:
    assert plan({}, {}, {"mine.py": b"x"}).outcomes == ()


@pytest.mark.parametrize("there", [b"\xff\xfe", b"a\0b"])
def test_a_file_that_is_no_text_stays_and_the_new_text_goes_beside_it(there: bytes) -> None:
    outcome = only(BASE, NEW, there)
    assert (outcome.kind, outcome.place, outcome.content) == ("conflict", "a.py.new", NEW.encode())
    assert "is no UTF-8 text: it stays" in outcome.note


def test_a_file_of_the_users_where_one_is_generated_now_stays() -> None:
    outcome = only(None, NEW, "mine\n")
    assert (outcome.kind, outcome.place, outcome.content) == ("conflict", "a.py.new", NEW.encode())


def test_the_place_beside_is_a_free_one() -> None:
    taken: dict[str, Any] = {"a.py.new": b"mine too", "a.py.new-2": Foreign("is a folder")}
    assert only(None, NEW, "mine\n", **taken).place == "a.py.new-3"
    assert only(None, NEW, "mine\n", **{"a.py.new": NEW.encode()}).place == "a.py.new"


@pytest.mark.parametrize(("new", "beside"), [(BASE, ""), (NEW, "a.py.new")])
def test_markers_that_still_stand_are_said_again_and_never_nested(new: str, beside: str) -> None:
    outcome = only(BASE, new, CLASH)
    assert (outcome.kind, outcome.place) == ("conflict", beside)
    assert "still has the markers" in outcome.note


@pytest.mark.parametrize("there", [BASE, MINE])
def test_a_revision_is_never_rewritten(there: str) -> None:
    outcome = only(BASE, NEW, there, "migrations/versions/0001_initial.py")
    assert (outcome.kind, outcome.content) == ("conflict", None)
    assert "may have been applied" in outcome.note


def test_a_revision_is_added_kept_and_never_deleted() -> None:
    path = "migrations/versions/0002_more.py"
    assert only(None, NEW, None, path).kind == "added"
    assert only(BASE, BASE, MINE, path).kind == "kept"
    assert (only(BASE, None, BASE, path).kind, only(BASE, None, BASE, path).content) == ("conflict", None)
    assert only(None, NEW, "mine\n", path).place == f"{path}.new"


@pytest.mark.parametrize("how", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t, lambda t: t.rstrip("\n")])
def test_line_ends_marks_and_a_missing_last_line_end_survive(how: Callable[[str], str]) -> None:
    new = NEW.replace("FIVE", "five").replace("three", "THREE")
    both = BOTH.replace("FIVE", "five").replace("three", "THREE")
    assert only(BASE, new, how(MINE)).content == how(both).encode()


def test_other_line_ends_alone_are_no_edit() -> None:
    crlf = BASE.replace("\n", "\r\n")
    assert only(BASE, BASE, crlf).kind == "unchanged"
    assert only(BASE, None, crlf).kind == "deleted"
    assert only(BASE, NEW, crlf) == Outcome("a.py", "updated", NEW.replace("\n", "\r\n").encode())


def test_markers_have_the_line_ends_of_the_file() -> None:
    mine = BASE.replace("one", "MINE").replace("\n", "\r\n")
    content = only(BASE, BASE.replace("one", "NEW"), mine).content
    assert content == CLASH.replace("\n", "\r\n").encode()
    assert texts.has_markers(CLASH.replace("\n", "\r\n"))


def test_mixed_line_ends_stay_line_by_line() -> None:
    content = only(BASE, NEW, "one\r\ntwo\nthree\nfour\nfive\n").content
    assert content == b"one\r\ntwo\nthree\nfour\nFIVE\n"


def test_a_file_may_make_way_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    made = plan({"a": "x"}, {"a/b": "y"}, Folder(tmp_path))
    assert list(made.results.items()) == [("a", None), ("a/b", b"y")]
    (tmp_path / "a").write_text("mine")
    assert made.results != plan({"a": "x"}, {"a/b": "y"}, Folder(tmp_path)).results == {}


def test_a_plan_can_be_planned_upon() -> None:
    first = plan({"a": BASE, "b": BASE}, {"a": NEW}, {"a": MINE.encode(), "b": BASE.encode()})
    after = After(first.results, {"a": MINE.encode(), "b": BASE.encode()})
    assert (after.get("a"), after.get("b"), after.get("c")) == (BOTH.encode(), None, None)


def test_links_folders_and_twins_are_seen_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text("secret")
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "File").write_text("x")
    seen = {path: Folder(root).get(path) for path in ("link", "link/x", "folder", "file", "File/x", "none", "File")}
    assert seen == {
        "link": Foreign("is a link"),
        "link/x": Foreign("lies behind the link link", beside=False),
        "folder": Foreign("is a folder"),
        "file": Foreign("differs from your File in case only"),
        "File/x": Foreign("lies below File, which is no folder", beside=False, under="File"),
        "none": None,
        "File": b"x",
    }


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert Folder(tmp_path).get("closed/x") == Foreign("cannot be read (Permission denied)", beside=False)


def test_what_is_foreign_is_left_alone() -> None:
    assert only(BASE, BASE, Foreign("is a link")).kind == "kept"
    assert only(BASE, NEW, Foreign("is a link")).place == "a.py.new"
    assert only(BASE, NEW, Foreign("lies behind the link a", beside=False)).content is None
    assert only(BASE, None, Foreign("is a link")).content is None


EDITS = st.lists(st.tuples(st.integers(0, 19), st.sampled_from("adi")), max_size=4)


def edited(lines: list[str], edits: list[tuple[int, str]], tag: str) -> str:
    """Return lines of which some are altered, deleted, or have one inserted before them; each line of text its own."""
    out = list(lines)
    for number, (place, kind) in enumerate(sorted(edits, reverse=True)):
        if place < len(out):
            line = [f"{tag} {number} \N{SNOWMAN}\n"]
            out[place : place + (kind != "i")] = [] if kind == "d" else line
    return "".join(out)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@given(size=st.integers(0, 20), mine=EDITS, new=EDITS, cut=st.booleans(), same=st.booleans())
@FEW
def test_both_ways_to_merge_agree(
    size: int, mine: list[tuple[int, str]], new: list[tuple[int, str]], cut: bool, same: bool
) -> None:
    lines = [f"line {n}\n" for n in range(size)]
    base, left, right = "".join(lines), edited(lines, mine, "mine"), edited(lines, new, "mine" if same else "new")
    left = left.rstrip("\n") if cut else left
    by_git = texts._by_git(str(shutil.which("git")), base, left, right)
    assert by_git == texts.diff3(base, left, right)


@given(mine=EDITS, new=EDITS, without_git=st.booleans())
@FEW
def test_edits_in_places_that_the_generator_left_alone_survive(
    monkeypatch: pytest.MonkeyPatch, mine: list[tuple[int, str]], new: list[tuple[int, str]], without_git: bool
) -> None:
    head, middle, tail = ([f"{part} {n}\n" for n in range(20)] for part in ("head", "middle", "tail"))
    generated = edited(tail, new, "new")
    own = edited(head, mine, "mine")
    with monkeypatch.context() as patch:
        if without_git:
            patch.setattr(texts.shutil, "which", lambda name: None)
        outcome = only("".join(head + middle + tail), "".join(head + middle) + generated, own + "".join(middle + tail))
    if outcome.content is not None:
        assert outcome.content.decode() == own + "".join(middle) + generated
    assert outcome.kind in ("unchanged", "kept", "updated", "merged")


@given(st.text("ab\n\r\u2028", max_size=12), st.text("ab\n\r\u2028", max_size=12), st.text("ab\n\r", max_size=12))
@FEW
def test_merges_of_anything_end_and_have_no_lines_of_their_own(base: str, mine: str, new: str) -> None:
    merged = texts.diff3(base, mine, new)
    known = {line.rstrip("\n") for text in (base, mine, new) for line in texts._lines(text)}
    marks = {"<<<<<<< yours", "||||||| generated before", "=======", ">>>>>>> generated now"}
    assert {line.rstrip("\n") for line in texts._lines(merged.text)} <= known | (set() if merged.clean else marks)
    assert texts.diff3(base, base, new) == texts.Merged(new, clean=True)
    assert texts.diff3(base, mine, base) == texts.diff3(base, mine, mine) == texts.Merged(mine, clean=True)


def test_a_git_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/nowhere/git", shutil.which("false")):
        monkeypatch.setattr(texts.shutil, "which", lambda name, program=program: program)
        assert texts.merge_text(BASE, MINE, NEW) == texts.Merged(BOTH, clean=True)


def test_no_setting_of_the_users_has_a_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[merge]\n\tconflictStyle = merge\n[broken")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    mine, new = BASE.replace("one", "MINE"), BASE.replace("one", "NEW")
    assert texts.merge_text(BASE, mine, new) == texts.Merged(CLASH, clean=False)
    monkeypatch.setattr(texts, "diff3", None)
    texts.merge_text(BASE, mine, new)
