"""Links that accounts switch on and off, and what is counted over them."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.artifacts.rules import DerivedRule, ToggleRule
from backend_agent.codegen.project_tests.case import Case, by_number
from backend_agent.codegen.project_tests.subject import KEY
from backend_agent.codegen.project_tests.suite import Suite


def cases(suite: Suite) -> Iterator[Case]:
    """Yield the tests of all toggles."""
    for rule in suite.domain.rules:
        if isinstance(rule, ToggleRule):
            yield from _toggle(suite, rule)


def _toggle(suite: Suite, rule: ToggleRule) -> Iterator[Case]:
    links = {r.name: r for r in suite.domain.relations_from(rule.entity)}
    target = links[rule.object].target
    on = next((e for e in suite.api.endpoints if e.kind == "toggle_on" and e.path.endswith(f"/{_tail(rule.on)}")
               and e.entity in (rule.entity, target)), None)  # fmt: skip
    account = target == ACCOUNT
    if on is None or not (account or suite.has(target)):
        return
    subject = None if account else suite.subject(target)
    one = names.article(names.title(target))
    inverse = links[rule.object].inverse
    view = {
        "rule": rule,
        "table": names.table_name(rule.entity),
        "object": subject,
        "path": _at(on.path, "target.id"),
        "unknown_path": _at(on.path, "UNKNOWN"),
        "self_path": _at(on.path, "caller.id" if account else "caller.profile"),
        "derived": [
            (suite.wire(r.field), r.function)
            for r in suite.domain.rules
            if isinstance(r, DerivedRule) and r.entity == target and r.relation == inverse
            and r.function in ("count", "exists")
        ],
        "reader": subject and (read := subject.endpoint("read")) and subject.who(read, "target"),
        "refusal": 409 if 409 in on.errors else 422,
        "denied": [r for r in suite.roles if r not in (*on.access.roles, *on.access.owner_roles)]
        if on.access.roles or on.access.owner_roles
        else [],
    }  # fmt: skip
    file = f"tests/test_{names.plural(rule.entity)}.py"

    def case(name: str, proves: str, template: str, *, security: bool = False) -> Case:
        kind = "security" if security else "integration"
        return Case(name, file, kind, proves, by_number(rule.cites), template, view)  # type: ignore[arg-type]

    on_it = f"{rule.on}_{names.snake(target)}"
    yield case(
        f"test_{on_it}", f"To {rule.on} {one} twice is to {rule.on} it once, and to {rule.off} it undoes that", "toggle"
    )
    if subject:
        missing = f"Nobody can {rule.on} {one} that does not exist"
        yield case(f"test_{rule.on}_unknown_{names.snake(target)}", missing, "toggle_unknown")
    nobody = f"Who is not logged in can {rule.on} nothing"
    yield case(f"test_{on_it}_needs_a_token", nobody, "toggle_token", security=True)
    if view["denied"]:
        refused = f"Who has no role for it may not {rule.on} {one}"
        yield case(f"test_others_may_not_{on_it}", refused, "toggle_denied", security=True)
    if rule.not_self:
        yield case(f"test_nobody_may_{rule.on}_themselves", f"Nobody can {rule.on} themselves", "toggle_self")
    if subject and view["derived"]:
        shown = f"{one.capitalize()} shows how it stands with each {rule.on}"
        yield case(f"test_{rule.on}_is_shown_on_{names.snake(target)}", shown, "toggle_shown")


def _at(path: str, key: str) -> str:
    """Return source of a path with `key` for its one path parameter."""
    return f'f"{KEY.sub("{" + key + "}", path)}"'


def _tail(verb: str) -> str:
    return names.kebab(verb)
