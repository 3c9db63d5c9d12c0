"""Task files: what they give, and what each fault says."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend_agent import task_file
from backend_agent.artifacts.task import BackendTask
from backend_agent.errors import UserError

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.yaml"))
TASK = """\
project_name: Shop
description: >
  An online shop.
requirements:
  - A book has a title.
  - "As a buyer, I want: books."
  - >
    Customers can
    register.
api_requirements: {style: rest, naming: camelCase}
security_requirements: [JWT authentication, Rate limiting]
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loads(path: Path) -> None:
    task = BackendTask.from_file(path)
    assert task.requirements
    assert all(statement.line for statement in task.requirements)


def test_yaml_keeps_the_line_of_every_sentence(tmp_path: Path) -> None:
    task = task_file.load(write(tmp_path, "shop.yaml", TASK))
    assert [(s.text, s.line) for s in task.requirements] == [
        ("A book has a title.", 5),
        ("As a buyer, I want: books.", 6),
        ("Customers can register.", 7),
    ]
    assert [s.line for s in task.security_requirements] == [11, 11]
    assert task.api_requirements.naming == "camelCase"


def test_a_block_of_prose_is_split(tmp_path: Path) -> None:
    text = "project_name: Shop\nrequirements: |\n  Users can log in. Users can log out.\n\n  Users can buy books.\n"
    task = task_file.load(write(tmp_path, "shop.yml", text))
    assert [s.line for s in task.requirements] == [3, 3, 5]


def test_json_keeps_lines_too(tmp_path: Path) -> None:
    sentences = '"A book has a title.",\n\t\t"Books \\ud83d\\ude00 sell."'
    text = f'{{\n\t"project_name": "Shop",\n\t"requirements": [\n\t\t{sentences}\n\t]\n}}'
    task = task_file.load(write(tmp_path, "shop.json", text))
    assert task.requirements[0].text == "A book has a title."
    plain = text.replace(" \\ud83d\\ude00", "")
    assert [s.line for s in task_file.load(write(tmp_path, "b.json", plain)).requirements] == [4, 5]


def test_markdown_takes_its_first_heading_as_name(tmp_path: Path) -> None:
    text = "Intro comes first.\n\n# **City** [library](x)\n\nMembers can borrow copies.\nThey can\nrenew them.\n"
    task = task_file.load(write(tmp_path, "a.md", text))
    assert task.project_name == "City library"
    assert [(s.text, s.line) for s in task.requirements] == [
        ("Intro comes first.", 1), ("Members can borrow copies.", 5), ("They can renew them.", 6),
    ]  # fmt: skip


def test_markdown_may_have_fields_on_top(tmp_path: Path) -> None:
    text = "---\nproject_name: Shop\narchitecture_type: hexagonal\n---\nUsers can log in.\n"
    task = task_file.load(write(tmp_path, "a.md", text))
    assert (task.project_name, task.architecture_type, task.requirements[0].line) == ("Shop", "hexagonal", 5)


@pytest.mark.parametrize(
    ("name", "text", "project", "lines"),
    [
        ("my-shop.txt", "Users can log in. They can log out.\n", "My shop", [1, 1]),
        ("x.txt", "My shop\n\nUsers can log in.\n", "My shop", [3]),
        ("x.txt", "My shop\n=======\nUsers can log in.\n", "My shop", [3]),
        ("x", "Users can log in\nwith a password.\n", "X", [1]),
        ("x.txt", "\ufeffMy shop\r\n\r\nUsers can log in.\r\n", "My shop", [3]),
    ],
)
def test_plain_text(tmp_path: Path, name: str, text: str, project: str, lines: list[int]) -> None:
    task = task_file.load(write(tmp_path, name, text))
    assert task.project_name == project
    assert [s.line for s in task.requirements] == lines


