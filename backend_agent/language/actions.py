"""Third reading: what people do with things, as relations, fields and permissions."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT, FieldSpec
from backend_agent.language import fields, lexicon
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.grants import operations
from backend_agent.language.nouns import ATTRIBUTES, NO_OBJECT, is_person, nominal, prepositional
from backend_agent.language.phrases import NounPhrase, noun_phrase, noun_phrases
from backend_agent.language.structure import Structure

_FROM_TO = re.compile(
    r"(?i)\bfrom\s+(?P<source>(?:one of )?[\w' ]+?)\s+(?:in)?to\s+(?P<target>(?:any |another |an? )?[\w' ]+?)(?:,|$)"
)
_BY_GIVING = re.compile(
    r"(?i)\bby (?:entering|giving|providing|specifying|filling in|setting|choosing|stating)\s+(?P<what>.+)$"
)

_AMOUNTS = re.compile(
    r"(?i)\b(?:for|with|of|containing)\s+((?:several|many|one or more|multiple|some|any number of)"
    r"\s+.+?\s+(?:and|with)\s+(?:their\s+|an?\s+)?(?:quantit(?:y|ies)|amounts?).*)$"
)


class Actions:
    """Reads relations and fields from what actors do."""

    def __init__(self, draft: Draft, structure: Structure) -> None:
        self.draft = draft
        self.structure = structure

    def read(self, clause: Clause) -> bool:
        """Read one clause; return whether something came of it."""
        draft = self.draft
        if clause.negated:
            return False
        if clause.passive:
            return self._passive(clause)
        actors = draft.actors_in(clause)
        placed = False
        if any(v in NO_OBJECT for v in clause.verbs) and self._signing(clause, actors):
            placed = True
        verbs = [v for v in clause.verbs if v not in NO_OBJECT or v == "register"]
        if not verbs:
            return placed
        if actors and clause.verb == "have":
            return self._possesses(clause, actors) or placed
        for verb in verbs:
            kept = nominal(verb, clause.rest)
            made = draft.find(kept) if kept else None
            direct = draft.find(clause.objects[0]) if clause.objects else None
            if made and actors and direct != made:
                placed = self._nominal(clause, verb, made, actors) or placed
        for phrase in clause.objects:
            entity = draft.find(phrase)
            if entity and not any(
                nominal(v, clause.rest) and draft.find(nominal(v, clause.rest) or "")
                for v in verbs
                if draft.find(phrase) != draft.find(nominal(v, "") or "")
            ):
                placed = self._direct(clause, entity, phrase, actors, verbs) or placed
        return placed

    def _signing(self, clause: Clause, actors: list[str]) -> bool:
        """Read what is said of registering and logging in; the fields of an account come from here too."""
        cite = clause.requirement
        known = [v for v in clause.verbs if v in NO_OBJECT and v not in ("join", "leave")]
        for actor in actors:
            self.draft.add_actor(actor, cite, acts=True)
        if not known or (
            clause.objects
            and known == ["register"]
            and not clause.rest.lower().startswith(("with", "using", "by", "as"))
        ):
            return False
        if match := re.match(r"(?i)(?:with|using|by)\s+(.+)$", clause.rest):
            for item in fields.split_attributes(match[1]):
                spec = fields.field(item, ACCOUNT, [cite])
                if (
                    spec
                    and spec.type != "email"
                    and not set(spec.name.split("_"))
                    & {"password", "email", "account", "credential", "credentials", "google", "facebook"}
                ):
                    for actor in actors:
                        target = self.draft.entity_of_actor(actor)
                        if target != ACCOUNT and target in self.draft.entities:
                            self.draft.add_field(target, spec)
                        elif ACCOUNT in self.draft.entities:
                            self.draft.add_field(ACCOUNT, spec)
        if ACCOUNT in self.draft.entities:
            self.draft.cite(ACCOUNT, cite)
        return bool(actors) or clause.verb == "become"

    def _possesses(self, clause: Clause, actors: list[str]) -> bool:
        """Read `customers have a cart` (the rest is read as structure)."""
        placed = False
        for phrase in clause.objects:
            entity = self.draft.find(phrase)
            for actor in actors:
                target = self.draft.entity_of_actor(actor)
                if (
                    entity
                    and entity != target
                    and not self._related(entity, target)
                    and not self._related(target, entity)
                ):
                    self._to_actor(
                        entity,
                        actor,
                        clause.requirement,
                        inverse=phrase.name if not phrase.many else names.plural(phrase.name),
                    )
                    placed = True
        return placed

    def _related(self, source: str, target: str) -> bool:
        return any(r.source == source and r.target == target for r in self.draft.relations)

    def _to_actor(self, entity: str, actor: str, cite: str, inverse: str = "") -> None:
        target = self.draft.entity_of_actor(actor)
        if entity == target:
            return
        name = actor if target == ACCOUNT else names.snake(target)
        existing = next((r for r in self.draft.relations if r.source == entity and r.target == target), None)
        if existing and existing.name in (name, "author", "owner", "creator", "sender"):
            name = existing.name
        self.draft.add_relation(entity, target, name, cite, inverse=inverse)

    def _nominal(self, clause: Clause, verb: str, made: str, actors: list[str]) -> bool:
        """Read `customers can review a book, with a rating from 1 to 5`: what is done is kept as a thing."""
        draft, cite = self.draft, clause.requirement
        rest = clause.rest
        draft.cite(made, cite)
        for actor in actors:
            if draft.actors[actor].consumer or draft.actors[actor].profile:
                self._to_actor(made, actor, cite)
        if match := _FROM_TO.search(rest):
            source, target = (
                draft.find(noun_phrase(match["source"].replace("one of", ""))),
                draft.find(noun_phrase(match["target"])),
            )
            if source and source == target:
                noun = names.snake(source)
                plural = names.plural(made)
                draft.relations = [
                    r
                    for r in draft.relations
                    if not (r.source == made and r.target != source and r.name in draft.actors)
                    and not (
                        r.source == made
                        and draft.entities.get(r.target)
                        and any(a.profile == r.target for a in draft.actors.values())
                    )
                ]
                draft.add_relation(made, source, f"source_{noun}", cite, inverse=f"outgoing_{plural}")
                draft.add_relation(made, source, f"target_{noun}", cite, inverse=f"incoming_{plural}")
                return True
        attributes = ATTRIBUTES.search(rest)
        before = rest[: attributes.start()] if attributes else rest
        objects = list(
            noun_phrases(
                re.split(
                    r"(?i),|\bfrom\b|\bthat\b|\bthey\b|\bwho\b",
                    re.sub(r"(?i)^(?:on|for|to|in|into|from|at)\s+", "", before),
                )[0]
            )
        )
        placed = False
        for phrase in objects:
            target_entity = draft.find(phrase)
            if target_entity and target_entity != made:
                draft.add_relation(made, target_entity, names.snake(target_entity), cite)
                placed = True
        if attributes:
            text = re.sub(r"(?i),?\s*(?:once|only once|one time|at most once)\b.*$", "", attributes["what"])
            self.structure.attributes(made, text, cite)
        if not attributes and (limit := fields.bounds(rest)) and verb in ("rate", "review", "score"):
            name = "stars" if "star" in rest else "score"
            draft.add_field(made, FieldSpec(name=name, type="integer", cites=[cite], **limit))
        content = verb in ("comment", "reply", "answer", "message") or (
            verb == "review" and not draft.entities[made].fields
        )
        if content and not any(f.type == "text" for f in draft.entities[made].fields.values()):
            draft.add_field(made, FieldSpec(name="text", type="text", min_length=1, max_length=4000, cites=[cite]))
        return placed

    def _direct(self, clause: Clause, entity: str, phrase: NounPhrase, actors: list[str], verbs: list[str]) -> bool:
        """Read `customers can place an order with one restaurant for several items with quantities`."""
        draft, cite = self.draft, clause.requirement
        making = any(v in lexicon.CREATE for v in verbs)
        draft.cite(entity, cite)
        for actor in actors:
            keeps = making or any(v in lexicon.MANAGE for v in verbs)
            own = phrase.own or phrase.possessive
            consumer = draft.actors[actor].consumer
            if (own and (keeps or consumer)) or (consumer and making and not clause.only):
                if self._reaches(entity, actor):
                    self._cite_way(entity, actor, cite)
                else:
                    inverse = phrase.name if not phrase.plural and own and keeps and not making else ""
                    self._to_actor(entity, actor, cite, inverse=names.plural(inverse) if inverse else "")
        if making or verbs[0] in ("register", "book"):
            self._details(clause, entity)
        return bool(actors and operations(tuple(verbs))) or not clause.subject

    def _cite_way(self, entity: str, actor: str, cite: str) -> None:
        """Note that a statement speaks of the relation to the owner."""
        path = self.draft.owner_path(entity, actor)
        for i, relation in enumerate(self.draft.relations):
            if path and relation.source == entity and relation.name == path[0] and len(path) == 1:
                self.draft.relations[i] = relation.model_copy(update={"cites": sorted({*relation.cites, cite})})

    def _reaches(self, entity: str, actor: str) -> bool:
        return self.draft.owner_path(entity, actor) is not None

    def _details(self, clause: Clause, entity: str) -> None:
        """Read what follows the object of a making verb: fields behind `with`, relations behind other prepositions."""
        draft, cite = self.draft, clause.requirement
        rest = clause.rest
        if match := _BY_GIVING.search(rest):
            self.structure.attributes(entity, match["what"], cite)
            rest = rest[: match.start()]
        amounts = _AMOUNTS.search(rest)
        if amounts and self.structure.attributes(entity, amounts[1], cite):
            rest = rest[: amounts.start()]
        if match := re.search(r"(?i)\b(?:with|including)\s+((?:their|its|his|an?|the|optional|unique)\s+.+)$", rest):
            first = fields.split_attributes(match[1])[0]
            head = noun_phrase(first)
            if draft.find(head) is None and draft.find_actor(head) is None and not is_person(head):
                self.structure.attributes(entity, match[1], cite)
                rest = rest[: match.start()]
        if of := re.search(
            r"(?i)\b(?:of|about)\s+(?P<what>(?:an? |the |other )?[\w ]+?)(?=\s+(?:with|for|in|at|by)\b|,|$)", rest
        ):
            whom = draft.find(noun_phrase(of["what"]))
            if whom and whom != entity:
                draft.add_relation(entity, whom, names.snake(whom), cite)
        direct_plural = bool(clause.objects) and clause.objects[0].plural
        for preposition, phrase in prepositional(rest):
            target = draft.find(phrase) or (draft.entity_of_actor(a) if (a := draft.find_actor(phrase)) else None)
            if (
                target
                and target != entity
                and preposition in ("for", "in", "on", "to", "under", "with", "from", "at", "about", "into")
            ):
                if (phrase.many or phrase.plural) and not (
                    direct_plural and not re.match(r"(?i)(?:several|many|one or more|multiple)", phrase.text)
                ):
                    if preposition in ("with", "for", "from") and phrase.many:
                        self.structure.relate_many(entity, target, phrase, cite)
                    continue
                person = draft.find_actor(phrase)
                name = person if target == ACCOUNT and person else names.snake(target)
                draft.add_relation(entity, target, name, cite)
            elif (
                target is None
                and preposition in ("at", "on", "from", "until", "for")
                and phrase.head in ("time", "date", "day")
            ) and (spec := fields.field(phrase.text, entity, [cite])):
                draft.add_field(entity, spec)
        if match := re.search(r"(?i)\bat\s+(?:an?\s+)?(?:given\s+)?((?:start|begin)\w*\s+and\s+end\w*\s+\w+)", rest):
            draft.entities[entity].fields.pop("start", None)
            self.structure.attributes(entity, match[1], cite)

    def _passive(self, clause: Clause) -> bool:
        """Read `the treatments given in an appointment` and `tasks can be assigned to users`."""
        draft, placed = self.draft, False
        if clause.verb not in (
            "assign",
            "allocate",
            "link",
            "attach",
            "add",
            "grant",
            "give",
            "associate",
            "group",
            "tag",
            "connect",
            "place",
        ):
            return False
        for subject in clause.subjects:
            source = draft.find(subject)
            if source is None:
                continue
            for preposition, phrase in prepositional(clause.rest):
                if preposition in ("to", "with", "in", "into", "under"):
                    placed = self.structure.refer(source, preposition, phrase, clause) or placed
        return placed
