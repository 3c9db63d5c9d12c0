"""Every verifier passes the sample, and catches what it is there for."""

from __future__ import annotations

import json

import pytest
from verify.sample import INITIAL, MAIN, PYPROJECT, TABLES, TESTS, evidence, sample_files, verified

from backend_agent.verify.process import Limits
from backend_agent.verify.registry import VERIFIERS
from backend_agent.verify.verifier import Verifier

BY_NAME = {verifier.name: verifier for verifier in VERIFIERS}
ON_SQLITE = [verifier for verifier in VERIFIERS if not verifier.name.endswith("_postgresql")]


@pytest.mark.parametrize("verifier", ON_SQLITE, ids=lambda verifier: verifier.name)
def test_the_sample_passes(verifier: Verifier) -> None:
    run = verified(verifier)
    assert (run.verdict, evidence(run), run.reason) == ("pass", "", "")
    assert run.version
    assert run.detail


def _document(change: str) -> str:
    document = json.loads(sample_files()["openapi.json"])
    if change == "missing":
        del document["paths"]["/things"]
    elif change == "type":
        document["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"] = {
            "type": "integer"
        }
    elif change == "reference":
        document["paths"]["/things"]["get"]["responses"]["200"] = {"$ref": "#/components/responses/Nothing"}
    elif change == "twice":
        document["paths"]["/readyz"]["get"]["operationId"] = "healthz"
    elif change == "version":
        del document["openapi"]
    return json.dumps(document)


