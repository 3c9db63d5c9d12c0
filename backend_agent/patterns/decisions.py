"""Decisions: design patterns, each with what in a task calls for it. One function a pattern, one line in PATTERNS."""

from __future__ import annotations

from collections.abc import Callable

from backend_agent.artifacts.architecture import Decision
from backend_agent.names import title
from backend_agent.patterns.fit import WORDS
from backend_agent.patterns.subject import Subject
from backend_agent.patterns.wording import cited, listed, one, sentence, things


def architecture_type(s: Subject) -> Decision:
    """The requested type is kept; a poor fit is said."""
    mine, best = s.verdict.requested, s.verdict.best
    words = WORDS[mine.architecture_type]
    standing = f"it scores {mine.score} of 100, place {s.verdict.rank} of 7"
    for_it = [r.split(" ", 1)[1] for r in mine.reasons if r.startswith("+")]
    against = [r.split(" ", 1)[1] for r in mine.reasons if r.startswith("-")]
    later = "" if not s.generated or best.architecture_type in s.generated else "; no code is generated for it today"
    if s.verdict.poor:
        reason = (
            f"The task asks for it, so it stays, but {standing}. Against it: {'; '.join(against) or 'little'}. "
            f"{sentence(WORDS[best.architecture_type])[:-1]} would suit better ({best.score}){later}."
        )
        head = f"The requested {words} is a poor fit"
    else:
        head = f"Built as {words}"
        reason = (
            f"Asked for by the task, and {standing}. {sentence('; '.join(for_it[:3]) or 'Nothing speaks against it')}"
        )
        if against:
            reason += f" {sentence('The price: ' + '; '.join(against))}"
    others = [WORDS[f.architecture_type] for f in [best] if f.architecture_type != mine.architecture_type]
    return Decision(title=head, choice=sentence(words), reason=reason, alternatives=others, cites=s.verdict.cites)


def one_database(s: Subject) -> Decision:
    """One relational store for everything."""
    kind = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(
        s.task.database_requirements.type, s.task.database_requirements.type
    )
    links = len(s.domain.relations)
    reason = (
        f"{links} relation{'' if links == 1 else 's'} between {len(s.domain.entities)} entities are kept "
        "by foreign keys"
    )
    if s.profile.guards:
        reason += f", and {s.profile.guards} rules are decided in the same transaction as the write"
    if kind == "SQLite":
        reason += "; one file is enough for one process, and another process could not write at the same time"
    cites = cited((c for r in s.domain.relations for c in r.cites), s.profile.entity_cites)
    return Decision(
        title=f"{kind} is the only store",
        choice=f"All state is in {kind}; processes keep none.",
        reason=sentence(reason),
        alternatives=["a store for each boundary", "a document store"],
        cites=cites,
    )


def boundaries(s: Subject) -> Decision | None:
    """How the entities fall into parts."""
    found = s.profile.boundaries
    if len(found) < 3:
        return None
    wide = [b for b in found if len(b.entities) > 1]
    text = listed((f"{b.name} ({listed(title(e) for e in b.entities)})" for b in wide), 8)
    crossing = len(s.profile.crossings)
    return Decision(
        title=f"{len(found)} boundaries",
        choice=sentence(
            f"Kept together: {text}; each other entity stands alone" if wide else "Each entity stands alone"
        ),
        reason=sentence(
            f"Parts stay with their owners and reference data with its only user; {crossing} reference"
            f"{' crosses' if crossing == 1 else 's cross'} a boundary, all in one direction, so a part can be "
            "taken out later"
        ),
        alternatives=["one package for each table", "no boundaries"],
        cites=cited(c for b in found for c in b.cites),
    )


def parts(s: Subject) -> Decision | None:
    """Owned children."""
    owned = [r for r in s.domain.relations if r.owned]
    if not owned:
        return None
    names = listed(f"{things(r.source)} under their {title(r.target)}" for r in owned)
    least = [r for r in owned if r.min_items]
    reason = "they have no life of their own: they are reached through it, take its access and go with it"
    if least:
        reason += (
            f"; {listed(one(r.target) for r in least)} is created together with its first parts, in one transaction"
        )
    return Decision(
        title="Parts live under their owners",
        choice=sentence(names),
        reason=sentence(reason),
        alternatives=["a collection of their own with a filter"],
        cites=cited(c for r in owned for c in r.cites),
    )


