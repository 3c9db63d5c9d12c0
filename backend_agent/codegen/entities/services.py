"""The service of an entity, as its template writes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.api import DataModel
from backend_agent.artifacts.columns import relation_column
from backend_agent.artifacts.domain import ACCOUNT, Relation
from backend_agent.codegen.entities.calls import Calls, Method
from backend_agent.codegen.entities.elements import Parts
from backend_agent.codegen.entities.given import Given, server_set
from backend_agent.codegen.entities.methods import ServiceMethod
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.references import Reference
from backend_agent.codegen.view import EntityView


class ServicePlan:
    """The service of one entity."""

    def __init__(self, calls: Calls, plan: EntityPlan) -> None:
        self.calls = calls
        self.plan = plan
        self.methods = [ServiceMethod(calls, plan, o) for o in plan.operations]

    @cached_property
    def rules(self) -> list[str]:
        """Kinds of the rules about the entity whose partials are included, in a fixed order."""
        kinds = {r.kind for r in self.plan.entity.rules}
        if any(m.operation.sets_owner for m in self.methods):
            kinds.add("ownership")
        return sorted(kinds)

    def method(self, kind: str) -> ServiceMethod | None:
        """Return the first method of a kind."""
        return next((m for m in self.methods if m.kind == kind), None)

    @cached_property
    def reference_checks(self) -> list[ReferenceCheck]:
        """The functions that check references: of both payloads, of new rows only, of changes only."""
        create, update = self.method("create"), self.method("update")
        drafted = _sent(self.plan.model("create")) if create and create.takes_draft else set()
        changed = _sent(self.plan.update) if update else set()
        draft, changes = f"{self.plan.name}Draft", f"{self.plan.name}Changes"
        groups = [
            (drafted & changed, f"{draft} | {changes}", ("create", "update"), "_check_references"),
            (drafted - changed, draft, ("create",), "_check_new_references"),
            (changed - drafted, changes, ("update",), "_check_changed_references"),
        ]
        found: list[ReferenceCheck] = []
        for shared, kind, methods, function in groups:
            references = [r for r in self.plan.references if r.name in shared]
            if references:
                found.append(ReferenceCheck(function if found else "_check_references", kind, methods, references))
        return found

    def checks_of(self, method: ServiceMethod) -> list[ReferenceCheck]:
        """Return the reference checks that a method makes."""
        return [c for c in self.reference_checks if method.kind in c.methods]

    def reference_reach(self, reference: Reference) -> str:
        """Return the keyword argument that narrows a reference to the caller's rows."""
        if not reference.scoped:
            return ""
        return f", {self.calls.owner_parameter(reference.target.name, reference.path)}=owner_id"

    @cached_property
    def checked_parts(self) -> list[CheckedParts]:
        """Parts with references that are checked before they are made."""
        found = [CheckedParts(p.name, p.child, self.calls.plans[p.child.name].part_references) for p in self.plan.parts]
        return [p for p in found if p.references]

    def part_given(self, part: Parts) -> str:
        """Return the arguments with which a part is inserted."""
        child = self.calls.plans[part.child.name]
        given = list(server_set(child))
        if relation := child.creator:
            given.insert(0, Given(relation_column(relation), "UUID", self._part_owner(child, relation)))
        given.insert(0, Given(part.column, "UUID", self.plan.key))
        return ", ".join([*(["part"] if part.drafted else []), *(f"{g.parameter}={g.value}" for g in given)])

    def _part_owner(self, child: EntityPlan, relation: Relation) -> str:
        owner = "caller.account_id" if relation.target == ACCOUNT else profile_variable(child)
        create = child.operation("create")
        if create and create.on_behalf:
            return f"part[{names.python_literal(relation_column(relation))}] or {owner}"
        return owner

    @property
    def part_profiles(self) -> list[tuple[str, EntityView]]:
        """The caller's profiles that own parts: the variable for the id, and the profile."""
        found = {}
        for part in self.plan.parts:
            child = self.calls.plans[part.child.name]
            if child.creator and child.creator.target != ACCOUNT:
                found[profile_variable(child)] = self.plan.entity.project.entity(child.creator.target)
        return list(found.items())

    @property
    def move(self) -> Moves | None:
        """The helper that transitions share."""
        if self.method("transition") is None:
            return None
        return Moves(self.calls.methods(self.plan.name)["move"], self.plan.state_type)

    @property
    def seen_by(self) -> str:
        """The type of the caller for whom fields are left out; empty when none are."""
        if not self.plan.restricted:
            return ""
        return "Caller | None" if any(m.caller == "Caller | None" for m in self.methods) else "Caller"

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        plan = self.plan
        own = [plan.name, "UnitOfWork", "Repositories", "Caller", "Role", "Page", "PageQuery", "utcnow"]
        checks = ["Conflict", "Forbidden", "Invalid", "require_role", "owner_scope", "unless_role"]
        drafts = [p.payload for p in plan.parts if p.drafted]
        return [*own, *checks, *drafts, *plan.more_symbols]


def profile_variable(child: EntityPlan) -> str:
    """Return the variable that holds the id of the caller's profile, which owns a part."""
    return f"own_{names.snake(child.creator.target)}_id" if child.creator else ""


def _sent(model: DataModel | None) -> set[str]:
    return {p.name for p in model.properties} if model else set()


@dataclass(frozen=True)
class ReferenceCheck:
    """A function that checks the references in a payload."""

    function: str
    payload: str
    """Type of the payload."""
    methods: tuple[str, ...]
    references: list[Reference]

    @property
    def scoped(self) -> bool:
        return any(r.scoped for r in self.references)


@dataclass(frozen=True)
class CheckedParts:
    """Parts whose references are checked together."""

    name: str
    child: EntityView
    references: list[Reference]

    @property
    def scoped(self) -> bool:
        return any(r.scoped for r in self.references)

    def _always_given(self, name: str) -> bool:
        """Whether a part's payload must hold an id: not where who creates it may leave it out."""
        models = [m for m in self.child.models if m.purpose == "part"]
        return any(p.name == name and p.required and not p.nullable for m in models for p in m.properties)

    def ids(self, reference: Reference) -> str:
        """Return the ids that all parts refer to, as a set."""
        quoted = names.python_literal(reference.name)
        if reference.many:
            return "{found for part in parts for found in part[" + quoted + "]}"
        listed = "{part[" + quoted + "] for part in parts}"
        return (
            listed
            if self._always_given(reference.name)
            else "{found for part in parts if (found := part[" + quoted + "])}"
        )


@dataclass(frozen=True)
class Moves:
    """The helper behind all transitions of an entity."""

    method: Method
    state_type: str

    @property
    def passed(self) -> str:
        return self.method.passed

    @property
    def parameters_with_sources(self) -> str:
        scopes = "".join(f", {s.parameter}" for s in self.method.scopes)
        return f", *, sources: Sequence[{self.state_type}]{scopes}"
