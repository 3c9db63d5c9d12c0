"""Any sound domain model: entities with hostile but legal names, all field types, all relations, all kinds of rules."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from backend_agent import names
from backend_agent.artifacts.domain import DomainModel

CITES = ["R-001"]
ENTITIES = """book|class|order|note|team|group|index|event|select|item|value|person|series|news|new|data|box|book draft
book page|book part|book service|order status|order item|import|none|type|health|query|field|file|object|date|test|app
main|model|migration|service|router|repository|caller|role|account|session|page|job|lambda|exception|user query|sql book
setting|money transfer request log entry of the previous quarter|café|2nd|keyset|decimal|list|any|union|audit log
login failure|url|uuid|body|state|config|enum|schema|metadata|engine|connection""".replace("\n", "|").split("|")
FIELDS = """name|title|class|from|order|group|table|row|statement|now|draft|changes|status|level|where|conditions|viewer
owner|total|x1|line 2|self|id|version|dt|sa|json|match|case|type|filter|value|data|caller|query|work|repositories|ids
row id|user|metadata|model config|copy|limit|search|sort|cursor|true|none|role|email|is active|select|end
user id|created at|limit|key|page|uuid4|decimal|field|any|len|utc now|connection|scope|body|request|response|url|path
count|sum|items|number|start|stop|due|price|amount|owner id|a|primary|default|check|references|column|index|lambda|not
app|router|service|repository|model|tests|settings|name_2|camel case name|a name that goes on for ever""".replace(
    "\n", "|"
).split("|")
TYPES = "string text integer decimal boolean date time datetime email url phone enum".split()
STATES = "open closed none 3d class a on off it_is null true".split()
CRUD = ["list", "read", "create", "update", "delete"]
DEFAULTS: dict[str, Any] = {"string": 'a"b\\{n}', "text": "x", "integer": 3, "decimal": 1.5, "boolean": True}


@st.composite
def domains(draw: st.DrawFn) -> DomainModel:
    """Draw a model as the domain stage could have made it: names are told apart, rules name what is there."""
    return _Maker(draw(st.randoms(use_true_random=False))).model()


class _Maker:
    """Makes one model."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.relations: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []
        self.entities: list[dict[str, Any]] = []
        self.profile = ""

    def chance(self, share: float) -> bool:
        """Return true in `share` of all cases."""
        return self.random.randrange(100) < share * 100

    def model(self) -> DomainModel:
        """Return the model."""
        actors: list[dict[str, Any]] = [{"name": "member", "registers": True}, {"name": "clerk"}]
        actors += [{"name": "admin", "administrator": True}] if self.chance(0.8) else []
        self.entities.append({"name": "User", "kind": "account", "fields": self._account_fields()})
        chosen = [self._legal(text) for text in self.random.sample(ENTITIES, self.random.randint(2, 6))]
        called = list(dict.fromkeys(name for name in chosen if name))
        clashing = names.class_clashes(["User", *called])
        called = [str(clashing.get(name, name)) for name in called]
        for name in called:
            self.entities.append({"name": name, "fields": self._fields(name)})
        kind = {"cardinality": "one_to_one", "optional": self.chance(0.3)}
        if called and self.chance(0.5) and self._relate("user", called[0], "User", "profile", **kind):
            self.profile = actors[0]["profile"] = called[0]
        for place, name in enumerate(called):
            self._relations_of(name, called[:place])
            self._access_of(name)
            self._rules_of(name)
        for name in called:
            self._derived_of(name)
        if len(called) > 1 and "Star" not in called and self.chance(0.5):
            self._toggle(called[1])
        for part in (*actors, *self.entities, *self.relations, *self.rules):
            part["cites"] = CITES
        rules, relations = self.rules, self.relations
        return DomainModel.model_validate(
            {"name": "Random", "actors": actors, "entities": self.entities, "relations": relations, "rules": rules}
        )

    @staticmethod
    def _legal(text: str) -> str:
        try:
            return str(names.class_name(text))
        except names.UserError:
            return ""

    # --- fields

    def _account_fields(self) -> list[dict[str, Any]]:
        email = {"name": "email", "type": "email", "unique": True, "max_length": 254, "sensitive": self.chance(0.3)}
        more = [{"name": "display_name", "type": "string", "max_length": 80, "optional": self.chance(0.5)}]
        return [email, *(more if self.chance(0.4) else [])]

    def _fields(self, owner: str) -> list[dict[str, Any]]:
        wanted = self.random.sample(FIELDS, self.random.choice([0, 1, 2, 3, 4, 6, 8]))
        called = dict.fromkeys(str(names.field_name(text, owner)) for text in wanted)
        return [self._field(name) for name in called]

    def _field(self, name: str) -> dict[str, Any]:
        kind = self.random.choice(TYPES)
        field: dict[str, Any] = {"name": name, "type": kind, "optional": self.chance(0.3)}
        if kind == "enum":
            field["values"] = self.random.sample(STATES, 3)
        if self.chance(0.1) and kind in ("string", "integer", "enum", "email"):
            return {**field, "many": True, "optional": False}
        if self.chance(0.15):
            field["default"] = field["values"][0] if kind == "enum" else DEFAULTS.get(kind)
        elif self.chance(0.4):
            field |= self._bounds(kind)
        field["unique"] = kind in ("string", "email", "integer", "date", "phone") and self.chance(0.1)
        field["server_set"] = self.chance(0.08)
        field["sensitive"] = kind in ("string", "text", "phone") and self.chance(0.15)
        return field

    def _bounds(self, kind: str) -> dict[str, Any]:
        if kind in ("integer", "decimal"):
            found = {"minimum": self.random.choice([None, 0, 1]), "maximum": self.random.choice([None, 5, 999])}
            found["exclusive_minimum"] = found["minimum"] is not None and self.chance(0.3)
            return {**found, **({"scale": self.random.choice([0, 1, 4])} if kind == "decimal" else {})}
        if kind == "string" and self.chance(0.3):
            return {"pattern": self.random.choice(["^[A-Z]{2}[0-9]{4}$", "^[a-z-]+$"]), "max_length": 20}
        if kind in ("string", "text"):
            longest = self.random.choice([None, 3, 80, 4000])
            return {"min_length": self.random.choice([None, 1, 3]), "max_length": longest}
        return {}

    def _plain(self, entity: str) -> list[dict[str, Any]]:
        """Return the fields that clients set, one value each."""
        return [f for f in self._entity(entity)["fields"] if not f.get("many") and not f.get("server_set")]

    def _entity(self, name: str) -> dict[str, Any]:
        return next(e for e in self.entities if e["name"] == name)

    # --- relations

    def _relate(self, name: str, source: str, target: str, inverse: str, **more: Any) -> bool:
        """Add a relation unless a field or another relation has its name, or that of its column."""
        taken = {f["name"] for f in self._entity(source)["fields"]}
        for relation in self.relations:
            if relation["source"] == source:
                taken |= {relation["name"], f"{relation['name']}_id"}
        own = {name, f"{name}_id", f"{name.removesuffix('s')}_ids"}
        inverses = {r["inverse"] for r in self.relations if r["target"] == target}
        seen = {f["name"] for f in self._entity(target)["fields"]}
        if own & taken or inverse in inverses | seen:
            return False
        self.relations.append({"name": name, "source": source, "target": target, "inverse": inverse, **more})
        return True

    def _relations_of(self, name: str, before: list[str]) -> None:
        low = names.snake(name)
        if before and name != self.profile and self.chance(0.4):
            least = self.random.choice([0, 0, 1])
            whole = self.random.choice(before)
            self._relate("whole", name, whole, f"{low}_parts", owned=True, min_items=least)
        if self.chance(0.2):
            self._relate("parent", name, name, "children", optional=True)
        for word in self.random.sample(["author", "group", "books", "end", "class", "type", "index"], 2):
            target = self.random.choice([name, "User", *before])
            kind = self.random.choice(["many_to_one", "many_to_one", "many_to_many", "one_to_one"])
            if self.chance(0.4) or (target == name and kind == "one_to_one"):
                continue
            called = str(names.relation_name(f"{word}s" if kind == "many_to_many" else word, name))
            optional = target == name or self.chance(0.3)
            least = self.random.choice([0, 1]) if kind == "many_to_many" and target != name else 0
            more = {} if kind == "many_to_one" else {"cardinality": kind}
            self._relate(called, name, target, f"{low}_{called}", optional=optional, min_items=least, **more)

    # --- rules

    def _rule(self, kind: str, entity: str, **more: Any) -> None:
        self.rules.append({"kind": kind, "entity": entity, **more})

    def _some(self, least: int = 1) -> list[str]:
        return self.random.sample(CRUD, self.random.randint(least, 5))

    def _access_of(self, name: str) -> None:
        whole = next((r for r in self.relations if r["source"] == name and r.get("owned")), None)
        if name != self.profile and self.chance(0.5):
            target = self.profile if self.profile and self.chance(0.5) else "User"
            if self._relate("holder", name, target, f"held_{names.plural(name)}"):
                self._rule("ownership", name, path=["holder"], actor="member", operations=self._some())
        elif whole and self.chance(0.5):
            above = next((r for r in self.rules if r["kind"] == "ownership" and r["entity"] == whole["target"]), None)
            if above:
                path = ["whole", *above["path"]]
                self._rule("ownership", name, path=path, actor="member", operations=CRUD[:4])
        if self.chance(0.3):
            self._rule("public", name, operations=["list", "read"])
        if self.chance(0.3):
            self._rule("role", name, operations=self._some(2), roles=["clerk"])
        optional = [f["name"] for f in self._plain(name) if f["optional"]]
        if optional and self.chance(0.4):
            self._rule("role", name, operations=["read"], roles=["clerk"], fields=optional[:1])

    def _rules_of(self, name: str) -> None:
        plain = self._plain(name)
        self._lifecycle(name)
        self._orders(name, plain)
        texts = [f["name"] for f in plain if f["type"] in ("string", "text")][:2]
        for relation in self.relations:
            if relation["source"] == name and self.chance(0.4):
                far = [f["name"] for f in self._plain(relation["target"]) if f["type"] in ("string", "text", "email")]
                texts += [f"{relation['name']}.{field}" for field in far[:1]]
        if texts and self.chance(0.6):
            self._rule("search", name, fields=texts)
        single = [f["name"] for f in plain if f["type"] != "text"]
        if single and self.chance(0.5):
            self._rule("filter", name, fields=single[:3])
        if plain and self.chance(0.5):
            sortable = [f["name"] for f in plain if f["type"] != "boolean"][:3] or ["created_at"]
            default = self.random.choice([None, f"-{sortable[0]}", sortable[0]])
            self._rule("sort", name, fields=sortable, default=default)
        ones = [r for r in self.relations if r["source"] == name and "cardinality" not in r]
        if single and self.chance(0.3):
            self._rule("unique", name, fields=[single[0], *(r["name"] for r in ones[:1])])

    def _orders(self, name: str, plain: list[dict[str, Any]]) -> None:
        for kind in ("date", "datetime", "integer"):
            found = [f["name"] for f in plain if f["type"] == kind and "minimum" not in f]
            if len(found) > 1:
                self._rule("range", name, field=found[0], after=found[1])
            elif found and kind == "integer" and self.chance(0.5):
                self._rule("range", name, field=found[0], minimum=1, maximum=9)

    def _lifecycle(self, name: str) -> None:
        states = [f for f in self._plain(name) if f["type"] == "enum"]
        restricted = {f for r in self.rules if r["entity"] == name for f in r.get("fields", ())}
        if not states or states[0]["name"] in restricted or self.chance(0.4):
            return
        field, (first, second, third) = states[0], states[0]["values"]
        field.update(server_set=True, optional=False, unique=False, default=None)
        owned = any(r["kind"] == "ownership" and r["entity"] == name for r in self.rules)
        roles = ["clerk"] if self.chance(0.5) else []
        go = {"name": "go", "sources": [first], "target": second, "roles": roles, "owner": owned and self.chance(0.5)}
        end = {"name": "end", "sources": [first, second], "target": third}
        frozen = [third] if self.chance(0.6) else []
        self._rule("lifecycle", name, field=field["name"], initial=first, frozen_states=frozen, transitions=[go, end])

    def _derived_of(self, name: str) -> None:
        sources = [
            r for r in self.relations if r["target"] == name and r.get("cardinality") != "one_to_one"
        ]  # fmt: skip
        taken = {f["name"] for f in self._entity(name)["fields"]}
        if not sources or "how_many" in taken or self.chance(0.4):
            return
        relation = self.random.choice(sources)
        self._entity(name)["fields"].append({"name": "how_many", "type": "integer", "server_set": True})
        self._rule("derived", name, field="how_many", function="count", relation=relation["inverse"])
        numbers = [f for f in self._plain(relation["source"]) if f["type"] in ("integer", "decimal")]
        if numbers and relation.get("cardinality") != "many_to_many" and "summary" not in taken:
            function = self.random.choice(["sum", "average"])
            kind = "decimal" if function == "average" else numbers[0]["type"]
            field = {"name": "summary", "type": kind, "server_set": True, "optional": function == "average"}
            self._entity(name)["fields"].append(field)
            self._rule(
                "derived", name, field="summary", function=function, relation=relation["inverse"],
                factors=[numbers[0]["name"]],
            )  # fmt: skip
        if self.chance(0.5) and not any(r["kind"] == "sort" and r["entity"] == name for r in self.rules):
            self._rule("sort", name, fields=["how_many"])

    def _toggle(self, target: str) -> None:
        self.entities.append({"name": "Star", "kind": "link", "fields": []})
        subject = self.profile or "User"
        target = "User" if self.chance(0.2) else target
        if self._relate("who", "Star", subject, "stars_made") and self._relate("what", "Star", target, "stars"):
            more = {"subject": "who", "object": "what", "on": "star", "off": "unstar"}
            self._rule("toggle", "Star", actor="member", not_self=subject == target, **more)
            fields = self._entity(target)["fields"]
            if target != "User" and "starred" not in {f["name"] for f in fields}:
                fields.append({"name": "starred", "type": "boolean", "server_set": True})
                self._rule("derived", target, field="starred", function="exists", relation="stars")
        else:
            self.entities.pop()
            self.relations[:] = [r for r in self.relations if r["source"] != "Star"]
