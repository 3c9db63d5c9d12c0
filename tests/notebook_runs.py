"""Notebooks, run in a kernel of their own. Run as a program, this saves them with their outputs.

`python tests/notebook_runs.py [FOLDER [NAME ...]]`: into FOLDER, or where they stand; only those named, or all.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SECONDS = 100
"""Time limit of one cell; a whole notebook takes less."""
_OWN = ("text/plain", "text/html", "image/svg+xml", "application/json")
_VARY = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(re.escape(tempfile.gettempdir()) + r"/[A-Za-z0-9_.-]+"), "<folder>"),
    (re.compile(r"\b\d+\.\d+ s\b"), "<seconds>"),
)


def executed(path: Path) -> Any:
    """Return a notebook as it is after it ran from top to bottom, in a new kernel; raises when a cell does."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / path.parent.name
        own.mkdir()
        (Path(folder) / "tests").symlink_to(Path(__file__).parent)  # as seen from where notebooks stand
        client = NotebookClient(
            notebook, timeout=SECONDS, startup_timeout=60, kernel_name="python3", record_timing=False,
            store_widget_state=False, resources={"metadata": {"path": str(own)}},
        )  # fmt: skip
        client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = cleaned(cell.outputs)
            cell.metadata.pop("execution", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def cleaned(outputs: list[Any]) -> list[Any]:
    """Return outputs without what differs from run to run: progress bars, ids, times, folders of their own."""
    found: list[Any] = []
    for output in outputs:
        if "data" in output:
            if any("widget" in kind for kind in output.data):
                continue
            output.data = {kind: _plain(text) for kind, text in output.data.items() if kind in _OWN}
        elif "text" in output:
            output.text = _plain(output.text)
            if found and found[-1].output_type == "stream" and found[-1].name == output.name:
                found[-1].text += output.text
                continue
        found.append(output)
    return found


def _plain(text: Any) -> Any:
    if isinstance(text, str):
        for pattern, word in _VARY:
            text = pattern.sub(word, text)
    return text


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOKS[0].parent
    for notebook in NOTEBOOKS:
        if notebook.stem in sys.argv[2:] or len(sys.argv) < 3:
            made = executed(notebook)
            nbformat.validate(made)
            nbformat.write(made, folder / notebook.name)
