"""What `langgraph build` would build: the Dockerfile that LangGraph makes of our configuration."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_dockerfile_serves_every_graph_with_our_checkpointer(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("langgraph")
    if not program.exists():
        pytest.skip('LangGraph\'s command line is not installed: pip install -e ".[studio]"')
    made = subprocess.run(
        [str(program), "dockerfile", "-c", str(ROOT / "langgraph.json"), str(tmp_path / "Dockerfile")],
        capture_output=True, text=True, timeout=60, cwd=tmp_path, env={**os.environ, "LANGGRAPH_CLI_NO_ANALYTICS": "1"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "Dockerfile").read_text()
    told = dict(re.findall(r"^ENV (\w+)='(.*)'$", text, re.MULTILINE))
    given = json.loads((ROOT / "langgraph.json").read_text())
    graphs = json.loads(told["LANGSERVE_GRAPHS"])
    assert set(graphs) == set(given["graphs"])
    for graph in graphs.values():
        path = str(graph["path"]).partition(":")[0]
        assert (ROOT / path.removeprefix(f"/deps/{ROOT.name}/")).is_file()
    assert json.loads(told["LANGGRAPH_CHECKPOINTER"]) == given["checkpointer"]
    assert f"ADD . /deps/{ROOT.name}" in text
    packages = re.findall(r"pip install .* (langgraph-checkpoint-postgres psycopg\[binary\])$", text, re.MULTILINE)
    assert packages, "no version with < or >, which the shell would take for a redirection"
