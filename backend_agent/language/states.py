# ruff: noqa: E501 - patterns and word lists read better unbroken
"""States of a thing -> transitions: which verb leads to a state, and from where."""

from __future__ import annotations

from backend_agent.artifacts.rules import Transition
from backend_agent.language import words

_VERBS = {
    "missed": "miss", "paid": "pay", "void": "void", "ready": "make_ready", "active": "activate", "inactive": "deactivate",
    "done": "finish", "in_progress": "start", "open": "open", "overdue": "mark_overdue", "in_review": "submit_for_review",
    "on_hold": "hold", "live": "go_live", "lost": "lose", "won": "win", "sold": "sell", "sold_out": "sell_out",
    "available": "make_available", "failed": "fail", "draft": "return_to_draft", "new": "renew", "pending": "make_pending",
    "no_show": "mark_no_show", "busy": "occupy", "under_review": "start_review", "in_transit": "send",
    "out_for_delivery": "send_out", "picked_up": "pick_up", "checked_in": "check_in", "checked_out": "check_out",
    "in_use": "use", "private": "make_private", "public": "make_public", "waiting": "queue", "running": "start",
    "ongoing": "start", "unpaid": "mark_unpaid", "backlog": "return_to_backlog", "todo": "return_to_todo",
    "returned": "return_item", "complete": "complete",
}  # fmt: skip
_EXITS = frozenset(
    "cancelled canceled void voided failed missed expired withdrawn abandoned lost aborted no_show terminated revoked"
    " discarded deleted dropped quit resigned left".split()
)
"""Ends that can be reached from everywhere on the way."""
_REFUSALS = frozenset("rejected declined denied refused disapproved dismissed unsuccessful".split())
_CONSENTS = frozenset("accepted approved confirmed granted admitted verified successful".split())
_REVERSALS = frozenset("refunded returned reopened reversed disputed".split())
_FINAL = frozenset(
    "completed complete done delivered closed paid finished returned checked_out resolved shipped executed archived fulfilled ended"
    " expired settled received collected sold released merged deployed".split()
)
"""Ends behind which nothing is cancelled any more."""
_SWITCHES = frozenset(
    "frozen suspended blocked locked paused inactive disabled deactivated banned on_hold archived".split()
)
STATE_WORDS = (
    _EXITS
    | _REFUSALS
    | _CONSENTS
    | _REVERSALS
    | _SWITCHES
    | frozenset(_VERBS)
    | frozenset(
        "closed open submitted shipped delivered scheduled completed published issued executed started finished assigned"
        " resolved placed processing captured planned requested sent received registered borrowed reserved".split()
    )
)


def transition_verb(state: str) -> str:
    """Return the verb that leads to a state: `shipped` -> `ship`, `picked_up` -> `pick_up`."""
    if state in _VERBS:
        return _VERBS[state]
    first, *rest = state.split("_")
    base = words.verb(first)
    if base != first or state.endswith("ed"):
        return "_".join([base, *rest])
    if not rest and "VERB" in words.lemmas(first) and "ADJ" not in words.lemmas(first):
        return base
    return f"mark_{state}"


def looks_like_states(values: list[str]) -> bool:
    """Whether values are stages that something passes through: most are participles or known words of progress."""
    known = [v for v in values if v in STATE_WORDS or v.split("_")[0].endswith("ed") or v in ("draft", "new")]
    return len(known) * 2 >= len(values)


def plan(values: list[str], cites: list[str]) -> list[Transition]:
    """Return the transitions that states in this order suggest.

    The ordinary states form a chain from the first one; a refusal leaves where its consent does; a cancellation is
    possible from every state on the way save the last; a switch (`frozen`) from the state before it.
    """
    main = [v for v in values if v not in _EXITS | _REFUSALS | _REVERSALS]
    if not main or main[0] != values[0]:
        main = [values[0], *[v for v in main if v != values[0]]]
    sources: dict[str, list[str]] = {}
    chain = [main[0]]
    switched: list[str] = []
    for state in main[1:]:
        if state in _SWITCHES:
            sources[state] = [chain[-1]]
            switched.append(state)
        else:
            sources[state] = [chain[-1], *switched]
            switched = []
            chain.append(state)
    on_the_way = (chain[:-1] if chain[-1] in _FINAL else chain) or chain[:1]
    for state in values[1:]:
        if state in _REFUSALS:
            consent = next((c for c in chain if c in _CONSENTS), None)
            sources[state] = list(sources[consent]) if consent in sources else chain[:1]
        elif state in _REVERSALS:
            before = [c for c in chain if values.index(c) < values.index(state)]
            sources[state] = before[-1:] or chain[-1:]
        elif state in _EXITS:
            sources[state] = chain[:1] if state == "failed" else list(on_the_way)
    used: set[str] = set()
    found: list[Transition] = []
    for state in values[1:]:
        name = transition_verb(state)
        if name in used:
            name = f"mark_{state}"
        used.add(name)
        found.append(Transition(name=name, sources=sources[state], target=state, cites=cites))
    return found


def reachable(initial: str, transitions: list[Transition]) -> set[str]:
    """Return the states that can be reached from `initial`, itself among them."""
    seen = {initial}
    while True:
        more = {t.target for t in transitions if seen & set(t.sources)} - seen
        if not more:
            return seen
        seen |= more
