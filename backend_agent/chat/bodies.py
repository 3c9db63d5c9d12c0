"""Bodies of custom operations: written by a chat model, examined before they count, or left out."""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from backend_agent import prompts, settings
from backend_agent.artifacts.calls import Call
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.chat.bounds import refusal
from backend_agent.chat.client import Client, NoAnswer, Request
from backend_agent.chat.parse import AnswerFault
from backend_agent.codegen.custom import types
from backend_agent.verify import allowed
from backend_agent.verify.bodies import Body, examine

REPAIRS = 2
"""How often a body that does not hold is asked for again, with the tools' words."""
_OUTPUT = 6000
"""Tokens of one answer: two modules, and the reasoning before them."""
_SIDE_BY_SIDE = 4
_REASONING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_BLOCK = re.compile(r"^(`{3,}|~{3,})(?:python|py)?[ \t]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass
class _Try:
    """What became of one operation."""

    operation: CustomOperation
    calls: list[Call] = field(default_factory=list)
    dropped: str = ""
    """Why it has no body; empty: it has one."""


def write_bodies(
    client: Client, domain: DomainModel, requirements: RequirementsAnalysis
) -> tuple[DomainModel, list[Call], list[Finding]]:
    """Have a chat model write the operations that nobody wrote yet, one call each, side by side.

    Args:
        client: whom to ask.
        domain: operations with a body are left as they are.
        requirements: what the operations cite.

    Returns:
        The model, in which operations without a body are those for which none was found that holds; the calls, in the
        order of the operations; and what was refused, with the reason.

    Raises:
        UserError: as `Client.ask`.
    """
    open_ones = [operation for operation in domain.operations if not operation.body]
    if not open_ones:
        return domain, [], []
    said = {s.id: s.text for s in requirements.statements}
    contexts = [contextvars.copy_context() for _ in open_ones]
    with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(open_ones))) as pool:
        started = [
            pool.submit(context.run, _written, client, domain, operation, said)
            for context, operation in zip(contexts, open_ones, strict=True)
        ]
        tries = [future.result() for future in started]
    new = {each.operation.name: each.operation for each in tries}
    model = domain.model_copy(update={"operations": [new.get(o.name, o) for o in domain.operations]})
    calls = [call for each in tries for call in each.calls]
    refused = [
        refusal("domain", f"operations[name={each.operation.name}]", each.dropped) for each in tries if each.dropped
    ]
    return model, calls, refused


def code_of(answer: str) -> tuple[str, str]:
    """Return module and tests from an answer of two fenced blocks; raises `AnswerFault` for any other form."""
    text = _REASONING.sub("", answer)
    blocks = [match[2] for match in _BLOCK.finditer(text)]
    rest = _BLOCK.sub("", text).strip()
    if len(blocks) != 2 or "```" in rest or "~~~" in rest:
        raise AnswerFault(f"the answer has {len(blocks)} fenced Python blocks; write two: the module, then its tests")
    body, tests = blocks
    return body, tests


def _written(client: Client, domain: DomainModel, operation: CustomOperation, said: dict[str, str]) -> _Try:
    """Ask for one body until it holds, or it is given up."""
    made = _Try(operation)
    prompt, words = _prompt(domain, operation, said), ""
    for _ in range(REPAIRS + 1):
        try:
            answer = client.ask(_request(operation, f"{prompt}\n{words}" if words else prompt))
        except NoAnswer as none:
            made.calls += none.calls
            made.dropped = none.reason
            return made
        made.calls += answer.calls
        faults = _taken(made, domain, answer.text, client.name)
        if not faults:
            return made
        made.calls[-1] = made.calls[-1].model_copy(update={"outcome": "invalid"})
        words = prompts.render("_repair", {"faults": faults, "answer": answer.text, "how": ""})
        if made.dropped:
            return made
    made.dropped = f"its code did not hold: {faults[0].splitlines()[0][:200]}"
    return made


def _taken(made: _Try, domain: DomainModel, answer: str, author: str) -> Sequence[str]:
    """Examine an answer; keep it when it holds, else return what is wrong, for a repair."""
    try:
        body, tests = code_of(answer)
    except AnswerFault as fault:
        return [str(fault)]
    written = made.operation.model_copy(update={"body": body, "tests": tests, "written_by": author})
    seen = examine(body_of(domain, written), allow_unconfined=settings.current().allow_unconfined)
    if seen.ok:
        made.operation = written
    elif seen.not_run:
        made.dropped = seen.not_run
    return seen.faults or ([seen.not_run] if seen.not_run else [])


def body_of(domain: DomainModel, operation: CustomOperation) -> Body:
    """Return an operation's code with all that it needs to be examined."""
    return Body(
        files=types.isolated(domain, operation),
        module=f"{types.PACKAGE}.{operation.name}",
        signature=types.signature(operation),
        tests=types.tests_path(operation),
    )


def _request(operation: CustomOperation, prompt: str) -> Request:
    return Request(
        purpose=f"domain.{operation.name}",
        system=prompts.render("_system", {}),
        prompt=prompt,
        max_output=_OUTPUT,
        effort="high",
    )


def _prompt(domain: DomainModel, operation: CustomOperation, said: dict[str, str]) -> str:
    (module,) = types.sources(domain, operation).values()
    values = {
        "modules": sorted(allowed.MODULES - {"__future__"}),
        "name": operation.name,
        "description": operation.description,
        "requirements": [f"{cite}: {said[cite]}" for cite in operation.cites if cite in said],
        "signature": types.signature(operation),
        "types": module,
        "examples": json.dumps([e.to_state() for e in operation.examples], ensure_ascii=False, default=str),
    }
    return prompts.render("_operation", values)