def ownership(s: Subject) -> Decision | None:
    """Rows are narrowed to their owners in the query."""
    if not s.owned:
        return None
    names = listed(f"{things(r.entity)} by {title(r.actor)}" for r in s.owned)
    long = [r for r in s.owned if len(r.path) > 1]
    reason = (
        "a row of somebody else's is never read, so it can be neither shown by mistake nor told from a "
        "missing one (404)"
    )
    if long:
        reason += (
            f"; the way from {listed(things(r.entity) for r in long)} to the owner is a join in the same statement"
        )
    return Decision(
        title="Ownership is a condition of the query",
        choice=sentence(names),
        reason=sentence(reason),
        alternatives=["read the row, then compare", "row level security in the database"],
        cites=cited(c for r in s.owned for c in r.cites),
    )


def lifecycle(s: Subject) -> Decision | None:
    """States move by conditional updates."""
    if not s.lifecycles:
        return None
    moves = listed(
        (f"{title(r.entity)} ({r.initial}; {listed((t.name for t in r.transitions), 8)})" for r in s.lifecycles), 8
    )
    frozen = [f"{title(r.entity)} ({listed(r.frozen_states)})" for r in s.lifecycles if r.frozen_states]
    reason = "two callers cannot both win: the statement that moves the state names the states it may come from"
    if frozen:
        reason += f"; from then on rows stay as they are: {listed(frozen)}"
    return Decision(
        title="States move by named transitions only",
        choice=sentence(moves),
        reason=sentence(reason),
        alternatives=["a writable state field", "an event log that is replayed"],
        cites=cited(c for r in s.lifecycles for c in [*r.cites, *(x for t in r.transitions for x in t.cites)]),
    )


def uniqueness(s: Subject) -> Decision | None:
    """Uniqueness is the database's word."""
    together = [r for r in s.domain.rules if r.kind == "unique"]
    alone = [(e.name, f) for e in s.records for f in e.fields if f.unique]
    if not together and not alone:
        return None
    names = [f"{title(r.entity)} by {listed(title(f) for f in r.fields)}" for r in together]
    names += [f"{title(e)} by {title(f.name)}" for e, f in alone]
    return Decision(
        title="Uniqueness is kept by the database",
        choice=sentence(listed(names)),
        reason="Two requests at the same moment both pass a check made before the insert; the constraint lets "
        "one through "
        "and the other gets 409.",
        alternatives=["look before the insert"],
        cites=cited((c for r in together for c in r.cites), (c for _, f in alone for c in f.cites)),
    )


def tree(s: Subject) -> Decision | None:
    """Adjacency lists."""
    trees = [r for r in s.domain.relations if r.is_tree]
    if not trees:
        return None
    return Decision(
        title="Trees are kept as parent references",
        choice=sentence(f"{listed(things(r.source) for r in trees)} refer to their {listed(r.name for r in trees)}"),
        reason="Moving a branch changes one row; before a parent is set, its ancestors are read so that no "
        "circle can arise.",
        alternatives=["materialised paths", "a closure table"],
        cites=cited(c for r in trees for c in r.cites),
    )


def many_to_many(s: Subject) -> Decision | None:
    """Association tables."""
    links = [r for r in s.domain.relations if r.cardinality == "many_to_many"]
    if not links:
        return None
    return Decision(
        title="Pairs are set as a whole",
        choice=sentence(listed(f"{one(r.source)} names all its {title(r.name)} in one list" for r in links)),
        reason="The pairs have no data of their own, so they need no resource: they are replaced with the row "
        "that lists them, "
        "in its transaction.",
        alternatives=["a resource for each pair"],
        cites=cited(c for r in links for c in r.cites),
    )


def derived(s: Subject) -> Decision | None:
    """Values computed when read."""
    rules = [r for r in s.domain.rules if r.kind == "derived"]
    if not rules:
        return None
    return Decision(
        title="Derived values are computed, not stored",
        choice=sentence(
            listed(f"{title(r.field)} of {one(r.entity)} ({r.function} over its {r.relation})" for r in rules)
        ),
        reason="A stored value has to be mended at every write of another table; a subquery over an indexed "
        "reference cannot "
        "be wrong.",
        alternatives=["a counter column", "a materialised view"],
        cites=cited(c for r in rules for c in r.cites),
    )


