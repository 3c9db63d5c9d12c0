"""Second reading: fields and relations, from sentences about what things have and where they belong."""

from __future__ import annotations

import re

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT, FieldSpec
from backend_agent.language import fields, lexicon, words
from backend_agent.language.clause import Clause
from backend_agent.language.nouns import HAS, LISTED, NO_OBJECT, prepositional, says_where
from backend_agent.language.phrases import NounPhrase, noun_phrase, noun_phrases
from backend_agent.language.relating import Relating
from backend_agent.names import article

_TREE_WORDS = re.compile(r"(?i)\b(?:tree|hierarch(?:y|ies|ical)|nested)\b")


class Structure(Relating):
    """Reads fields and relations into a draft whose entities and actors are known by name."""

    def read(self, clause: Clause) -> bool:
        """Read one clause; return whether something came of it."""
        if clause.negated:
            return self._once(clause)
        verb = clause.verb
        if self._attribute_table(clause):
            return True
        if (
            _TREE_WORDS.search(clause.rest)
            and clause.subjects
            and verb in ("form", "be", "have", "build", "organize", "organise", "arrange", "nest")
        ):
            return self._tree(clause)
        if verb == "nest" and clause.passive:
            return self._tree(clause)
        if verb in HAS and not clause.passive:
            return self._has(clause)
        if clause.passive and verb in (
            "store",
            "keep",
            "record",
            "save",
            "describe",
            "identify",
            "characterize",
            "specify",
        ):
            return self._described(clause)
        if verb == "be" and not clause.passive:
            return self._is(clause)
        if says_where(clause):
            return self._belongs(clause)
        if verb == "report" and re.match(r"(?i)to\s+(?:an|another|a|one)\b", clause.rest):
            return self._reports(clause)
        return False

    def _once(self, clause: Clause) -> bool:
        """Read `a transfer cannot be changed once it is executed`: the thing is pending until then."""
        match = re.search(
            r"(?i)\b(?:once|after|when|if)\s+(?:it|they|the \w+)\s+(?:is|are|has been|have been|was|were)\s+(\w+)$",
            clause.condition,
        )
        if not clause.passive or not set(clause.verbs) & (lexicon.UPDATE | lexicon.DELETE):
            return False
        if not match:
            subject = clause.subjects[0] if len(clause.subjects) == 1 else None
            state = subject.words[0] if subject and len(subject.words) > 1 else ""
            told = state and any(
                words.participle(v) == state for c in self.draft.clauses for v in c.verbs if not c.negated
            )
            return bool(told and subject) and self._ends_in(self.draft.find(subject or ""), state, "active", clause)
        return self._ends_in(
            self.draft.find(clause.subjects[0]) if clause.subjects else None, match[1], "pending", clause
        )

    def _ends_in(self, entity: str | None, state: str, initial: str, clause: Clause) -> bool:
        """Give a thing two states, when a rule speaks of one that was never listed."""
        if entity is None or any(
            f.type == "enum" and state.lower() in f.values for f in self.draft.entities[entity].fields.values()
        ):
            return False
        if "status" in self.draft.entities[entity].fields:
            return False
        values = [initial, names.snake(state)]
        self.draft.add_field(entity, FieldSpec(name="status", type="enum", values=values, cites=[clause.requirement]))
        self.draft.cite(entity, clause.requirement)
        self.draft.note(
            f"{article(names.title(entity)).capitalize()} is {initial} until it is {state.lower()}:"
            " no other state is named."
        )
        return True

    # --- who it is about -------------------------------------------------------------------------------------------

    # --- has -------------------------------------------------------------------------------------------------------

    def _has(self, clause: Clause) -> bool:
        rest = re.sub(r"(?i)^(?:also|of|up of|either)\s+", "", clause.rest)
        placed = False
        about = re.match(r"(?i)(?P<what>.+?)\s+(?:for|of|about)\s+(?:each|every|all|an?)\s+(?P<thing>[\w ]+)$", rest)
        subjects = list(clause.subjects)
        if about and (clause.subject.lower() in ("we", "") or any(p.head in self.draft.system for p in subjects)):
            subjects, rest = [noun_phrase(about["thing"])], about["what"]
        for subject in subjects:
            actor = self.draft.find_actor(subject)
            entity = self.subject_entity(subject)
            if entity is None:
                if subject.head in self.draft.system or clause.verb == "own":
                    placed = self._of_each(rest, clause.requirement) or placed
                continue
            optional = clause.modal in ("may", "can", "might", "could")
            owns = clause.verb in ("contain", "consist", "consist_of", "comprise", "include")
            placed = (
                self.attributes(entity, rest, clause.requirement, optional=optional, owns=owns, actor=actor) or placed
            )
        return placed

    def _of_each(self, text: str, cite: str) -> bool:
        """Read `titles, and of each title one or more copies`."""
        placed = any(self.draft.find(p) for p in noun_phrases(text))
        if match := re.search(
            r"(?i)\b(?:of|for) each (?P<one>[\w ]+?),? (?P<many>(?:one or more|several|many"
            r"|at least one|any number of) .+)$",
            text,
        ):
            one, many = self.draft.find(match["one"]), noun_phrase(match["many"])
            target = self.draft.find(many)
            if one and target:
                self.relate_many(one, target, many, cite)
                placed = True
        return placed

    # --- is, belongs, trees ----------------------------------------------------------------------------------------

    def _is(self, clause: Clause) -> bool:
        if len(clause.subjects) != 1 or clause.condition:
            return False
        subject, cite = clause.subjects[0], clause.requirement
        if clause.relative and (holder := self.subject_entity(subject)) in self.draft.entities and holder:
            mine = [f.name for f in self.draft.entities[holder].fields.values() if cite in f.cites]
            return bool(mine) and self._constrain(holder, mine[-1], clause.rest, [], cite)
        values = fields.enumeration(clause.rest)
        rest = clause.rest
        kinds = re.match(r"(?i)(?:either )?an? ([\w ]+?)(?:,| or) (?:an? )?([\w ]+)(?:,? or an? ([\w ]+))?$", rest)
        owner, name = self._field_of(subject)
        if owner and name:
            return self._constrain(owner, name, rest, values, cite)
        entity = self.draft.find(subject)
        if entity is None or (subject.tail and not subject.tail.startswith("(")):
            return False
        if kinds and not values:
            options = [names.snake(k) for k in kinds.groups() if k]
            self.draft.add_field(
                entity, FieldSpec(name=str(names.field_name("type", entity)), type="enum", values=options, cites=[cite])
            )
            return True
        if len(values) > 1 and (clause.modal in ("", "can", "may") or "either" in rest):
            if (
                any(re.search(r"(?i)\b(?:private|visible|public|mandatory|required|unique)\b", v) for v in values)
                and len(values) < 3
            ):
                return False
            field = "status"
            known = self.draft.entities[entity].fields.get("status")
            if known is not None and known.values and known.values != values:
                field = "payment_status" if "paid" in values else "state"
            self.draft.add_field(entity, FieldSpec(name=field, type="enum", values=values, cites=[cite]))
            self.draft.cite(entity, cite)
            return True
        return False

    def _field_of(self, subject: NounPhrase) -> tuple[str | None, str | None]:
        """Return entity and field of a subject such as `the balance` or `the ISBN of a book`."""
        return self.locate(subject, None)

    def locate(self, subject: NounPhrase, near: str | None) -> tuple[str | None, str | None]:
        """Return the entity and field that a subject means; `near` is the entity spoken of last."""
        draft = self.draft
        if match := re.match(r"(?i)of (?:an? |the |each |every |all )?([\w -]+)$", subject.tail):
            owner = draft.find(match[1])
            if owner:
                return owner, draft.field_in(owner, " ".join(subject.words))
        if draft.find(subject) and (subject.name in draft.aliases):
            return None, None
        order = ([near] if near else []) + list(reversed(draft.entities))
        for word_count in range(len(subject.words), 0, -1):
            owner = draft.find(" ".join(subject.words[:word_count]))
            rest = " ".join(subject.words[word_count:])
            if owner and rest and (name := draft.field_in(owner, rest)):
                return owner, name
        for entity in order:
            if entity and (name := draft.field_in(entity, " ".join(subject.words))):
                return entity, name
        return None, None

    def _constrain(self, entity: str, name: str, text: str, values: list[str], cite: str) -> bool:
        """Add what a sentence says of a field: `the ISBN is unique`, `the rating is from 1 to 5`."""
        spec = self.draft.entities[entity].fields[name]
        facts: dict[str, object] = {}
        low = text.lower()
        if re.search(r"\bunique\b(?!\s+(?:per|within|in|for|inside|across|by|among)\b)", low):
            facts["unique"] = True
        if re.search(r"\boptional\b|\bnot (?:required|mandatory)\b", low):
            facts["optional"] = True
        elif re.search(r"\b(?:required|mandatory|compulsory)\b", low):
            facts["optional"] = False
        if spec.type in ("string", "text"):
            facts |= fields.lengths(text)
        if spec.type in ("integer", "decimal"):
            facts |= fields.bounds(text)
        if len(values) > 1 and not facts:
            facts = {"type": "enum", "values": values, "min_length": None, "max_length": None, "pattern": None}
        if not facts:
            return False
        self.draft.set_field(entity, name, cite, **facts)
        return True

    def _described(self, clause: Clause) -> bool:
        """Read `patients are stored with their name and date of birth`."""
        placed = False
        if match := re.match(r"(?i)(?:with|by)\s+(.+)$", clause.rest):
            for subject in clause.subjects:
                if entity := self.subject_entity(subject):
                    placed = self.attributes(entity, match[1], clause.requirement) or placed
        return placed

    def _belongs(self, clause: Clause) -> bool:
        placed = False
        for subject in clause.subjects:
            source = self.draft.find(subject)
            if source is None:
                continue
            pieces = prepositional(clause.rest if not clause.verb.startswith("reference") else f"to {clause.rest}")
            for preposition, phrase in pieces:
                placed = self.refer(source, preposition, phrase, clause) or placed
            if placed:
                self.draft.cite(source, clause.requirement)
        return placed

    def refer(self, source: str, preposition: str, phrase: NounPhrase, clause: Clause) -> bool:
        """Relate an entity to what stands behind a preposition; or add a field when that is no entity."""
        draft, cite = self.draft, clause.requirement
        if preposition in ("as", "via", "per", "without", "within", "during", "using"):
            return False
        optional = clause.modal in ("may", "can", "might") or "optional" in phrase.text.lower()
        target = draft.find(phrase)
        person = draft.find_actor(phrase)
        if target is None and (person or phrase.name == "user"):
            target = draft.entity_of_actor(person or "user")
        if target is None:
            kind = fields.field(phrase.text, source, [cite])
            if kind is None or preposition == "by" or (kind.type == "string" and clause.verb != "refer"):
                return False
            return self._field(source, phrase.text, cite, optional=optional)
        assigned = clause.verb in ("assign", "allocate") and preposition == "to" and (person or target == ACCOUNT)
        name = (
            "assignee"
            if assigned
            else phrase.name
            if phrase.name and len(phrase.words) > 1 and not phrase.many
            else names.snake(person if target == ACCOUNT and person else target)
        )
        if target == source:
            if phrase.many:
                return self.tree(source, cite)
            name = (
                "parent" if clause.verb in ("belong", "sit", "be") else f"{words.participle(clause.verb)}_{preposition}"
            )
            draft.add_relation(
                source, source, name, cite, inverse="children" if name == "parent" else f"{name}_inverse", optional=True
            )
        elif phrase.many:
            draft.add_relation(
                source,
                target,
                names.plural(name),
                cite,
                cardinality="many_to_many",
                inverse=names.plural(source),
                min_items=phrase.min_items,
            )
        else:
            draft.add_relation(source, target, name, cite, optional=optional)
        return True

    def _reports(self, clause: Clause) -> bool:
        entity = self.draft.find(clause.subjects[0]) if clause.subjects else None
        if entity is None:
            return False
        self.draft.add_relation(entity, entity, "manager", clause.requirement, inverse="reports", optional=True)
        return True

    def _tree(self, clause: Clause) -> bool:
        placed = False
        for phrase in clause.subjects:
            if entity := self.draft.find(phrase):
                placed = self.tree(entity, clause.requirement)
        return placed

    # --- tables of attributes --------------------------------------------------------------------------------------

    def _attribute_table(self, clause: Clause) -> bool:
        """Read `Book: title, ISBN` and `Book (title, ISBN)` and `a roles table with name and permissions`."""
        text = clause.text
        match = LISTED.match(text)
        if match and not clause.verbs:
            entity = self.draft.find(match["who"])
            return bool(entity and self.attributes(entity, match["what"] or match["inside"], clause.requirement))
        if not clause.subject and clause.verbs and clause.verb not in NO_OBJECT:
            match = re.match(
                r"(?i)(?P<who>(?:an? |the )?[\w ]+?)\s+table\s+(?:with|containing|having|for)\s+(?P<what>.+)$",
                clause.rest,
            )
            if match and (entity := self.subject_entity(noun_phrase(match["who"]))):
                return self.attributes(entity, match["what"], clause.requirement)
        return False
