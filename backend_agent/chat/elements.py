"""Elements of a chat model's domain model: each has a name that code can bear, and a statement that it comes from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.domain import ACCOUNT, DomainModel, Entity, Unplaced
from backend_agent.artifacts.fields import FieldSpec
from backend_agent.artifacts.findings import Finding
from backend_agent.chat import texts
from backend_agent.chat.bounds import refusal
from backend_agent.chat.widening import mentions
from backend_agent.names import RESERVED_FIELDS

T = TypeVar("T", bound=Artifact)
Said = Mapping[str, str]

_SNAKE = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]{0,47}", re.ASCII)
_VALUE = re.compile(r"[a-z0-9][a-z0-9_]{0,47}", re.ASCII)
_ATOM = r"(?:\[[A-Za-z0-9 _.,:+@#-]+\]|\\d|\\[.+-]|[A-Za-z0-9 _@:#-])"
_PATTERN = re.compile(rf"\^(?:{_ATOM}(?:\{{\d{{1,3}}(?:,\d{{1,3}})?\}}|[?+*])?){{1,12}}\$", re.ASCII)
_PRIVILEGE = re.compile(r"admin|role|password|passwd|secret|token|superuser|staff|privilege|permission|hash")
_COLUMNS = frozenset(("id", "version", "created_at", "updated_at"))


def cited(domain: DomainModel, draft: DomainModel, said: Said) -> tuple[DomainModel, list[Finding]]:
    """Return the model without elements that no statement asks for, and what was refused.

    Args:
        domain: the chat model's.
        draft: an element that it has too stands, with its cites.
        said: statements by R-id.
    """
    keep = _Keeper(draft, said)
    entities = keep.all("entities", domain.entities, draft.entities, keep.entity)
    known = {entity.name for entity in entities}
    relations = keep.all(
        "relations", (r for r in domain.relations if {r.source, r.target} <= known), draft.relations, keep.cites
    )
    rules = keep.all("rules", (r for r in domain.rules if r.entity in known), draft.rules, keep.cites)
    operations = keep.all("operations", domain.operations, draft.operations, keep.cites)
    actors = keep.all("actors", domain.actors, draft.actors, keep.cites)
    unplaced = [u for u in domain.unplaced if u.requirement in said]
    made = domain.model_copy(
        update={
            "name": draft.name,
            "actors": [a.model_copy(update={"profile": a.profile if a.profile in known else None}) for a in actors],
            "entities": entities,
            "relations": relations,
            "rules": rules,
            "operations": operations,
            "unplaced": unplaced,
        }
    )
    return made, keep.refused


class _Keeper:
    """Drops what cites nothing, and says so."""

    def __init__(self, draft: DomainModel, said: Said) -> None:
        self.refused: list[Finding] = []
        self._draft = draft
        self._said = said

    def all(self, where: str, items: Iterable[T], old: Sequence[T], kept: Any) -> list[T]:
        """Return the items that are kept, each as `kept` leaves it."""
        before = {_identity(item): item for item in old}
        return [made for item in items if (made := kept(where, item, before.get(_identity(item)))) is not None]

    def cites(self, where: str, item: Any, old: Any) -> Any:
        """Return an item whose cites exist; None when it has none and the draft does not know it."""
        found = [c for c in item.cites if c in self._said and not texts.is_instruction(self._said[c])]
        if not found and old is not None:
            found = list(old.cites)
        elif not found:
            unknown = [c for c in item.cites if c not in self._said]
            why = f"cites {texts.shown(unknown[0])}, which is no requirement" if unknown else "no statement asks for it"
            self.refused.append(refusal("domain", f"{where}[{_label(item)}]", why))
            return None
        return item if found == item.cites else item.model_copy(update={"cites": found})

    def entity(self, where: str, item: Entity, old: Entity | None) -> Entity | None:
        """Return an entity without fields that nobody asked for; None when nobody asked for it."""
        made: Entity | None = self.cites(where, item, old)
        if made is None or (old is None and not self._named(made.cites, made.name)):
            if made is not None:
                why = "no statement that it cites speaks of it"
                self.refused.append(refusal("domain", f"{where}[{_label(item)}]", why))
            return None
        before = {f.name: f for f in old.fields} if old else {}
        fields = []
        for spec in made.fields:
            kept = self.cites(f"{made.name}.fields", spec, before.get(spec.name))
            if kept is None:
                continue
            guarded = made.name == ACCOUNT or _PRIVILEGE.search(spec.name)
            if guarded and spec.name not in before and not self._named(kept.cites, spec.name):
                why = "no statement that it cites speaks of it"
                self.refused.append(refusal("domain", f"{made.name}.fields[name={spec.name}]", why))
                continue
            fields.append(_as_closed(kept, before.get(spec.name)))
        return made.model_copy(update={"fields": fields})

    def _named(self, cites: Iterable[str], name: str) -> bool:
        return any(mentions(self._said[c], name) for c in cites if c in self._said)


def _as_closed(spec: FieldSpec, old: FieldSpec | None) -> FieldSpec:
    """Return a field that is no more open than the draft's: what is personal or the server's stays so."""
    if old is None:
        return spec
    return spec.model_copy(
        update={
            "sensitive": spec.sensitive or old.sensitive,
            "server_set": spec.server_set or old.server_set,
            "unique": spec.unique or old.unique,
        }
    )


def _identity(item: Any) -> tuple[Any, ...]:
    if hasattr(item, "kind") and hasattr(item, "entity"):  # a rule
        return (item.kind, item.entity, getattr(item, "field", None), tuple(getattr(item, "operations", ())))
    return (getattr(item, "source", None), item.name)


def _label(item: Any) -> str:
    return f"name={item.name}" if hasattr(item, "name") else f"kind={item.kind},entity={item.entity}"


def listed(domain: DomainModel, said: Said, asked: Iterable[str]) -> DomainModel:
    """Return the model with every statement that it says nothing of among the unplaced: none is lost.

    Args:
        domain: the model.
        said: statements by R-id.
        asked: R-ids of those that are about the domain.
    """
    there = covered(domain) | {u.requirement for u in domain.unplaced}
    lost = [c for c in asked if c in said and c not in there]
    added = [Unplaced(requirement=c, reason="The chat model placed it nowhere.") for c in lost]
    return domain.model_copy(update={"unplaced": [*domain.unplaced, *added]}) if added else domain


def covered(domain: DomainModel) -> set[str]:
    """Return the R-ids that an element of the model cites."""
    parts: list[Any] = [*domain.actors, *domain.entities, *domain.relations, *domain.rules, *domain.operations]
    parts += [field for entity in domain.entities for field in entity.fields]
    return {cite for part in parts for cite in part.cites}


def faults(domain: DomainModel, draft: DomainModel, known: str) -> Iterator[str]:
    """Yield, as words for a repair, names, values, patterns and texts that may not stand in files."""
    for path, name in _names(domain):
        if not _SNAKE.fullmatch(name) or keyword.iskeyword(name) or name in _COLUMNS:
            yield f"{path}: {texts.shown(name)!r} must be snake_case, ASCII, no keyword, at most 48 characters"
    for i, entity in enumerate(domain.entities):
        if not _PASCAL.fullmatch(entity.name):
            yield f"/entities/{i}/name: {texts.shown(entity.name)!r} must be PascalCase and ASCII"
    old = {(e.name, f.name): f for e in draft.entities for f in e.fields}
    for path, owner, spec in _fields(domain):
        before = old.get((owner, spec.name))
        for value in spec.values:
            if not _VALUE.fullmatch(value) and (before is None or value not in before.values):
                yield f"{path}/values: {texts.shown(value)!r} must be snake_case"
        if spec.pattern and not _PATTERN.fullmatch(spec.pattern) and (before is None or spec.pattern != before.pattern):
            yield f"{path}/pattern: must be ^...$ of plain characters, [sets] and \\d, each with one count at most"
        if isinstance(spec.default, str) and spec.type == "enum" and spec.default not in spec.values:
            yield f"{path}/default: is none of the values"
        if spec.name in RESERVED_FIELDS and (before is None):
            yield f"{path}/name: {spec.name} is reserved; put the entity's name in front"
    for path, text in _prose(domain):
        if why := texts.fault(text, known):
            yield f"{path}: {why}"


def _names(domain: DomainModel) -> Iterator[tuple[str, str]]:
    for i, actor in enumerate(domain.actors):
        yield f"/actors/{i}/name", actor.name
    for i, relation in enumerate(domain.relations):
        yield f"/relations/{i}/name", relation.name
        yield f"/relations/{i}/inverse", relation.inverse
    for path, _, spec in _fields(domain):
        yield f"{path}/name", spec.name
    for i, rule in enumerate(domain.rules):
        if rule.kind == "lifecycle":
            for transition in rule.transitions:
                yield f"/rules/{i}/transitions/name", transition.name
        if rule.kind == "toggle":
            yield f"/rules/{i}/on", rule.on
            yield f"/rules/{i}/off", rule.off
    for i, operation in enumerate(domain.operations):
        yield f"/operations/{i}/name", operation.name
        for row in operation.rows:
            yield f"/operations/{i}/rows/name", row.name


def _fields(domain: DomainModel) -> Iterator[tuple[str, str, FieldSpec]]:
    for i, entity in enumerate(domain.entities):
        for k, spec in enumerate(entity.fields):
            yield f"/entities/{i}/fields/{k}", entity.name, spec
    for i, operation in enumerate(domain.operations):
        for k, spec in enumerate(operation.inputs):
            yield f"/operations/{i}/inputs/{k}", "", spec
        for k, spec in enumerate(operation.result):
            yield f"/operations/{i}/result/{k}", "", spec


def _prose(domain: DomainModel) -> Iterator[tuple[str, str]]:
    for i, actor in enumerate(domain.actors):
        yield f"/actors/{i}/description", actor.description
    for i, entity in enumerate(domain.entities):
        yield f"/entities/{i}/description", entity.description
    for path, _, spec in _fields(domain):
        yield f"{path}/description", spec.description
        if isinstance(spec.default, str):
            yield f"{path}/default", spec.default
    for i, operation in enumerate(domain.operations):
        yield f"/operations/{i}/description", operation.description
        for example in operation.examples:
            yield f"/operations/{i}/examples", example.title
    for i, item in enumerate(domain.unplaced):
        yield f"/unplaced/{i}/reason", item.reason
        yield f"/unplaced/{i}/part", item.part
    for i, note in enumerate(domain.notes):
        yield f"/notes/{i}", note
