"""What a stage's prompt is given: of each earlier artifact the slice that the stage needs, in lines, R-ids kept.

Keys and lines have one order, and what is a default is left out: two calls with the same designs have the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from backend_agent import earlier
from backend_agent import rules as kinds
from backend_agent.artifacts.api import Endpoint
from backend_agent.artifacts.domain import DomainModel, Relation
from backend_agent.artifacts.fields import FieldSpec
from backend_agent.artifacts.requirements import Category, RequirementsAnalysis
from backend_agent.artifacts.rules import Rule
from backend_agent.artifacts.task import BackendTask
from backend_agent.state import Artifacts

WRITTEN = (
    "requirements", "domain", "architecture", "database", "api", "security", "performance", "testing", "deployment",
)  # fmt: skip
"""Stages that a chat model writes. The others measure, or are made from these: nobody's opinion."""

_ABOUT: Mapping[str, tuple[Category, ...]] = {
    "database": ("functional", "data", "performance", "operations"),
    "api": ("functional", "data", "security", "integration"),
    "security": ("functional", "security", "integration"),
    "performance": ("performance",),
    "testing": ("security",),
    "deployment": ("operations", "performance", "integration"),
}
"""By stage: the categories whose statements it is given in full; of the others it is given the numbers."""
_READING = ("filter", "sort", "search", "unique", "derived")


def slices(stage: str, given: Artifacts, requirements: RequirementsAnalysis | None = None) -> dict[str, str]:
    """Return, by heading, what the prompt of a stage is given.

    Args:
        stage: one of `WRITTEN`.
        given: the artifacts that the stage reads.
        requirements: the numbered statements, for the stage that is asked about them.
    """
    analysis = requirements or given.requirements
    found = {name: "\n".join(lines(given)) for name, lines in _SLICES.get(stage, {}).items()}
    said = "\n".join(_statements(stage, analysis, sources=requirements is not None))
    return {**{name: text for name, text in found.items() if text}, "statements": said}


def _statements(stage: str, analysis: RequirementsAnalysis, *, sources: bool) -> Iterator[str]:
    about = _ABOUT.get(stage)
    left: dict[str, list[str]] = {}
    for statement in analysis.statements:
        if about is None or statement.category in about:
            where = statement.source if sources else statement.category
            yield f"{statement.id} {where}: {statement.text}"
        else:
            left.setdefault(statement.category, []).append(statement.id)
    for category, numbers in left.items():
        yield f"about {category}: {' '.join(numbers)}"


def _task(given: Artifacts) -> Iterator[str]:
    task: BackendTask = given.task
    yield f"{task.project_name}: {task.architecture_type}, {task.database_requirements.type}, REST"
    if task.requirements and task.description:
        yield " ".join(task.description.split())
    if task.existing_systems:
        yield f"existing systems: {', '.join(task.existing_systems)}"
    if task.frontend_context and task.frontend_context.pages:
        yield f"pages: {', '.join(task.frontend_context.pages)}"


def _cites(cites: Sequence[str]) -> str:
    return f" [{' '.join(cites)}]" if cites else ""


def _actors(given: Artifacts) -> Iterator[str]:
    for actor in given.domain.actors:
        traits = [
            word for word, is_so in (("registers", actor.registers), ("administrator", actor.administrator)) if is_so
        ]
        yield f"actor {actor.name}{' (' + ', '.join(traits) + ')' if traits else ''}{_cites(actor.cites)}"


def _names(given: Artifacts) -> Iterator[str]:
    for entity in given.domain.entities:
        yield f"{entity.name}{_cites(entity.cites)}"


def _fields(given: Artifacts) -> Iterator[str]:
    for entity in given.domain.entities:
        yield f"{entity.name}: {', '.join(_field(f) for f in entity.fields)}{_cites(entity.cites)}"


def _field(field: FieldSpec) -> str:
    words = [field.name, field.type]
    words += [word for word, is_so in (("unique", field.unique), ("optional", field.optional)) if is_so]
    words += ["list"] if field.many else []
    return " ".join(words)


