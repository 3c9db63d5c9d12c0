"""What no two rows share."""

from __future__ import annotations

from collections.abc import Iterator

from backend_agent.artifacts.api import Property
from backend_agent.artifacts.rules import UniqueRule
from backend_agent.codegen.project_tests.case import Case
from backend_agent.codegen.project_tests.subject import Subject


def cases(s: Subject) -> Iterator[Case]:
    """Yield a test for each unique field and each uniqueness rule of one entity."""
    seen: set[tuple[str, ...]] = set()
    for fields, cites in _keys(s):
        if fields in seen:
            continue
        seen.add(fields)
        sent = [p for f in fields if (p := s.settable(f))]
        if not sent or any(f in s.restricted for f in fields):
            continue
        said = " and ".join(f.replace("_", " ") for f in fields)
        changed = [p for p in sent if p.name in {u.name for u in s.update_model}]
        yield s.case(
            f"test_{s.snake}_{'_and_'.join(fields)}_is_unique",
            f"No two {s.titles} have the same {said}",
            "unique",
            cites=cites,
            names=[s.wire(p.name) for p in sent],
            update=s.endpoint("update") if len(changed) == len(sent) else None,
            owner_decides=bool(set(fields) & set(s.owner_path[:1])),
            first_given=_differing(s, sent),
        )


def _keys(s: Subject) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    for field in s.spec.fields:
        if field.unique and not field.server_set:
            yield (field.name,), list(field.cites)
    for rule in s.rules:
        if isinstance(rule, UniqueRule):
            yield tuple(rule.fields), rule.cites
    for relation in s.relations:
        if relation.cardinality == "one_to_one" and not relation.optional:
            yield (relation.name,), list(relation.cites)


def _differing(s: Subject, sent: list[Property]) -> str:
    """Arguments of the first row where factories would repeat a constant: only values that take part, none here."""
    plain = [p for p in sent if s.is_plain(p) and p.type in ("integer", "decimal", "date", "datetime", "time", "enum")]
    return ", ".join(f"{s.wire(p.name)}={s.value(p, 1)}" for p in plain)