def toggles(s: Subject) -> Decision | None:
    """Links that are switched on and off."""
    rules = [r for r in s.domain.rules if r.kind == "toggle"]
    if not rules:
        return None
    return Decision(
        title="Switches can be repeated safely",
        choice=sentence(listed(f"{r.on} and {r.off} by PUT and DELETE" for r in rules)),
        reason="A client that lost the answer sends it again: the second time changes nothing, and the pair is "
        "unique in the "
        "database.",
        alternatives=["POST that counts up"],
        cites=cited(c for r in rules for c in r.cites),
    )


def profiles(s: Subject) -> Decision | None:
    """Accounts and what is known of people are two things."""
    actors = [a for a in s.domain.actors if a.profile]
    if not actors:
        return None
    return Decision(
        title="Accounts and profiles are apart",
        choice=sentence(listed(f"{title(a.profile or '')} for the {title(a.name)}" for a in actors)),
        reason="Sign-in data is read at every request and shown to nobody; what others see or refer to has a "
        "row of its own.",
        alternatives=["all columns in the account"],
        cites=cited(c for a in actors for c in a.cites),
    )


def search(s: Subject) -> Decision | None:
    """Search in the database."""
    rules = [r for r in s.domain.rules if r.kind == "search"]
    if not rules:
        return None
    load = s.profile.figures.requests_per_second
    reason = "the rows found are current at once and obey the same access conditions as any list"
    reason += (
        f"; at {load:.0f} requests a second a search engine would pay once such searches are slow"
        if load >= 1000
        else "; no figure of the task asks for a search engine beside it"
    )
    return Decision(
        title="Search is a query",
        choice=sentence(
            listed(f"{things(r.entity)} by {listed(f.replace('.', ' ') for f in r.fields)}" for r in rules)
        ),
        reason=sentence(reason),
        alternatives=["a search engine with its own copy"],
        cites=cited(c for r in rules for c in r.cites),
    )


def hidden_fields(s: Subject) -> Decision | None:
    """Fields that only some roles see."""
    rules = [r for r in s.domain.rules if r.kind == "role" and r.fields]
    if not rules:
        return None
    names = listed(
        f"{listed(title(f) for f in r.fields)} of {one(r.entity)} for {listed(title(x) for x in r.roles)}"
        for r in rules
    )
    return Decision(
        title="Fields that only some roles see",
        choice=sentence(names),
        reason="The row itself is of use to others, so the field reads as null for them and writing it is "
        "refused, instead of "
        "a second resource that could drift from the first.",
        alternatives=["a resource of its own"],
        cites=cited(c for r in rules for c in r.cites),
    )


def protection(s: Subject) -> Decision | None:
    """Encryption and audit."""
    if not s.encrypted and not s.audit:
        return None
    choices = []
    if s.encrypted:
        choices.append(f"encrypted columns for {listed(f'{title(e.entity)} {title(e.field)}' for e in s.encrypted)}")
    if s.audit:
        choices.append("an audit log written in the transaction of the change")
    return Decision(
        title="Protection inside the service",
        choice=sentence(" and ".join(choices)),
        reason="A dump of the database shows neither what is encrypted nor a change without its author; who "
        "reads through the "
        "API is decided by access, as for every other field.",
        alternatives=["disk encryption only", "database triggers"],
        cites=cited(s.audit, (c for e in s.encrypted for c in e.cites)),
    )


def left_out(s: Subject) -> Decision | None:
    """What the service does not do; cites nothing, because nothing is done."""
    statements = [x for x in s.requirements.statements if x.category == "integration" or x.id in s.profile.reactions]
    if not statements:
        return None
    names = listed((f"{x.id} {x.text.rstrip('.')}" for x in statements), 8)
    return Decision(
        title="Other systems stay outside for now",
        choice=sentence(f"No code is generated for: {names}"),
        reason="Half a client for a payment or mail service is worse than none: what has no code is listed as "
        "unplaced, and the "
        "services hold the place where such a call belongs.",
        alternatives=["a stub that pretends"],
    )


PATTERNS: tuple[Callable[[Subject], Decision | None], ...] = (
    architecture_type,
    one_database,
    boundaries,
    parts,
    ownership,
    lifecycle,
    uniqueness,
    hidden_fields,
    profiles,
    tree,
    many_to_many,
    derived,
    toggles,
    search,
    protection,
    left_out,
)


def decide(subject: Subject) -> list[Decision]:
    """Return the decisions that the task calls for, in the order of PATTERNS."""
    return [d for d in (pattern(subject) for pattern in PATTERNS) if d]