def _relations(given: Artifacts) -> Iterator[str]:
    return (_relation(r) for r in given.domain.relations)


def _relation(relation: Relation) -> str:
    traits = [word for word, is_so in (("owned", relation.owned), ("optional", relation.optional)) if is_so]
    ends = f"{relation.source}.{relation.name} -> {relation.target}.{relation.inverse}"
    return f"{ends} {' '.join([relation.cardinality, *traits])}{_cites(relation.cites)}"


def _rules(given: Artifacts) -> Iterator[str]:
    return _said(given.domain, given.domain.rules)


def _reading(given: Artifacts) -> Iterator[str]:
    return _said(given.domain, (r for r in given.domain.rules if r.kind in _READING))


def _said(domain: DomainModel, rules: Iterable[Rule]) -> Iterator[str]:
    known = {entity.name for entity in domain.entities}
    for rule in rules:
        if rule.entity in known:
            yield f"{kinds.says(rule)}{_cites(rule.cites)}"


def _sensitive(given: Artifacts) -> Iterator[str]:
    for entity in given.domain.entities:
        names = [field.name for field in entity.fields if field.sensitive]
        if names:
            yield f"{entity.name}: {', '.join(names)}"


def _architecture(given: Artifacts) -> Iterator[str]:
    yield f"{given.architecture.architecture_type}, {given.task.database_requirements.type}"
    for boundary in given.architecture.service_boundaries:
        yield f"{boundary.name}: {', '.join(boundary.entities)}"


def _earlier(given: Artifacts) -> Iterator[str]:  # noqa: ARG001 - all slices are called alike
    """Decisions of the same user in other projects; they belong to no artifact."""
    return (str(pattern) for pattern in earlier.patterns())


def _tables(given: Artifacts) -> Iterator[str]:
    yield f"{given.database.database_type}"
    for table in given.database.tables:
        indexes = "; ".join(f"{', '.join(i.columns)}" for i in table.indexes)
        yield f"{table.name}: indexes {indexes}" if indexes else table.name


def _table_names(given: Artifacts) -> Iterator[str]:
    yield f"{given.database.database_type}: {', '.join(table.name for table in given.database.tables)}"


def _grants(given: Artifacts) -> Iterator[str]:
    """Operations by who may call them."""
    by_caller: dict[str, list[str]] = {}
    for endpoint in given.api.endpoints:
        by_caller.setdefault(_who(endpoint), []).append(endpoint.operation_id)
    for who, operations in by_caller.items():
        yield f"{who}: {' '.join(operations)}"


def _who(endpoint: Endpoint) -> str:
    allowed = endpoint.access
    if allowed.public:
        return "anyone"
    own = [f"{role} (own rows)" for role in allowed.owner_roles]
    return ", ".join([*allowed.roles, *own]) or "any account"


def _reads(given: Artifacts) -> Iterator[str]:
    for endpoint in given.api.endpoints:
        if endpoint.method == "GET" and endpoint.entity:
            yield f"{endpoint.operation_id} {_who(endpoint)}"


def _counts(given: Artifacts) -> Iterator[str]:
    yield f"{len(given.api.endpoints)} operations at {given.api.base_url}"


_Lines = Callable[[Artifacts], Iterable[str]]
_SLICES: Mapping[str, Mapping[str, _Lines]] = {
    "requirements": {"task": _task},
    "domain": {"task": _task},
    "architecture": {
        "task": _task,
        "actors": _actors,
        "entities": _names,
        "relations": _relations,
        "rules": _rules,
        "earlier decisions": _earlier,
    },
    "database": {"architecture": _architecture, "entities": _fields, "relations": _relations, "rules": _reading},
    "api": {"actors": _actors, "entities": _names, "rules": _rules},
    "security": {"actors": _actors, "personal data": _sensitive, "operations by caller": _grants},
    "performance": {"tables": _tables, "reading operations": _reads},
    "testing": {"rules": _rules, "operations": _counts},
    "deployment": {"architecture": _architecture, "tables": _table_names, "operations": _counts},
}
