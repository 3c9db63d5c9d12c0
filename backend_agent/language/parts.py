"""Entities and actors while they grow, and how they are finished."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend_agent import names
from backend_agent.artifacts.domain import Actor, Entity, EntityKind, FieldSpec


@dataclass
class DraftEntity:
    """An entity that grows while statements are read."""

    name: str
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    cites: list[str] = field(default_factory=list)
    kind: EntityKind = "record"
    description: str = ""


@dataclass
class DraftActor:
    """An actor that grows while statements are read."""

    name: str
    cites: list[str] = field(default_factory=list)
    registers: bool = False
    administrator: bool = False
    profile: str | None = None
    acts: bool = False
    """Whether some statement says what it may do."""

    @property
    def consumer(self) -> bool:
        """Whether it is somebody the service is for, not one of its staff."""
        head = self.name.rsplit("_", 1)[-1]
        return self.registers or (head in CONSUMERS and not self.administrator)


CONSUMERS = frozenset(
    "user customer client member guest student buyer seller tenant donor volunteer applicant candidate reader"
    " subscriber shopper attendee participant player passenger rider borrower parent person resident citizen"
    " owner host traveller traveler renter organizer organiser viewer follower bidder landlord freelancer"
    " author writer contributor patient visitor creator learner investor voter fan poster consumer friend"
    " vendor household cook athlete listener collector".split()
)


def actor_name(name: str) -> str:
    """Return the role name of an actor: `Admins` -> `administrator`."""
    key = names.snake(name)
    front, _, head = key.rpartition("_")
    if head in ("admin", "superuser", "superadmin", "sysadmin"):
        head = "administrator"
    if head == "administrator" and front in ("", "system", "site", "platform", "application", "the"):
        return "administrator"
    if front in (
        "registered",
        "logged_in",
        "authenticated",
        "signed_in",
        "logged",
        "normal",
        "regular",
        "individual",
        "end",
    ):
        front = ""
    return f"{front}_{head}" if front else head


def merged(old: FieldSpec, new: FieldSpec) -> FieldSpec:
    """Merge two readings of one field."""
    facts = old.model_dump()
    for key, value in new.model_dump().items():
        if key == "cites":
            facts[key] = sorted({*old.cites, *new.cites})
        elif key in ("unique", "sensitive"):
            facts[key] = facts[key] or value
        elif (key == "max_length" and value and value != 200) or (
            facts[key] in (None, [], "") and value not in (None, [], "")
        ):
            if key in ("max_length", "min_length", "pattern") and new.type != old.type:
                continue
            facts[key] = value
    if old.type == "string" and new.type != "string":
        facts |= {"type": new.type, "min_length": new.min_length, "max_length": new.max_length, "values": new.values}
    return FieldSpec.model_validate(facts)


def entity_of(found: DraftEntity) -> Entity:
    """Return the finished entity."""
    return Entity(
        name=found.name,
        description=found.description,
        kind=found.kind,
        fields=list(found.fields.values()),
        cites=sorted(found.cites),
    )


def actor_of(found: DraftActor) -> Actor:
    """Return the finished actor."""
    return Actor(
        name=found.name,
        registers=found.registers,
        administrator=found.administrator,
        profile=found.profile,
        cites=sorted(found.cites),
    )
