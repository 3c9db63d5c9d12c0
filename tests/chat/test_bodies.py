"""Bodies written by a chat model: the real client against a local server; each answer is examined by the real tools."""

from __future__ import annotations

from collections.abc import Iterator

import operations
import pytest
from fake_groq import FakeGroq, Received, fault, say

from backend_agent import settings
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.chat.bodies import code_of, write_bodies
from backend_agent.chat.client import Client
from backend_agent.chat.parse import AnswerFault
from backend_agent.settings import Settings

NAME = "groq:openai/gpt-oss-120b"
REQUIREMENTS = RequirementsAnalysis(statements=[])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGroq]:
    with FakeGroq() as running:
        monkeypatch.setenv("GROQ_API_KEY", running.key)
        monkeypatch.setenv("GROQ_API_BASE", running.url)
        yield running


@pytest.fixture
def client(server: FakeGroq) -> Iterator[Client]:
    made = Client([NAME])
    with settings.use(Settings(verify=False)):
        yield made
    made.close()


def bare(domain: DomainModel) -> DomainModel:
    empty = {"body": "", "tests": "", "written_by": ""}
    return domain.model_copy(update={"operations": [o.model_copy(update=empty) for o in domain.operations]})


def blocks(operation: CustomOperation, old: str = "", new: str = "") -> str:
    assert old in operation.body
    body = operation.body.replace(old, new) if old else operation.body
    return f"```python\n{body}```\n\n```python\n{operation.tests}```\n"


def test_a_good_body_is_taken_over(server: FakeGroq, client: Client) -> None:
    domain = operations.bank()
    server.script = say(f"<think>Let me see.</think>{blocks(domain.operations[0])}")
    made, calls, refused = write_bodies(client, bare(domain), REQUIREMENTS)
    assert refused == []
    assert [call.purpose for call in calls] == ["domain.transfer_money"]
    assert made.operations[0].body == domain.operations[0].body
    assert made.operations[0].written_by == NAME
    prompt = server.seen[0].prompt
    assert "class AccountRow" in prompt
    assert "def transfer_money(" in prompt
    assert domain.operations[0].body.splitlines()[-3] not in prompt


def test_a_body_is_mended_with_the_tools_words(server: FakeGroq, client: Client) -> None:
    domain = operations.bank()
    bad = blocks(domain.operations[0], "source.balance - amount", "source.balance + amount")
    server.script = [say(bad), say(blocks(domain.operations[0]))]
    made, calls, refused = write_bodies(client, bare(domain), REQUIREMENTS)
    assert made.operations[0].body
    assert refused == []
    assert [call.outcome for call in calls] == ["invalid", "ok"]
    assert "expected" in server.seen[1].prompt


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import datetime as dt\n", "import datetime as dt\nimport os\n", "import of os is not allowed"),
        ("import datetime as dt\n", "import datetime as dt\nimport subprocess\n", "import of subprocess"),
        ("    if source.currency", '    open("/etc/passwd").read()\n    if source.currency', "open is not allowed"),
        ("    if source.currency", '    eval("1")\n    if source.currency', "eval is not allowed"),
    ],
)
def test_code_that_reaches_out_is_never_taken_over(
    server: FakeGroq, client: Client, old: str, new: str, said: str
) -> None:
    domain = operations.bank()
    server.script = say(blocks(domain.operations[0], old, new))
    made, calls, refused = write_bodies(client, bare(domain), REQUIREMENTS)
    assert made.operations[0].body == ""
    assert len(calls) == 3
    assert len(refused) == 1
    assert said in refused[0].evidence


def test_a_truncated_or_absent_answer_leaves_the_operation_out(server: FakeGroq, client: Client) -> None:
    domain = operations.bank()
    text = blocks(domain.operations[0])
    server.script = say(text[: len(text) // 2], finish="length")
    made, _, refused = write_bodies(client, bare(domain), REQUIREMENTS)
    assert made.operations[0].body == ""
    assert len(refused) == 1
    server.script = fault("overloaded")
    made, _, refused = write_bodies(client, bare(domain), REQUIREMENTS)
    assert made.operations[0].body == ""
    assert len(refused) == 1


def test_several_are_written_side_by_side(server: FakeGroq, client: Client) -> None:
    domain = operations.bank()
    first = domain.operations[0]
    several = bare(
        domain.model_copy(
            update={"operations": [first.model_copy(update={"name": f"transfer_{n}"}) for n in ("a", "b", "c")]}
        )
    )

    def answer(request: Received) -> object:
        name = next(n for n in ("transfer_a", "transfer_b", "transfer_c") if f"def {n}(" in request.prompt)
        pascal = "".join(word.capitalize() for word in name.split("_"))
        text = blocks(first).replace("transfer_money", name).replace("TransferMoney", pascal)
        return say(text, latency=0.4)

    server.script = answer
    made, calls, refused = write_bodies(client, several, REQUIREMENTS)
    assert refused == []
    assert all(operation.body for operation in made.operations)
    assert [call.purpose for call in calls] == ["domain.transfer_a", "domain.transfer_b", "domain.transfer_c"]
    assert server.most == 3


def test_what_is_there_already_is_left_alone(server: FakeGroq, client: Client) -> None:
    domain = operations.bank()
    assert write_bodies(client, domain, REQUIREMENTS) == (domain, [], [])
    assert server.seen == []


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "def f(): pass",
        "```python\nx = 1\n```",
        "```python\nx = 1\n```\n```python\ny = 1\n```\n```python\nz = 1\n```",
        "```python\nx = 1\n```\n```python\ny = 1\n",
        "~~~python\nx = 1\n```\n",
    ],
)
def test_any_other_form_is_refused(answer: str) -> None:
    with pytest.raises(AnswerFault, match="fenced Python blocks"):
        code_of(answer)
