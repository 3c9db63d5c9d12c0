"""The requirements stage: the task as numbered statements."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from backend_agent import changes
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import ApiRequirements, BackendTask, DeploymentRequirements
from backend_agent.language import advice, classify
from backend_agent.language.sentences import split_sentences, split_statements
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts

LONG = 600
"""Characters from which on a statement of several sentences is split."""
Told = tuple[str, str, int | None]
"""Text, source, line."""


def draft(given: Artifacts) -> RequirementsAnalysis:
    """Number the task's statements, and say of each what it is, how it will be met and what is hard about it.

    Statements of the analysis before, if there is one, keep their numbers.
    """
    task = given.task
    statements: list[Statement] = []
    for text, source, line in told(task):
        category = classify.category(text, source)
        statements.append(
            Statement(
                id=f"R-{len(statements) + 1:03}",
                text=text,
                category=category,
                priority=classify.priority(text, source),
                complexity=classify.complexity(text),
                approach=advice.approach(text, category),
                challenges=advice.challenges(text),
                source=source,
                line=line,
            )
        )
    analysis = RequirementsAnalysis(statements=statements, recommendations=advice.recommendations(task, statements))
    return changes.keep_numbers(given.requirements, analysis) if given.has("requirements") else analysis


def told(task: BackendTask) -> Iterator[Told]:
    """Yield every statement of a task in the order of its number."""
    if task.requirements:
        for statement in task.requirements:
            for sentence in _parts(statement.text):
                yield sentence, "requirements", statement.line
    else:
        found = split_statements(task.description)
        for sentence, _ in found or [(" ".join(task.description.split()), 1)]:
            yield sentence, "description", None
    for statement in task.security_requirements:
        yield statement.text, "security_requirements", statement.line
    for text in _performance(task):
        yield text, "performance_requirements", None
    for statement in task.integration_requirements:
        yield statement.text, "integration_requirements", statement.line
    for text in _deployment(task.deployment_requirements):
        yield text, "deployment_requirements", None
    for text in _api(task.api_requirements):
        yield text, "api_requirements", None
    if task.database_requirements.cache:
        yield f"Reads are cached in {_cache(task.database_requirements.cache)}.", "database_requirements", None
    if task.frontend_context and task.frontend_context.origin:
        framework = f" ({task.frontend_context.framework})" if task.frontend_context.framework else ""
        yield f"The web front end{framework} at {task.frontend_context.origin} uses the API.", "frontend_context", None


def _parts(text: str) -> list[str]:
    """Split a long statement into its sentences."""
    sentences = split_sentences(text)
    return sentences if len(text) > LONG and len(sentences) > 1 else [text]


def _figure(value: float) -> str:
    return f"{value:,.10g}".replace(",", " ") if value >= 10_000 else f"{value:.10g}"


def _cache(name: str) -> str:
    return "Redis" if name == "redis" else "the process's memory"


def _performance(task: BackendTask) -> Iterator[str]:
    given = task.performance_requirements
    if given.p95_latency_ms is not None:
        yield f"95 % of requests answer within {_figure(given.p95_latency_ms)} ms."
    if given.throughput_rps is not None:
        yield f"The service answers {_figure(given.throughput_rps)} requests per second."
    if given.concurrent_users is not None:
        yield f"The service works with {_figure(given.concurrent_users)} users at the same time."
    if given.read_write_ratio is not None:
        yield f"There are {_figure(given.read_write_ratio)} reads to one write."
    if given.cache is not None:
        yield f"Frequent reads are cached in {_cache(given.cache)}."


def _deployment(given: DeploymentRequirements) -> Iterator[str]:
    if "platform" in given.model_fields_set:
        yield f"The service is deployed with {'Kubernetes' if given.platform == 'kubernetes' else 'Docker'}."
    if "environments" in given.model_fields_set:
        *front, last = given.environments
        yield f"Environments: {', '.join(front)}{' and ' if front else ''}{last}."


def _api(given: ApiRequirements) -> Iterator[str]:
    if given.idempotency:
        yield "Requests that create something can be repeated safely with an idempotency key."
    if given.pagination == "cursor":
        yield "Lists are paged with cursors."
    if given.naming == "camelCase":
        yield "Property names in the API are in camelCase."


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _missing(given: Artifacts) -> Iterable[str]:
    """Statements of the task that the analysis lost."""
    have = " ".join(s.text for s in given.requirements.statements)
    for text, source, _ in told(given.task):
        if text not in have:
            yield f"{source}: {text[:120]}"


def _numbering(given: Artifacts) -> Iterable[str]:
    """Numbers that are missing or given twice."""
    analysis = given.requirements
    numbers = Counter(s.id for s in (*analysis.statements, *analysis.superseded))
    yield from (f"{number} is given {count} times" for number, count in numbers.items() if count > 1)
    for i in range(1, len(numbers) + 1):
        if f"R-{i:03}" not in numbers:
            yield f"R-{i:03} is nowhere"


def _dangling(given: Artifacts) -> Iterable[str]:
    """Recommendations that cite nothing, or what is not there."""
    known = {s.id for s in given.requirements.statements}
    for item in given.requirements.recommendations:
        if not item.cites:
            yield f"{item.concern}: cites no requirement"
        for cite in item.cites:
            if cite not in known:
                yield f"{item.concern}: cites {cite}"


def _repeated(given: Artifacts) -> Iterable[str]:
    """Statements that say the same twice."""
    seen: dict[str, str] = {}
    for statement in given.requirements.statements:
        key = " ".join(sorted(_words(statement.text))) or statement.text
        if key in seen:
            yield f"{statement.id} repeats {seen[key]}: {statement.text[:120]}"
        seen.setdefault(key, statement.id)


def _without_approach(given: Artifacts) -> Iterable[str]:
    for statement in given.requirements.statements:
        if not statement.approach.strip():
            yield statement.id


CHECKS = (
    Check(
        name="complete",
        title="A statement of the task is missing",
        metric="architecture",
        severity="major",
        find=_missing,
        hint="Give every statement of the task a number.",
    ),
    Check(
        name="numbered",
        title="Requirements are not numbered one by one",
        metric="maintainability",
        severity="major",
        find=_numbering,
        hint="Number them R-001, R-002 and so on.",
    ),
    Check(
        name="cites",
        title="A recommendation cites no requirement that exists",
        metric="maintainability",
        severity="minor",
        find=_dangling,
        hint="Cite the statements that call for the technology.",
    ),
    Check(
        name="distinct",
        title="A requirement is stated twice",
        metric="maintainability",
        severity="minor",
        find=_repeated,
        hint="Remove one of the two from the task.",
    ),
    Check(
        name="approaches",
        title="A requirement has no approach",
        metric="testability",
        severity="minor",
        find=_without_approach,
        hint="Say in one sentence how it will be met.",
    ),
)
STAGE = Stage(
    name="requirements",
    title="Requirements",
    artifact=RequirementsAnalysis,
    reads=("task",),
    draft=draft,
    checks=CHECKS,
)
