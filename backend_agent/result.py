"""Result: what a session brought, typed; and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend_agent import codegen, names
from backend_agent.artifacts.api import APISpecification
from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.base import Provenance
from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.artifacts.deployment import DeploymentConfiguration
from backend_agent.artifacts.documentation import Documentation
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.findings import Finding
from backend_agent.artifacts.performance import PerformancePlan
from backend_agent.artifacts.quality import QualityAssessment
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.security import SecurityConfig
from backend_agent.artifacts.task import BackendTask
from backend_agent.artifacts.testing import TestingStrategy
from backend_agent.artifacts.verification import VerificationReport
from backend_agent.codegen.record import FOLDER, record_files
from backend_agent.codegen.written import WriteReport
from backend_agent.documents import charts, shown
from backend_agent.documents import ledger as books
from backend_agent.errors import UserError
from backend_agent.names import title
from backend_agent.state import Artifacts, State


class Result:
    """What was designed, written, run and judged.

    An artifact that the task's type does not ask for raises `UserError` when it is read; `has` tells.

    Args:
        session_id: the session it comes from.
        state: the session's state, plain JSON values.
        due: stages that have yet to run, when the session is paused.
    """

    def __init__(self, session_id: str, state: Mapping[str, Any], due: Sequence[str] = ()) -> None:
        self.session_id = session_id
        self.due = tuple(due)
        self._state = dict(state)
        self._artifacts = Artifacts(self._state)
        self._read: dict[str, Any] = {}

    def _repr_html_(self) -> str:
        metrics = self.quality.metrics if self.has("quality") else []
        files = [file.path for file in self.files()]
        return shown.result_html(self.task.project_name, self._facts(), metrics, self._rows(), files)

    def __repr__(self) -> str:
        return f"<Result {self.task.project_name}: {', '.join(self._facts())}>"

    def _facts(self) -> list[str]:
        facts = [title(self.task.type)]
        if self.has("quality"):
            quality = self.quality
            facts += [
                f"score {charts.shown(quality.overall_score)}",
                f"confidence {charts.shown(quality.confidence_score)}",
            ]
        return [*facts, *([f"due: {', '.join(self.due)}"] if self.due else [])]

    def _rows(self) -> list[tuple[str, str, str, str]]:
        """Return by stage: its name, what it brought, who wrote it, how many findings its checks have."""
        rows = []
        records = self._state.get("records", {})
        judged = self.quality.findings if self.has("quality") else []
        for name in (key for key in State.__annotations__ if key in records):
            record = records[name]
            value = self._state.get(name) or {}
            counts = [f"{len(part)} {title(key)}" for key, part in value.items() if isinstance(part, list) and part]
            found = sum(finding.stage == name for finding in judged)
            rows.append((title(name), ", ".join(counts[:4]), record["author"], str(found or "")))
        return rows

    def has(self, name: str) -> bool:
        """Whether there is an artifact called `name`."""
        return self._artifacts.has(name)

    def plain(self, name: str) -> dict[str, Any] | None:
        """Return an artifact as plain JSON values; None when there is none."""
        value: dict[str, Any] | None = self._state.get(name)
        return value

    def provenance(self, name: str) -> Provenance:
        """Return who wrote an artifact, and from what."""
        self._artifact(name)
        record = self._state["records"][name]
        return Provenance(**{field: record[field] for field in Provenance.model_fields})

    def _artifact(self, name: str) -> Any:
        if not self.has(name):
            kind = self.task.type
            raise UserError(f"a task of type {kind} brings no {name}; type backend_development brings everything")
        if name not in self._read:
            self._read[name] = getattr(self._artifacts, name)
        return self._read[name]

    @property
    def unheard(self) -> list[str]:
        """Feedback that no draft can follow, as `stage: sentence`; kept for a chat model."""
        said: dict[str, list[str]] = self._state.get("feedback", {})
        records: dict[str, Any] = self._state.get("records", {})
        return [
            f"{stage}: {text}"
            for stage, texts in said.items()
            if records.get(stage, {}).get("author", "draft") in ("draft", "edited")
            for text in texts
        ]

    @property
    def ledger(self) -> books.Ledger:
        """What chat models were asked, by stage: calls, tokens, cost, and why a draft stands in; empty: nothing."""
        return books.rows(self._state)

    @property
    def spent(self) -> books.Row:
        """The sum of the ledger."""
        return books.total(self._state)

    @property
    def refused(self) -> list[Finding]:
        """What chat models proposed and was not taken over."""
        return books.refused(self._state)

    @property
    def task(self) -> BackendTask:
        """What was asked for."""
        return self._artifacts.task

    @property
    def requirements(self) -> RequirementsAnalysis:
        """The task as numbered statements."""
        found: RequirementsAnalysis = self._artifact("requirements")
        return found

    @property
    def domain(self) -> DomainModel:
        """Actors, entities, relations and rules."""
        found: DomainModel = self._artifact("domain")
        return found

    @property
    def architecture(self) -> ArchitectureDesign:
        """Components, boundaries and decisions."""
        found: ArchitectureDesign = self._artifact("architecture")
        return found

    @property
    def database(self) -> DatabaseSchema:
        """Tables; `to_sql("postgresql")` gives the DDL."""
        found: DatabaseSchema = self._artifact("database")
        return found

    @property
    def api(self) -> APISpecification:
        """Endpoints; `to_openapi()` gives the OpenAPI document."""
        found: APISpecification = self._artifact("api")
        return found

    @property
    def security(self) -> SecurityConfig:
        """Who gets in, and what is protected."""
        found: SecurityConfig = self._artifact("security")
        return found

    @property
    def performance(self) -> PerformancePlan:
        """Targets, and what is done to reach them."""
        found: PerformancePlan = self._artifact("performance")
        return found

    @property
    def testing(self) -> TestingStrategy:
        """The generated project's tests."""
        found: TestingStrategy = self._artifact("testing")
        return found

    @property
    def deployment(self) -> DeploymentConfiguration:
        """Containers, environments, pipeline, backups."""
        found: DeploymentConfiguration = self._artifact("deployment")
        return found

    @property
    def code(self) -> Implementation:
        """Every file of the generated project."""
        found: Implementation = self._artifact("code")
        return found

    @property
    def verification(self) -> VerificationReport:
        """What was really run."""
        found: VerificationReport = self._artifact("verification")
        return found

    @property
    def quality(self) -> QualityAssessment:
        """Scores and findings."""
        found: QualityAssessment = self._artifact("quality")
        return found

    @property
    def documentation(self) -> Documentation:
        """Pages, and what became of each requirement."""
        found: Documentation = self._artifact("documentation")
        return found

    def files(self) -> list[GeneratedFile]:
        """Return all files, by path: the project, its documentation, and the record of how it was made."""
        found = {f.path: f for f in self.code.files} if self.has("code") else self._design_files()
        found = {path: file for path, file in found.items() if not path.startswith(f"{FOLDER}/")}
        for page in self.documentation.pages if self.has("documentation") else []:
            content = page.content
            if page.path == "report.html":  # the page is an artifact; what the run cost is not a part of it
                content = content.replace("</main>\n</body>", f"{books.section(self._state)}</main>\n</body>")
            found[page.path] = GeneratedFile(path=page.path, content=content, description=page.title)
        base = [found[path] for path in sorted(found)]
        return sorted([*base, *record_files(self._state, base)], key=lambda file: file.path)

    def write(self, folder: Path | str, *, dry_run: bool = False) -> WriteReport:
        """Write all files, completely or not at all, and return what became of each.

        A folder that was generated before is merged with: what was edited, added or deleted there stays so.

        Args:
            folder: new, empty, or generated before for the same project.
            dry_run: only say what would become of each file.

        Raises:
            UserError: the folder holds something else, or cannot be written.
        """
        return codegen.write(self.files(), folder, dry_run=dry_run)

    def _design_files(self) -> dict[str, GeneratedFile]:
        """Return what a design alone can be used for: the OpenAPI document, the DDL."""
        found: list[GeneratedFile] = []
        if self.has("api"):
            found.append(_json_file("openapi.json", self.api.to_openapi(), "The API as an OpenAPI document."))
        if self.has("database"):
            dialect = self.database.database_type
            ddl = self.database.to_sql(dialect)
            found.append(GeneratedFile(path="schema.sql", content=ddl, description=f"The tables, for {dialect}."))
        return {file.path: file for file in found}


def _json_file(path: str, value: Any, description: str) -> GeneratedFile:
    content = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return GeneratedFile(path=names.module_path(path), content=content, description=description)
