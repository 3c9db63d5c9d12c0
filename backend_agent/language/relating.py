"""Attributes and relations: what an entity has, as fields, references and parts."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.language import fields, lexicon, states
from backend_agent.language.draft import Draft
from backend_agent.language.nouns import is_person
from backend_agent.language.parts import actor_name
from backend_agent.language.phrases import NounPhrase, noun_phrase, noun_phrases

_AMOUNTS = re.compile(
    r"^(?P<things>.+?)\s+(?:and|with|,)\s+(?:their |a |an |the |its )?(?P<amounts>quantit(?:y|ies)\b.*"
    r"|amounts?\b.*|counts?\b.*)$",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"(?i)^(?P<box>(?:an?|the|one|their(?: own)?|its)\s+[\w ]+?)\s+(?:with|of|containing|holding)\s+(?P<inside>.+)$"
)
_COLUMNS = re.compile(
    r"(?i)^(?:the )?(?:following )?(?:columns?|fields?|attributes?|properties)\s*(?:for|:|such as|like"
    r"|named|called)?\s*"
)
_OWN_COLUMNS = frozenset("id created_at updated_at version password password_hash hashed_password".split())


class Relating:
    """Adds fields and relations to a draft, as readers find them in sentences."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.many: set[tuple[str, str]] = set()
        """Pairs (S, T) of which `S has several T` was said."""

    def subject_entity(self, phrase: NounPhrase) -> str | None:
        """Return the entity that a subject means; for an actor of which nothing else is kept, the account."""
        if phrase.head in ("table", "record", "object", "entity", "collection") and len(phrase.words) > 1:
            phrase = noun_phrase(" ".join(phrase.words[:-1]))
        found = self.draft.find(phrase)
        if found:
            return found
        if phrase.name == "user" or actor_name(phrase.name) in self.draft.actors:
            return ACCOUNT
        return None

    def attributes(
        self, entity: str, text: str, cite: str, *, optional: bool = False, owns: bool = False, actor: str | None = None
    ) -> bool:
        """Read an attribute list of an entity: fields, and relations where an item is an entity itself."""
        text = _COLUMNS.sub("", re.sub(r"(?i)\s+(?:columns?|fields?|attributes?)$", "", text))
        if (box := _BOX.match(text)) and _AMOUNTS.match(box["inside"]) and (target := self.draft.find(box["box"])):
            if target != entity:
                self._related(entity, target, noun_phrase(box["box"]), cite, optional=optional, owns=owns, actor=actor)
            return self.attributes(target, box["inside"], cite)
        if match := _AMOUNTS.match(text):
            things = [t for p in noun_phrases(match["things"]) if (t := self.draft.find(p))]
            if things and things[0] != entity:
                self.container(entity, things, match["amounts"], cite)
                return True
        placed = False
        for item in fields.split_attributes(text):
            placed = self._attribute(entity, item, cite, optional=optional, owns=owns, actor=actor) or placed
        if placed and entity in self.draft.entities:
            self.draft.cite(entity, cite)
        return placed

    def _attribute(self, entity: str, item: str, cite: str, *, optional: bool, owns: bool, actor: str | None) -> bool:
        draft = self.draft
        phrase = noun_phrase(item.replace("_", " "))
        key = names.snake(item)
        if fields.COUNT.match(" ".join(item.split())):
            return self._field(entity, item, cite, optional=optional)
        own = names.snake(entity)
        if key in _OWN_COLUMNS or (key.endswith("_id") and (own == key[:-3] or own.endswith(f"_{key[:-3]}"))):
            return True
        if re.fullmatch(r"[a-z]+(?:ed|en|wn)_(?:by|to)", item.strip()):
            self.draft.add_relation(entity, ACCOUNT, item.strip(), cite, optional=key.endswith("_to"))
            return True
        if not phrase.words:
            return False
        if phrase.words[-1] == "id" and len(phrase.words) > 1:
            phrase = noun_phrase(" ".join(phrase.words[:-1]))
            if draft.find(phrase) is None and draft.find_actor(phrase) is None:
                if is_person(phrase) and entity != ACCOUNT:
                    draft.add_relation(entity, ACCOUNT, phrase.name, cite)
                    return True
                return self._field(entity, item, cite, optional=optional)
        if phrase.head.startswith("sub") and draft.find(phrase.head[3:].strip("-")) == entity:
            self.tree(entity, cite)
            return True
        target = draft.find(phrase)
        exact = target is not None and (
            phrase.name in draft.aliases or phrase.many or phrase.words[0] in ("parent", *states.STATE_WORDS)
        )
        if target and not exact and not phrase.many:
            spec = fields.field(item, entity, [cite])
            exact = spec is None or (
                spec.type == "string" and phrase.words[-1] not in ("name", "code", "title", "number", "status")
            )
        if target and exact:
            return self._related(entity, target, phrase, cite, optional=optional, owns=owns, actor=actor)
        person = draft.find_actor(phrase)
        if person and not phrase.many and phrase.head != "name" and len(phrase.words) <= 2:
            target = draft.entity_of_actor(person)
            if target != entity:
                draft.add_relation(entity, target, phrase.name, cite, optional=optional or "optional" in item.lower())
                return True
        if phrase.name in ("user", "owner", "creator", "assignee") and target is None and entity != ACCOUNT:
            draft.add_relation(entity, ACCOUNT, phrase.name, cite, optional=optional or "optional" in item.lower())
            return True
        return self._field(entity, item, cite, optional=optional)

    def _field(self, entity: str, item: str, cite: str, *, optional: bool) -> bool:
        spec = fields.field(item, entity, [cite])
        if spec is None or entity not in self.draft.entities:
            return False
        if entity == ACCOUNT and (spec.name in ("role", "is_active", "password") or spec.name == "email"):
            return True
        if optional and not spec.optional:
            spec = spec.model_copy(update={"optional": True})
        self.draft.add_field(entity, spec)
        return True

    def _related(
        self, entity: str, target: str, phrase: NounPhrase, cite: str, *, optional: bool, owns: bool, actor: str | None
    ) -> bool:
        draft = self.draft
        tail_with = re.match(r"(?i)(?:with|of|containing)\s+(.+)$", phrase.tail)
        if phrase.words[0] == "parent" or (target == entity and not phrase.many):
            name = "parent" if phrase.words[0] == "parent" or len(phrase.words) == 1 else phrase.name
            draft.add_relation(
                entity, entity, name, cite, inverse="children" if name == "parent" else f"{name}_of", optional=True
            )
            return True
        if phrase.many:
            self.relate_many(entity, target, phrase, cite, owns=owns, actor=actor)
        elif (
            actor
            and entity == draft.entity_of_actor(actor)
            and (entity == ACCOUNT or not draft.entities[entity].fields)
        ):
            draft.add_relation(
                target, entity, actor if entity == ACCOUNT else names.snake(entity), cite, cardinality="one_to_one"
            )
        elif (
            f"{names.snake(entity)}_" in f"{names.snake(target)}"
            and draft.find(f"{entity} {phrase.head}") is None
            and target.startswith(entity)
        ) or self._inside(target, phrase):
            self.relate_many(entity, target, phrase, cite, owns=True)
        else:
            draft.add_relation(
                entity, target, phrase.name, cite, optional=optional or "optional" in phrase.text.lower()
            )
        if tail_with:
            self.attributes(target, tail_with[1], cite)
        return True

    def _inside(self, target: str, phrase: NounPhrase) -> bool:
        """Whether a singular noun stands for many parts: `a menu` whose things are menu items."""
        if not phrase.name or target == names.class_name(phrase.name):
            return False
        return names.snake(target) != phrase.name and names.snake(target).startswith(f"{phrase.name}_")

    def relate_many(
        self, entity: str, target: str, phrase: NounPhrase, cite: str, *, owns: bool = False, actor: str | None = None
    ) -> None:
        """Relate an entity to the many things that it has."""
        draft = self.draft
        if entity == target:
            self.tree(entity, cite)
            return
        said = names.snake(target).endswith(phrase.name)
        plural = names.plural(phrase.name if said else target)
        part = phrase.head in lexicon.PARTS or names.snake(target).rsplit("_", 1)[-1] in lexicon.PARTS
        back = (target, entity) in self.many
        self.many.add((entity, target))
        reverse = next(
            (
                r
                for r in draft.relations
                if r.source == target and r.target == entity and r.cardinality == "many_to_one"
            ),
            None,
        )
        if back and not part:
            draft.relations = [r for r in draft.relations if not (r.source == entity and r.target == target)]
            draft.add_relation(entity, target, plural, cite, cardinality="many_to_many", inverse=names.plural(entity))
        elif phrase.head in lexicon.SHARED and not actor and not owns and reverse is None and not part:
            draft.add_relation(
                entity,
                target,
                plural,
                cite,
                cardinality="many_to_many",
                inverse=names.plural(entity),
                min_items=phrase.min_items,
            )
        elif actor and entity == ACCOUNT:
            draft.add_relation(target, ACCOUNT, actor, cite, inverse=plural)
        else:
            name = reverse.name if reverse else names.snake(entity)
            inside = self._inside(target, phrase)
            owned = part or (owns and not self._shared(target)) or inside
            inverse = plural if not inside else names.plural(target)
            draft.add_relation(
                target, entity, name, cite, inverse=inverse, owned=owned, min_items=phrase.min_items if owned else 0
            )

    def _shared(self, target: str) -> bool:
        """Whether things of a kind live by themselves: somebody manages them, or they have states of their own."""
        return any(
            c.verbs
            and not c.passive
            and self.draft.actors_in(c)
            and any(self.draft.find(p) == target for p in c.objects)
            and any(v in lexicon.CREATE | lexicon.MANAGE | lexicon.DELETE for v in c.verbs)
            for c in self.draft.clauses
        )

    def container(self, entity: str, things: list[str], amounts: str, cite: str) -> None:
        """Read things with quantities inside a container: an item entity between the two."""
        draft = self.draft
        existing = next(
            (n for n in (f"{entity}Item", f"{entity}Line", f"{entity}Position") if n in draft.entities), None
        )
        item = existing or draft.add_entity(f"{names.title(entity)} item", cite)
        if item is None:
            return
        draft.cite(item, cite)
        inverse = "lines" if item.endswith("Line") else "items"
        draft.add_relation(item, entity, names.snake(entity), cite, inverse=inverse, owned=True)
        for thing in things:
            draft.add_relation(item, thing, names.snake(thing), cite, inverse=names.plural(item))
        for text in fields.split_attributes(re.sub(r"(?i)\bquantities\b", "quantity", amounts)):
            if spec := fields.field(text, item, [cite]):
                draft.add_field(item, spec)
        draft.cite(entity, cite)

    def tree(self, entity: str, cite: str) -> bool:
        """Let an entity refer to its own parent."""
        self.draft.add_relation(entity, entity, "parent", cite, inverse="children", optional=True)
        self.draft.cite(entity, cite)
        return True

    # --- tables of attributes --------------------------------------------------------------------------------------
