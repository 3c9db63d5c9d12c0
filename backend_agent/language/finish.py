"""The finish: profiles, accounts, names for things of which nothing is said, who may do what is left open."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT, FieldSpec, Relation
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule, RoleRule, Rule
from backend_agent.language import cycles, lexicon
from backend_agent.language.draft import Draft
from backend_agent.language.grants import ALL
from backend_agent.names import article

_PERSONAL = frozenset("name full_name first_name last_name surname given_name family_name".split())


def finish(draft: Draft) -> None:
    """Complete a draft so that it is a sound model."""
    _registration(draft)
    _account(draft)
    _profiles(draft)
    nameless(draft)
    _inverses(draft)
    _authored(draft)
    _impersonal(draft)
    _personal(draft)
    _privacy(draft)
    _open_reading(draft)
    _redundant(draft)
    _unattended(draft)
    _transition_roles(draft)
    draft.relations, notes = cycles.broken(draft.relations)
    draft.notes += notes


def _registration(draft: Draft) -> None:
    """Somebody must be able to get an account: who registers when nobody is said to."""
    draft.actors = {a.name: a for a in draft.actors.values() if a.acts or a.profile or a.registers}
    if not draft.actors:
        draft.add_actor("user", "", acts=True, registers=True)
        draft.note("Nothing says who uses the service: anyone may register as a user.")
    _who_registers(draft)
    left = [a for a in draft.actors.values() if not a.registers and not a.administrator]
    if left and not draft.administrators():
        for cite in sorted({a.cites[0] for a in left if a.cites}):
            draft.add_actor("administrator", cite, acts=True)
        who = ", ".join(names.title(a.name) for a in left)
        draft.note(f"Nothing says who makes the accounts of {who}: an administrator does.")


def _who_registers(draft: Draft) -> None:
    registers = [a for a in draft.actors.values() if a.registers]
    administrators = [a for a in draft.actors.values() if a.administrator]
    if registers:
        return
    waiting = [a for a in draft.actors.values() if a.consumer]
    if administrators:
        for actor in waiting:
            if actor.profile:
                draft.note(
                    f"Nothing says that {article(names.title(actor.name))} registers: administrators make the accounts"
                    f" of {names.plural(actor.name).replace('_', ' ')}."
                )
        return
    for actor in waiting or list(draft.actors.values())[:1]:
        actor.registers = True
    who = ", ".join(names.title(a.name) for a in draft.actors.values() if a.registers)
    draft.note(f"Nothing says who makes accounts, and there is no administrator: anyone may register as {who}.")


def _account(draft: Draft) -> None:
    """The account has an email address."""
    account = draft.entities[ACCOUNT]
    email = FieldSpec(
        name="email", type="email", unique=True, max_length=254, sensitive=True, cites=sorted(account.cites)
    )
    rest = {
        k: v for k, v in account.fields.items() if k not in ("email", "password", "password_hash", "role", "is_active")
    }
    account.fields = {"email": email, **rest}


def _profiles(draft: Draft) -> None:
    """A profile belongs to an account: always when its actor registers, else maybe."""
    for actor in draft.actors.values():
        profile = actor.profile
        if profile is None:
            continue
        entity = draft.entities[profile]
        if actor.registers and "email" in entity.fields:
            del entity.fields["email"]  # the account has it
        first = [min(actor.cites)] if actor.cites else entity.cites[:1]
        relation = Relation(
            name="user",
            source=profile,
            target=ACCOUNT,
            cardinality="one_to_one",
            inverse=names.snake(profile),
            optional=not actor.registers,
            cites=entity.cites[:1] or first,
        )
        draft.relations = [
            r
            for r in draft.relations
            if not (r.source == profile and r.target == ACCOUNT and r.name in ("user", actor.name))
        ]
        draft.relations.insert(0, relation)


def nameless(draft: Draft) -> None:
    """A thing of which no field is said has a name; a line has a description."""
    for entity in draft.entities.values():
        if entity.kind != "record":
            continue
        stored = [f for f in entity.fields.values() if not f.server_set]
        held = [r for r in draft.relations if r.source == entity.name and r.name != "user" and not r.is_tree]
        head = names.snake(entity.name).rsplit("_", 1)[-1]
        first = entity.cites[:1]
        if (
            head == "line"
            and not any(f.type in ("string", "text") for f in stored)
            and not any(not r.owned for r in held)
        ):
            spec = FieldSpec(name="description", type="string", min_length=1, max_length=200, cites=first)
            entity.fields = {"description": spec, **entity.fields}
        elif head == "address" and not stored:
            entity.fields["address"] = FieldSpec(
                name="address", type="text", max_length=500, sensitive=True, cites=first
            )
        elif not stored and not held and not any(f.server_set for f in entity.fields.values()):
            entity.fields["name"] = FieldSpec(name="name", type="string", min_length=1, max_length=200, cites=first)


def _inverses(draft: Draft) -> None:
    """Two relations into one entity need two inverse names."""
    seen: set[tuple[str, str]] = set()
    for i, relation in enumerate(draft.relations):
        inverse = relation.inverse
        taken = (relation.target, inverse) in seen or inverse in {
            r.name for r in draft.relations if r.source == relation.target
        }
        if taken and not (relation.is_tree and (relation.target, inverse) not in seen):
            inverse = f"{relation.name}_{names.plural(relation.source)}"
            number = 2
            while (relation.target, inverse) in seen:
                inverse = f"{relation.name}_{names.plural(relation.source)}_{number}"
                number += 1
            draft.relations[i] = relation.model_copy(update={"inverse": inverse})
        seen.add((relation.target, inverse))
    for entity in draft.entities.values():
        held = {r.name for r in draft.relations if r.source == entity.name}
        for name in [n for n in entity.fields if n in held or (n.removesuffix("_id") in held and n.endswith("_id"))]:
            del entity.fields[name]


def _authored(draft: Draft) -> None:
    """What people write has an author, also when no sentence says so."""
    consumers = [a for a in draft.actors.values() if a.consumer]
    if len(consumers) != 1:
        return
    actor = consumers[0].name
    for entity in draft.entities.values():
        head = names.snake(entity.name).rsplit("_", 1)[-1]
        written = head in ("post", "article", "message", "tweet", "story", "comment", "review")
        if not written or entity.kind != "record":
            continue
        ruled = (
            r.kind == "ownership" or (r.kind == "role" and "create" in r.operations)
            for r in draft.rules
            if r.entity == entity.name
        )
        if any(ruled):
            continue
        cite = entity.cites[0] if entity.cites else ""
        path = draft.owner_path(entity.name, actor)
        if path is None or len(path) > 1:
            path = [draft.add_relation(entity.name, draft.entity_of_actor(actor), "author", cite).name]
        draft.rules.append(
            OwnershipRule(
                entity=entity.name,
                path=path,
                actor=actor,
                operations=["create", "update", "delete"],
                cites=entity.cites[:1],
            )
        )
        draft.note(f"{article(names.title(entity.name)).capitalize()} has an author, who alone changes it.")


def _personal(draft: Draft) -> None:
    """The name of a person whose contact data is kept is personal data too."""
    public = {r.entity for r in draft.rules if r.kind == "public"}
    for entity in draft.entities.values():
        head = names.snake(entity.name).rsplit("_", 1)[-1]
        profiled = any(a.profile == entity.name and a.consumer for a in draft.actors.values())
        if (head not in lexicon.DATA_SUBJECTS and not profiled) or entity.name in public or entity.kind == "account":
            if entity.name in public:
                continue
            continue
        if not any(f.sensitive for f in entity.fields.values()) and not (
            profiled
            and ACCOUNT in draft.entities
            and any(a.registers and a.profile == entity.name for a in draft.actors.values())
        ):
            continue
        for name, spec in entity.fields.items():
            if name in _PERSONAL and not spec.sensitive:
                entity.fields[name] = spec.model_copy(update={"sensitive": True})


def _impersonal(draft: Draft) -> None:
    """The address or telephone of a thing is no personal data."""
    people = {ACCOUNT} | {a.profile for a in draft.actors.values() if a.profile}
    for entity in draft.entities.values():
        head = names.snake(entity.name).rsplit("_", 1)[-1]
        kept = {
            r.target
            for r in draft.relations
            if r.source == entity.name
            and any(x.kind == "ownership" and x.entity == entity.name and r.name in x.path for x in draft.rules)
        }
        if (
            entity.name in people
            or head in lexicon.DATA_SUBJECTS
            or head in ("courier", "driver")
            or (kept & people and head not in _PLACES)
        ):
            continue
        for name, spec in entity.fields.items():
            if spec.sensitive and (spec.type in ("email", "phone") or name.split("_")[-1] in ("address", "location")):
                entity.fields[name] = spec.model_copy(update={"sensitive": False})


_PLACES = frozenset(
    "restaurant shop store hotel venue company office branch library clinic school warehouse event property listing"
    " business".split()
)


def _privacy(draft: Draft) -> None:
    """A profile with personal data is shown to its owner, to staff and to administrators."""
    for actor in draft.actors.values():
        profile = actor.profile
        if (
            profile is None
            or not actor.consumer
            or not any(f.sensitive for f in draft.entities[profile].fields.values())
        ):
            continue
        if any(r.kind in ("public", "ownership") and getattr(r, "entity", "") == profile for r in draft.rules):
            continue
        cites = draft.entities[profile].cites[:1]
        own: list[Rule] = [
            OwnershipRule(
                entity=profile,
                path=["user"],
                actor=actor.name,
                operations=["list", "read", "create", "update"] if actor.registers else ["list", "read", "update"],
                cites=cites,
            )
        ]
        staff = [a.name for a in draft.actors.values() if not a.consumer and not a.administrator]
        if staff:
            own.append(
                RoleRule(
                    entity=profile, operations=["list", "read"], roles=[*staff, *draft.administrators()], cites=cites
                )
            )
        draft.rules[:0] = own


def _open_reading(draft: Draft) -> None:
    """Managing one's own things does not hide them from those whose things refer to them (menus, from who orders)."""
    owned_by = {r.entity: r.actor for r in draft.rules if isinstance(r, OwnershipRule)}
    for i, rule in enumerate(draft.rules):
        if not isinstance(rule, OwnershipRule) or not {"list", "read", "create", "update", "delete"} <= set(
            rule.operations
        ):
            continue
        users = {
            owned_by.get(_root(r.source, draft))
            for r in draft.relations
            if r.target == rule.entity and r.source != rule.entity
        }
        if users - {None, rule.actor}:
            draft.rules[i] = rule.model_copy(update={"operations": ["create", "update", "delete"]})


