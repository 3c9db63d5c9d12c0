"""The methods of a service, as its template writes them."""

from __future__ import annotations

from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.columns import lifecycle, relation_column
from backend_agent.artifacts.domain import ACCOUNT, Relation
from backend_agent.artifacts.rules import ToggleRule, Transition
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.access import role_tuple
from backend_agent.codegen.entities.calls import Calls
from backend_agent.codegen.entities.elements import Comparison, one_of
from backend_agent.codegen.entities.given import Given, server_set
from backend_agent.codegen.entities.guards import Step, keeps_some, steps
from backend_agent.codegen.entities.operations import Operation
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.references import Reference, scope_source
from backend_agent.codegen.view import EntityView


class ServiceMethod:
    """One method of a service."""

    def __init__(self, calls: Calls, plan: EntityPlan, operation: Operation) -> None:
        self.calls = calls
        self.plan = plan
        self.operation = operation
        self.name = operation.name
        self.kind = operation.kind
        self.access = operation.access
        self.key = operation.key

    @property
    def sentence(self) -> str:
        """The docstring."""
        one, many = self.plan.one, self.plan.titles
        match self.kind:
            case "list":
                return f"Return one page of {many}."
            case "read":
                return f"Return {one}."
            case "create":
                return f"Make {one}."
            case "update":
                return f"Change {one}; `version` is the one that was read."
            case "delete":
                return f"Delete {one}."
            case "transition":
                return f"{names.title(self.transition.name).capitalize()} {one}."
            case _:
                verb = self.toggle.on if self.kind == "toggle_on" else self.toggle.off
                return f"{names.title(verb).capitalize()} {one_of(self.object_entity)}; again changes nothing."

    @property
    def returns(self) -> str:
        """The return type."""
        if self.kind == "list":
            return f"Page[{self.plan.name}]"
        return "None" if self.kind in ("delete", "toggle_on", "toggle_off") else self.plan.name

    @property
    def audited(self) -> str:
        """Further arguments of the audit log: the row, and what changed."""
        match self.kind:
            case "create":
                return self.plan.key
            case "update":
                return f"{self.key}, sorted(changes)"
            case "transition" if self.plan.lifecycle:
                return f"{self.key}, [{names.python_literal(self.plan.lifecycle.field)}]"
            case _:
                return self.key

    # ----- who calls

    @cached_property
    def caller(self) -> str:
        """The type of the caller's argument; empty when the method does not ask who calls."""
        if not self._asks:
            return ""
        return "Caller | None" if self.access.public else "Caller"

    @cached_property
    def _asks(self) -> bool:
        reads = self.kind not in ("delete", "toggle_on", "toggle_off")
        return (
            self.access.by_role
            or self.kind in ("toggle_on", "toggle_off")
            or (reads and (self.plan.viewer or bool(self.plan.restricted)))
            or (self.operation.writes and self.plan.entity.project.audit)
            or (self.kind in ("create", "update") and bool(self.scoped_references))
            or (self.kind == "create" and any(self.calls.plans[p.child.name].creator for p in self.plan.parts))
        )

    @property
    def guard(self) -> str:
        """The line that refuses the wrong roles; empty when any account may call."""
        if self.needs_owner:
            return f"owner_id = {self.access.scope}"
        return f"require_role(caller, {self.access.allowed})" if self.access.by_role else ""

    @cached_property
    def needs_owner(self) -> bool:
        """Whether the method works out whose rows count."""
        return self.operation.scoped

    @property
    def viewer(self) -> str:
        """The keyword argument for who reads; empty when it does not matter."""
        if not self.plan.viewer:
            return ""
        return ", viewer_id=" + ("caller.account_id if caller else None" if self.access.public else "caller.account_id")

    # ----- the rows

    @cached_property
    def steps(self) -> list[Step]:
        return steps(self.operation)

    def step_reach(self, step: Step) -> str:
        """Return the keyword arguments of the look-up of a row above."""
        return f", {self.calls.owner_parameter(step.entity.name, step.path)}=owner_id" if step.path else ""

    def reach(self, method: str, *, owner: bool = True) -> str:
        """Return the keyword arguments that narrow a call of the entity's own repository."""
        found = []
        for scope in self.calls.methods(self.plan.name)[method].scopes:
            if not scope.owner and self.operation.parent:
                found.append(f", {scope.name}={self.operation.parent.key}")
            if scope.owner and owner and scope.name == self._owner_parameter:
                found.append(f", {scope.name}=owner_id")
        return "".join(found)

    def call(self, method: str, *arguments: str, owner: bool = True) -> str:
        """Return a call of the entity's own repository, narrowed as the operation is."""
        viewer = self.viewer if method in ("get", "find") else ""
        given = ", ".join(arguments)
        return f"repositories.{self.plan.entity.entities}.{method}({given}{self.reach(method, owner=owner)}{viewer})"

    @property
    def _owner_parameter(self) -> str:
        path = self.operation.own_path
        return self.calls.owner_parameter(self.plan.name, path) if path and not self.operation.sets_owner else ""

    @property
    def keeps(self) -> int:
        """How many parts the whole must keep when this one goes."""
        return keeps_some(self.operation)

    # ----- creating

    @property
    def takes_draft(self) -> bool:
        return self.operation.endpoint.request is not None

    @cached_property
    def given(self) -> list[Given]:
        """The columns that the service fills, in order."""
        parent = self.operation.parent
        found = [Given(parent.column, "UUID", parent.key)] if parent else []
        if relation := self.operation.owner_relation:
            found.append(Given(relation_column(relation), "UUID", self.owner_value))
        return [*found, *server_set(self.plan)]

    @property
    def owner_value(self) -> str:
        """The source of the new row's owner."""
        relation = self.operation.owner_relation
        if relation and (self.operation.on_behalf or relation.target != ACCOUNT):
            return relation_column(relation)
        return "caller.account_id"

    # ----- references

    @property
    def references(self) -> list[Reference]:
        return self.plan.references if self.kind in ("create", "update") else []

    @cached_property
    def scoped_references(self) -> list[Reference]:
        own = [r for r in self.references if r.scoped]
        nested = self.calls.plans
        if self.kind != "create":
            return own
        return own + [r for p in self.plan.parts for r in nested[p.child.name].part_references if r.scoped]

    def reference_argument(self, found: list[Reference]) -> str:
        """Return the further argument of a reference check: whose rows may be meant."""
        scoped = [r for r in found if r.scoped]
        return f", {scope_source(self.operation, scoped)}" if scoped else ""

    @property
    def any_row(self) -> str:
        """The roles that act for others, as a tuple."""
        return role_tuple(self.access.any_row)

    @property
    def add_arguments(self) -> str:
        """The arguments with which a new row is inserted."""
        draft = ["draft"] if self.takes_draft else []
        return ", ".join([*draft, *(f"{g.parameter}={g.value}" for g in self.given)])

    # ----- rules

    def merged(self, field: str) -> str:
        """Return a field as it will be after an update."""
        quoted = names.python_literal(field)
        return f"changes.get({quoted}, {self.plan.variable}.{field})"

    @property
    def sources(self) -> str:
        """The states from which a transition may be made, as a tuple."""
        quoted = ", ".join(map(names.python_literal, self.transition.sources))
        return f"({quoted},)" if len(self.transition.sources) == 1 else f"({quoted})"

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Comparisons whose fields the payload can hold."""
        model = self.plan.create if self.kind == "create" else self.plan.update
        sent = {p.name for p in model.properties} if model else set()
        return [c for c in self.plan.comparisons if self._compares(c, sent)]

    def _compares(self, comparison: Comparison, sent: set[str]) -> bool:
        both = {comparison.field, comparison.after}
        return both <= sent if self.kind == "create" else bool(both & sent)

    @cached_property
    def loads(self) -> bool:
        """Whether an update needs the row as it is."""
        return bool(self.plan.frozen or self.comparisons)

    @property
    def transition(self) -> Transition:
        """The transition that it makes; raises `KeyError`."""
        rule = lifecycle(self.plan.domain, self.plan.name)
        for transition in rule.transitions if rule else []:
            if transition.name == self.operation.endpoint.transition:
                return transition
        raise KeyError(f"{self.plan.name} has no transition {self.operation.endpoint.transition}")

    @property
    def moves_tree(self) -> bool:
        """Whether an update may hang the row elsewhere in its tree."""
        return self.plan.tree is not None and any(r.relation == self.plan.tree for r in self.references)

    # ----- toggles

    @property
    def toggle(self) -> ToggleRule:
        """The rule behind a toggle; raises `KeyError`."""
        if self.plan.toggle is None:
            raise KeyError(f"{self.name} switches {self.plan.name}, which has no toggle rule")
        return self.plan.toggle

    @property
    def subject(self) -> Relation:
        """The relation of a link to who acts."""
        return sql.relation_of(self.plan.entity, self.toggle.subject)

    @property
    def object(self) -> Relation:
        """The relation of a link to what is acted on."""
        return sql.relation_of(self.plan.entity, self.toggle.object)

    @property
    def subject_profile(self) -> EntityView | None:
        """The profile that acts; None when the account itself does."""
        return None if self.subject.target == ACCOUNT else self.plan.entity.project.entity(self.subject.target)

    @property
    def subject_value(self) -> str:
        """The source of the acting row's id."""
        return relation_column(self.subject) if self.subject_profile else "caller.account_id"

    @property
    def object_entity(self) -> EntityView:
        return self.plan.entity.project.entity(self.object.target)

    @property
    def pair(self) -> str:
        """The two ids of a link."""
        return f"{self.subject_value}, {self.key}"

    @property
    def signature(self) -> str:
        """The parameters behind `self`."""
        parameters = [f"caller: {self.caller}"] if self.caller else []
        if self.operation.parent:
            parameters.append(f"{self.operation.parent.key}: UUID")
        if self.key:
            parameters.append(f"{self.key}: UUID")
        if self.kind == "list" and self.plan.query:
            parameters.append(f"query: {self.plan.query.name}")
        if self.kind == "create" and self.takes_draft:
            parameters.append(f"draft: {self.plan.name}Draft")
        if self.kind == "update":
            parameters += ["version: int", f"changes: {self.plan.name}Changes"]
        return "".join(f", {p}" for p in parameters)
