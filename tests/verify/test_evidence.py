"""Evidence is the same from run to run."""

from __future__ import annotations

import sys

import pytest

from backend_agent.verify.evidence import last_lines, tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/tmp/x/project/app/main.py:3", "app/main.py:3"),
        ("in /tmp/x/project", "in ."),
        (f"{sys.prefix}/lib/x.py", "<python>/lib/x.py"),
        ("row 6f1c7d0e-8a53-4b56-9d0c-2b6d0f5a3e11", "row <uuid>"),
        ("at 2026-11-22T22:59:01.123+00:00!", "at <time>!"),
        ("at 2026-11-22 22:59:01", "at <time>"),
        ("<object at 0x7fe8a9fed310>", "<object at <address>>"),
        ("http://127.0.0.1:48213/x", "http://127.0.0.1:<port>/x"),
        ("('127.0.0.1', 48213)", "('127.0.0.1', <port>)"),
        ("backend_agent_verify_01ab23", "<database>"),
        ("2 passed in 3.41s", "2 passed in <duration>"),
        ("postgresql://me:secret@db.example.com/x", "postgresql://<account>@db.example.com/x"),
        ("in 20 s limit", "in 20 s limit"),
        ("process [4711] ended", "process <pid> ended"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "token <token>"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("line 12, 3 of 4, R-001, 404", "line 12, 3 of 4, R-001, 404"),
    ],
)
def test_tidy(text: str, expected: str) -> None:
    assert tidy(text, "/tmp/x/project", "/tmp/x") == expected


def test_long_evidence_is_cut() -> None:
    assert len(tidy("x" * 5000)) < 1100


def test_last_lines() -> None:
    assert last_lines("a\n\nb\n \nc\n", 2) == "b\nc"