MAIN_WITHOUT_THINGS = MAIN.split('@app.get("/things"')[0].rstrip() + "\n"
ENDS_AT_START = MAIN + '\n\n@app.on_event("startup")\nasync def stop() -> None:\n    raise SystemExit(3)\n'
NEVER_READY = MAIN.replace(
    '    """Say that requests can be served."""\n',
    "    raise HTTPException(503)\n",
).replace("import FastAPI", "import FastAPI, HTTPException")
MUTANTS: list[tuple[str, dict[str, str | None], str]] = [
    ("imports", {"app/extra.py": "import nowhere\n"}, "app.extra: ModuleNotFoundError: No module named 'nowhere'"),
    ("imports", {"app/extra.py": "def broken(:\n"}, "app.extra: SyntaxError"),
    ("imports", {"app/extra.py": "import sys\n\nsys.exit(0)\n"}, "app.extra: SystemExit"),
    (
        "imports",
        {"app/one.py": "from app.two import b\n\na = 1\n", "app/two.py": "from app.one import a\n\nb = 2\n"},
        "circular import",
    ),
    ("lint", {"app/extra.py": "import os\n"}, "app/extra.py:1: F401"),
    ("lint", {"app/extra.py": "x = { 'a':1 }\n"}, "app/extra.py: is not formatted"),
    ("types", {"app/extra.py": 'x: int = "one"\n'}, "app/extra.py:1: Incompatible types in assignment"),
    ("types", {"app/extra.py": "def untyped(x):\n    return x\n"}, "app/extra.py:1: Function is missing"),
    ("contracts", {"app/tables.py": TABLES + "\nimport app.main\n"}, "app.tables -> app.main"),
    ("contracts", {"pyproject.toml": PYPROJECT.split("[tool.importlinter]")[0]}, "no import contract"),
    ("dependencies", {"requirements.lock": "fastapi==0.1\n"}, "sqlalchemy>=0.1 is not in requirements.lock"),
    (
        "dependencies",
        {"pyproject.toml": PYPROJECT.replace("fastapi>=0.1", "fastapi>=900")},
        "pyproject.toml asks for fastapi>=900",
    ),
    ("dependencies", {"requirements.lock": "fastapi>=0.1\n"}, "requirements.lock:1: fastapi>=0.1 is not pinned"),
    ("dependencies", {"requirements.lock": None}, "there is no requirements.lock"),
    ("bandit", {"app/extra.py": "x = eval(input())\n"}, "app/extra.py:1: B307"),
    ("weaknesses", {"app/extra.py": "jwt.decode(token, key)\n"}, "a token may choose its own algorithm"),
    (
        "weaknesses",
        {"app/extra.py": 'jwt.decode(t, k, algorithms=["HS256"], options={"verify_signature": False})\n'},
        "app/extra.py:1: a token's signature is not verified",
    ),
    ("weaknesses", {"app/extra.py": 'jwt.decode(t, k, algorithms=["HS256", "none"])\n'}, "without a signature"),
    (
        "weaknesses",
        {"app/extra.py": 'jwt.decode(t, k, ["HS256"], {}, options={"verify_exp": False})\n'},
        "never expires",
    ),
    (
        "weaknesses",
        {"app/extra.py": 'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'},
        "any origin may call",
    ),
    ("weaknesses", {"app/extra.py": "app = FastAPI(debug=True)\n"}, "debug mode"),
    ("weaknesses", {"app/extra.py": 'connection.execute(text(f"SELECT {name}"))\n'}, "SQL is put together"),
    ("weaknesses", {"app/extra.py": 'connection.fetch("SELECT " + name)\n'}, "SQL is put together"),
    ("weaknesses", {"app/extra.py": 'def f(x):\n    for x in ("a",):\n        execute(f"PRAGMA {x}")\n'}, "SQL is put"),
    ("weaknesses", {"app/extra.py": "create_async_engine(url, echo=True)\n"}, "goes into the log"),
    ("secrets", {".env": 'AWS_SECRET = "AKIAIOSFODNN7EXAMPLA"\n'}, ".env:1: AWS Access Key"),
    ("secrets", {"app/extra.py": 'password = "hunter2hunter2"\n'}, "app/extra.py:1: Secret Keyword"),
    ("openapi", {"openapi.json": None}, "there is no openapi.json"),
    ("openapi", {"openapi.json": "{"}, "JSONDecodeError"),
    ("openapi", {"openapi.json": _document("version")}, "openapi"),
    ("openapi", {"openapi.json": _document("reference")}, "Nothing"),
    ("openapi", {"openapi.json": _document("twice")}, "operationId healthz is used more than once"),
    ("boot", {"app/main.py": "import nowhere\n"}, "ended with code 1"),
    ("boot", {"app/main.py": ENDS_AT_START}, "ended with code 3"),
    ("boot", {"app/main.py": NEVER_READY}, "GET /readyz answered 503"),
    (
        "boot",
        {"migrations/versions/0001_initial.py": INITIAL.replace("sa.Integer()", "sa.Nothing()")},
        "alembic upgrade",
    ),
    ("served", {"openapi.json": _document("missing")}, "/things"),
    ("served", {"openapi.json": _document("type")}, "/things"),
    ("served", {"app/main.py": MAIN_WITHOUT_THINGS}, "/things"),
    (
        "migrations",
        {"migrations/versions/0001_initial.py": INITIAL.replace('op.drop_table("things")', "pass")},
        "leaves",
    ),
    (
        "migrations",
        {"migrations/versions/0001_initial.py": INITIAL.replace("sa.String(40)", "sa.Integer()")},
        "the schema is not the one in the code",
    ),
    (
        "migrations",
        {"app/tables.py": TABLES.replace("metadata, Column", 'metadata, Column("more", Integer), Column')},
        "more",
    ),
    (
        "migrations",
        {"migrations/versions/0001_initial.py": INITIAL.replace("op.drop_table", "op.drop")},
        "downgrade fails",
    ),
    ("migrations", {"alembic.ini": None}, "there is no alembic.ini"),
    (
        "tests",
        {"tests/test_more.py": "def test_wrong() -> None:\n    assert 1 + 1 == 3\n"},
        "tests/test_more.py::test_wrong",
    ),
    ("tests", {"tests/test_more.py": "import nowhere\n"}, "tests/test_more.py: ModuleNotFoundError: No module named"),
    ("tests", {"tests/test_things.py": "def helper() -> None: ...\n"}, "no test passed"),
    ("tests", {"tests/test_things.py": TESTS.replace('== ["things"]', '== ["thing"]')}, "test_lists_things"),
]


