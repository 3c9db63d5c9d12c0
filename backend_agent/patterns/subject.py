"""Subject: everything that a pattern may look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend_agent.artifacts import needs
from backend_agent.artifacts.domain import DomainModel, Entity
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule
from backend_agent.artifacts.security import EncryptedField
from backend_agent.artifacts.task import BackendTask
from backend_agent.patterns.fit import Verdict, judge, weigh
from backend_agent.patterns.profile import Profile, profile


@dataclass(frozen=True)
class Subject:
    """A task, what was understood of it, and how the architecture types fit it."""

    task: BackendTask
    requirements: RequirementsAnalysis
    domain: DomainModel
    profile: Profile
    verdict: Verdict
    generated: frozenset[str] = frozenset()
    """Architecture types that code can be generated for; empty: not known here."""

    @property
    def records(self) -> list[Entity]:
        """Everything but the account."""
        return [e for e in self.domain.entities if e.kind != "account"]

    @property
    def owned(self) -> list[OwnershipRule]:
        """The ownership rules."""
        return [r for r in self.domain.rules if r.kind == "ownership"]

    @property
    def lifecycles(self) -> list[LifecycleRule]:
        """The lifecycle rules."""
        return [r for r in self.domain.rules if r.kind == "lifecycle"]

    @property
    def audit(self) -> list[str]:
        """The R-ids that ask for an audit log."""
        return needs.audit_log(self.requirements)

    @property
    def encrypted(self) -> list[EncryptedField]:
        """The fields that are kept encrypted."""
        return needs.encrypted_fields(self.requirements, self.domain)


def subject(
    task: BackendTask, requirements: RequirementsAnalysis, domain: DomainModel, generated: Iterable[str] = ()
) -> Subject:
    """Return the subject of a task.

    Args:
        task: what is asked for.
        requirements: its statements.
        domain: what was understood.
        generated: architecture types that code can be generated for.
    """
    found = profile(task, requirements, domain)
    return Subject(
        task, requirements, domain, found, judge(found, weigh(found), task.architecture_type), frozenset(generated)
    )
