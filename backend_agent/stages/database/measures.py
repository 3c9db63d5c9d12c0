"""What the schema does for speed, safety, change and recovery, in words that follow from its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend_agent import names
from backend_agent.artifacts import access, columns, mentions, needs, queries
from backend_agent.artifacts.database import Measure, Table
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis
from backend_agent.artifacts.rules import LifecycleRule, OwnershipRule, RangeRule, UniqueRule
from backend_agent.engines import Engine
from backend_agent.state import Artifacts


@dataclass(frozen=True)
class Subject:
    """What the measures are about."""

    given: Artifacts
    engine: Engine
    tables: list[Table]

    @property
    def domain(self) -> DomainModel:
        """The domain model."""
        return self.given.domain

    @property
    def requirements(self) -> RequirementsAnalysis:
        """The requirements."""
        return self.given.requirements

    def table_of(self, entity: str) -> Table:
        """Return the table of an entity."""
        return next(t for t in self.tables if t.entity == entity)


def listed(items: Sequence[str], most: int = 8) -> str:
    """Return names as words: `a, b and c`; the number of the rest when there are more than `most`."""
    shown = [*items[:most], f"{len(items) - most} more"] if len(items) > most else list(items)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def _cites(groups: list[list[str]]) -> list[str]:
    return sorted({cite for group in groups for cite in group})


def overview(subject: Subject) -> str:
    """Return the schema in a few sentences."""
    by_purpose = {p: [t.name for t in subject.tables if t.purpose == p] for p in ("entity", "association", "service")}
    parts = [
        f"{len(subject.tables)} tables on {subject.engine.title}",
        f"{len(by_purpose['entity'])} for the entities ({listed(by_purpose['entity'], 12)})",
    ]
    if by_purpose["association"]:
        parts.append(f"{len(by_purpose['association'])} for pairs ({listed(by_purpose['association'])})")
    parts.append(f"{len(by_purpose['service'])} of the service's own ({listed(by_purpose['service'])})")
    sentences = [f"{parts[0]}: {', '.join(parts[1:])}."]
    owned = [r for r in subject.domain.relations if r.owned]
    if owned:
        pairs = [f"{names.table_name(r.source)} with their {names.title(r.target)}" for r in owned]
        sentences.append(f"Parts go when their whole goes: {listed(pairs)}.")
    trees = [names.table_name(r.source) for r in subject.domain.relations if r.is_tree]
    if trees:
        sentences.append(f"Trees: {listed(trees)}.")
    crossing = _crossing(subject)
    if crossing:
        sentences.append(f"References that cross a service boundary: {listed(crossing)}.")
    return " ".join(sentences)


def _crossing(subject: Subject) -> list[str]:
    """Return the foreign keys between tables of different service boundaries of the architecture."""
    if not subject.given.has("architecture"):
        return []
    boundaries = {e: b.name for b in subject.given.architecture.service_boundaries for e in b.entities}
    return [
        f"{names.table_name(r.source)}.{columns.relation_column(r)}"
        for r in subject.domain.relations
        if r.cardinality != "many_to_many"
        and r.target != ACCOUNT
        and boundaries.get(r.source) != boundaries.get(r.target)
    ]


def performance(subject: Subject) -> list[Measure]:
    """Return what makes queries fast."""
    domain = subject.domain
    found = [
        Measure(
            name="Lists read in index order",
            detail=listed(
                [f"{t.name} ({', '.join(i.columns)})" for t in subject.tables for i in t.indexes[:1] if t.entity]
            ),
            reason="a page of a list reads the rows of that page from the index; id breaks ties, pages never overlap",
            cites=_cites([t.cites for t in subject.tables if t.entity]),
        )
    ]
    for entity in domain.entities:
        table = subject.table_of(entity.name)
        narrowed = [f for f in queries.filters(domain, entity.name) if f.field is not None and f.cites]
        if narrowed:
            found.append(
                Measure(
                    name=f"Filters of {table.name}",
                    detail=f"an index for each of {listed([f.name for f in narrowed])}, then the list's order",
                    reason="a filtered page is found without reading the rows that the filter leaves out",
                    cites=_cites([list(f.cites) for f in narrowed]),
                )
            )
        found += _search(domain, entity.name, table)
        found += [
            Measure(
                name=f"{table.name}.{rule.field} is computed, not stored",
                detail=f"{rule.function} over {rule.relation}, found by the index of their foreign key",
                reason="a stored total can disagree with its rows",
                cites=rule.cites,
            )
            for rule in columns.derived_rules(domain, entity.name)
        ]
    return found


def _search(domain: DomainModel, entity: str, table: Table) -> list[Measure]:
    searched = queries.search_fields(domain, entity)
    if not searched:
        return []
    return [
        Measure(
            name=f"Search in {table.name}",
            detail=f"case-insensitive match in {listed(searched)}, at most one page of rows a request",
            reason="words inside a text are not in an ordinary index, so a search reads the table: measure it when "
            f"{table.name} outgrows some ten thousand rows",
            cites=_cites([rule.cites for rule in queries.search_rules(domain, entity)]),
        )
    ]


def security(subject: Subject) -> list[Measure]:
    """Return what protects the data."""
    domain, requirements = subject.domain, subject.requirements
    about_login = mentions.authentication(requirements)
    found = [
        Measure(
            name="No secret in clear",
            detail="users.password_hash holds Argon2id, refresh_tokens.token_hash holds SHA-256",
            reason="who reads the database can neither log in nor go on with a login",
            cites=about_login,
        ),
        Measure(
            name="One account an e-mail address",
            detail="users.email is unique and kept in lower case",
            reason="Ann@example.com and ann@example.com are one person",
            cites=_cites([about_login, domain.entity(ACCOUNT).cites]),
        ),
        Measure(
            name="Failed logins are remembered",
            detail="login_failures, by e-mail and time, also for addresses that nobody has",
            reason="passwords cannot be guessed one after the other, and an answer does not tell who has an account",
            cites=needs.lockout(requirements).cites or about_login,
        ),
    ]
    owners = [r for r in domain.rules if isinstance(r, OwnershipRule)]
    if owners:
        keys = [
            f"{names.table_name(rule.entity)}.{columns.relation_column(step[0])}"
            for rule in owners
            for step in [access.follow(domain, rule.entity, rule.path[:1])]
            if step and step[0].cardinality != "many_to_many"
        ]
        found.append(
            Measure(
                name="Ownership is in the rows",
                detail=f"queries narrow by {listed(list(dict.fromkeys(keys)))}",
                reason="what others own is not read first and refused later, it is never read",
                cites=_cites([r.cites for r in owners]),
            )
        )
    encrypted = needs.encrypted_fields(requirements, domain)
    if encrypted:
        found.append(
            Measure(
                name="Encrypted at rest",
                detail=listed([f"{names.table_name(f.entity)}.{f.field}" for f in encrypted], 20),
                reason="a copy of the database or a backup does not show them; the key is in ENCRYPTION_KEY only",
                cites=_cites([f.cites for f in encrypted]),
            )
        )
    if needs.audit_log(requirements):
        found.append(
            Measure(
                name="Changes are recorded",
                detail="audit_log: who, which operation, which row, which fields, when; it refers to nothing, so that "
                "nothing can take its rows away",
                reason="what happened can be told later",
                cites=needs.audit_log(requirements),
            )
        )
    rules = [r for r in domain.rules if isinstance(r, UniqueRule | RangeRule | LifecycleRule)]
    checks = [c.name for t in subject.tables if t.entity for c in t.checks if not c.name.endswith("version_positive")]
    found.append(
        Measure(
            name="Rules hold in the database too",
            detail=f"{len(checks)} CHECK constraints ({listed(checks, 4)}) and "
            f"{sum(len(t.unique_constraints) for t in subject.tables)} unique constraints",
            reason="two requests at once, an import or a bug cannot break what the application checks first",
            cites=_cites([r.cites for r in rules]),
        )
    )
    return found


def migration(subject: Subject) -> list[Measure]:
    """Return how the schema changes."""
    order = [t.name for t in subject.tables]
    found = [
        Measure(
            name="One first revision",
            detail=f"Alembic creates {len(order)} tables, {order[0]} first and {order[-1]} last; down drops them in "
            "the opposite order and leaves nothing",
            reason="every table exists before another one refers to it",
        ),
    ]
    enums = [
        (table.name, check.name)
        for table in subject.tables
        if table.entity and table.entity != ACCOUNT
        for check in table.checks
        if " IN (" in check.expression
    ]
    if enums:
        table, check = enums[0]
        found.append(
            Measure(
                name="New values of an enumeration",
                detail=f"replace the CHECK constraint ({check} of {table}"
                f"{f', and {len(enums) - 1} others like it' if len(enums) > 1 else ''}) in a revision",
                reason="enumerations are text with a CHECK: no type that outlives its table, the same on every product",
                cites=_cites([r.cites for r in subject.domain.rules if isinstance(r, LifecycleRule)]),
            )
        )
    largest = max((t for t in subject.tables if t.entity), key=lambda t: len(t.foreign_keys))
    found.append(
        Measure(
            name="Expand, then contract",
            detail=f"a new column of {largest.name} comes nullable or with a default, is filled, then made NOT NULL; "
            "an old one is dropped one release after its last use",
            reason="the release before and the release after run side by side while they are exchanged",
        )
    )
    if subject.engine.name == "sqlite":
        found.append(
            Measure(
                name="Changes on SQLite",
                detail=f"constraints of {largest.name} change in Alembic's batch mode, which copies the table",
                reason="SQLite cannot alter a constraint in place",
            )
        )
    return found


def backup(subject: Subject) -> list[Measure]:
    """Return how the data is kept safe."""
    if subject.engine.name == "sqlite":
        how = Measure(
            name="Copies of the file",
            detail='`sqlite3 app.db ".backup app-copy.db"` while the service runs; never copy the file itself',
            reason="a plain copy can catch the file in the middle of a write",
        )
    else:
        how = Measure(
            name="Dump every night",
            detail="`pg_dump --format=custom` of the whole database; `pg_restore` into an empty one brings it back",
            reason="one file holds schema and rows as of one moment",
        )
    found = [
        how,
        Measure(
            name="Try the restore",
            detail=f"restore into an empty database, compare the row counts of {listed(_central(subject), 3)}",
            reason="a backup that was never restored is a hope",
        ),
        Measure(
            name="After a restore",
            detail="empty refresh_tokens and login_failures: everybody logs in again",
            reason="tokens that were revoked after the backup would be good again",
            cites=mentions.authentication(subject.requirements),
        ),
    ]
    if needs.encrypted_fields(subject.requirements, subject.domain):
        found.append(
            Measure(
                name="Keep the key apart",
                detail="ENCRYPTION_KEY is backed up in another place than the database",
                reason="without the key the encrypted columns are lost; beside it they are in clear",
                cites=needs.encryption(subject.requirements),
            )
        )
    return found


def _central(subject: Subject) -> list[str]:
    """Return the entity tables that the most references lead to."""
    counts = {t.name: 0 for t in subject.tables if t.entity}
    for table in subject.tables:
        for key in table.foreign_keys:
            if key.target_table in counts:
                counts[key.target_table] += 1
    return sorted(counts, key=lambda name: (-counts[name], name))
