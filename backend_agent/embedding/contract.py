"""What others build from the API contract: the pages and calls of a front end, and a typed Python client.

Both are plain functions of an OpenAPI document, and take nothing in it on trust: what is no name does not become one.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from backend_agent import names
from backend_agent.state import Json

_METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HEAD = '''"""Client of {title}, made from its API contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict
from urllib.parse import quote

Send = Callable[[str, str, dict[str, Any], Any], Any]
"""Sends a request and returns the answer's JSON: method, path, query, body."""
'''
_CLASS = '''

class Client:
    """One method a call.

    Args:
        send: how a request gets to the service; it adds the address and the access token.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
'''


class Operation(NamedTuple):
    """One call of the API."""

    id: str
    method: str
    path: str
    tag: str
    about: Json


def operations(openapi: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the calls of an OpenAPI document, in its order; the probes of whoever runs the service are left out."""
    for path, found in openapi.get("paths", {}).items():
        for method in _METHODS:
            about = found.get(method) if isinstance(found, dict) else None
            if isinstance(about, dict):
                tag = str((about.get("tags") or ["other"])[0])
                if tag != "health":
                    yield Operation(_name(str(about.get("operationId") or method)), method.upper(), path, tag, about)


def pages(openapi: Mapping[str, Any]) -> list[Json]:
    """Return the pages that a front end needs: one a subject, with its route, its forms and its calls."""
    found: dict[str, Json] = {}
    for call in operations(openapi):
        page = found.setdefault(
            call.tag,
            {"page": call.tag.replace("_", " ").capitalize(), "route": f"/{names.kebab(call.tag)}", "calls": [],
             "forms": []},
        )  # fmt: skip
        page["calls"].append({"call": call.id, "method": call.method, "path": call.path,
                              "needs_login": bool(call.about.get("security"))})  # fmt: skip
        fields = _schema(openapi, _body(call)).get("properties", {})
        if fields:
            page["forms"].append({"call": call.id, "fields": list(fields)})
    return list(found.values())


def client(openapi: Mapping[str, Any]) -> str:
    """Return the source of a module with a typed client: a `TypedDict` a schema, a method a call."""
    title = names.python_literal(str(openapi.get("info", {}).get("title", "the service")))[1:-1]
    schemas = openapi.get("components", {}).get("schemas", {})
    parts = [_HEAD.format(title=title)]
    parts += [_model(_class(name), schema) for name, schema in schemas.items() if isinstance(schema, dict)]
    parts.append(_CLASS)
    parts += [_call(call) for call in operations(openapi)]
    return "".join(parts)


def _model(name: str, schema: Json) -> str:
    properties: Json = schema.get("properties", {})
    if not properties or not all(_is_name(key) for key in properties):
        return f"\n\n{name} = dict[str, Any]\n"
    required = schema.get("required", [])
    lines = [f"\n\nclass {name}(TypedDict):\n"]
    for key, value in properties.items():
        kind = _type(value)
        lines.append(f"    {key}: {kind if key in required else f'NotRequired[{kind}]'}\n")
    return "".join(lines)


def _call(call: Operation) -> str:
    found = [p for p in call.about.get("parameters", []) if isinstance(p, dict)]
    in_path = dict.fromkeys(_PARAMETER.findall(call.path))
    query = {str(p.get("name")): p for p in found if p.get("in") == "query"}
    arguments = [f"{_name(name)}: str" for name in in_path]
    body = _body(call)
    if body:
        arguments.append(f"body: {_type(body)}")
    if query:
        arguments.append("*")
        arguments += [f"{_name(key)}: {_type(p.get('schema', {}), without_null=True)} | None = None"
                      for key, p in query.items()]  # fmt: skip
    answer: Any = next((a for status, a in call.about.get("responses", {}).items() if str(status).startswith("2")), {})
    kind = _type(_json(answer)) if _json(answer) else "None"
    path = _path(call.path)
    given = ", ".join(f"{names.python_literal(key)}: {_name(key)}" for key in query)
    query_text = f"{{key: value for key, value in {{{given}}}.items() if value is not None}}" if query else "{}"
    says = names.python_literal(str(call.about.get("summary") or call.id))[1:-1]
    send = f'self._send("{call.method}", {path}, {query_text}, {"body" if body else "None"})'
    signature = "".join(f", {argument}" for argument in arguments)
    head = f'\n    def {call.id}(self{signature}) -> {kind}:\n        """{says}."""\n'
    if kind == "None":
        return f"{head}        {send}\n"
    return f"{head}        answer: {kind} = {send}\n        return answer\n"


def _path(path: str) -> str:
    """Return a path as a Python expression, with the parameters quoted."""
    texts = _PARAMETER.split(path)[::2]
    plain = [names.python_literal(text.replace("{", "").replace("}", ""))[1:-1] for text in texts]
    given = [f"{{quote({_name(name)}, safe='')}}" for name in _PARAMETER.findall(path)]
    joined = "".join(part for pair in zip(plain, [*given, ""], strict=True) for part in pair)
    return f'{"f" if given else ""}"{joined}"'


def _type(schema: Any, *, without_null: bool = False) -> str:
    """Return a schema as a Python type; what cannot be said is `Any`."""
    if not isinstance(schema, dict):
        return "Any"
    if "$ref" in schema:
        return _class(str(schema["$ref"]).rsplit("/", 1)[-1])
    if "anyOf" in schema:
        kinds = [_type(part) for part in schema["anyOf"]]
        return " | ".join(dict.fromkeys(k for k in kinds if not (without_null and k == "None"))) or "Any"
    if schema.get("enum"):
        values = schema["enum"]
        known = all(value is None or isinstance(value, str | int) for value in values)
        return f"Literal[{', '.join(names.python_literal(value) for value in values)}]" if known else "Any"
    if schema.get("type") == "array":
        return f"list[{_type(schema.get('items'))}]"
    return _TYPES.get(str(schema.get("type")), "Any")


def _body(call: Operation) -> Json:
    return _json(call.about.get("requestBody", {}))


def _json(holder: Any) -> Json:
    """Return the schema of a JSON body or answer; empty when there is none."""
    content = holder.get("content", {}) if isinstance(holder, dict) else {}
    schema = content.get("application/json", {}).get("schema", {})
    return schema if isinstance(schema, dict) else {}


def _schema(openapi: Mapping[str, Any], schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found = openapi.get("components", {}).get("schemas", {}).get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
    return found if isinstance(found, dict) else {}


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def _name(text: str) -> str:
    name = names.snake(text) or "call"
    name = name if name[0].isalpha() else f"p_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in ("self", "body", "quote") else name


def _class(text: str) -> str:
    name = names.pascal(text) or "Model"
    name = name if name[0].isalpha() else f"M{name}"
    return f"{name}Model" if name in ("Any", "Client", "Literal", "Send", "Callable", "None", "TypedDict") else name