FAULTS = {
    "unknown field": ("a.yaml", "project_name: X\nrequirments: [a]\n", ":2: ", "did you mean requirements?"),
    "unknown field below": (
        "a.yaml", "project_name: X\nrequirements: [a]\napi_requirements: {nameing: x}\n", ":3: ", "mean naming?",
    ),
    "unknown field, nothing like it": ("a.yaml", "project_name: X\nrequirements: [a]\nqq: 1\n", ":3: ", "known are: "),
    "mistyped value": (
        "a.yaml", "project_name: X\narchitecture_type: hexagon\nrequirements: [a]\n", ":2: ", "did you mean hexagonal?",
    ),
    "sentence with a colon": ("a.yaml", "project_name: X\nrequirements:\n - As a user: I\n", ":3: ", "in quotes"),
    "number for a name": ("a.yaml", "project_name: 12\nrequirements: [a]\n", ":1: ", "put it in quotes"),
    "text for a number": (
        "a.yaml", "project_name: X\nrequirements: [a]\nperformance_requirements: {throughput_rps: fast}\n", ":3: ",
        "must be a number",
    ),
    "negative number": (
        "a.yaml", "project_name: X\nrequirements: [a]\nperformance_requirements: {throughput_rps: -1}\n", ":3: ",
        "greater than 0",
    ),
    "fields for a list": ("a.yaml", "project_name: X\nrequirements: {a: b}\n", ":2: ", "must be a list"),
    "list at the top": ("a.yaml", "- a\n", ":1: ", "project_name"),
    "no name": ("a.yaml", "requirements: [a]\n", ": ", "add `project_name: My service`"),
    "nothing asked for": ("a.yaml", "project_name: X\n", ": ", "write at least one sentence"),
    "blank sentence": ("a.yaml", "project_name: X\nrequirements:\n - a\n - ' '\n", ":4: ", "remove it"),
    "name too long": ("a.yaml", f"project_name: {'x' * 300}\nrequirements: [a]\n", ":1: ", "longer than 80"),
    "heading too long": ("a.md", f"\n# {'x' * 300}\nUsers log in.\n", ":2: ", "longer than 80"),
    "duplicate field": ("a.yaml", "project_name: X\nproject_name: Y\n", ":2: ", "keep one"),
    "duplicate field in JSON": ("a.json", '{"project_name": "X",\n "project_name": "Y"}', ":2: ", "keep one"),
    "broken YAML": ("a.yaml", "project_name: X\nrequirements: [a\n", ":3: ", "mend it there"),
    "broken JSON": ("a.json", '{"project_name": "X",\n}', ":2: ", "mend it there"),
    "deep YAML": ("a.yaml", "[" * 5000, ": ", "too deeply"),
    "deep JSON": ("a.json", "[" * 100_000, ": ", "too deeply"),
    "alias to itself": ("a.yaml", "a: &a [*a]\n", ":1: ", "alias"),
    "object": ("a.yaml", "a: !!python/object/apply:os.system [ls]\n", ":1: ", "tag"),
    "empty": ("a.yaml", "  \n", ": ", "is empty"),
    "comments only": ("a.yaml", "# nothing\n", ":1: ", "holds no fields"),
    "zero bytes": ("a.yaml", b"\x7fELF\0\0\0", ": ", "UTF-8"),
    "Latin-1": ("a.txt", "Users log in.\nCaf\xe9 is open.\n".encode("latin-1"), ":2: ", "save it as UTF-8"),
    "UTF-16": ("a.txt", "Users log in.".encode("utf-16"), ": ", "UTF-8"),
    "control character": ("a.txt", "Users log in.\n\x1b[2J is bad.\n", ":2: ", "remove it"),
    "too large": ("a.txt", "Users log in. " * 100_000, ": ", "larger than 1 MB"),
    "huge integer": ("a.yaml", f"project_name: X\nrequirements: [{'9' * 9000}]\n", ": ", "quotes"),
    "wrong origin": (
        "a.yaml", "project_name: X\nrequirements: [a]\nfrontend_context: {origin: shop}\n", ":3: ", "https://shop.example",
    ),
    "other language": (
        "a.yaml", "project_name: X\nrequirements: [a]\ntechnology_stack: {language: go}\n", ":3: ", "one of: python",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_every_fault_is_one_line_with_place_and_remedy(tmp_path: Path, case: str) -> None:
    name, text, place, remedy = FAULTS[case]
    path = write(tmp_path, name, text)
    with pytest.raises(UserError) as caught:
        task_file.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}{place}")
    assert remedy in message
    assert "\n" not in message
    assert len(message) < 420 + len(str(path))


def test_a_bomb_takes_neither_time_nor_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 15)]
    path = write(tmp_path, "bomb.yaml", "\n".join(lines))
    tracemalloc.start()
    with pytest.raises(UserError, match="aliases"):
        task_file.load(path)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        task_file.load(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="is a folder"):
        task_file.load(tmp_path)


