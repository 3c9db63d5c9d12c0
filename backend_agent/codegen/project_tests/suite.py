"""Suite: the whole service as its tests see it."""

from __future__ import annotations

from functools import cached_property

from backend_agent import names
from backend_agent.artifacts import access
from backend_agent.artifacts.api import APISpecification, DataModel, Endpoint, EndpointKind
from backend_agent.artifacts.domain import DomainModel
from backend_agent.codegen.project_tests.subject import Subject
from backend_agent.codegen.project_tests.wants import Wants


class Suite:
    """The whole service."""

    def __init__(self, domain: DomainModel, api: APISpecification, wants: Wants | None = None) -> None:
        self.domain = domain
        self.api = api
        self.wants = wants or Wants()
        self._models = {m.name: m for m in api.data_models}
        self._kinds = {(e.entity, e.kind): e for e in reversed(api.endpoints)}
        made = [e for e in domain.entities if e.kind == "record" and self._endpoint(e.name, "create")]
        self.subjects = [Subject(self, e) for e in made]
        self._by_name = {s.name: s for s in self.subjects}

    def _endpoint(self, entity: str, kind: EndpointKind) -> Endpoint | None:
        return self._kinds.get((entity, kind))

    def subject(self, name: str) -> Subject:
        """Return the subject of an entity; raises `KeyError`."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether rows of the entity can be made through the API."""
        return name in self._by_name

    @cached_property
    def roles(self) -> list[str]:
        """All roles, in the order of the domain."""
        return access.roles(self.domain)

    @property
    def administrators(self) -> list[str]:
        """The roles that pass ownership checks."""
        return access.administrators(self.domain)

    @property
    def administrator(self) -> str | None:
        """The first of the administrators' roles."""
        return next(iter(self.administrators), None)

    @property
    def not_administrators(self) -> list[str]:
        """The other roles."""
        return [r for r in self.roles if r not in self.administrators]

    @property
    def not_registering(self) -> list[str]:
        """The roles that nobody may register as."""
        return [r for r in self.roles if r not in self.registers]

    @property
    def journey(self) -> Subject | None:
        """What somebody who has just got an account makes first: a thing of the first registering role, or any."""
        if self.registers:
            role = self.registers[0]
            mine = [s for s in self.subjects if s.maker_role == role and not s.parent and not s.is_profile]
            return next(iter(mine), None)
        return next((s for s in self.subjects if s.maker_role == self.administrator and not s.parent), None)

    @property
    def account_cites(self) -> list[str]:
        """R-ids of the endpoints about accounts."""
        return [c for e in self.api.endpoints if e.kind in ("register", "login") for c in e.cites]

    @cached_property
    def profiles(self) -> dict[str, str]:
        """Profile entities by role."""
        return {a.name: a.profile for a in self.domain.actors if a.profile and self.has(a.profile)}

    @property
    def registers(self) -> list[str]:
        """Roles that anyone may register as."""
        return access.registering(self.domain)

    def wire(self, name: str) -> str:
        """Return a snake_case name as it stands on the wire."""
        return names.camel(name) if self.api.naming == "camelCase" else name

    def endpoint(self, operation_id: str) -> Endpoint | None:
        """Return an endpoint by its operation id, or None."""
        return next((e for e in self.api.endpoints if e.operation_id == operation_id), None)

    def model(self, name: str | None) -> DataModel | None:
        """Return a data model, or None."""
        return self._models.get(name or "")
