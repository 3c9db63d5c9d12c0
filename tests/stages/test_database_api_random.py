"""Any domain model gives a schema that can be created and a specification that holds together."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from backend_agent.artifacts import access
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.requirements import RequirementsAnalysis, Statement
from backend_agent.artifacts.task import BackendTask
from backend_agent.stages import api, database
from backend_agent.state import Artifacts

NAMES = ["Order", "Class", "Person", "Series", "OrderItem", "Account", "Group", "Metadatum"]
FIELDS = ["title", "select", "from_day", "amount", "kind", "contact", "tags", "price"]
WORDS = ["parent", "owner", "group", "books", "end", "user"]
CRUD = ["list", "read", "create", "update", "delete"]


@st.composite
def fields(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=5)):
        kind = draw(
            st.sampled_from(
                ["string", "text", "integer", "decimal", "boolean", "date", "time", "datetime", "email", "url", "phone"]
            )
        )
        field: dict[str, Any] = {"name": name, "type": kind, "optional": draw(st.booleans()), "cites": ["R-001"]}
        if kind in ("integer", "decimal"):
            field |= {
                "minimum": draw(st.sampled_from([None, 0, 1.5])),
                "maximum": draw(st.sampled_from([None, 5, 99.5])),
            }
        if kind == "string":
            field |= {
                "min_length": draw(st.sampled_from([None, 1])),
                "max_length": draw(st.sampled_from([None, 1, 80])),
            }
        if draw(st.integers(0, 5)) == 0:
            field |= {"type": "enum", "values": ["on", "off", "it_is"]}
            field = {k: v for k, v in field.items() if k in ("name", "type", "optional", "values", "cites")}
        field["unique"] = draw(st.integers(0, 4)) == 0
        field["many"] = not field["unique"] and draw(st.integers(0, 6)) == 0
        field["sensitive"] = draw(st.booleans())
        found.append(field)
    return found


@st.composite
def models(draw: st.DrawFn) -> DomainModel:
    """Draw a model as the domain stage could make it: names are unique, rules name what is there."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5))
    entities = [
        {"name": "User", "kind": "account"},
        *({"name": n, "fields": draw(fields()), "cites": ["R-001"]} for n in names),
    ]
    relations = []
    for source in names:
        for word in draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=3)):
            target = draw(st.sampled_from(["User", *names]))
            cardinality = draw(st.sampled_from(["many_to_one", "many_to_one", "one_to_one", "many_to_many"]))
            # A row that needs itself, or two that need each other, could never be made.
            before = target == "User" or names.index(target) < names.index(source)
            owned = before and cardinality == "many_to_one" and draw(st.booleans())
            relations.append(
                {
                    "name": f"{word}s" if cardinality == "many_to_many" else word,
                    "source": source,
                    "target": target,
                    "cardinality": cardinality,
                    "inverse": f"{source.lower()}_{word}",
                    "optional": not owned and (not before or draw(st.booleans())),
                    "owned": owned,
                    "min_items": draw(st.integers(0, 1)) if owned else 0,
                    "cites": ["R-001"],
                }
            )
    actors = [
        {"name": "member", "registers": draw(st.booleans())},
        {"name": "chief", "administrator": draw(st.booleans())},
    ]
    rules = [rule for name in names for rule in draw(rules_of(name, entities, relations))]
    return DomainModel.model_validate(
        {"name": "Random", "actors": actors, "entities": entities, "relations": relations, "rules": rules}
    )


@st.composite
def rules_of(draw: st.DrawFn, name: str, entities: list[Any], relations: list[Any]) -> list[dict[str, Any]]:
    own = [r for r in relations if r["source"] == name and r["cardinality"] != "many_to_many"]
    plain = [f["name"] for f in next(e for e in entities if e["name"] == name)["fields"] if not f["many"]]
    common = {"entity": name, "cites": ["R-001"]}
    found: list[dict[str, Any]] = []
    to_user = [r["name"] for r in own if r["target"] == "User"]
    some = st.lists(st.sampled_from(CRUD), unique=True, min_size=1)
    if to_user and draw(st.booleans()):
        path = [draw(st.sampled_from(to_user))]
        found.append({"kind": "ownership", "path": path, "actor": "member", "operations": draw(some), **common})
    if draw(st.booleans()):
        found.append({"kind": "role", "operations": draw(some), "roles": ["chief"], **common})
    if draw(st.integers(0, 3)) == 0:
        found.append({"kind": "public", "operations": ["list", "read"], **common})
    if plain:
        chosen = draw(st.lists(st.sampled_from(plain), unique=True, min_size=1))
        kind = draw(st.sampled_from(["filter", "sort", "unique"]))
        found.append({"kind": kind, "fields": chosen, **common})
    return found


@settings(
    max_examples=10,
    deadline=None,
    # Shrinking models of this size takes minutes, and the first failing one can be read as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(models(), st.booleans())
def test_any_model_holds_together(domain: DomainModel, encrypted: bool):
    text = "Personal data must be encrypted at rest, with an audit log." if encrypted else "Nothing more."
    statement = Statement(
        id="R-001",
        text=text,
        category="security",
        priority="high",
        complexity="low",
        approach="",
        source="requirements",
    )
    values: dict[str, Any] = {
        "task": BackendTask(project_name="Random", description="Anything."),
        "requirements": RequirementsAnalysis(statements=[statement]),
        "domain": domain,
    }
    for stage in (database.STAGE, api.STAGE):
        values[stage.name] = stage.draft(Artifacts(values))
        found = [f"{r.check}: {f.evidence}" for r in stage.check(Artifacts(values)) for f in r.findings]
        assert found == []
    validate(values["api"].to_openapi())
    for entity in domain.entities:
        for operation in access.OPERATIONS:
            allowed = access.access(domain, entity.name, operation)
            assert bool(allowed.owner_roles) == bool(allowed.owner_path)
            steps = access.follow(domain, entity.name, access.account_path(domain, entity.name, allowed.owner_path))
            assert not steps or steps[-1].target == "User"
