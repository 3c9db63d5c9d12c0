"""States: where a row starts, who may move it on and from where, and when it is frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.rules import LifecycleRule, Transition
from backend_agent.codegen.project_tests.access import calls
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject


def cases(s: Subject) -> Iterator[Case]:
    """Yield the tests of one entity's lifecycles."""
    for rule in [r for r in s.rules if isinstance(r, LifecycleRule)]:
        yield s.case(
            f"test_new_{s.snake}_is_{rule.initial}",
            f"A new {s.title} is {rule.initial.replace('_', ' ')}",
            "initial_state",
            cites=rule.cites,
            name=s.shown(rule.field),
            state=rule.initial,
        )
        for transition in rule.transitions:
            endpoint = next((e for e in s.transitions if e.transition == transition.name), None)
            if endpoint:
                yield from _transition(s, rule, transition, endpoint)
        yield from _frozen(s, rule)


def _transition(s: Subject, rule: LifecycleRule, transition: Transition, endpoint: Endpoint) -> Iterator[Case]:
    states = s.spec.field(rule.field).values
    closed = [v for v in states if v not in transition.sources]
    cites = transition.cites or rule.cites
    verb = transition.name
    said = verb.replace("_", " ")
    view: dict[str, Any] = {
        "column": rule.field,
        "name": s.shown(rule.field),
        "segment": endpoint.path.rsplit("/", 1)[1],
        "transition": transition,
        "endpoint": endpoint,
    }
    yield s.case(
        f"test_{verb}_{s.snake}",
        f"To {said} {s.one} makes it {transition.target.replace('_', ' ')}",
        "transition",
        cites=cites,
        states=transition.sources,
        **view,
    )
    if closed:
        yield s.case(
            f"test_{verb}_{s.snake}_from_a_wrong_state",
            f"To {said} {s.one} in any other state is a conflict and changes nothing",
            "wrong_state",
            cites=cites,
            states=closed,
            **view,
        )
    if denied := s.denied(endpoint):
        yield s.case(
            f"test_others_may_not_{verb}_{s.snake}",
            f"Who has no role for it may not {said} {s.one}",
            "transition_denied",
            kind="security",
            cites=cites,
            roles=denied,
            state=transition.sources[0],
            **view,
        )
    role = s.owner_role
    if role in endpoint.access.owner_roles and role not in endpoint.access.roles:
        yield s.case(
            f"test_{verb}_{s.snake}_of_another_owner",
            f"Nobody may {said} {s.one} of somebody else",
            "transition_of_another",
            kind="security",
            cites=cites,
            role=role,
            state=transition.sources[0],
            **view,
        )


def _frozen(s: Subject, rule: LifecycleRule) -> Iterator[Case]:
    closed = [e for k in ("update", "delete") if (e := s.endpoint(k))]
    if not rule.frozen_states:
        return
    if closed:
        yield s.case(
            f"test_{s.snake}_is_frozen",
            f"{s.one.capitalize()} that is {' or '.join(rule.frozen_states)} is neither changed nor deleted",
            "frozen",
            cites=rule.cites,
            column=rule.field,
            states=rule.frozen_states,
            calls=[(s.who(e, s.variable), *calls(s, [e], s.variable)[0]) for e in closed],
        )
    for child in [c for c in s.suite.subjects if c.parent is s]:
        open_to = [e for k in ("create", "update", "delete") if (e := child.endpoint(k))]
        yield s.case(
            f"test_{child.plural}_of_a_frozen_{s.snake}",
            f"The {child.titles} of {s.one} that is {' or '.join(rule.frozen_states)} stay as they are",
            "frozen_parts",
            cites=rule.cites,
            column=rule.field,
            states=rule.frozen_states,
            child=child,
            calls=[(child.who(e, "child"), *calls(child, [e], "child")[0]) for e in open_to],
        )
