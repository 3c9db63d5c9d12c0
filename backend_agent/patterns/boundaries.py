"""Boundaries: entities that change together, found from ownership and relations."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend_agent.artifacts.architecture import ServiceBoundary
from backend_agent.artifacts.domain import ACCOUNT, DomainModel
from backend_agent.names import plural, title
from backend_agent.patterns.wording import one


@dataclass
class _Clusters:
    """A union of entities that remembers why two came together; roots are named by the first entity of the model."""

    order: dict[str, int]
    parent: dict[str, str]
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def root(self, entity: str) -> str:
        top = entity
        while self.parent[top] != top:
            top = self.parent[top]
        while self.parent[entity] != top:
            self.parent[entity], entity = top, self.parent[entity]
        return top

    def join(self, part: str, whole: str, reason: str) -> bool:
        """Put the cluster of `part` into that of `whole`."""
        a, b = self.root(part), self.root(whole)
        if a == b:
            return False
        self.parent[a] = b
        self.reasons.setdefault(b, []).extend([*self.reasons.pop(a, []), reason])
        return True


def _profiles(domain: DomainModel) -> set[str]:
    return {a.profile for a in domain.actors if a.profile}


def _owned_by_actor(domain: DomainModel) -> set[str]:
    return {r.entity for r in domain.rules if r.kind == "ownership"}


def _join_parts(domain: DomainModel, clusters: _Clusters) -> None:
    for relation in domain.relations:
        if relation.owned:
            clusters.join(
                relation.source,
                relation.target,
                f"{one(relation.source)} is a part of its {title(relation.target)} and goes with it",
            )
    for rule in domain.rules:
        if rule.kind == "toggle":
            target = next(r.target for r in domain.relations_from(rule.entity) if r.name == rule.object)
            clusters.join(rule.entity, target, f"{one(rule.entity)} is only ever set on {one(target)}")


def _join_references(domain: DomainModel, clusters: _Clusters) -> None:
    """Reference data that one cluster alone refers to belongs there; repeated until nothing moves.

    Reference data belongs to nobody, has no lifecycle and refers to nothing outside itself.
    """
    living = {r.entity for r in domain.rules if r.kind == "lifecycle"}
    apart = _profiles(domain) | _owned_by_actor(domain) | living | {ACCOUNT}
    people = _profiles(domain) | {ACCOUNT}
    moved = True
    while moved:
        moved = False
        ahead = _edges(domain, clusters)
        behind: dict[str, list[str]] = {root: [] for root in ahead}
        for root, targets in ahead.items():
            for target in targets:
                behind[target].append(root)
        # what a pass finds stays true while it joins: joining makes fewer clusters and takes no reference away
        fixed = {clusters.root(name) for name in apart if name in clusters.parent}
        homes = {clusters.root(name) for name in people if name in clusters.parent}
        for root, users in behind.items():
            if len(users) == 1 and not ahead[root] and root not in fixed and users[0] not in homes:
                reason = f"only the {title(plural(users[0]))} refer to the {title(plural(root))}"
                moved |= clusters.join(root, users[0], reason)


def _edges(domain: DomainModel, clusters: _Clusters) -> dict[str, list[str]]:
    """Return the clusters that each cluster refers to, both in the order of the model."""
    edges: dict[str, dict[str, None]] = {clusters.root(e.name): {} for e in domain.entities}
    for r in domain.relations:
        a, b = clusters.root(r.source), clusters.root(r.target)
        if a != b:
            edges[a][b] = None
    return {root: list(targets) for root, targets in edges.items()}


def _circles(edges: dict[str, list[str]]) -> list[list[str]]:
    """Return the groups that refer to each other in a circle (Kosaraju's two passes)."""
    order: list[str] = []
    seen: set[str] = set()
    names = list(edges)
    for start in names:
        stack = [] if start in seen else [(start, iter(edges[start]))]
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            following = next((f for f in rest if f not in seen), None)
            if following is None:
                order.append(name)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(edges[following])))
    back: dict[str, list[str]] = {name: [] for name in edges}
    for name, targets in edges.items():
        for target in targets:
            back[target].append(name)
    groups, taken = [], set[str]()
    for start in reversed(order):
        group, todo = [], [start]
        while todo:
            name = todo.pop()
            if name not in taken:
                taken.add(name)
                group.append(name)
                todo.extend(back[name])
        if len(group) > 1:
            groups.append(group)
    return groups


def _join_cycles(domain: DomainModel, clusters: _Clusters) -> None:
    """Clusters that refer to each other in a circle cannot be deployed, or imported, one without the other."""
    for group in _circles(_edges(domain, clusters)):
        first, *others = sorted(group, key=clusters.order.__getitem__)
        for other in others:
            clusters.join(other, first, f"{title(plural(first))} and {title(plural(other))} refer to each other")


def boundaries(domain: DomainModel) -> list[ServiceBoundary]:
    """Return the boundaries in the order of the model: every entity is in one, and references go round in no circle."""
    names = [e.name for e in domain.entities]
    clusters = _Clusters({n: i for i, n in enumerate(names)}, {n: n for n in names})
    _join_parts(domain, clusters)
    _join_references(domain, clusters)
    _join_cycles(domain, clusters)
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(clusters.root(name), []).append(name)
    return [
        ServiceBoundary(
            name=plural(root),
            entities=members,
            reason=_reason(domain, root, clusters.reasons.get(root, [])),
            cites=sorted({c for m in members for c in domain.entity(m).cites}),
        )
        for root, members in found.items()
    ]


def _reason(domain: DomainModel, root: str, reasons: list[str]) -> str:
    if reasons:
        text = "; ".join(dict.fromkeys(reasons))
        return text[0].upper() + text[1:] + "."
    if root == ACCOUNT:
        return "Accounts and sign-in change for reasons of security, not of the business."
    owners = [r.actor for r in domain.rules if r.kind == "ownership" and r.entity == root]
    if owners:
        return f"The {title(plural(root))} belong to one {title(owners[0])} each and are changed by nobody else's work."
    if root in _profiles(domain):
        return f"Several parts refer to {one(root)}; it changes on its own."
    return f"The {title(plural(root))} change on their own; nothing else is a part of them."


def boundary_of(found: list[ServiceBoundary]) -> dict[str, str]:
    """Return the boundary's name by entity."""
    return {entity: b.name for b in found for entity in b.entities}


def crossings(domain: DomainModel, found: list[ServiceBoundary]) -> list[tuple[str, str]]:
    """Return (boundary, boundary it refers to), each once, in the order of the relations."""
    where = boundary_of(found)
    pairs = [(where[r.source], where[r.target]) for r in domain.relations]
    return list(dict.fromkeys(p for p in pairs if p[0] != p[1]))
