"""YAML read as data only, with the line of every value, bounded against files made to exhaust memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

MAX_VALUES = 20_000
"""Most values in one file, counted after aliases are expanded."""
MAX_DEPTH = 20

_TEXT = "tag:yaml.org,2002:str"
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}
_AS_WRITTEN = {_TEXT, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value", "tag:yaml.org,2002:merge"}


class YamlFault(Exception):
    """What is wrong with a YAML text.

    Args:
        message: what is wrong and what to do.
        line: 1-based, when it is known.
    """

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Located:
    """A value, and the 1-based line of each value inside it."""

    value: Any
    lines: dict[Path, int]
    text_lines: dict[Path, int]
    """Where the text of a block scalar (`|` or `>`) begins: the line below its key."""


def read_yaml(text: str) -> Located:
    """Return the value of a YAML text; raises `YamlFault`. Only plain values: no tags, no objects, no dates."""
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            return _Builder(loader).located(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context or "broken").split())
        remedy = "put the value in quotes" if "mapping values are not allowed" in problem else "mend it there"
        raise YamlFault(f"is not valid YAML ({problem}); {remedy}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise YamlFault(f"is not valid YAML ({' '.join(str(error).split())[:120]}); mend it", None) from None
    except RecursionError:
        raise YamlFault("is nested too deeply; a task has one level of fields", None) from None
    except ValueError as error:  # such as an integer of ten thousand digits
        raise YamlFault(f"holds a value that cannot be read ({str(error)[:80]}); put it in quotes", None) from None


class _Builder:
    """Turns nodes into plain values and counts them on the way."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._count = 0
        self._open: list[Node] = []
        self._lines: dict[Path, int] = {}
        self._text_lines: dict[Path, int] = {}

    def located(self, node: Node | None) -> Located:
        value = None if node is None else self._value(node, ())
        return Located(value, self._lines, self._text_lines)

    def _value(self, node: Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MAX_VALUES:
            raise YamlFault(f"holds more than {MAX_VALUES} values once its aliases are expanded; cut it down", line)
        if any(node is other for other in self._open):
            raise YamlFault("an alias holds itself; write the value out", line)
        if len(self._open) >= MAX_DEPTH:
            raise YamlFault("is nested too deeply; a task has one level of fields", line)
        self._lines[path] = line
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, line)
        self._open.append(node)
        try:
            if isinstance(node, SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
                return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
            if isinstance(node, MappingNode) and node.tag == "tag:yaml.org,2002:map":
                return self._mapping(node, path)
        finally:
            self._open.pop()
        raise YamlFault(f"the tag {node.tag[:60]!r} is not allowed; write a plain value", line)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise YamlFault("a field's name must be a word; put braces and brackets in quotes", line)
            key = str(key_node.value)
            if key in found:
                raise YamlFault(f"the field {key[:60]!r} is given twice; keep one", line)
            found[key] = self._value(value_node, (*path, key))
            self._lines[*path, key] = line
        return found

    def _scalar(self, node: ScalarNode, path: Path, line: int) -> Any:
        if node.style in ("|", ">"):
            self._text_lines[path] = line + 1
        if node.tag in _AS_WRITTEN:
            return node.value
        if node.tag in _PLAIN:
            return self._loader.construct_object(node)
        raise YamlFault(f"the tag {node.tag[:60]!r} is not allowed; write a plain value", line)
