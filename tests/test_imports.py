"""What imports what: the contracts of pyproject.toml, and what must not be loaded early."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("backend_agent", ("langgraph", "pydantic", "typer", "yaml")),
        ("backend_agent.cli", ("langgraph", "langchain_core", "pydantic", "sqlalchemy", "yaml", "jinja2")),
        ("backend_agent.__main__", ("langgraph", "pydantic")),
        ("backend_agent.codegen", ("langgraph", "langchain_core", "fastapi")),
        ("backend_agent.language", ("langgraph", "langchain_core")),
        ("backend_agent.verify.run", ("langgraph", "langchain_core")),
        ("backend_agent.artifacts.task", ("langgraph", "jinja2", "subprocess", "sqlalchemy")),
        ("backend_agent.pipeline", ("langchain_groq", "fastapi")),
    ],
)
def test_importing_one_thing_does_not_load_another(module: str, never: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([n for n in {never!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_public_names_are_there() -> None:
    import backend_agent

    for name in backend_agent.__all__:
        assert getattr(backend_agent, name)
        assert name in dir(backend_agent)
    with pytest.raises(AttributeError):
        backend_agent.nothing  # noqa: B018 - the access is the test


def test_the_verify_extra_installs_what_generated_projects_pin() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], project["optional-dependencies"]["verify"]]
    ours = {r.name.lower(): r for r in map(Requirement, (line for group in lists for line in group))}
    templates = ROOT / "backend_agent/codegen/templates/python-fastapi"
    text = (templates / "pyproject.toml.jinja").read_text() if (templates / "pyproject.toml.jinja").is_file() else ""
    text = text or (templates / "infrastructure/pyproject.toml.jinja").read_text()
    wanted = {
        Requirement(line.strip().strip('",')).name
        for line in text.split("dependencies = [")[1].split("]\n")[0].splitlines()
        if line.strip().startswith('"')
    }
    locked = dict(
        line.split("==") for name in ("requirements.lock", "requirements-dev.lock")
        for line in (templates / name).read_text().split() if "==" in line
    )  # fmt: skip
    for name in wanted | {"ruff", "mypy", "pytest", "pytest-asyncio", "httpx", "import-linter"}:
        assert name in ours, name
        assert ours[name].specifier.contains(locked[name]), (name, locked[name])
