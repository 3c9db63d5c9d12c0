"""Drivers: what in a task speaks for or against each architecture type, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backend_agent.artifacts.task import ArchitectureType
from backend_agent.patterns.profile import Profile


@dataclass(frozen=True)
class Fact:
    """What was measured, in words, and the statements behind it."""

    text: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Driver:
    """One force. `measure` gives the fact when it holds for a task, else None.

    `effects` gives, by architecture type, the points (out of 100, around a base of 50) and why.
    """

    name: str
    measure: Callable[[Profile], Fact | None]
    effects: Mapping[ArchitectureType, tuple[int, str]]


def _when(holds: object, text: str, cites: tuple[str, ...] = ()) -> Fact | None:
    return Fact(text, cites) if holds else None


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _entities(p: Profile) -> str:
    return _count(len(p.records), "entity", "entities")


DRIVERS: tuple[Driver, ...] = (
    Driver(
        "few entities",
        lambda p: _when(len(p.records) <= 5, f"only {_entities(p)}", p.entity_cites),
        {
            "layered": (24, "three layers are the least structure that keeps HTTP and SQL apart"),
            "monolithic": (8, "feature packages would hold one table each"),
            "hexagonal": (2, "ports and adapters cost more files than there are rules to protect"),
            "clean_architecture": (-6, "four rings for so little means passing the same data through each"),
            "microservices": (-30, "there is nothing to split"),
            "serverless": (10, "a handful of functions covers it"),
            "event_driven": (-18, "a broker would carry messages between a handful of tables"),
        },
    ),
    Driver(
        "medium size",
        lambda p: _when(
            6 <= len(p.records) <= 14,
            f"{_entities(p)} in {_count(len(p.boundaries), 'boundary', 'boundaries')}",
            p.entity_cites,
        ),
        {
            "layered": (10, "folders by layer are still easy to find one's way in"),
            "monolithic": (20, "a package for each feature keeps what changes together in one place"),
            "hexagonal": (10, "the rules have a home of their own"),
            "clean_architecture": (8, "use cases can be read without their framework"),
            "microservices": (-18, "every service would hold one or two tables"),
            "serverless": (-4, "functions begin to share tables"),
            "event_driven": (-4, "few parts to decouple"),
        },
    ),
    Driver(
        "many entities",
        lambda p: _when(
            len(p.records) >= 15,
            f"{_entities(p)} in {_count(len(p.boundaries), 'boundary', 'boundaries')}",
            p.entity_cites,
        ),
        {
            "layered": (-10, "each layer becomes a folder in which all features lie side by side"),
            "monolithic": (20, "boundaries stay visible without a network between them"),
            "hexagonal": (10, "adapters can grow without touching the rules"),
            "clean_architecture": (10, "use cases scale as a list of small files"),
            "microservices": (12, "there is enough to split"),
            "serverless": (-12, "too many functions over shared tables"),
            "event_driven": (6, "parts can be decoupled"),
        },
    ),
    Driver(
        "dense rules",
        lambda p: _when(
            p.density >= 1.0 and p.guards >= 4,
            f"{p.guards} rules are kept at every write, with {_count(p.transitions, 'transition', 'transitions')} of "
            f"{_count(len(p.lifecycles), 'lifecycle', 'lifecycles')}",
            p.rule_cites,
        ),
        {
            "layered": (-2, "rules tend to leak into routes and queries"),
            "monolithic": (4, "rules live beside the data that they guard"),
            "hexagonal": (16, "rules are tested without HTTP and without a database"),
            "clean_architecture": (15, "each rule is a use case that knows no framework"),
            "serverless": (-10, "rules would be spread over functions"),
            "event_driven": (-6, "a rule over several steps is hard to see in handlers"),
        },
    ),
    Driver(
        "few rules",
        lambda p: _when(p.density < 1.0, f"{_count(p.guards, 'rule', 'rules')} for {_entities(p)}", p.rule_cites),
        {
            "layered": (8, "most of it is storing and listing"),
            "hexagonal": (-6, "ports would mostly pass rows through"),
            "clean_architecture": (-8, "most use cases would be one line"),
            "serverless": (4, "functions stay simple"),
        },
    ),
    Driver(
        "state shared across boundaries",
        lambda p: _when(
            len(p.crossings) >= max(2, len(p.boundaries) // 2),
            f"{_count(len(p.crossings), 'reference crosses', 'references cross')} the boundaries and must "
            "exist when a row is written",
            p.crossing_cites,
        ),
        {
            "layered": (6, "one transaction covers a write with all it refers to"),
            "monolithic": (8, "one transaction covers a write with all it refers to"),
            "hexagonal": (4, "one unit of work covers a write"),
            "clean_architecture": (4, "one unit of work covers a write"),
            "microservices": (-20, "each becomes a call or a copy, and foreign keys are lost"),
            "serverless": (-4, "connections multiply with functions"),
            "event_driven": (-12, "references would be checked against copies that lag"),
        },
    ),
    Driver(
        "rows that must agree at once",
        lambda p: _when(bool(p.together), "several rows must agree at the same moment", p.together),
        {
            "layered": (4, "a database transaction decides"),
            "monolithic": (4, "a database transaction decides"),
            "hexagonal": (4, "a database transaction decides"),
            "clean_architecture": (4, "a database transaction decides"),
            "microservices": (-12, "it would take a saga with compensation"),
            "event_driven": (-14, "consistency that comes later is too late"),
        },
    ),
    Driver(
        "other systems",
        lambda p: _when(
            bool(p.integrations),
            _count(len(p.integrations), "other system", "other systems") + " to talk to",
            p.integrations,
        ),
        {
            "layered": (-4, "clients of other systems have no layer of their own"),
            "monolithic": (2, "a package for each"),
            "hexagonal": (12, "each is one more adapter behind a port"),
            "clean_architecture": (8, "each is one more gateway"),
            "microservices": (4, "each can have its own service"),
            "event_driven": (8, "retries come with the broker"),
        },
    ),
    Driver(
        "reactions",
        lambda p: _when(bool(p.reactions), "somebody is told when something happens", p.reactions),
        {
            "event_driven": (18, "telling people is a consumer of its own, away from the request"),
            "microservices": (4, "a service for messages can fail on its own"),
            "serverless": (6, "a function for each event"),
            "hexagonal": (4, "a notification port"),
            "layered": (-3, "without a queue the request waits for the message"),
        },
    ),
    Driver(
        "high load",
        lambda p: _when(
            p.figures.requests_per_second >= 1000,
            f"{p.figures.requests_per_second:.0f} requests a second",
            tuple(p.figures.cites),
        ),
        {
            "event_driven": (16, "writes are taken at once and worked off later"),
            "microservices": (14, "the busy part scales alone"),
            "monolithic": (-2, "everything scales together"),
            "layered": (-6, "everything scales together"),
            "serverless": (-4, "connections to the database become the limit"),
        },
    ),
    Driver(
        "moderate load",
        lambda p: _when(
            0 < p.figures.requests_per_second < 1000,
            f"about {p.figures.requests_per_second:.0f} requests a second, which a few processes serve",
            tuple(p.figures.cites),
        ),
        {
            "layered": (4, "more replicas are enough"),
            "monolithic": (4, "more replicas are enough"),
            "microservices": (-6, "parts need not scale apart"),
            "event_driven": (-4, "no queue is needed to take the load"),
        },
    ),
    Driver(
        "reads outnumber writes",
        lambda p: _when(
            (p.figures.read_write_ratio or 0) >= 20,
            f"{p.figures.read_write_ratio or 0:.0f} reads for each write",
            p.figures.ratio_cites,
        ),
        {
            "event_driven": (12, "read models can be built ahead"),
            "microservices": (4, "the reading side scales alone"),
            "monolithic": (2, "HTTP caches take the reads"),
            "layered": (2, "HTTP caches take the reads"),
        },
    ),
    Driver(
        "tight latency",
        lambda p: _when(
            p.figures.latency is not None and p.figures.latency.value <= 150,
            f"95 % of answers within {p.figures.latency.value if p.figures.latency else 0:g} ms",
            tuple(p.figures.latency.cites) if p.figures.latency else (),
        ),
        {
            "layered": (4, "no network between the parts"),
            "monolithic": (4, "no network between the parts"),
            "hexagonal": (2, "no network between the parts"),
            "clean_architecture": (1, "no network between the parts, a few more calls"),
            "microservices": (-10, "every hop between services adds to it"),
            "serverless": (-14, "a cold start alone takes longer"),
        },
    ),
    Driver(
        "independent teams",
        lambda p: _when(bool(p.teams), "parts are to be built or deployed on their own", p.teams),
        {
            "microservices": (30, "that is what services are for"),
            "event_driven": (12, "teams agree on events only"),
            "monolithic": (6, "packages can have owners"),
            "layered": (-10, "each feature touches every layer, so every team touches every folder"),
        },
    ),
    Driver(
        "uneven load",
        lambda p: _when(bool(p.spikes), "the load comes in bursts", p.spikes),
        {
            "serverless": (28, "paid for by use, scaled by the platform"),
            "event_driven": (8, "a queue evens it out"),
            "monolithic": (-4, "replicas wait for the burst"),
            "layered": (-4, "replicas wait for the burst"),
        },
    ),
    Driver(
        "protection asked for",
        lambda p: _when(len(p.protection) >= 4, f"{len(p.protection)} statements about security", p.protection),
        {
            "hexagonal": (8, "who may do what is decided in one place and tested there"),
            "clean_architecture": (8, "who may do what is decided in one place and tested there"),
            "monolithic": (2, "one place to secure"),
            "microservices": (-8, "every connection between services must be secured too"),
            "serverless": (-4, "every function is an entrance"),
            "event_driven": (-4, "the broker is one more thing to secure"),
        },
    ),
)
