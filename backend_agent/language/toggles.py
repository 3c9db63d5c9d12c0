"""Verbs that switch a link on and off, and the link entity that they make."""

from __future__ import annotations

from backend_agent import names
from backend_agent.language import words
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft

_KNOWN = frozenset("follow like favourite favorite bookmark star upvote pin watch mute block".split())
"""Verbs that are switches also when their opposite is not said."""


def pairs(clause: Clause) -> list[tuple[str, str]]:
    """Return the verbs of a clause that switch something on, each with the verb that switches it off."""
    if clause.passive or clause.negated or not clause.subjects:
        return []
    found: list[tuple[str, str]] = []
    for verb in clause.verbs:
        off = f"un{verb}"
        if off in clause.verbs or verb in _KNOWN:
            found.append((verb, off))
    return found


class Toggles:
    """Makes the link entities."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def read(self, clause: Clause) -> bool:
        """Read one clause; return whether a link came of it."""
        draft, cite = self.draft, clause.requirement
        actors = draft.actors_in(clause)
        placed = False
        for on, _ in pairs(clause):
            for phrase in clause.objects:
                target = draft.find(phrase)
                if target is None and (person := draft.find_actor(phrase)):
                    target = draft.entity_of_actor(person)
                if (
                    target is None
                    or not actors
                    or (on in draft.aliases and draft.entities[draft.aliases[on]].kind != "link")
                ):
                    continue
                link = draft.add_entity(on, cite)
                if link is None:
                    continue
                draft.entities[link].kind = "link"
                who = draft.entity_of_actor(actors[0])
                plural = names.plural(link)
                if who == target:
                    doer = f"{on}er" if not on.endswith("e") else f"{on}r"
                    draft.add_relation(link, who, doer, cite, inverse=f"{on.removesuffix('e')}ing")
                    draft.add_relation(link, target, words.participle(on), cite, inverse=names.plural(doer))
                else:
                    draft.add_relation(
                        link, who, actors[0] if who == "User" else names.snake(who), cite, inverse=plural
                    )
                    draft.add_relation(link, target, names.snake(target), cite, inverse=plural)
                placed = True
        return placed