def _root(entity: str, draft: Draft) -> str:
    """Return the thing that an owned child belongs to, at the top."""
    for _ in range(5):
        owner = next((r.target for r in draft.relations if r.source == entity and r.owned), None)
        if owner is None:
            break
        entity = owner
    return entity


def _unattended(draft: Draft) -> None:
    """Where there is no administrator, what only its owner sees is changed by its owner too, not by everybody."""
    if draft.administrators():
        return
    for i, rule in enumerate(draft.rules):
        if isinstance(rule, OwnershipRule) and "create" in rule.operations:
            given = {
                o
                for r in draft.rules
                if isinstance(r, RoleRule) and r.entity == rule.entity and not r.fields
                for o in r.operations
            }
            more = [o for o in ALL if o in rule.operations or (o in ("update", "delete") and o not in given)]
            draft.rules[i] = rule.model_copy(update={"operations": more})


def _redundant(draft: Draft) -> None:
    """A role that may read what every account may read needs no rule, unless it is the only one."""
    limited = {r.entity for r in draft.rules if isinstance(r, OwnershipRule) and {"list", "read"} & set(r.operations)}
    only = {
        (r.entity, o)
        for r in draft.rules
        if isinstance(r, RoleRule) and not r.fields
        for o in r.operations
        if any(c.only and c.requirement in r.cites for c in draft.clauses) or _only_visible(r, draft)
    }
    kept: list[Rule] = []
    for rule in draft.rules:
        if isinstance(rule, RoleRule) and not rule.fields:
            operations = [
                o
                for o in rule.operations
                if o not in ("list", "read") or rule.entity in limited or (rule.entity, o) in only
            ]
            if not operations:
                continue
            kept.append(rule.model_copy(update={"operations": operations}))
            continue
        kept.append(rule)
    draft.rules[:] = kept