@pytest.mark.parametrize(("name", "changes", "expected"), MUTANTS)
def test_mutants_are_caught(
    name: str, changes: dict[str, str | None], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend_agent.verify.boot.READY_SECONDS", 1.0)
    run = verified(BY_NAME[name], changes)
    assert run.verdict == "fail"
    assert expected in evidence(run)
    assert all(finding.stage == BY_NAME[name].stage for finding in run.findings)


HARMLESS: list[tuple[str, dict[str, str | None]]] = [
    ("weaknesses", {"app/extra.py": 'for x in ("a", "b"):\n    execute(f"PRAGMA {x}")\n    execute("SELECT " "1")\n'}),
    ("weaknesses", {"app/extra.py": 'jwt.decode(t, k, algorithms=["HS256"], options={"require": ["exp"]})\n'}),
    ("weaknesses", {"app/extra.py": 'add_middleware(CORS, allow_origins=["*"])\ntext.decode("utf-8")\n'}),
    ("secrets", {"README.md": "# Sample\n\n`postgresql://user:password@host/name`\n"}),
    ("secrets", {"migrations/versions/0001_initial.py": INITIAL.replace('"0001"', '"c59b64d75a5d"')}),
    ("bandit", {"app/extra.py": 'pair(token_type="bearer")\n'}),
]


@pytest.mark.parametrize(("name", "changes"), HARMLESS)
def test_what_is_harmless_passes(name: str, changes: dict[str, str | None]) -> None:
    run = verified(BY_NAME[name], changes)
    assert (run.verdict, evidence(run), run.reason) == ("pass", "", "")


def test_every_verifier_has_a_mutant() -> None:
    assert {name for name, _, _ in MUTANTS} == {verifier.name for verifier in ON_SQLITE}


LINGERS = """
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def life(_: FastAPI) -> AsyncIterator[None]:
    yield
    await asyncio.sleep(60)


app = FastAPI(title="Sample", lifespan=life)
"""


def test_a_service_that_does_not_stop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend_agent.verify.boot.STOP_SECONDS", 1.0)
    stubborn = MAIN.replace('app = FastAPI(title="Sample")', LINGERS)
    run = verified(BY_NAME["boot"], {"app/main.py": stubborn})
    assert "did not end on SIGTERM" in evidence(run)
    assert run.findings[0].severity == "major"


def test_a_hanging_test_is_killed_in_time() -> None:
    hanging = "import time\n\n\ndef test_hangs() -> None:\n    time.sleep(600)\n"
    run = verified(BY_NAME["tests"], {"tests/test_hangs.py": hanging}, limits=Limits(seconds=4))
    assert (run.verdict, evidence(run).strip()) == ("fail", "pytest did not end in its time and was killed")


def test_many_modules_are_imported_together() -> None:
    changes: dict[str, str | None] = {f"app/part_{number:03}.py": f"x = {number}\n" for number in range(250)}
    assert verified(BY_NAME["imports"], changes).verdict == "pass"
    run = verified(BY_NAME["imports"], {**changes, "app/part_007.py": "import nowhere\n", "app/part_100.py": "1 / 0\n"})
    assert [finding.evidence.split(" (")[0] for finding in run.findings] == [
        "app.part_007: ModuleNotFoundError: No module named 'nowhere'",
        "app.part_100: ZeroDivisionError: division by zero",
    ]
    run = verified(BY_NAME["imports"], {**changes, "app/part_007.py": "import os\n\nos._exit(3)\n"})
    assert "the interpreter ended with code 3" in evidence(run)


def test_a_missing_package_is_not_run_and_says_what_installs_it() -> None:
    changed = PYPROJECT.replace('"fastapi>=0.1"', '"fastapi>=0.1", "surely-not-installed"')
    for name in ("imports", "types", "boot", "served", "migrations", "tests"):
        run = verified(BY_NAME[name], {"pyproject.toml": changed})
        assert (run.verdict, run.findings) == ("not_run", [])
        assert run.reason == "surely-not-installed is not installed: pip install 'backend-agent[verify]'"


def test_a_missing_tool_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Verifier("x", "Nothing", "security", "minor", "surely-not-installed", lambda project: 1 / 0)  # type: ignore[arg-type,return-value]
    run = verified(verifier)
    assert (run.verdict, run.reason, run.version) == (
        "not_run",
        "surely-not-installed is not installed: pip install 'backend-agent[verify]'",
        "",
    )


def test_a_verifier_that_breaks_down_is_not_run() -> None:
    verifier = Verifier("x", "Nothing", "security", "minor", "ruff", lambda project: 1 / 0)  # type: ignore[arg-type,return-value]
    run = verified(verifier)
    assert (run.verdict, run.reason) == ("not_run", "the verifier broke down: ZeroDivisionError: division by zero")
