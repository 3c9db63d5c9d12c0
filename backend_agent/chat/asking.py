"""One question on its way: from model to model, from strict to loose forms, to a whole answer or to the end of hope."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from backend_agent import progress
from backend_agent.artifacts.calls import Call
from backend_agent.chat import faults
from backend_agent.chat.available import LADDER, PAUSE, Available, Request
from backend_agent.chat.budget import Budget, Spent
from backend_agent.chat.faults import Fault
from backend_agent.chat.journal import Journal
from backend_agent.chat.limits import TooLong
from backend_agent.chat.models import SECONDS, Capability
from backend_agent.chat.speak import Heard, speak
from backend_agent.chat.tokens import tokens
from backend_agent.chat.waiting import Patience
from backend_agent.errors import UserError

Debug = Callable[[str], None]
MOST = {"again": 1, "back_off": 3, "grow": 1, "shrink": 1, "wait": 4, "step_down": len(LADDER)}
"""How often one question is helped along with one model, by what is done."""
LEAST = 256
"""Tokens below which no answer is asked for."""


@dataclass
class _Shape:
    """What a request asks for, besides its words; changed as faults demand."""

    size: int
    """Most tokens of the answer."""
    effort: str | None


@dataclass(frozen=True)
class Failed:
    """There is no answer."""

    reason: str


class Asking:
    """One question.

    Args:
        request: what is asked.
        key: under which the journal keeps it.
        budget: what may be spent.
        journal: where calls are kept.
        patience: ends it when the run is asked to stop.
        debug: given prompts and answers.
    """

    def __init__(
        self, request: Request, key: str, budget: Budget, journal: Journal, patience: Patience, debug: Debug | None
    ) -> None:
        self._request = request
        self._key = key
        self._budget = budget
        self._journal = journal
        self._patience = patience
        self._debug = debug
        self._told = 0.0
        self.calls: list[Call] = []
        """Made so far."""

    def answer(self, models: Sequence[Available]) -> str | Failed:
        """Return the whole answer of the first model that gives one."""
        reasons: dict[str, str] = {}
        for model in models:
            try:
                found = model.trouble() or self._ask(model)
            except Spent as spent:
                return Failed(str(spent))
            if isinstance(found, _Whole):
                return found.text
            reasons[model.model.name] = found
        return Failed("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))

    def _ask(self, model: Available) -> _Whole | str:
        """Return a model's whole answer, or why there is none."""
        try:
            return self._helped(model)
        finally:
            model.breaker.give_back()

    def _helped(self, model: Available) -> _Whole | str:
        shape = _Shape(
            min(self._request.max_output, model.model.output), _effort(self._request.effort, model.model.efforts)
        )
        done: Counter[str] = Counter()
        while True:
            rung = model.rung(self._request)
            found = self._try(model, rung, shape)
            if isinstance(found, _Whole):
                return found
            done[found.do] += 1
            if self._is_enough(model, found, done[found.do]):
                if found.down:
                    model.breaker.failed()
                return found.words
            if found.do in ("wait", "back_off"):
                self._wait(model, found, done[found.do])
            elif not self._reshaped(model, rung, found, shape):
                return found.words

    def _is_enough(self, model: Available, fault: Fault, times: int) -> bool:
        """Return whether to leave a model alone, now that this happened for the n-th time."""
        most = MOST.get(fault.do, 0)
        if fault.outcome == "timed_out":
            if self._budget.seconds_left() <= 0:
                raise Spent(f"budget: {self._budget.max_seconds:g} seconds are spent")
            most = 1
        if fault.down and not model.breaker.worked:
            most -= 1  # one that never answered is not waited for that long
        return times > most or (fault.do == "back_off" and model.breaker.down)

    def _reshaped(self, model: Available, rung: Capability, fault: Fault, shape: _Shape) -> bool:
        """Change what is asked for as a fault demands; return whether that is possible."""
        if fault.do == "step_down":
            return model.step_down(rung, options=fault.outcome == "no_options")
        room, before = self._room(model, rung), shape.size
        if fault.do == "grow":
            shape.size = min(2 * before, room)
            shape.effort = _lower(shape.effort, model.model.efforts)
            return shape.size > before
        if fault.do == "shrink":
            shape.size = min(before // 2, room)
            return shape.size >= LEAST
        return True

    def _wait(self, model: Available, fault: Fault, times: int) -> None:
        """Wait as long as the service says, or twice as long as the last time."""
        seconds = fault.wait if fault.wait is not None else (2.0 if fault.do == "wait" else PAUSE) * 2 ** (times - 1)
        if fault.do == "wait":
            model.limiter.block(seconds)  # the next admission waits, with all others
            return
        seconds = min(seconds, faults.LONG)
        if seconds >= self._budget.seconds_left():
            raise Spent(f"budget: {self._budget.max_seconds:g} seconds do not allow to ask again")
        self._patience.sleep(seconds, lambda left: self._tell_waiting(model, left, fault.words))

    def _room(self, model: Available, rung: Capability) -> int:
        """Return the most tokens that an answer may have."""
        prompt = model.estimate(self._sent(rung))
        limits = [model.model.output, model.model.context - prompt]
        if model.limiter.tokens:
            limits.append(model.limiter.tokens - prompt)
        return min(limits)

    def _try(self, model: Available, rung: Capability, shape: _Shape) -> _Whole | Fault:
        """Make one call: reserved, admitted, made, settled and written down."""
        size = min(shape.size, self._room(model, rung))
        if size < min(LEAST, self._request.max_output):
            return Fault("too_large", "next_model", "the prompt is too long for the model or its limit for a minute")
        prompt = model.estimate(self._sent(rung))
        most = Call(
            purpose=self._request.purpose, model=model.model.name, outcome="unfinished", tokens_in=prompt,
            tokens_out=size, estimated=True, cost=model.model.cost(prompt, 0, size),
        )  # fmt: skip
        reservation = self._budget.reserve(prompt + size, most.cost, self._patience.check)
        call: Call | None = None
        try:
            try:
                waited = self._admitted(model, prompt + size)
            except TooLong:
                if self._budget.seconds_left() < faults.LONG:
                    raise Spent(f"budget: {self._budget.max_seconds:g} seconds do not allow to wait") from None
                return Fault("rate_limited", "next_model", "a limit of the service is reached")
            begun = self._journal.begin(self._key, most)
            started = time.monotonic()
            heard = Heard()
            try:
                heard = self._said(model, rung, size, shape.effort)
            finally:
                model.limiter.release(prompt + size, heard.headers)
            found = self._judged(model, heard)
            call = self._settled(model, rung, most, heard, found).model_copy(
                update={"seconds": round(time.monotonic() - started, 3), "waited": round(waited, 3)}
            )
            self._journal.keep(self._key, call, found.text if isinstance(found, _Whole) else None, begun)
        finally:
            self._budget.settle(reservation, call)
        self.calls.append(call)
        self._tell_finished(call)
        if isinstance(found, Fault) and found.do == "stop":
            raise UserError(model.refuse())
        return found

    def _admitted(self, model: Available, most: int) -> float:
        return model.limiter.admit(
            most,
            self._patience,
            lambda left: self._tell_waiting(model, left, "rate limit"),
            min(faults.LONG, self._budget.seconds_left()),
        )

    def _said(self, model: Available, rung: Capability, size: int, effort: str | None) -> Heard:
        from langchain_core.messages import HumanMessage, SystemMessage

        request = self._request
        progress.tell("call_started", purpose=request.purpose, model=model.model.name)
        options: dict[str, Any] = {"max_tokens": size, **({"reasoning_effort": effort} if effort else {})}
        if rung in ("strict", "schema"):
            form = {"name": request.schema_name, "schema": request.schema, "strict": rung == "strict"}
            options["response_format"] = {"type": "json_schema", "json_schema": form}
        elif rung == "json":
            options["response_format"] = {"type": "json_object"}
        if self._debug:
            self._debug(f"to {model.model.name} for {request.purpose} ({rung}):\n{self._sent(rung)}")
        messages = [SystemMessage(self._system(rung)), HumanMessage(request.prompt)]
        bound = model.of.chat.bind(**({} if model.plain else options))
        heard = speak(bound, messages, min(SECONDS, self._budget.seconds_left()), self._patience, self._tell_tokens)
        if self._debug:
            self._debug(f"from {model.model.name} for {request.purpose}:\n{heard.text}")
        return heard

    def _judged(self, model: Available, heard: Heard) -> _Whole | Fault:
        """Return the whole answer, or what is wrong; and note what that says about the model."""
        if heard.error is not None:
            fault: Fault | None = faults.of_error(heard.error, heard.headers, self._request.schema)
        else:
            fault = faults.of_answer(heard.text, heard.finish, heard.refusal, tells_end=model.model.tells_end)
        if fault is None or not fault.down:
            model.breaker.succeeded()
        if fault is None:
            return _Whole(heard.text)
        model.gone = model.gone or fault.gone
        if fault.outcome == "daily_limit":
            model.limiter.block(fault.wait or 0.0)
        return _Whole(fault.salvage, "salvaged") if fault.salvage is not None else fault

    def _settled(self, model: Available, rung: Capability, most: Call, heard: Heard, found: _Whole | Fault) -> Call:
        """Return the call as it ended: what the service counted, or what it may have."""
        outcome = found.outcome
        if heard.usage is None:
            if isinstance(found, Fault) and not found.paid and heard.error is not None:
                return most.model_copy(update={"outcome": outcome, "tokens_in": 0, "tokens_out": 0, "cost": 0.0})
            out = most.tokens_out if heard.error is not None else tokens(heard.text)
            cost = model.model.cost(most.tokens_in, 0, out)
            return most.model_copy(update={"outcome": outcome, "tokens_out": out, "cost": cost})
        inside = heard.usage.get("input_token_details") or {}
        outside = heard.usage.get("output_token_details") or {}
        counted, out = _count(heard.usage.get("input_tokens")), _count(heard.usage.get("output_tokens"))
        cached = min(counted, _count(inside.get("cache_read")))
        model.counted(self._sent(rung), counted)
        return most.model_copy(
            update={
                "outcome": outcome, "estimated": False, "tokens_in": counted, "tokens_cached": cached,
                "tokens_out": out, "tokens_reasoning": _count(outside.get("reasoning")),
                "cost": model.model.cost(counted, cached, out),
            }
        )  # fmt: skip

    def _system(self, rung: Capability) -> str:
        """Return the system text; the lower rungs have the schema in it, where services remember it."""
        request = self._request
        if request.schema is None or rung in ("strict", "schema"):
            return request.system
        schema = json.dumps(request.schema, separators=(",", ":"), ensure_ascii=False)
        asked = f"Answer with one JSON object that fits the JSON schema `{request.schema_name}`, and with nothing else:"
        return f"{request.system}\n\n{asked}\n{schema}"

    def _sent(self, rung: Capability) -> str:
        """Return all text that a request carries."""
        schema = json.dumps(self._request.schema) if rung in ("strict", "schema") else ""
        return f"{self._system(rung)}\n{self._request.prompt}\n{schema}".rstrip()

    def _tell_tokens(self, length: int) -> None:
        if length:
            progress.tell("call_tokens", purpose=self._request.purpose, tokens=-(-length // 4))

    def _tell_waiting(self, model: Available, left: float, why: str) -> None:
        now = time.monotonic()
        if now - self._told >= 0.9 and left >= 0.2:
            self._told = now
            progress.tell(
                "call_waiting", purpose=self._request.purpose, model=model.model.name, seconds=round(left, 1), why=why
            )

    @staticmethod
    def _tell_finished(call: Call) -> None:
        progress.tell(
            "call_finished",
            purpose=call.purpose, model=call.model, outcome=call.outcome, tokens_in=call.tokens_in,
            tokens_out=call.tokens_out, seconds=call.seconds, waited=call.waited, cost=call.cost, replayed=False,
        )  # fmt: skip


@dataclass(frozen=True)
class _Whole:
    """A whole answer."""

    text: str
    outcome: str = "ok"


def _count(value: object) -> int:
    """Return a number of tokens; what is none must not make a budget larger."""
    return max(0, value) if isinstance(value, int) else 0


def _effort(wanted: str, known: Sequence[str]) -> str | None:
    if not known:
        return None
    return wanted if wanted in known else known[len(known) // 2]


def _lower(effort: str | None, known: Sequence[str]) -> str | None:
    return known[max(0, known.index(effort) - 1)] if effort in known else effort