def _only_visible(rule: RoleRule, draft: Draft) -> bool:
    return any(
        c.requirement in rule.cites and c.verb == "be" and re.search(r"(?i)\bonly\b", c.rest) for c in draft.clauses
    )


def _transition_roles(draft: Draft) -> None:
    """A transition that nobody is named for is made by who may update the thing."""
    for i, rule in enumerate(draft.rules):
        if not isinstance(rule, LifecycleRule):
            continue
        updating = [
            r
            for x in draft.rules
            if isinstance(x, RoleRule) and x.entity == rule.entity and not x.fields and "update" in x.operations
            for r in x.roles
        ]
        owners = any(
            isinstance(x, OwnershipRule) and x.entity == rule.entity and "update" in x.operations for x in draft.rules
        )
        roles = list(dict.fromkeys(updating)) or ([] if owners else draft.administrators())
        open_ended = [t.name.replace("_", " ") for t in rule.transitions if not t.roles and not t.owner]
        part = any(r.source == rule.entity and r.owned for r in draft.relations)
        if part and not any(x.entity == rule.entity and x.kind in ("ownership", "role") for x in draft.rules):
            roles, owners, open_ended = [], False, []
        if open_ended and not updating and not owners and roles:
            draft.note(
                f"Nothing says who may {', '.join(open_ended)} {article(names.title(rule.entity))}: {', '.join(roles)}."
            )
        transitions = [
            t if t.roles or t.owner else t.model_copy(update={"roles": roles, "owner": owners})
            for t in rule.transitions
        ]
        draft.rules[i] = rule.model_copy(update={"transitions": transitions})
