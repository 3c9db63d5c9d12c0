"""Golden cases: a folder with a task and what must come of it, byte for byte.

`pytest tests/golden --snapshot-update` writes the expectations anew; read the difference before you keep it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from backend_agent import BackendAgent, BackendTask
from backend_agent.authors import digest
from backend_agent.pipeline import STAGES
from backend_agent.result import Result
from backend_agent.settings import Settings

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/task.yaml"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Result]:
    """Results by case, made when first asked for."""
    folder = tmp_path_factory.mktemp("golden")

    class Made(dict[Path, Result]):
        def __missing__(self, case: Path) -> Result:
            agent = BackendAgent(Settings(database=folder / "s.db", verify=False))
            self[case] = agent.develop(BackendTask.from_file(case / "task.yaml"))
            return self[case]

    return Made()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_artifacts(case: Path, results: dict[Path, Result], snapshot: SnapshotAssertion) -> None:
    """The domain model in full, of the rest a hash: what follows from it is seen in the files."""
    expected = snapshot.use_extension(JSONSnapshotExtension)
    assert results[case].plain("domain") == expected(name="domain")
    assert {s.name: digest(results[case].plain(s.name)) for s in STAGES} == expected(name="artifacts")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tree(case: Path, results: dict[Path, Result], request: pytest.FixtureRequest) -> None:
    """Every file with the hash of its content, as `<case>/files.txt`."""
    tree = [f"{hashlib.sha256(f.content.encode()).hexdigest()[:16]}  {f.path}" for f in results[case].files()]
    expected = case / "files.txt"
    if request.config.getoption("update_snapshots"):
        expected.write_text("\n".join(tree) + "\n", encoding="utf-8")
    assert tree == expected.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_requirement_is_placed_or_listed(case: Path, results: dict[Path, Result]) -> None:
    result = results[case]
    traced = {trace.requirement for trace in result.documentation.traceability}
    assert traced == {statement.id for statement in result.requirements.statements}
    assert json.dumps([u.to_state() for u in result.domain.unplaced]) in json.dumps(result.plain("domain"))
