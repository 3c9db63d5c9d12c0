"""Subject: one entity as its tests see it: who may call what, and how rows are made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from backend_agent import names
from backend_agent.artifacts.api import Endpoint, Property
from backend_agent.artifacts.domain import Entity, Relation
from backend_agent.artifacts.rules import RangeRule, RoleRule, Rule, UniqueRule
from backend_agent.artifacts.testing import PlannedKind
from backend_agent.codegen.project_tests import factories, samples
from backend_agent.codegen.project_tests.case import Case, by_number

if TYPE_CHECKING:
    from backend_agent.codegen.project_tests.suite import Suite

KEY = re.compile(r"\{\w+\}")
"""A parameter in a path."""
LOCALS = frozenset(
    """api owner parent stranger administrator caller manager child first second third other body changes found seen
    expected before after link profile member_profile account pytest httpx rows values letters day marks
    sign_in refused statements response responses query name value state role path method given""".split()
)
"""Names that test templates use; an entity called so gets `_row` behind its variable."""


class Subject:
    """One entity that clients make, and how its tests reach it."""

    def __init__(self, suite: Suite, spec: Entity) -> None:
        self.suite = suite
        self.spec = spec
        self.name = spec.name
        self.snake = names.snake(spec.name)
        """Part of function names: `order_item`."""
        self.plural = names.plural(spec.name)
        self.title = names.title(spec.name)
        self.one = names.article(self.title)
        """With its article: `an order`."""
        self.titles = names.title(self.plural)
        variable = names.variable(spec.name)
        self.variable = f"{variable}_row" if variable in LOCALS else variable
        self.file = f"tests/test_{self.plural}.py"
        self.relations = suite.domain.relations_from(spec.name)
        self.rules: list[Rule] = [r for r in suite.domain.rules if r.entity == spec.name]
        self._endpoints: dict[str, Endpoint] = {
            e.kind: e
            for e in reversed(suite.api.endpoints)
            if e.entity == spec.name and e.kind in ("list", "read", "create", "update", "delete")
        }

    def case(
        self, name: str, proves: str, template: str, /, *, kind: PlannedKind = "integration",
        cites: Iterable[str] = (), **view: Any,
    ) -> Case:  # fmt: skip
        """Return a planned test in the entity's file; `view` is what its template sees."""
        return Case(name, self.file, kind, proves, by_number(cites), template, view)

    # --- endpoints and models -------------------------------------------------------------------------------------

    def endpoint(self, kind: str) -> Endpoint | None:
        """Return the endpoint of one of the five kinds, or None."""
        return self._endpoints.get(kind)

    @property
    def create(self) -> Endpoint:
        """Where clients make rows."""
        return self._endpoints["create"]

    @cached_property
    def transitions(self) -> list[Endpoint]:
        """Endpoints that move a row to another state."""
        return [e for e in self.suite.api.endpoints if e.entity == self.name and e.kind == "transition"]

    @cached_property
    def read_model(self) -> list[Property]:
        """What is read of a row."""
        model = self.suite.model(f"{self.name}Read")
        return model.properties if model else []

    @cached_property
    def create_model(self) -> list[Property]:
        """What a new row is made of."""
        model = self.suite.model(self.create.request)
        return model.properties if model else []

    @cached_property
    def update_model(self) -> list[Property]:
        """What an update may change; without the version."""
        update = self.endpoint("update")
        model = self.suite.model(update.request) if update else None
        return [p for p in model.properties if p.name != "version"] if model else []

    def settable(self, field: str) -> Property | None:
        """Return the create property behind a field or relation, or None."""
        return next((p for p in self.create_model if p.field == field), None)

    def shown(self, field: str) -> str:
        """Return the wire name under which a field is read."""
        return self.suite.wire(next((p.name for p in self.read_model if p.field == field), field))

    def wire(self, name: str) -> str:
        """Return a snake_case name as it stands on the wire."""
        return self.suite.wire(name)

    def relation(self, name: str | None) -> Relation | None:
        """Return the entity's relation of that name, or None."""
        return next((r for r in self.relations if r.name == name), None)

    def cites(self, *parts: Rule | Relation | Endpoint | Entity | None) -> list[str]:
        """Return the R-ids of `parts`; of the entity when they have none."""
        found = [c for p in parts if p is not None for c in p.cites]
        return found or list(self.spec.cites)

    def field_cites(self, fields: list[str]) -> list[str]:
        """Return the R-ids of fields and relations; of the entity when they have none."""
        specs = [f for f in self.spec.fields if f.name in fields]
        links = [r for r in self.relations if r.name in fields]
        return [*(c for s in specs for c in s.cites), *(c for r in links for c in r.cites)] or list(self.spec.cites)

    # --- where it is and who owns it ------------------------------------------------------------------------------

    @cached_property
    def parent(self) -> Subject | None:
        """The subject under which it is made."""
        name = self.create.parent
        return self.suite.subject(name) if name and self.suite.has(name) else None

    @property
    def parent_relation(self) -> Relation | None:
        """The relation by which it is a part of its parent."""
        parent = self.parent
        return next((r for r in self.relations if r.owned and parent and r.target == parent.name), None)

    @cached_property
    def owner_role(self) -> str | None:
        """The role whose accounts own rows; None when nobody does, or when the parent's owner does."""
        return next((a for k in self._endpoints.values() for a in k.access.owner_roles), None)

    @cached_property
    def owner_path(self) -> list[str]:
        """Relation names from the entity to its owner."""
        return next((k.access.owner_path for k in self._endpoints.values() if k.access.owner_path), [])

    @cached_property
    def takes_owner(self) -> bool:
        """Whether its factory is told the owner (parts follow their parent)."""
        return self.owner_role is not None and self.parent is None

    @property
    def made_by_owner(self) -> bool:
        """Whether owners make their rows themselves."""
        return self.owner_role in self.create.access.owner_roles

    @cached_property
    def maker_role(self) -> str:
        """The role that makes rows: the owner's where it may, else one that is named, else an administrator's."""
        if self.owner_role and self.made_by_owner:
            return self.owner_role
        access = self.create.access
        return next(iter(access.roles), None) or self.suite.administrator or self.suite.roles[0]

    @cached_property
    def is_profile(self) -> bool:
        """Whether it is what is known of an actor's account."""
        return self.name in self.suite.profiles.values()

    @cached_property
    def single(self) -> bool:
        """Whether an owner can have but one row."""
        relation = self.relation(self.owner_path[0]) if len(self.owner_path) == 1 else None
        alone = any(r.kind == "unique" and relation and r.fields == [relation.name] for r in self.rules)
        return relation is not None and (relation.cardinality == "one_to_one" or alone)

    @cached_property
    def follows_parent(self) -> bool:
        """Whether a part belongs to whom its whole belongs to, not to whoever makes it."""
        relation = self.parent_relation
        return relation is not None and self.owner_path[:1] == [relation.name]

    @cached_property
    def one_a_parent(self) -> bool:
        """Whether an owner can have but one row under each parent: a comment of each member on a post."""
        relation = self.parent_relation
        if relation is None or self.follows_parent or not self.made_by_owner or len(self.owner_path) != 1:
            return False
        pair = {relation.name, *self.owner_path}
        return any(isinstance(r, UniqueRule) and set(r.fields) == pair for r in self.rules)

    @property
    def own_maker(self) -> bool:
        """Whether somebody else makes each part, on his own account: not whom the whole belongs to."""
        if self.parent is None or self.follows_parent or not self._owner_makes:
            return False
        return self.one_a_parent or self.parent.owner_role != self.owner_role

    @cached_property
    def closed(self) -> bool:
        """Whether owners see only their own rows, and so refer to no others."""
        seen = self.endpoint("read") or self.endpoint("list")
        return seen is not None and self.owner_role in seen.access.owner_roles

    # --- source text ----------------------------------------------------------------------------------------------

    def who(self, endpoint: Endpoint, row: str) -> str:
        """Return source of a caller who may call `endpoint` for the row in variable `row`."""
        access = endpoint.access
        free = access.public or not (access.roles or access.owner_roles)
        if free or (self.maker_role in access.roles and not self._owner_makes):
            return f"{row}.by"
        if self.owner_role in access.owner_roles:
            return f"{row}.owner"
        return f'await sign_in(api, "{[*access.roles, *access.owner_roles][0]}")'

    @property
    def _owner_makes(self) -> bool:
        return self.owner_role is not None and self.made_by_owner

    def collection(self, parent: str = "parent") -> str:
        """Return source of the path that rows are posted to; `parent` is the variable of the row above."""
        path = self.create.path
        return f'f"{KEY.sub("{" + parent + ".id}", path)}"' if KEY.search(path) else f'"{path}"'

    def writable(self, role: str) -> list[Property]:
        """Return the update properties that are values and that `role` may write."""
        rules = [r for r in self.rules if isinstance(r, RoleRule) and r.fields and role not in r.roles]
        closed = {f for r in rules for f in r.fields}
        return [p for p in self.update_model if self.is_plain(p) and p.field not in closed]

    def unknown(self, endpoint: Endpoint) -> str:
        """Return source of the path of `endpoint` with ids that nothing has."""
        return f'f"{KEY.sub("{UNKNOWN}", endpoint.path)}"' if KEY.search(endpoint.path) else f'"{endpoint.path}"'

    @property
    def shared(self) -> str:
        """The variable with what a row is made for: `parent`, `owner`, or nothing."""
        return "parent" if self.parent else "owner" if self.takes_owner else ""

    @property
    def scope(self) -> str:
        """The line that makes `shared`; may be empty."""
        if self.parent:
            return f"parent = await make_{self.parent.snake}(api)"
        return f"owner = await {self.new_owner}" if self.takes_owner else ""

    @property
    def new_owner(self) -> str:
        """Source (without `await`) of a new account that can have a row; for a profile one that has none yet."""
        return f'api.account("{self.owner_role}")' if self.is_profile else f'sign_in(api, "{self.owner_role}")'

    @property
    def group(self) -> str:
        """The variable that several rows share; nothing where an owner can have but one."""
        return "" if self.single else self.shared

    def make(self, shared: str = "", *given: str) -> str:
        """Return source that makes a row for what stands in the variable `shared`."""
        return f"await make_{self.snake}({', '.join(a for a in ('api', shared, *given) if a)})"

    def body(self, shared: str = "", *given: str) -> str:
        """Return source of a valid body for a row made for what stands in the variable `shared`."""
        used = shared if factories.body_needs_shared(self) else ""
        return f"await {self.snake}_body({', '.join(a for a in ('api', used, *given) if a)})"

    @property
    def poster(self) -> str:
        """Source of the caller who posts rows for what stands in `shared`."""
        if self.own_maker:
            return f'await sign_in(api, "{self.owner_role}")'
        if self.parent:
            return self.parent.who(self.create, "parent")
        return "owner" if self._owner_makes else f'await sign_in(api, "{self.maker_role}")'

    def role_for(self, endpoint: Endpoint) -> str:
        """Return a role that may call an endpoint."""
        access = endpoint.access
        if self.owner_role in access.owner_roles and self.owner_role:
            return self.owner_role
        return next(iter(access.roles), self.maker_role)

    def oversees(self, listing: Endpoint) -> bool:
        """Whether a list shows somebody the rows of all owners."""
        access = listing.access
        return access.public or bool(access.roles) or not access.owner_roles

    def overseer(self, row: str) -> str:
        """Source of a caller whose list shows the rows of all owners (where `oversees` holds)."""
        access = self._endpoints["list"].access
        return f'await sign_in(api, "{access.roles[0]}")' if access.roles else f"{row}.by"

    def lister(self, row: str) -> str:
        """Return source of a caller whose list holds all rows of `group`, the row in `row` among them."""
        listing = self._endpoints["list"]
        if self.single and listing.access.roles:
            return f'await sign_in(api, "{listing.access.roles[0]}")'
        return self.who(listing, row)

    # --- values ---------------------------------------------------------------------------------------------------

    @cached_property
    def _afters(self) -> dict[str, str]:
        """Fields that must be greater than another: {later: earlier}."""
        return {r.field: r.after for r in self.rules if isinstance(r, RangeRule) and r.after}

    def rank(self, field: str | None) -> int:
        """Return by how many steps the values of a field stand behind those of fields that must be smaller."""
        fields = 0
        while field in self._afters and fields < len(self._afters):
            field = self._afters[field]
            fields += 1
        return fields * len(samples.WORDS)

    def value(self, prop: Property, index: int) -> str:
        """Return source of the `index`-th valid value of a property; in keeping with the rules of order."""
        value = samples.value(prop, index + self.rank(prop.field))
        return samples.literal([value] if prop.many else value)

    @cached_property
    def plain(self) -> list[Property]:
        """Create properties that are values, not references or parts; those that only some roles write left out."""
        return [p for p in self.create_model if self.is_plain(p) and p.field not in self.restricted]

    def is_plain(self, prop: Property) -> bool:
        """Whether a property is a value, not a reference or a list of parts."""
        return prop.type != "model" and self.relation(prop.field) is None

    @cached_property
    def restricted(self) -> set[str]:
        """Fields that the maker may not write."""
        rules = [r for r in self.rules if isinstance(r, RoleRule) and r.fields]
        return {f for r in rules if self.maker_role not in r.roles for f in r.fields}

    @cached_property
    def references(self) -> list[tuple[Property, Relation]]:
        """Create properties that hold ids of other rows, with their relations."""
        return [(p, r) for p in self.create_model if (r := self.relation(p.field))]

    @cached_property
    def parts(self) -> list[Property]:
        """Create properties that hold parts made together with the row."""
        return [p for p in self.create_model if p.type == "model"]

    def part_of(self, prop: Property) -> Subject | None:
        """Return the subject of the parts in `prop`."""
        model = self.suite.model(prop.model)
        return self.suite.subject(model.entity) if model and model.entity and self.suite.has(model.entity) else None

    def denied(self, endpoint: Endpoint) -> list[str]:
        """Return the roles that an endpoint answers with 403."""
        access = endpoint.access
        if access.public or not (access.roles or access.owner_roles):
            return []
        return [r for r in self.suite.roles if r not in access.roles and r not in access.owner_roles]
