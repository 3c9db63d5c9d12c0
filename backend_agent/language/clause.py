"""Clause: one subject with one group of verbs, the piece of language that rules are read from."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend_agent.language.phrases import NounPhrase


@dataclass(frozen=True)
class Clause:
    """One subject with one group of verbs.

    `Users can create, view and delete their own tasks` -> subject `Users`, modal `can`, verbs `create view delete`,
    rest `their own tasks`.
    """

    requirement: str
    """The R-id."""
    text: str
    """The clause as written, without what was split off."""
    subject: str = ""
    verbs: tuple[str, ...] = ()
    """Base forms; a particle is joined: `log_in`."""
    rest: str = ""
    """What follows the verbs."""
    modal: str = ""
    """`can`, `may`, `must` ...; empty for a plain statement."""
    negated: bool = False
    only: bool = False
    """Whether the subject is `only X`."""
    passive: bool = False
    condition: str = ""
    """`once it is executed`, `only while it is placed`."""
    relative: bool = False
    """Whether it was an addition to the clause before it (`which creates an order`)."""
    story: bool = False
    """Whether it is the wish of a user story."""
    subjects: tuple[NounPhrase, ...] = field(default=())
    objects: tuple[NounPhrase, ...] = field(default=())
    """The noun phrases of `rest`, up to its first preposition."""

    @property
    def verb(self) -> str:
        """The first verb, or an empty text."""
        return self.verbs[0] if self.verbs else ""