def test_more_faults_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "projct_name: X\nrequirements: [a]\nqq: 1\n")
    with pytest.raises(UserError, match=r"and 2 more faults\)"):
        task_file.load(path)


def test_a_dictionary_says_the_field() -> None:
    with pytest.raises(UserError, match=r"^architecture_type: 'x' is unknown"):
        task_file.from_dict({"project_name": "X", "requirements": ["a"], "architecture_type": "x"})
    for wrong in ([], "text", None):
        with pytest.raises(UserError, match="a task is a dictionary"):
            task_file.from_dict(wrong)  # type: ignore[arg-type]
    deep: Any = {}
    deep["description"] = deep
    with pytest.raises(UserError, match="nested too deeply"):
        task_file.from_dict(deep)


UNSUPPORTED = [
    {"architecture_type": "microservices"},
    {"architecture_type": "serverless"},
    {"architecture_type": "event_driven"},
    *({"database_requirements": {"type": t}} for t in ("mysql", "mongodb", "redis", "elasticsearch", "cassandra")),
    *({"api_requirements": {"style": t}} for t in ("graphql", "grpc", "websocket", "event_streaming")),
]


@pytest.mark.parametrize("more", UNSUPPORTED, ids=str)
def test_what_is_not_supported_is_refused_and_what_is_gets_named(more: dict[str, Any]) -> None:
    task = task_file.from_dict({"project_name": "X", "requirements": ["a"], **more})
    with pytest.raises(UserError, match="is not supported yet; write one of: ") as caught:
        task_file.refuse_unsupported(task)
    assert "\n" not in str(caught.value)


def test_a_refusal_names_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "t.yaml", b"project_name: X\nrequirements: [a]\ndatabase_requirements:\n  type: mongodb\n")
    with pytest.raises(UserError) as caught:
        task_file.refuse_unsupported(task_file.load(path), path)
    assert str(caught.value).startswith(f"{path}:4: database_requirements.type: mongodb is not supported yet; ")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../../etc", "holds '/'"),
        ("a..b", "holds '..'"),
        ("Shop \N{GRINNING FACE}", "holds "),
        ("\N{CYRILLIC SMALL LETTER A}", "has no Latin letter"),
        ("123", "has no Latin letter"),
    ],
)
def test_hostile_project_names_are_refused(tmp_path: Path, name: str, what: str) -> None:
    path = write(tmp_path, "t.yaml", f"requirements: [a]\nproject_name: '{name}'\n".encode())
    with pytest.raises(UserError) as caught:
        task_file.load(path)
    assert str(caught.value).startswith(f"{path}:2: project_name {what}")


@pytest.mark.parametrize("name", ["Caf\xe9 M\xfcnster", "Bob's shop (2)", "R&D + more"])
def test_usual_project_names_are_taken(name: str) -> None:
    assert task_file.from_dict({"project_name": name, "requirements": ["a"]}).project_name == name


@pytest.mark.parametrize("architecture", ["layered", "monolithic", "hexagonal", "clean_architecture"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_is_supported_passes(architecture: str, database: str) -> None:
    task_file.refuse_unsupported(
        task_file.from_dict({
            "project_name": "X", "requirements": ["a"], "architecture_type": architecture,
            "database_requirements": {"type": database},
        })
    )  # fmt: skip


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    ending=st.sampled_from(["yaml", "json", "md", "txt"]),
)
def test_any_bytes_give_a_task_or_one_line(tmp_path: Path, data: bytes, ending: str) -> None:
    try:
        task = task_file.load(write(tmp_path, f"any.{ending}", data))
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert task.project_name


@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(st.sampled_from([*BackendTask.model_fields, "text", "x"]), part, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_values_give_a_task_or_one_line(tmp_path: Path, value: Any) -> None:
    for name, text in (("v.yaml", yaml.safe_dump(value, allow_unicode=True)), ("v.json", json.dumps(value))):
        try:
            task_file.load(write(tmp_path, name, text))
        except UserError as error:
            assert "\n" not in str(error)
