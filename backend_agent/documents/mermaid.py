"""Mermaid: diagrams as text. Labels from users are escaped; ids are made here and never taken from text."""

from __future__ import annotations

import re
import unicodedata

from backend_agent.artifacts.architecture import ArchitectureDesign
from backend_agent.artifacts.database import DatabaseSchema
from backend_agent.artifacts.domain import DomainModel
from backend_agent.artifacts.rules import LifecycleRule

LONGEST = 120
_PLAIN = re.compile(r"[A-Za-z0-9 .,/_()*+-]")
_WORD = re.compile(r"[^A-Za-z0-9_]")


def escape(text: str) -> str:
    """Return text for the inside of a quoted label: all but plain characters as entity codes, one line, bounded.

    Mermaid reads `#35;` as the character 35, also inside quotes; so quotes, brackets, markup, directives (`%%{`) and
    the fence of the code block around cannot be written by a label.
    """
    line = " ".join(text.split())
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rstrip() + "…"
    kept = []
    for character in line:
        if _PLAIN.match(character):
            kept.append(character)
        elif unicodedata.category(character)[0] != "C":
            kept.append(f"#{ord(character)};")
    return "".join(kept)


def word(text: str) -> str:
    """Return text as one word of letters, digits and underscores that no keyword of Mermaid equals."""
    made = _WORD.sub("_", text) or "_"
    return (
        f"{made}_"
        if made.lower() in ("end", "graph", "default", "style", "class", "state", "note", "direction")
        else made
    )


def _cardinality(kind: str, *, optional: bool) -> str:
    if kind == "many_to_many":
        return "}o--o{"
    one = "o|" if optional else "||"
    return f"|o--{one}" if kind == "one_to_one" else f"}}o--{one}"


def entity_diagram(domain: DomainModel) -> str:
    """Return an `erDiagram` of the domain model."""
    lines = ["erDiagram"]
    for entity in domain.entities:
        lines.append(f"    {word(entity.name)} {{")
        for field in entity.fields:
            key = " UK" if field.unique else ""
            kind = f"{field.type}_list" if field.many else field.type
            lines.append(f"        {word(kind)} {word(field.name)}{key}")
        lines.append("    }")
    for relation in domain.relations:
        kind = _cardinality(relation.cardinality, optional=relation.optional)
        lines.append(f'    {word(relation.source)} {kind} {word(relation.target)} : "{escape(relation.name)}"')
    return "\n".join(lines)


def table_diagram(schema: DatabaseSchema) -> str:
    """Return an `erDiagram` of the tables with their keys."""
    lines = ["erDiagram"]
    for table in schema.tables:
        foreign = {k.column for k in table.foreign_keys}
        unique = {u.columns[0] for u in table.unique_constraints if len(u.columns) == 1}
        lines.append(f"    {word(table.name)} {{")
        for column in table.columns:
            keys = [
                name
                for name, holds in (
                    ("PK", column.name in table.primary_key.columns),
                    ("FK", column.name in foreign),
                    ("UK", column.name in unique),
                )
                if holds
            ]
            lines.append(f"        {word(column.type)} {word(column.name)} {', '.join(keys)}".rstrip())
        lines.append("    }")
    for table in schema.tables:
        optional = {c.name: c.nullable for c in table.columns}
        for key in table.foreign_keys:
            single = any(u.columns == [key.column] for u in table.unique_constraints)
            kind = _cardinality("one_to_one" if single else "many_to_one", optional=optional.get(key.column, False))
            lines.append(f'    {word(table.name)} {kind} {word(key.target_table)} : "{escape(key.column)}"')
    return "\n".join(lines)


def component_diagram(design: ArchitectureDesign) -> str:
    """Return a `flowchart` of components and who calls whom."""
    names = [c.name for c in design.components]
    names += [n for p in design.communication_patterns for n in (p.source, p.target) if n not in names]
    names = list(dict.fromkeys(names))
    ids = {name: f"c{number}" for number, name in enumerate(names)}
    lines = ["flowchart LR"]
    for name in names:
        shape = ('[("', '")]') if name == "Database" else ('["', '"]')
        lines.append(f"    {ids[name]}{shape[0]}{escape(name)}{shape[1]}")
    arrows = {"http": "-- HTTPS -->", "sql": "-- SQL -->", "message": "-. message .->", "in_process_call": "-->"}
    lines += [f"    {ids[p.source]} {arrows[p.style]} {ids[p.target]}" for p in design.communication_patterns]
    return "\n".join(lines)


def state_diagram(rule: LifecycleRule) -> str:
    """Return a `stateDiagram-v2` of a lifecycle."""
    states = [rule.initial]
    states += [s for t in rule.transitions for s in (*t.sources, t.target)]
    ids = {name: f"s{number}" for number, name in enumerate(dict.fromkeys(states))}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{escape(name)}" as {key}' for name, key in ids.items()]
    lines.append(f"    [*] --> {ids[rule.initial]}")
    for transition in rule.transitions:
        for source in transition.sources:
            lines.append(f"    {ids[source]} --> {ids[transition.target]} : {escape(transition.name)}")
    return "\n".join(lines)
