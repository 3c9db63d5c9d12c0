"""What `tests/factories.py` makes rows of: values, references to other rows, parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend_agent.artifacts.api import DataModel, Property
from backend_agent.artifacts.domain import ACCOUNT, Relation
from backend_agent.artifacts.rules import UniqueRule
from backend_agent.codegen.project_tests import samples

if TYPE_CHECKING:
    from backend_agent.codegen.project_tests.subject import Subject
    from backend_agent.codegen.project_tests.suite import Suite

_SHARED = re.compile(r"\b(owner|parent)\b")


@dataclass(frozen=True)
class Factory:
    """The functions that make one entity."""

    subject: Subject
    parameter: str
    """What the body's function takes besides the API: `owner: Client, `; may be empty."""
    values: list[tuple[str, str]]
    """Wire names and source of plain values."""
    references: list[tuple[str, str]]
    """Wire names and source of values for which other rows are made."""
    profile_link: str = ""
    """Wire name of a profile's account."""

    @property
    def numbered(self) -> bool:
        """Whether any value uses the number `n`."""
        return any(re.search(r"\{n\b|\bn\b", source) for _, source in self.values)


def factory(s: Subject) -> Factory:
    """Return what makes rows of one entity."""
    kinds = {"parent": "parent: Row, ", "owner": "owner: Client, "}
    link = next((p for p, r in s.references if r.target == ACCOUNT), None)
    return Factory(
        subject=s,
        parameter=kinds.get(s.shared, "") if body_needs_shared(s) else "",
        values=[(s.wire(p.name), _value(s, p)) for p in s.plain],
        references=filled(s),
        profile_link=s.wire(link.name) if link else "",
    )


def _value(s: Subject, prop: Property) -> str:
    spec = next((f for f in s.spec.fields if f.name == prop.field), None)
    keys = [r.fields for r in s.rules if isinstance(r, UniqueRule)]
    alone = [prop.field] in keys or (spec is not None and spec.unique)
    if alone or any(prop.field in fields and not _has_reference(s, fields) for fields in keys):
        return samples.unique_expression(prop)
    return samples.expression(prop, s.rank(prop.field))


def _has_reference(s: Subject, fields: list[str]) -> bool:
    """Whether one of the fields is a reference to a row that is new for each row."""
    return any(r.name in fields and r.target != ACCOUNT and r.name not in s.owner_path for _, r in s.references)


def body_needs_shared(s: Subject) -> bool:
    """Whether a valid body depends on the owner or the parent."""
    return any(_SHARED.search(source) for _, source in filled(s))


def filled(s: Subject) -> list[tuple[str, str]]:
    """Return wire names and source of the references and parts that a body must have."""
    found = []
    for prop, relation in s.references:
        owns = s.takes_owner and relation.name in s.owner_path[:1]
        if (
            not (prop.required or owns)
            or prop.field in s.restricted
            or (owns and s.made_by_owner and not prop.required)
        ):
            continue
        source = _reference(s, relation)
        if source:
            found.append((s.wire(prop.name), f"[{source}]" if prop.many else source))
    parts = [p for p in s.parts if p.required or p.min_items]
    return [*found, *((s.wire(p.name), f"[{part(s, p)}]") for p in parts)]


def _reference(s: Subject, relation: Relation) -> str:
    """Return source of the id of a row that `s` may refer to."""
    suite = s.suite
    owner = f"{s.shared}.owner" if s.shared == "parent" else s.shared
    owns = s.takes_owner and relation.name == s.owner_path[0]
    if relation.target == ACCOUNT:
        if owns:
            return f"{owner}.id"
        role = relation.name if relation.name in suite.roles else suite.roles[0]
        return f'(await sign_in(api, "{role}")).id'
    if owns and len(s.owner_path) == 1:
        return f"{owner}.profile"
    if not suite.has(relation.target):
        return ""
    target = suite.subject(relation.target)
    mine = s.owner_role or (s.parent.owner_role if s.parent else None)
    exempt = not owns and len(s.owner_path) > 1 and _first_target(s) == relation.target
    same = target.takes_owner and target.owner_role == mine and not exempt and bool(owner)
    if same and target.single and not target.closed:
        same = False
    elif same and target.is_profile:
        return f"{owner}.profile"
    return f"({target.make(owner if same else '')}).id"


def _first_target(s: Subject) -> str | None:
    relation = s.relation(s.owner_path[0])
    return relation.target if relation else None


def part(s: Subject, prop: Property, *, unknown: bool = False) -> str:
    """Return source of one part, as the body of its whole holds it; `unknown`: it refers to rows that do not exist."""
    model: DataModel | None = s.suite.model(prop.model)
    child = s.part_of(prop)
    if model is None or child is None:
        return "{}"
    values = []
    for inner in model.properties:
        relation = child.relation(inner.field)
        if relation is None:
            source = f"[{part(child, inner)}]" if inner.type == "model" else child.value(inner, 0)
            values.append((child.wire(inner.name), source))
        elif inner.required or inner.min_items:
            source = (
                "UNKNOWN"
                if unknown
                else _reference(child, relation).replace("parent.owner", "owner" if s.takes_owner else "parent.owner")
            )
            values.append((child.wire(inner.name), f"[{source}]" if inner.many else source))
    return "{" + ", ".join(f'"{name}": {source}' for name, source in values) + "}"


def account_values(suite: Suite) -> list[tuple[str, str]]:
    """Return column names and source (Python values, not JSON) of what accounts hold besides the usual."""
    model = suite.model("RegisterRequest") or suite.model(f"{ACCOUNT}Create")
    own = [p for p in (model.properties if model else []) if p.field and p.field != "email"]
    return [(p.field or p.name, _python(p)) for p in own if p.type not in ("uuid", "model")]


def _python(prop: Property) -> str:
    text = prop.type in samples.TEXTS or prop.type in ("email", "url")
    source = samples.expression(prop).strip("[]") if text else samples.literal(samples.value(prop, 0))
    wrap = {"decimal": "Decimal({})", "date": "date.fromisoformat({})", "time": "time.fromisoformat({})",
            "datetime": "datetime.fromisoformat({})"}.get(prop.type, "{}")  # fmt: skip
    return f"[{wrap.format(source)}]" if prop.many else wrap.format(source)
