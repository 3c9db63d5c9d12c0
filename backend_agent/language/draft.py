"""The domain model while it is read: what has been found so far, and how words find it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backend_agent import names
from backend_agent.artifacts.domain import (
    ACCOUNT,
    Cardinality,
    FieldSpec,
    Relation,
    Unplaced,
)
from backend_agent.artifacts.rules import Rule
from backend_agent.errors import UserError
from backend_agent.language import fields, lexicon, words
from backend_agent.language.clause import Clause
from backend_agent.language.parts import DraftActor, DraftEntity, actor_name, merged
from backend_agent.language.phrases import NounPhrase, noun_phrase
from backend_agent.names import article


@dataclass
class Draft:
    """Everything found so far."""

    entities: dict[str, DraftEntity] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    actors: dict[str, DraftActor] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    """snake_case phrases that mean an entity: `insurance_policy` -> `Policy`."""
    clauses: list[Clause] = field(default_factory=list)
    placed: set[int] = field(default_factory=set)
    """Indexes of the clauses that some element comes from."""
    spoken_of: dict[str, dict[str, None]] = field(default_factory=dict)
    """R-ids with the entities that they speak of, in order."""
    system: frozenset[str] = lexicon.SYSTEM
    """Nouns that mean the service itself; less those that the statements use for things (`a product has a price`)."""
    cache: dict[str, Any] = field(default_factory=dict)
    """What a rule kind worked out once over all clauses."""

    # --- looking back ----------------------------------------------------------------------------------------------

    def clauses_of(self, requirement: str) -> list[Clause]:
        """Return the clauses of one statement."""
        if "clauses" not in self.cache:
            index: dict[str, list[Clause]] = {}
            for clause in self.clauses:
                index.setdefault(clause.requirement, []).append(clause)
            self.cache["clauses"] = index
        found: list[Clause] = self.cache["clauses"].get(requirement, [])
        return found

    def index_of(self, clause: Clause) -> int:
        """Return the place of a clause among all."""
        if "places" not in self.cache:
            self.cache["places"] = {id(c): i for i, c in enumerate(self.clauses)}
        return int(self.cache["places"][id(clause)])

    def citing(self, requirement: str) -> list[DraftEntity]:
        """Return the entities that a statement speaks of: itself, by a field or by a relation that they hold."""
        return [self.entities[name] for name in self.spoken_of.get(requirement, ()) if name in self.entities]

    def _speak(self, requirement: str, entity: str) -> None:
        self.spoken_of.setdefault(requirement, {}).setdefault(entity)

    # --- finding ---------------------------------------------------------------------------------------------------

    def find(self, phrase: NounPhrase | str) -> str | None:
        """Return the entity that a phrase means: its name, an alias, or one of these behind further words."""
        parts = (
            [words.singular(w) for w in names.words(phrase)]
            if isinstance(phrase, str)
            else [w for word in phrase.words for w in names.words(word)]
        )
        for start in range(len(parts)):
            key = "_".join(parts[start:])
            if key in self.aliases:
                return self.aliases[key]
        return None

    def find_actor(self, phrase: NounPhrase | str) -> str | None:
        """Return the actor that a phrase means."""
        parts = (
            [words.singular(w) for w in names.words(phrase)]
            if isinstance(phrase, str)
            else [w for word in phrase.words for w in names.words(word)]
        )
        for start in range(len(parts)):
            name = actor_name("_".join(parts[start:]))
            if name in self.actors:
                return name
        return None

    def actors_in(self, clause: Clause) -> list[str]:
        """Return the actors that are the subjects of a clause."""
        found = [self.find_actor(p) for p in clause.subjects]
        return [a for i, a in enumerate(found) if a and a not in found[:i]]

    def entity_of_actor(self, actor: str) -> str:
        """Return the entity that relations to an actor point at: its profile, or the account."""
        known = self.actors.get(actor)
        return known.profile if known and known.profile else ACCOUNT

    def administrators(self) -> list[str]:
        """Return the administrators' role names."""
        return [a.name for a in self.actors.values() if a.administrator]

    def focus(self, clause: Clause) -> str | None:
        """Return the entity that a clause is about: its object, its subject, or what was spoken of just before."""
        for phrase in (*clause.objects, *clause.subjects):
            acting = phrase in clause.subjects and clause.objects and self.find_actor(phrase)
            if not acting and (entity := self.find(phrase)):
                return entity
        before: str | None = None
        for other in self.clauses_of(clause.requirement):
            if other is clause:
                break
            found = [e for p in (*other.objects, *other.subjects) if (e := self.find(p))]
            before = found[0] if found else before
        return before

    def field_in(self, entity: str, text: str) -> str | None:
        """Return the field of an entity that words mean: `due date`, `the ISBN`, `titles`."""
        if entity not in self.entities:
            return None
        parts = list(noun_phrase(text).words) or names.words(text)
        known = self.entities[entity].fields
        for start in range(len(parts)):
            key = "_".join(parts[start:])
            for name in (key, f"{names.snake(entity)}_{key}", names.plural(key), f"{key}_count"):
                if name in known:
                    return name
        raw = names.snake(text)
        if raw in known:
            return raw
        ends = [name for name in known if parts and name.split("_")[-1] == parts[-1]]
        if len(ends) == 1:
            return ends[0]
        starts = [name for name in known if parts and name.split("_")[0] == parts[-1]]
        return starts[0] if len(starts) == 1 else None

    def relation_in(self, entity: str, text: str) -> Relation | None:
        """Return the relation of an entity that words mean: by its name, or by its target."""
        parts = list(noun_phrase(text).words)
        key = "_".join(parts)
        for relation in self.relations:
            if relation.source == entity and parts and relation.name in (key, names.plural(key), parts[-1]):
                return relation
        target = self.find(text)
        return next((r for r in self.relations if r.source == entity and target and r.target == target), None)

    def relations_from(self, entity: str) -> list[Relation]:
        """Return the relations that an entity holds."""
        return [r for r in self.relations if r.source == entity]

    def owner_path(self, entity: str, actor: str) -> list[str] | None:
        """Return the relation names from an entity to an actor's account or profile; None when there is no way."""
        goal = self.entity_of_actor(actor)
        paths: list[tuple[str, list[str]]] = [(entity, [])]
        seen = {entity}
        while paths:
            at, path = paths.pop(0)
            steps = sorted(self.relations_from(at), key=lambda r: (r.name != actor, not r.owned))
            for relation in steps:
                if relation.cardinality == "many_to_many" or (relation.optional and relation.target != goal):
                    continue
                if relation.target == goal and (
                    goal != ACCOUNT or relation.name == actor or not self._names_other(relation.name, actor)
                ):
                    return [*path, relation.name]
                if relation.target not in seen and relation.target != ACCOUNT and len(path) < 3:
                    seen.add(relation.target)
                    paths.append((relation.target, [*path, relation.name]))
        return None

    def _names_other(self, name: str, actor: str) -> bool:
        return name in self.actors and name != actor

    # --- adding ----------------------------------------------------------------------------------------------------

    def add_entity(self, phrase: str, cite: str) -> str | None:
        """Add an entity, or return the one that the words mean already; None when the words give no name."""
        try:
            name = str(names.class_name(" ".join(names.words(phrase))))
        except UserError:
            return None
        key = names.snake(phrase)
        if key in self.aliases:
            name = self.aliases[key]
        if name not in self.entities:
            self.entities[name] = DraftEntity(name)
        self.aliases.setdefault(key, name)
        self.cite(name, cite)
        return name

    def cite(self, entity: str, cite: str) -> None:
        """Note that a statement speaks of an entity."""
        cites = self.entities[entity].cites
        self._speak(cite, entity)
        if cite and cite not in cites:
            cites.append(cite)
            cites.sort()

    def add_field(self, entity: str, spec: FieldSpec) -> None:
        """Add a field; of two that share a name the facts of both are kept, the earlier reading first."""
        known = self.entities[entity].fields
        for cite in spec.cites:
            self._speak(cite, entity)
        old = known.get(spec.name)
        known[spec.name] = spec if old is None else merged(old, spec)

    def set_field(self, entity: str, name: str, cite: str, **facts: object) -> None:
        """Change facts of a field that is there."""
        old = self.entities[entity].fields[name]
        self._speak(cite, entity)
        cites = sorted({*old.cites, cite}) if cite else old.cites
        self.entities[entity].fields[name] = old.model_copy(update={**facts, "cites": cites})

    def add_relation(
        self,
        source: str,
        target: str,
        name: str,
        cite: str,
        *,
        cardinality: Cardinality = "many_to_one",
        inverse: str = "",
        optional: bool = False,
        owned: bool = False,
        min_items: int = 0,
    ) -> Relation:
        """Add a relation, or enrich the one that is there between the two under that name."""
        self._speak(cite, source)
        name = str(names.relation_name(name, source))
        for i, old in enumerate(self.relations):
            same = old.source == source and old.target == target and (old.name == name or _generic(old, name, target))
            if same:
                self.relations[i] = old.model_copy(
                    update={
                        "cites": sorted({*old.cites, cite}),
                        "owned": old.owned or owned,
                        "min_items": max(old.min_items, min_items),
                        "inverse": inverse if inverse and owned else old.inverse,
                    }
                )
                return self.relations[i]
        relation = Relation(
            name=name,
            source=source,
            target=target,
            cardinality=cardinality,
            inverse=inverse or (names.snake(source) if cardinality == "one_to_one" else names.plural(source)),
            optional=optional,
            owned=owned,
            min_items=min_items,
            cites=[cite] if cite else [],
        )
        self.relations.append(relation)
        return relation

    def imply_field(self, entity: str, text: str, cite: str) -> str | None:
        """Add the text field that a search or filter speaks of (`by subject`); None when the words name no value."""
        phrase = noun_phrase(text)
        if (
            self.field_in(entity, text)
            or not 1 <= len(phrase.words) <= 2
            or phrase.tail
            or self.find(phrase)
            or phrase.head in lexicon.IMMATERIAL
        ):
            return None
        if not all(w.isalpha() and w.isascii() for w in phrase.words) or phrase.head in (
            "range",
            "location",
            "distance",
            "popularity",
            "relevance",
            "id",
        ):
            return None
        spec = fields.field(" ".join(phrase.words), entity, [cite])
        if spec is None:
            return None
        self.add_field(entity, spec.model_copy(update={"optional": True}))
        name = spec.name
        shown = name.replace("_", " ")
        self.note(f"{article(names.title(entity)).capitalize()} has {article(shown)}, because it is looked for by it.")
        return name

    def add_actor(self, name: str, cite: str, *, acts: bool = False, registers: bool = False) -> DraftActor:
        """Add an actor, or enrich the one that is there."""
        name = actor_name(name)
        actor = self.actors.setdefault(name, DraftActor(name, administrator=name.rsplit("_", 1)[-1] in lexicon.ADMINS))
        if cite and cite not in actor.cites:
            actor.cites.append(cite)
            actor.cites.sort()
        actor.acts = actor.acts or acts
        actor.registers = actor.registers or registers
        return actor

    def leave(self, cite: str, reason: str, part: str = "") -> None:
        """List a statement, or a part of one, as unplaced."""
        entry = Unplaced(requirement=cite, reason=reason, part=part.strip(" ,.;"))
        if entry not in self.unplaced:
            self.unplaced.append(entry)

    def left_whole(self, cite: str, text: str) -> bool:
        """Return whether a statement is unplaced as a whole."""
        return any(u.requirement == cite and u.part in ("", text.strip(" ,.;")) for u in self.unplaced)

    def note(self, text: str) -> None:
        """Note a reading that had to be chosen."""
        if text not in self.notes:
            self.notes.append(text)


def _generic(old: Relation, name: str, target: str) -> bool:
    """Whether a new mention says no more than the old one: `Order.restaurant` again as `restaurant`."""
    plain = names.snake(target)
    return old.cardinality != "many_to_many" and name == plain and old.owned
