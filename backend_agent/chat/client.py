"""The client: what an author asks chat models through. Whole answers, a hard budget, and nothing paid twice."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from backend_agent import authors, progress, settings
from backend_agent.artifacts.calls import Call
from backend_agent.chat.asking import Asking, Debug, Failed
from backend_agent.chat.available import Available, Request
from backend_agent.chat.budget import Budget
from backend_agent.chat.journal import Journal, MemoryJournal, current
from backend_agent.chat.limits import Breaker
from backend_agent.chat.models import ChatModel, resolve
from backend_agent.chat.waiting import patience
from backend_agent.errors import UserError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["Answer", "Client", "NoAnswer", "Request"]


@dataclass(frozen=True)
class Answer:
    """A whole answer; whether it is a good one is for others to say."""

    text: str
    calls: list[Call] = field(default_factory=list)
    """Made on the way to it, in order; failed ones too."""


class NoAnswer(Exception):
    """No whole answer could be had. The message is one line of our own words, for the artifact's provenance.

    Args:
        reason: why.
        calls: made on the way, in order.
    """

    def __init__(self, reason: str, calls: Sequence[Call] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.calls = list(calls)


class Client:
    """Asks chat models. Thread-safe: several questions may be under way at once. To be closed.

    Args:
        models: whom to ask, the first one first; names or LangChain chat models are resolved.
        budget: what may be spent; None: of each session what the settings of its run say.
        journal: where calls are kept; None: in the session that the question is a part of.
        debug: given prompts and answers as text; None: they are shown to nobody.

    Raises:
        UserError: a model cannot be used, or its price is unknown and the budget is in US dollars.
    """

    def __init__(
        self,
        models: Sequence[ChatModel | str | BaseChatModel],
        budget: Budget | None = None,
        journal: Journal | None = None,
        debug: Debug | None = None,
    ) -> None:
        if not models:
            raise UserError("there is no chat model to ask: name one, such as groq:openai/gpt-oss-120b")
        self._models = [model if isinstance(model, ChatModel) else resolve(model) for model in models]
        breakers: dict[str, Breaker] = {}
        self._available = [Available(m, breakers.setdefault(m.service, Breaker())) for m in self._models]
        self._budget = budget
        self._journal = journal
        self._own = MemoryJournal()
        self._budgets: weakref.WeakKeyDictionary[Journal, Budget] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._debug = debug

    @property
    def name(self) -> str:
        """The name of the model that is asked first."""
        return self._models[0].model.name

    def ask(self, request: Request) -> Answer:
        """Return a whole answer; from the journal, when the session has it already.

        Raises:
            NoAnswer: there is none to be had, or the budget does not allow it.
            UserError: the key was refused, or the budget cannot be kept because a price is unknown.
            KeyboardInterrupt: the run is asked to stop.
        """
        journal = self._journal or current() or self._own
        key = authors.digest({"request": asdict(request), "models": [model.model.name for model in self._models]})
        kept = journal.recall(key)
        if kept is not None:
            text, call = kept
            call = call.model_copy(update={"replayed": True, "purpose": request.purpose})
            progress.tell(
                "call_finished", purpose=request.purpose, model=call.model, outcome=call.outcome, replayed=True
            )
            return Answer(text, [call])
        budget = self._budget_of(journal)
        self._need_prices(budget)
        with budget.clock(), patience() as patient:
            asking = Asking(request, key, budget, journal, patient, self._debug)
            found = asking.answer(self._available)
        if isinstance(found, Failed):
            raise NoAnswer(found.reason, asking.calls)
        return Answer(found, asking.calls)

    def close(self) -> None:
        """Close the connections."""
        for model in self._models:
            model.close()

    def _budget_of(self, journal: Journal) -> Budget:
        """Return the budget of a session: what its earlier runs spent counts."""
        if self._budget is not None:
            return self._budget
        with self._lock:
            found = self._budgets.get(journal)
            if found is None:
                found = Budget.of(settings.current(), journal.calls(), journal.seconds())
                self._budgets[journal] = found
            return found

    def _need_prices(self, budget: Budget) -> None:
        unknown = [m.model.name for m in self._models if m.model.prices is None]
        if budget.max_cost is not None and unknown:
            raise UserError(
                f"the price of {unknown[0]} is unknown, so no cost can be kept to: limit the tokens instead"
            )
