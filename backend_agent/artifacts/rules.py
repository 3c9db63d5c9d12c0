"""Business rules of the domain model, one type a kind. `backend_agent.rules` says what each becomes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from backend_agent.artifacts.base import Artifact

Operation = Literal["list", "read", "create", "update", "delete"]


class OwnershipRule(Artifact):
    """Rows belong to an account: only it (and administrators) may use them."""

    kind: Literal["ownership"] = "ownership"
    entity: str
    path: list[str]
    """Relation names from the entity to the account, such as `["cart", "customer"]`; the last one ends at
    the account entity or at an actor's profile (whose own `user` relation leads on)."""
    actor: str
    operations: list[Operation]
    """What only the owner may do; the other operations follow the other rules."""
    cites: list[str]


class RoleRule(Artifact):
    """Only some roles may do something."""

    kind: Literal["role"] = "role"
    entity: str
    operations: list[Operation]
    roles: list[str]
    fields: list[str] = Field(default_factory=list)
    """When given, the rule is about these fields only: others neither see nor write them."""
    cites: list[str]


class PublicRule(Artifact):
    """Anyone may read, without logging in."""

    kind: Literal["public"] = "public"
    entity: str
    operations: list[Literal["list", "read"]]
    cites: list[str]


class Transition(Artifact):
    name: str
    """snake_case verb: `cancel`, `ship`; becomes `POST .../{id}/cancel`."""
    sources: list[str]
    """States from which it may be made."""
    target: str
    roles: list[str] = Field(default_factory=list)
    """Who may make it; empty: whoever may update the entity."""
    owner: bool = False
    """Whether the owner of the row may make it too (on top of `roles`)."""
    cites: list[str] = Field(default_factory=list)


class LifecycleRule(Artifact):
    """An enumeration field moves between states by named transitions only."""

    kind: Literal["lifecycle"] = "lifecycle"
    entity: str
    field: str
    """The enum field that holds the state; `server_set`."""
    initial: str
    transitions: list[Transition]
    frozen_states: list[str] = Field(default_factory=list)
    """States in which the row can be neither updated nor deleted, and its parts neither."""
    cites: list[str]


class UniqueRule(Artifact):
    """No two rows share these fields or relations (`once per book`)."""

    kind: Literal["unique"] = "unique"
    entity: str
    fields: list[str]
    """Field and many_to_one relation names, at least one."""
    cites: list[str]


class RangeRule(Artifact):
    """A field's value is bounded; or one field is bounded by another (`ends after it starts`)."""

    kind: Literal["range"] = "range"
    entity: str
    field: str
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    after: str | None = None
    """Another field of the entity that must be smaller."""
    cites: list[str]


class DerivedRule(Artifact):
    """A read-only value computed from related rows."""

    kind: Literal["derived"] = "derived"
    entity: str
    field: str
    """The `server_set` field that shows it; not stored."""
    function: Literal["sum", "count", "average", "exists"]
    """`exists`: whether the current account has a row there (`whether the current member likes it`)."""
    relation: str
    """The inverse name of the relation whose source rows are read, such as `items`."""
    factors: list[str] = Field(default_factory=list)
    """What is summed or averaged: fields of the source rows, or `relation.field` of a row they refer to; multiplied
    when there are two (`["quantity", "price"]`, `["quantity", "menu_item.price"]`). Empty for count and exists."""
    cites: list[str]


class ToggleRule(Artifact):
    """An actor switches a link to something on and off (follow, like)."""

    kind: Literal["toggle"] = "toggle"
    entity: str
    """The link entity (`Like`); kind `link`."""
    actor: str
    subject: str
    """Relation of the link entity to the account or profile that acts."""
    object: str
    """Relation of the link entity to what is acted on."""
    on: str
    """Verb that makes the link: `like`; becomes `PUT /posts/{post_id}/like` (and DELETE to take it away)."""
    off: str
    not_self: bool = False
    cites: list[str]


class SearchRule(Artifact):
    """Rows are found by words in some fields: `GET /books?search=...`."""

    kind: Literal["search"] = "search"
    entity: str
    fields: list[str]
    """Text fields of the entity, or `relation.field` of one it refers to (`authors.name`)."""
    cites: list[str]


class FilterRule(Artifact):
    """A list is narrowed by exact values: `GET /tasks?priority=high`."""

    kind: Literal["filter"] = "filter"
    entity: str
    fields: list[str]
    """Field names or relation names."""
    cites: list[str]


class SortRule(Artifact):
    """A list is ordered: `GET /tasks?sort=due_date` or `-due_date`."""

    kind: Literal["sort"] = "sort"
    entity: str
    fields: list[str]
    default: str | None = None
    """Field of the default order, with `-` in front when newest or largest first."""
    cites: list[str]


Rule = Annotated[
    OwnershipRule
    | RoleRule
    | PublicRule
    | LifecycleRule
    | UniqueRule
    | RangeRule
    | DerivedRule
    | ToggleRule
    | SearchRule
    | FilterRule
    | SortRule,
    Field(discriminator="kind"),
]
