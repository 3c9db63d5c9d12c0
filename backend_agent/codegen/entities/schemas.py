"""Data models of the API as pydantic models: annotations that yield the designed document."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from backend_agent import names
from backend_agent.artifacts.api import DataModel, Property
from backend_agent.artifacts.openapi import request_models
from backend_agent.codegen.entities.attributes import PYTHON_TYPES, literal_type
from backend_agent.codegen.entities.plan import EntityPlan

_TYPES = {**PYTHON_TYPES, "datetime": "AwareDatetime", "email": "EmailStr", "url": "HttpUrl"}
_AFTER = {"string": "NO_NUL", "text": "NO_NUL", "phone": "NO_NUL", "email": "LOWER_CASE", "url": "AS_TEXT"}
_FORMATS = {"email": "email", "url": "uri"}


@dataclass(frozen=True)
class SchemaField:
    """One field of a pydantic model."""

    name: str
    annotation: str
    default: str | None = None

    @property
    def source(self) -> str:
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


@dataclass(frozen=True)
class Schema:
    """One pydantic model."""

    model: DataModel
    fields: list[SchemaField]
    base: str


def number(value: float) -> str:
    """Return a number without a needless fraction: `5`, `0.5`."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def decimal(prop: Property) -> str:
    """Return the default of a decimal with all its digits: `Decimal("1.50")`."""
    scale = 2 if prop.scale is None else prop.scale
    return f'Decimal("{float(prop.default or 0):.{scale}f}")'


def bounds(prop: Property) -> list[str]:
    """Return the arguments of `Field` (or `Query`) that bound one value."""
    found = []
    if prop.min_length:
        found.append(f"min_length={prop.min_length}")
    if prop.max_length is not None:
        found.append(f"max_length={prop.max_length}")
    if prop.pattern is not None:
        found.append(f"pattern={names.python_literal(prop.pattern)}")
    quoted = (lambda v: f'Decimal("{number(v)}")') if prop.type == "decimal" else number
    if prop.minimum is not None:
        found.append(f"{'gt' if prop.exclusive_minimum else 'ge'}={quoted(prop.minimum)}")
    if prop.maximum is not None:
        found.append(f"le={quoted(prop.maximum)}")
    if prop.type == "decimal":
        scale = 2 if prop.scale is None else prop.scale
        found += [f"max_digits={10 + scale}", f"decimal_places={scale}"]
    return found


class SchemasPlan:
    """The data models of one entity, or others that are given."""

    def __init__(self, plan: EntityPlan, models: list[DataModel] | None = None) -> None:
        self.plan = plan
        self.models = plan.entity.models if models is None else models

    @cached_property
    def schemas(self) -> list[Schema]:
        """The models, each behind those that it holds."""
        order = {"part": 0, "read": 1, "page": 2, "create": 3, "update": 4}
        models = sorted(self.models, key=lambda m: order.get(m.purpose, 9))
        return [Schema(m, [self._field(m, p) for p in m.properties], self._base(m)) for m in models]

    def _base(self, model: DataModel) -> str:
        return "ResponseSchema" if self._is_answer(model) else "RequestSchema"

    def _is_answer(self, model: DataModel) -> bool:
        """Whether a model is only ever answered: it is no body, nor inside one."""
        return model.name not in request_models(self.plan.entity.project.given.api)

    def _field(self, model: DataModel, prop: Property) -> SchemaField:
        answered = self._is_answer(model)
        annotation = self._answered(prop) if answered else self._sent(prop)
        annotation = f"{annotation} | None" if prop.nullable else annotation
        if prop.description and prop.type != "uuid":
            annotation = _described(annotation, prop.description)
        return SchemaField(prop.name, annotation, None if answered else self._default(model, prop))

    def _default(self, model: DataModel, prop: Property) -> str | None:
        if prop.required:
            return None
        if model.purpose == "update":
            return "ABSENT"
        if prop.default is not None:
            return decimal(prop) if prop.type == "decimal" else names.python_literal(prop.default)
        if prop.many:
            return "Field(default=[])"
        return "None" if prop.nullable else "ABSENT"

    def _kind(self, prop: Property) -> str:
        if prop.type == "enum":
            field = prop.field or prop.name
            known = field in self.plan.fields and self.plan.fields[field].type == "enum"
            return self.plan.alias_name(field) if known else literal_type(prop.values)
        return prop.model or "" if prop.type == "model" else _TYPES[prop.type]

    def _answered(self, prop: Property) -> str:
        kind = self._kind(prop)
        if prop.type in _FORMATS:
            kind = f"Annotated[str, Field(json_schema_extra={ {'format': _FORMATS[prop.type]} })]".replace("'", '"')
        kind = "dt.datetime" if prop.type == "datetime" else kind
        return f"list[{kind}]" if prop.many else kind

    def _sent(self, prop: Property) -> str:
        kind, limits = self._kind(prop), bounds(prop)
        more = [f"Field({', '.join(limits)})"] if limits else []
        more += [_AFTER[prop.type]] if prop.type in _AFTER else []
        item = f"Annotated[{', '.join([kind, *more])}]" if more else kind
        if not prop.many:
            return item
        lengths = [f"min_length={prop.min_items}"] if prop.min_items else []
        lengths += [f"max_length={prop.max_items}"] if prop.max_items is not None else []
        return f"Annotated[list[{item}], Field({', '.join(lengths)})]" if lengths else f"list[{item}]"

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        aliases = [a.name for a in self.plan.aliases]
        parts = [f"{p.child.name}Part" for p in self.plan.parts]
        return ["ABSENT", "AS_TEXT", "ResponseSchema", "LOWER_CASE", "NO_NUL", "RequestSchema", *aliases, *parts]


def _described(annotation: str, description: str) -> str:
    """Return an annotation with a description, in the `Field` that it may have already."""
    said = f"description={names.python_literal(description)}"
    if annotation.startswith("Annotated[") and annotation.endswith(")]"):
        return f"{annotation[:-2]}, {said})]"
    return f"Annotated[{annotation}, Field({said})]"
