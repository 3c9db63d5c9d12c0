"""Which methods of which repositories the services call, and how far each reaches: what is not called is not there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from backend_agent.artifacts.access import creator_relation, parent_relation
from backend_agent.artifacts.columns import relation_column
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.artifacts.operation_access import row_access
from backend_agent.artifacts.operation_faults import written
from backend_agent.artifacts.operation_shape import created, loaded, shown
from backend_agent.artifacts.operations import CustomOperation
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.guards import keeps_some, steps
from backend_agent.codegen.entities.operations import Operation
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.view import EntityView, Project

PARENT = "parent"
Path = tuple[str, ...]
Reach = frozenset[str | Path]
"""What a call narrows the rows by: `PARENT`, and paths of ownership."""


@dataclass(frozen=True)
class Scope:
    """A keyword argument of a repository method that narrows the rows."""

    name: str
    """`order_id`, `owner_id`."""
    condition: str
    always: bool
    """Whether every call gives it."""
    owner: bool

    @property
    def parameter(self) -> str:
        kind = "UUID | None" if self.owner or not self.always else "UUID"
        return f"{self.name}: {kind}" + ("" if self.always else " = None")


@dataclass(frozen=True)
class Method:
    """A repository method that is called."""

    name: str
    scopes: tuple[Scope, ...]

    @property
    def conditions(self) -> str:
        """Conditions, behind the one on the id."""
        return "".join(f", {s.condition}" for s in self.scopes)

    @property
    def passed(self) -> str:
        """The same arguments, handed on."""
        return "".join(f", {s.name}={s.name}" for s in self.scopes)


class Calls:
    """All calls of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.plans = {e.name: EntityPlan(e) for e in project.entities}
        self._reaches: defaultdict[str, defaultdict[str, list[Reach]]] = defaultdict(lambda: defaultdict(list))
        self._methods: dict[str, dict[str, Method]] = {}
        for plan in self.plans.values():
            for operation in plan.operations:
                self._operation(plan, operation)
        for custom in written(project.given.domain):
            self._custom(custom)

    def _add(self, entity: EntityView | str, method: str, *reach: str | Path) -> None:
        name = entity if isinstance(entity, str) else entity.name
        self._reaches[name][method].append(frozenset(r for r in reach if r))

    def _operation(self, plan: EntityPlan, operation: Operation) -> None:
        parent = operation.parent
        within: tuple[str | Path, ...] = (PARENT,) if parent else ()
        reach: tuple[str | Path, ...] = (*within, operation.own_path)
        for step in steps(operation):
            self._add(step.entity, step.method, step.path)
        match operation.kind:
            case "list":
                self._add(plan.name, "find", *reach)
            case "read":
                self._add(plan.name, "get", *reach)
            case "create":
                self._create(plan, operation, within)
            case "update":
                self._update(plan, reach)
            case "delete":
                if plan.frozen:
                    self._add(plan.name, "lock", *reach)
                if keeps_some(operation):
                    self._add(plan.name, "count", PARENT)
                self._add(plan.name, "delete", *reach)
            case "transition":
                self._add(plan.name, "move", *reach)
                self._add(plan.name, "get", *reach)
            case "toggle_on" | "toggle_off":
                self._toggle(plan, operation)

    def _create(self, plan: EntityPlan, operation: Operation, within: tuple[str | Path, ...]) -> None:
        self._add(plan.name, "add")
        self._add(plan.name, "get", *within)
        if operation.profile:
            self._add(operation.profile, "id_of_account")
        self._references(plan)
        for part in plan.parts:
            self._add(part.child, "add")
            child = self.plans[part.child.name]
            self._references(child, part=True)
            if child.creator and child.creator.target != ACCOUNT:
                self._add(child.creator.target, "id_of_account")

    def _update(self, plan: EntityPlan, reach: tuple[str | Path, ...]) -> None:
        if plan.frozen or plan.comparisons:
            self._add(plan.name, "lock" if plan.frozen else "get", *reach)
        for method in ("update", "require", "get"):
            self._add(plan.name, method, *reach)
        if plan.tree and any(r.relation == plan.tree for r in plan.references):
            self._add(plan.name, "is_within")
        self._references(plan)

    def _references(self, plan: EntityPlan, *, part: bool = False) -> None:
        for reference in plan.part_references if part else plan.references:
            self._add(reference.target, "missing" if reference.many or part else "exists", reference.path)

    def _toggle(self, plan: EntityPlan, operation: Operation) -> None:
        rule = plan.toggle
        if rule is None:
            raise KeyError(f"{operation.name} switches {plan.name}, which has no toggle rule")
        subject, target = sql.relation_of(plan.entity, rule.subject), sql.relation_of(plan.entity, rule.object)
        if subject.target != ACCOUNT:
            self._add(subject.target, "id_of_account")
        self._add(target.target, "require")
        self._add(plan.name, "put" if operation.kind == "toggle_on" else "remove")

    def _custom(self, operation: CustomOperation) -> None:
        """A custom operation: it locks what it is given, and keeps what it brings."""
        domain = self.project.given.domain
        for found in loaded(domain, operation):
            self._add(found.entity, "lock_parts" if found.is_part else "lock_rows")
            allowed = row_access(domain, operation, found)
            if allowed.owner_roles:
                self._add(found.entity, "missing" if found.path else "require", tuple(allowed.owner_path))
            if found.sets:
                self._add(found.entity, "change_row")
        for row in shown(operation):
            self._add(row.entity, "get")
        for new in created(domain, operation):
            self._add(new.entity, "insert_row")
            maker = creator_relation(domain, new.entity)
            if maker and maker.target != ACCOUNT and maker not in (*new.relations, new.inside):
                self._add(maker.target, "id_of_account")

    # ----- what templates ask

    def methods(self, entity: str) -> dict[str, Method]:
        """Return the methods that the repository of an entity must have, by name."""
        if entity not in self._methods:
            reaches = {name: list(found) for name, found in self._reaches[entity].items()}
            if "require" in reaches:
                reaches["exists"] = [*reaches.get("exists", []), *reaches["require"]]
            self._methods[entity] = {n: Method(n, self._scopes(entity, found)) for n, found in reaches.items()}
        return self._methods[entity]

    def _scopes(self, entity: str, reaches: list[Reach]) -> tuple[Scope, ...]:
        union = frozenset().union(*reaches) if reaches else frozenset()
        every = frozenset.intersection(*reaches) if reaches else frozenset()
        found = []
        if PARENT in union:
            found.append(self._parent_scope(entity, always=PARENT in every))
        for path in self.paths(entity):
            if path in union:
                name = self.owner_parameter(entity, path)
                found.append(Scope(name, f"{self.owner_condition(entity, path)}({name})", path in every, owner=True))
        return tuple(found)

    def _parent_scope(self, entity: str, *, always: bool) -> Scope:
        view = self.project.entity(entity)
        owner = parent_relation(self.project.given.domain, entity)
        if owner is None:
            raise KeyError(f"{entity} is no part of another entity")
        key = relation_column(owner)
        here = sql.column(view.table.name, key)
        condition = f"{here} == {key}" if always else f"sa.true() if {key} is None else {here} == {key}"
        return Scope(key, condition, always, owner=False)

    def paths(self, entity: str) -> list[Path]:
        """Return the distinct paths of ownership by which an entity's rows are narrowed, in order of first use."""
        found = [r for reaches in self._reaches[entity].values() for reach in reaches for r in reach if r != PARENT]
        return sorted({r for r in found if isinstance(r, tuple)})

    def owner_parameter(self, entity: str, path: Path) -> str:
        """Return the keyword argument for the owner at the end of a path: `owner_id`."""
        return "owner_id" if len(self.paths(entity)) == 1 else f"{'_'.join(path)}_owner_id"

    def owner_condition(self, entity: str, path: Path) -> str:
        """Return the repository's function for the owner at the end of a path: `_owned_by`."""
        return "_owned_by" if len(self.paths(entity)) == 1 else f"_owned_by_{'_'.join(path)}"


@lru_cache(maxsize=4)
def calls_of(project: Project) -> Calls:
    """Return the calls of a project, worked out once."""
    return Calls(project)
