"""The repository of an entity, as its template writes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.access import parent_relation
from backend_agent.artifacts.columns import relation_column
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.calls import Calls, Method
from backend_agent.codegen.entities.given import Given, server_set
from backend_agent.codegen.entities.plan import EntityPlan

_OWN_COLUMNS = ("id", "version", "created_at", "updated_at")


_ORDER = (
    "find", "get", "lock", "lock_rows", "lock_parts", "exists", "require", "missing", "count", "is_within",
    "id_of_account",
    "add", "insert_row", "update", "change_row", "move", "delete", "put", "remove",
)  # fmt: skip
OF_OPERATIONS = ("lock_rows", "lock_parts", "insert_row", "change_row")
"""What only custom operations need."""


@dataclass(frozen=True)
class Signature:
    """The head of a repository method; the port has the same."""

    method: Method
    source: str
    doc: str


def _keywords(*parameters: str) -> str:
    return "".join(f", {p}" for p in ("*", *parameters)) if parameters else ""


@dataclass(frozen=True)
class OwnerCondition:
    """A function of the repository: whose rows count."""

    name: str
    source: str


class RepositoryPlan:
    """The repository of one entity."""

    def __init__(self, calls: Calls, plan: EntityPlan) -> None:
        self.calls = calls
        self.plan = plan
        self.methods = calls.methods(plan.name)

    def method(self, name: str) -> Method | None:
        """Return a method when it is called."""
        return self.methods.get(name)

    @property
    def reads(self) -> bool:
        """Whether whole rows are read."""
        return any(name in self.methods for name in ("get", "find", "lock", "lock_rows", "lock_parts"))

    @cached_property
    def owners(self) -> list[OwnerCondition]:
        """The conditions of ownership that are used."""
        return [
            OwnerCondition(self.calls.owner_condition(self.plan.name, p), sql.owned(self.plan.entity, p, "owner_id"))
            for p in self.calls.paths(self.plan.name)
        ]

    @cached_property
    def signatures(self) -> list[Signature]:
        """The methods in the order in which they are written."""
        return [Signature(self.methods[n], *self._signature(n)) for n in _ORDER if n in self.methods]

    def _signature(self, name: str) -> tuple[str, str]:
        """Return the head of a method (behind `async def`) and its docstring."""
        scopes = tuple(s.parameter for s in self.methods[name].scopes)
        if name in ("find", "get", "lock"):
            return self._reading(name, scopes)
        if name in ("add", "update", "move", "delete"):
            return self._writing(name, scopes)
        if name in OF_OPERATIONS:
            return self._of_operations(name)
        if name in ("put", "remove"):
            doc = "Keep a pair, once." if name == "put" else "Forget a pair, if it is there."
            return f"{name}(self, {self.pair[0]}: UUID, {self.pair[1]}: UUID) -> None", doc
        return self._asking(name, scopes)

    def _reading(self, name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
        plan = self.plan
        viewer = ("viewer_id: UUID | None = None",) if plan.viewer and name != "lock" else ()
        narrowed = _keywords(*scopes, *viewer)
        if name == "find":
            query = plan.query.name if plan.query else "PageQuery"
            return f"find(self, query: {query}{narrowed}) -> Page[{plan.name}]", f"Return one page of {plan.titles}."
        held = " that nobody else changes until the end" if name == "lock" else ""
        head = f"{name}(self, {plan.key}: UUID{narrowed}) -> {plan.name}"
        return head, f"Return {plan.one}{held}; raises `NotFound`."

    def _asking(self, name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
        plan, narrowed = self.plan, _keywords(*scopes)
        row = f"{name}(self, {plan.key}: UUID"
        match name:
            case "exists":
                return f"{row}{narrowed}) -> bool", f"Return whether there is such {plan.one}."
            case "require":
                return f"{row}{narrowed}) -> None", f"Raise `NotFound` unless there is such {plan.one}."
            case "missing":
                head = f"missing(self, ids: Collection[UUID]{narrowed}) -> set[UUID]"
                return head, f"Return those of the ids that belong to no {plan.title}."
            case "count":
                key = self.methods[name].scopes[0].name
                return f"count(self, {key}: UUID) -> int", f"Return how many {plan.titles} the whole has."
            case "is_within":
                doc = f"Return whether {plan.one} is the ancestor itself, or lies anywhere under it."
                return f"{row}, ancestor_id: UUID) -> bool", doc
            case _:
                head = "id_of_account(self, account_id: UUID) -> UUID | None"
                return head, f"Return the id of an account's {plan.title}."

    def _of_operations(self, name: str) -> tuple[str, str]:
        plan = self.plan
        match name:
            case "lock_rows":
                head = f"lock_rows(self, ids: Collection[UUID]) -> dict[UUID, {plan.name}]"
                return head, f"Return {plan.titles} that nobody else changes until the end, by id; raises `NotFound`."
            case "lock_parts":
                head = f"lock_parts(self, {self.whole}: UUID) -> list[{plan.name}]"
                return head, f"Return all {plan.titles} of a whole; nobody else changes them until the end."
            case "insert_row":
                return "insert_row(self, values: Mapping[str, object]) -> UUID", f"Insert {plan.one} and return its id."
            case _:
                head = f"change_row(self, {plan.key}: UUID, version: int, values: Mapping[str, object]) -> None"
                return head, f"Set columns of {plan.one}; raises `Conflict` when its version is another one."

    @property
    def whole(self) -> str:
        """The column that leads from a part to its whole."""
        relation = self.plan.domain.owner_of(self.plan.name)
        if relation is None:
            raise KeyError(f"{self.plan.name} is no part")
        return relation_column(relation)

    def _writing(self, name: str, scopes: tuple[str, ...]) -> tuple[str, str]:
        plan, narrowed = self.plan, _keywords(*scopes)
        row = f"{name}(self, {plan.key}: UUID"
        match name:
            case "add":
                return f"add(self{self.add_parameters}) -> UUID", f"Insert {plan.one} and return its id."
            case "update":
                doc = f"Change {plan.one}; raises `NotFound`, and `Conflict` when its version is another one."
                return f"{row}, version: int, changes: {plan.name}Changes{narrowed}) -> None", doc
            case "move":
                state, field = plan.state_type, plan.lifecycle.field if plan.lifecycle else ""
                keywords = _keywords(f"sources: Sequence[{state}]", *scopes)
                doc = f"Change the {names.title(field)} if it is one of the sources; return whether it was."
                return f"{row}, target: {state}{keywords}) -> bool", doc
            case _:
                return f"{row}{narrowed}) -> None", f"Delete {plan.one}; raises `NotFound`."

    # ----- inserting

    @property
    def takes_draft(self) -> bool:
        return self.plan.create is not None

    @cached_property
    def given(self) -> list[Given]:
        """Arguments of an insertion that are not in the draft: the parent, the owner, what the service sets."""
        found = {g.name: g for g in server_set(self.plan)}
        operation = self.plan.operation("create")
        relation = operation.owner_relation if operation else None
        first = [relation_column(relation)] if relation else []
        scopes = [s.name for m in self.methods.values() for s in m.scopes if not s.owner]
        first = [*dict.fromkeys(scopes + self._part_columns), *first]
        return [*(Given(name, "UUID", name) for name in first), *found.values()]

    @property
    def _part_columns(self) -> list[str]:
        """The column of the whole, for parts that are made with it."""
        relation = parent_relation(self.plan.domain, self.plan.name)
        whole = self.calls.plans.get(relation.target) if relation else None
        return [p.column for p in whole.parts if p.child.name == self.plan.name] if whole else []

    @property
    def add_parameters(self) -> str:
        """The parameters of the insertion, behind `self`."""
        draft = [f"draft: {self.plan.name}Draft"] if self.takes_draft else []
        given = [f"{g.parameter}: {g.annotation}" for g in self.given]
        return "".join(f", {p}" for p in [*draft, *(["*", *given] if given else [])])

    @cached_property
    def inserted(self) -> list[tuple[str, str]]:
        """Columns and the sources of their values, in the order of the table."""
        given = {g.name: g.parameter for g in self.given}
        draft = {p.name for p in self.plan.create.properties} if self.plan.create else set()
        found = []
        for column in self.plan.table.columns:
            if column.name in _OWN_COLUMNS:
                continue
            if column.name in given:
                found.append((column.name, given[column.name]))
            elif column.name in draft:
                found.append((column.name, f"draft[{names.python_literal(column.name)}]"))
        return found

    @property
    def drafted(self) -> set[str]:
        """The keys of a new row's draft."""
        return {p.name for p in self.plan.create.properties} if self.plan.create else set()

    # ----- updating

    @cached_property
    def changed_links(self) -> list[str]:
        """Lists of ids that an update may hold: they are kept in tables of their own."""
        sent = {p.name for p in self.plan.update.properties} if self.plan.update else set()
        return [link.name for link in self.plan.links if link.name in sent]

    @property
    def is_no_link(self) -> str:
        """The condition that `name` is none of those lists."""
        quoted = list(map(names.python_literal, self.changed_links))
        return f"name != {quoted[0]}" if len(quoted) == 1 else f"name not in ({', '.join(quoted)})"

    # ----- profiles and toggles

    @property
    def account_column(self) -> str:
        """The column that leads from a profile to its account."""
        return self.plan.column(relation_column(sql.account_relation(self.plan.entity)))

    @property
    def pair(self) -> tuple[str, str]:
        """The two columns of a toggle's link: who acts, and on what."""
        rule = self.plan.toggle
        if rule is None:
            raise KeyError(f"{self.plan.name} is no link")
        found = [relation_column(sql.relation_of(self.plan.entity, n)) for n in (rule.subject, rule.object)]
        return found[0], found[1]

    # ----- what it needs

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        sources = [d.source for d in self.plan.derived] + [o.source for o in self.owners]
        if self.plan.query and "find" in self.methods:
            sources += self.plan.query.expressions
        tables = [self.plan.symbol, *(link.symbol for link in self.plan.links), *sql.tables_in(sources)]
        own = [self.plan.name, *self.plan.more_symbols, "Page", "PageQuery", "NotFound", "Conflict", "utcnow"]
        return [*own, *dict.fromkeys(tables), *(["Keyset"] if self.plan.entity.project.cursor else [])]

    @cached_property
    def port_imports(self) -> list[str]:
        return [self.plan.name, *self.plan.more_symbols, "Page", "PageQuery"]
