"""A session and all that branched from it, or from what it branched from: one tree of checkpoints."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend_agent.checkpoint import SessionSaver
from backend_agent.documents.shown import Step, tree_html
from backend_agent.ledger import Ledger
from backend_agent.moments import Moment

MOST = 30
"""Sessions that one tree shows."""
_ORIGIN = re.compile(r"from (\S+) at (\S+)")


@dataclass(frozen=True)
class Tree:
    """The checkpoints of a family of sessions; a notebook shows them as a picture, `str` as lines."""

    steps: Sequence[Step]
    """Each behind its parent."""

    def __str__(self) -> str:
        depth: dict[str | None, int] = {}
        lines = []
        children = {step.parent: [s.key for s in self.steps if s.parent == step.parent] for step in self.steps}
        for step in self.steps:
            first = children[step.parent][0] == step.key
            depth[step.key] = depth.get(step.parent, 0) + (0 if first else 1)
            score = "" if step.score is None else f"  score {step.score:.2f}"
            heads = "".join(f"  <- {head}" for head in step.heads)
            lines.append(f"{'  ' * depth[step.key]}{step.says}{score}{heads}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return tree_html(self.steps, "Sessions and their branches")


def family(saver: SessionSaver, session: str) -> list[str]:
    """Return a session and its relatives by branching, the oldest ancestor first."""
    with saver.cursor(transaction=False) as cursor:
        query = "SELECT session, detail FROM activity WHERE event = 'branched' ORDER BY number"
        rows = cursor.execute(query).fetchall()
    found = ((str(child), _ORIGIN.match(str(detail))) for child, detail in rows)
    parents = {child: origin[1] for child, origin in found if origin}
    root = session
    while root in parents:
        root = parents[root]
    kin = [root]
    for child, parent in parents.items():  # a branch is written down after what it leaves
        if parent in kin:
            kin.append(child)
    return kin if len(kin) <= MOST else [session, *(child for child in kin if parents.get(child) == session)][:MOST]


def tree(saver: SessionSaver, session: str, history: Callable[[str], Sequence[Moment]]) -> Tree:
    """Return the tree of a session's family.

    Args:
        saver: the session database.
        session: a member; marked as `this session`.
        history: gives a session's checkpoints, oldest first.
    """
    found: dict[str, Moment] = {}
    heads: dict[str, list[str]] = {}
    for number, member in enumerate(family(saver, session)):
        moments = history(member)
        for moment in moments:
            found.setdefault(moment.checkpoint, moment)
        if moments:
            name = "this session" if member == session else f"branch {number}" if number else "origin"
            heads.setdefault(moments[-1].checkpoint, []).append(f"{name}, {Ledger(saver, member).status}")
    steps: list[Step] = []
    behind: dict[str | None, str] = {}  # by checkpoint: itself, or the step shown before it
    for checkpoint, moment in sorted(found.items()):
        parent = behind.get(moment.parent)
        shown = parent is None or moment.wrote or checkpoint in heads  # where nothing changed there is nothing to see
        if shown:
            steps.append(_step(moment, parent, heads))
        behind[checkpoint] = checkpoint if shown else str(parent)
    return Tree(steps)


def _step(moment: Moment, parent: str | None, heads: Mapping[str, Sequence[str]]) -> Step:
    wrote = ", ".join(moment.wrote) or ("nothing new" if parent else "begun")
    return Step(
        key=moment.checkpoint,
        parent=parent,
        says=f"edited: {wrote}" if moment.edited else wrote,
        score=moment.score,
        heads=tuple(heads.get(moment.checkpoint, ())),
    )
