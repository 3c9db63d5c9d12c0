"""First reading: who acts, and which nouns are things that the service keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from backend_agent import names
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.language import fields, lexicon, words
from backend_agent.language.clause import Clause
from backend_agent.language.draft import Draft
from backend_agent.language.nouns import (
    ATTRIBUTES,
    GROUPS,
    HAS,
    LISTED,
    NO_NAME,
    NO_OBJECT,
    NOMINALS,
    OWNERS,
    essential,
    field_like,
    is_container,
    is_person,
    is_thing,
    is_verbal,
    names_thing,
    nominal,
    prepositional,
    says_where,
    without_prefix,
)
from backend_agent.language.parts import CONSUMERS, actor_name
from backend_agent.language.phrases import NounPhrase, noun_phrase, noun_phrases


@dataclass
class _Evidence:
    """What speaks for a noun being a thing of its own."""

    cites: list[str] = field(default_factory=list)
    strong: bool = False


class Naming:
    """Collects actors and entities over all clauses."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.found: dict[str, _Evidence] = {}
        self.parts: dict[str, str] = {}
        """Bare part nouns with the compound that they mean: `line` -> `invoice_line`."""
        self.given: dict[str, str] = {}
        """What is submitted, with the name of the submission: `solution` -> `submission`."""
        self.strangers: set[str] = set()
        """Guests and visitors who only look around."""

    def run(self) -> None:
        """Fill the draft's actors and entities (still without fields)."""
        told = " ".join(f"{c.text} ." for c in self.draft.clauses)
        self.draft.system = frozenset(n for n in lexicon.SYSTEM if n == "we" or not is_thing(n, told))
        self.strangers = {noun for noun in ("guest", "visitor") if self._only_reads(noun)}
        for clause in self.draft.clauses:
            self._actors(clause)
        for clause in self.draft.clauses:
            self._things(clause)
        self._settle()

    def _only_reads(self, noun: str) -> bool:
        """Whether all that a guest or visitor does is to look."""
        told = [
            c for c in self.draft.clauses if any(p.head == noun for p in c.subjects) and not c.passive and not c.negated
        ]
        looks = lexicon.READ | lexicon.LIST | frozenset("register sign_up log_in login sign_in".split())
        return all(set(c.verbs) <= looks for c in told)

    # --- actors ----------------------------------------------------------------------------------------------------

    def _actors(self, clause: Clause) -> None:
        verb = clause.verb
        cite = clause.requirement
        if (
            verb == "become"
            and clause.subjects
            and any(p.head in lexicon.ANYONE or "public" in p.tail for p in clause.subjects)
        ):
            for phrase in clause.objects:
                if is_person(phrase, "register"):
                    self.draft.add_actor(phrase.name, cite, acts=True, registers=True)
            return
        if verb == "have" and not clause.passive and not clause.negated and is_container(clause):
            for phrase in clause.subjects:
                if phrase.head in CONSUMERS:
                    self.draft.add_actor(phrase.name, cite, acts=True)
        reports = verb == "report" and clause.rest.lower().startswith("to ")
        acts = (
            not clause.passive
            and not reports
            and any(v in lexicon.ACTION_VERBS or v in NO_OBJECT or v in NOMINALS for v in clause.verbs)
        )
        for phrase in clause.subjects:
            if (
                not phrase.words
                or phrase.head in lexicon.ANYONE
                or phrase.head in self.strangers
                or (phrase.tail.startswith(("who", "that")) and not clause.story)
            ):
                continue
            if clause.story or (
                acts and (clause.modal or verb not in ("show", "hold", "keep")) and is_person(phrase, verb)
            ):
                if phrase.head in self.draft.system and not is_person(phrase):
                    continue
                if clause.negated and not clause.modal:
                    continue
                registers = any(v in ("register", "sign_up", "signup") for v in clause.verbs) and self._registers(
                    clause
                )
                self.draft.add_actor(phrase.name, cite, acts=True, registers=registers)
        self._named_roles(clause)

    def _named_roles(self, clause: Clause) -> None:
        """Add the actors behind `visible to X only` and `must be approved by X`."""
        cite = clause.requirement
        for role in re.findall(
            r"(?i)\b(?:visible|accessible|available|shown|open|restricted"
            r"|limited)\s+(?:only\s+)?to\s+(?:only\s+)?(?:the\s+)?([\w ,]+?)(?:\s+only)?$",
            clause.rest,
        ):
            for phrase in noun_phrases(role):
                if is_person(phrase) and phrase.head not in lexicon.ANYONE:
                    self.draft.add_actor(phrase.name, cite, acts=True)
        if (
            clause.passive
            and clause.modal
            and (match := re.search(r"(?i)\b(?:only )?by (?:an? |the )?([\w ]+?)(?: only)?$", clause.rest))
        ):
            phrase = noun_phrase(match[1])
            strange = phrase.other or "different" in phrase.before or "external" in phrase.words
            strange = strange or phrase.head in OWNERS
            if phrase.head not in lexicon.ANYONE and not strange and is_person(phrase, clause.verb):
                self.draft.add_actor(phrase.name, cite, acts=True)

    def _registers(self, clause: Clause) -> bool:
        """Whether `register` is about oneself: no object, or only credentials with it."""
        direct = clause.objects[0] if clause.objects else None
        if (
            direct is None
            or clause.rest.lower().startswith(("with ", "using ", "by ", "as ", "via "))
            or len(clause.verbs) > 1
        ):
            return not re.match(r"(?i)for\b", clause.rest)
        return direct.head in ("account", "themselves", "themself", "profile", "himself", "herself")

    # --- things ----------------------------------------------------------------------------------------------------

    def _things(self, clause: Clause) -> None:
        verb, cite = clause.verb, clause.requirement
        if clause.negated and verb in HAS:
            return
        if (listed := LISTED.match(clause.text)) and not clause.verbs:
            self._add(noun_phrase(listed["who"]), cite, strong=True)
            return
        if verb in HAS and not clause.passive:
            self._has(clause)
        elif verb == "be" and not clause.modal and len(fields.enumeration(clause.rest)) > 1:
            for phrase in clause.subjects:
                if phrase.words and not phrase.possessive and len(clause.subjects) == 1:
                    self._add(phrase, cite, strong=True)
        elif says_where(clause):
            self._targets(clause)
        elif verb == "form" and clause.subjects and re.search(r"(?i)\b(tree|hierarchy)\b", clause.rest):
            self._add(clause.subjects[0], cite, strong=True)
        elif not clause.passive and (clause.modal or clause.subjects or not clause.subject):
            self._acted_on(clause)

    def _has(self, clause: Clause) -> None:
        cite = clause.requirement
        items = [noun_phrase(item) for item in fields.split_attributes(without_prefix(clause.rest))]
        ours = any(self._ours(subject) for subject in clause.subjects)
        for subject in clause.subjects:
            if not subject.words or ours or subject.head in lexicon.VIEWS | lexicon.ANYONE:
                continue
            plain = [i for i in items if i.words and not i.many and not re.match(r"(?i)with\b", i.tail)]
            person = is_person(subject)
            if (not person or (plain and not clause.story)) and not subject.possessive:
                self._add(subject, cite, strong=True)
        for item in items:
            counted = re.match(
                r"(?i)(?:one or more|one or several|at least one|zero or more|any number|several|many|multiple|up to)",
                item.text,
            )
            contains = clause.verb in ("contain", "consist", "comprise", "include", "own") and item.many
            bare = item.many and item.plural and (clause.modal in ("can", "may") or contains or ours)
            if any(item.head in (f"sub{subject.head}", f"sub-{subject.head}") for subject in clause.subjects):
                continue
            if (counted or bare) and item.words and not field_like(item):
                if item.head in lexicon.PARTS and len(item.words) == 1 and clause.subjects and clause.subjects[0].words:
                    compound = noun_phrase(f"{clause.subjects[0].head} {item.head}")
                    self.parts.setdefault(compound.words[-1], compound.name)
                    self._add(compound, cite)
                else:
                    self._add(item, cite)
            elif re.match(r"(?i)with\b", item.tail) and not field_like(item):
                self._add(item, cite)

    def _ours(self, subject: NounPhrase) -> bool:
        """Whether a subject is the system, or the organisation that it is for (`the library owns titles`)."""
        if subject.head in self.draft.system:
            return True
        if not re.match(r"(?i)(?:the|our)\s", subject.text) or subject.plural or len(subject.words) > 2:
            return False
        thing = re.escape(subject.words[-1])
        return not any(
            re.search(rf"(?i)\b(?:an?|each|every)\s+(?:\w+\s+)?{thing}\b(?!\s+(?:and want|\w+ing))", c.text)
            for c in self.draft.clauses
            if c.verb != "run"
        )

    def _targets(self, clause: Clause) -> None:
        cite = clause.requirement
        for subject in clause.subjects:
            if subject.words and not subject.possessive and not is_person(subject):
                self._add(subject, cite, strong=True)
        certain = clause.verb != "refer"
        for phrase in prepositional(clause.rest):
            if not phrase[1].words or (
                phrase[0] == "by" and is_person(phrase[1]) and actor_name(phrase[1].name) in self.draft.actors
            ):
                continue
            if (
                phrase[0] in ("at", "within", "via", "as", "per", "without", "using", "during")
                or phrase[1].head in self.draft.system
            ):
                continue
            if re.match(r"(?i)external|third", phrase[1].text.split(" ", 1)[-1]) or "external" in phrase[1].words:
                continue
            article = re.match(
                r"(?i)(?:an?|one|exactly one|the|each|at (?:most|least) one|one or more|several|many|multiple)\b",
                phrase[1].text,
            )
            grouped = (
                clause.verb in GROUPS and phrase[1].plural and phrase[0] in ("with", "under", "into", "by", "in", "to")
            )
            if (article or grouped) and certain and not field_like(phrase[1]) and not is_verbal(phrase[1]):
                self._add(phrase[1], cite)

    def _acted_on(self, clause: Clause) -> None:
        people = [p for p in clause.subjects if actor_name(p.name) in self.draft.actors or p.head in lexicon.ANYONE]
        if not people and clause.subject:
            return
        verbs = [
            v
            for v in clause.verbs
            if v not in NO_OBJECT or (v == "register" and clause.objects and not self._registers(clause))
        ]
        self._deeds(clause, verbs)
        if clause.subject and any(v in lexicon.ACTION_VERBS for v in verbs):
            self._objects(clause, verbs)
        rest = clause.rest
        done = any(nominal(v, rest) and not names_thing(clause) for v in verbs)
        if done and (given := ATTRIBUTES.search(rest)):
            rest = rest[: given.start()]
        if any(v in lexicon.CREATE or v in NOMINALS for v in verbs):
            self._surroundings(rest, clause.requirement)

    def _deeds(self, clause: Clause, verbs: list[str]) -> None:
        """Add what is done as a thing: a review, a reservation."""
        for verb in verbs:
            kept = nominal(verb, clause.rest)
            if kept is None or not (clause.objects or re.match(r"(?i)(?:on|for|to|in|into)\s", clause.rest)):
                continue
            buys = verb in ("buy", "purchase", "order", "rent", "hire", "book", "reserve")
            if clause.objects and buys and self._held(clause):
                continue
            may_name = verb in ("order", "book", "message", "transfer", "rate", "answer")
            if not (may_name and names_thing(clause)):
                self._add(noun_phrase(kept), clause.requirement)

    def _objects(self, clause: Clause, verbs: list[str]) -> None:
        """Add what people make, change, remove or otherwise deal with."""
        strong = any(v in lexicon.CREATE | lexicon.MANAGE | lexicon.DELETE | lexicon.UPDATE for v in verbs)
        dealt = verbs[0] in ("cancel", "approve", "rate", "search", "filter", "follow", "like")
        solid = strong or dealt or any(v in NOMINALS for v in verbs)
        for phrase in clause.objects:
            if not phrase.words:
                continue
            if "submit" in verbs:
                self.given.setdefault(phrase.name, "submission")
            if solid and (strong or not is_person(phrase)) and not field_like(phrase):
                self._add(phrase, clause.requirement, made=strong)

    def _surroundings(self, rest: str, cite: str) -> None:
        """Add what stands behind prepositions: `an appointment for a patient in a room`."""
        for preposition, phrase in prepositional(rest):
            article = re.match(r"(?i)(?:an?|one|several|many|the|each)\b", phrase.text)
            if (
                not article
                or preposition not in ("for", "in", "on", "to", "under", "with", "from")
                or field_like(phrase)
            ):
                continue
            counted = re.match(r"(?i)one\b", phrase.text) or phrase.name in self.found
            if phrase.words and not is_person(phrase) and (preposition != "with" or counted):
                self._add(phrase, cite)

    def _held(self, clause: Clause) -> bool:
        """Whether what is bought is said to belong to the buyer itself (`a ticket belongs to an attendee`)."""
        thing, who = clause.objects[0].head, {p.head for p in clause.subjects}
        return any(
            says_where(c)
            and any(p.head == thing for p in c.subjects)
            and any(p.head in who for _, p in prepositional(c.rest))
            for c in self.draft.clauses
        )

    def _add(self, phrase: NounPhrase, cite: str, *, strong: bool = False, made: bool = False) -> None:
        parts = essential(phrase)
        key = names.snake(" ".join(parts))
        head = parts[-1] if parts else ""
        if (
            not key
            or not key[0].isalpha()
            or len(key) > names.MAX_LENGTH
            or head in lexicon.IMMATERIAL
            or head in self.draft.system
        ):
            return
        if head in lexicon.VIEWS and not strong and not (made and len(parts) > 1):
            return
        known = words.lemmas(head)
        if (known and "NOUN" not in known) or len(parts) > 3 or any(p in NO_NAME for p in parts):
            return
        if len(parts) > 1 and parts[0] in lexicon.ACTION_VERBS and "NOUN" not in words.lemmas(parts[0]):
            return
        evidence = self.found.setdefault(key, _Evidence())
        evidence.strong = evidence.strong or strong
        if cite not in evidence.cites:
            evidence.cites.append(cite)

    # --- settling --------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Turn what was found into entities: shorter and longer names of one thing are merged, actors get profiles."""
        draft = self.draft
        canonical: dict[str, str] = {}
        for key in self.found:
            canonical[key] = self._canonical(key)
        for key, target in canonical.items():
            if self._plain_actor(target):
                continue
            for cite in self.found[key].cites:
                draft.add_entity(target, cite)
        for key, target in canonical.items():
            if key != target and target in draft.aliases:
                draft.aliases.setdefault(key, draft.aliases[target])
        for bare, compound in self.parts.items():
            if compound in draft.aliases:
                draft.aliases.setdefault(bare, draft.aliases[compound])
        draft.aliases.pop("user", None)
        draft.entities.pop(ACCOUNT, None)
        for actor in draft.actors.values():
            if actor.name in draft.aliases:
                actor.profile = draft.aliases[actor.name]

    def _plain_actor(self, key: str) -> bool:
        """Whether a noun is an actor of which nothing is kept beside the account."""
        if key in ("user", "account") and not (key == "account" and self.found[key].strong):
            return True
        return actor_name(key) in self.draft.actors and not self.found[key].strong and key in lexicon.ADMINS

    def _canonical(self, key: str) -> str:
        if key in self.parts:
            return self.parts[key]
        if key in self.given and not self.found[key].strong and self.given[key] in self.found:
            return self.given[key]
        if key in self.parts.values():
            return key
        parts = key.split("_")
        if not self.found[key].strong:
            inside = [k for k in self.found if k in {f"{key}_{part}" for part in lexicon.PARTS}]
            if len(inside) == 1:
                return inside[0]
        for start in range(1, len(parts)):
            short = "_".join(parts[start:])
            if short in self.found and self.found[short].strong and not self.found[key].strong:
                return short
        longer = [k for k in self.found if k.endswith(f"_{key}") and self.found[k].strong]
        if len(longer) == 1 and not self.found[key].strong:
            return longer[0]
        return key
