"""Templates to text, then ruff over the whole: sorted imports, none unused, one format."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend_agent import names
from backend_agent.codegen.sources import (
    comment_safe,
    index_source,
    json_text,
    markdown,
    pydoc,
    toml_list,
    toml_text,
)
from backend_agent.errors import ToolUnavailable

TEMPLATES = Path(__file__).parent / "templates"
TARGET = "python-fastapi"


@cache
def environment(target: str = TARGET) -> Environment:
    """Return the Jinja2 environment of a target; undefined names raise."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES / target),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is source text; names are typed and values are literals
        extensions=["jinja2.ext.do"],
    )
    env.filters |= {
        "literal": names.python_literal,
        "snake": names.snake,
        "pascal": names.pascal,
        "camel": names.camel,
        "kebab": names.kebab,
        "plural": names.plural,
        "words": names.title,
        "variable": names.variable,
        "doc": pydoc,
        "comment": comment_safe,
        "toml": toml_text,
        "toml_list": toml_list,
        "json": json_text,
        "md": markdown,
    }
    env.globals["index_source"] = index_source
    return env


SELECTED = "I,F401,RUF022,UP037,F841,E712"
"""What is put right: order and use of imports, quoted types, variables that nobody reads, `== True` in tests."""
FIXABLE = 'lint.extend-safe-fixes = ["F841", "E712"]'


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return the text of a template; it ends with exactly one newline."""
    text = environment().get_template(template).render(context)
    return text.rstrip("\n") + "\n" if text.strip() else ""


def tidy(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files with Python sources tidied by ruff under the project's own `pyproject.toml`.

    Raises:
        ToolUnavailable: ruff is not installed.
        ValueError: a source does not parse (a fault of a template).
    """
    sources = [p for p in files if p.endswith(".py") and files[p]]
    with tempfile.TemporaryDirectory(prefix="backend-agent-") as name:
        folder = Path(name)
        for path in [*sources, "pyproject.toml"]:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files.get(path, ""), encoding="utf-8")
        _ruff(folder, "check", "--fix", "--quiet", "--select", SELECTED, "--config", FIXABLE, "--ignore-noqa")
        _ruff(folder, "format", "--quiet")
        return {**files, **{p: (folder / p).read_text(encoding="utf-8") for p in sources}}


def _ruff(folder: Path, *arguments: str) -> None:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]  # published without types
    except ImportError:
        raise ToolUnavailable("ruff", "pip install ruff") from None
    command = [find_ruff_bin(), arguments[0], "--no-cache", *arguments[1:], "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"ruff {arguments[0]}: {(done.stdout + done.stderr)[:2000]}")
